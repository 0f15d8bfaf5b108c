//! Measures how the delegated administrator of 40 accounts reads a million findings in OCSF, and prints the figures
//! beside their goals.
//!
//! ```text
//! cargo bench -p securityhub-local --bench ocsf
//! cargo bench -p securityhub-local --bench ocsf -- --count 20000
//! ```

#![allow(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[path = "../million/ask.rs"]
#[allow(dead_code, reason = "the other bench uses the other items")]
mod ask;
#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "the other bench uses the other items")]
mod common;
#[path = "../million/findings.rs"]
#[allow(dead_code, reason = "the other bench uses the other items")]
mod findings;
#[path = "../million/import.rs"]
#[allow(dead_code, reason = "the other bench uses the other items")]
mod import;
mod questions;
#[path = "../million/random.rs"]
mod random;

use std::time::Instant;

use common::child::Child;
use common::compare::{Pairs, compare};
use common::connection::once;
use common::goal::{at_least, at_most, below, line};
use common::latency::{Latency, quiet};
use common::load::Same;
use common::size::{self, sized};
use common::{bare, organization};
use import::as_number;

/// Number of rounds in which each latency is measured.
fn rounds() -> usize {
    sized(3, 1)
}

fn main() {
    if std::env::args().any(|argument| argument == "--bare") {
        return bare::serve();
    }
    let count = usize::max(size::count(2_000) / 2_000, 1) * 2_000;
    let scenario = organization::of_members(findings::ACCOUNTS - 1, &questions::hubs_v2());
    let program = Child::program(&["--scenario", &scenario.path().to_string_lossy()]);
    println!("{count} findings of {} accounts; each line: median (minimum … maximum)\n", findings::ACCOUNTS);
    let before = import::resident(program.id());
    line("import while the V2 hub is enabled", &import::import(&program, count).to_string(), "");
    memory(&program, "after the import", (before, count), Some(1.3));
    first_answers(&program);
    page(&program);
    latencies(&program);
    memory(&program, "with the columns of all queries", (before, count), None);
}

/// Measures the first responses, which have to build columns.
fn first_answers(program: &Child) {
    let questions = [
        ("one filter", questions::one_filter()),
        ("five mixed filters", questions::mixed().swap_remove(0)),
        ("statistics by severity", questions::by_severity()),
        ("by metadata.uid", questions::by_uid()),
    ];
    for (name, question) in questions {
        let start = Instant::now();
        once(program.address(), &question);
        line(&format!("first answer, {name}"), &format!("{:.2} s", start.elapsed().as_secs_f64()), "");
    }
}

/// Measures pages of one severity at saturation, compared with a bare server that sends the same bytes.
fn page(program: &Child) {
    let bare = Child::bare();
    let question = questions::one_filter();
    let answer = once(program.address(), &question);
    let pairs = compare(program, &bare, &|| Box::new(Same(question.clone())), &bare::echo(&answer));
    println!("\n{:<28} {}", "call at saturation", Pairs::titles());
    let goal = at_least(pairs.ratio.median(), 0.3);
    println!("{:<28} {pairs}   {goal}  (a page of {} bytes)\n", "GetFindingsV2, one EQUALS", answer.len());
}

fn latencies(program: &Child) {
    println!("one query at a time, 50 per second, {} rounds of {}", rounds(), quiet().samples);
    let print = |name: &str, questions: &[Vec<u8>], goal: f64| {
        let latency = Latency::measure(program, questions, rounds());
        let goal = below(latency.percentiles_99.median(), goal, " ms");
        line(name, &latency.to_string(), &format!("p99 {goal}"));
    };
    print("five mixed filters", &questions::mixed(), 3.0);
    print("statistics by severity", &[questions::by_severity()], 2.0);
    print("newest first", &[questions::newest()], 3.0);
    print("a word of the title", &questions::words(), 3.0);
}

/// Measures the memory of the process per byte of findings, including the columns that queries have built so far.
fn memory(program: &Child, moment: &str, (before, count): (Option<f64>, usize), goal: Option<f64>) {
    let (Some(before), Some(after)) = (before, import::resident(program.id())) else { return };
    let bytes = import::weigh(program).mean() * as_number(count);
    let ratio = (after - before) / bytes;
    let goal = goal.map(|goal| at_most(ratio, goal)).unwrap_or_default();
    line(&format!("memory per byte of findings, {moment}"), &format!("{ratio:.2}"), &goal);
}

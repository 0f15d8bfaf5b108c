//! The program with a million findings of 40 accounts, against goals.
//!
//! ```text
//! cargo bench -p securityhub-local --bench million
//! cargo bench -p securityhub-local --bench million -- --count 20000
//! ```
//!
//! A machine may hand out memory slowly on first use, so that the first import measures the machine. The first import
//! is therefore only printed, and memory is weighed after it. Then the world is reset and filled again three times,
//! each time after touching as much memory as needed; these runs count. Each is followed by filters on fields that have
//! not been used in that world. The last world is used for everything else, except for a query that an administrator of
//! ten thousand members and a single account send: each has its own world.

#![allow(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

mod ask;
mod cold;
#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "the other bench uses the other items")]
mod common;
mod findings;
mod import;
mod latency;
mod members;
mod random;

use common::bare;
use common::child::Child;
use common::compare::{Pairs, compare};
use common::connection::once;
use common::goal::{at_least, at_most, below, line};
use common::latency::{Latency, quiet};
use common::load::Same;
use common::size::{self, sized};
use common::summary::Summary;
use common::{memory, organization};
use import::{Rates, as_number, import};

/// An upper bound for the memory of a finding, in bytes.
const BYTES: usize = 4096;

/// Number of imports that count.
fn runs() -> usize {
    sized(3, 1)
}

fn main() {
    if std::env::args().any(|argument| argument == "--bare") {
        return bare::serve();
    }
    let count = count();
    let scenario = organization::of_members(findings::ACCOUNTS - 1, "");
    let program = Child::program(&["--scenario", &scenario.path().to_string_lossy()]);
    println!("{count} findings of {} accounts; each line: median (minimum … maximum)\n", findings::ACCOUNTS);
    first_import(&program, count);
    imports(&program, count);
    let bare = Child::bare();
    once(bare.address(), &bare::prepare(b"{}"));
    line("the same requests to the bare server", &import::send(&bare, count).to_string(), "");
    page(&program, &bare);
    latencies(&program, &bare);
    drop(program);
    println!("\nthe same query as an administrator of many accounts and as a single account");
    members::compare(count);
}

/// The number of findings, adjusted for two connections and ten tenths.
fn count() -> usize {
    usize::max(size::count(2_000) / 2_000, 1) * 2_000
}

/// The first import, which warms up memory, and the memory per finding.
fn first_import(program: &Child, count: usize) {
    let before = import::resident(program.id());
    let rates = import(program, count);
    line("import into new memory", &rates.to_string(), "");
    let after = import::resident(program.id());
    let name = "memory per byte of stored findings";
    let (Some(before), Some(after)) = (before, after) else {
        return line(name, "skipped: this system has no /proc/PID/status", "");
    };
    let documents = import::weigh(program);
    let bytes = documents.mean() * as_number(count);
    let ratio = (after - before) / bytes;
    line(name, &format!("{ratio:.2}, once in a fresh process"), &at_most(ratio, 1.05));
    println!(
        "  ({:.0} MB resident for {:.0} MB = {count} x {:.1} bytes, the exact mean of {} documents of {documents:.0})",
        (after - before) / 1e6,
        bytes / 1e6,
        documents.mean(),
        documents.count(),
    );
}

/// The imports that count, each followed by filters on unused fields.
fn imports(program: &Child, count: usize) {
    let (mut ratios, mut keywords) = (Vec::new(), Vec::new());
    let mut answers = [const { Vec::new() }; 3];
    for run in 1..=runs() {
        once(program.address(), b"POST /_emulator/reset HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n");
        memory::touch(count * BYTES);
        let rates: Rates = import(program, count);
        line(&format!("import into memory used before, run {run}"), &rates.to_string(), "");
        ratios.push(rates.ratio());
        for (all, answer) in answers.iter_mut().zip(cold::fields(program)) {
            all.push(answer);
        }
        keywords.push(cold::keyword(program));
    }
    let ratios = Summary::of(ratios);
    line("last tenth of an import relative to the first", &format!("{ratios:.2}"), &at_least(ratios.median(), 0.8));
    for ((field, _, what), answers) in cold::FIELDS.iter().zip(answers) {
        let first = Summary::of(answers.iter().map(|(first, _)| *first));
        let second = Summary::of(answers.iter().map(|(_, second)| second * 1000.0));
        line(&format!("{field}, {what}: first"), &format!("{first:.3} s"), &below(first.median(), 3.0, " s"));
        let goal = below(second.median(), 50.0, " ms");
        line(&format!("{field}, {what}: second"), &format!("{second:.2} ms"), &goal);
    }
    line("keyword without matches", &format!("{:.3} s", Summary::of(keywords)), "");
}

/// Pages of one severity at saturation, compared with the bare server.
fn page(program: &Child, bare: &Child) {
    let question = ask::filtered(ask::equals("SeverityLabel", "HIGH"));
    let answer = once(program.address(), &question);
    let pairs = compare(program, bare, &|| Box::new(Same(question.clone())), &bare::echo(&answer));
    println!("\n{:<28} {}", "call at saturation", Pairs::titles());
    let goal = at_least(pairs.ratio.median(), 0.5);
    println!("{:<28} {pairs}   {goal}  (a page of {} bytes)\n", "GetFindings, one EQUALS", answer.len());
}

/// All kinds of queries at fifty per second.
fn latencies(program: &Child, bare: &Child) {
    let print = |name: &str, server: &Child, questions: &[Vec<u8>], goal: Option<f64>| {
        let latency = Latency::measure(server, questions, latency::rounds());
        let goal = goal.map(|goal| below(latency.percentiles_99.median(), goal, " ms"));
        line(name, &latency.to_string(), &goal.map(|goal| format!("p99 {goal}")).unwrap_or_default());
    };
    println!("one query at a time, 50 per second, {} rounds of {}", latency::rounds(), quiet().samples);
    print("five filters", program, &ask::mixed(), Some(3.0));
    print("by UpdatedAt, latest first", program, &[latency::latest()], Some(3.0));
    match latency::insight(program) {
        Some(question) => print("insight, active by severity", program, &[question], Some(2.0)),
        None => line("insight, active by severity", "not implemented", "goal: p99 < 2 ms"),
    }
    let first = ask::administrator(&ask::Question::default());
    print("no filter, page 1", program, std::slice::from_ref(&first), None);
    let (number, deep) = latency::deep(program);
    print(&format!("no filter, page {number}"), program, &[deep], None);
    once(bare.address(), &bare::prepare(&once(program.address(), &first)));
    print("the same bytes, bare server", bare, &[bare::empty_request()], None);
}

//! The latency of each kind of GetFindings query over a million findings, and the effect of building a column on other
//! calls; optionally compared with another build of the program.
//!
//! ```text
//! cargo bench -p securityhub-local --bench reads
//! cargo bench -p securityhub-local --bench reads -- --count 20000
//! cargo bench -p securityhub-local --bench reads -- --against PATH
//! ```
//!
//! The program is a separate process, and the client sends HTTP requests from the same machine. The findings are of all
//! products known to `securityhub-local generate`. With `--against`, this build and the other one have the same
//! findings in separate processes and receive the same queries alternately, A, B, A, B; each ratio is of one pair, and
//! below 1 if this build is faster. The caller is an administrator of 39 members, and finally one of 10,000 in a
//! separate world.

#![allow(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

mod ask;
mod columns;
#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "other benches use the other items")]
mod common;
mod findings;
mod pairs;

use std::path::{Path, PathBuf};
use std::time::Duration;

use common::child::Child;
use common::connection::Connection;
use common::goal::line;
use common::latency::{self, Pace};
use common::size::{self, sized};
use common::{http, organization};
use pairs::Rounds;
use serde_json::Value;

/// Number of accounts whose findings the administrator sees; it owns none itself.
const FEW: usize = 39;

fn many() -> usize {
    sized(10_000, 100)
}

/// Number of rounds of each kind, or of pairs with two programs.
fn rounds() -> usize {
    sized(5, 1)
}

/// A hundred queries per second.
fn pace() -> Pace {
    Pace { interval: Duration::from_millis(10), samples: sized(300, 3) }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let count = size::count(200);
    let mut builds = vec![PathBuf::from(env!("CARGO_BIN_EXE_securityhub-local"))];
    builds.extend(option(&arguments, "--against").map(PathBuf::from));
    println!("{count} findings; client and program on one machine, over HTTP; each line: median (minimum … maximum)");
    println!("of {} rounds of {} queries, 100 per second", rounds(), pace().samples);
    if let Some(other) = builds.get(1) {
        println!("other build: {}", other.display());
    }
    of_few(&builds, count);
    of_many(&builds, count);
}

/// The argument of an option.
fn option<'a>(arguments: &'a [String], name: &str) -> Option<&'a String> {
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1)
}

fn of_few(builds: &[PathBuf], count: usize) {
    let programs = filled(builds, FEW, count);
    println!("\nan administrator of {FEW} members");
    for shape in ask::shapes() {
        print(&programs, shape.name, &shape.questions);
    }
    columns::first_answers(&programs);
    columns::describe_hub(&programs);
    columns::imports(&programs, FEW, count);
}

fn of_many(builds: &[PathBuf], count: usize) {
    let programs = filled(builds, many(), count);
    println!("\nan administrator of {} members", many());
    print(&programs, "one EQUALS", &[ask::one_equals()]);
    print(&programs, "newest UpdatedAt first", &[ask::newest()]);
}

/// A process for each build, filled with the same findings.
fn filled(builds: &[PathBuf], members: usize, count: usize) -> Vec<Child> {
    let scenario = organization::of_members(members, "");
    let start = |build: &PathBuf| Child::build(Path::new(build), &["--scenario", &scenario.path().to_string_lossy()]);
    let programs: Vec<Child> = builds.iter().map(start).collect();
    findings::fill(&programs, members, count);
    programs
}

/// Measures one kind of query. The number of results is printed, because a response with a hundred documents takes
/// longer than an empty one.
fn print(programs: &[Child], name: &str, questions: &[Vec<u8>]) {
    let found: Option<Vec<Vec<usize>>> = programs.iter().map(|program| found(program, questions)).collect();
    let Some(found) = found else { return line(name, "not implemented", "") };
    Rounds::of(programs, rounds(), |program, _| {
        latency::round(&mut Connection::open(program.address()), questions, pace())
    })
    .print(name);
    println!("  (findings per page: {})", described(&found));
}

/// The number of findings in the response to each query; `None` if a program does not know the operation.
fn found(program: &Child, questions: &[Vec<u8>]) -> Option<Vec<usize>> {
    let mut connection = Connection::open(program.address());
    let mut count = |question: &Vec<u8>| {
        let answer: Value = serde_json::from_slice(http::body(connection.send(question))).expect("an answer is JSON");
        if answer["Code"] == "UnknownOperationException" {
            return None;
        }
        let findings = answer["Findings"].as_array();
        Some(findings.unwrap_or_else(|| panic!("a page of findings: {answer}")).len())
    };
    questions.iter().map(&mut count).collect()
}

/// The minimum and maximum of the first program, and those of the other one if they differ.
fn described(found: &[Vec<usize>]) -> String {
    let range = |counts: &Vec<usize>| match (counts.iter().min(), counts.iter().max()) {
        (Some(least), Some(most)) if least < most => format!("{least} … {most}"),
        (least, _) => least.copied().unwrap_or_default().to_string(),
    };
    match found {
        [this, other] if this != other => format!("{}; other build: {}", range(this), range(other)),
        _ => found.first().map(range).unwrap_or_default(),
    }
}

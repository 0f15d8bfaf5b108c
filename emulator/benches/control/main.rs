//! Measures the time of resets, snapshots and restores with a million findings and the cost of the journal and the metrics
//! for a small call, and compares them with goals.
//!
//! ```text
//! cargo bench -p securityhub-local --bench control
//! cargo bench -p securityhub-local --bench control -- --count 20000
//! ```
//!
//! The program is a separate process that generates the findings at its start; the client sends HTTP requests from the
//! same machine. Each round changes the state after a snapshot, so that every restore has something to undo. The cost
//! of the journal and the metrics is the ratio of the rates of DescribeHub in two processes, one with `--journal 0
//! --no-metrics` and one with the defaults, measured alternately.

#![allow(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "other benches use the other items")]
mod common;

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

use common::child::Child;
use common::connection::Connection;
use common::goal::{at_least, below, line};
use common::http;
use common::latency::milliseconds;
use common::load::{Requests, Same, run};
use common::size::{self, sized};
use common::summary::Summary;
use tempfile::NamedTempFile;

const MEMBERS: u32 = 39;
/// Number of connections that send DescribeHub.
const CONNECTIONS: usize = 4;

/// Number of measurements of each kind.
fn runs() -> usize {
    sized(30, 2)
}

/// Number of alternate measurements of DescribeHub, and the duration of each.
fn pairs() -> (usize, Duration) {
    sized((9, Duration::from_secs(3)), (1, Duration::from_millis(30)))
}

fn main() {
    let count = size::count(200);
    let file = scenario(count);
    println!("{count} findings; each line: median (minimum … maximum) of {} runs, over HTTP\n", runs());
    states(&Child::program(&["--scenario", &file.path().to_string_lossy()]));
    let small = scenario(0);
    costs(&small);
}

/// Reset, snapshot and restore.
fn states(program: &Child) {
    let mut connection = Connection::open(program.address());
    let mut measure = |name: &str, request: &[u8], goal: f64| {
        let times = Summary::of((0..runs()).map(|run| {
            connection.send_ok(&change(run));
            milliseconds(&mut connection, request)
        }));
        let goal = below(times.median(), goal, " ms");
        line(name, &format!("{times:.2} ms"), &goal);
    };
    measure("snapshot", &control("PUT /_emulator/snapshots/bench"), 50.0);
    measure("restore", &control("POST /_emulator/snapshots/bench/restore"), 50.0);
    measure("reset", &control("POST /_emulator/reset"), 1.0);
}

/// Measures how much the journal and the metrics slow DescribeHub down.
fn costs(file: &NamedTempFile) {
    let (count, time) = pairs();
    println!("\nDescribeHub, {CONNECTIONS} connections, {count} alternate rounds of {time:?}");
    let scenario = file.path().to_string_lossy();
    let without = Child::program(&["--scenario", &scenario, "--journal", "0", "--no-metrics"]);
    let with = Child::program(&["--scenario", &scenario]);
    let describe = http::request("GET /accounts", http::ACCOUNT, b"");
    let rate = |program: &Child| {
        let requests = (0..CONNECTIONS).map(|_| Box::new(Same(describe.clone())) as Box<dyn Requests>).collect();
        run(program.address(), requests, Some(Instant::now() + time)).rate()
    };
    let pairs: Vec<(f64, f64)> = (0..count).map(|_| (rate(&without), rate(&with))).collect();
    let (off, on) = (Summary::of(pairs.iter().map(|pair| pair.0)), Summary::of(pairs.iter().map(|pair| pair.1)));
    line("without journal and metrics", &format!("{off:.0} /s"), "");
    line("with both, as by default", &format!("{on:.0} /s"), "");
    let ratio = Summary::of(pairs.iter().map(|(off, on)| on / off));
    line("with, relative to without", &format!("{ratio:.3}"), &at_least(ratio.median(), 0.97));
}

fn control(method_and_path: &str) -> Vec<u8> {
    http::request(method_and_path, http::ACCOUNT, b"")
}

/// Creates an insight, so that the state differs from the last snapshot.
fn change(run: usize) -> Vec<u8> {
    let body = format!(r#"{{"Name":"run {run}","Filters":{{}},"GroupByAttribute":"SeverityLabel"}}"#);
    http::request("POST /insights", http::ACCOUNT, body.as_bytes())
}

/// A temporary scenario file with an administrator, its members and their findings.
fn scenario(count: usize) -> NamedTempFile {
    let mut text = "clock: { now: 2026-01-15T09:00:00Z, frozen: true }\nseed: 7\n".to_owned();
    _ = write!(text, "hubs:\n  - account: \"{}\"\n    regions: [us-east-1]\n    members:\n", http::ACCOUNT);
    for number in 1..=MEMBERS {
        _ = writeln!(text, "      \"{:012}\": enabled", 200_000_000_000 + u64::from(number));
    }
    if count > 0 {
        _ = writeln!(text, "findings:\n  - generate: {{ product: all, count: {count} }}");
    }
    let mut file = tempfile::Builder::new().suffix(".yaml").tempfile().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("a writable temporary file");
    file
}

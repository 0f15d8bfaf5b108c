//! Measures how long the pages of the dashboard take with a million findings of 40 accounts, and whether the dashboard
//! slows API calls down, and compares both with goals (DSH-13).
//!
//! ```text
//! cargo bench -p securityhub-local --bench dashboard
//! cargo bench -p securityhub-local --bench dashboard -- --count 100000
//! ```
//!
//! The program is a separate process that generates the findings at its start. The time of a page is the one that the
//! program reports in `Server-Timing`: from the end of the request to the complete page. Each page is requested in
//! turn on one connection, as seen by the administrator of all accounts.

#![allow(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "other benches use the other items")]
mod common;

use std::time::{Duration, Instant};

use common::child::Child;
use common::connection::Connection;
use common::goal::{at_least, at_most, line};
use common::http;
use common::load::{Requests, Same, run};
use common::organization::{account, of_members};
use common::size::{self, sized};
use common::summary::Summary;

const MEMBERS: usize = 39;
const CONNECTIONS: usize = 4;
/// Maximum size of a page, in bytes (DSH-13).
const MAX_PAGE: usize = 300_000;

const OPEN: &str = "f=RecordState:EQUALS:ACTIVE&f=WorkflowStatus:EQUALS:NEW&f=WorkflowStatus:EQUALS:NOTIFIED";
const FIVE: &str = "f=SeverityLabel:EQUALS:HIGH&f=RecordState:EQUALS:ACTIVE&f=WorkflowStatus:EQUALS:NEW\
                    &f=ResourceType:PREFIX:Aws&f=ComplianceStatus:EQUALS:FAILED";

/// Two standards for every account.
const STANDARDS: &str = r#"{"StandardsSubscriptionRequests":[
    {"StandardsArn":"arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0"},
    {"StandardsArn":"arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0"}]}"#;

/// Number of requests of each page.
fn requests() -> usize {
    sized(200, 2)
}

/// Number of alternate measurements of DescribeHub, and the duration of each.
fn pairs() -> (usize, Duration) {
    sized((9, Duration::from_secs(2)), (1, Duration::from_millis(30)))
}

/// The pages and the goals of their 99th percentiles in milliseconds.
fn pages(count: usize) -> Vec<(&'static str, String, f64)> {
    let goal = if count > 100_000 { 50.0 } else { 25.0 };
    // Pages of 50 findings; a quarter of them are open, at least.
    let deep = (count / 50 / 8).max(1);
    [
        ("overview", String::new()),
        ("findings", "findings".to_owned()),
        ("open findings", format!("findings?{OPEN}")),
        ("findings with five filters", format!("findings?{FIVE}")),
        ("sorted by severity", format!("findings?{OPEN}&sort=SeverityNormalized:desc")),
        ("a late page", format!("findings?page={deep}")),
        ("a late page of open findings", format!("findings?{OPEN}&page={deep}")),
        ("grouped by check", format!("findings?{OPEN}&group=check")),
        ("grouped by resource", format!("findings?{OPEN}&group=resource")),
        ("grouped by account", format!("findings?{OPEN}&group=account")),
        ("five filters, grouped by product", format!("findings?{FIVE}&group=ProductName")),
        ("accounts", "accounts".to_owned()),
        ("standards", "standards".to_owned()),
    ]
    .map(|(name, path)| (name, path, goal))
    .into()
}

fn main() {
    let count = size::count(200);
    let file = of_members(MEMBERS, &format!("findings:\n  - generate: {{ product: all, count: {count} }}\n"));
    let path = file.path().to_string_lossy();
    println!("{count} findings of {} accounts; {} requests of each page\n", MEMBERS + 1, requests());
    let program = Child::program(&["--scenario", &path]);
    let mut connection = Connection::open(program.address());
    for number in 0..=MEMBERS {
        connection.send_ok(&http::request("POST /standards/register", &account(number), STANDARDS.as_bytes()));
    }
    for (name, path, goal) in pages(count) {
        measure(&mut connection, name, &path, goal);
    }
    // Filters build the column of the field; nothing was grouped by it so far.
    page(&mut connection, "findings?f=ResourcePartition:EQUALS:aws");
    let (first, _) = page(&mut connection, "findings?group=ResourcePartition");
    line("first grouping by a field that was filtered", &format!("{first:.1} ms"), &at_most(first, 100.0));
    drop(program);
    let small = of_members(MEMBERS, "");
    cost(&small.path().to_string_lossy());
}

fn measure(connection: &mut Connection, name: &str, path: &str, goal: f64) {
    page(connection, path);
    let (times, sizes): (Vec<f64>, Vec<usize>) = (0..requests()).map(|_| page(connection, path)).unzip();
    let (times, size) = (Summary::of(times), sizes.into_iter().max().unwrap_or_default());
    let p99 = times.percentile_99();
    line(name, &format!("p50 {:.1} ms, p99 {p99:.1} ms, {} KB", times.median(), size / 1000), &at_most(p99, goal));
    assert!(size <= MAX_PAGE, "{name}: {size} bytes");
}

/// Requests a page, and returns its time in milliseconds and its size.
fn page(connection: &mut Connection, path: &str) -> (f64, usize) {
    let path = format!("GET /_emulator/ui/as/{}/us-east-1/{path}", account(0));
    let answer = connection.send(format!("{path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/html\r\n\r\n").as_bytes());
    let head = String::from_utf8_lossy(&answer[..answer.len() - http::body(answer).len()]).into_owned();
    assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
    let timing = head.lines().find_map(|line| line.strip_prefix("server-timing: page;dur="));
    let milliseconds = timing.and_then(|timing| timing.parse().ok());
    (milliseconds.unwrap_or_else(|| panic!("{path} has no time: {head}")), http::body(answer).len())
}

/// Measures whether the dashboard slows DescribeHub down.
fn cost(scenario: &str) {
    let (count, time) = pairs();
    println!("\nDescribeHub, {CONNECTIONS} connections, {count} alternate rounds of {time:?}");
    let without = Child::program(&["--scenario", scenario, "--no-ui"]);
    let with = Child::program(&["--scenario", scenario]);
    let describe = http::request("GET /accounts", &account(0), b"");
    let rate = |program: &Child| {
        let requests = (0..CONNECTIONS).map(|_| Box::new(Same(describe.clone())) as Box<dyn Requests>).collect();
        run(program.address(), requests, Some(Instant::now() + time)).rate()
    };
    let ratio = Summary::of((0..count).map(|_| rate(&without).recip() * rate(&with)));
    line("with the dashboard, relative to --no-ui", &format!("{ratio:.3}"), &at_least(ratio.median(), 0.97));
}

//! All standards enabled in 40 accounts and two Regions with 20 resources each, compared with goals.
//!
//! ```text
//! cargo bench -p securityhub-local --bench standards
//! ```
//!
//! Measured once with quiet hubs, where only resources have findings, and once with findings for each control without a
//! resource, as in AWS. The time is measured from the first byte of the first call that enables standards to the last
//! byte of a response that contains the last of the findings. Then the program starts with a scenario in which
//! everything is enabled.

#![allow(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "other benches use the other items")]
mod common;

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use common::child::Child;
use common::connection::{Connection, once};
use common::goal::{below, line};
use common::http;
use common::size::sized;
use common::summary::Summary;
use securityhub_fixtures::standards::STANDARDS;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];
/// The twenty resources of each account in each Region, with their failed controls.
const RESOURCES: [(&str, usize, &str); 10] = [
    ("AwsS3Bucket", 5, "S3.5"),
    ("AwsEc2Instance", 3, "EC2.8"),
    ("AwsEc2SecurityGroup", 3, "EC2.13"),
    ("AwsLambdaFunction", 2, "Lambda.1"),
    ("AwsIamUser", 2, "IAM.5"),
    ("AwsRdsDbInstance", 1, "RDS.2"),
    ("AwsDynamoDbTable", 1, "DynamoDB.2"),
    ("AwsKmsKey", 1, "KMS.4"),
    ("AwsSqsQueue", 1, "SQS.1"),
    ("AwsEc2Vpc", 1, "EC2.6"),
];

fn accounts() -> u64 {
    sized(40, 2)
}

/// Number of worlds of each kind.
fn runs() -> usize {
    sized(7, 1)
}

fn main() {
    let (accounts, regions, runs) = (accounts(), REGIONS.len(), runs());
    println!("{accounts} accounts, {regions} Regions; each line: median (minimum … maximum) of {runs} runs\n");
    for (name, quiet) in [("quiet hubs", true), ("hubs with findings of all controls", false)] {
        let mut found = 0;
        let enabled = Summary::of((0..runs).map(|_| {
            let (seconds, count) = enable(quiet);
            found = count;
            seconds
        }));
        let what = format!("every standard enabled, {name}, {found} findings");
        line(&what, &format!("{enabled:.3} s"), &below(enabled.median(), 1.0, " s"));
        let started = Summary::of((0..runs).map(|_| start(quiet, found)));
        let what = format!("start with all enabled, {name}, {found} findings");
        line(&what, &format!("{started:.3} s"), &below(started.median(), 1.5, " s"));
    }
}

fn account(number: u64) -> String {
    format!("{:012}", 111_111_111_111 + number)
}

/// Seconds from the first call that enables standards to the last finding, and the number of findings.
fn enable(quiet: bool) -> (f64, usize) {
    let file = scenario(quiet, false);
    let program = Child::program(&["--scenario", &file.path().to_string_lossy()]);
    let calls: Vec<Vec<u8>> =
        REGIONS.iter().flat_map(|region| (0..accounts()).map(move |number| batch(region, number))).collect();
    let mut connection = Connection::open(program.address());
    let start = Instant::now();
    for call in &calls {
        connection.send_ok(call);
    }
    // Pending work is done before the next call, whichever account makes it.
    let last = connection.send_ok(&page(REGIONS[1], accounts() - 1));
    let seconds = start.elapsed().as_secs_f64();
    let last: Value = serde_json::from_slice(last).expect("a page is JSON");
    assert!(last["Findings"].as_array().is_some_and(|findings| !findings.is_empty()), "the last account has findings");
    (seconds, stored(&program))
}

/// Seconds from the start of the program to its health response, with all findings written.
fn start(quiet: bool, expected: usize) -> f64 {
    let file = scenario(quiet, true);
    let start = Instant::now();
    let program = Child::program(&["--scenario", &file.path().to_string_lossy()]);
    once(program.address(), b"GET /_emulator/health HTTP/1.1\r\nhost: x\r\n\r\n");
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(stored(&program), expected, "the number of findings is the same if the scenario enables the standards");
    seconds
}

/// The number of findings.
fn stored(program: &Child) -> usize {
    let health = once(program.address(), b"GET /_emulator/health HTTP/1.1\r\nhost: x\r\n\r\n");
    let health: Value = serde_json::from_slice(&health).expect("health is JSON");
    let count = health["findings"].as_u64().unwrap_or_else(|| panic!("health counts findings: {health}"));
    usize::try_from(count).expect("a count")
}

/// The IDs of all standards that a customer can enable.
fn standards() -> Vec<&'static str> {
    let is_free = |id: &&str| !id.starts_with("control-tower") && !id.starts_with("cis-azure");
    STANDARDS.iter().map(|standard| standard.id).filter(is_free).collect()
}

fn batch(region: &str, number: u64) -> Vec<u8> {
    let free = standards();
    let requests: Vec<Value> = STANDARDS
        .iter()
        .filter(|standard| free.contains(&standard.id))
        .map(|standard| json!({ "StandardsArn": standard.arn("aws", region) }))
        .collect();
    let body = json!({ "StandardsSubscriptionRequests": requests }).to_string();
    http::request_in(region, "POST /standards/register", &account(number), body.as_bytes())
}

fn page(region: &str, number: u64) -> Vec<u8> {
    http::request_in(region, "POST /findings", &account(number), br#"{"MaxResults":1}"#)
}

/// A temporary scenario file.
fn scenario(quiet: bool, has_standards: bool) -> NamedTempFile {
    let mut text = format!("clock: {{ now: 2026-01-15T09:00:00Z, frozen: true }}\nregions: {REGIONS:?}\nhubs:\n");
    let enabled = if has_standards { standards() } else { Vec::new() };
    for number in 0..accounts() {
        let account = account(number);
        _ = writeln!(text, "  - {{ account: \"{account}\", regions: all, quiet: {quiet}, standards: {enabled:?} }}");
    }
    text.push_str("resources:\n");
    for number in 0..accounts() {
        let account = account(number);
        for (name, count, fails) in RESOURCES {
            for id in 0..count {
                let fails = if id == 0 { fails } else { "" };
                _ = writeln!(
                    text,
                    "  - {{ account: \"{account}\", regions: all, type: {name}, id: r-{id}, fails: [{fails}] }}"
                );
            }
        }
    }
    let mut file = tempfile::Builder::new().suffix(".yaml").tempfile().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("room for a small file");
    file
}

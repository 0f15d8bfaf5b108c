//! Tests of the commands that call the control plane of a running emulator.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use securityhub_local_tests::program::{self, Program};
use serde_json::{Value, json};

const QUICKSTART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml");

/// Runs a command, and returns its exit code, standard output and standard error.
fn run(url: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = program::run(&[arguments, &["--url", url]].concat());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The output of a command that succeeds.
fn done(url: &str, arguments: &[&str]) -> String {
    let (code, output, error) = run(url, arguments);
    assert_eq!((code, &*error), (Some(0), ""), "{arguments:?}: {output}");
    output
}

/// The message of a command that the emulator refuses.
fn refused(url: &str, arguments: &[&str]) -> String {
    let (code, output, error) = run(url, arguments);
    assert_eq!((code, &*output), (Some(1), ""), "{arguments:?}: {error}");
    error
}

fn url(program: &Program) -> String {
    format!("http://{}", program.address)
}

/// Rules: CPL-121.
#[test]
fn the_clock_is_shown_and_changed() {
    let program = Program::start(&[QUICKSTART]);
    let url = url(&program);
    let start = "2026-01-15T09:00:00.000Z (frozen)\n";
    assert_eq!(done(&url, &["clock"]), start);
    assert_eq!(done(&url, &["clock", "show"]), start);
    assert_eq!(done(&url, &["clock", "advance", "36h"]), "2026-01-16T21:00:00.000Z (frozen)\n");
    assert_eq!(done(&url, &["clock", "advance", "1h30m"]), "2026-01-16T22:30:00.000Z (frozen)\n");
    assert_eq!(done(&url, &["clock", "set", "2026-02-01T00:00:00Z"]), "2026-02-01T00:00:00.000Z (frozen)\n");
    let json: Value = serde_json::from_str(&done(&url, &["clock", "show", "--json"])).unwrap();
    assert_eq!(json, json!({ "now": "2026-02-01T00:00:00.000Z", "frozen": true }));
    assert!(done(&url, &["clock", "run"]).ends_with(" (running)\n"));
    assert!(done(&url, &["clock", "freeze"]).ends_with(" (frozen)\n"));
    let back = refused(&url, &["clock", "set", "2026-01-15T09:00:00Z"]);
    assert!(back.starts_with("securityhub-local: the clock cannot go back"), "{back}");
    let soon = refused(&url, &["clock", "advance", "soon"]);
    assert!(soon.contains("`soon` is not a valid duration; expected numbers with d, h, m, s or ms"), "{soon}");
    assert!(!soon.contains("expected a call such as"), "the user has not written a call: {soon}");
    assert_eq!(done(&url, &["reset"]), "Reset to the state of the scenario.\n");
    assert_eq!(done(&url, &["clock"]), start);
    assert_eq!(done(&url, &["reset", "--to", "empty", "--json"]), "{}\n");
    assert!(done(&url, &["clock"]).ends_with(" (running)\n"));
    assert_eq!(run(&url, &["reset", "--to", "begin"]).0, Some(2));
    assert_eq!(run(&url, &["clock", "back"]).0, Some(2));
}

/// Rules: CPL-121.
#[test]
fn snapshots_are_saved_listed_restored_and_deleted() {
    let program = Program::start(&[QUICKSTART]);
    let url = url(&program);
    assert!(done(&url, &["snapshot", "list"]).starts_with("No snapshots."));
    let saved = done(&url, &["snapshot", "save", "before"]);
    assert!(saved.contains(" before  2026-01-15T09:00:00.000Z "), "{saved}");
    done(&url, &["clock", "advance", "1h"]);
    done(&url, &["snapshot", "save", "after"]);
    let clock = "~ Clock 2026-01-15T09:00:00.000Z -> 2026-01-15T10:00:00.000Z\n";
    assert_eq!(done(&url, &["snapshot", "diff", "before"]), clock);
    assert_eq!(done(&url, &["snapshot", "diff", "before", "after"]), clock);
    assert_eq!(done(&url, &["snapshot", "diff", "after"]), "The states are equal.\n");
    let json: Value = serde_json::from_str(&done(&url, &["snapshot", "diff", "start", "after", "--json"])).unwrap();
    assert_eq!(json["Truncated"], json!(false));
    let lines = done(&url, &["snapshot", "list", "--json"]);
    let names: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["Name"].take()).collect();
    assert_eq!(names, ["after", "before"]);
    let shown = done(&url, &["snapshot", "show", "after"]);
    assert!(shown.contains(" after  2026-01-15T10:00:00.000Z "), "{shown}");
    assert_eq!(done(&url, &["snapshot", "restore", "before"]), "Restored the snapshot `before`.\n");
    assert_eq!(done(&url, &["clock"]), "2026-01-15T09:00:00.000Z (frozen)\n");
    assert_eq!(done(&url, &["snapshot", "delete", "before"]), "Deleted the snapshot `before`.\n");
    for command in ["show", "restore", "delete"] {
        let message = refused(&url, &["snapshot", command, "before"]);
        assert_eq!(message, "securityhub-local: no snapshot has the name 'before'\n", "{command}");
    }
    let message = refused(&url, &["snapshot", "save", "a b/c"]);
    assert!(message.contains("invalid name of a snapshot; expected 1 to 64 letters"), "{message}");
}

/// Rules: CPL-121, CPL-100.
#[test]
fn the_metrics_are_printed_as_prometheus_reads_them() {
    let program = Program::start(&[QUICKSTART]);
    let metrics = done(&url(&program), &["metrics"]);
    assert!(metrics.starts_with("# HELP securityhub_local_requests_total "), "{metrics}");
    assert!(metrics.contains("\nsecurityhub_local_findings 67\n"), "{metrics}");
    let program = Program::start(&["--no-metrics"]);
    let message = refused(&url(&program), &["metrics"]);
    assert!(message.contains("metrics are disabled; start the emulator without --no-metrics"), "{message}");
}

/// Rules: CPL-121, CPL-15.
#[test]
fn the_health_of_an_emulator_is_checked_and_awaited() {
    // Nothing listens on this port until the emulator starts.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let at = format!("http://127.0.0.1:{port}");
    let message = refused(&at, &["health"]);
    assert!(message.contains("cannot reach an emulator at"), "{message}");
    assert_eq!(run(&at, &["health", "--wait", "soon"]).0, Some(2));
    let begun = std::time::Instant::now();
    refused(&at, &["health", "--wait", "300ms"]);
    assert!(begun.elapsed() >= Duration::from_millis(300));
    let waits = std::thread::spawn({
        let at = at.clone();
        move || done(&at, &["health", "--wait", "60s"])
    });
    std::thread::sleep(Duration::from_millis(100));
    let mut command = program::command(&["serve", "--port", &port]);
    command.arg(QUICKSTART);
    let _program = Program::serve(command);
    let line = waits.join().unwrap();
    let end = ", clock 2026-01-15T09:00:00.000Z, hubs: 6, findings: 67\n";
    assert!(line.starts_with("ok: version ") && line.ends_with(end), "{line}");
    let json: Value = serde_json::from_str(&done(&at, &["health", "--json"])).unwrap();
    assert_eq!((&json["status"], &json["findings"]), (&json!("ok"), &json!(67)));
}

/// Rules: CPL-63, CPL-121.
#[test]
fn an_added_scenario_with_files_of_findings_refers_to_the_hubs_of_the_state() {
    let program = Program::start(&[QUICKSTART]);
    let url = url(&program);
    let folder = tempfile::tempdir().unwrap();
    let [scenario, findings] = ["more.yaml", "findings.json"].map(|name| folder.path().join(name));
    let finding = json!({
        "SchemaVersion": "2018-10-08", "Id": "added", "GeneratorId": "scanner", "AwsAccountId": "222222222222",
        "ProductArn": "arn:aws:securityhub:us-east-1:222222222222:product/222222222222/default",
        "Types": ["Software and Configuration Checks"], "CreatedAt": "2026-01-10T08:00:00Z",
        "UpdatedAt": "2026-01-10T08:00:00Z", "Severity": { "Label": "HIGH" }, "Title": "t", "Description": "d",
        "Resources": [{ "Type": "Other", "Id": "host-1" }],
    });
    std::fs::write(findings, finding.to_string()).unwrap();
    let load = |text: &str| {
        std::fs::write(&scenario, text).unwrap();
        run(&url, &["scenario", "load", scenario.to_str().unwrap(), "--add"])
    };
    let before = done(&url, &["scenario", "export"]);
    let (code, output, error) = load("findings: [{ file: '*.json' }]\n");
    assert_eq!((code, &*error), (Some(0), ""), "{output}");
    let after = done(&url, &["scenario", "export"]);
    assert!(!before.contains("\"Id\":\"added\"") && after.contains("\"Id\":\"added\""), "{after}");
    let hubs = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.contains("kind: \"Hub\"")).map(str::to_owned).collect()
    };
    assert_eq!(hubs(&before), hubs(&after), "the hubs of the state have not changed");
    let (code, _, error) = load("findings: [{ file: none.json }]\n");
    assert!(code == Some(2) && error.contains("no file matches `none.json`"), "{error}");
}

/// Rules: CPL-28, CPL-121.
#[test]
fn verify_refuses_a_misspelled_operation() {
    let program = Program::start(&[]);
    let (code, _, message) = run(&url(&program), &["verify", "GetFinding", "--max", "0"]);
    // The exit code 1 would mean that calls were not made as expected.
    assert_eq!(code, Some(2));
    assert_eq!(message, "securityhub-local: unknown operation 'GetFinding'; did you mean 'GetFindings'?\n");
}

/// Rules: CPL-121.
#[test]
fn a_call_of_the_control_plane_may_be_named_without_its_prefix() {
    let program = Program::start(&[]);
    let [short, long] = ["resources", "/_emulator/resources"].map(|path| done(&url(&program), &["call", "GET", path]));
    assert_eq!(short, long);
}

/// Rules: CPL-120.
#[test]
fn an_empty_variable_is_not_a_setting_and_a_wrong_one_is_refused() {
    let serve = |settings: &[(&str, &str)]| {
        let mut command = program::command(&["serve"]);
        command.env("SECURITYHUB_LOCAL_PORT", "0").envs(settings.iter().copied());
        command
    };
    let program = Program::serve(serve(&[("SECURITYHUB_LOCAL_SCENARIO", ""), ("SECURITYHUB_LOCAL_TLS", "")]));
    let status: Value = serde_json::from_str(&done(&url(&program), &["status", "--json"])).unwrap();
    assert_eq!((&status["Hubs"], &status["Findings"]), (&Value::from(0), &Value::from(0)));
    let refused = serve(&[("SECURITYHUB_LOCAL_TLS", "maybe")]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("maybe"), "{refused:?}");
}

//! Tests of `securityhub-local events` with a running program.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader};
use std::process::{Output, Stdio};

use securityhub_local_tests::program::{self, Program};
use serde_json::{Value, json};

const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml");

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn events(program: &Program, arguments: &[&str]) -> Output {
    let mut command = program::command(&["events"]);
    command.args(arguments).env("SECURITYHUB_LOCAL_URL", format!("http://{}", program.address));
    command.output().unwrap()
}

/// The output of a command that succeeds.
fn printed(program: &Program, arguments: &[&str]) -> String {
    let output = events(program, arguments);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""), "{arguments:?}");
    text(&output.stdout)
}

/// Calls the service as the quickstart's administrator.
fn call(program: &Program, method: &str, path: &str, body: &Value) -> Value {
    let body = body.to_string();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=111111111111/20260115/us-east-1/securityhub/aws4_request, SignedHeaders=host, Signature=00\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let (head, answer) = program.send(head.as_bytes());
    assert!(head.starts_with("HTTP/1.1 200"), "{head}\n{answer}");
    serde_json::from_str(&answer).unwrap()
}

/// Follows the example in docs/guides/events.md: a finding of a member is triaged and sent to a custom action.
fn triage(program: &Program) {
    let equals = |value: &str| json!([{ "Value": value, "Comparison": "EQUALS" }]);
    let filters = json!({ "AwsAccountId": equals("222222222222"), "SeverityLabel": equals("HIGH") });
    let found = call(program, "POST", "/findings", &json!({ "Filters": filters }));
    let finding = &found["Findings"][0];
    let identifiers = json!([{ "Id": finding["Id"], "ProductArn": finding["ProductArn"] }]);
    let update = json!({ "FindingIdentifiers": identifiers, "Workflow": { "Status": "NOTIFIED" } });
    call(program, "PATCH", "/findings/batchupdate", &update);
    let target = json!({ "Name": "Tickets", "Description": "Opens a ticket", "Id": "tickets" });
    let arn = call(program, "POST", "/actionTargets", &target)["ActionTargetArn"].clone();
    let selection = json!({ "ActionTargetArn": arn, "FindingIdentifiers": identifiers });
    call(program, "POST", "/_emulator/custom-actions", &selection);
}

/// Rules: EVT-09, EVT-41, EVT-44.
#[test]
fn events_are_printed_by_account_region_and_type() {
    let program = Program::start(&["--scenario", SCENARIO]);
    triage(&program);
    let all = printed(&program, &[]);
    let heading = all.lines().next().unwrap();
    let of_member = printed(&program, &["--account", "222222222222", "--region", "us-east-1"]);
    assert_eq!(of_member.lines().collect::<Vec<_>>(), [heading, all.lines().nth(1).unwrap()]);
    let lines = printed(&program, &["--json", "--detail-type", "Security Hub Findings - Custom Action"]);
    let event: Value = serde_json::from_str(&lines).expect("one line");
    assert_eq!(event["detail"]["actionName"], "Tickets");
}

/// Rules: EVT-09.
#[test]
fn events_are_followed_and_missed_ones_are_reported() {
    let program = Program::start(&["--scenario", SCENARIO, "--events", "2"]);
    triage(&program);
    let output = events(&program, &["--json"]);
    assert_eq!(text(&output.stderr), "1 earlier event was dropped\n");
    assert_eq!(text(&output.stdout).lines().count(), 2);
    let mut command = program::command(&["events", "--json", "--follow"]);
    command.env("SECURITYHUB_LOCAL_URL", format!("http://{}", program.address));
    let mut follower = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines().map(|line| {
        let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
        event["detail-type"].as_str().unwrap().to_owned()
    });
    let [imported, custom_action] = ["Security Hub Findings - Imported", "Security Hub Findings - Custom Action"];
    assert_eq!(lines.by_ref().take(2).collect::<Vec<_>>(), [imported, custom_action]);
    call(&program, "POST", "/_emulator/reset", &json!({}));
    triage(&program);
    // It continues, although numbering has started again.
    assert_eq!(lines.next().as_deref(), Some(imported));
    follower.kill().unwrap();
    follower.wait().unwrap();
}

/// Rules: CPL-121.
#[test]
fn calls_are_followed() {
    let program = Program::start(&["--scenario", SCENARIO]);
    call(&program, "POST", "/findings", &json!({}));
    let mut command = program::command(&["requests", "--json", "--follow", "--status", "2xx"]);
    command.env("SECURITYHUB_LOCAL_URL", format!("http://{}", program.address));
    let mut follower = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines().map(|line| {
        let call: Value = serde_json::from_str(&line.unwrap()).unwrap();
        call["Operation"].as_str().unwrap().to_owned()
    });
    assert_eq!(lines.next().as_deref(), Some("GetFindings"));
    let (head, _) = program.send(b"GET /nope HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 4"), "{head}");
    call(&program, "POST", "/insights/get", &json!({}));
    assert_eq!(lines.next().as_deref(), Some("GetInsights"), "a call with another status is not printed");
    follower.kill().unwrap();
    follower.wait().unwrap();
}

#[test]
fn invalid_arguments_are_reported() {
    let program = Program::start(&["--events", "0"]);
    for (arguments, code, expected) in [
        (&[][..], 2, "events are disabled"),
        (&["--account", "1"], 2, "expected an account ID of 12 digits"),
        (&["--url", "http://127.0.0.1:1"], 1, "securityhub-local serve"),
    ] {
        let output = events(&program, arguments);
        let message = text(&output.stderr);
        assert!(output.status.code() == Some(code) && message.contains(expected), "{arguments:?}: {message}");
    }
    let help = text(&program::run(&["events", "--help"]).stdout);
    for word in ["SECURITYHUB_LOCAL_DETAIL_TYPE=", "SECURITYHUB_LOCAL_FOLLOW=", "--follow", "Exit codes"] {
        assert!(help.contains(word), "{word} in\n{help}");
    }
}

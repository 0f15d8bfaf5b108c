//! Tests of `securityhub-local organization` with a running program.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::process::Output;

use securityhub_local_tests::program::{self, Program};
use serde_json::Value;

const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/delegated-admin.yaml");

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn organization(program: &Program, arguments: &[&str]) -> Output {
    let mut command = program::command(&["organization"]);
    command.args(arguments).env("SECURITYHUB_LOCAL_URL", format!("http://{}", program.address));
    command.output().unwrap()
}

/// Rules: ORG-35.
#[test]
fn an_account_that_joins_is_enabled_and_invalid_events_are_refused() {
    let program = Program::start(&["--scenario", SCENARIO]);
    let joined = organization(&program, &["join", "--account", "444444444444", "--parent", "Workloads"]);
    assert_eq!(
        text(&joined.stdout),
        "444444444444 is ACTIVE in Workloads\n  eu-west-1: hub on, Enabled member of 111111111111\n  us-east-1: hub on, \
         Enabled member of 111111111111\n"
    );
    let again = organization(&program, &["join", "--account", "444444444444"]);
    assert_eq!(again.status.code(), Some(2));
    assert_eq!(text(&again.stderr), "securityhub-local: 444444444444 is already in the organization\n");
    let closed = organization(&program, &["close", "--account", "444444444444", "--json"]);
    let closed: Value = serde_json::from_slice(&closed.stdout).unwrap();
    assert_eq!((&closed["Status"], &closed["ParentName"]), (&Value::from("CLOSED"), &Value::from("Workloads")));
    let code = |arguments: &[&str]| organization(&program, arguments).status.code();
    assert_eq!(code(&["join"]), Some(2));
    assert_eq!(code(&["move", "--account", "222222222222"]), Some(2));
    assert_eq!(code(&["leave", "--account", "222222222222", "--url", "http://127.0.0.1:1"]), Some(1));
    let help = text(&program::run(&["organization", "join", "--help"]).stdout);
    for word in ["SECURITYHUB_LOCAL_PARENT=", "--name", "Exit codes"] {
        assert!(help.contains(word), "{word} in\n{help}");
    }
}

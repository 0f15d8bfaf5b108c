//! Tests of `securityhub-local members` with a running program.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::path::PathBuf;
use std::process::Output;

use securityhub_local_tests::program::{self, Program};
use serde_json::Value;

const FORTY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/forty-members.yaml");
const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/forty-members.csv");

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn members(program: &Program, arguments: &[&str]) -> Output {
    let mut command = program::command(&["members"]);
    command.args(arguments).env("SECURITYHUB_LOCAL_URL", format!("http://{}", program.address));
    command.output().unwrap()
}

/// The output of a command that succeeds.
fn printed(program: &Program, arguments: &[&str]) -> String {
    let output = members(program, arguments);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""), "{arguments:?}");
    text(&output.stdout)
}

/// A list in a temporary file.
struct List(PathBuf);

impl List {
    fn new(name: &str, content: &str) -> List {
        let path = std::env::temp_dir().join(format!("securityhub-local-{name}-{}.csv", std::process::id()));
        std::fs::write(&path, content).unwrap();
        List(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for List {
    fn drop(&mut self) {
        _ = std::fs::remove_file(&self.0);
    }
}

/// Rules: CLI-07.
#[test]
fn forty_members_are_accepted_by_one_command() {
    let program = Program::start(&["--scenario", FORTY]);
    let listed = printed(&program, &["list"]);
    assert!(listed.contains("eu-west-1: 3 members (2 Enabled, 1 Invited)\n"), "{listed}");
    assert!(listed.ends_with("us-east-1: 40 members (35 Enabled, 4 Invited, 1 Resigned)\n"), "{listed}");
    let east: Vec<_> = listed.lines().filter(|line| line.contains("partner-east@example.com")).collect();
    assert!(east.len() == 1 && east[0].contains("Invited") && east[0].trim_end().ends_with("off"), "{east:?}");
    assert_eq!(printed(&program, &["accept", "--account", "200000000040"]), "us-east-1: 1 member (1 Enabled)\n");
    assert_eq!(printed(&program, &["accept"]), "us-east-1: 4 members (4 Enabled)\n");
    assert_eq!(printed(&program, &["accept"]), "no members\n");
    let added = printed(&program, &["add", "--csv", LIST, "--invite", "--region", "eu-west-1"]);
    assert_eq!(added, "eu-west-1: 40 members (2 Enabled, 38 Invited)\n");
    let json: Value = serde_json::from_str(&printed(&program, &["accept", "--region", "eu-west-1", "--json"])).unwrap();
    assert_eq!((json["Members"].as_array().unwrap().len(), &json["UnprocessedAccounts"]), (38, &serde_json::json!([])));
    let json: Value = serde_json::from_str(&printed(&program, &["list", "--region", "us-east-1", "--json"])).unwrap();
    assert!(json["Members"].as_array().unwrap().iter().all(|member| member["MemberStatus"] == "Enabled"), "{json}");
}

#[test]
fn thousands_of_accounts_are_split_into_several_requests() {
    let program = Program::start(&["--scenario", FORTY]);
    let lines: Vec<String> = (0..1200).map(|number| format!("3{number:011},m{number}@example.com")).collect();
    let list = List::new("thousands", &format!("\u{feff}Account ID,Email\r\n{}\r\n", lines.join("\r\n")));
    let output = members(&program, &["add", "--csv", list.path(), "--region", "eu-west-1"]);
    let message = text(&output.stdout);
    assert_eq!((output.status.code(), message.as_str()), (Some(1), "eu-west-1: 997 members (997 Created)\n"));
    assert!(
        text(&output.stderr).contains("203 accounts were rejected"),
        "the list exceeds the quota of invited members"
    );
}

#[test]
fn a_list_with_an_error_adds_no_members_and_refused_accounts_are_listed() {
    let program = Program::start(&["--scenario", FORTY]);
    let list = List::new("errors", "Account ID,Email\n300000000001,a@example.com\n30000000002,b@example.com\nx,c\n");
    let output = members(&program, &["add", "--csv", list.path()]);
    let message = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{message}");
    let expected = [
        format!("{}:3: `30000000002` is not a valid account ID", list.path()),
        format!("{}:4: `x` is not a valid account ID", list.path()),
        "The file has 2 errors; no account was added.".to_owned(),
    ];
    assert!(expected.iter().all(|line| message.contains(line)), "{message}");
    assert!(!printed(&program, &["list"]).contains("300000000001"));

    let list = List::new("refused", "111111111111,me@example.com\n300000000001,a@example.com\n");
    let output = members(&program, &["add", "--csv", list.path(), "--accept"]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(1), "us-east-1: 1 member (1 Enabled)\n"));
    let message = text(&output.stderr);
    assert!(
        message.contains("1 account was rejected:\n  111111111111 in us-east-1: The request is rejected because"),
        "{message}"
    );

    let code = |arguments: &[&str]| members(&program, arguments).status.code();
    assert_eq!(code(&["add"]), Some(2));
    assert_eq!(code(&["add", "--csv", "no-such-file.csv"]), Some(2));
    assert_eq!(
        code(&["accept", "--administrator", "222222222222"]),
        Some(2),
        "the hub of the administrator is disabled"
    );
    assert_eq!(code(&["list", "--url", "http://127.0.0.1:1"]), Some(1));
}

#[test]
fn members_reads_settings_from_the_environment_and_help_has_examples() {
    let program = Program::start(&["--scenario", FORTY]);
    let mut command = program::command(&["members", "list"]);
    for (name, value) in [
        ("URL", format!("http://{}", program.address)),
        ("ADMINISTRATOR", "111111111111".to_owned()),
        ("REGION", "eu-west-1".to_owned()),
        ("JSON", "true".to_owned()),
    ] {
        command.env(format!("SECURITYHUB_LOCAL_{name}"), value);
    }
    let json: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    assert_eq!(json["Members"].as_array().unwrap().len(), 3);
    let help = text(&program::run(&["members", "add", "--help"]).stdout);
    for word in ["SECURITYHUB_LOCAL_CSV=", "SECURITYHUB_LOCAL_ADMINISTRATOR=", "--accept", "Exit codes"] {
        assert!(help.contains(word), "{word} in\n{help}");
    }
}

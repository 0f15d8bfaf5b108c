//! Tests of `securityhub-local compliance` with a running program.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::process::Output;

use securityhub_local_tests::program::{self, Program};
use serde_json::{Value, json};

const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/controls.yaml");
const AUTHORIZATION: &str = "authorization: AWS4-HMAC-SHA256 \
                             Credential=111111111111/20260115/us-east-1/securityhub/aws4_request, SignedHeaders=host, \
                             Signature=00";
/// An administrator and a member whose root user has no MFA.
const TWO_ACCOUNTS: &str = r#"
name: two-accounts
clock: { now: 2026-01-15T09:00:00Z, frozen: true }
regions: [us-east-1]
hubs:
  - { account: "111111111111", regions: all, quiet: true, standards: [cis-1.2.0], members: { "222222222222": enabled } }
  - { account: "222222222222", regions: all, quiet: true, standards: [cis-1.2.0, pci-dss-3.2.1] }
resources:
  - { account: "222222222222", regions: all, type: AwsAccount, fails: [IAM.9] }
"#;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn compliance(program: &Program, arguments: &[&str]) -> Output {
    let mut command = program::command(&["compliance"]);
    command.args(arguments).env("SECURITYHUB_LOCAL_URL", format!("http://{}", program.address));
    command.output().unwrap()
}

/// The output of a command that succeeds.
fn printed(program: &Program, arguments: &[&str]) -> String {
    let output = compliance(program, arguments);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""), "{arguments:?}");
    text(&output.stdout)
}

/// The words of the first line that begins with a name.
fn words<'t>(table: &'t str, name: &str) -> Vec<&'t str> {
    let line = table.lines().find(|line| line.trim_start().starts_with(name));
    line.unwrap_or_else(|| panic!("{name} in {table}")).split_whitespace().collect()
}

fn disable(program: &Program, control: &str) {
    let update = json!({
        "StandardsArn": "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0",
        "SecurityControlId": control, "AssociationStatus": "DISABLED", "UpdatedReason": "sso",
    });
    let body = json!({ "StandardsControlAssociationUpdates": [update] }).to_string();
    let head = format!("PATCH /associations HTTP/1.1\r\nhost: x\r\n{AUTHORIZATION}\r\ncontent-length: {}", body.len());
    let (head, answer) = program.send(format!("{head}\r\n\r\n{body}").as_bytes());
    assert!(head.starts_with("HTTP/1.1 200") && answer.contains("\"UnprocessedAssociationUpdates\":[]"), "{answer}");
}

/// Rules: SCO-02, SCO-04, SCO-06, SCO-12.
#[test]
fn scores_reflect_a_change_at_once() {
    let program = Program::start(&["--scenario", SCENARIO]);
    let all = printed(&program, &[]);
    assert!(!all.contains('█') && !all.contains('\u{1b}'), "bars are only printed on terminals: {all}");
    let cis = printed(&program, &["--standard", "cis-1.2.0"]);
    let statuses: Vec<&str> = cis.lines().skip(3).map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    let mut failed_first = statuses.clone();
    failed_first.sort_by_key(|status| ["FAILED", "UNKNOWN", "PASSED", "NO_DATA"].iter().position(|it| it == status));
    assert_eq!((statuses.len(), &statuses), (42, &failed_first));
    assert_eq!(words(&cis, "IAM.5")[..6], ["IAM.5", "FAILED", "MEDIUM", "1", "of", "1"]);
    assert_eq!(words(&cis, "IAM.3")[..3], ["IAM.3", "UNKNOWN", "MEDIUM"]);
    disable(&program, "IAM.5");
    let cis = printed(&program, &["--standard", "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0"]);
    assert_eq!(words(&cis, "IAM.5")[..4], ["IAM.5", "DISABLED", "MEDIUM", "-"]);
    let count = |status: &str| cis.lines().filter(|line| line.contains(status)).count();
    let (passed, failed, unknown) = (count(" PASSED "), count(" FAILED "), count(" UNKNOWN "));
    let json: Value = serde_json::from_str(&printed(&program, &["--json"])).unwrap();
    let of_cis = &json["Standards"][1];
    let counts = ["Passed", "Failed", "Unknown", "Disabled"].map(|name| of_cis["Counts"][name].as_u64().unwrap());
    assert_eq!(counts.map(|count| usize::try_from(count).unwrap()), [passed, failed, unknown, 1]);
    assert_eq!((failed, unknown, &of_cis["Score"]), (3, 1, &json!(passed * 100 / (passed + 4) + 1)));
}

/// Rules: SCO-09.
#[test]
fn an_administrator_sees_each_of_its_members() {
    let file = std::env::temp_dir().join(format!("securityhub-local-compliance-{}.yaml", std::process::id()));
    std::fs::write(&file, TWO_ACCOUNTS).unwrap();
    let program = Program::start(&["--scenario", file.to_str().unwrap()]);
    std::fs::remove_file(&file).unwrap();
    let by_account = printed(&program, &["--by", "account", "--standard", "cis-1.2.0"]);
    assert!(
        by_account
            .starts_with("CIS AWS Foundations Benchmark v1.2.0 of 111111111111 in us-east-1, across 2 accounts: ")
    );
    assert_eq!(words(&by_account, "111111111111")[1..3], ["100", "%"]);
    assert_eq!(words(&by_account, "222222222222")[4..5], ["1"], "failed: {by_account}");
    let pci = printed(&program, &["--by", "account", "--standard", "pci-dss-3.2.1"]);
    assert_eq!(words(&pci, "111111111111")[1..3], ["no", "score"], "only the member has enabled the standard: {pci}");
    let iam_9 = |account: &str| {
        let shown = printed(&program, &["--account", account, "--standard", "cis-1.2.0"]);
        words(&shown, "IAM.9")[..6].join(" ")
    };
    assert_eq!(iam_9("111111111111"), "IAM.9 FAILED CRITICAL 1 of 2");
    assert_eq!(iam_9("222222222222"), "IAM.9 FAILED CRITICAL 1 of 1");
}

#[test]
fn invalid_arguments_are_reported() {
    let program = Program::start(&["--scenario", SCENARIO]);
    for (arguments, code, expected) in [
        (&["--by", "account"][..], 2, "has no enabled members with Security Hub enabled in us-east-1"),
        (&["--region", "eu-west-1"], 2, "Security Hub is not enabled for 111111111111 in eu-west-1"),
        (&["--standard", "cis-5.0.0"], 2, "cis-5.0.0 is not enabled in any of the accounts"),
        (&["--standard", "cis"], 2, "available: cis-1.2.0, cis-1.4.0"),
        (&["--account", "1"], 2, "expected an account ID of 12 digits"),
        (&["--url", "http://127.0.0.1:1"], 1, "securityhub-local serve"),
    ] {
        let output = compliance(&program, arguments);
        let message = text(&output.stderr);
        assert!(output.status.code() == Some(code) && message.contains(expected), "{arguments:?}: {message}");
    }
    let help = text(&program::run(&["compliance", "--help"]).stdout);
    for word in ["SECURITYHUB_LOCAL_STANDARD=", "SECURITYHUB_LOCAL_BY=", "--by account", "Exit codes"] {
        assert!(help.contains(word), "{word} in\n{help}");
    }
}

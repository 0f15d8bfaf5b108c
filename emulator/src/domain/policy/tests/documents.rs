//! Remarks about invalid policy documents.

use serde_json::{Value, json};

use crate::domain::policy::{PathStep, Remark, read};

/// A remark in one line: path, message and expectation.
fn line(remark: &Remark) -> String {
    let step = |step: &PathStep| match step {
        PathStep::Key(name) => format!(".{name}"),
        PathStep::Item(position) => format!("[{position}]"),
    };
    let path: String = remark.path.iter().map(step).collect();
    let expected = remark.expected.as_ref().map_or(String::new(), |expected| format!(" ({expected})"));
    format!("{}{path}: {}{expected}", if remark.refuses { "" } else { "warning " }, remark.message)
}

fn refusal(document: &Value) -> String {
    let (policy, remarks) = read("test", document);
    assert_eq!(policy.is_none(), remarks.iter().any(|remark| remark.refuses), "{document}");
    remarks.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_problem_of_a_document_is_reported_with_its_location() {
    insta::assert_snapshot!(refusal(&json!("x")), @r#": a policy cannot be "x" (an object, {...})"#);
    insta::assert_snapshot!(refusal(&json!({ "Version": "2012" })), @r#"
    .Version: invalid policy Version "2012" ("2012-10-17", or the older "2008-10-17")
    : missing `Statement` in a policy (a statement or a list of statements)
    "#);
    let document = json!({
        "Version": "2012-10-17",
        "Statment": [],
        "Statement": [
            { "Sid": "a b", "Effect": "allow", "Action": "GetFindings", "Resource": "hub/default" },
            { "Sid": "One", "Effect": "Deny", "Action": [], "NotAction": "*", "Principal": "*" },
            { "Sid": "One", "Effect": "Deny", "Action": ["securityhub:", 5], "Resource": "*", "Condition": {
                "StringEqual": { "aws:PrincipalArn": "x" },
                "IpAddress": { "aws:SourceIp": ["10.0.0.0/8", "10.0.0.0/33", "${aws:PrincipalArn}"] },
                "NumericEquals": { "securityhub:ASFFSyntaxPath/Confidence": "many" },
                "DateLessThan": { "aws:CurrentTime": "soon" },
                "NullIfExists": { "aws:TagKeys": true },
                "Bool": { "aws:PrincipalIsAWSService": [] },
                "StringLike": "x",
            } },
            "all",
        ],
    });
    insta::assert_snapshot!(refusal(&document));
}

#[test]
fn actions_and_keys_that_no_request_has_give_a_warning() {
    let document = json!({ "Version": "2012-10-17", "Statement": [
        {
            "Effect": "Deny",
            "Action": ["securityhub:DisableSecurityHubb", "SecurityHub:Delet?Members", "securityhub:GetUsage", "s3:Get*"],
            "Resource": "*",
            "Condition": { "Null": { "securityhub:ASFFSyntaxPath/Severity.Lable": "false" }, "StringLike": {
                "aws:PrincipalTag/team": "x", "aws:requesttag/team": "x", "securityhub:targetaccount": "1*" } },
        },
        { "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": { "Null": { "aws:SourceVpce": "true" } } },
    ] });
    insta::assert_snapshot!(refusal(&document), @r"
    warning .Statement[0].Action[0]: Security Hub has no action `securityhub:DisableSecurityHubb`
    warning .Statement[0].Condition.Null.securityhub:ASFFSyntaxPath/Severity.Lable: requests to the emulator never contain the condition key `securityhub:ASFFSyntaxPath/Severity.Lable`
    warning .Statement[0].Condition.StringLike.aws:PrincipalTag/team: requests to the emulator never contain the condition key `aws:PrincipalTag/team`
    ");
}

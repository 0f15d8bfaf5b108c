//! Tests of policies in scenarios: the principals they apply to, and their errors.

use securityhub_fixtures::Operation::{
    self, CreateInsight, DeleteMembers, DescribeHub, DisableSecurityHub, EnableSecurityHub, GetFindings, GetInsights,
};
use serde_json::json;

use crate::scenario::tests::{account, build, errors, errors_of, repository};
use crate::scenario::{self, Severity};
use crate::state::{Principal, World};
use crate::testing::{REGION, Stage};

fn stage(text: &str) -> Stage {
    Stage(build(text))
}

/// The principal of an access key.
fn key(world: &World, access_key: &str) -> Principal {
    world.principal(access_key, account("000000000000"), world.clock.now()).unwrap()
}

/// The end of the message of a denied call; `None` if the call is allowed.
fn denied(stage: &Stage, access_key: &str, operation: Operation) -> Option<String> {
    let answer = stage.call_as(&key(&stage.0, access_key), REGION, operation, json!({}));
    let (_, _, message) = answer.err().filter(|(status, _, _)| *status == 403)?;
    let (_, reason) = message.split_once(" on resource: ")?;
    reason.split_once(' ').map(|(_, reason)| reason.to_owned())
}

const SCP: &str = "with an explicit deny in a service control policy";

/// Rules: IAM-11, DEN-04.
#[test]
fn prevent_tamper_applies_to_members_only() {
    let scenario = scenario::load(&[repository("scenarios/prevent-tamper.yaml")]).unwrap();
    assert!(scenario.warnings().is_empty(), "{}", scenario.warnings());
    let stage = Stage(scenario.build().unwrap());
    for (access_key, operation, expected) in [
        ("222222222222", DisableSecurityHub, Some(SCP)),
        ("333333333333", DeleteMembers, Some(SCP)),
        ("222222222222", DescribeHub, None),
        ("111111111111", DeleteMembers, None),
        ("999999999999", DisableSecurityHub, None),
        ("AKIATAMPERUSERALICE1", GetFindings, None),
        ("AKIATAMPERUSERALICE1", DisableSecurityHub, Some(SCP)),
        (
            "AKIATAMPERUSERALICE1",
            CreateInsight,
            Some("because no identity-based policy allows the securityhub:CreateInsight action"),
        ),
        ("ASIATAMPERAUDITOR001", GetFindings, None),
        ("ASIATAMPERAUDITOR001", GetInsights, Some("with an explicit deny in a session policy")),
    ] {
        assert_eq!(denied(&stage, access_key, operation).as_deref(), expected, "{access_key} {}", operation.name());
    }
}

/// A policy that denies one action.
fn deny(action: &str) -> String {
    format!("{{ document: {{ Statement: {{ Effect: Deny, Action: 'securityhub:{action}', Resource: '*' }} }} }}")
}

/// Rules: IAM-12.
#[test]
fn policies_are_attached_to_the_root_to_units_and_to_accounts() {
    let text = format!(
        "organization:\n  management_account: '999999999999'\n  policies: [root]\n  units:\n    A:\n      policies: [outer]\n      \
         units: {{ B: {{ policies: [inner], accounts: ['222222222222'] }} }}\n\
         accounts: {{ '222222222222': {{ policies: [own] }} }}\n\
         policies:\n  root: {}\n  outer: {}\n  inner: {}\n  own: {}\n",
        deny("DescribeHub"),
        deny("GetFindings"),
        deny("GetInsights"),
        deny("DeleteMembers"),
    );
    let stage = stage(&text);
    for operation in [DescribeHub, GetFindings, GetInsights, DeleteMembers] {
        assert_eq!(denied(&stage, "222222222222", operation).as_deref(), Some(SCP), "{}", operation.name());
        assert_eq!(denied(&stage, "999999999999", operation), None, "{}", operation.name());
    }
    assert_eq!(denied(&stage, "222222222222", EnableSecurityHub), None);
}

/// Rules: DEN-03.
#[test]
fn full_aws_access_can_be_detached() {
    let text = |at: &str| {
        format!(
            "organization: {{ management_account: '999999999999', units: {{ A: {{ accounts: ['222222222222'], \
             policies: [reads]{at} }} }} }}\n\
             policies: {{ reads: {{ document: {{ Statement: {{ Effect: Allow, Action: 'securityhub:Get*', Resource: '*' }} }} }} }}\n"
        )
    };
    let missing = "because no service control policy allows the securityhub:EnableSecurityHub action";
    assert_eq!(denied(&stage(&text("")), "222222222222", EnableSecurityHub), None);
    let detached = stage(&text(", full_aws_access: false"));
    assert_eq!(denied(&detached, "222222222222", EnableSecurityHub).as_deref(), Some(missing));
    assert_eq!(denied(&detached, "222222222222", GetFindings), None);
}

/// Rules: DEN-01, DEN-05.
#[test]
fn a_key_has_exactly_the_policies_it_names() {
    let stage = stage(
        "credentials:\n  AKIANONE: { account: '222222222222', policies: [] }\n  AKIABOUND: { account: '222222222222', boundary: b }\n\
         policies: { b: { document: { Statement: { Effect: Allow, Action: 'securityhub:Get*', Resource: '*' } } } }\n",
    );
    let identity = "because no identity-based policy allows the securityhub:DescribeHub action";
    assert_eq!(denied(&stage, "AKIANONE", DescribeHub).as_deref(), Some(identity));
    let boundary = "because no permissions boundary allows the securityhub:DescribeHub action";
    assert_eq!(denied(&stage, "AKIABOUND", DescribeHub).as_deref(), Some(boundary));
    assert_eq!(denied(&stage, "AKIABOUND", GetFindings), None);
}

#[test]
fn a_policy_document_with_errors() {
    let file = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [{\n    \"Effect\": \"Denyy\",\n    \"Action\": \"securityhub:*\",\n    \
                \"Action\": \"*\",\n    \"Resource\": \"*\",\n    \"Condition\": { \"StringLik\": { \"aws:SourceIp\": \"x\" } }\n  }]\n}\n";
    let scenario = "policies:\n  a: { file: a.json }\n  b: { file: aa.json }\n  c: { fil: a.json }\n  d: { document: all }\n  \
                    e: { document: { Statement: { Effect: Allow, Acton: '*', Resource: '*', Principal: '*' } } }\n  f: { file: f.json }\n";
    let files = [("scenario.yaml", scenario), ("a.json", file), ("f.json", "{")];
    insta::assert_snapshot!(errors_of(&files));
}

#[test]
fn attachments_with_errors() {
    let text = "organization:\n  management_account: '999999999999'\n  policies: [prevent-tampr]\n  units:\n    \
                A: { accounts: ['222222222222'], policies: [1], full_aws_access: false }\n    B: { full_aws_access: false }\n\
                accounts:\n  '111111111111': { policies: [prevent-tamper], roles: { 'a/b': { policies: [x], boundary: y } } }\n  \
                '222222222222': { roles: { Auditor: { policies: [] } } }\n\
                credentials:\n  ASIA1: { account: '222222222222', role: Auditor, boundary: prevent-tamper }\n  \
                AKIA2: { account: '222222222222', user: a, session_policy: prevent-tamper }\n\
                policies:\n  prevent-tamper: { document: { Statement: { Effect: Deny, Action: '*', Resource: '*' } } }\n";
    insta::assert_snapshot!(errors(text));
}

#[test]
fn statements_without_effect_cause_warnings_only() {
    let text = "organization: { management_account: '999999999999', units: { A: { policies: [p] } } }\n\
                accounts: { '999999999999': { policies: [p] } }\n\
                policies:\n  p:\n    document:\n      Statement:\n        Effect: Deny\n        \
                Action: ['securityhub:DisableSecurtyHub', 'securityhub:Delete*']\n        Resource: '*'\n        \
                Condition: { Null: { 'securityhub:ASFFSyntaxPath/Workflow': 'true' } }\n";
    insta::assert_snapshot!(errors(text));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scenario.yaml");
    std::fs::write(&path, text).unwrap();
    let scenario = scenario::load(&[path]).unwrap();
    assert!(scenario.warnings().iter().all(|warning| warning.severity == Severity::Warning));
    assert!(!scenario.warnings().has_errors() && scenario.build().is_ok());
}

#[test]
fn later_files_replace_policies_by_name() {
    let (first, second) =
        (format!("policies: {{ p: {} }}\n", deny("Get*")), format!("policies: {{ p: {} }}\n", deny("List*")));
    let key = "credentials: { AKIA1: { account: '222222222222', policies: [p] } }\n";
    let folder = tempfile::tempdir().unwrap();
    let paths = [("1.yaml", format!("{first}{key}")), ("2.yaml", second)].map(|(name, text)| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    });
    let stage = Stage(scenario::load(&paths).unwrap().build().unwrap());
    let reason = denied(&stage, "AKIA1", GetFindings).unwrap();
    assert!(reason.starts_with("because no identity-based policy"), "{reason}");
}

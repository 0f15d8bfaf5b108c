//! Hand-written cases: matching statements, conditions, and the layer that denies.

use serde_json::{Value, json};

use super::{HUB, denied, keys, of};
use crate::domain::policy::Kind::{self, Boundary, Identity, ServiceControl, Session};
use crate::domain::policy::{Layer, Request, evaluate};

const RULE: &str = "arn:aws:securityhub:us-east-1:222222222222:automation-rule/a1b2";

/// Returns whether an allowing statement with these elements applies to an action on a resource.
fn applies(elements: Value, action: &str, resource: &str) -> bool {
    let mut statement = json!({ "Effect": "Allow" });
    statement.as_object_mut().unwrap().extend(elements.as_object().unwrap().clone());
    let policies = [of(statement)];
    let layers = [Layer { kind: Kind::Identity, policies: &policies }];
    let keys = keys(&[("aws:PrincipalAccount", &["222222222222"]), ("aws:RequestedRegion", &["us-east-1"])]);
    evaluate(&layers, Request { action, resource, keys: &keys }).is_ok()
}

/// Rules: IAM-01, IAM-04.
#[test]
fn a_statement_matches_its_actions_and_resources() {
    let get = "securityhub:GetFindings";
    for (elements, action, resource, expected) in [
        (json!({ "Action": "*", "Resource": "*" }), get, HUB, true),
        (json!({ "Action": "securityhub:GetFindings", "Resource": "*" }), get, HUB, true),
        (json!({ "Action": "SecurityHub:getfindings", "Resource": "*" }), get, HUB, true),
        (json!({ "Action": "securityhub:Get*", "Resource": "*" }), get, HUB, true),
        (json!({ "Action": "securityhub:*Findings", "Resource": "*" }), get, HUB, true),
        (json!({ "Action": "securityhub:GetF?ndings", "Resource": "*" }), get, HUB, true),
        (json!({ "Action": "securityhub:Get?", "Resource": "*" }), get, HUB, false),
        (json!({ "Action": "securityhub:GetFinding", "Resource": "*" }), get, HUB, false),
        (json!({ "Action": ["s3:*", "securityhub:GetFindings"], "Resource": "*" }), get, HUB, true),
        (json!({ "NotAction": "securityhub:Get*", "Resource": "*" }), get, HUB, false),
        (json!({ "NotAction": ["iam:*", "s3:*"], "Resource": "*" }), get, HUB, true),
        (json!({ "Action": "*", "Resource": HUB }), get, HUB, true),
        (json!({ "Action": "*", "Resource": [RULE, HUB] }), get, HUB, true),
        (json!({ "Action": "*", "Resource": RULE }), get, HUB, false),
        (json!({ "Action": "*", "Resource": "arn:aws:securityhub:*:222222222222:hub/*" }), get, HUB, true),
        (json!({ "Action": "*", "Resource": "arn:aws:securityhub:us-east-?:*:hub/default" }), get, HUB, true),
        (
            json!({ "Action": "*", "Resource": "arn:aws:securityhub:us-east-1:222222222222:HUB/default" }),
            get,
            HUB,
            false,
        ),
        (json!({ "Action": "*", "NotResource": HUB }), get, HUB, false),
        (json!({ "Action": "*", "NotResource": RULE }), get, HUB, true),
        // An action without resource types has the resource `*`, which no ARN matches.
        (json!({ "Action": "*", "Resource": "*" }), "securityhub:CreateFindingAggregator", "*", true),
        (json!({ "Action": "*", "Resource": HUB }), "securityhub:CreateFindingAggregator", "*", false),
        (json!({ "Action": "*", "Resource": "arn:*" }), "securityhub:CreateFindingAggregator", "*", false),
        (json!({ "Action": "*", "NotResource": HUB }), "securityhub:CreateFindingAggregator", "*", true),
        // Variables are replaced by text.
        (json!({ "Action": "*", "Resource": "arn:aws:securityhub:*:${aws:PrincipalAccount}:hub/*" }), get, HUB, true),
        (json!({ "Action": "*", "Resource": "arn:aws:securityhub:*:${aws:SourceIp}:hub/*" }), get, HUB, false),
        (json!({ "Action": "*", "Resource": "arn:*:${aws:SourceIp, '222222222222'}:hub/*" }), get, HUB, true),
        (json!({ "Action": "*", "Resource": "arn:aws:securityhub:us-east-1:${*}:hub/default" }), get, HUB, false),
    ] {
        assert_eq!(applies(elements.clone(), action, resource), expected, "{elements} {action} {resource}");
    }
}

/// Rules: IAM-02.
#[test]
fn the_action_of_an_old_operation_name_does_not_allow_the_new_one() {
    let elements = || json!({ "Action": "securityhub:AcceptInvitation", "Resource": "*" });
    assert!(applies(elements(), "securityhub:AcceptInvitation", HUB));
    assert!(!applies(elements(), "securityhub:AcceptAdministratorInvitation", HUB));
}

/// Returns whether a condition holds for a request with these keys.
fn holds(operator: &str, condition: Value, pairs: &[(&str, &[&str])]) -> bool {
    let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { operator: condition } });
    denied(&[(Kind::Identity, vec![of(statement)])], &keys(pairs)).is_none()
}

const ROLE: &str = "arn:aws:iam::222222222222:role/team/BreakGlass";

/// Rules: IAM-07, IAM-09.
#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn conditions_hold_as_documented() {
    let region: &[(&str, &[&str])] = &[("aws:RequestedRegion", &["eu-west-1"])];
    let role: &[(&str, &[&str])] = &[("aws:PrincipalArn", &[ROLE])];
    let address: &[(&str, &[&str])] = &[("aws:SourceIp", &["203.0.113.7"])];
    let time: &[(&str, &[&str])] = &[("aws:CurrentTime", &["2026-01-15T09:00:00Z"])];
    let tags: &[(&str, &[&str])] = &[("aws:TagKeys", &["team", "env"]), ("aws:RequestTag/team", &["Blue"])];
    let severity: &[(&str, &[&str])] = &[("securityhub:ASFFSyntaxPath/Severity.Normalized", &["40"])];
    let normalized = "securityhub:ASFFSyntaxPath/Severity.Normalized";
    let none: &[(&str, &[&str])] = &[];
    for (operator, condition, pairs, expected) in [
        ("StringEquals", json!({ "aws:RequestedRegion": "eu-west-1" }), region, true),
        ("StringEquals", json!({ "AWS:requestedregion": ["us-east-1", "eu-west-1"] }), region, true),
        ("StringEquals", json!({ "aws:RequestedRegion": "EU-WEST-1" }), region, false),
        ("StringEquals", json!({ "aws:RequestedRegion": "eu-*" }), region, false),
        ("StringEquals", json!({ "aws:RequestedRegion": "eu-west-1" }), none, false),
        ("StringEqualsIfExists", json!({ "aws:RequestedRegion": "eu-west-1" }), none, true),
        ("StringEqualsIgnoreCase", json!({ "aws:RequestedRegion": "EU-WEST-1" }), region, true),
        ("StringNotEquals", json!({ "aws:RequestedRegion": ["us-east-1", "eu-west-1"] }), region, false),
        ("StringNotEquals", json!({ "aws:RequestedRegion": "us-east-1" }), region, true),
        ("StringNotEquals", json!({ "aws:RequestedRegion": "us-east-1" }), none, true),
        ("StringLike", json!({ "aws:RequestedRegion": "eu-*" }), region, true),
        ("StringNotLike", json!({ "aws:RequestedRegion": "eu-*" }), region, false),
        ("ArnLike", json!({ "aws:PrincipalArn": "arn:aws:iam::*:role/*/BreakGlass" }), role, true),
        ("ArnEquals", json!({ "aws:PrincipalArn": "arn:aws:iam::222222222222:role/team/*" }), role, true),
        ("ArnLike", json!({ "aws:PrincipalArn": "arn:*:role/team/BreakGlass" }), role, true),
        ("ArnLike", json!({ "aws:PrincipalArn": "arn:aws:*:x:222222222222:role/team/BreakGlass" }), role, false),
        ("ArnNotLike", json!({ "aws:PrincipalArn": "arn:aws:iam::*:role/team/BreakGlass" }), role, false),
        ("ArnNotLike", json!({ "aws:PrincipalArn": "arn:aws:iam::*:role/Other" }), role, true),
        ("StringLike", json!({ "aws:PrincipalArn": "*:${aws:RequestedRegion}:*" }), role, false),
        ("Bool", json!({ "aws:PrincipalIsAWSService": "False" }), &[("aws:PrincipalIsAWSService", &["false"])], true),
        ("Bool", json!({ "aws:PrincipalIsAWSService": true }), &[("aws:PrincipalIsAWSService", &["false"])], false),
        ("BoolIfExists", json!({ "aws:MultiFactorAuthPresent": false }), none, true),
        ("Null", json!({ "aws:SourceIp": "true" }), none, true),
        ("Null", json!({ "aws:SourceIp": "true" }), address, false),
        ("Null", json!({ "aws:SourceIp": false }), address, true),
        ("Null", json!({ "aws:SourceIp": false }), none, false),
        ("NumericLessThan", json!({ normalized: "50" }), severity, true),
        ("NumericGreaterThanEquals", json!({ normalized: 40.0 }), severity, true),
        ("NumericGreaterThan", json!({ normalized: 40 }), severity, false),
        ("NumericNotEquals", json!({ normalized: [39, 41] }), severity, true),
        ("NumericEquals", json!({ "aws:SourceIp": 203 }), address, false),
        ("DateGreaterThan", json!({ "aws:CurrentTime": "2026-01-15T09:59:59+01:00" }), time, true),
        ("DateLessThan", json!({ "aws:CurrentTime": "2026-01-16" }), time, true),
        ("DateLessThanEquals", json!({ "aws:CurrentTime": "1768467600" }), time, true),
        ("IpAddress", json!({ "aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"] }), address, true),
        ("IpAddress", json!({ "aws:SourceIp": "203.0.113.8" }), address, false),
        ("NotIpAddress", json!({ "aws:SourceIp": "203.0.113.0/24" }), address, false),
        ("NotIpAddress", json!({ "aws:SourceIp": "2001:db8::/32" }), address, true),
        ("NotIpAddress", json!({ "aws:SourceIp": "203.0.113.0/24" }), none, true),
        ("ForAllValues:StringEquals", json!({ "aws:TagKeys": ["team", "env", "cost"] }), tags, true),
        ("ForAllValues:StringEquals", json!({ "aws:TagKeys": ["team"] }), tags, false),
        ("ForAllValues:StringEquals", json!({ "aws:TagKeys": ["team"] }), none, true),
        ("ForAllValues:StringNotEquals", json!({ "aws:TagKeys": ["cost"] }), tags, true),
        ("ForAnyValue:StringEquals", json!({ "aws:TagKeys": ["team"] }), tags, true),
        ("ForAnyValue:StringEquals", json!({ "aws:TagKeys": ["team"] }), none, false),
        ("ForAnyValue:StringEqualsIfExists", json!({ "aws:TagKeys": ["team"] }), none, true),
        ("ForAnyValue:StringNotLike", json!({ "aws:TagKeys": ["t*"] }), tags, true),
        ("StringEquals", json!({ "aws:requesttag/TEAM": "Blue" }), tags, true),
        ("StringEquals", json!({ "aws:RequestTag/team": "blue" }), tags, false),
        // All keys of an operator must hold.
        ("StringLike", json!({ "aws:RequestTag/team": "B*", "aws:RequestTag/cost": "*" }), tags, false),
    ] {
        assert_eq!(holds(operator, condition.clone(), pairs), expected, "{operator} {condition} {pairs:?}");
    }
}

#[test]
fn a_policy_without_version_has_no_variables() {
    let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": { "StringEquals": { "aws:PrincipalAccount": "${aws:PrincipalAccount}" } } });
    let keys = keys(&[("aws:PrincipalAccount", &["222222222222"])]);
    let of_old = super::policy(&json!({ "Statement": statement.clone() }));
    assert!(denied(&[(Kind::Identity, vec![of(statement)])], &keys).is_none());
    assert!(denied(&[(Kind::Identity, vec![of_old])], &keys).is_some());
}

/// Rules: IAM-12, DEN-01 to DEN-06, DEN-09.
#[test]
fn a_denial_comes_from_the_first_layer_that_denies() {
    let allow = || of(json!({ "Effect": "Allow", "Action": "securityhub:*", "Resource": "*" }));
    let deny = || of(json!({ "Effect": "Deny", "Action": "securityhub:Get*", "Resource": "*" }));
    let other = || of(json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }));
    let scp_missing = "because no service control policy allows the securityhub:GetFindings action";
    for (layers, expected) in [
        (vec![], None),
        (vec![(Identity, vec![allow()])], None),
        (vec![(Identity, vec![other(), allow()])], None),
        (vec![(Identity, vec![])], Some("because no identity-based policy allows the securityhub:GetFindings action")),
        (vec![(Identity, vec![allow(), deny()])], Some("with an explicit deny in an identity-based policy")),
        (vec![(ServiceControl, vec![allow()]), (ServiceControl, vec![other()])], Some(scp_missing)),
        (vec![(ServiceControl, vec![other(), allow()]), (ServiceControl, vec![allow()])], None),
        (
            vec![(ServiceControl, vec![allow(), deny()]), (Identity, vec![allow()])],
            Some("with an explicit deny in a service control policy"),
        ),
        (
            vec![(Identity, vec![allow()]), (Boundary, vec![other()])],
            Some("because no permissions boundary allows the securityhub:GetFindings action"),
        ),
        (
            vec![(Identity, vec![allow()]), (Boundary, vec![deny()])],
            Some("with an explicit deny in a permissions boundary"),
        ),
        (
            vec![(Identity, vec![allow()]), (Session, vec![other()])],
            Some("because no session policy allows the securityhub:GetFindings action"),
        ),
        (vec![(Identity, vec![allow()]), (Session, vec![deny()])], Some("with an explicit deny in a session policy")),
        (vec![(Session, vec![other(), allow()])], None),
        // An explicit deny in any layer comes before a missing allow; otherwise the order of kinds counts.
        (
            vec![(ServiceControl, vec![other()]), (Identity, vec![]), (Session, vec![deny()])],
            Some("with an explicit deny in a session policy"),
        ),
        (
            vec![(ServiceControl, vec![deny()]), (Identity, vec![deny()])],
            Some("with an explicit deny in a service control policy"),
        ),
        (
            vec![(Identity, vec![deny()]), (Boundary, vec![deny()])],
            Some("with an explicit deny in an identity-based policy"),
        ),
        (vec![(ServiceControl, vec![other()]), (Identity, vec![])], Some(scp_missing)),
    ] {
        assert_eq!(denied(&layers, &keys(&[])).as_deref(), expected, "{layers:?}");
    }
}

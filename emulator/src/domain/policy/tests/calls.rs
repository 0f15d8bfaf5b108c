//! Calls through the gate by principals with policies.

use std::net::IpAddr;
use std::sync::Arc;

use securityhub_fixtures::Operation::{
    self, AcceptAdministratorInvitation, BatchGetAutomationRules, BatchImportFindings, BatchUpdateFindings,
    BatchUpdateFindingsV2, CreateAutomationRule, CreateFindingAggregator, DeleteFindingAggregator, DescribeHub,
    DisableSecurityHub, EnableSecurityHub, GetFindings, GetFindingsV2, ListTagsForResource, TagResource, UntagResource,
};
use serde_json::{Value, json};

use super::of;
use crate::domain::caller::Caller;
use crate::domain::policy::admit;
use crate::shape::read;
use crate::state::{AccountId, Permissions, Policy, Principal, Region, Unit};
use crate::testing::{ADMINISTRATOR, MEMBER, Outcome, REGION, Stage, finding, finding_of, id};

const HUB: &str = "arn:aws:securityhub:us-east-1:111111111111:hub/default";

fn allow(action: &str, resource: &str) -> Value {
    json!({ "Effect": "Allow", "Action": action, "Resource": resource })
}

fn deny(action: &str) -> Value {
    json!({ "Effect": "Deny", "Action": action, "Resource": "*" })
}

/// The user alice of [`ADMINISTRATOR`], with a policy of these statements.
fn alice(statements: Value) -> Principal {
    with(Permissions { identity: Some(vec![of(statements)]), ..Permissions::default() })
}

fn with(permissions: Permissions) -> Principal {
    Principal { permissions: Some(Arc::new(permissions)), ..Principal::user(id(ADMINISTRATOR), "alice") }
}

fn call(stage: &Stage, principal: &Principal, operation: Operation, input: Value) -> Outcome {
    stage.call_as(principal, REGION, operation, input)
}

/// The message of the 403 that a principal gets.
fn denied(stage: &Stage, principal: &Principal, operation: Operation, input: Value) -> String {
    let (status, code, message) = call(stage, principal, operation, input).expect_err("the call should be denied");
    assert_eq!((status, code), (403, "AccessDeniedException"), "{message}");
    message
}

/// Returns whether policies allow a call, regardless of its other rules.
fn passes(stage: &Stage, principal: &Principal, operation: Operation, input: Value) -> bool {
    call(stage, principal, operation, input).err().is_none_or(|(status, _, _)| status != 403)
}

/// Rules: DEN-01, DEN-02, IAM-05.
#[test]
fn a_denial_names_principal_action_and_resource() {
    let stage = Stage::empty();
    assert_eq!(
        denied(&stage, &alice(allow("s3:*", "*")), EnableSecurityHub, json!({})),
        "User: arn:aws:iam::111111111111:user/alice is not authorized to perform: securityhub:EnableSecurityHub on resource: \
         arn:aws:securityhub:us-east-1:111111111111:hub/default because no identity-based policy allows the \
         securityhub:EnableSecurityHub action"
    );
    assert_eq!(
        denied(&stage, &alice(json!([allow("*", "*"), deny("securityhub:Describe*")])), DescribeHub, json!({})),
        "User: arn:aws:iam::111111111111:user/alice is not authorized to perform: securityhub:DescribeHub on resource: \
         arn:aws:securityhub:us-east-1:111111111111:hub/default with an explicit deny in an identity-based policy"
    );
    assert!(passes(&stage, &alice(allow("securityhub:EnableSecurityHub", HUB)), EnableSecurityHub, json!({})));
}

/// Rules: DEN-05, DEN-06.
#[test]
fn a_denial_names_the_permissions_boundary_or_session_policy() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    let (all, none) = (of(allow("*", "*")), of(allow("s3:*", "*")));
    let bounded = with(Permissions { boundary: Some(none.clone()), ..Permissions::default() });
    let message = denied(&stage, &bounded, DescribeHub, json!({}));
    assert!(
        message.ends_with("because no permissions boundary allows the securityhub:DescribeHub action"),
        "{message}"
    );
    let session = |policies| with(Permissions { session: Some(policies), ..Permissions::default() });
    let message = denied(&stage, &session(vec![of(deny("*"))]), DescribeHub, json!({}));
    assert!(message.ends_with("with an explicit deny in a session policy"), "{message}");
    assert!(passes(&stage, &session(vec![none, all]), DescribeHub, json!({})), "one session policy suffices");
}

/// Rules: DEN-07, IMP-04.
#[test]
fn a_foreign_product_is_refused_with_the_short_message() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    let foreign = json!({ "Findings": [finding_of(MEMBER, "1", json!({}))] });
    let message = denied(&stage, &alice(allow("*", "*")), BatchImportFindings, foreign);
    assert_eq!(
        message,
        "User: arn:aws:iam::111111111111:user/alice is not authorized to perform: securityhub:BatchImportFindings on \
         resource: arn:aws:securityhub:us-east-1:222222222222:product/222222222222/default"
    );
}

/// Rules: DEN-10, IAM-04.
#[test]
fn an_action_without_a_resource_is_evaluated_for_the_asterisk() {
    let stage = Stage::empty();
    let message = denied(&stage, &alice(allow("*", HUB)), CreateFindingAggregator, json!({}));
    assert_eq!(
        message,
        "User: arn:aws:iam::111111111111:user/alice is not authorized to perform: securityhub:CreateFindingAggregator on \
         resource: * because no identity-based policy allows the securityhub:CreateFindingAggregator action"
    );
    assert!(passes(&stage, &alice(allow("*", "*")), CreateFindingAggregator, json!({})));
}

/// Rules: IAM-01, IAM-02, VIS-08.
#[test]
fn get_findings_v2_uses_the_get_findings_action_and_other_names_are_distinct() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    let reader = alice(allow("securityhub:GetFindings", "*"));
    assert!(passes(&stage, &reader, GetFindings, json!({})) && passes(&stage, &reader, GetFindingsV2, json!({})));
    assert!(!passes(&stage, &alice(allow("securityhub:GetFindingsV2", "*")), GetFindingsV2, json!({})));
    let old = alice(allow("securityhub:AcceptInvitation", "*"));
    assert!(!passes(&stage, &old, AcceptAdministratorInvitation, json!({})));
}

/// Rules: IAM-03.
#[test]
fn resources_are_identified_by_arn_or_id() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    let arn = |resource: &str| format!("arn:aws:securityhub:us-east-1:111111111111:{resource}");
    let message = |operation, input| denied(&stage, &alice(allow("s3:*", "*")), operation, input);
    for (operation, input, resource) in [
        (
            BatchGetAutomationRules,
            json!({ "AutomationRulesArns": [arn("automation-rule/1")] }),
            arn("automation-rule/1"),
        ),
        (
            Operation::BatchUpdateAutomationRules,
            json!({ "UpdateAutomationRulesRequestItems": [{ "RuleArn": arn("automation-rule/2") }] }),
            arn("automation-rule/2"),
        ),
        (Operation::GetConfigurationPolicy, json!({ "Identifier": "a1" }), arn("configuration-policy/a1")),
        (Operation::GetConnectorV2, json!({ "ConnectorId": "c1" }), arn("connectorv2/c1")),
        (Operation::DeleteConnector, json!({ "ConnectorId": "c1" }), arn("connector/c1")),
        (
            DeleteFindingAggregator,
            json!({ "FindingAggregatorArn": arn("finding-aggregator/f") }),
            arn("finding-aggregator/f"),
        ),
        (Operation::GetAutomationRuleV2, json!({ "Identifier": "r1" }), arn("automation-rulev2/r1")),
        (Operation::DeleteAggregatorV2, json!({ "AggregatorV2Arn": arn("aggregatorv2/a") }), arn("aggregatorv2/a")),
        (Operation::GetResourcesV2, json!({}), arn("hubv2/default")),
        (ListTagsForResource, json!({ "ResourceArn": arn("automation-rule/3") }), arn("automation-rule/3")),
        (Operation::GetInsights, json!({}), HUB.to_owned()),
        // The resource cannot be read from the input.
        (BatchGetAutomationRules, json!({}), "*".to_owned()),
    ] {
        let message = message(operation, input);
        assert!(message.contains(&format!(" on resource: {resource} because ")), "{message}");
    }
    let rules = json!({ "AutomationRulesArns": [arn("automation-rule/1"), arn("automation-rule/2")] });
    let one = alice(allow("*", &arn("automation-rule/1")));
    let message = denied(&stage, &one, BatchGetAutomationRules, rules);
    assert!(message.contains("automation-rule/2 because"), "all resources must be allowed: {message}");
}

/// A finding of a private product of another name.
fn of_product(name: &str) -> Value {
    let product = format!("arn:aws:securityhub:us-east-1:111111111111:product/111111111111/{name}");
    finding("1", json!({ "ProductArn": product }))
}

/// Rules: IMP-12, IAM-05.
#[test]
fn each_finding_is_authorized_for_its_product() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    let product = "arn:aws:securityhub:us-east-1:111111111111:product/111111111111/default";
    let scanner = alice(allow("securityhub:BatchImportFindings", product));
    assert!(passes(&stage, &scanner, BatchImportFindings, json!({ "Findings": [finding("1", json!({}))] })));
    let other = of_product("other");
    // An invalid finding fails on its own, but a denial refuses the call, even if that finding is invalid.
    for second in [other.clone(), json!({ "ProductArn": other["ProductArn"], "Title": 5 })] {
        let both = json!({ "Findings": [finding("2", json!({})), second] });
        assert_eq!(
            denied(&stage, &scanner, BatchImportFindings, both),
            "User: arn:aws:iam::111111111111:user/alice is not authorized to perform: securityhub:BatchImportFindings on \
             resource: arn:aws:securityhub:us-east-1:111111111111:product/111111111111/other because no identity-based \
             policy allows the securityhub:BatchImportFindings action"
        );
    }
    assert_eq!(stage.0.finding_count(), 1, "a denied call stores nothing");
    let too_many = json!({ "Findings": vec![other; 101] });
    assert!(
        denied(&stage, &scanner, BatchImportFindings, too_many).contains("/other because"),
        "policies are evaluated before the shape"
    );
    assert!(denied(&stage, &scanner, BatchImportFindings, json!({})).contains(" on resource: * because"));
}

/// Rules: IMP-12, IAM-06.
#[test]
fn the_account_of_a_finding_is_a_condition_key() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    let only = |account: &str| {
        let mut statement = allow("securityhub:BatchImportFindings", "*");
        statement["Condition"] = json!({ "StringEquals": { "securityhub:TargetAccount": account } });
        alice(statement)
    };
    let findings = json!({ "Findings": [finding("1", json!({}))] });
    assert!(passes(&stage, &only(ADMINISTRATOR), BatchImportFindings, findings.clone()));
    assert!(!passes(&stage, &only(MEMBER), BatchImportFindings, findings));
    let mixed = json!({ "Findings": [finding("1", json!({})), finding("2", json!({ "AwsAccountId": MEMBER }))] });
    let message = denied(&stage, &only(ADMINISTRATOR), BatchImportFindings, mixed);
    assert!(message.contains("because no identity-based policy allows"), "policies are evaluated first: {message}");
}

fn denying(condition: Value) -> Principal {
    let mut statement = deny("*");
    statement["Condition"] = condition;
    alice(json!([allow("*", "*"), statement]))
}

/// Rules: BUF-05, IAM-07.
#[test]
fn fields_of_findings_are_condition_keys() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    let update = |given: Value| {
        let mut input = json!({ "FindingIdentifiers": [{ "Id": "1", "ProductArn": HUB }] });
        input.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
        input
    };
    let key = |field: &str| format!("securityhub:ASFFSyntaxPath/{field}");
    for (field, given) in [
        ("Workflow.Status", json!({ "Workflow": { "Status": "RESOLVED" } })),
        ("Severity.Label", json!({ "Severity": { "Label": "LOW" } })),
        ("Severity.Normalized", json!({ "Severity": { "Normalized": 40 } })),
        ("Severity.Product", json!({ "Severity": { "Product": 4.5 } })),
        ("Note.Text", json!({ "Note": { "Text": "x", "UpdatedBy": "y" } })),
        ("Note.UpdatedBy", json!({ "Note": { "Text": "x", "UpdatedBy": "y" } })),
        ("Confidence", json!({ "Confidence": 5 })),
        ("Criticality", json!({ "Criticality": 5 })),
        ("Types", json!({ "Types": ["TTPs"] })),
        ("VerificationState", json!({ "VerificationState": "TRUE_POSITIVE" })),
        ("UserDefinedFields", json!({ "UserDefinedFields": { "a": "b" } })),
        ("RelatedFindings", json!({ "RelatedFindings": [{ "ProductArn": HUB, "Id": "2" }] })),
    ] {
        let never = denying(json!({ "Null": { key(field): "false" } }));
        let message = denied(&stage, &never, BatchUpdateFindings, update(given));
        assert!(message.ends_with("with an explicit deny in an identity-based policy"), "{field}: {message}");
        let other = if field == "Confidence" { json!({ "Criticality": 1 }) } else { json!({ "Confidence": 1 }) };
        assert!(passes(&stage, &never, BatchUpdateFindings, update(other)), "{field}");
    }
    let not_suppressed = denying(json!({ "StringEquals": { key("Workflow.Status"): "SUPPRESSED" } }));
    let status = |status: &str| update(json!({ "Workflow": { "Status": status } }));
    assert!(!passes(&stage, &not_suppressed, BatchUpdateFindings, status("SUPPRESSED")));
    assert!(passes(&stage, &not_suppressed, BatchUpdateFindings, status("RESOLVED")));
}

/// Rules: IAM-08, BUV-12.
#[test]
fn fields_of_ocsf_findings_are_condition_keys() {
    let stage = Stage::empty();
    for (field, given) in [("SeverityId", json!(4)), ("StatusId", json!(2)), ("Comment", json!("x"))] {
        let never = denying(json!({ "Null": { format!("securityhub:OCSFSyntaxPath/{field}"): "false" } }));
        let message = denied(&stage, &never, BatchUpdateFindingsV2, json!({ field: given }));
        assert!(message.contains("perform: securityhub:BatchUpdateFindings on resource"), "{message}");
        assert!(passes(&stage, &never, BatchUpdateFindingsV2, json!({})));
    }
    for (field, denied, other) in
        [("SeverityId", json!(1), json!(4)), ("StatusId", json!(3), json!(2)), ("Comment", json!("closed"), json!("x"))]
    {
        let value = denied.as_str().map_or_else(|| denied.to_string(), str::to_owned);
        let condition = json!({ "StringEquals": { format!("securityhub:OCSFSyntaxPath/{field}"): value } });
        let principal = denying(condition);
        assert!(!passes(&stage, &principal, BatchUpdateFindingsV2, json!({ field: denied })), "{field}");
        assert!(passes(&stage, &principal, BatchUpdateFindingsV2, json!({ field: other })), "{field}");
    }
}

/// Rules: IAM-09.
#[test]
fn tags_of_requests_and_resources_are_condition_keys() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    let untagged = denying(json!({ "Null": { "aws:RequestTag/Team": "true" } }));
    let rule = |tags: Value| json!({ "Tags": tags });
    assert!(!passes(&stage, &untagged, CreateAutomationRule, rule(json!({ "env": "x" }))));
    assert!(passes(&stage, &untagged, CreateAutomationRule, rule(json!({ "team": "x" }))));
    let only_team = denying(json!({ "ForAnyValue:StringNotEquals": { "aws:TagKeys": ["team"] } }));
    let keys = |operation, member: &str, value: Value| {
        passes(&stage, &only_team, operation, json!({ "ResourceArn": HUB, member: value }))
    };
    assert!(keys(TagResource, "Tags", json!({ "team": "blue" })) && !keys(TagResource, "Tags", json!({ "env": "x" })));
    assert!(keys(UntagResource, "TagKeys", json!(["team"])) && !keys(UntagResource, "TagKeys", json!(["team", "env"])));
    let guarded = denying(json!({ "StringEquals": { "aws:ResourceTag/guarded": "yes" } }));
    assert!(passes(&stage, &guarded, DisableSecurityHub, json!({})));
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "Tags": { "guarded": "yes" } }));
    assert!(!passes(&stage, &guarded, DisableSecurityHub, json!({})));
}

/// Rules: IAM-09.
#[test]
fn principal_region_time_and_source_address_are_condition_keys() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    stage.organization(&[("999999999999", "root"), (ADMINISTRATOR, "security")]);
    for condition in [
        json!({ "StringEquals": { "aws:PrincipalArn": "arn:aws:iam::111111111111:user/alice" } }),
        json!({ "StringEquals": { "aws:PrincipalAccount": ADMINISTRATOR } }),
        json!({ "StringEquals": { "aws:PrincipalOrgID": "o-local123456" } }),
        json!({ "StringEquals": { "aws:RequestedRegion": REGION } }),
        json!({ "DateEquals": { "aws:CurrentTime": "2026-01-15T09:00:00Z" } }),
        json!({ "Bool": { "aws:PrincipalIsAWSService": "false" } }),
        json!({ "Null": { "aws:SourceIp": "true" } }),
    ] {
        assert!(!passes(&stage, &denying(condition.clone()), DescribeHub, json!({})), "{condition}");
    }
    let local = denying(json!({ "IpAddress": { "aws:SourceIp": "127.0.0.0/8" } }));
    let caller = Caller { principal: local, region: Region::new(REGION), now: stage.0.clock.now() };
    let input = read::document(DescribeHub.model().input, "{}").unwrap();
    let from = |source: &str| admit(&stage.0, &caller, source.parse::<IpAddr>().ok(), DescribeHub, &input).is_ok();
    assert_eq!([from("127.0.0.1"), from("::ffff:127.0.0.1"), from("10.0.0.1")], [false, false, true]);
}

/// Rules: ERR-08.
#[test]
fn policies_are_evaluated_before_the_shape_and_missing_operations() {
    let stage = Stage::empty();
    let nobody = alice(allow("s3:*", "*"));
    for operation in [GetFindings, Operation::GetEnabledStandards] {
        denied(&stage, &nobody, operation, json!({ "MaxResults": 0 }));
        assert_eq!(stage.call(ADMINISTRATOR, operation, json!({ "MaxResults": 0 })).unwrap_err().0, 400);
    }
}

/// [`MEMBER`] in the unit Inner of the unit Outer.
fn in_units(stage: &Stage) {
    stage.organization(&[("999999999999", "root"), (MEMBER, "member")]);
    stage.relations(|directory| {
        let organization = directory.organization.as_mut().unwrap();
        let unit = |name: &str, parent: &str| Unit { name: name.to_owned(), parent: parent.to_owned() };
        organization.units.insert("ou-outer".to_owned(), unit("Outer", "r-lo12"));
        organization.units.insert("ou-inner".to_owned(), unit("Inner", "ou-outer"));
        organization.parents.insert(id(MEMBER), "ou-inner".to_owned());
    });
}

fn attach(stage: &Stage, target: &str, policies: Vec<Arc<Policy>>) {
    stage.relations(|directory| _ = directory.policies.service_control.insert(target.to_owned(), policies));
}

/// Rules: DEN-03, DEN-04, IAM-11, ERR-19.
#[test]
fn service_control_policies_of_every_level_must_allow() {
    let member = || Principal::local_user(id(MEMBER));
    let hub = "arn:aws:securityhub:us-east-1:222222222222:hub/default";
    for level in ["r-lo12", "ou-outer", "ou-inner", MEMBER] {
        let stage = Stage::empty();
        in_units(&stage);
        attach(&stage, level, vec![Arc::new(Policy::full_aws_access()), of(deny("securityhub:DisableSecurityHub"))]);
        assert!(passes(&stage, &member(), EnableSecurityHub, json!({})), "{level}");
        assert_eq!(
            denied(&stage, &member(), DisableSecurityHub, json!({})),
            format!(
                "User: arn:aws:iam::222222222222:user/local is not authorized to perform: securityhub:DisableSecurityHub on \
                 resource: {hub} with an explicit deny in a service control policy"
            ),
            "{level}"
        );
        attach(&stage, level, vec![of(allow("s3:*", "*"))]);
        assert_eq!(
            denied(&stage, &member(), DescribeHub, json!({})),
            format!(
                "User: arn:aws:iam::222222222222:user/local is not authorized to perform: securityhub:DescribeHub on \
                 resource: {hub} because no service control policy allows the securityhub:DescribeHub action"
            ),
            "{level}"
        );
    }
    let stage = Stage::empty();
    in_units(&stage);
    attach(&stage, "ou-elsewhere", vec![of(deny("*"))]);
    assert!(
        passes(&stage, &member(), EnableSecurityHub, json!({})),
        "the policy is not attached to a parent of the account"
    );
}

/// Rules: IAM-11, ARN-10.
#[test]
fn service_control_policies_apply_to_member_accounts_only() {
    let stage = Stage::empty();
    in_units(&stage);
    for target in ["r-lo12", "999999999999"] {
        attach(&stage, target, vec![of(deny("*"))]);
    }
    let binds = |principal: &Principal| !passes(&stage, principal, DescribeHub, json!({}));
    let member = id(MEMBER);
    let root = Principal { arn: format!("arn:aws:iam::{MEMBER}:root"), ..Principal::local_user(member) };
    let session = |path: &str, role: &str| Principal::session("aws", member, (path, role), "s");
    assert!(binds(&root) && binds(&Principal::local_user(member)) && binds(&session("/", "Administrator")));
    let linked = session("/aws-service-role/securityhub.amazonaws.com/", "AWSServiceRoleForSecurityHub");
    assert!(!binds(&linked), "a service-linked role");
    for outside in ["999999999999", ADMINISTRATOR] {
        assert!(!binds(&Principal::local_user(AccountId::parse(outside).unwrap())), "{outside}");
    }
}

/// Rules: IAM-11.
#[test]
fn policies_do_not_stop_work_of_the_service() {
    let stage = Stage::with_hubs(&[MEMBER]);
    in_units(&stage);
    let finding = finding_of(MEMBER, "1", json!({}));
    stage.good(MEMBER, BatchImportFindings, json!({ "Findings": [finding] }));
    attach(&stage, "r-lo12", vec![of(deny("*"))]);
    stage.days_pass(100);
    assert!(!passes(&stage, &Principal::local_user(id(MEMBER)), GetFindings, json!({})));
    assert_eq!(stage.0.finding_count(), 0, "findings still expire");
}

/// Rules: IAM-12.
#[test]
fn a_service_control_policy_grants_no_permissions() {
    let stage = Stage::with_hubs(&[MEMBER]);
    in_units(&stage);
    attach(&stage, MEMBER, vec![Arc::new(Policy::full_aws_access())]);
    let permissions = Permissions { identity: Some(Vec::new()), ..Permissions::default() };
    let principal = Principal { permissions: Some(Arc::new(permissions)), ..Principal::user(id(MEMBER), "bob") };
    let message = denied(&stage, &principal, DescribeHub, json!({}));
    assert!(
        message.ends_with("because no identity-based policy allows the securityhub:DescribeHub action"),
        "{message}"
    );
}

/// Rules: IAM-12.
#[test]
fn every_request_has_the_keys_of_common_guard_policies() {
    let stage = Stage::empty();
    let denies = |condition: Value| {
        let guard = json!({ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition });
        !passes(&stage, &alice(json!([allow("*", "*"), guard])), EnableSecurityHub, json!({}))
    };
    for (condition, expected) in [
        (json!({ "Bool": { "aws:SecureTransport": "false" } }), false),
        (json!({ "Bool": { "aws:ViaAWSService": "false" } }), true),
        (json!({ "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } }), true),
        (json!({ "Bool": { "aws:MultiFactorAuthPresent": "false" } }), false),
        (json!({ "StringEquals": { "aws:username": "alice" } }), true),
        (json!({ "StringEquals": { "aws:PrincipalType": "User" } }), true),
        (json!({ "StringEquals": { "aws:ResourceAccount": ADMINISTRATOR } }), true),
        (json!({ "NumericGreaterThan": { "aws:EpochTime": "0" } }), true),
    ] {
        assert_eq!(denies(condition.clone()), expected, "{condition}");
    }
}

/// Rules: O2G-14, HV2-06, IAM-09.
#[test]
fn operations_of_the_v2_half_name_the_hub_v2_and_its_tags() {
    let stage = Stage::empty();
    let never = alice(allow("s3:*", "*"));
    let message = denied(&stage, &never, Operation::DescribeSecurityHubV2, json!({}));
    assert!(message.contains("securityhub:DescribeSecurityHubV2 on resource: * because"), "{message}");
    let enabled = stage.good(ADMINISTRATOR, Operation::EnableSecurityHubV2, json!({ "Tags": { "team": "red" } }));
    let arn = enabled["HubV2Arn"].as_str().unwrap();
    let message = denied(&stage, &never, Operation::GetResourcesV2, json!({}));
    assert!(message.contains(&format!(" on resource: {arn} because")), "{message}");
    let of_team = |team: &str| {
        let condition = json!({ "StringEquals": { "aws:ResourceTag/team": team } });
        alice(json!({ "Effect": "Allow", "Action": "*", "Resource": arn, "Condition": condition }))
    };
    assert!(passes(&stage, &of_team("red"), Operation::GetResourcesV2, json!({})));
    assert!(!passes(&stage, &of_team("blue"), Operation::GetResourcesV2, json!({})));
}

//! Permissions of each side of a relation, and what remains when it ends.

use securityhub_fixtures::Operation::{
    self, BatchImportFindings, BatchUpdateFindings, CreateActionTarget, CreateInsight, DeleteMembers,
    DescribeActionTargets, DescribeHub, DisableSecurityHub, DisassociateFromAdministratorAccount, DisassociateMembers,
    GetFindingHistory, GetFindings, GetInsightResults, GetMembers, ListAutomationRules, ListEnabledProductsForImport,
    UpdateFindings, UpdateSecurityHubConfiguration,
};
use serde_json::{Value, json};

use super::*;
use crate::testing::{finding_of, id};

/// [`MEMBER`] is a member and has a finding.
fn with_finding() -> Stage {
    let stage = related();
    stage.good(MEMBER, BatchImportFindings, json!({ "Findings": [finding_of(MEMBER, "f", json!({}))] }));
    stage
}

fn findings(stage: &Stage, account: &str) -> Vec<Value> {
    stage.good(account, GetFindings, json!({}))["Findings"].as_array().unwrap().clone()
}

fn identifier(finding: &Value) -> Value {
    json!({ "Id": finding["Id"], "ProductArn": finding["ProductArn"] })
}

/// Rules: ROL-01, INV-16.
#[test]
fn only_the_administrator_can_list_its_members() {
    let stage = related();
    assert_eq!(members(&stage, ADMINISTRATOR).len(), 1);
    for account in [MEMBER, OTHER] {
        assert_eq!(members(&stage, account), Vec::<Value>::new());
        assert_eq!(stage.good(account, GetMembers, ids(&[MEMBER]))["Members"], json!([]));
    }
    // Records of an account that became a member itself are not listed.
    let stage = stage_of_records();
    assert_eq!(members(&stage, MEMBER), Vec::<Value>::new());
}

/// [`MEMBER`] had a member of its own before it became one.
fn stage_of_records() -> Stage {
    let stage = stage();
    enable(&stage, MEMBER, OTHER);
    stage.good(MEMBER, DisassociateMembers, ids(&[OTHER]));
    enable(&stage, ADMINISTRATOR, MEMBER);
    stage
}

/// Rules: ROL-02.
#[test]
fn administrators_and_members_can_end_their_relation() {
    let stage = related();
    stage.good(OTHER, DisassociateMembers, ids(&[MEMBER]));
    stage.good(MEMBER, DisassociateMembers, ids(&[ADMINISTRATOR, MEMBER]));
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("Enabled"));
    stage.good(MEMBER, DisassociateFromAdministratorAccount, json!({}));
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("Resigned"));
}

/// Rules: ROL-03.
#[test]
fn a_member_cannot_delete_records() {
    let stage = stage_of_records();
    let message = sentence(&stage.good(MEMBER, DeleteMembers, ids(&[OTHER])), OTHER);
    assert!(message.contains("is not a member of the current account"), "{message}");
}

/// Rules: ROL-04.
#[test]
fn a_hub_can_be_disabled_once_it_has_no_relations() {
    let stage = related();
    for account in [ADMINISTRATOR, MEMBER] {
        stage.refused(account, DisableSecurityHub, json!({}), 400, "InvalidInputException");
    }
    stage.good(ADMINISTRATOR, DisassociateMembers, ids(&[MEMBER]));
    for account in [ADMINISTRATOR, MEMBER, OTHER] {
        stage.good(account, DisableSecurityHub, json!({}));
    }
}

/// Rules: ROL-05.
#[test]
fn an_administrator_sees_findings_histories_and_results_of_members() {
    let stage = with_finding();
    for (account, count) in [(ADMINISTRATOR, 1), (MEMBER, 1), (OTHER, 0)] {
        assert_eq!(findings(&stage, account).len(), count, "{account}");
    }
    let finding = &findings(&stage, MEMBER)[0];
    let history = json!({ "FindingIdentifier": identifier(finding) });
    assert_eq!(stage.good(ADMINISTRATOR, GetFindingHistory, history)["Records"].as_array().unwrap().len(), 1);
    let insight = json!({ "Name": "i", "Filters": {}, "GroupByAttribute": "AwsAccountId" });
    let arn = stage.good(ADMINISTRATOR, CreateInsight, insight)["InsightArn"].clone();
    let results = stage.good(ADMINISTRATOR, GetInsightResults, json!({ "InsightArn": arn }));
    assert_eq!(results["InsightResults"]["ResultValues"][0]["GroupByAttributeValue"], MEMBER);
}

/// Rules: ROL-06, ROL-31.
#[test]
fn an_administrators_update_of_a_members_finding_is_permanent() {
    let stage = with_finding();
    let update = json!({
        "FindingIdentifiers": [identifier(&findings(&stage, MEMBER)[0])],
        "Workflow": { "Status": "NOTIFIED" },
        "Note": { "Text": "seen", "UpdatedBy": "security" },
    });
    let unprocessed = |account: &str| {
        let answer = stage.good(account, BatchUpdateFindings, update.clone());
        answer["UnprocessedFindings"].as_array().unwrap().len()
    };
    assert_eq!((unprocessed(ADMINISTRATOR), unprocessed(OTHER)), (0, 1));
    stage.good(ADMINISTRATOR, DisassociateMembers, ids(&[MEMBER]));
    assert_eq!(unprocessed(ADMINISTRATOR), 1);
    assert_eq!(findings(&stage, ADMINISTRATOR), Vec::<Value>::new());
    let finding = &findings(&stage, MEMBER)[0];
    assert_eq!((&finding["Workflow"]["Status"], &finding["Note"]["Text"]), (&json!("NOTIFIED"), &json!("seen")));
    assert_eq!(unprocessed(MEMBER), 0);
    let archive = json!({ "Filters": {}, "RecordState": "ARCHIVED" });
    stage.good(ADMINISTRATOR, UpdateFindings, archive);
    assert_eq!(findings(&stage, MEMBER)[0]["RecordState"], "ACTIVE");
}

/// Rules: ROL-07.
#[test]
fn findings_of_another_account_cannot_be_imported() {
    let stage = related();
    for (account, owner) in [(ADMINISTRATOR, MEMBER), (MEMBER, ADMINISTRATOR)] {
        let input = json!({ "Findings": [finding_of(owner, "f", json!({}))] });
        stage.refused(account, BatchImportFindings, input, 403, "AccessDeniedException");
    }
}

/// Rules: ROL-08.
#[test]
fn standards_controls_and_parameters_belong_to_each_account() {
    let stage = related();
    let fsbp = "arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0";
    let settings = |account: &str| {
        let hub =
            stage.0.hub(&crate::state::HubKey { account: id(account), region: crate::state::Region::new(REGION) });
        hub.map(|hub| (hub.standards.clone(), hub.security_controls.clone()))
    };
    for (account, other) in [(ADMINISTRATOR, MEMBER), (MEMBER, ADMINISTRATOR)] {
        // Carries out due work of earlier calls.
        stage.good(other, Operation::GetEnabledStandards, json!({}));
        let before = settings(other);
        let update = json!({
            "SecurityControlId": "ACM.1",
            "Parameters": { "daysToExpiration": { "ValueType": "CUSTOM", "Value": { "Integer": 20 } } },
        });
        stage.good(account, Operation::UpdateSecurityControl, update);
        let update = json!({
            "StandardsArn": fsbp, "SecurityControlId": "S3.1", "AssociationStatus": "DISABLED", "UpdatedReason": "x",
        });
        let update = json!({ "StandardsControlAssociationUpdates": [update] });
        stage.good(account, Operation::BatchUpdateStandardsControlAssociations, update);
        let subscriptions = stage.good(account, Operation::GetEnabledStandards, json!({}));
        let arn = subscriptions["StandardsSubscriptions"][0]["StandardsSubscriptionArn"].clone();
        let disable = json!({ "StandardsSubscriptionArns": [arn] });
        // Resources of another account cannot be used.
        stage.refused(other, Operation::BatchDisableStandards, disable.clone(), 400, "InvalidInputException");
        stage.good(account, Operation::BatchDisableStandards, disable);
        assert_eq!(settings(other), before, "{account} can change only its own findings");
    }
}

/// Rules: ROL-09, ROL-32.
#[test]
fn actions_insights_and_integrations_belong_to_each_account() {
    let stage = with_finding();
    let target = json!({ "Id": "Ticket", "Name": "Ticket", "Description": "x" });
    stage.good(ADMINISTRATOR, CreateActionTarget, target);
    assert_eq!(stage.good(MEMBER, DescribeActionTargets, json!({}))["ActionTargets"], json!([]));
    let product = json!({ "ProductArn": "arn:aws:securityhub:us-east-1::product/prowler/prowler" });
    stage.good(ADMINISTRATOR, Operation::EnableImportFindingsForProduct, product);
    let products =
        |account: &str| stage.good(account, ListEnabledProductsForImport, json!({}))["ProductSubscriptions"].clone();
    assert!(
        !products(MEMBER).to_string().contains("prowler") && products(ADMINISTRATOR).to_string().contains("prowler")
    );
    let insight = json!({ "Name": "i", "Filters": {}, "GroupByAttribute": "AwsAccountId" });
    let arn = stage.good(ADMINISTRATOR, CreateInsight, insight)["InsightArn"].clone();
    let request = json!({ "InsightArn": arn });
    stage.refused(MEMBER, GetInsightResults, request.clone(), 404, "ResourceNotFoundException");
    stage.good(MEMBER, DisassociateFromAdministratorAccount, json!({}));
    let results = stage.good(ADMINISTRATOR, GetInsightResults, request);
    assert_eq!(results["InsightResults"]["ResultValues"], json!([]));
}

/// Rules: ROL-11.
#[test]
fn members_cannot_use_automation_rules() {
    let stage = related();
    for account in [ADMINISTRATOR, OTHER] {
        stage.good(account, ListAutomationRules, json!({}));
    }
    stage.refused(MEMBER, ListAutomationRules, json!({}), 403, "AccessDeniedException");
}

/// Rules: QUO-06.
#[test]
fn limits_of_actions_and_insights_apply_per_account() {
    let stage = related();
    let target = |number| json!({ "Id": format!("n{number}"), "Name": "n", "Description": "d" });
    let insight = json!({ "Name": "i", "Filters": {}, "GroupByAttribute": "AwsAccountId" });
    for number in 0..50 {
        stage.good(ADMINISTRATOR, CreateActionTarget, target(number));
    }
    for _ in 0..100 {
        stage.good(ADMINISTRATOR, CreateInsight, insight.clone());
    }
    stage.refused(ADMINISTRATOR, CreateActionTarget, target(50), 429, "LimitExceededException");
    stage.refused(ADMINISTRATOR, CreateInsight, insight.clone(), 429, "LimitExceededException");
    stage.good(MEMBER, CreateActionTarget, target(50));
    stage.good(MEMBER, CreateInsight, insight);
}

/// Rules: ROL-12.
#[test]
fn a_member_cannot_choose_the_finding_generator() {
    let stage = related();
    let choice = json!({ "ControlFindingGenerator": "STANDARD_CONTROL" });
    let message = stage.refused(MEMBER, UpdateSecurityHubConfiguration, choice.clone(), 401, "InvalidAccessException");
    assert_eq!(message, format!("Request contains configurations that cannot be updated by a member account {MEMBER}"));
    for account in [ADMINISTRATOR, OTHER] {
        stage.good(account, UpdateSecurityHubConfiguration, choice.clone());
    }
    assert_eq!(stage.good(MEMBER, DescribeHub, json!({}))["ControlFindingGenerator"], "STANDARD_CONTROL");
}

/// Rules: ROL-30, MST-13, MST-12.
#[test]
fn findings_disappear_for_the_administrator_and_stay_for_the_member() {
    for ends in [DisassociateMembers, DisassociateFromAdministratorAccount] {
        let stage = with_finding();
        let before = (
            findings(&stage, MEMBER),
            stage.0.hub(&crate::state::HubKey { account: id(MEMBER), region: crate::state::Region::new(REGION) }),
        );
        match ends {
            DisassociateMembers => stage.good(ADMINISTRATOR, ends, ids(&[MEMBER])),
            _ => stage.good(MEMBER, ends, json!({})),
        };
        assert_eq!(findings(&stage, ADMINISTRATOR), Vec::<Value>::new());
        let after = (
            findings(&stage, MEMBER),
            stage.0.hub(&crate::state::HubKey { account: id(MEMBER), region: crate::state::Region::new(REGION) }),
        );
        assert_eq!(after, before);
    }
}

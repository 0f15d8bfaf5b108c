//! Rules of free trials, tested through the operation.

use securityhub_fixtures::Operation::{
    CreateConnectorV2, DisableSecurityHubV2, EnableSecurityHub, EnableSecurityHubV2, ListFreeTrialStatusesV2,
};
use serde_json::{Value, json};

use crate::testing::{ADMINISTRATOR, MEMBER, Stage, id};

const MANAGEMENT: &str = "444444444444";
const OUTSIDER: &str = "555555555555";

fn list(stage: &Stage, account: &str, input: Value) -> Vec<Value> {
    let answer = stage.good(account, ListFreeTrialStatusesV2, input);
    answer["AccountFreeTrialStatuses"].as_array().unwrap().clone()
}

fn trials(stage: &Stage, input: Value) -> Value {
    list(stage, ADMINISTRATOR, input)[0]["FreeTrialStatuses"].clone()
}

fn organization(stage: &Stage) {
    stage.organization(&[(MANAGEMENT, "management"), (ADMINISTRATOR, "audit"), (MEMBER, "member")]);
    stage.relations(|directory| {
        directory.organization.as_mut().unwrap().security_hub_v2_administrator = Some(id(ADMINISTRATOR));
    });
}

/// Rules: FTR-01, FTR-03, FTR-05.
#[test]
fn a_trial_begins_with_the_first_hub_and_lasts_30_days() {
    let stage = Stage::empty();
    assert_eq!(
        list(&stage, ADMINISTRATOR, json!({})),
        [json!({ "AccountId": ADMINISTRATOR, "EvaluatedAt": stage.now(), "FreeTrialStatuses": [] })]
    );
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    let trial = |status: &str| {
        json!([{
            "FeatureType": "SECURITY_HUB_V2", "Status": status,
            "StartedAt": "2026-01-15T09:00:00.000Z", "ExpiresAt": "2026-02-14T09:00:00.000Z",
        }])
    };
    assert_eq!(trials(&stage, json!({})), trial("ACTIVE"));
    stage.good(ADMINISTRATOR, DisableSecurityHubV2, json!({}));
    assert_eq!(trials(&stage, json!({})), trial("ACTIVE"), "the trial continues without the hub");
    stage.days_pass(120);
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    assert_eq!(trials(&stage, json!({})), trial("INACTIVE"), "the trial does not start again");
}

/// Rules: FTR-02.
#[test]
fn trials_are_filtered_by_status_within_each_account() {
    let stage = Stage::empty();
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    assert_eq!(trials(&stage, json!({ "Statuses": ["INACTIVE"] })), json!([]));
    assert_eq!(trials(&stage, json!({ "Statuses": ["INACTIVE", "ACTIVE"] })).as_array().unwrap().len(), 1);
    stage.refused(ADMINISTRATOR, ListFreeTrialStatusesV2, json!({ "Statuses": ["x"] }), 400, "ValidationException");
    stage.refused(ADMINISTRATOR, ListFreeTrialStatusesV2, json!({ "AccountIds": [] }), 400, "ValidationException");
}

/// Rules: FTR-02, FTR-04, DEC-14.
#[test]
fn only_the_delegated_administrator_sees_other_accounts() {
    let stage = Stage::empty();
    organization(&stage);
    let accounts = |account: &str, input: Value| -> Vec<Value> {
        list(&stage, account, input).iter().map(|row| row["AccountId"].clone()).collect()
    };
    assert_eq!(accounts(ADMINISTRATOR, json!({})), [ADMINISTRATOR, MEMBER, MANAGEMENT]);
    let all = list(&stage, ADMINISTRATOR, json!({}));
    assert!(all.iter().all(|row| row["FreeTrialStatuses"] == json!([])), "no account has a trial: {all:?}");
    assert_eq!(accounts(ADMINISTRATOR, json!({ "AccountIds": [MEMBER] })), [MEMBER]);
    assert_eq!(accounts(MEMBER, json!({})), [MEMBER]);
    assert_eq!(accounts(MEMBER, json!({ "AccountIds": [MEMBER] })), [MEMBER]);
    for (caller, other) in
        [(MEMBER, ADMINISTRATOR), (MEMBER, OUTSIDER), (MANAGEMENT, MEMBER), (ADMINISTRATOR, OUTSIDER)]
    {
        let input = json!({ "AccountIds": [other] });
        let message = stage.refused(caller, ListFreeTrialStatusesV2, input, 400, "ValidationException");
        assert_eq!(message, "Organization not found: 'o-local123456'");
    }
    let input = json!({ "AccountIds": [MEMBER] });
    stage.refused(OUTSIDER, ListFreeTrialStatusesV2, input, 400, "ValidationException");
}

/// Rules: FTR-05.
#[test]
fn the_trial_of_azure_begins_with_the_first_connector_that_is_enabled() {
    let stage = Stage::empty();
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({}));
    stage.days_pass(5);
    let connector = "arn:aws:config:us-east-1:111111111111:connector/a";
    let scope = json!({ "ScopeType": "TENANT" });
    let azure = json!({ "AWSConfigConnectorArn": connector, "ScopeConfiguration": scope, "AzureRegions": ["eastus"] });
    stage.good(ADMINISTRATOR, CreateConnectorV2, json!({ "Name": "a", "Provider": { "Azure": azure } }));
    let all = trials(&stage, json!({}));
    assert_eq!(all[1]["FeatureType"], "SECURITY_HUB_V2_MULTI_CLOUD_AZURE");
    assert_eq!((&all[1]["StartedAt"], all.as_array().unwrap().len()), (&json!(stage.now()), 2));
}

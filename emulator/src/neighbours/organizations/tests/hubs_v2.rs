//! Tests of policies that enable and disable V2 hubs.

use securityhub_fixtures::Operation::{
    DescribeSecurityHubV2, DisableSecurityHubFeatureV2, DisableSecurityHubV2, EnableSecurityHubFeatureV2,
    EnableSecurityHubV2,
};
use serde_json::{Value, json};

use super::{MANAGEMENT, call, stage};
use crate::domain::due;
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage};

const ROOT: &str = "r-lo12";
const KIND: &str = "SECURITYHUB_POLICY";
const OTHER_REGION: &str = "eu-west-1";
const OPT_IN: &str = "eu-south-1";

fn manage(stage: &Stage, operation: &str, input: Value) -> Value {
    call(stage, MANAGEMENT, operation, input).unwrap()
}

/// An organization with this policy type enabled.
fn governed() -> Stage {
    let stage = stage();
    manage(&stage, "EnablePolicyType", json!({ "RootId": ROOT, "PolicyType": KIND }));
    stage
}

/// Creates a policy, attaches it and returns its ID.
fn attach(stage: &Stage, target: &str, enable: Value, disable: Value) -> String {
    attach_document(stage, target, json!({ "enable_in_regions": enable, "disable_in_regions": disable }))
}

fn attach_document(stage: &Stage, target: &str, document: Value) -> String {
    let content = json!({ "securityhub": document }).to_string();
    let name = format!("policy for {target} {}", content.len());
    let input = json!({ "Name": name, "Description": "", "Type": KIND, "Content": content });
    let created = manage(stage, "CreatePolicy", input);
    let id = created["Policy"]["PolicySummary"]["Id"].as_str().unwrap().to_owned();
    manage(stage, "AttachPolicy", json!({ "PolicyId": id, "TargetId": target }));
    id
}

fn is_on(stage: &Stage, region: &str, account: &str) -> bool {
    stage.call_in(region, account, DescribeSecurityHubV2, json!({})).is_ok()
}

fn scanning(stage: &Stage, account: &str) -> Value {
    let hub = stage.good(account, DescribeSecurityHubV2, json!({}));
    hub["Features"]["NETWORK_SCANNING"]["FeatureStatus"].clone()
}

/// Rules: HV2-22, ORG-38.
#[test]
fn a_policy_enables_and_disables_hubs_of_all_accounts_below_its_target() {
    let stage = governed();
    stage.call_in(OTHER_REGION, MEMBER, EnableSecurityHubV2, json!({})).unwrap();
    attach(&stage, ROOT, json!({ "@@assign": [REGION] }), json!({ "@@append": [OTHER_REGION] }));
    for account in [MANAGEMENT, ADMINISTRATOR, MEMBER] {
        assert!(is_on(&stage, REGION, account) && !is_on(&stage, OTHER_REGION, account), "{account}");
        assert!(!is_on(&stage, "us-west-2", account), "no list contains the Region");
    }
}

/// Rules: HV2-22.
#[test]
fn all_supported_regions_are_those_that_are_enabled_by_default_or_used() {
    let stage = governed();
    stage.call_in(OPT_IN, ADMINISTRATOR, EnableSecurityHubV2, json!({})).unwrap();
    attach(&stage, MEMBER, json!(["ALL_SUPPORTED"]), json!([OTHER_REGION]));
    assert!(["us-east-1", "ap-northeast-1", OPT_IN].iter().all(|region| is_on(&stage, region, MEMBER)));
    assert!(!is_on(&stage, OTHER_REGION, MEMBER) && !is_on(&stage, "af-south-1", MEMBER));
    assert!(!is_on(&stage, "us-east-1", ADMINISTRATOR), "the policy is attached to another account");
}

/// Rules: HV2-22.
#[test]
fn child_policies_replace_add_and_remove_inherited_regions() {
    let stage = governed();
    attach(&stage, ROOT, json!({ "@@assign": [REGION, OTHER_REGION] }), json!({ "@@assign": [] }));
    attach(&stage, MEMBER, json!({ "@@remove": [OTHER_REGION], "@@append": ["us-west-2"] }), json!({}));
    assert!(is_on(&stage, REGION, MEMBER) && is_on(&stage, "us-west-2", MEMBER));
    assert!(!is_on(&stage, "us-west-2", ADMINISTRATOR) && is_on(&stage, OTHER_REGION, ADMINISTRATOR));
    // It was enabled by the policy of the root first, and no policy disables it.
    assert!(is_on(&stage, OTHER_REGION, MEMBER));
    stage.call_in(OTHER_REGION, MEMBER, DisableSecurityHubV2, json!({})).unwrap();
}

/// Rules: HV2-11.
#[test]
fn a_governed_account_cannot_enable_or_disable_its_hub() {
    let stage = governed();
    let policy = attach(&stage, MEMBER, json!([REGION]), json!([OTHER_REGION]));
    stage.refused(MEMBER, DisableSecurityHubV2, json!({}), 403, "AccessDeniedException");
    let enable = || stage.call_in(OTHER_REGION, MEMBER, EnableSecurityHubV2, json!({}));
    assert_eq!(enable().unwrap_err().0, 403);
    stage.good(MEMBER, EnableSecurityHubV2, json!({}));
    manage(&stage, "DetachPolicy", json!({ "PolicyId": policy, "TargetId": MEMBER }));
    assert!(is_on(&stage, REGION, MEMBER), "the hub stays enabled");
    stage.good(MEMBER, DisableSecurityHubV2, json!({}));
    enable().unwrap();
}

/// Rules: HV2-05, HV2-22.
#[test]
fn a_policy_decides_whether_networks_are_scanned() {
    let stage = governed();
    let both = json!({
        "enable_in_regions": [REGION],
        "disable_in_regions": [],
        "features": { "network_scanning": { "enable_in_regions": ["ALL_SUPPORTED"], "disable_in_regions": [] } },
    });
    let policy = attach_document(&stage, MEMBER, both);
    assert_eq!(scanning(&stage, MEMBER), "ENABLED");
    let name = json!({ "FeatureName": "NETWORK_SCANNING" });
    for operation in [EnableSecurityHubFeatureV2, DisableSecurityHubFeatureV2] {
        stage.refused(MEMBER, operation, name.clone(), 403, "AccessDeniedException");
    }
    let content = json!({ "securityhub": {
        "enable_in_regions": [REGION],
        "disable_in_regions": [],
        "features": { "network_scanning": { "enable_in_regions": [], "disable_in_regions": [REGION] } },
    } });
    manage(&stage, "UpdatePolicy", json!({ "PolicyId": policy, "Content": content.to_string() }));
    assert_eq!(scanning(&stage, MEMBER), "DISABLED");
}

/// Rules: HV2-22.
#[test]
fn an_account_that_joins_gets_its_hubs_from_the_policies_above_it() {
    let stage = governed();
    attach(&stage, ROOT, json!([REGION]), json!([]));
    let created = manage(&stage, "CreateAccount", json!({ "AccountName": "new", "Email": "new@example.com" }));
    due::run(&stage.0, stage.0.clock.now());
    let request = created["CreateAccountStatus"]["Id"].clone();
    let status = manage(&stage, "DescribeCreateAccountStatus", json!({ "CreateAccountRequestId": request }));
    assert!(is_on(&stage, REGION, status["CreateAccountStatus"]["AccountId"].as_str().unwrap()));
}

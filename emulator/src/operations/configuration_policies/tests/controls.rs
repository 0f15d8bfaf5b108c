//! Standards, controls and parameters of a policy, and their effect on hubs.

use securityhub_fixtures::Operation::{
    BatchDisableStandards, BatchEnableStandards, BatchGetSecurityControls, BatchUpdateStandardsControlAssociations,
    ListStandardsControlAssociations, StartConfigurationPolicyDisassociation, UpdateSecurityControl,
};

use super::*;
use crate::domain::controls::standards::security_controls::is_enabled;
use crate::state::{ConfigRecorder, SubscriptionStatus};

const CIS: &str = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0";

fn policy(standards: &[&str], controls: Value) -> Value {
    json!({ "SecurityHub": {
        "ServiceEnabled": true, "EnabledStandardIdentifiers": standards, "SecurityControlsConfiguration": controls,
    } })
}

/// A policy that enables only these controls, with parameters of ACM.1.
fn only(controls: &[&str], days: Value) -> Value {
    let parameters = json!([{ "SecurityControlId": "ACM.1", "Parameters": { "daysToExpiration": days } }]);
    let controls =
        json!({ "EnabledSecurityControlIdentifiers": controls, "SecurityControlCustomParameters": parameters });
    policy(&[FSBP], controls)
}

fn custom(days: i32) -> Value {
    json!({ "ValueType": "CUSTOM", "Value": { "Integer": days } })
}

/// IDs of the controls that are enabled in a hub.
fn enabled(stage: &Stage, region: &str, account: &str) -> Vec<&'static str> {
    let hub = hub(stage, region, account).unwrap();
    let controls = securityhub_fixtures::standards::CONTROLS.iter();
    controls.filter(|control| is_enabled(&hub, control)).map(|control| control.id).collect()
}

fn days(stage: &Stage, region: &str) -> Value {
    let input = json!({ "SecurityControlIds": ["ACM.1"] });
    let answer = stage.call_in(region, MEMBER, BatchGetSecurityControls, input).unwrap();
    answer["SecurityControls"][0]["Parameters"]["daysToExpiration"].clone()
}

/// Rules: CCF-18.
#[test]
fn a_policy_must_name_existing_standards_controls_and_parameters() {
    let stage = central();
    let days = || custom(45);
    let parameters = |parameters: Value| {
        let controls =
            json!({ "DisabledSecurityControlIdentifiers": ["S3.1"], "SecurityControlCustomParameters": parameters });
        policy(&[FSBP], controls)
    };
    let of = |control: &str, name: &str, value: Value| {
        parameters(json!([{ "SecurityControlId": control, "Parameters": { name: value } }]))
    };
    let twice = json!({ "SecurityControlId": "ACM.1", "Parameters": { "daysToExpiration": days() } });
    for (content, expected) in [
        (policy(&[&FSBP.replace("1.0.0", "9.9.9")], json!({ "DisabledSecurityControlIdentifiers": [] })), "9.9.9"),
        (policy(&[], json!({ "EnabledSecurityControlIdentifiers": ["S3.999"] })), "S3.999"),
        (of("s3.1", "x", days()), "s3.1"),
        (of("S3.1", "x", days()), "S3.1 has custom parameters but is not enabled"),
        (of("S3.2", "x", days()), "S3.2 has no customizable parameters"),
        (of("ACM.1", "weeks", days()), "additional properties"),
        (
            of("ACM.1", "daysToExpiration", custom(366)),
            "data.Parameters.daysToExpiration.Value.Integer should be <= 365",
        ),
        (of("ACM.1", "daysToExpiration", json!({ "ValueType": "CUSTOM", "Value": { "Boolean": true } })), "Integer"),
        (of("ACM.1", "daysToExpiration", json!({ "ValueType": "CUSTOM" })), "Value"),
        (parameters(json!([twice, twice])), "ACM.1 has custom parameters more than once"),
    ] {
        let input = json!({ "Name": "p", "ConfigurationPolicy": content });
        let message = stage.refused(ADMINISTRATOR, CreateConfigurationPolicy, input, 400, "InvalidInputException");
        assert!(message.contains(expected), "{message}");
    }
    assert_eq!(
        stage.good(ADMINISTRATOR, ListConfigurationPolicies, json!({}))["ConfigurationPolicySummaries"],
        json!([])
    );
    let good = of("ACM.1", "daysToExpiration", days());
    let policy = create(&stage, "p", good.clone());
    let read = stage.good(ADMINISTRATOR, GetConfigurationPolicy, json!({ "Identifier": policy }));
    assert_eq!(read["ConfigurationPolicy"], good);
}

/// Rules: CCF-40, CCF-41.
#[test]
fn a_policy_sets_controls_and_parameters() {
    let stage = central();
    stage.good(MEMBER, BatchEnableStandards, json!({ "StandardsSubscriptionRequests": [{ "StandardsArn": FSBP }] }));
    stage.good(
        MEMBER,
        UpdateSecurityControl,
        json!({ "SecurityControlId": "ACM.1", "Parameters": { "daysToExpiration": custom(90) } }),
    );
    let id = create(&stage, "p", only(&["ACM.1", "IAM.1", "S3.1", "CloudFront.1"], custom(45)));
    start(&stage, &id, UNIT);
    // IAM is global, so it is checked only in the home Region.
    assert_eq!(enabled(&stage, REGION, MEMBER), ["ACM.1", "CloudFront.1", "IAM.1", "S3.1"]);
    assert_eq!(enabled(&stage, OTHER_REGION, MEMBER), ["ACM.1", "S3.1"]);
    assert_eq!((days(&stage, REGION), days(&stage, OTHER_REGION)), (custom(45), custom(45)));
    let of = |id: &str| {
        let answer = stage.good(MEMBER, ListStandardsControlAssociations, json!({ "SecurityControlId": id }));
        answer["StandardsControlAssociationSummaries"][0].clone()
    };
    assert_eq!(of("S3.2")["UpdatedReason"], "Disabled by a configuration policy");
    assert_eq!(of("S3.1")["AssociationStatus"], "ENABLED");
    // Omitted parameters return to their defaults; controls in several standards have the same state in all of them.
    let rest = json!({ "DisabledSecurityControlIdentifiers": ["IAM.1", "S3.2"] });
    let content = policy(&[FSBP, CIS], rest);
    stage.good(ADMINISTRATOR, UpdateConfigurationPolicy, json!({ "Identifier": id, "ConfigurationPolicy": content }));
    assert_eq!(days(&stage, REGION)["ValueType"], "DEFAULT");
    for (region, count) in [(REGION, 2), (OTHER_REGION, 2)] {
        let enabled = enabled(&stage, region, MEMBER);
        assert!(!enabled.contains(&"IAM.1") && !enabled.contains(&"S3.2") && enabled.contains(&"ACM.2"));
        assert_eq!(enabled.contains(&"IAM.9"), region == REGION);
        assert_eq!(hub(&stage, region, MEMBER).unwrap().standards.len(), count);
    }
    // Disassociating the policy does not undo its settings.
    stage.good(ADMINISTRATOR, StartConfigurationPolicyDisassociation, with_policy(&id, UNIT));
    assert!(!enabled(&stage, REGION, MEMBER).contains(&"S3.2"));
}

/// Rules: CCF-40.
#[test]
fn a_policy_enables_a_standard_that_is_being_disabled() {
    let stage = central();
    stage.good(MEMBER, BatchEnableStandards, json!({ "StandardsSubscriptionRequests": [{ "StandardsArn": FSBP }] }));
    let mut transaction = stage.0.write();
    let key = HubKey { account: id(MEMBER), region: Region::new(REGION) };
    let mut leaving = (*transaction.hub(&key).unwrap()).clone();
    leaving.standards.get_mut("fsbp-1.0.0").unwrap().status = SubscriptionStatus::Deleting;
    transaction.stage_hub(key, leaving);
    transaction.commit();
    let policy = create(&stage, "p", says(&[FSBP]));
    start(&stage, &policy, MEMBER);
    stage.good(MEMBER, DescribeHub, json!({}));
    assert_eq!(hub(&stage, REGION, MEMBER).unwrap().standards["fsbp-1.0.0"].status, SubscriptionStatus::Ready);
}

/// Rules: CCF-31.
#[test]
fn enabling_standards_without_a_recorder_fails_the_association() {
    let stage = central();
    let mut transaction = stage.0.write();
    let key = HubKey { account: id(MEMBER), region: Region::new(REGION) };
    let mut silent = (*transaction.hub(&key).unwrap()).clone();
    silent.config_recorder = ConfigRecorder::Off;
    transaction.stage_hub(key, silent);
    transaction.commit();
    let bare = create(&stage, "bare", says(&[]));
    start(&stage, &bare, MEMBER);
    assert_eq!(governs(&stage, MEMBER), is(&bare, "APPLIED", "SUCCESS"));
    let with = create(&stage, "with", says(&[FSBP]));
    start(&stage, &with, MEMBER);
    assert_eq!(governs(&stage, MEMBER), is(&with, "APPLIED", "FAILED"));
    let read = stage.good(ADMINISTRATOR, GetConfigurationPolicyAssociation, target(MEMBER));
    assert_eq!(read["AssociationStatusMessage"], "AWS Config does not record in us-east-1.");
    assert_eq!(hub(&stage, REGION, MEMBER).unwrap().standards.len(), 1, "the settings are applied as far as possible");
}

/// Rules: ROL-22.
#[test]
fn a_governed_account_cannot_change_standards_and_controls() {
    let stage = central();
    let requests = || json!({ "StandardsSubscriptionRequests": [{ "StandardsArn": FSBP }] });
    let association = |status: &str| {
        json!({ "StandardsControlAssociationUpdates": [
            { "StandardsArn": FSBP, "SecurityControlId": "S3.2", "AssociationStatus": status, "UpdatedReason": "why" },
        ] })
    };
    let parameters = || json!({ "SecurityControlId": "ACM.1", "Parameters": { "daysToExpiration": custom(45) } });
    let subscription = |account: &str| {
        json!({ "StandardsSubscriptionArns": [format!(
            "arn:aws:securityhub:us-east-1:{account}:subscription/aws-foundational-security-best-practices/v/1.0.0"
        )] })
    };
    let calls = |account: &str| {
        [
            (BatchEnableStandards, requests()),
            (BatchUpdateStandardsControlAssociations, association("DISABLED")),
            (UpdateSecurityControl, parameters()),
            (BatchDisableStandards, subscription(account)),
        ]
    };
    for account in [ADMINISTRATOR, MEMBER] {
        for (operation, input) in calls(account) {
            stage.good(account, operation, input);
        }
    }
    let policy = create(&stage, "p", says(&[FSBP]));
    for account in [ADMINISTRATOR, MEMBER] {
        start(&stage, &policy, account);
        for (operation, input) in calls(account) {
            assert_eq!(stage.refused(account, operation, input, 403, "AccessDeniedException"), GOVERNED);
        }
        start(&stage, "SELF_MANAGED_SECURITY_HUB", account);
        for (operation, input) in calls(account) {
            stage.good(account, operation, input);
        }
    }
}

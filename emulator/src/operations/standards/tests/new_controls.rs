//! Controls that AWS adds to standards while the clock runs (SEC-50 … SEC-52).

use securityhub_fixtures::Operation::{
    BatchDisableStandards, BatchGetSecurityControls, BatchGetStandardsControlAssociations,
    BatchUpdateStandardsControlAssociations, DescribeStandardsControls, EnableSecurityHub,
    GetSecurityControlDefinition, ListSecurityControlDefinitions, ListStandardsControlAssociations,
    UpdateSecurityControl, UpdateSecurityHubConfiguration, UpdateStandardsControl,
};

use super::*;
use crate::domain::controls::standards::new_controls;

const OF_CIS_1_4: &str =
    "arn:aws:securityhub:us-east-1:111111111111:subscription/cis-aws-foundations-benchmark/v/1.4.0";
const PCI_S3_5: &str = "arn:aws:securityhub:us-east-1:111111111111:control/pci-dss/v/3.2.1/PCI.S3.5";

/// S3.5 is added to these standards in ten days.
fn expecting(held_back: &[&str]) -> Stage {
    let stage = Stage::empty();
    let mut transaction = stage.0.write();
    let control = standards::control("S3.5").unwrap();
    let held_back = held_back.iter().map(|id| standards::standard(id).unwrap());
    let at = stage.0.clock.now() + SignedDuration::from_hours(240);
    new_controls::hide_until(&mut transaction, control, held_back, at);
    transaction.commit();
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "EnableDefaultStandards": false }));
    stage.good(ADMINISTRATOR, BatchEnableStandards, enable(&[PCI]));
    stage
}

fn everywhere() -> Vec<&'static str> {
    let control = standards::control("S3.5").unwrap();
    let holds = |standard: &&standards::Standard| standard.controls_for(control).next().is_some();
    standards::STANDARDS.iter().filter(holds).map(|standard| standard.id).collect()
}

fn standard_controls(stage: &Stage, subscription: &str) -> Vec<Value> {
    let request = json!({ "StandardsSubscriptionArn": subscription, "MaxResults": 100 });
    stage.good(ADMINISTRATOR, DescribeStandardsControls, request)["Controls"].as_array().unwrap().clone()
}

fn state(stage: &Stage) -> Option<String> {
    let standard_control = standard_controls(stage, OF_PCI)
        .into_iter()
        .find(|standard_control| standard_control["ControlId"] == "PCI.S3.5")?;
    Some(standard_control["ControlStatus"].as_str().unwrap().to_owned())
}

fn auto_enable(stage: &Stage, on: bool) {
    stage.good(ADMINISTRATOR, UpdateSecurityHubConfiguration, json!({ "AutoEnableControls": on }));
}

/// Rules: SEC-52.
#[test]
fn no_operation_shows_a_new_control_before_its_time() {
    let stage = expecting(&everywhere());
    let control = json!({ "SecurityControlId": "S3.5" });
    let listed = |stage: &Stage, standard: Option<&str>| {
        let mut request = json!({ "MaxResults": 100 });
        let mut ids = Vec::new();
        if let Some(standard) = standard {
            request["StandardsArn"] = standard.into();
        }
        loop {
            let answer = stage.good(ADMINISTRATOR, ListSecurityControlDefinitions, request.clone());
            let rows = answer["SecurityControlDefinitions"].as_array().unwrap().clone();
            ids.extend(rows.into_iter().map(|row| row["SecurityControlId"].as_str().unwrap().to_owned()));
            let Some(token) = answer.get("NextToken") else { return ids };
            request["NextToken"] = token.clone();
        }
    };
    let association = json!({ "SecurityControlId": "S3.5", "StandardsArn": PCI });
    let parameters = json!({ "SecurityControlId": "S3.5", "Parameters": { "x": { "ValueType": "DEFAULT" } } });
    let all = listed(&stage, None).len();
    assert!(
        !listed(&stage, None).contains(&"S3.5".to_owned()) && !listed(&stage, Some(PCI)).contains(&"S3.5".to_owned())
    );
    stage.refused(ADMINISTRATOR, GetSecurityControlDefinition, control.clone(), 404, "ResourceNotFoundException");
    stage.refused(ADMINISTRATOR, UpdateSecurityControl, parameters, 404, "ResourceNotFoundException");
    stage.refused(ADMINISTRATOR, ListStandardsControlAssociations, control.clone(), 400, "InvalidInputException");
    let change = json!({ "StandardsControlArn": PCI_S3_5, "ControlStatus": "ENABLED" });
    stage.refused(ADMINISTRATOR, UpdateStandardsControl, change, 404, "ResourceNotFoundException");
    let unprocessed = stage.good(ADMINISTRATOR, BatchGetSecurityControls, json!({ "SecurityControlIds": ["S3.5"] }));
    assert_eq!(unprocessed["UnprocessedIds"][0]["ErrorCode"], "RESOURCE_NOT_FOUND");
    let request = json!({ "StandardsControlAssociationIds": [association] });
    let unprocessed = stage.good(ADMINISTRATOR, BatchGetStandardsControlAssociations, request);
    assert_eq!(unprocessed["UnprocessedAssociations"][0]["ErrorCode"], "RESOURCE_NOT_FOUND");
    assert_eq!(standard_controls(&stage, OF_PCI).len(), 43);

    stage.days_pass(10);
    assert_eq!(listed(&stage, None).len(), all + 1);
    assert!(listed(&stage, Some(PCI)).contains(&"S3.5".to_owned()));
    stage.good(ADMINISTRATOR, GetSecurityControlDefinition, control);
    assert_eq!(standard_controls(&stage, OF_PCI).len(), 44);
    assert!(stage.0.directory().new_controls.is_empty());
}

/// Rules: SEC-50.
#[test]
fn a_new_control_is_enabled_unless_the_hub_prevents_it() {
    for on in [true, false] {
        let stage = expecting(&everywhere());
        auto_enable(&stage, on);
        assert_eq!(state(&stage), None);
        stage.days_pass(10);
        assert_eq!(state(&stage).as_deref(), Some(if on { "ENABLED" } else { "DISABLED" }));
        // A standard that is enabled afterwards has all of its controls.
        stage.good(ADMINISTRATOR, BatchEnableStandards, enable(&[CIS_1_4]));
        assert!(
            standard_controls(&stage, OF_CIS_1_4)
                .iter()
                .all(|standard_control| standard_control["ControlStatus"] == "ENABLED")
        );
        assert_eq!(standard_controls(&stage, OF_CIS_1_4).len(), 40);
    }
}

/// Rules: SEC-50.
#[test]
fn a_setting_made_before_a_new_control_is_enabled_stays() {
    for (status, expected) in [(None, "ENABLED"), (Some("DISABLED"), "DISABLED")] {
        let mut stage = expecting(&everywhere());
        stage.0.delays.new_controls = SignedDuration::from_hours(72);
        stage.days_pass(11);
        assert_eq!(state(&stage).as_deref(), Some("DISABLED"));
        if let Some(status) = status {
            let update = json!({ "SecurityControlId": "S3.5", "StandardsArn": PCI, "AssociationStatus": status,
                "UpdatedReason": "Not ours" });
            let input = json!({ "StandardsControlAssociationUpdates": [update] });
            stage.good(ADMINISTRATOR, BatchUpdateStandardsControlAssociations, input);
        }
        stage.days_pass(2);
        assert_eq!(state(&stage).as_deref(), Some(expected));
    }
}

/// Rules: SEC-51.
#[test]
fn a_standard_is_pending_while_controls_are_added_and_keeps_its_controls() {
    let delay = SignedDuration::from_mins(10);
    for (standards_enable, new_controls) in [(delay, SignedDuration::ZERO), (SignedDuration::ZERO, delay)] {
        let mut stage = expecting(&["pci-dss-3.2.1"]);
        assert_eq!((state(&stage), standard_controls(&stage, OF_PCI).len()), (None, 43));
        stage.0.delays.standards_enable = standards_enable;
        stage.0.delays.new_controls = new_controls;
        stage.days_pass(10);
        let subscription =
            stage.good(ADMINISTRATOR, GetEnabledStandards, json!({}))["StandardsSubscriptions"][0].clone();
        assert_eq!(
            (&subscription["StandardsStatus"], &subscription["StandardsControlsUpdatable"]),
            (&"PENDING".into(), &"READY_FOR_UPDATES".into())
        );
        assert_eq!(standard_controls(&stage, OF_PCI).len(), 44);
        assert_eq!(state(&stage).as_deref(), Some(if new_controls.is_zero() { "ENABLED" } else { "DISABLED" }));
        let request = json!({ "SecurityControlId": "S3.1" });
        let listed = stage.good(ADMINISTRATOR, ListStandardsControlAssociations, request);
        assert!(!listed["StandardsControlAssociationSummaries"].as_array().unwrap().is_empty());
        let update = json!({ "StandardsControlAssociationUpdates": [{
            "StandardsArn": PCI, "SecurityControlId": "S3.1", "AssociationStatus": "DISABLED", "UpdatedReason": "no buckets"
        }] });
        let updated = stage.good(ADMINISTRATOR, BatchUpdateStandardsControlAssociations, update);
        assert_eq!(updated["UnprocessedAssociationUpdates"], json!([]));
        let named = json!({ "StandardsSubscriptionArns": [OF_PCI] });
        let refused = stage.refused(ADMINISTRATOR, BatchDisableStandards, named, 400, "InvalidInputException");
        assert_eq!(refused, format!("StandardsSubscription(s) in state PENDING, please try later: [\"{OF_PCI}\"]"));
        stage.0.clock.advance(delay);
        assert_eq!(statuses(&stage), [(PCI.to_owned(), "READY".to_owned())]);
        assert_eq!(state(&stage).as_deref(), Some("ENABLED"));
    }
}

/// Rules: SEC-52.
#[test]
fn a_control_of_other_standards_is_known_before_it_is_added_to_one() {
    let stage = expecting(&["pci-dss-3.2.1"]);
    stage.good(ADMINISTRATOR, GetSecurityControlDefinition, json!({ "SecurityControlId": "S3.5" }));
    stage.good(ADMINISTRATOR, BatchEnableStandards, enable(&[CIS_1_4]));
    assert_eq!((standard_controls(&stage, OF_PCI).len(), standard_controls(&stage, OF_CIS_1_4).len()), (43, 40));
}

//! Events of findings that Security Hub itself creates.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use securityhub_fixtures::Operation::{
    BatchEnableStandards, BatchUpdateStandardsControlAssociations, DescribeHub, EnableSecurityHub,
};

use super::*;
use crate::domain::controls::checks::change::{self, ResourceSelector};
use crate::domain::due;
use crate::state::{CheckResult, ComplianceStatus, HubKey, Region, Resource};
use crate::testing::id;

const PCI: &str = "arn:aws:securityhub:us-east-1::standards/pci-dss/v/3.2.1";

fn key() -> HubKey {
    HubKey { account: id(ADMINISTRATOR), region: Region::new(REGION) }
}

fn bucket(name: &str) -> Resource {
    let failed = CheckResult { status: ComplianceStatus::Failed, reason: None };
    let results = [("S3.2", failed)].into_iter().collect();
    Resource { resource_type: "AwsS3Bucket", id: format!("arn:aws:s3:::{name}"), results, ..Resource::default() }
}

/// A hub that checks a bucket against PCI DSS.
fn checked() -> Stage {
    let stage = Stage::empty();
    let mut transaction = stage.0.write();
    let declared = BTreeMap::from([(key(), vec![bucket("pay")])]);
    change::declare(&mut transaction, &stage.0, declared, stage.0.clock.now());
    transaction.commit();
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "EnableDefaultStandards": false }));
    let mut transaction = stage.0.write();
    let mut hub = (*transaction.hub(&key()).unwrap()).clone();
    hub.is_quiet = true;
    transaction.stage_hub(key(), hub);
    transaction.commit();
    let requests = json!({ "StandardsSubscriptionRequests": [{ "StandardsArn": PCI }] });
    stage.good(ADMINISTRATOR, BatchEnableStandards, requests);
    stage
}

/// Carries out due work; returns the findings of a control in the events of it.
fn findings_in_events(stage: &Stage, control: &str) -> Vec<Value> {
    due::run(&stage.0, stage.0.clock.now());
    let events = stage.events();
    for event in &events {
        assert_eq!(event["detail-type"], IMPORTED);
        let arn = event["resources"][0].as_str().unwrap();
        assert!(arn.starts_with("arn:aws:securityhub:us-east-1::product/aws/securityhub/"), "{arn}");
    }
    let mut bodies = bodies(&events);
    bodies.retain(|body| body["Compliance"]["SecurityControlId"] == control);
    bodies
}

/// Rules: EVT-26.
#[test]
fn control_findings_make_events_on_creation_and_on_every_check() {
    let stage = checked();
    let made = findings_in_events(&stage, "S3.2");
    assert_eq!(made.len(), 1);
    assert_eq!(made[0], read(&stage, made[0]["Id"].as_str().unwrap()));
    assert_eq!(made[0]["Compliance"]["Status"], "FAILED");
    stage.0.clock.advance(SignedDuration::from_hours(13));
    let again = findings_in_events(&stage, "S3.2");
    assert_eq!((again.len(), &again[0]["Id"]), (1, &made[0]["Id"]));
    assert_eq!(again[0]["Compliance"]["Status"], "FAILED");
    assert!(again[0]["UpdatedAt"].as_str() > made[0]["UpdatedAt"].as_str());
    stage.good(ADMINISTRATOR, DescribeHub, json!({}));
    assert_eq!(stage.events(), Vec::<Value>::new(), "reading emits no event");
}

/// Rules: EVT-27.
#[test]
fn archiving_by_the_service_makes_events() {
    let stage = checked();
    let made = findings_in_events(&stage, "S3.2");
    let mut transaction = stage.0.write();
    let which =
        ResourceSelector { account: id(ADMINISTRATOR), regions: None, resource_type: None, id: Some("pay".into()) };
    assert_eq!(change::delete(&mut transaction, &which, stage.0.clock.now()).len(), 1);
    transaction.commit();
    let gone = findings_in_events(&stage, "S3.2");
    assert_eq!((gone.len(), &gone[0]["Id"], &gone[0]["RecordState"]), (1, &made[0]["Id"], &json!("ARCHIVED")));

    let stage = checked();
    let made = findings_in_events(&stage, "S3.2");
    let arn = "arn:aws:securityhub:us-east-1::standards/pci-dss/v/3.2.1";
    let update = json!({
        "StandardsArn": arn, "SecurityControlId": "S3.2", "AssociationStatus": "DISABLED", "UpdatedReason": "no",
    });
    let updates = json!({ "StandardsControlAssociationUpdates": [update] });
    stage.good(ADMINISTRATOR, BatchUpdateStandardsControlAssociations, updates);
    stage.days_pass(7);
    let disabled = findings_in_events(&stage, "S3.2");
    let last = disabled.last().unwrap();
    assert_eq!((&last["Id"], &last["RecordState"]), (&made[0]["Id"], &json!("ARCHIVED")));
}

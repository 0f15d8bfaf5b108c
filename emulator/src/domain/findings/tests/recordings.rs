//! Findings that a client read and imports again stay the same (IMP-46).

use std::collections::{BTreeMap, HashSet};

use securityhub_fixtures::Operation::{
    BatchEnableStandards, BatchUpdateFindings, EnableSecurityHub, UpdateSecurityHubConfiguration,
};
use securityhub_fixtures::model::{Kind, ShapeId, TABLE};
use securityhub_fixtures::standards::STANDARDS;

use super::super::{delivery, names};
use super::*;
use crate::domain::controls::checks;
use crate::generate::{self, Product};
use crate::state::{CheckResult, ComplianceStatus, Resource};

/// A finding as an SDK returns it: without members that the service model does not list.
fn as_an_sdk_reads(shape: ShapeId, value: &Value) -> Value {
    match (&shape.shape().kind, value) {
        (Kind::Structure(structure), Value::Object(members)) => {
            let listed = listed();
            let known = members.iter().filter_map(|(name, value)| {
                let (_, member) = structure.member(name)?;
                let is_listed = listed.contains(&(shape.shape().name, member.name));
                is_listed.then(|| (name.clone(), as_an_sdk_reads(member.shape, value)))
            });
            Value::Object(known.collect())
        }
        (Kind::List { member, .. }, Value::Array(items)) => {
            items.iter().map(|item| as_an_sdk_reads(*member, item)).collect()
        }
        _ => value.clone(),
    }
}

/// The members of each structure in the service model.
fn listed() -> &'static HashSet<(&'static str, &'static str)> {
    static LISTED: std::sync::LazyLock<HashSet<(&'static str, &'static str)>> = std::sync::LazyLock::new(|| {
        let mut structure = "";
        let mut listed = HashSet::new();
        for line in TABLE.lines() {
            match line.split('\t').collect::<Vec<_>>()[..] {
                ["structure", name, ..] => structure = name,
                ["member", name, ..] => _ = listed.insert((structure, name)),
                _ => {}
            }
        }
        listed
    });
    &LISTED
}

fn read_all(stage: &Stage) -> Vec<Value> {
    let (mut all, mut token) = (Vec::new(), Value::Null);
    loop {
        let mut answer = stage.good(ADMINISTRATOR, GetFindings, json!({ "MaxResults": 100, "NextToken": token }));
        all.append(answer["Findings"].as_array_mut().unwrap());
        match answer.get("NextToken") {
            Some(next) => token = next.clone(),
            None => return all,
        }
    }
}

fn put_in(stage: &Stage, findings: &[Value]) {
    let texts: Vec<String> = findings.iter().map(Value::to_string).collect();
    let sent: Vec<_> = texts.iter().map(|text| read_finding(text).unwrap()).collect();
    let mut transaction = stage.0.write_findings();
    let outcome = delivery::deliver(&mut transaction, &stage.0, stage.0.clock.now(), &sent).unwrap();
    transaction.commit();
    assert_eq!((outcome.failed, outcome.success_count), (vec![], findings.len()));
}

/// Imports what an SDK read from `stage` into an empty world and reads it there. Only the processing time may differ,
/// because the service sets it. Members that the SDK did not read are restored, too.
fn comes_out_the_same(stage: &Stage) {
    let before = read_all(stage);
    let as_read: Vec<Value> = before.iter().map(|finding| as_an_sdk_reads(names::FINDING, finding)).collect();
    let empty = world_of_products();
    empty.0.clock.advance(jiff::SignedDuration::from_hours(1));
    put_in(&empty, &as_read);
    let after = read_all(&empty);
    assert_eq!(before.len(), after.len());
    for (mut before, mut after) in before.into_iter().zip(after) {
        for finding in [&mut before, &mut after] {
            assert!(finding.as_object_mut().unwrap().shift_remove("ProcessedAt").is_some());
        }
        assert_eq!(after, before);
    }
}

fn world_of_products() -> Stage {
    let stage = Stage::empty();
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "EnableDefaultStandards": false }));
    for product in Product::all() {
        subscribe(&stage, ADMINISTRATOR, &format!("aws/{}", product.name()));
    }
    stage
}

/// Rules: IMP-46, ASF-54.
#[test]
fn a_recorded_product_finding_is_stored_unchanged() {
    for product in Product::all() {
        let stage = world_of_products();
        let request = generate::Request {
            products: vec![product],
            count: 60,
            hubs: vec![HubKey { account: id(ADMINISTRATOR), region: Region::new(REGION) }],
            administrator: id(ADMINISTRATOR),
            days: 30,
            seed: 11,
            sequence: 0,
            now: stage.0.clock.now(),
            private: false,
        };
        let findings: Vec<Value> =
            generate::findings(request).unwrap().map(|made| serde_json::from_str(&made.text).unwrap()).collect();
        put_in(&stage, &findings);
        assert_eq!(read_all(&stage).len(), 60, "{}", product.name());
        comes_out_the_same(&stage);
    }
}

/// Rules: IMP-46, ASF-54, FND-04.
#[test]
fn a_recorded_control_finding_is_stored_unchanged() {
    for mode in ["SECURITY_CONTROL", "STANDARD_CONTROL"] {
        let stage = world_of_products();
        let failed = CheckResult { status: ComplianceStatus::Failed, reason: None };
        let bucket = Resource {
            resource_type: "AwsS3Bucket",
            id: "arn:aws:s3:::pay-invoices".into(),
            results: BTreeMap::from([("S3.5", failed)]),
            ..Resource::default()
        };
        let key = HubKey { account: id(ADMINISTRATOR), region: Region::new(REGION) };
        let mut transaction = stage.0.write();
        let declared = BTreeMap::from([(key, vec![bucket])]);
        checks::change::declare(&mut transaction, &stage.0, declared, stage.0.clock.now());
        transaction.commit();
        stage.good(ADMINISTRATOR, UpdateSecurityHubConfiguration, json!({ "ControlFindingGenerator": mode }));
        let arns = STANDARDS.iter().map(|standard| standard.arn("aws", REGION)).take(3);
        let requests: Vec<Value> = arns.map(|arn| json!({ "StandardsArn": arn })).collect();
        stage.good(ADMINISTRATOR, BatchEnableStandards, json!({ "StandardsSubscriptionRequests": requests }));
        let found = read_all(&stage);
        assert!(found.len() > 20, "{mode}: {}", found.len());
        let failing = found.iter().find(|finding| finding["Compliance"]["Status"] == "FAILED").unwrap();
        let severity = &failing["FindingProviderFields"]["Severity"];
        assert_eq!(severity, &failing["Severity"], "{mode}");
        assert_eq!(severity.get("Product").is_some(), mode == "STANDARD_CONTROL");
        comes_out_the_same(&stage);
    }
}

/// Rules: IMP-46.
#[test]
fn customer_attributes_of_a_recording_survive_later_imports() {
    let stage = world_of_products();
    let sent = finding("f", json!({ "ProductArn": product_arn("aws/guardduty"), "Confidence": 7 }));
    as_product(&stage, std::slice::from_ref(&sent));
    let request = json!({
        "FindingIdentifiers": [{ "Id": "f", "ProductArn": sent["ProductArn"] }],
        "Severity": { "Label": "LOW", "Product": 2.5 }, "Types": ["TTPs"], "Criticality": 9,
        "Note": { "Text": "n", "UpdatedBy": "me" }, "UserDefinedFields": { "ticket": "" },
        "Workflow": { "Status": "SUPPRESSED" }, "VerificationState": "BENIGN_POSITIVE",
    });
    stage.good(ADMINISTRATOR, BatchUpdateFindings, request);
    comes_out_the_same(&stage);

    let empty = world_of_products();
    put_in(&empty, &[as_an_sdk_reads(names::FINDING, &read(&stage, "f"))]);
    let mut again = sent.clone();
    again["UpdatedAt"] = json!("2026-01-14T00:00:00Z");
    again["Confidence"] = json!(8);
    as_product(&empty, &[again]);
    let read = read(&empty, "f");
    assert_eq!(
        (&read["Severity"]["Label"], &read["Criticality"], &read["Types"]),
        (&json!("LOW"), &json!(9), &json!(["TTPs"]))
    );
    assert_eq!((&read["Confidence"], &read["FindingProviderFields"]["Confidence"]), (&json!(8), &json!(8)));
}

/// Rules: IMP-46, REI-22.
#[test]
fn a_recorded_workflow_status_is_kept_and_a_passed_service_finding_is_resolved() {
    let stage = world_of_products();
    let passed = |id: &str| {
        let with = json!({ "ProductArn": product_arn("aws/securityhub"), "Compliance": { "Status": "PASSED" }, "Workflow": { "Status": "NEW" } });
        finding(id, with)
    };
    let mut recorded = passed("recorded");
    recorded["ProcessedAt"] = json!("2026-01-12T00:00:00Z");
    put_in(&stage, &[passed("own"), recorded]);
    assert_eq!(read(&stage, "own")["Workflow"]["Status"], "RESOLVED");
    assert_eq!(read(&stage, "recorded")["Workflow"]["Status"], "NEW");
}

/// Rules: ASF-54, ASF-52.
#[test]
fn a_provider_severity_is_completed_only_for_products_and_only_if_labels_agree() {
    let stage = hub();
    let severities = |provided: &str| {
        json!({
            "ProductArn": product_arn("aws/guardduty"),
            "Severity": { "Label": "MEDIUM", "Normalized": 50, "Product": 5.5 },
            "FindingProviderFields": { "Severity": { "Label": provided, "Original": "o" }, "Types": ["TTPs"] },
        })
    };
    as_product(&stage, &[finding("agree", severities("MEDIUM")), finding("differ", severities("HIGH"))]);
    let of = |id: &str| read(&stage, id)["FindingProviderFields"]["Severity"].clone();
    assert_eq!(of("agree"), json!({ "Label": "MEDIUM", "Normalized": 50, "Product": 5.5, "Original": "o" }));
    assert_eq!(read(&stage, "agree")["Severity"], of("agree"));
    assert_eq!(of("differ"), json!({ "Label": "HIGH", "Normalized": 70, "Original": "o" }));
    let mut imported = severities("MEDIUM");
    imported["ProductArn"] = finding("f", json!({}))["ProductArn"].clone();
    let read = stored(&stage, &finding("by a customer", imported));
    assert_eq!(read["Severity"], json!({ "Label": "MEDIUM", "Normalized": 40, "Original": "o" }));
}

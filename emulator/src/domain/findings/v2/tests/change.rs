//! Tests of changes that customers of the V2 half make.

use securityhub_fixtures::Operation::{BatchUpdateFindingsV2, EnableSecurityHubV2, GetFindingsV2};
use serde_json::{Value, json};

use super::super::native;
use crate::testing::{ADMINISTRATOR, REGION, Stage};

const PRODUCT: &str = "arn:aws:securityhub:us-east-1::productv2/partner/product";

fn send(stage: &Stage, finding: Value) {
    let Value::Object(finding) = finding else { panic!("an object") };
    let mut transaction = stage.0.write_findings();
    let outcome = native::deliver(&mut transaction, &stage.0, stage.0.clock.now(), vec![finding]);
    transaction.commit();
    assert_eq!(outcome, (1, Vec::new()));
}

/// Rules: BUV-01, OCM-03.
#[test]
fn a_finding_with_a_unique_id_of_its_product_is_found_by_its_names() {
    let stage = Stage::empty();
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    for (id, own) in [("own", Some("a".repeat(64))), ("other", Some("b".repeat(64))), ("computed", None)] {
        let mut finding = json!({
            "class_uid": 2004,
            "cloud": { "account": { "uid": ADMINISTRATOR }, "region": REGION },
            "finding_info": { "uid": id },
            "metadata": { "product": { "uid": PRODUCT } },
        });
        if let Some(own) = own {
            finding["metadata"]["uid"] = json!(own);
        }
        send(&stage, finding);
    }
    let named = |finding: &str, product: &str| {
        json!({
            "CloudAccountUid": ADMINISTRATOR, "FindingInfoUid": finding, "MetadataProductUid": product,
        })
    };
    let identifiers = json!([named("own", PRODUCT), named("computed", PRODUCT), named("other", "arn:other")]);
    let input = json!({ "FindingIdentifiers": identifiers, "StatusId": 3 });
    let answer = stage.good(ADMINISTRATOR, BatchUpdateFindingsV2, input);
    assert_eq!(answer["UnprocessedFindings"].as_array().unwrap().len(), 1, "{answer}");
    let findings = stage.good(ADMINISTRATOR, GetFindingsV2, json!({}));
    let mut statuses: Vec<(&str, &str)> = findings["Findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["finding_info"]["uid"].as_str().unwrap(), it["status"].as_str().unwrap()))
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [("computed", "Suppressed"), ("other", "New"), ("own", "Suppressed")]);
}

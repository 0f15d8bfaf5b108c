//! Tests of changes that customers of the V2 half make.

use securityhub_engine::Filter;
use securityhub_fixtures::Operation::{
    BatchUpdateFindingsV2, CreateAutomationRuleV2, EnableSecurityHubV2, GetFindingsV2,
};
use serde_json::{Value, json};

use crate::state::{Findings, Region, TableKey};
use crate::testing::{ADMINISTRATOR, REGION, Stage};

const PRODUCT: &str = "arn:aws:securityhub:us-east-1::productv2/partner/product";

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
        stage.send(finding);
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

fn partner_finding(activity_id: u8) -> Value {
    json!({
        "activity_id": activity_id,
        "class_uid": 2004,
        "cloud": { "account": { "uid": ADMINISTRATOR }, "region": REGION },
        "finding_info": { "uid": "f" },
        "metadata": { "product": { "uid": PRODUCT } },
    })
}

/// Rules: ARV-09, BUV-11.
#[test]
fn the_status_that_a_rule_sets_when_a_finding_is_closed_is_kept() {
    let stage = Stage::empty();
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    let closed = json!([{ "FieldName": "activity_name", "Filter": { "Value": "Close", "Comparison": "EQUALS" } }]);
    let rule = json!({
        "RuleName": "r", "Description": "d", "RuleOrder": 1,
        "Criteria": { "OcsfFindingCriteria": { "CompositeFilters": [{ "StringFilters": closed }] } },
        "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": { "StatusId": 4 } }],
    });
    stage.good(ADMINISTRATOR, CreateAutomationRuleV2, rule);
    let status = || stage.good(ADMINISTRATOR, GetFindingsV2, json!({}))["Findings"][0]["status"].clone();
    stage.send(partner_finding(1));
    assert_eq!(status(), "New");
    stage.send(partner_finding(3));
    assert_eq!(status(), "Resolved");
}

/// Rules: HV2-10.
#[test]
fn findings_that_exist_only_in_ocsf_are_deleted_after_their_retention_period() {
    let stage = Stage::empty();
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    stage.send(partner_finding(1));
    let count = || {
        stage.good(ADMINISTRATOR, GetFindingsV2, json!({}));
        stage.0.finding_count()
    };
    stage.days_pass(89);
    assert_eq!(count(), 1);
    stage.days_pass(2);
    assert_eq!(count(), 0);
}

#[test]
fn findings_are_written_while_a_snapshot_is_read() {
    let stage = Stage::empty();
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    stage.send(partner_finding(1));
    let table = TableKey::ocsf_only(&Region::new(REGION));
    let snapshot = stage.0.snapshot_of_findings(&table, &Filter::everything()).unwrap();
    let document = |findings: &Findings| findings.table().document(findings.table().slots().next().unwrap()).to_vec();
    let before = document(&snapshot);
    stage.send(partner_finding(3));
    assert_eq!(document(&snapshot), before);
    assert_ne!(stage.0.read_findings(table, document).unwrap(), before);
}

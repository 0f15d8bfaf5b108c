//! Tests of changes in both halves, separate and shared.

use securityhub_fixtures::Operation::{
    BatchImportFindings, BatchUpdateFindings, BatchUpdateFindingsV2, CreateAutomationRuleV2, EnableSecurityHub,
    EnableSecurityHubV2, GetFindingHistory, GetFindings, GetFindingsV2,
};
use serde_json::{Value, json};

use crate::ocsf::Settings;
use crate::testing::{ADMINISTRATOR, REGION, Stage, finding};

fn stage(is_shared: bool) -> Stage {
    let mut stage = Stage::empty();
    stage.0.set_ocsf(Settings { is_shared, ..Settings::default() });
    for operation in [EnableSecurityHub, EnableSecurityHubV2] {
        stage.good(ADMINISTRATOR, operation, json!({}));
    }
    stage
}

fn import(stage: &Stage, with: Value) {
    let findings = json!({ "Findings": [finding("a", with)] });
    let answer = stage.good(ADMINISTRATOR, BatchImportFindings, findings);
    assert_eq!(answer["SuccessCount"], 1, "{answer}");
}

fn classic(stage: &Stage) -> Value {
    stage.good(ADMINISTRATOR, GetFindings, json!({}))["Findings"][0].clone()
}

fn v2(stage: &Stage) -> Value {
    stage.good(ADMINISTRATOR, GetFindingsV2, json!({}))["Findings"][0].clone()
}

/// Severity, status and comment in OCSF.
fn summary(stage: &Stage) -> [Value; 3] {
    let found = v2(stage);
    ["severity", "status", "comment"].map(|member| found[member].clone())
}

/// Creates a rule of the V2 half for all findings whose ID begins with `prefix`.
fn rule(stage: &Stage, prefix: &str, update: Value) {
    let filter = json!({ "FieldName": "finding_info.uid", "Filter": { "Value": prefix, "Comparison": "PREFIX" } });
    let low = json!({ "FieldName": "severity_id", "Filter": { "Lte": 4 } });
    let criteria = json!({ "CompositeFilters": [{ "StringFilters": [filter], "NumberFilters": [low] }] });
    let input = json!({
        "RuleName": "r", "Description": "For a test", "RuleOrder": 1, "Criteria": { "OcsfFindingCriteria": criteria },
        "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": update }],
    });
    stage.good(ADMINISTRATOR, CreateAutomationRuleV2, input);
}

fn change(stage: &Stage, with: Value) {
    let mut input = with;
    input["FindingIdentifiers"] = json!([{ "Id": "a", "ProductArn": classic(stage)["ProductArn"] }]);
    let answer = stage.good(ADMINISTRATOR, BatchUpdateFindings, input);
    assert_eq!(answer["UnprocessedFindings"], json!([]), "{answer}");
}

fn change_v2(stage: &Stage, with: Value) {
    let mut input = with;
    input["MetadataUids"] = json!([v2(stage)["metadata"]["uid"]]);
    let answer = stage.good(ADMINISTRATOR, BatchUpdateFindingsV2, input);
    assert_eq!(answer["UnprocessedFindings"], json!([]), "{answer}");
}

/// Rules: OCM-04, OCM-05, OCM-25, OCM-26.
#[test]
fn attributes_that_only_customers_of_the_classic_half_have_set_are_not_in_ocsf() {
    let stage = stage(false);
    import(&stage, json!({}));
    let before = v2(&stage);
    let related = json!([{ "Id": "r", "ProductArn": classic(&stage)["ProductArn"] }]);
    change(&stage, json!({ "Confidence": 50, "RelatedFindings": related, "Types": ["TTPs/X"] }));
    assert_eq!(v2(&stage), before);
    import(&stage, json!({ "Confidence": 40, "UpdatedAt": "2026-01-12T00:00:00Z" }));
    assert_eq!((&classic(&stage)["Confidence"], &v2(&stage)["confidence_score"]), (&json!(50), &json!(40)));
}

/// Rules: ARV-09, OCM-04, OCM-60, OCM-61, OCM-62.
#[test]
fn a_rule_of_the_v2_half_changes_a_shared_finding_in_both_halves_and_the_last_writer_wins() {
    let stage = stage(true);
    rule(&stage, "a", json!({ "SeverityId": 5, "StatusId": 2, "Comment": "by rule" }));
    import(&stage, json!({}));
    let found = classic(&stage);
    assert_eq!((&found["Severity"]["Label"], &found["Workflow"]["Status"]), (&json!("CRITICAL"), &json!("NOTIFIED")));
    assert_eq!(found["Note"]["Text"], "by rule");
    assert_eq!(summary(&stage), ["Critical", "In Progress", "by rule"]);
    assert_eq!(v2(&stage)["vendor_attributes"]["severity"], "High");
    change_v2(&stage, json!({ "SeverityId": 3, "StatusId": 3, "Comment": "checked" }));
    assert_eq!(summary(&stage), ["Medium", "Suppressed", "checked"]);
    change(&stage, json!({ "Severity": { "Label": "LOW" } }));
    assert_eq!(summary(&stage), ["Low", "Suppressed", "checked"]);
    import(&stage, json!({ "UpdatedAt": "2026-01-12T00:00:00Z" }));
    assert_eq!(summary(&stage), ["Critical", "In Progress", "by rule"], "the criteria test the provider's severity");
    rule(&stage, "a", json!({ "StatusId": 5 }));
    import(&stage, json!({ "UpdatedAt": "2026-01-13T00:00:00Z" }));
    assert_eq!((&classic(&stage)["RecordState"], &v2(&stage)["activity_name"]), (&json!("ARCHIVED"), &json!("Close")));
    stage.days_pass(40);
    assert_eq!(classic(&stage), Value::Null, "an archived finding expires after 30 days");
}

fn send(stage: &Stage, class_uid: u16, activity_id: u8, compliance_id: Option<u8>) {
    let mut finding = json!({
        "class_uid": class_uid, "activity_id": activity_id,
        "cloud": { "account": { "uid": ADMINISTRATOR }, "region": REGION },
        "finding_info": { "uid": "a" },
        "metadata": { "product": { "uid": "arn:aws:securityhub:us-east-1::productv2/partner/product" } },
    });
    if let Some(id) = compliance_id {
        finding["compliance"] = json!({ "status_id": id });
    }
    stage.send(finding);
}

/// Rules: ARV-09, BUV-11, UNK-22.
#[test]
fn the_status_of_a_finding_in_ocsf_is_reset_before_rules_run() {
    let stage = stage(false);
    send(&stage, 2003, 1, Some(1));
    change_v2(&stage, json!({ "StatusId": 4 }));
    send(&stage, 2003, 1, Some(1));
    assert_eq!(v2(&stage)["status"], "Resolved");
    send(&stage, 2003, 1, Some(3));
    assert_eq!(v2(&stage)["status"], "New", "the finding no longer passes");
    rule(&stage, "a", json!({ "StatusId": 2 }));
    for activity in [3, 1] {
        send(&stage, 2003, activity, Some(3));
        assert_eq!(v2(&stage)["status"], "In Progress", "the rule ran after the reset");
    }
}

/// Rules: OCM-95.
#[test]
fn a_product_has_another_arn_in_each_half() {
    let stage = stage(false);
    import(&stage, json!({}));
    let of_classic = classic(&stage)["ProductArn"].as_str().unwrap().to_owned();
    let of_v2 = v2(&stage)["metadata"]["product"]["uid"].as_str().unwrap().to_owned();
    assert_eq!(of_v2, of_classic.replace(":product/", ":productv2/"));
    for (product, is_classic) in [(&of_classic, true), (&of_v2, false)] {
        let identifiers = json!([{ "Id": "a", "ProductArn": product }]);
        let input = json!({ "FindingIdentifiers": identifiers, "Workflow": { "Status": "NOTIFIED" } });
        let answer = stage.good(ADMINISTRATOR, BatchUpdateFindings, input);
        assert_eq!(answer["ProcessedFindings"].as_array().unwrap().len(), usize::from(is_classic), "{answer}");
        let filters = json!({ "ProductArn": [{ "Value": product, "Comparison": "EQUALS" }] });
        let found = stage.good(ADMINISTRATOR, GetFindings, json!({ "Filters": filters }));
        assert_eq!(found["Findings"].as_array().unwrap().len(), usize::from(is_classic), "{product}");
        let names = json!({ "CloudAccountUid": ADMINISTRATOR, "FindingInfoUid": "a", "MetadataProductUid": product });
        let input = json!({ "FindingIdentifiers": [names], "StatusId": 2 });
        let answer = stage.good(ADMINISTRATOR, BatchUpdateFindingsV2, input);
        assert_eq!(answer["ProcessedFindings"].as_array().unwrap().len(), usize::from(!is_classic), "{answer}");
        let filter = json!({ "Value": product, "Comparison": "EQUALS" });
        let filters = json!([{ "StringFilters": [{ "FieldName": "metadata.product.uid", "Filter": filter }] }]);
        let input = json!({ "Filters": { "CompositeFilters": filters } });
        let found = stage.good(ADMINISTRATOR, GetFindingsV2, input);
        assert_eq!(found["Findings"].as_array().unwrap().len(), usize::from(!is_classic), "{product}");
    }
}

/// Rules: UNK-24.
#[test]
fn changes_of_the_v2_half_are_in_the_history_only_if_the_state_is_shared() {
    for is_shared in [false, true] {
        let stage = stage(is_shared);
        import(&stage, json!({}));
        change_v2(&stage, json!({ "SeverityId": 5 }));
        let identifier = json!({ "Id": "a", "ProductArn": classic(&stage)["ProductArn"] });
        let history = stage.good(ADMINISTRATOR, GetFindingHistory, json!({ "FindingIdentifier": identifier }));
        let fields: Vec<&str> = history["Records"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|record| record["Updates"].as_array().unwrap())
            .map(|update| update["UpdatedField"].as_str().unwrap())
            .collect();
        assert_eq!(fields.contains(&"Severity.Label"), is_shared, "{history}");
        assert_eq!(history["Records"].as_array().unwrap().len(), 1 + usize::from(is_shared), "{history}");
    }
}

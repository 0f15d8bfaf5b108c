//! Examples with documented results.

use securityhub_fixtures::Operation::{
    BatchUpdateFindings, EnableImportFindingsForProduct, GetFindingHistory, ListEnabledProductsForImport,
};

use super::*;
use crate::testing::finding_of;

fn later(day: u32, with: Value) -> Value {
    let mut finding = finding("f", json!({ "UpdatedAt": format!("2026-01-{day:02}T08:00:00Z") }));
    finding.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    finding
}

fn customer(stage: &Stage, update: Value) -> Value {
    let finding = finding("f", json!({}));
    let mut request = json!({ "FindingIdentifiers": [{ "Id": "f", "ProductArn": finding["ProductArn"] }] });
    request.as_object_mut().unwrap().extend(update.as_object().unwrap().clone());
    stage.good(ADMINISTRATOR, BatchUpdateFindings, request)
}

/// Rules: T-01, T-03.
#[test]
fn a_customers_severity_overrides_the_providers() {
    let stage = hub();
    let found = stored(&stage, &later(10, json!({ "Severity": { "Normalized": 70 } })));
    let high = json!({ "Label": "HIGH", "Normalized": 70 });
    let sorted = |severity: &Value| json!({ "Label": severity["Label"], "Normalized": severity["Normalized"] });
    assert_eq!(sorted(&found["Severity"]), high);
    assert_eq!(sorted(&found["FindingProviderFields"]["Severity"]), high);
    assert_eq!(found["FindingProviderFields"]["Types"], found["Types"]);
    customer(&stage, json!({ "Severity": { "Label": "LOW" } }));
    let provider = json!({ "FindingProviderFields": { "Severity": { "Label": "CRITICAL" }, "Types": ["TTPs"] } });
    let found = stored(&stage, &later(11, provider));
    assert_eq!(found["Severity"]["Label"], "LOW");
    assert_eq!(sorted(&found["FindingProviderFields"]["Severity"]), json!({ "Label": "CRITICAL", "Normalized": 90 }));
}

/// Rules: T-02.
#[test]
fn a_new_finding_has_the_providers_severity() {
    let provider = json!({ "Severity": { "Label": "LOW" }, "Types": ["TTPs"] });
    let with = json!({ "FindingProviderFields": provider, "Severity": { "Label": "CRITICAL" } });
    let found = stored(&hub(), &finding("f", with));
    let low = json!({ "Label": "LOW", "Normalized": 1 });
    assert_eq!((&found["Severity"], &found["FindingProviderFields"]["Severity"]), (&low, &low));
}

/// Rules: T-04.
#[test]
fn an_import_that_is_not_later_changes_nothing() {
    let stage = hub();
    let before = stored(&stage, &later(10, json!({})));
    assert_eq!(stored(&stage, &later(10, json!({ "Title": "other" }))), before);
}

/// Rules: T-05, T-07.
#[test]
fn reactivated_or_newly_failed_findings_get_the_workflow_status_new() {
    for (status, expected) in [("RESOLVED", "NEW"), ("SUPPRESSED", "SUPPRESSED")] {
        let stage = hub();
        stored(&stage, &later(10, json!({})));
        customer(&stage, json!({ "Workflow": { "Status": status } }));
        stored(&stage, &later(11, json!({ "RecordState": "ARCHIVED" })));
        assert_eq!(stored(&stage, &later(12, json!({})))["Workflow"]["Status"], expected);
    }
    let stage = hub();
    stored(&stage, &later(10, json!({ "Compliance": { "Status": "PASSED" } })));
    customer(&stage, json!({ "Workflow": { "Status": "NOTIFIED" } }));
    let failed = stored(&stage, &later(11, json!({ "Compliance": { "Status": "FAILED" } })));
    assert_eq!(failed["Workflow"]["Status"], "NEW");
}

/// Rules: T-06.
#[test]
fn a_passed_status_resolves_only_findings_of_config() {
    let stage = hub();
    let passed = json!({ "Compliance": { "Status": "PASSED" } });
    assert_eq!(stored(&stage, &finding("f", passed.clone()))["Workflow"]["Status"], "NEW");
    let mut of_config = finding("c", passed);
    of_config["ProductArn"] = product_arn("aws/config");
    as_product(&stage, &[of_config]);
    assert_eq!(read(&stage, "c")["Workflow"]["Status"], "RESOLVED");
}

/// Rules: T-08, T-14.
#[test]
fn a_reimport_removes_omitted_members_and_accepts_a_finding_that_was_read() {
    let stage = hub();
    let remediation = json!({ "Remediation": { "Recommendation": { "Text": "do it" } } });
    stored(&stage, &later(10, remediation));
    customer(&stage, json!({ "Note": { "Text": "mine", "UpdatedBy": "me" } }));
    let other = json!({ "Note": { "Text": "theirs", "UpdatedBy": "p", "UpdatedAt": "2026-01-01T00:00:00Z" } });
    let mut found = stored(&stage, &later(11, other));
    assert_eq!((found.get("Remediation"), &found["Note"]["Text"]), (None, &json!("mine")));
    found["UpdatedAt"] = json!("2026-01-12T08:00:00Z");
    found["RecordState"] = json!("ARCHIVED");
    assert_eq!(stored(&stage, &found)["RecordState"], "ARCHIVED");
}

/// Rules: T-09, T-10.
#[test]
fn a_batch_is_accepted_partly_or_refused_as_a_whole() {
    let stage = hub();
    let batch = [finding("a", json!({})), finding("b", json!({ "Resources": [] })), finding("c", json!({}))];
    let answer = import(&stage, &batch);
    assert_eq!((&answer["SuccessCount"], &answer["FailedCount"]), (&json!(2), &json!(1)));
    let message =
        "Finding does not adhere to Amazon Finding Format. data.Resources should NOT have fewer than 1 items.";
    assert_eq!(answer["FailedFindings"][0]["ErrorMessage"], message);
    let foreign = json!({ "Findings": [finding("d", json!({})), finding_of("222222222222", "e", json!({}))] });
    stage.refused(ADMINISTRATOR, BatchImportFindings, foreign, 403, "AccessDeniedException");
    assert_eq!(stage.0.finding_count(), 2);
}

/// Rules: T-11.
#[test]
fn a_private_product_may_set_its_product_and_company_name() {
    let found = stored(&hub(), &finding("f", json!({ "ProductName": "X" })));
    let fields = &found["ProductFields"];
    assert_eq!((&found["ProductName"], &fields["aws/securityhub/ProductName"]), (&json!("X"), &json!("Default")));
}

/// Rules: T-12, ASF-72.
#[test]
fn types_have_one_to_three_segments_of_any_name() {
    stored(&hub(), &finding("f", json!({ "Types": ["custom/a/b"] })));
    for wrong in ["a/b/c/d", ""] {
        assert!(refusal(json!({ "Types": [wrong] })).starts_with("data.Types[0] should "), "{wrong}");
    }
}

/// Rules: T-13.
#[test]
fn a_finding_identified_twice_is_changed_once() {
    let stage = hub();
    let found = stored(&stage, &finding("f", json!({})));
    let name = |id: &str| json!({ "Id": id, "ProductArn": found["ProductArn"] });
    let request = json!({ "FindingIdentifiers": [name("f"), name("f"), name("x")], "Confidence": 1 });
    let answer = stage.good(ADMINISTRATOR, BatchUpdateFindings, request);
    assert_eq!(answer["ProcessedFindings"], json!([name("f")]));
    let codes: Vec<_> = answer["UnprocessedFindings"].as_array().unwrap().iter().map(|one| &one["ErrorCode"]).collect();
    assert_eq!(codes, ["DuplicatedFindingIdentifier", "FindingNotFound"]);
}

/// Rules: T-15, HIS-20.
#[test]
fn a_history_begins_with_the_creation() {
    let stage = hub();
    let found = stored(&stage, &later(10, json!({})));
    customer(&stage, json!({ "Severity": { "Label": "LOW" } }));
    stored(&stage, &later(11, json!({ "Title": "other" })));
    let request = json!({ "FindingIdentifier": { "Id": "f", "ProductArn": found["ProductArn"] } });
    let records = stage.good(ADMINISTRATOR, GetFindingHistory, request)["Records"].clone();
    let kinds: Vec<_> = records.as_array().unwrap().iter().map(|record| &record["UpdateSource"]["Type"]).collect();
    assert_eq!(
        kinds,
        ["BATCH_IMPORT_FINDINGS", "BATCH_UPDATE_FINDINGS", "BATCH_IMPORT_FINDINGS"],
        "all records have the same time"
    );
    assert_eq!((&records[2]["FindingCreated"], &records[2]["Updates"]), (&json!(true), &json!([])));
}

/// Rules: T-16, T-17.
#[test]
fn a_new_hub_has_the_default_product_subscriptions() {
    let stage = hub();
    let unknown = "arn:aws:securityhub:us-east-1::product/nobody/nothing";
    let input = json!({ "ProductArn": unknown });
    let message = stage.refused(ADMINISTRATOR, EnableImportFindingsForProduct, input, 404, "ResourceNotFoundException");
    assert_eq!(message, format!("{{\"productArn\":\"{unknown}\"}}"));
    let listed = stage.good(ADMINISTRATOR, ListEnabledProductsForImport, json!({}));
    assert_eq!(listed["ProductSubscriptions"].as_array().unwrap().len(), 11);
}

/// Rules: T-18, RET-05, VIS-07.
#[test]
fn findings_expire_by_the_virtual_clock() {
    let stage = hub();
    import(&stage, &[finding("archived", json!({ "RecordState": "ARCHIVED" })), finding("active", json!({}))]);
    let seen = || {
        let found = stage.good(ADMINISTRATOR, GetFindings, json!({}))["Findings"].clone();
        found.as_array().unwrap().iter().map(|found| found["Id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(seen(), ["archived", "active"]);
    stage.days_pass(31);
    assert_eq!(seen(), ["active"]);
    stage.days_pass(60);
    assert_eq!(seen(), [""; 0]);
}

//! Automation rules during imports.

use securityhub_fixtures::Operation::{
    BatchUpdateAutomationRules, BatchUpdateFindings, CreateAutomationRule, GetFindingHistory, UpdateFindings,
};

use super::*;
use crate::state::MemberStatus;
use crate::testing::{MEMBER, finding_of};

/// Creates a rule for findings whose title begins with `Port`, or with other criteria, and returns its ARN.
fn rule(stage: &Stage, order: u32, update: Value, with: Value) -> String {
    rule_of(stage, ADMINISTRATOR, REGION, order, update, with)
}

fn rule_of(stage: &Stage, account: &str, region: &str, order: u32, update: Value, with: Value) -> String {
    let mut request = json!({
        "RuleOrder": order, "RuleName": format!("rule {order}"), "Description": "d",
        "Criteria": { "Title": [{ "Value": "Port", "Comparison": "PREFIX" }] },
        "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": update }],
    });
    request.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    let answer = stage.call_in(region, account, CreateAutomationRule, request).unwrap();
    answer["RuleArn"].as_str().unwrap().to_owned()
}

fn equals(name: &str, value: &str) -> Value {
    json!({ "Criteria": { name: [{ "Value": value, "Comparison": "EQUALS" }] } })
}

fn suppressed() -> Value {
    json!({ "Workflow": { "Status": "SUPPRESSED" } })
}

fn status(stage: &Stage) -> Value {
    read(stage, "f")["Workflow"]["Status"].clone()
}

fn import_on(stage: &Stage, day: u32, with: Value) {
    let mut finding = finding("f", json!({ "UpdatedAt": format!("2026-01-{day:02}T08:00:00Z") }));
    finding.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    import(stage, &[finding]);
}

fn customer(stage: &Stage, update: Value) {
    let finding = finding("f", json!({}));
    let mut request = json!({ "FindingIdentifiers": [{ "Id": finding["Id"], "ProductArn": finding["ProductArn"] }] });
    request.as_object_mut().unwrap().extend(update.as_object().unwrap().clone());
    stage.good(ADMINISTRATOR, BatchUpdateFindings, request);
}

/// Rules: IMP-43, ARU-30, ARU-40.
#[test]
fn a_rule_runs_on_creation_and_update_but_not_on_stored_findings() {
    let stage = hub();
    import_on(&stage, 10, json!({ "Severity": { "Label": "LOW" } }));
    rule(&stage, 1, suppressed(), equals("SeverityLabel", "LOW"));
    assert_eq!(status(&stage), "NEW", "rules do not run on stored findings");
    import_on(&stage, 11, json!({ "Severity": { "Label": "LOW" } }));
    assert_eq!(status(&stage), "SUPPRESSED");
    import(&stage, &[finding("new", json!({ "Severity": { "Label": "LOW" } })), finding("other", json!({}))]);
    assert_eq!(read(&stage, "new")["Workflow"]["Status"], "SUPPRESSED");
    assert_eq!(read(&stage, "other")["Workflow"]["Status"], "NEW");
}

/// Rules: REI-03, ARU-30.
#[test]
fn a_rule_does_not_run_on_an_ignored_import() {
    let stage = hub();
    import_on(&stage, 10, json!({}));
    rule(&stage, 1, suppressed(), json!({}));
    import_on(&stage, 10, json!({}));
    assert_eq!(status(&stage), "NEW");
}

/// Rules: ARU-31, BUF-37.
#[test]
fn a_rule_does_not_run_on_a_customers_update() {
    let stage = hub();
    rule(&stage, 1, suppressed(), equals("SeverityLabel", "LOW"));
    import_on(&stage, 10, json!({}));
    customer(&stage, json!({ "Severity": { "Label": "LOW" } }));
    let filters = json!({ "Id": [{ "Value": "f", "Comparison": "EQUALS" }] });
    stage.good(ADMINISTRATOR, UpdateFindings, json!({ "Filters": filters, "RecordState": "ACTIVE" }));
    assert_eq!(status(&stage), "NEW");
    // The sent document still says HIGH, and the rule evaluates that document.
    import_on(&stage, 11, json!({}));
    assert_eq!((status(&stage), &read(&stage, "f")["Severity"]["Label"]), (json!("NEW"), &json!("LOW")));
}

/// Rules: ARU-32, ARU-33.
#[test]
fn default_values_are_added_before_criteria_are_evaluated() {
    for criteria in [
        json!({ "WorkflowStatus": [{ "Value": "NEW", "Comparison": "EQUALS" }] }),
        json!({ "ProductName": [{ "Value": "Default", "Comparison": "EQUALS" }] }),
        json!({ "CompanyName": [{ "Value": "Personal", "Comparison": "EQUALS" }] }),
        json!({ "RecordState": [{ "Value": "ACTIVE", "Comparison": "EQUALS" }] }),
        json!({ "SeverityLabel": [{ "Value": "MEDIUM", "Comparison": "EQUALS" }] }),
        json!({ "Type": [{ "Value": "TTPs", "Comparison": "EQUALS" }] }),
        json!({ "ResourceRegion": [{ "Value": REGION, "Comparison": "EQUALS" }] }),
        json!({ "CreatedAt": [{ "DateRange": { "Value": 7, "Unit": "DAYS" } }] }),
        json!({ "Title": [{ "Value": "22", "Comparison": "CONTAINS" }] }),
    ] {
        let stage = hub();
        rule(&stage, 1, json!({ "Confidence": 77 }), json!({ "Criteria": criteria }));
        let provider = json!({ "Severity": { "Normalized": 41 }, "Types": ["TTPs"] });
        let without = json!({ "Severity": null, "Types": null, "FindingProviderFields": provider });
        import(&stage, &[finding("f", without)]);
        assert_eq!(read(&stage, "f")["Confidence"], 77, "{criteria}");
    }
}

/// Rules: ARU-34.
#[test]
fn the_last_rule_or_customer_to_set_a_field_wins() {
    for sent in [json!({}), json!({ "Workflow": { "Status": "NEW" } })] {
        let stage = hub();
        import_on(&stage, 10, json!({}));
        customer(&stage, json!({ "Workflow": { "Status": "NOTIFIED" } }));
        rule(&stage, 1, suppressed(), equals("WorkflowStatus", "NEW"));
        import_on(&stage, 11, sent);
        assert_eq!(status(&stage), "SUPPRESSED");
        customer(&stage, json!({ "Workflow": { "Status": "NOTIFIED" } }));
        assert_eq!(status(&stage), "NOTIFIED");
    }
}

/// Rules: ARU-35, ARU-37.
#[test]
fn later_rules_overwrite_earlier_ones_and_a_terminal_rule_is_the_last() {
    let severity = |label: &str| json!({ "Severity": { "Label": label }, "Confidence": label.len() });
    for (is_terminal, label, confidence) in [(false, "INFORMATIONAL", 8), (true, "CRITICAL", 8)] {
        let stage = hub();
        rule(&stage, 2, json!({ "Severity": { "Label": "INFORMATIONAL" } }), json!({}));
        rule(&stage, 1, severity("CRITICAL"), json!({ "IsTerminal": is_terminal }));
        import_on(&stage, 10, json!({}));
        let found = read(&stage, "f");
        assert_eq!((&found["Severity"]["Label"], &found["Confidence"]), (&json!(label), &json!(confidence)));
    }
}

/// Rules: ARU-35.
#[test]
fn rules_of_equal_order_run_by_their_time_of_change() {
    let stage = hub();
    let first = rule(&stage, 1, json!({ "Confidence": 1 }), json!({}));
    stage.days_pass(1);
    rule(&stage, 1, json!({ "Confidence": 2 }), json!({}));
    import(&stage, &[finding("a", json!({}))]);
    assert_eq!(read(&stage, "a")["Confidence"], 2);
    stage.days_pass(1);
    let items = json!([{ "RuleArn": first, "RuleName": "changed" }]);
    stage.good(ADMINISTRATOR, BatchUpdateAutomationRules, json!({ "UpdateAutomationRulesRequestItems": items }));
    import(&stage, &[finding("b", json!({}))]);
    assert_eq!(read(&stage, "b")["Confidence"], 1);
}

/// Rules: ARU-36.
#[test]
fn criteria_do_not_see_the_effect_of_earlier_rules() {
    let stage = hub();
    rule(&stage, 1, json!({ "Severity": { "Label": "LOW" } }), json!({}));
    rule(&stage, 2, suppressed(), equals("SeverityLabel", "LOW"));
    import_on(&stage, 10, json!({}));
    assert_eq!((status(&stage), &read(&stage, "f")["Severity"]["Label"]), (json!("NEW"), &json!("LOW")));
}

/// Rules: ARU-39.
#[test]
fn rules_apply_to_members_in_their_own_region_only() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.call_in("eu-west-1", ADMINISTRATOR, securityhub_fixtures::Operation::EnableSecurityHub, json!({})).unwrap();
    rule_of(&stage, ADMINISTRATOR, "eu-west-1", 1, json!({ "Confidence": 5 }), json!({}));
    rule_of(&stage, MEMBER, REGION, 1, json!({ "Confidence": 6 }), json!({}));
    stage.member(MemberStatus::Enabled);
    let confidence = |id: &str| {
        stage.good(MEMBER, BatchImportFindings, json!({ "Findings": [finding_of(MEMBER, id, json!({}))] }));
        read(&stage, id).get("Confidence").cloned()
    };
    assert_eq!(confidence("a"), None, "a member's own rules do not run");
    rule(&stage, 1, json!({ "Confidence": 7 }), json!({}));
    assert_eq!(confidence("b"), Some(json!(7)));
}

/// Rules: ARU-50.
#[test]
fn an_action_sets_the_same_fields_as_batch_update_findings() {
    let update = json!({
        "Note": { "Text": "by rule", "UpdatedBy": "rule" }, "Severity": { "Normalized": 95 }, "Confidence": 1,
        "VerificationState": "FALSE_POSITIVE", "Criticality": 2, "Types": ["TTPs"],
        "UserDefinedFields": { "a": "b" }, "Workflow": { "Status": "RESOLVED" },
        "RelatedFindings": [{ "ProductArn": "arn:aws:securityhub:us-east-1::product/a/b", "Id": "i" }],
    });
    let (by_rule, by_customer) = (hub(), hub());
    rule(&by_rule, 1, update.clone(), json!({}));
    import_on(&by_rule, 10, json!({}));
    import_on(&by_customer, 10, json!({}));
    customer(&by_customer, update);
    assert_eq!(read(&by_rule, "f"), read(&by_customer, "f"));
}

/// Rules: ARU-51, ARU-52.
#[test]
fn values_set_by_a_rule_survive_imports_and_do_not_change_updated_at() {
    let stage = hub();
    let arn = rule(&stage, 1, json!({ "Severity": { "Label": "LOW" } }), json!({}));
    import_on(&stage, 10, json!({}));
    assert_eq!(read(&stage, "f")["UpdatedAt"], "2026-01-10T08:00:00Z");
    let delete = json!({ "AutomationRulesArns": [arn] });
    stage.good(ADMINISTRATOR, securityhub_fixtures::Operation::BatchDeleteAutomationRules, delete);
    import_on(&stage, 11, json!({ "Severity": { "Label": "CRITICAL" } }));
    let found = read(&stage, "f");
    assert_eq!(found["Severity"]["Label"], "LOW");
    assert_eq!(found["FindingProviderFields"]["Severity"]["Label"], "CRITICAL");
    customer(&stage, json!({ "Severity": { "Label": "MEDIUM" } }));
    assert_eq!(read(&stage, "f")["Severity"]["Label"], "MEDIUM");
}

/// Rules: HIS-10, ARU-53, ARU-54.
#[test]
fn a_rule_that_changes_a_finding_adds_a_history_record() {
    let stage = hub();
    let arn = rule(&stage, 1, json!({ "Severity": { "Label": "LOW" } }), json!({}));
    rule(&stage, 2, json!({ "Workflow": { "Status": "NEW" } }), json!({}));
    import_on(&stage, 10, json!({}));
    let finding = finding("f", json!({}));
    let request = json!({ "FindingIdentifier": { "Id": finding["Id"], "ProductArn": finding["ProductArn"] } });
    let records = || stage.good(ADMINISTRATOR, GetFindingHistory, request.clone())["Records"].clone();
    let history = records();
    assert_eq!(history.as_array().unwrap().len(), 2);
    assert_eq!(history[0]["UpdateSource"], json!({ "Type": "BATCH_UPDATE_FINDINGS", "Identity": arn }));
    assert_eq!(
        history[0]["Updates"],
        json!([
            { "UpdatedField": "Severity.Label", "OldValue": "HIGH", "NewValue": "LOW" },
            { "UpdatedField": "Severity.Normalized", "OldValue": "70", "NewValue": "1" },
        ])
    );
    assert_eq!(history[1]["FindingCreated"], true);
    import_on(&stage, 11, json!({ "Title": "Port 23 is open" }));
    assert_eq!(records().as_array().unwrap().len(), 3, "only the import adds a record");
}

/// Rules: ARU-55.
#[test]
fn a_workflow_reset_happens_before_rules_run() {
    let stage = hub();
    rule(&stage, 1, json!({ "Workflow": { "Status": "NOTIFIED" } }), equals("Title", "again"));
    import_on(&stage, 10, json!({ "RecordState": "ARCHIVED", "Workflow": { "Status": "RESOLVED" } }));
    import_on(&stage, 11, json!({ "Title": "again" }));
    assert_eq!(status(&stage), "NOTIFIED");
}

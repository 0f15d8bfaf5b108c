//! Histories in GetFindingHistory.

use securityhub_fixtures::Operation::{BatchUpdateFindings, GetFindingHistory, UpdateFindings};

use super::*;
use crate::state::MemberStatus;
use crate::testing::{MEMBER, finding_of};

fn identifier() -> Value {
    let finding = finding("f", json!({}));
    json!({ "Id": finding["Id"], "ProductArn": finding["ProductArn"] })
}

fn records(stage: &Stage, with: Value) -> Vec<Value> {
    let mut request = json!({ "FindingIdentifier": identifier() });
    request.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    stage.good(ADMINISTRATOR, GetFindingHistory, request)["Records"].as_array().unwrap().clone()
}

fn customer(stage: &Stage, update: Value) {
    let mut request = json!({ "FindingIdentifiers": [identifier()] });
    request.as_object_mut().unwrap().extend(update.as_object().unwrap().clone());
    stage.good(ADMINISTRATOR, BatchUpdateFindings, request);
}

/// The finding, imported with an UpdatedAt on this day of January.
fn import_on(stage: &Stage, day: u32, with: Value) {
    let mut finding = finding("f", json!({ "UpdatedAt": format!("2026-01-{day:02}T08:00:00Z") }));
    finding.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    import(stage, &[finding]);
}

/// The changes in the newest record: field, old and new value.
fn newest(stage: &Stage) -> Vec<(String, Value, Value)> {
    let updates = records(stage, json!({}))[0]["Updates"].as_array().unwrap().clone();
    let value = |update: &Value, name: &str| update.get(name).cloned().unwrap_or_default();
    let row = |update: &Value| {
        (update["UpdatedField"].as_str().unwrap().to_owned(), value(update, "OldValue"), value(update, "NewValue"))
    };
    let mut rows: Vec<_> = updates.iter().map(row).collect();
    rows.sort_by(|one, two| one.0.cmp(&two.0));
    rows
}

fn update(field: &str, old: impl Into<Value>, new: impl Into<Value>) -> (String, Value, Value) {
    (field.to_owned(), old.into(), new.into())
}

/// Rules: HIS-05, HIS-07, HIS-08, HIS-09.
#[test]
fn a_history_lists_the_creation_and_all_changes() {
    let stage = hub();
    import_on(&stage, 10, json!({}));
    stage.days_pass(1);
    customer(&stage, json!({ "Severity": { "Label": "LOW" } }));
    stage.days_pass(1);
    import_on(
        &stage,
        11,
        json!({ "FindingProviderFields": { "Severity": { "Label": "CRITICAL" }, "Types": ["TTPs"] } }),
    );
    insta::assert_json_snapshot!(records(&stage, json!({})));
}

/// Rules: HIS-11 to HIS-13.
#[test]
fn a_record_names_attributes_by_path_and_values_as_text() {
    let stage = hub();
    import_on(
        &stage,
        10,
        json!({ "Confidence": 40, "Compliance": { "Status": "FAILED", "RelatedRequirements": ["a"] } }),
    );
    customer(
        &stage,
        json!({
            "UserDefinedFields": { "key": "v" }, "Confidence": 0, "Workflow": { "Status": "NOTIFIED" },
            "Note": { "Text": "t", "UpdatedBy": "me" },
        }),
    );
    let null = Value::Null;
    assert_eq!(
        newest(&stage),
        [
            update("Confidence", "40", "0"),
            update("Note.Text", null.clone(), "t"),
            update("Note.UpdatedAt", null.clone(), "2026-01-15T09:00:00.000Z"),
            update("Note.UpdatedBy", null.clone(), "me"),
            update("UserDefinedFields.key", null.clone(), "v"),
            update("Workflow.Status", "NEW", "NOTIFIED"),
        ]
    );
    import_on(
        &stage,
        11,
        json!({ "Compliance": { "Status": "FAILED", "RelatedRequirements": ["a", "b"] }, "Sample": true }),
    );
    assert_eq!(
        newest(&stage),
        [
            update("Compliance.RelatedRequirements", r#"["a"]"#, r#"["a","b"]"#),
            update("FindingProviderFields.Confidence", "40", null.clone()),
            update("Sample", null, "true"),
        ]
    );
}

/// Rules: HIS-14, HIS-15, HIS-16.
#[test]
fn changed_timestamps_and_update_findings_leave_no_record() {
    let stage = hub();
    import_on(&stage, 10, json!({}));
    stage.days_pass(1);
    import_on(&stage, 11, json!({ "LastObservedAt": "2026-01-11T00:00:00Z" }));
    import_on(&stage, 11, json!({ "Title": "ignored, since it is not later" }));
    customer(&stage, json!({ "Severity": { "Label": "HIGH" } }));
    let filters = json!({ "Id": [{ "Value": "f", "Comparison": "EQUALS" }] });
    let note = json!({ "Text": "passing", "UpdatedBy": "me" });
    stage.good(ADMINISTRATOR, UpdateFindings, json!({ "Filters": filters, "Note": note }));
    let history = records(&stage, json!({}));
    assert_eq!((history.len(), &history[0]["FindingCreated"]), (1, &json!(true)));
    assert_eq!(history[0]["UpdateTime"], "2026-01-15T09:00:00.000Z", "the time is that of the creation");
    import_on(&stage, 12, json!({ "LastObservedAt": "2026-01-12T00:00:00Z" }));
    assert_eq!(records(&stage, json!({})).len(), 1, "restoring the note adds no record");
}

/// Rules: HIS-15.
#[test]
fn a_workflow_reset_is_part_of_the_imports_record() {
    let stage = hub();
    import_on(&stage, 10, json!({ "RecordState": "ARCHIVED" }));
    customer(&stage, json!({ "Workflow": { "Status": "RESOLVED" } }));
    import_on(&stage, 11, json!({}));
    assert_eq!(
        newest(&stage),
        [update("RecordState", "ARCHIVED", "ACTIVE"), update("Workflow.Status", "RESOLVED", "NEW")]
    );
}

/// Rules: HIS-02, HIS-03, HIS-18.
#[test]
fn the_bounds_of_a_period_are_inclusive_and_have_defaults() {
    let stage = hub();
    import_on(&stage, 10, json!({}));
    for confidence in 1..4 {
        stage.days_pass(1);
        customer(&stage, json!({ "Confidence": confidence }));
    }
    let days = |with: Value| -> Vec<String> {
        let history = records(&stage, with);
        history.iter().map(|record| record["UpdateTime"].as_str().unwrap()[8..10].to_owned()).collect()
    };
    assert_eq!(days(json!({})), ["18", "17", "16", "15"]);
    assert_eq!(days(json!({ "StartTime": "2026-01-16T09:00:00Z", "EndTime": "2026-01-17T09:00:00Z" })), ["17", "16"]);
    assert_eq!(days(json!({ "StartTime": "2026-01-17T09:00:00.001Z" })), ["18"]);
    assert_eq!(days(json!({ "EndTime": "2026-01-16T08:59:59Z" })), ["15"]);
    let mut request = json!({ "StartTime": "2026-01-17T09:00:00Z", "EndTime": "2026-01-16T09:00:00Z" });
    request["FindingIdentifier"] = identifier();
    stage.refused(ADMINISTRATOR, GetFindingHistory, request, 400, "InvalidInputException");
}

/// Rules: HIS-04.
#[test]
fn records_can_be_read_for_90_days() {
    let stage = hub();
    import_on(&stage, 10, json!({}));
    for day in 11..14 {
        stage.days_pass(40);
        import_on(&stage, day, json!({ "Title": format!("on {day}") }));
    }
    let history = records(&stage, json!({}));
    let times: Vec<_> = history.iter().map(|record| record["UpdateTime"].as_str().unwrap()[..10].to_owned()).collect();
    assert_eq!(times, ["2026-05-15", "2026-04-05", "2026-02-24"], "the creation is 120 days ago");
    assert_eq!(records(&stage, json!({ "StartTime": "2026-01-01T00:00:00Z" })).len(), 3);
}

/// Rules: HIS-04.
#[test]
fn dropping_old_records_does_not_disturb_paging() {
    let stage = hub();
    import_on(&stage, 10, json!({}));
    let held = || {
        let key = HubKey { account: id(ADMINISTRATOR), region: Region::new(REGION) };
        let count = |findings: &crate::state::Findings| {
            let slot = findings.table().slots().next().unwrap();
            findings.metadata(slot).map_or(0, |metadata| metadata.records.len())
        };
        stage.0.read_findings(&key.region, count).unwrap()
    };
    for confidence in 0..10 {
        customer(&stage, json!({ "Confidence": confidence }));
        stage.days_pass(20);
        import_on(&stage, 11 + confidence, json!({ "Title": format!("{confidence}") }));
    }
    // Only records of the last 90 days: imports 80, 60, 40, 20 and 0 days ago, each with an update at the same time.
    assert_eq!(held(), 9);
    let request = |token: &Value| json!({ "FindingIdentifier": identifier(), "MaxResults": 2, "NextToken": token });
    let first = stage.good(ADMINISTRATOR, GetFindingHistory, request(&Value::Null));
    stage.days_pass(50);
    customer(&stage, json!({ "Criticality": 1 }));
    assert!(held() < 9);
    let second = stage.good(ADMINISTRATOR, GetFindingHistory, request(&first["NextToken"]));
    let fields = |page: &Value| -> Vec<String> {
        let records = page["Records"].as_array().unwrap();
        records.iter().map(|record| record["Updates"][0]["NewValue"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((fields(&first), fields(&second)), (vec!["9".into(), "9".into()], vec!["8".into(), "8".into()]));
}

/// Rules: HIS-01, HIS-06.
#[test]
fn new_records_do_not_disturb_paging() {
    let stage = hub();
    import_on(&stage, 10, json!({}));
    for confidence in 1..5 {
        customer(&stage, json!({ "Confidence": confidence }));
    }
    let page = |token: &Value| {
        let request = json!({ "FindingIdentifier": identifier(), "MaxResults": 2, "NextToken": token });
        stage.good(ADMINISTRATOR, GetFindingHistory, request)
    };
    let mut seen = Vec::new();
    let mut token = Value::Null;
    loop {
        let answer = page(&token);
        let of = |record: &Value| record["Updates"][0]["NewValue"].clone();
        seen.extend(answer["Records"].as_array().unwrap().iter().map(of));
        customer(&stage, json!({ "Criticality": seen.len() }));
        match answer.get("NextToken") {
            Some(next) => token = next.clone(),
            None => break,
        }
    }
    assert_eq!(seen, [json!("4"), json!("3"), json!("2"), json!("1"), Value::Null]);
    let other = json!({ "FindingIdentifier": { "Id": "g", "ProductArn": "p" }, "NextToken": token });
    let message = stage.refused(ADMINISTRATOR, GetFindingHistory, other, 400, "InvalidInputException");
    assert_eq!(message, "Invalid NextToken: Input Query has changed");
}

/// Rules: HIS-17, HIS-19.
#[test]
fn an_invisible_finding_has_no_history() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    let of_member = finding_of(MEMBER, "m", json!({}));
    stage.good(MEMBER, BatchImportFindings, json!({ "Findings": [of_member] }));
    let request = json!({ "FindingIdentifier": { "Id": of_member["Id"], "ProductArn": of_member["ProductArn"] } });
    let count =
        |account: &str| stage.good(account, GetFindingHistory, request.clone())["Records"].as_array().unwrap().len();
    assert_eq!((count(MEMBER), count(ADMINISTRATOR)), (1, 0));
    stage.member(MemberStatus::Enabled);
    assert_eq!(count(ADMINISTRATOR), 1);
    assert_eq!(records(&stage, json!({})), Vec::<Value>::new());
}

/// Rules: RET-04, HIS-19.
#[test]
fn a_history_is_dropped_with_its_finding() {
    let stage = hub();
    import_on(&stage, 10, json!({}));
    customer(&stage, json!({ "Confidence": 1, "Severity": { "Label": "LOW" } }));
    stage.days_pass(91);
    assert_eq!(read(&stage, "f"), Value::Null);
    import_on(&stage, 12, json!({}));
    assert_eq!(records(&stage, json!({})).len(), 1);
    assert_eq!(read(&stage, "f")["Severity"]["Label"], "HIGH", "an expired finding preserves nothing (REI-04)");
}

//! Updates by customers: BatchUpdateFindings and UpdateFindings.

use securityhub_fixtures::Operation::{BatchUpdateFindings, UpdateFindings};

use super::*;
use crate::state::MemberStatus;
use crate::testing::{MEMBER, finding_of};

fn identifier(finding: &Value) -> Value {
    json!({ "Id": finding["Id"], "ProductArn": finding["ProductArn"] })
}

/// Imports a finding, updates it, and returns it as it is read afterwards.
fn changed(stage: &Stage, with: Value, update: Value) -> Value {
    let finding = finding("f", with);
    stored(stage, &finding);
    change(stage, &finding, update);
    read(stage, "f")
}

fn change(stage: &Stage, finding: &Value, update: Value) {
    let answer = stage.good(ADMINISTRATOR, BatchUpdateFindings, request(&[identifier(finding)], update));
    assert_eq!(answer, json!({ "ProcessedFindings": [identifier(finding)], "UnprocessedFindings": [] }));
}

fn request(identifiers: &[Value], update: Value) -> Value {
    let mut request = json!({ "FindingIdentifiers": identifiers });
    request.as_object_mut().unwrap().extend(update.as_object().unwrap().clone());
    request
}

/// The same finding, imported a day later.
fn later(stage: &Stage, with: Value) -> Value {
    let mut finding = finding("f", json!({ "UpdatedAt": "2026-01-11T08:00:00Z" }));
    finding.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    stored(stage, &finding)
}

/// Rules: BUF-01, BUF-02.
#[test]
fn too_many_identifiers_are_refused_and_an_empty_update_changes_nothing() {
    let stage = hub();
    let one = finding("f", json!({}));
    let before = stored(&stage, &one);
    change(&stage, &one, json!({}));
    assert_eq!(read(&stage, "f"), before);
    for (count, refusal) in [(0, "less than minimum value: 1"), (101, "greater than maximum value: 100")] {
        let request = request(&vec![identifier(&one); count], json!({}));
        assert_eq!(
            stage.refused(ADMINISTRATOR, BatchUpdateFindings, request, 400, "InvalidInputException"),
            format!("Invalid parameter 'FindingIdentifiers'. Size '{count}' is {refusal}.")
        );
    }
}

/// Rules: BUF-03.
#[test]
fn a_value_over_a_limit_refuses_the_call() {
    let stage = hub();
    let one = finding("f", json!({}));
    let before = stored(&stage, &one);
    let refused = |update: Value| {
        let request = request(&[identifier(&one)], update);
        stage.refused(ADMINISTRATOR, BatchUpdateFindings, request, 400, "InvalidInputException")
    };
    for (update, refusal) in [
        (json!({ "Confidence": 101 }), "Invalid parameter 'Confidence'. '101' is greater than maximum value: 100."),
        (
            json!({ "Note": { "Text": "t" } }),
            "Invalid parameter 'Note'. data.Note should have required property 'UpdatedBy'",
        ),
        (
            json!({ "Note": { "Text": "x".repeat(513), "UpdatedBy": "me" } }),
            "Invalid parameter 'Note'. data.Note.Text should NOT be longer than 512 characters",
        ),
        (
            json!({ "Workflow": { "Status": "DONE" } }),
            "Invalid parameter 'Workflow'. data.Workflow.Status should be equal to one of the allowed values",
        ),
        (
            json!({ "Types": ["a/b/c/d"] }),
            "Invalid parameter 'Types'. data.Types[0] should match pattern \"^([^/]+)(/[^/]+){0,2}$\"",
        ),
        (
            json!({ "RelatedFindings": vec![json!({ "Id": "i", "ProductArn": "p" }); 11] }),
            "Invalid parameter 'RelatedFindings'. Size '11' is greater than maximum value: 10.",
        ),
    ] {
        assert_eq!(refused(update), refusal);
    }
    assert_eq!(read(&stage, "f"), before);
}

/// Rules: BUF-04.
#[test]
fn an_update_without_a_hub_is_refused() {
    let request = request(&[identifier(&finding("f", json!({})))], json!({}));
    Stage::empty().refused(ADMINISTRATOR, BatchUpdateFindings, request.clone(), 401, "InvalidAccessException");
}

/// Rules: BUF-10, BUF-11, BUF-13.
#[test]
fn an_administrators_update_changes_the_only_copy_of_a_members_finding() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    let of_member = finding_of(MEMBER, "m", json!({}));
    let of_administrator = finding("a", json!({}));
    stage.good(MEMBER, BatchImportFindings, json!({ "Findings": [of_member] }));
    import(&stage, std::slice::from_ref(&of_administrator));
    let resolve = |finding: &Value| request(&[identifier(finding)], json!({ "Workflow": { "Status": "RESOLVED" } }));
    let is_found = |account: &str, finding: &Value| {
        let answer = stage.good(account, BatchUpdateFindings, resolve(finding));
        answer["UnprocessedFindings"] == json!([])
    };
    assert!(!is_found(ADMINISTRATOR, &of_member), "the accounts have no relation");
    stage.member(MemberStatus::Enabled);
    assert!(is_found(ADMINISTRATOR, &of_member));
    assert!(!is_found(MEMBER, &of_administrator));
    for account in [ADMINISTRATOR, MEMBER] {
        let filters = json!({ "Filters": { "Id": [{ "Value": "m", "Comparison": "EQUALS" }] } });
        let seen = stage.good(account, GetFindings, filters);
        assert_eq!(seen["Findings"][0]["Workflow"]["Status"], "RESOLVED");
    }
}

/// Rules: BUF-20.
#[test]
fn a_note_replaces_the_previous_one_and_is_dated_by_the_service() {
    let stage = hub();
    let note = |text: &str| json!({ "Note": { "Text": text, "UpdatedBy": "me" } });
    let first = changed(&stage, json!({}), note("one"));
    assert_eq!(first["Note"], json!({ "Text": "one", "UpdatedBy": "me", "UpdatedAt": "2026-01-15T09:00:00.000Z" }));
    stage.days_pass(1);
    change(&stage, &finding("f", json!({})), note("\"two\""));
    let expected = json!({ "Text": "\"two\"", "UpdatedBy": "me", "UpdatedAt": "2026-01-16T09:00:00.000Z" });
    assert_eq!(read(&stage, "f")["Note"], expected);
}

/// Rules: BUF-21 to BUF-25.
#[test]
fn a_severity_update_is_completed_and_keeps_the_original_value() {
    let severity = json!({ "Label": "HIGH", "Original": "8.1", "Product": 8.5 });
    for (update, expected) in [
        (json!({ "Label": "LOW" }), json!({ "Label": "LOW", "Normalized": 1, "Product": 8.5, "Original": "8.1" })),
        (
            json!({ "Normalized": 95 }),
            json!({ "Label": "CRITICAL", "Normalized": 95, "Product": 8.5, "Original": "8.1" }),
        ),
        (
            json!({ "Normalized": 5, "Label": "HIGH" }),
            json!({ "Label": "HIGH", "Normalized": 5, "Product": 8.5, "Original": "8.1" }),
        ),
        (json!({ "Product": 0 }), json!({ "Label": "HIGH", "Normalized": 70, "Product": 0, "Original": "8.1" })),
    ] {
        let with = json!({ "Severity": severity });
        let found = changed(&hub(), with, json!({ "Severity": update }))["Severity"].clone();
        assert_eq!(found, expected, "{update}");
    }
}

/// Rules: BUF-26 to BUF-31.
#[test]
fn an_update_sets_values_and_replaces_lists_and_maps() {
    let with = json!({
        "Confidence": 50, "UserDefinedFields": { "a": "b" }, "RecordState": "ARCHIVED",
        "RelatedFindings": [{ "ProductArn": "p", "Id": "1" }, { "ProductArn": "p", "Id": "2" }],
    });
    let update = json!({
        "Confidence": 0, "Criticality": 100, "Types": ["TTPs"], "VerificationState": "TRUE_POSITIVE",
        "RelatedFindings": [{ "ProductArn": "q", "Id": "3" }], "UserDefinedFields": { "c": "d" },
        "Workflow": { "Status": "SUPPRESSED" },
    });
    let stage = hub();
    let found = changed(&stage, with, update.clone());
    for (name, value) in update.as_object().unwrap() {
        assert_eq!(&found[name], value, "{name}");
    }
    assert_eq!((&found["WorkflowState"], &found["RecordState"]), (&json!("NEW"), &json!("ARCHIVED")));
    change(&stage, &found, json!({ "UserDefinedFields": {}, "Workflow": { "Status": "NOTIFIED" } }));
    let found = read(&stage, "f");
    assert_eq!((found.get("UserDefinedFields"), &found["Workflow"]["Status"]), (None, &json!("NOTIFIED")));
}

/// Rules: BUF-32 to BUF-34.
#[test]
fn an_update_leaves_the_providers_fields_unchanged() {
    let stage = hub();
    let before = stored(&stage, &finding("f", json!({})));
    stage.days_pass(1);
    change(&stage, &before, json!({ "Severity": { "Label": "LOW" }, "Confidence": 3, "Types": ["TTPs"] }));
    let after = read(&stage, "f");
    for name in ["FindingProviderFields", "UpdatedAt", "ProcessedAt", "RecordState", "ProductFields", "Resources"] {
        assert_eq!(after[name], before[name], "{name}");
    }
}

/// Rules: ASF-56, BUF-35.
#[test]
fn imports_do_not_overwrite_attributes_set_by_a_customer() {
    let stage = hub();
    // Setting an attribute to its current value counts as setting it.
    changed(&stage, json!({ "Confidence": 40 }), json!({ "Severity": { "Label": "HIGH" }, "Criticality": 9 }));
    let sent = json!({
        "Confidence": 41, "Severity": { "Label": "LOW" },
        "FindingProviderFields": { "Severity": { "Label": "CRITICAL" }, "Types": ["TTPs"] },
    });
    let found = later(&stage, sent);
    assert_eq!(found["Severity"], json!({ "Label": "HIGH", "Normalized": 70 }));
    assert_eq!(found["FindingProviderFields"]["Severity"], json!({ "Label": "CRITICAL", "Normalized": 90 }));
    assert_eq!((&found["Criticality"], &found["Confidence"]), (&json!(9), &json!(41)));
    assert_eq!(found["FindingProviderFields"].get("Criticality"), None);
}

/// Rules: REI-05, REI-06.
#[test]
fn every_customer_attribute_survives_an_import() {
    let stage = hub();
    let update = json!({
        "Note": { "Text": "t", "UpdatedBy": "me" }, "UserDefinedFields": { "a": "b" },
        "VerificationState": "BENIGN_POSITIVE", "Workflow": { "Status": "NOTIFIED" },
    });
    let before = changed(&stage, json!({}), update);
    let after =
        later(&stage, json!({ "Workflow": { "Status": "NEW" }, "UserDefinedFields": { "x": "y" }, "Title": "T" }));
    for name in ["Note", "UserDefinedFields", "VerificationState", "Workflow"] {
        assert_eq!(after[name], before[name], "{name}");
    }
    assert_eq!(after["Title"], "T");
}

/// Rules: BUF-40, BUF-41.
#[test]
fn unknown_and_repeated_identifiers_are_listed_as_unprocessed() {
    let stage = hub();
    let known = finding("a", json!({}));
    import(&stage, std::slice::from_ref(&known));
    let unknown = json!({ "Id": "nope", "ProductArn": known["ProductArn"] });
    let identifiers = [identifier(&known), identifier(&known), unknown.clone(), unknown.clone()];
    let answer = stage.good(ADMINISTRATOR, BatchUpdateFindings, request(&identifiers, json!({ "Confidence": 1 })));
    let unprocessed = |identifier: &Value, code: &str, message: &str| json!({ "FindingIdentifier": identifier, "ErrorCode": code, "ErrorMessage": message });
    let duplicate =
        |identifier| unprocessed(identifier, "DuplicatedFindingIdentifier", "Finding Identifier is duplicated");
    assert_eq!(
        answer,
        json!({
            "ProcessedFindings": [identifier(&known)],
            "UnprocessedFindings": [
                duplicate(&identifier(&known)),
                unprocessed(&unknown, "FindingNotFound", "Finding Not Found"),
                duplicate(&unknown),
            ],
        })
    );
}

/// Rules: BUF-43.
#[test]
fn an_update_that_exceeds_240_kb_is_refused() {
    let stage = hub();
    let many: serde_json::Map<String, Value> = (0..32).map(|n| (format!("k{n}"), json!("x".repeat(1024)))).collect();
    let resources: Vec<Value> =
        (0..6).map(|n| json!({ "Type": "Other", "Id": format!("r{n}"), "Details": { "Other": many } })).collect();
    let large = finding("f", json!({ "Resources": resources }));
    let before = stored(&stage, &large);
    let fields: serde_json::Map<String, Value> = (0..50).map(|n| (format!("k{n}"), json!("x".repeat(1024)))).collect();
    let request = request(&[identifier(&large)], json!({ "UserDefinedFields": fields }));
    let answer = stage.good(ADMINISTRATOR, BatchUpdateFindings, request);
    let refusal = &answer["UnprocessedFindings"][0];
    assert_eq!(
        (&refusal["ErrorCode"], &refusal["ErrorMessage"]),
        (&json!("FindingSizeExceeded"), &json!("Finding size exceeded 240 KB"))
    );
    assert_eq!(read(&stage, "f"), before);
}

fn update_findings(stage: &Stage, id: &str, update: Value) {
    let mut request = update;
    request["Filters"] = json!({ "Id": [{ "Value": id, "Comparison": "EQUALS" }] });
    assert_eq!(stage.good(ADMINISTRATOR, UpdateFindings, request), json!({}));
}

/// Rules: UPF-01, UPF-02, UPF-07.
#[test]
fn update_findings_changes_all_matches_and_needs_an_attribute() {
    let stage = hub();
    import(&stage, &[finding("a", json!({})), finding("b", json!({})), finding("c", json!({ "Title": "other" }))]);
    let filters = json!({ "Title": [{ "Value": "Port", "Comparison": "PREFIX" }] });
    stage.good(ADMINISTRATOR, UpdateFindings, json!({ "Filters": filters, "RecordState": "ARCHIVED" }));
    let states = ["a", "b", "c"].map(|id| read(&stage, id)["RecordState"].clone());
    assert_eq!(states, ["ARCHIVED", "ARCHIVED", "ACTIVE"]);
    stage.refused(ADMINISTRATOR, UpdateFindings, json!({ "Filters": filters }), 400, "InvalidInputException");
    let nothing = json!({ "Id": [{ "Value": "nope", "Comparison": "EQUALS" }] });
    let answer = stage.good(ADMINISTRATOR, UpdateFindings, json!({ "Filters": nothing, "RecordState": "ACTIVE" }));
    assert_eq!(answer, json!({}));
    let bad = json!({ "Title": [{ "Value": "a", "Comparison": "CONTAINS" }] });
    let refusal = stage.refused(
        ADMINISTRATOR,
        UpdateFindings,
        json!({ "Filters": bad, "RecordState": "ACTIVE" }),
        400,
        "InvalidInputException",
    );
    assert!(refusal.starts_with("Invalid Filters in the input: data.Title[0].Comparison"), "{refusal}");
}

/// Rules: UPF-03.
#[test]
fn a_member_sees_the_updates_of_its_administrator() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.member(MemberStatus::Enabled);
    stage.good(MEMBER, BatchImportFindings, json!({ "Findings": [finding_of(MEMBER, "m", json!({}))] }));
    update_findings(&stage, "m", json!({ "Note": { "Text": "seen", "UpdatedBy": "me" } }));
    let seen = stage.good(MEMBER, GetFindings, json!({}));
    assert_eq!(seen["Findings"][0]["Note"]["Text"], "seen");
}

/// Rules: UPF-05, UPF-08.
#[test]
fn the_next_import_reverts_update_findings() {
    let stage = hub();
    let note = |text: &str| json!({ "Note": { "Text": text, "UpdatedBy": "me" } });
    let before = changed(&stage, json!({}), note("kept"));
    let mut update = note("passing");
    update["RecordState"] = json!("ARCHIVED");
    update_findings(&stage, "f", update);
    update_findings(&stage, "f", note("passing too"));
    let between = read(&stage, "f");
    assert_eq!(
        (&between["Note"]["Text"], &between["RecordState"], &between["UpdatedAt"], &between["ProcessedAt"]),
        (&json!("passing too"), &json!("ARCHIVED"), &before["UpdatedAt"], &before["ProcessedAt"])
    );
    let after = later(&stage, json!({}));
    assert_eq!((&after["Note"], &after["RecordState"]), (&before["Note"], &json!("ACTIVE")));
    // A note of BatchUpdateFindings stays, even if UpdateFindings had set one before.
    update_findings(&stage, "f", note("passing"));
    change(&stage, &after, note("lasting"));
    let sent = json!({ "UpdatedAt": "2026-01-12T08:00:00Z" });
    assert_eq!(later(&stage, sent)["Note"]["Text"], "lasting");
}

/// Rules: UPF-05.
#[test]
fn the_next_import_removes_a_note_of_update_findings_if_there_was_none_before() {
    let stage = hub();
    stored(&stage, &finding("f", json!({})));
    update_findings(&stage, "f", json!({ "Note": { "Text": "passing", "UpdatedBy": "me" } }));
    assert_eq!(later(&stage, json!({})).get("Note"), None);
}

/// Rules: UPF-06.
#[test]
fn reactivating_a_resolved_finding_resets_its_workflow_status() {
    let stage = hub();
    changed(&stage, json!({ "RecordState": "ARCHIVED" }), json!({ "Workflow": { "Status": "RESOLVED" } }));
    update_findings(&stage, "f", json!({ "RecordState": "ACTIVE" }));
    assert_eq!(read(&stage, "f")["Workflow"]["Status"], "NEW");
}

/// Rules: RET-03.
#[test]
fn a_customers_update_does_not_extend_a_findings_retention() {
    let stage = hub();
    stored(&stage, &finding("f", json!({})));
    stage.days_pass(89);
    change(&stage, &finding("f", json!({})), json!({ "Confidence": 1 }));
    stage.days_pass(2);
    assert_eq!(read(&stage, "f"), Value::Null);
    // A finding with an old UpdatedAt does not expire right after its import.
    stored(
        &stage,
        &finding("old", json!({ "UpdatedAt": "2020-01-01T00:00:00Z", "CreatedAt": "2020-01-01T00:00:00Z" })),
    );
    stage.days_pass(60);
    assert_ne!(read(&stage, "old"), Value::Null);
}

/// Rules: REI-31, REI-34.
#[test]
fn only_the_provider_can_archive_a_finding() {
    let stage = hub();
    let found = changed(&stage, json!({}), json!({ "RecordState": "ARCHIVED" }));
    assert_eq!(found["RecordState"], "ACTIVE", "BatchUpdateFindings has no such member");
    stage.days_pass(80);
    assert_eq!(read(&stage, "f")["RecordState"], "ACTIVE");
    assert_eq!(later(&stage, json!({ "RecordState": "ARCHIVED" }))["RecordState"], "ARCHIVED");
}

/// Rules: RET-09, RET-10.
#[test]
fn an_administrator_sees_a_members_findings_exactly_while_it_is_related() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.member(MemberStatus::Enabled);
    let of_member = finding_of(MEMBER, "m", json!({}));
    stage.good(MEMBER, BatchImportFindings, json!({ "Findings": [of_member] }));
    let note = json!({ "Note": { "Text": "by the administrator", "UpdatedBy": "me" } });
    stage.good(ADMINISTRATOR, BatchUpdateFindings, request(&[identifier(&of_member)], note));
    let texts = |account: &str| {
        let found = stage.good(account, GetFindings, json!({}))["Findings"].clone();
        found.as_array().unwrap().iter().map(|found| found["Note"]["Text"].clone()).collect::<Vec<_>>()
    };
    stage.member(MemberStatus::Removed);
    assert_eq!((texts(ADMINISTRATOR), texts(MEMBER)), (vec![], vec![json!("by the administrator")]));
    stage.member(MemberStatus::Enabled);
    assert_eq!(texts(ADMINISTRATOR), ["by the administrator"]);
}

/// Rules: UPF-04, HIS-16.
#[test]
fn update_findings_leaves_no_history_record() {
    let stage = hub();
    let one = finding("f", json!({}));
    stored(&stage, &one);
    update_findings(&stage, "f", json!({ "Note": { "Text": "t", "UpdatedBy": "me" }, "RecordState": "ARCHIVED" }));
    let request = json!({ "FindingIdentifier": identifier(&one) });
    let history = stage.good(ADMINISTRATOR, securityhub_fixtures::Operation::GetFindingHistory, request);
    assert_eq!(history["Records"].as_array().unwrap().len(), 1);
}

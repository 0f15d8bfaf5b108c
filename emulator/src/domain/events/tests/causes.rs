//! The causes of events, and their content.

use securityhub_fixtures::Operation::{
    BatchEnableStandards, BatchImportFindings, BatchUpdateFindings, CreateActionTarget, CreateAutomationRule,
    CreateFindingAggregator, CreateInsight, CreateMembers, DeleteActionTarget, DisableSecurityHub, EnableSecurityHub,
    InviteMembers, TagResource, UpdateFindings, UpdateSecurityHubConfiguration,
};
use serde_json::{Value, json};

use super::super::envelope;
use super::*;
use crate::domain::due;
use crate::testing::{MEMBER, finding};

fn hub() -> Stage {
    Stage::with_hubs(&[ADMINISTRATOR])
}

fn identifiers(finding_ids: &[&str]) -> Value {
    let named = |id: &&str| json!({ "Id": id, "ProductArn": finding(id, json!({}))["ProductArn"] });
    finding_ids.iter().map(named).collect()
}

/// Rules: EVT-01, EVT-10.
#[test]
fn an_import_makes_an_event_in_an_eventbridge_envelope() {
    let stage = hub();
    import(&stage, &[finding("scan-7/bucket \"open\"", json!({ "Sample": true }))]);
    let event = &stage.0.events(0, 9, |_| true).events[0];
    let text = envelope::write(event, &stage.0.ids);
    let parsed: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(parsed.to_string(), text, "the event is compact JSON in this order");
    insta::assert_snapshot!(format!("{parsed:#}"));
}

/// Rules: EVT-10.
#[test]
fn event_ids_are_version_4_uuids_that_equal_runs_repeat() {
    let run = || {
        let stage = hub();
        import(&stage, &[finding("a", json!({})), finding("b", json!({}))]);
        stage.events()
    };
    let events = run();
    assert_eq!(events, run());
    let event_ids: Vec<&str> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_ne!(event_ids[0], event_ids[1]);
    for id in event_ids {
        assert_eq!((id.len(), &id[14..15], "89ab".contains(&id[19..20])), (36, "4", true), "{id}");
        assert_eq!(id.to_lowercase(), id);
    }
}

/// Rules: EVT-11, EVT-12, IMP-42.
#[test]
fn the_event_contains_the_finding_as_get_findings_returned_it() {
    let stage = hub();
    let with = json!({ "UpdatedAt": "2026-01-10T09:00:00+01:00", "ProductFields": { "team": "é\"" } });
    import(&stage, &[finding("f", with)]);
    let first = read(&stage, "f");
    let update = json!({ "FindingIdentifiers": identifiers(&["f"]), "Note": { "Text": "mine", "UpdatedBy": "me" } });
    stage.good(ADMINISTRATOR, BatchUpdateFindings, update);
    import(&stage, &[finding("f", json!({ "UpdatedAt": "2026-01-11T00:00:00Z", "Title": "New" }))]);
    let bodies = bodies(&stage.events());
    assert_eq!(bodies.len(), 3);
    assert_eq!(bodies[0].to_string(), first.to_string());
    assert_eq!(bodies[2].to_string(), read(&stage, "f").to_string());
    assert_eq!(bodies[0]["UpdatedAt"], "2026-01-10T09:00:00+01:00");
    let all = ["ProcessedAt", "Region", "ProductName", "CompanyName", "Workflow", "WorkflowState", "RecordState"];
    for name in all.iter().chain(&["FindingProviderFields", "ProductFields"]) {
        assert!(bodies[0].get(name).is_some(), "{name}");
    }
    assert!(bodies[0]["ProductFields"].get("aws/securityhub/FindingId").is_some());
}

/// Rules: EVT-14.
#[test]
fn a_finding_of_the_largest_size_is_one_event() {
    let stage = hub();
    let text = "x".repeat(1024);
    let fields: serde_json::Map<String, Value> = (0..49).map(|number| (format!("k{number}"), json!(text))).collect();
    let resources: Vec<Value> = (0..20)
        .map(|number| json!({ "Type": "Other", "Id": format!("r{number}"), "Details": { "Other": fields } }))
        .collect();
    let mut many = resources;
    while json!(many).to_string().len() > 230_000 {
        many.pop();
    }
    import(&stage, &[finding("large", json!({ "Resources": many }))]);
    let events = stage.events();
    assert!(events[0].to_string().len() > 180_000);
    assert_eq!(bodies(&events), [read(&stage, "large")]);
}

/// Rules: EVT-20, EVT-51, EVT-52.
#[test]
fn each_accepted_finding_makes_an_event_in_order_before_the_answer() {
    let stage = hub();
    let findings = [
        finding("new", json!({})),
        finding("failed", json!({ "Title": null })),
        finding("other", json!({})),
        finding("new", json!({ "UpdatedAt": "2026-01-11T00:00:00Z", "Title": "Again" })),
    ];
    assert_eq!(import(&stage, &findings)["FailedCount"], 1);
    let events = stage.events();
    assert_eq!(ids(&events), ["new", "other", "new"]);
    assert_eq!(bodies(&events)[2]["Title"], "Again");
    assert_eq!(bodies(&events)[0]["Title"], "Port 22 is open");
    stage.refused(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [] }), 400, "InvalidInputException");
    assert_eq!(stage.events(), Vec::<Value>::new());
}

/// Rules: EVT-20.
#[test]
fn events_of_a_large_batch_keep_the_findings_of_that_time() {
    let stage = hub();
    let findings: Vec<Value> =
        (0..100).map(|number| finding(&format!("f{number}"), json!({ "Description": "d".repeat(1000) }))).collect();
    import(&stage, &findings);
    let later =
        |number| finding(&format!("f{number}"), json!({ "UpdatedAt": "2026-01-11T00:00:00Z", "Title": "Later" }));
    import(&stage, &(0..100).map(later).collect::<Vec<_>>());
    let bodies = bodies(&stage.events());
    for (number, body) in bodies.iter().enumerate() {
        let title = if number < 100 { "Port 22 is open" } else { "Later" };
        assert_eq!((&body["Id"], &body["Title"]), (&json!(format!("f{}", number % 100)), &json!(title)));
    }
    assert_eq!(bodies.len(), 200);
}

/// Rules: EVT-21.
#[test]
fn every_reimport_makes_an_event_unless_it_is_ignored() {
    let stage = hub();
    import(&stage, &[finding("f", json!({}))]);
    assert_eq!(stage.events().len(), 1);
    import(&stage, &[finding("f", json!({ "UpdatedAt": "2026-01-11T00:00:00Z" }))]);
    assert_eq!(ids(&stage.events()), ["f"], "only UpdatedAt has changed");
    for ignored in ["2026-01-11T00:00:00Z", "2026-01-09T00:00:00Z"] {
        import(&stage, &[finding("f", json!({ "UpdatedAt": ignored, "Title": "Old" }))]);
        assert_eq!(stage.events(), Vec::<Value>::new());
    }
}

/// Rules: EVT-22, BUF-36.
#[test]
fn each_batch_update_makes_an_event_with_an_unchanged_updated_at() {
    let stage = hub();
    import(&stage, &[finding("a", json!({})), finding("b", json!({}))]);
    stage.events();
    stage.days_pass(1);
    let named = identifiers(&["b", "unknown", "a", "b"]);
    let update = json!({ "FindingIdentifiers": named, "Workflow": { "Status": "NOTIFIED" } });
    let answer = stage.good(ADMINISTRATOR, BatchUpdateFindings, update);
    assert_eq!(answer["UnprocessedFindings"].as_array().unwrap().len(), 2);
    let events = stage.events();
    assert_eq!(ids(&events), ["b", "a"]);
    for (event, body) in events.iter().zip(bodies(&events)) {
        assert_eq!((&event["detail-type"], &event["time"]), (&json!(IMPORTED), &json!("2026-01-16T09:00:00Z")));
        assert_eq!(body["Workflow"]["Status"], "NOTIFIED");
        assert_eq!(body["UpdatedAt"], "2026-01-10T08:00:00Z");
    }
}

/// Rules: EVT-23.
#[test]
fn update_findings_makes_an_event_for_each_selected_finding() {
    let stage = hub();
    import(&stage, &[finding("a", json!({})), finding("b", json!({ "Title": "Other" })), finding("c", json!({}))]);
    stage.events();
    let filters = json!({ "Title": [{ "Value": "Port", "Comparison": "PREFIX" }] });
    stage.good(ADMINISTRATOR, UpdateFindings, json!({ "Filters": filters, "RecordState": "ARCHIVED" }));
    let events = stage.events();
    assert_eq!(ids(&events), ["a", "c"]);
    assert!(bodies(&events).iter().all(|body| body["RecordState"] == "ARCHIVED"));
}

/// Rules: EVT-24, EVT-25.
#[test]
fn automation_rules_run_before_the_only_event() {
    let stage = hub();
    import(&stage, &[finding("before", json!({}))]);
    stage.events();
    let rule = |order, action: Value| {
        json!({
            "RuleOrder": order, "RuleName": "r", "Description": "d",
            "Criteria": { "SeverityLabel": [{ "Value": "HIGH", "Comparison": "EQUALS" }] },
            "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": action }],
        })
    };
    stage.good(ADMINISTRATOR, CreateAutomationRule, rule(1, json!({ "Severity": { "Label": "CRITICAL" } })));
    stage.good(ADMINISTRATOR, CreateAutomationRule, rule(2, json!({ "Workflow": { "Status": "SUPPRESSED" } })));
    assert_eq!(stage.events(), Vec::<Value>::new());
    import(&stage, &[finding("after", json!({}))]);
    let bodies = bodies(&stage.events());
    assert_eq!(bodies, [read(&stage, "after")]);
    assert_eq!(bodies[0]["Severity"]["Label"], "CRITICAL");
    assert_eq!(bodies[0]["Workflow"]["Status"], "SUPPRESSED");
}

/// Rules: EVT-28.
#[test]
fn expired_and_dropped_findings_make_no_events() {
    let stage = hub();
    import(&stage, &[finding("active", json!({})), finding("archived", json!({ "RecordState": "ARCHIVED" }))]);
    stage.events();
    stage.days_pass(40);
    assert_eq!(read(&stage, "archived"), Value::Null);
    stage.days_pass(60);
    assert_eq!(read(&stage, "active"), Value::Null);
    import(&stage, &[finding("last", json!({ "UpdatedAt": "2026-05-01T00:00:00Z" }))]);
    stage.events();
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    stage.days_pass(100);
    due::run(&stage.0, stage.0.clock.now());
    assert_eq!(stage.0.finding_count(), 0);
    assert_eq!(stage.events(), Vec::<Value>::new());
}

/// Rules: EVT-07, EVT-29.
#[test]
fn only_findings_make_events() {
    let stage = Stage::empty();
    for (operation, input) in [
        (EnableSecurityHub, json!({})),
        (UpdateSecurityHubConfiguration, json!({ "AutoEnableControls": false })),
        (
            BatchEnableStandards,
            json!({ "StandardsSubscriptionRequests": [{
                "StandardsArn": "arn:aws:securityhub:us-east-1::standards/pci-dss/v/3.2.1",
            }] }),
        ),
        (CreateMembers, json!({ "AccountDetails": [{ "AccountId": MEMBER, "Email": "a@example.com" }] })),
        (InviteMembers, json!({ "AccountIds": [MEMBER] })),
        (CreateFindingAggregator, json!({ "RegionLinkingMode": "ALL_REGIONS" })),
        (CreateInsight, json!({ "Name": "i", "Filters": {}, "GroupByAttribute": "ResourceId" })),
        (CreateActionTarget, json!({ "Name": "n", "Description": "d", "Id": "x" })),
        (
            TagResource,
            json!({ "ResourceArn": "arn:aws:securityhub:us-east-1:111111111111:hub/default", "Tags": { "a": "b" } }),
        ),
        (
            DeleteActionTarget,
            json!({ "ActionTargetArn": "arn:aws:securityhub:us-east-1:111111111111:action/custom/x" }),
        ),
    ] {
        stage.good(ADMINISTRATOR, operation, input);
        assert_eq!(stage.events(), Vec::<Value>::new(), "{}", operation.name());
    }
}

/// Rules: EVT-51.
#[test]
fn events_of_a_finding_are_in_the_order_of_its_changes() {
    let stage = hub();
    import(&stage, &[finding("f", json!({}))]);
    stage.events();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let stage = &stage;
            scope.spawn(move || {
                for round in 0..50 {
                    let note = json!({ "Text": format!("{thread}.{round}"), "UpdatedBy": "me" });
                    let update = json!({ "FindingIdentifiers": identifiers(&["f"]), "Note": note });
                    stage.good(ADMINISTRATOR, BatchUpdateFindings, update);
                }
            });
        }
    });
    let input = json!({ "FindingIdentifier": identifiers(&["f"])[0], "MaxResults": 100 });
    let history = stage.good(ADMINISTRATOR, securityhub_fixtures::Operation::GetFindingHistory, input);
    let newest: Vec<&Value> = history["Records"].as_array().unwrap().iter().collect();
    let texts = |record: &Value| {
        let updates = record["Updates"].as_array().unwrap().iter();
        updates.filter(|update| update["UpdatedField"] == "Note.Text").map(|it| it["NewValue"].clone()).next()
    };
    let receiver_names: Vec<Value> =
        bodies(&stage.events()).iter().rev().map(|body| body["Note"]["Text"].clone()).collect();
    assert_eq!(receiver_names.len(), 200);
    for (record, receiver_names) in newest.iter().zip(&receiver_names) {
        assert_eq!(texts(record).as_ref(), Some(receiver_names), "{record}");
    }
}

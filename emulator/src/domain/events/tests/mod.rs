//! Events as a rule of EventBridge receives them (EVT).

use securityhub_fixtures::Operation::{BatchImportFindings, GetFindings};
use serde_json::{Value, json};

use crate::testing::{ADMINISTRATOR, REGION, Stage};

mod causes;
mod controls;
mod custom_actions;
mod receivers;

const IMPORTED: &str = "Security Hub Findings - Imported";

fn import(stage: &Stage, findings: &[Value]) -> Value {
    stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": findings }))
}

/// A finding as an account reads it in a Region.
fn read_in(stage: &Stage, region: &str, account: &str, finding_id: &str) -> Value {
    let filters = json!({ "Id": [{ "Value": finding_id, "Comparison": "EQUALS" }] });
    let answer = stage.call_in(region, account, GetFindings, json!({ "Filters": filters })).unwrap();
    answer["Findings"][0].clone()
}

fn read(stage: &Stage, finding_id: &str) -> Value {
    read_in(stage, REGION, ADMINISTRATOR, finding_id)
}

/// The findings in events, one in each.
fn bodies(events: &[Value]) -> Vec<Value> {
    let body = |event: &Value| {
        let findings = event["detail"]["findings"].as_array().unwrap();
        assert_eq!(findings.len(), 1, "{event}");
        findings[0].clone()
    };
    events.iter().map(body).collect()
}

/// The ids of the findings in events.
fn ids(events: &[Value]) -> Vec<String> {
    bodies(events).iter().map(|body| body["Id"].as_str().unwrap().to_owned()).collect()
}

/// The receiver in the form `222222222222@us-east-1`.
fn receiver_names(events: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    events.iter().map(|event| format!("{}@{}", text(&event["account"]), text(&event["region"]))).collect()
}

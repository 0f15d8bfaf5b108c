//! Rules of findings, tested through the operations, in one file per topic.

use securityhub_fixtures::Operation::{BatchImportFindings, GetFindings};
use serde_json::{Value, json};

use super::import::{Endpoint, Failed, Importer, Sender, batch, read_finding};
use crate::state::{HubKey, Region};
use crate::testing::{ADMINISTRATOR, REGION, Stage, finding, id};

mod anchors;
mod attributes;
mod batches;
mod changes;
mod delivery;
mod histories;
mod maps;
mod recordings;
mod retention;
mod rules;
mod undone;
mod updates;

fn hub() -> Stage {
    Stage::with_hubs(&[ADMINISTRATOR])
}

fn import(stage: &Stage, findings: &[Value]) -> Value {
    stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": findings }))
}

/// Imports a finding, expects it to be accepted, and returns it as it is read afterwards.
fn stored(stage: &Stage, finding: &Value) -> Value {
    let answer = import(stage, std::slice::from_ref(finding));
    assert_eq!(answer, json!({ "FailedCount": 0, "SuccessCount": 1, "FailedFindings": [] }));
    read(stage, finding["Id"].as_str().unwrap())
}

fn read(stage: &Stage, finding_id: &str) -> Value {
    let filters = json!({ "Id": [{ "Value": finding_id, "Comparison": "EQUALS" }] });
    stage.good(ADMINISTRATOR, GetFindings, json!({ "Filters": filters }))["Findings"][0].clone()
}

/// Code and message of the only failed finding.
fn failure(stage: &Stage, finding: &Value) -> (String, String) {
    let answer = import(stage, std::slice::from_ref(finding));
    assert_eq!((&answer["FailedCount"], &answer["SuccessCount"]), (&json!(1), &json!(0)), "{answer}");
    let failed = &answer["FailedFindings"][0];
    assert_eq!(failed["Id"], finding["Id"]);
    (failed["ErrorCode"].as_str().unwrap().to_owned(), failed["ErrorMessage"].as_str().unwrap().to_owned())
}

/// The AJV sentence for a refused finding.
fn refusal(with: Value) -> String {
    let (code, message) = failure(&hub(), &finding("f", with));
    assert_eq!(code, "InvalidInput");
    message.strip_prefix("Finding does not adhere to Amazon Finding Format. ").expect(&message).to_owned()
}

/// Imports findings as AWS products do.
fn failures_of_product(stage: &Stage, findings: &[Value]) -> Vec<Failed> {
    let region = Region::new(REGION);
    let directory = stage.0.directory();
    let endpoint = Endpoint { world: &stage.0, directory: &directory, region: &region, now: stage.0.clock.now() };
    let texts: Vec<String> = findings.iter().map(Value::to_string).collect();
    let sent: Vec<_> = texts.iter().map(|text| read_finding(text).unwrap()).collect();
    let mut transaction = stage.0.write_findings();
    let outcome = batch(&mut transaction, &endpoint, Sender::Product, &sent).unwrap();
    transaction.commit();
    outcome.failed
}

/// The same, expecting that every finding is accepted.
fn as_product(stage: &Stage, findings: &[Value]) {
    assert_eq!(failures_of_product(stage, findings), []);
}

/// Subscribes an account to a product.
fn subscribe(stage: &Stage, account: &str, product: &str) {
    let key = HubKey { account: id(account), region: Region::new(REGION) };
    let mut transaction = stage.0.write();
    let mut hub = (*transaction.hub(&key).unwrap()).clone();
    hub.product_subscriptions.insert(product.to_owned());
    transaction.stage_hub(key, hub);
    transaction.commit();
}

fn product_arn(path: &str) -> Value {
    json!(format!("arn:aws:securityhub:{REGION}::product/{path}"))
}

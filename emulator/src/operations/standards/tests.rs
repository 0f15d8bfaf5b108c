//! Rules of standards, their controls and security controls, tested through operations.

mod associations;
mod controls;
mod new_controls;
mod security_controls;
mod standards_and_subscriptions;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use securityhub_fixtures::Operation::{BatchEnableStandards, GetEnabledStandards};
use securityhub_fixtures::standards;
use serde_json::{Value, json};

use crate::domain::controls::standards::subscriptions;
use crate::state::{ConfigRecorder, Delays, HubKey, Region};
use crate::testing::{ADMINISTRATOR, REGION, Stage, id};

const FSBP: &str = "arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0";
const CIS_1_2: &str = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0";
const CIS_1_4: &str = "arn:aws:securityhub:us-east-1::standards/cis-aws-foundations-benchmark/v/1.4.0";
const PCI: &str = "arn:aws:securityhub:us-east-1::standards/pci-dss/v/3.2.1";
const CONTROL_TOWER: &str = "arn:aws:securityhub:us-east-1::standards/service-managed-aws-control-tower/v/1.0.0";
const OF_CIS_1_2: &str =
    "arn:aws:securityhub:us-east-1:111111111111:subscription/cis-aws-foundations-benchmark/v/1.2.0";
const OF_PCI: &str = "arn:aws:securityhub:us-east-1:111111111111:subscription/pci-dss/v/3.2.1";

/// A hub without standards.
fn bare() -> Stage {
    let stage = Stage::empty();
    let input = json!({ "EnableDefaultStandards": false });
    stage.good(ADMINISTRATOR, securityhub_fixtures::Operation::EnableSecurityHub, input);
    stage
}

/// A hub in which enabling a standard takes an hour, disabling two, and updating a control three.
fn slow() -> Stage {
    let mut stage = bare();
    stage.0.delays = Delays {
        standards_enable: SignedDuration::from_hours(1),
        standards_disable: SignedDuration::from_hours(2),
        security_control_update: SignedDuration::from_hours(3),
        ..Delays::default()
    };
    stage
}

/// A hub with these standards.
fn with(standards: &[&str]) -> Stage {
    let stage = bare();
    stage.good(ADMINISTRATOR, BatchEnableStandards, enable(standards));
    stage
}

fn enable(standards: &[&str]) -> Value {
    let requests: Vec<Value> = standards.iter().map(|arn| json!({ "StandardsArn": arn })).collect();
    json!({ "StandardsSubscriptionRequests": requests })
}

fn disable(subscriptions: &[&str]) -> Value {
    json!({ "StandardsSubscriptionArns": subscriptions })
}

fn hours_pass(stage: &Stage, hours: i64) {
    stage.0.clock.advance(SignedDuration::from_hours(hours));
}

/// `StandardsArn` and `StandardsStatus` of all subscriptions.
fn statuses(stage: &Stage) -> Vec<(String, String)> {
    let answer = stage.good(ADMINISTRATOR, GetEnabledStandards, json!({}));
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = answer["StandardsSubscriptions"].as_array().unwrap();
    rows.iter().map(|row| (text(row, "StandardsArn"), text(row, "StandardsStatus"))).collect()
}

fn hub_key() -> HubKey {
    HubKey { account: id(ADMINISTRATOR), region: Region::new(REGION) }
}

/// Changes the hub directly, without the API.
fn edit_hub(stage: &Stage, edit: impl FnOnce(&mut crate::state::Hub)) {
    let mut transaction = stage.0.write();
    let mut hub = (*transaction.hub(&hub_key()).unwrap()).clone();
    edit(&mut hub);
    transaction.stage_hub(hub_key(), hub);
    transaction.commit();
}

fn recorder(stage: &Stage, recorder: ConfigRecorder) {
    edit_hub(stage, |hub| hub.config_recorder = recorder);
}

/// Enables Control Tower's standard, as Control Tower does, and returns its ARN.
fn control_tower(stage: &Stage) -> &'static str {
    let standard = standards::standard("control-tower-1.0.0").unwrap();
    let mut transaction = stage.0.write();
    let mut hub = (*transaction.hub(&hub_key()).unwrap()).clone();
    let now = stage.0.clock.now();
    subscriptions::begin(&mut transaction, &hub_key(), &mut hub, standard, BTreeMap::new(), now);
    transaction.stage_hub(hub_key(), hub);
    transaction.commit();
    CONTROL_TOWER
}

/// Puts the account under central management.
fn manage_centrally(stage: &Stage) {
    stage.organization(&[(ADMINISTRATOR, "security")]);
    stage.relations(|directory| {
        directory.accounts.get_mut(&id(ADMINISTRATOR)).unwrap().centrally_managed = true;
    });
}

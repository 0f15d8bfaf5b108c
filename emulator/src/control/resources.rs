//! `/_emulator/resources`, `/_emulator/config-recorder` and `/_emulator/checks/run`: changes the resources that
//! controls check, and runs checks.
//!
//! AWS observes the resources of an account; the emulator only has declared ones.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::request::{self, error_response};
use crate::domain::controls::checks::{self, change};
use crate::domain::{due, hub_access};
use crate::scenario::entries;
use crate::served::ServedWorld;
use crate::state::{
    CheckResult, ComplianceStatus, ConfigRecorder, HubKey, RecorderSettings, Resource, Transaction, World,
};

const DECLARE: &str = "expected a resource or a list of resources, in the format of `resources` in a scenario";
const DELETE: &str = "expected ?account=111111111111&type=AwsS3Bucket&id=pay, optionally with \
                      &region=us-east-1,eu-west-1; without id or type, all resources match";
const RECORD: &str = "expected a body such as {\"Account\": \"111111111111\", \"Regions\": [\"us-east-1\"], \"Recorder\": \"off\"}, or \"on\", \
                      or {\"Types\": [\"AwsS3Bucket\"], \"Role\": \"custom\"}";
const RUN: &str = "expected a body such as {\"Account\": \"111111111111\", \"Regions\": [\"us-east-1\"]}, or an empty body for all hubs";

/// The resources to list or delete.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    account: Option<String>,
    region: Option<String>,
    #[serde(rename = "type")]
    resource_type: Option<String>,
    id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Record {
    account: String,
    regions: Vec<String>,
    recorder: WrittenRecorder,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenRecorder {
    Switch(Switch),
    Custom(Custom),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Switch {
    On,
    Off,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Custom {
    types: Option<Vec<String>>,
    role: Option<Role>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    Custom,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Run {
    account: Option<String>,
    regions: Option<Vec<String>>,
}

/// Lists the declared resources, in a form that can be sent again.
pub(super) async fn list(Extension(served): Extension<ServedWorld>, query: request::QueryOf<Input>) -> Response {
    respond(listed(&served.world(), &query.0))
}

/// Declares resources (RES-10).
pub(super) async fn declare(Extension(served): Extension<ServedWorld>, _: request::NoQuery, body: Bytes) -> Response {
    respond(declared(&served.world(), &body))
}

/// Deletes resources and returns them (FND-33).
pub(super) async fn delete(Extension(served): Extension<ServedWorld>, query: request::QueryOf<Input>) -> Response {
    match deleted(&served.world(), query.0) {
        Ok(deleted) if deleted.is_empty() => error_response(StatusCode::NOT_FOUND, "no matching resource"),
        other => respond(other.map(|deleted| json!({ "resources": deleted }))),
    }
}

/// Changes the configuration recorders of AWS Config (RES-05).
pub(super) async fn record(Extension(served): Extension<ServedWorld>, _: request::NoQuery, body: Bytes) -> Response {
    respond(recorded(&served.world(), &body))
}

/// Runs all checks now (RES-10).
pub(super) async fn run(Extension(served): Extension<ServedWorld>, _: request::NoQuery, body: Bytes) -> Response {
    respond(ran(&served.world(), &body))
}

fn respond(outcome: Result<Value, String>) -> Response {
    match outcome {
        Ok(answer) => Json(answer).into_response(),
        Err(message) => error_response(StatusCode::BAD_REQUEST, &message),
    }
}

fn listed(world: &World, input: &Input) -> Result<Value, String> {
    let account = input.account.as_deref().map(|text| request::account(text, DELETE)).transpose()?;
    let regions = input.region.as_ref().map(|regions| request::regions(world, regions.split(','))).transpose()?;
    let is_wanted = |key: &HubKey, resource: &Resource| {
        account.is_none_or(|account| account == key.account)
            && regions.as_ref().is_none_or(|regions| regions.contains(&key.region))
            && input
                .resource_type
                .as_ref()
                .is_none_or(|name| checks::resource_type(name) == Some(resource.resource_type))
            && input.id.as_ref().is_none_or(|id| *id == resource.id)
    };
    let resources = world.resources().unwrap_or_default();
    let all = resources.declared.iter().flat_map(|(key, all)| all.iter().map(move |resource| (key, resource)));
    let entries: Vec<Value> =
        all.filter(|(key, it)| is_wanted(key, it)).map(|(key, resource)| entry(key, resource)).collect();
    Ok(json!({ "resources": entries }))
}

fn declared(world: &World, body: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(body).map_err(|error| format!("{error}; {DECLARE}"))?;
    let mut regions = world.directory().regions.clone();
    regions.extend(
        world.relations().hub_regions().into_iter().filter(|region| !regions.contains(region)).collect::<Vec<_>>(),
    );
    let resources =
        entries::resources(text, &regions).map_err(|errors| format!("{}; {DECLARE}", errors.in_a_line()))?;
    let entries: Vec<Value> =
        resources.iter().flat_map(|(key, all)| all.iter().map(move |resource| entry(key, resource))).collect();
    change(world, |transaction, now| change::declare(transaction, world, resources, now));
    Ok(json!({ "resources": entries }))
}

fn deleted(world: &World, input: Input) -> Result<Vec<Value>, String> {
    let resource_type = input.resource_type.map(|name| resource_type(&name)).transpose()?;
    let which = change::ResourceSelector {
        account: request::account(input.account.as_deref().unwrap_or_default(), DELETE)?,
        regions: input.region.map(|regions| request::regions(world, regions.split(','))).transpose()?,
        resource_type,
        id: input.id,
    };
    let deleted = change(world, |transaction, now| change::delete(transaction, &which, now));
    Ok(deleted.iter().map(|(key, resource)| entry(key, resource)).collect())
}

fn recorded(world: &World, body: &[u8]) -> Result<Value, String> {
    let input: Record = serde_json::from_slice(body).map_err(|error| format!("{error}; {RECORD}"))?;
    let account = request::account(&input.account, RECORD)?;
    let recorder = match input.recorder {
        WrittenRecorder::Switch(Switch::On) => ConfigRecorder::On,
        WrittenRecorder::Switch(Switch::Off) => ConfigRecorder::Off,
        WrittenRecorder::Custom(Custom { types, role }) => {
            let read = |types: Vec<String>| types.iter().map(|name| resource_type(name)).collect::<Result<_, _>>();
            let has_custom_role = matches!(role, Some(Role::Custom));
            ConfigRecorder::Custom(RecorderSettings { types: types.map(read).transpose()?, has_custom_role })
        }
    };
    let regions = request::regions(world, input.regions.iter().map(String::as_str))?;
    let keys: Vec<HubKey> = regions.into_iter().map(|region| HubKey { account, region }).collect();
    if keys.is_empty() {
        return Err(format!("Regions is empty; {RECORD}"));
    }
    if let Some(off) = keys.iter().find(|key| !hub_access::is_enabled(world, key)) {
        return Err(format!("Security Hub is not enabled for {account} in {}; enable it there first", off.region));
    }
    change(world, |transaction, now| {
        keys.iter().try_for_each(|key| change::record(transaction, key, recorder.clone(), now))
    })
    .map_err(|_| format!("Security Hub was disabled for {account} in the meantime"))?;
    Ok(json!({}))
}

fn ran(world: &World, body: &[u8]) -> Result<Value, String> {
    let input: Run = match body {
        [] => Run::default(),
        body => serde_json::from_slice(body).map_err(|error| format!("{error}; {RUN}"))?,
    };
    if world.resources().is_none() {
        return Err(
            "no resources are declared, so controls are not checked; declare some with PUT /_emulator/resources"
                .to_owned(),
        );
    }
    let account = input.account.as_deref().map(|text| request::account(text, RUN)).transpose()?;
    let regions = input.regions.map(|names| request::regions(world, names.iter().map(String::as_str))).transpose()?;
    let is_wanted = |key: &HubKey| {
        account.is_none_or(|account| account == key.account)
            && regions.as_ref().is_none_or(|regions| regions.contains(&key.region))
            && hub_access::is_enabled(world, key)
    };
    let keys: BTreeSet<HubKey> = world.relations().hub_keys().into_iter().filter(is_wanted).collect();
    change(world, |transaction, now| change::check(transaction, &keys, now));
    let checked: Vec<Value> =
        keys.iter().map(|key| json!({ "Account": key.account.as_str(), "Region": key.region.as_str() })).collect();
    Ok(json!({ "Checked": checked }))
}

/// Changes the world and runs pending work that is due as a result.
fn change<R>(world: &World, edit: impl FnOnce(&mut Transaction<'_>, crate::state::Timestamp) -> R) -> R {
    let now = world.clock.now();
    due::run(world, now);
    let mut transaction = world.write();
    let result = edit(&mut transaction, now);
    for change in transaction.commit() {
        tracing::debug!(?change, "changed");
    }
    due::run(world, now);
    result
}

fn resource_type(name: &str) -> Result<&'static str, String> {
    let expected = "expected an ASFF type such as AwsS3Bucket";
    checks::resource_type(name).ok_or_else(|| format!("no control checks resources of type `{name}`, {expected}"))
}

/// A resource in the form used by scenarios.
fn entry(key: &HubKey, resource: &Resource) -> Value {
    let of = |is_wanted: &dyn Fn(&CheckResult) -> bool| {
        let meant = resource.results.iter().filter(move |(_, result)| is_wanted(result));
        meant.map(|(id, result)| (*id, result.reason.clone())).collect::<BTreeMap<_, _>>()
    };
    let names = |results: &BTreeMap<&str, Option<String>>| results.keys().copied().map(Value::from).collect::<Vec<_>>();
    let is_no_more = |result: &CheckResult| result.reason.as_deref() == Some(checks::NOT_APPLICABLE);
    let fails = of(&|result| result.status == ComplianceStatus::Failed);
    let reasons: BTreeMap<&str, &String> = fails.iter().filter_map(|(id, it)| Some((*id, it.as_ref()?))).collect();
    let when = resource.conditions.iter().map(|it| {
        let fails_if = format!("{} {}", it.comparison.sign(), it.value);
        json!({ "control": it.control, "parameter": it.parameter, "fails_if": fails_if })
    });
    let parts = [
        ("fails", json!(names(&fails))),
        ("reasons", json!(reasons)),
        ("warns", json!(of(&|result| result.status == ComplianceStatus::Warning))),
        ("not_available", json!(of(&|it| it.status == ComplianceStatus::NotAvailable && !is_no_more(it)))),
        ("not_applicable", json!(names(&of(&is_no_more)))),
        ("when", json!(when.collect::<Vec<_>>())),
        ("annotation", json!(resource.annotations)),
    ];
    let mut written = Map::new();
    let mut put = |name: &str, value: Value| _ = written.insert(name.to_owned(), value);
    put("account", key.account.as_str().into());
    put("regions", json!([key.region.as_str()]));
    put("type", resource.resource_type.into());
    put("id", resource.id.as_str().into());
    let is_said = |value: &Value| match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => false,
    };
    for (name, value) in parts.into_iter().filter(|(_, value)| is_said(value)) {
        put(name, value);
    }
    // Controls for tags fail if there is no tag, and pass if tags are unknown.
    resource.tags.iter().for_each(|tags| put("tags", json!(tags)));
    resource.details.iter().for_each(|details| put("details", details.clone()));
    Value::Object(written)
}

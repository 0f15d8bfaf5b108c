//! `/_emulator/resources`, `/_emulator/config-recorder` and `/_emulator/checks/run`: changes the resources that
//! controls check, and runs checks.
//!
//! AWS observes the resources of an account; the emulator only has declared ones.

use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::api::answer::Done;
use super::api::{Body, Call, Json, Nothing, Refusal};
use super::request;
use crate::domain::controls::checks::{self, change};
use crate::domain::{due, hub_access};
use crate::scenario::entries;
use crate::state::{
    CheckResult, ComplianceStatus, ConfigRecorder, HubKey, RecorderSettings, Resource, Timestamp, Transaction, World,
};

const DECLARE: &str = "expected a resource or a list of resources, in the format of `resources` in a scenario";

/// The resources to list or delete. Without ID or type, all resources match.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourcesInput {
    /// The account of the resources; required to delete.
    account: Option<String>,
    /// Their Regions, separated by commas.
    region: Option<String>,
    /// Their type, such as `AwsS3Bucket`.
    #[serde(rename = "type")]
    resource_type: Option<String>,
    /// Their ID.
    id: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct RecorderInput {
    /// The account.
    account: String,
    /// The Regions.
    regions: Vec<String>,
    /// `on`, `off`, or what AWS Config records: `Types` and `Role`.
    recorder: WrittenRecorder,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum WrittenRecorder {
    Switch(Switch),
    Custom(Custom),
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Switch {
    On,
    Off,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Custom {
    /// The recorded types of resources; by default all.
    types: Option<Vec<String>>,
    /// `custom` if the recorder does not use the service-linked role.
    role: Option<Role>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Role {
    Custom,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ChecksInput {
    /// The account whose hubs are checked; by default all accounts.
    account: Option<String>,
    /// The Regions whose hubs are checked; by default all Regions.
    regions: Option<Vec<String>>,
}

/// Resources, in a form that can be sent again.
#[derive(Serialize, JsonSchema)]
pub(super) struct Resources {
    /// The resources, as in `resources` of a scenario.
    resources: Vec<Value>,
}

/// Hubs whose controls were checked.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Checked {
    checked: Vec<CheckedHub>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct CheckedHub {
    account: String,
    region: String,
}

/// The text of one resource or a list of resources.
pub(super) struct ResourcesText(String);

impl Body for ResourcesText {
    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        let resource = json_schema!({ "type": "object" });
        Some(json_schema!({
            "description": "A resource or a list of resources, in the format of `resources` in a scenario.",
            "anyOf": [resource, { "type": "array", "items": resource }],
        }))
    }

    fn read(body: &[u8]) -> Result<ResourcesText, Refusal> {
        let text = std::str::from_utf8(body).map_err(|error| Refusal::from(format!("{error}; {DECLARE}")))?;
        Ok(ResourcesText(text.to_owned()))
    }
}

/// Lists the declared resources, in a form that can be sent again.
pub(super) fn list(call: &Call<'_>, input: ResourcesInput, _: Nothing) -> Result<Json<Resources>, Refusal> {
    let (world, _) = &call.world();
    let account = input.account.as_deref().map(request::account).transpose()?;
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
    let resources = all.filter(|(key, it)| is_wanted(key, it)).map(|(key, resource)| entry(key, resource)).collect();
    Ok(Json(Resources { resources }))
}

/// Declares resources (RES-10).
pub(super) fn declare(
    call: &Call<'_>,
    _: Nothing,
    ResourcesText(text): ResourcesText,
) -> Result<Json<Resources>, Refusal> {
    let (world, now) = &call.world();
    let mut regions = world.directory().regions.clone();
    let others = world.relations().hub_regions();
    let others: Vec<_> = others.into_iter().filter(|region| !regions.contains(region)).collect();
    regions.extend(others);
    let resources =
        entries::resources(&text, &regions).map_err(|errors| format!("{}; {DECLARE}", errors.in_a_line()))?;
    let entries: Vec<Value> =
        resources.iter().flat_map(|(key, all)| all.iter().map(move |resource| entry(key, resource))).collect();
    change(world, *now, |transaction| change::declare(transaction, world, resources, *now));
    Ok(Json(Resources { resources: entries }))
}

/// Deletes resources and returns them (FND-33).
pub(super) fn delete(call: &Call<'_>, input: ResourcesInput, _: Nothing) -> Result<Json<Resources>, Refusal> {
    let (world, now) = &call.world();
    let resource_type = input.resource_type.map(|name| resource_type(&name)).transpose()?;
    let which = change::ResourceSelector {
        account: request::account(input.account.as_deref().unwrap_or_default())?,
        regions: input.region.map(|regions| request::regions(world, regions.split(','))).transpose()?,
        resource_type,
        id: input.id,
    };
    let deleted = change(world, *now, |transaction| change::delete(transaction, &which, *now));
    if deleted.is_empty() {
        return Err(Refusal::not_found(
            "no declared resource matches these parameters; list them with GET /_emulator/resources",
        ));
    }
    Ok(Json(Resources { resources: deleted.iter().map(|(key, resource)| entry(key, resource)).collect() }))
}

/// Changes the configuration recorders of AWS Config (RES-05).
pub(super) fn record(call: &Call<'_>, _: Nothing, Json(input): Json<RecorderInput>) -> Result<Done, Refusal> {
    let (world, now) = &call.world();
    let account = request::account(&input.account)?;
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
        return Err(Refusal::unreadable("member 'Regions' is empty"));
    }
    if let Some(off) = keys.iter().find(|key| !hub_access::is_enabled(world, key)) {
        return Err(
            format!("Security Hub is not enabled for {account} in {}; enable it there first", off.region).into()
        );
    }
    change(world, *now, |transaction| {
        keys.iter().try_for_each(|key| change::record(transaction, key, recorder.clone(), *now))
    })
    .map_err(|_| format!("Security Hub was disabled for {account} during this call; enable it and try again"))?;
    Ok(Done)
}

/// Runs all checks now (RES-10).
pub(super) fn run(call: &Call<'_>, _: Nothing, Json(input): Json<ChecksInput>) -> Result<Json<Checked>, Refusal> {
    let (world, now) = &call.world();
    if world.resources().is_none() {
        return Err(
            "no resources are declared, so controls are not checked; declare some with PUT /_emulator/resources".into(),
        );
    }
    let account = input.account.as_deref().map(request::account).transpose()?;
    let regions = input.regions.map(|names| request::regions(world, names.iter().map(String::as_str))).transpose()?;
    let is_wanted = |key: &HubKey| {
        account.is_none_or(|account| account == key.account)
            && regions.as_ref().is_none_or(|regions| regions.contains(&key.region))
            && hub_access::is_enabled(world, key)
    };
    let keys: BTreeSet<HubKey> = world.relations().hub_keys().into_iter().filter(is_wanted).collect();
    change(world, *now, |transaction| change::check(transaction, &keys, *now));
    let hub = |key: &HubKey| CheckedHub { account: key.account.to_string(), region: key.region.to_string() };
    Ok(Json(Checked { checked: keys.iter().map(hub).collect() }))
}

/// Changes the world and runs pending work that is due as a result.
fn change<R>(world: &World, now: Timestamp, edit: impl FnOnce(&mut Transaction<'_>) -> R) -> R {
    let mut transaction = world.write();
    let result = edit(&mut transaction);
    request::log_changes(&transaction.commit());
    due::run(world, now);
    result
}

fn resource_type(name: &str) -> Result<&'static str, String> {
    let expected = "expected an ASFF type such as AwsS3Bucket";
    checks::resource_type(name).ok_or_else(|| format!("no control checks resources of type `{name}`; {expected}"))
}

/// A resource in the form used by scenarios.
fn entry(key: &HubKey, resource: &Resource) -> Value {
    let of = |is_wanted: &dyn Fn(&CheckResult) -> bool| {
        let meant = resource.results.iter().filter(move |(_, result)| is_wanted(result));
        meant.map(|(id, result)| (*id, result.reason.clone())).collect::<BTreeMap<_, _>>()
    };
    let names = |results: &BTreeMap<&str, Option<String>>| results.keys().copied().map(Value::from).collect::<Vec<_>>();
    let is_not_applicable = |result: &CheckResult| result.reason.as_deref() == Some(checks::NOT_APPLICABLE);
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
        ("not_available", json!(of(&|it| it.status == ComplianceStatus::NotAvailable && !is_not_applicable(it)))),
        ("not_applicable", json!(names(&of(&is_not_applicable)))),
        ("when", json!(when.collect::<Vec<_>>())),
        ("annotation", json!(resource.annotations)),
    ];
    let mut written = Map::new();
    let mut put = |name: &str, value: Value| _ = written.insert(name.to_owned(), value);
    put("account", key.account.as_str().into());
    put("regions", json!([key.region.as_str()]));
    put("type", resource.resource_type.into());
    put("id", resource.id.as_str().into());
    let has_content = |value: &Value| match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => false,
    };
    for (name, value) in parts.into_iter().filter(|(_, value)| has_content(value)) {
        put(name, value);
    }
    // Controls for tags fail if there is no tag, and pass if tags are unknown.
    resource.tags.iter().for_each(|tags| put("tags", json!(tags)));
    resource.details.iter().for_each(|details| put("details", details.clone()));
    Value::Object(written)
}

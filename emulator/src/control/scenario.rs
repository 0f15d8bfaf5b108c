//! `/_emulator/scenario`: exports the state as a scenario, and loads scenarios (CPL-60 to CPL-63).

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::api::answer::response;
use super::api::{Answer, Body, Call, Json, Nothing, Refusal};
use crate::domain::due;
use crate::faults::{FaultContext, Place};
use crate::scenario::export::{self, Format};
use crate::scenario::{self, Mistake, Scenario, Sent, snake_case};
use crate::served::{Base, Extended};
use crate::sinks::{Definition, MAX as MAX_SINKS, PutError};
use crate::state::{Fault, SinkKind, World};
use crate::wire::payload::Payload;

/// Maximum number of attempts to add a scenario while other calls run and change the state.
const ATTEMPTS: usize = 5;

/// The options of an export.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Export {
    /// The format; `yaml` by default.
    #[serde(default)]
    format: Formats,
    /// True to export secret access keys, session tokens, and headers of event sinks that authenticate; false by default.
    #[serde(default)]
    secrets: bool,
}

/// The format of an export.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Formats {
    /// YAML.
    #[default]
    Yaml,
    /// JSON.
    Json,
}

/// An exported scenario.
pub(super) struct Exported {
    text: String,
    format: Formats,
}

impl Answer for Exported {
    const MEDIA_TYPE: &'static str = "application/yaml";
    const OTHER_MEDIA_TYPE: Option<&'static str> = Some("application/json");

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "description": "A scenario. With `format=json`, the media type is application/json." })
    }

    fn respond(mut self) -> Response<Payload> {
        // All answers of the control plane get a line break.
        self.text.truncate(self.text.trim_end().len());
        let media_type = match self.format {
            Formats::Yaml => "application/yaml",
            Formats::Json => "application/json",
        };
        response(StatusCode::OK, HeaderValue::from_static(media_type), Bytes::from(self.text))
    }
}

/// The options of loading a scenario.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Load {
    /// With `replace`, the default, the scenario becomes the state, and a reset returns to it. With `add`, the scenario
    /// is added to the state, and the state to which a reset returns does not change. It can refer to accounts, hubs and
    /// Regions of the state; its clock, its seed and its settings of the V2 half are ignored.
    #[serde(default)]
    mode: Mode,
}

/// The effect of a loaded scenario on the state.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// The scenario replaces the state.
    #[default]
    Replace,
    /// The scenario is added to the state.
    Add,
}

/// A scenario in YAML or JSON, or an object with a scenario and the files to which it refers.
pub(super) struct Text(Sent);

/// A scenario and the files to which it refers.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct WithFiles {
    /// The text of the scenario, in YAML or JSON.
    scenario: String,
    /// The texts of files by their paths relative to the scenario.
    files: BTreeMap<String, String>,
}

impl Body for Text {
    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        let with_files = generator.subschema_for::<WithFiles>();
        let alone = json!({ "type": "object", "description": "A scenario without references to files." });
        Some(json_schema!({ "description": "A scenario in YAML or JSON.", "anyOf": [alone, with_files] }))
    }

    fn read(body: &[u8]) -> Result<Text, Refusal> {
        #[derive(Deserialize)]
        struct Peek {
            #[serde(rename = "Scenario")]
            _scenario: IgnoredAny,
        }
        if body.trim_ascii_start().starts_with(b"{") && serde_json::from_slice::<Peek>(body).is_ok() {
            let Json(WithFiles { scenario, files }) = Json::read(body)?;
            check_content(&scenario)?;
            return Ok(Text(Sent::with_files(scenario, files)));
        }
        let text = std::str::from_utf8(body).map_err(|_| Refusal::unreadable("the body is not UTF-8"))?;
        check_content(text)?;
        Ok(Text(Sent::from(text)))
    }
}

/// Refuses a text without content, which a script sends if it cannot read its file.
fn check_content(text: &str) -> Result<(), Refusal> {
    let is_nothing = |line: &str| line.starts_with('#') || ["", "---", "...", "null", "~"].contains(&line);
    if text.trim_start_matches('\u{feff}').lines().map(str::trim).all(is_nothing) {
        return Err("the scenario is empty; send {} to load one without content".into());
    }
    Ok(())
}

/// The content of the state after a scenario was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Loaded {
    /// The number of hubs.
    pub hubs: usize,
    /// The number of findings.
    pub findings: usize,
}

/// Exports the state.
pub(super) fn export(call: &Call<'_>, query: Export, _: Nothing) -> Result<Exported, Refusal> {
    let format = match query.format {
        Formats::Yaml => Format::Yaml,
        Formats::Json => Format::Json,
    };
    let world = current(call);
    let text = export::export(&world, &settings(call, &world, query.secrets), format, query.secrets);
    Ok(Exported { text, format: query.format })
}

/// The keys of a scenario for settings outside the world: faults, rate limits and sinks of events. Headers of sinks
/// that authenticate the emulator are included only if `has_secrets`.
fn settings(call: &Call<'_>, world: &World, has_secrets: bool) -> Map<String, Value> {
    let mut keys = Map::new();
    let faults: Vec<Value> = call.served.faults().list().iter().map(|fault| in_snake_case(&json!(fault))).collect();
    if !faults.is_empty() {
        keys.insert("faults".to_owned(), faults.into());
    }
    if world.faults.has_rate_limits {
        keys.insert("aws_rate_limits".to_owned(), true.into());
    }
    let sinks = call.served.sinks().list();
    let sinks = sinks.iter().filter_map(|sink| {
        let definition = sink.definition();
        // A channel only exists in this process.
        let is_exported = definition.declared().kind != SinkKind::Channel;
        let mut declared = in_snake_case(&json!(definition.declared()));
        if let Some(headers) = declared.get_mut("headers").and_then(Value::as_object_mut).filter(|_| !has_secrets) {
            headers.retain(|name, _| !is_secret(name));
        }
        is_exported.then(|| (sink.name().to_owned(), declared))
    });
    let sinks: Map<String, Value> = sinks.collect();
    if !sinks.is_empty() {
        keys.insert("event_sinks".to_owned(), sinks.into());
    }
    keys
}

/// Returns whether the value of a header with this name is probably a secret.
fn is_secret(name: &str) -> bool {
    let words = ["auth", "cookie", "credential", "key", "password", "secret", "signature", "token"];
    let name = name.to_ascii_lowercase();
    words.iter().any(|word| name.contains(word))
}

/// Members whose values are copied unchanged, because the API or the user defines their names.
const OPAQUE: [&str; 3] = ["Match", "Pattern", "Headers"];
/// Members of faults that only answers contain.
const READ_ONLY: [&str; 2] = ["Seen", "Fired"];

/// Converts the names in a value of the control plane to those of scenarios, such as `WireOver` to `wire_over`.
fn in_snake_case(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let known = members.iter().filter(|(name, value)| !READ_ONLY.contains(&name.as_str()) && !value.is_null());
            let renamed = known.map(|(name, value)| {
                let value = if OPAQUE.contains(&name.as_str()) { value.clone() } else { in_snake_case(value) };
                (snake_case(name), value)
            });
            Value::Object(renamed.collect())
        }
        Value::Array(items) => items.iter().map(in_snake_case).collect(),
        other => other.clone(),
    }
}

/// Loads a scenario.
pub(super) fn load(call: &Call<'_>, query: Load, Text(sent): Text) -> Result<Json<Loaded>, Refusal> {
    match query.mode {
        Mode::Replace => replace(call, &sent),
        Mode::Add => add(call, &sent),
    }
}

/// Serves the world of a scenario.
fn replace(call: &Call<'_>, sent: &Sent) -> Result<Json<Loaded>, Refusal> {
    let world = built(scenario::read_sent(sent), None)?;
    sinks(call, &world)?;
    let loaded = Loaded::of(&world);
    let is_recorded = call.served.outside_additions(|| call.served.load(world));
    if is_recorded { Ok(Json(loaded)) } else { Err(Refusal::cannot_write()) }
}

/// Adds a scenario to the world. Other calls run while the addition is built; if they change the world, it is built
/// again, because their changes would be lost. After several attempts, it is built while no other call runs.
fn add(call: &Call<'_>, sent: &Sent) -> Result<Json<Loaded>, Refusal> {
    let served = call.served;
    for _ in 0..ATTEMPTS {
        let base = served.exclusively(|| served.base(|_| current(call)));
        let addition = Addition::build(call, sent, &base)?;
        let added = served.exclusively(|| {
            if served.is_unchanged(&base) { Ok(addition.serve(call)) } else { Err(Box::new(addition)) }
        });
        match added {
            Ok(added) => return added,
            Err(outdated) => served.discard(outdated.world),
        }
    }
    served.exclusively(|| Addition::build(call, sent, &served.base(|_| current(call)))?.serve(call))
}

/// A world to which a scenario was added, with the faults and the sinks of the scenario.
struct Addition {
    world: Extended,
    faults: Vec<Fault>,
    context: FaultContext,
    sinks: Vec<(String, Definition)>,
    loaded: Loaded,
}

impl Addition {
    fn build(call: &Call<'_>, sent: &Sent, base: &Base) -> Result<Addition, Refusal> {
        let world = built(scenario::read_addition(sent, &base.world), Some(&base.world))?;
        Ok(Addition {
            faults: Vec::clone(&world.faults.declared),
            context: FaultContext::of(&world),
            sinks: sinks(call, &world)?,
            loaded: Loaded::of(&world),
            world: call.served.extended(world).ok_or_else(Refusal::cannot_write)?,
        })
    }

    /// Serves the world, and adds the faults and sinks. Must be called exclusively.
    fn serve(self, call: &Call<'_>) -> Result<Json<Loaded>, Refusal> {
        let Addition { world, faults, context, sinks, loaded } = self;
        let served = call.served;
        let conflict = |message: String| Refusal::new(StatusCode::CONFLICT, message);
        let new = sinks.iter().filter(|(name, _)| served.sinks().get(name).is_none()).count();
        if new + served.sinks().list().len() > MAX_SINKS {
            served.discard(world);
            return Err(conflict(PutError::TooMany.to_string()));
        }
        let faults = match served.faults().add(faults, Place::Last, &context) {
            Ok(faults) => faults,
            Err(refused) => {
                served.discard(world);
                return Err(conflict(refused.to_string()));
            }
        };
        if !served.extend(world) {
            served.faults().remove(|fault| faults.iter().any(|added| added.id == fault.id));
            return Err(Refusal::cannot_write());
        }
        for (name, sink) in sinks {
            served.sinks().put(&name, sink).map_err(|error| conflict(error.to_string()))?;
        }
        Ok(Json(loaded))
    }
}

impl Loaded {
    fn of(world: &World) -> Loaded {
        Loaded { hubs: world.relations().hub_count(), findings: world.finding_count() }
    }
}

/// Builds the world of a scenario: a new world, or a copy of `base` to which the scenario is added.
fn built(scenario: Result<Scenario, Vec<Mistake>>, base: Option<&World>) -> Result<World, Refusal> {
    let world = scenario.and_then(|scenario| scenario.build_over(base)).map_err(|mistakes| refusal(&mistakes))?;
    // The loaded state includes the effects of work that is due at its time.
    due::run(&world, world.clock.now());
    Ok(world)
}

/// Checks the sinks of a loaded world. A call may only name files below the directory of `--sink-dir` (CPL-84).
fn sinks(call: &Call<'_>, world: &World) -> Result<Vec<(String, Definition)>, Refusal> {
    let files = call.served.sinks().files();
    let checked = world.event_sinks.iter().map(|(name, sink)| {
        let definition = Definition::new(sink.clone(), files).map_err(|mistake| {
            let path = format!("event_sinks.{name}.{}", snake_case(mistake.member));
            refusal(&[Mistake { line: None, column: None, path: Some(path), message: mistake.to_string() }])
        })?;
        Ok((name.clone(), definition))
    });
    checked.collect()
}

/// Copies the current state after all due work has been done.
fn current(call: &Call<'_>) -> World {
    call.world().0.saved()
}

fn refusal(mistakes: &[Mistake]) -> Refusal {
    let mistake =
        |of: &Mistake| json!({ "Line": of.line, "Column": of.column, "Path": of.path, "Message": of.message });
    let all: Vec<Value> = mistakes.iter().map(mistake).collect();
    let first = mistakes.first().map(|first| first.message.as_str()).unwrap_or_default();
    let message = match mistakes.len() {
        1 => format!("the scenario has an error: {first}"),
        count => format!("the scenario has {count} errors; the first is: {first}"),
    };
    Refusal::new(StatusCode::BAD_REQUEST, message).with_member("Mistakes", all)
}

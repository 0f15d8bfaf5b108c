//! `/_emulator/scenario`: the state as a scenario, and loading one (CPL-60 to CPL-63).

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::api::answer::response;
use super::api::{Answer, Body, Call, Json, Nothing, Refusal};
use crate::domain::due;
use crate::faults::{Place, Surroundings};
use crate::scenario::export::{self, Format};
use crate::scenario::{self, Mistake, Scenario};
use crate::served::difference;
use crate::sinks::{Definition, MAX as MAX_SINKS, PutError};
use crate::state::World;
use crate::wire::payload::Payload;

/// Maximum number of times that a scenario is added to a state that other calls change.
const ATTEMPTS: usize = 5;

/// How to export.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Export {
    /// The format; `yaml` by default.
    #[serde(default)]
    format: Formats,
    /// Whether the export contains secret access keys and session tokens; false by default.
    #[serde(default)]
    secrets: bool,
}

/// Formats of an export.
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

/// How to load a scenario.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Load {
    /// `replace`, the default: the scenario becomes the state, and a reset returns to it. `add`: the scenario is added
    /// to the state. It can refer to accounts, hubs and Regions of the state, and the clock, the seed, the settings of the
    /// V2 half and the start of a reset stay.
    #[serde(default)]
    mode: Mode,
}

/// Ways to load a scenario.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// It replaces the state.
    #[default]
    Replace,
    /// It is added to the state.
    Add,
}

/// A scenario in YAML or JSON.
pub(super) struct Text(String);

impl Body for Text {
    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        Some(
            json_schema!({ "type": "object", "description": "A scenario in YAML or JSON, without references to files." }),
        )
    }

    fn read(body: &[u8]) -> Result<Text, Refusal> {
        let text = std::str::from_utf8(body).map_err(|_| Refusal::unreadable("the body is not UTF-8"))?;
        Ok(Text(text.to_owned()))
    }
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
    let text = export::export(&world, &surroundings(call, &world), format, query.secrets);
    Ok(Exported { text, format: query.format })
}

/// The keys of a scenario that describe what surrounds the world: faults, rate limits and sinks of events.
fn surroundings(call: &Call<'_>, world: &World) -> Map<String, Value> {
    let mut keys = Map::new();
    let faults: Vec<Value> = call.served.faults().list().iter().map(|fault| in_snake_case(&json!(fault))).collect();
    if !faults.is_empty() {
        keys.insert("faults".to_owned(), faults.into());
    }
    if world.faults.has_rate_limits {
        keys.insert("aws_rate_limits".to_owned(), true.into());
    }
    let sinks = call.served.sinks().list();
    let sinks = sinks.iter().map(|sink| (sink.name().to_owned(), in_snake_case(&json!(sink.definition().declared()))));
    let sinks: Map<String, Value> = sinks.collect();
    if !sinks.is_empty() {
        keys.insert("event_sinks".to_owned(), sinks.into());
    }
    keys
}

/// Members whose values have names of the API or of the user.
const OPAQUE: [&str; 3] = ["Match", "Pattern", "Headers"];
/// Members of faults that only answers have.
const READ_ONLY: [&str; 2] = ["Seen", "Fired"];

/// A value of the control plane with the names of scenarios: `wire_over` for `WireOver`.
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

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// Loads a scenario.
pub(super) fn load(call: &Call<'_>, query: Load, Text(text): Text) -> Result<Json<Loaded>, Refusal> {
    let world = match query.mode {
        Mode::Replace => built(scenario::read_text(&text), None)?,
        Mode::Add => added(call, &text)?,
    };
    let sinks = sinks(call, &world)?;
    let loaded = Loaded { hubs: world.relations().hub_count(), findings: world.finding_count() };
    let is_kept = match query.mode {
        Mode::Replace => call.served.load(world),
        Mode::Add => lay(call, world, sinks)?,
    };
    if is_kept { Ok(Json(loaded)) } else { Err(Refusal::cannot_write()) }
}

/// The world of a scenario, or a copy of `base` with the scenario applied to it.
fn built(scenario: Result<Scenario, Vec<Mistake>>, base: Option<&World>) -> Result<World, Refusal> {
    let world = scenario.and_then(|scenario| scenario.build_over(base)).map_err(|mistakes| refusal(&mistakes))?;
    // Work that is due already belongs to the loaded state.
    due::run(&world, world.clock.now());
    Ok(world)
}

/// The world with a scenario on top of it. If other calls change the world in the meantime, it is built again, because
/// their changes would be lost.
fn added(call: &Call<'_>, text: &str) -> Result<World, Refusal> {
    for _ in 0..ATTEMPTS {
        let base = current(call);
        let world = built(scenario::read_addition(text, &base), Some(&base))?;
        if difference::between(&base, &current(call), 1).is_empty() {
            return Ok(world);
        }
    }
    let message = "other calls changed the state while the scenario was added; try again";
    Err(Refusal::new(StatusCode::CONFLICT, message))
}

/// Serves a world with what the scenario added, and adds its faults and sinks. Returns whether it is kept.
fn lay(call: &Call<'_>, world: World, sinks: Vec<(String, Definition)>) -> Result<bool, Refusal> {
    let served = call.served;
    let new = sinks.iter().filter(|(name, _)| served.sinks().get(name).is_none()).count();
    if new + served.sinks().list().len() > MAX_SINKS {
        return Err(Refusal::new(StatusCode::CONFLICT, PutError::TooMany.to_string()));
    }
    let faults = served.faults().add(Vec::clone(&world.faults.declared), Place::Last, &Surroundings::of(&world));
    let faults = faults.map_err(|refused| Refusal::new(StatusCode::CONFLICT, refused.to_string()))?;
    if !served.lay(world) {
        served.faults().remove(|fault| faults.iter().any(|added| added.id == fault.id));
        return Ok(false);
    }
    for (name, sink) in sinks {
        served.sinks().put(&name, sink).map_err(|error| Refusal::new(StatusCode::CONFLICT, error.to_string()))?;
    }
    Ok(true)
}

/// The sinks of a loaded world. A call may only name files below the directory of `--sink-dir` (CPL-84).
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

/// A copy of the current state, in which all work that is due has been done.
fn current(call: &Call<'_>) -> World {
    call.world().0.saved()
}

fn refusal(mistakes: &[Mistake]) -> Refusal {
    let mistake =
        |of: &Mistake| json!({ "Line": of.line, "Column": of.column, "Path": of.path, "Message": of.message });
    let all: Vec<Value> = mistakes.iter().map(mistake).collect();
    let first = mistakes.first().map(|first| first.message.as_str()).unwrap_or_default();
    let message = match mistakes.len() {
        1 => format!("the scenario has a mistake: {first}"),
        count => format!("the scenario has {count} mistakes; the first one: {first}"),
    };
    Refusal::new(StatusCode::BAD_REQUEST, message).with_member("Mistakes", all)
}

//! Parses queries and bodies. A refusal names the wrong word and the most similar valid word (CPL-05).

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Display;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::{Json, Refusal};
use super::strict::Unique;
use crate::suggest;

/// Messages of Rust about a text that is not a number without a sign.
const NOT_A_NUMBER: [&str; 3] = [
    "invalid digit found in string",
    "cannot parse integer from empty string",
    "number too large to fit in target type",
];

/// A query without parameters, or the absence of a body.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(description = "An empty object.")]
pub struct Nothing {}

/// The body that a route takes.
pub trait Body: Sized {
    /// Its schema; `None` if the route takes no body.
    fn schema(generator: &mut SchemaGenerator) -> Option<Schema>;

    /// Reads it.
    fn read(body: &[u8]) -> Result<Self, Refusal>;
}

impl Body for Nothing {
    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        None
    }

    fn read(body: &[u8]) -> Result<Self, Refusal> {
        match body.trim_ascii() {
            b"" | b"{}" => Ok(Nothing {}),
            _ => Err(Refusal::unreadable("this call does not take a body")),
        }
    }
}

impl<T: DeserializeOwned + JsonSchema> Body for Json<T> {
    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<T>())
    }

    fn read(body: &[u8]) -> Result<Self, Refusal> {
        let body = if body.trim_ascii().is_empty() { b"{}" } else { body };
        let mut json = serde_json::Deserializer::from_slice(body);
        let value: Unique = serde_path_to_error::deserialize(&mut json).map_err(|error| wrong("member", error))?;
        json.end().map_err(|error| Refusal::unreadable(format!("invalid JSON in the body: {error}")))?;
        serde_path_to_error::deserialize(value.into_strict()).map(Json).map_err(|error| wrong("member", error))
    }
}

/// Reads JSON in a parameter. No object may have a name twice.
pub fn json(parameter: &str, text: &str) -> Result<Value, Refusal> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value: Result<Unique, _> = serde_path_to_error::deserialize(&mut json);
    let value = value.map_err(|error| {
        let path = error.path().to_string();
        match error.into_inner() {
            error if error.is_data() => {
                format!("parameter '{parameter}': {}", fault("member", &path, &error.to_string()))
            }
            error => format!("parameter '{parameter}': invalid JSON: {error}"),
        }
    });
    let value = value.and_then(|value| {
        let end = json.end().map(|()| value.into_value());
        end.map_err(|error| format!("parameter '{parameter}': invalid JSON: {error}"))
    });
    value.map_err(Refusal::unreadable)
}

/// The refusal of a `kind` of word.
fn wrong(kind: &str, error: serde_path_to_error::Error<impl Display>) -> Refusal {
    let path = error.path().to_string();
    Refusal::unreadable(fault(kind, &path, &error.into_inner().to_string()))
}

/// Reads a query.
pub fn query<T: DeserializeOwned>(query: &str) -> Result<T, Refusal> {
    let pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = form_urlencoded::parse(query.as_bytes()).collect();
    let mut seen = HashSet::new();
    if let Some((twice, _)) = pairs.iter().find(|(name, _)| !seen.insert(name)) {
        return Err(Refusal::unreadable(format!("duplicate parameter '{twice}'")));
    }
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| wrong("parameter", error))
}

/// The message about a `kind` of word (a member or a parameter) at `path`. Serde's messages quote names in backticks.
fn fault(kind: &str, path: &str, error: &str) -> String {
    // The position in the body follows the message.
    let (said, _) = error.split_once(" at line ").unwrap_or((error, ""));
    let mut quoted = said.split('`').skip(1).step_by(2);
    if said.starts_with("unknown field") {
        let wrong = quoted.next().unwrap_or_default();
        let place = inside(path, wrong);
        return format!("unknown {kind} '{place}'{}", nearest(wrong, quoted));
    }
    if said.starts_with("duplicate field") {
        return format!("duplicate {kind} '{}'", inside(path, quoted.next().unwrap_or_default()));
    }
    if said.starts_with("missing field") {
        return format!("missing {kind} '{}'", inside(path, quoted.next().unwrap_or_default()));
    }
    if said.starts_with("unknown variant") {
        let wrong = quoted.next().unwrap_or_default();
        let known: Vec<&str> = quoted.collect();
        let nearest = nearest(wrong, known.iter().copied());
        return format!("'{wrong}' is not a value of {kind} '{path}'{nearest}; expected {}", known.join(", "));
    }
    let said = if NOT_A_NUMBER.contains(&said) { "expected a whole number that is not negative" } else { said };
    if [".", "?"].contains(&path) { error.to_owned() } else { format!("{kind} '{path}': {said}") }
}

/// The path of a name in the object at `path`.
fn inside(path: &str, name: &str) -> String {
    match path {
        "." => name.to_owned(),
        path if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        path => format!("{path}.{name}"),
    }
}

/// The text `; did you mean 'x'?` with the most similar known name; empty if no name is similar.
pub fn nearest<'n>(wrong: &str, known: impl Iterator<Item = &'n str>) -> String {
    suggest::nearest(wrong, known).map(|name| format!("; did you mean '{name}'?")).unwrap_or_default()
}

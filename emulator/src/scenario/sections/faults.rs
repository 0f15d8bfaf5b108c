//! `faults`: rules that make calls fail or slow them down (CPL-40). Their keys are those of the control plane,
//! in snake case.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::faults::{self, FaultContext, Mistake};
use crate::scenario::check::Check;
use crate::scenario::files::Span;
use crate::scenario::spanned::{Content, Node};
use crate::state::{Fault, Region, World};

/// A rule that makes selected calls fail or slows them down.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(in crate::scenario) struct Declared(Node);

impl JsonSchema for Declared {
    fn schema_name() -> Cow<'static, str> {
        "Fault".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let mut schema = settings.into_generator().into_root_schema_for::<Fault>().to_value();
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let names: Vec<String> = properties.map(|(name, _)| name.clone()).collect();
        to_snake_case(&mut schema, &names);
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            for read_only in ["seen", "fired"] {
                properties.shift_remove(read_only);
            }
        }
        // In YAML, quotes are optional around an account ID and a status.
        for text in ["/properties/account", "/properties/partial/properties/code"] {
            if let Some(schema) = schema.pointer_mut(text) {
                schema["type"] = json!(["string", "integer"]);
            }
        }
        for unused in ["$schema", "title"] {
            schema.as_object_mut().and_then(|schema| schema.shift_remove(unused));
        }
        Schema::try_from(schema).unwrap_or_default()
    }
}

/// Converts the property names of a schema, and `names` in its descriptions.
fn to_snake_case(schema: &mut Value, names: &[String]) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(description)) = members.get_mut("description") {
                for name in names {
                    *description = description.replace(&format!("`{name}`"), &format!("`{}`", snake_case(name)));
                }
            }
            if let Some(Value::Object(properties)) = members.get_mut("properties") {
                *properties =
                    std::mem::take(properties).into_iter().map(|(name, schema)| (snake_case(&name), schema)).collect();
            }
            if let Some(Value::Array(required)) = members.get_mut("required") {
                for name in required {
                    *name = name.as_str().map(snake_case).into();
                }
            }
            members.values_mut().for_each(|part| to_snake_case(part, names));
        }
        Value::Array(parts) => parts.iter_mut().for_each(|part| to_snake_case(part, names)),
        _ => {}
    }
}

/// The name of a scenario for a name of the control plane: `wire_over` for `WireOver`.
pub fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// The name of the control plane for a name of a scenario: `WireOver` for `wire_over`.
fn pascal_case(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect()
}

/// Converts the keys to the names of the control plane. Matches are not converted, because they contain names of the API.
fn with_pascal_case(node: Node) -> Node {
    let content = match node.content {
        Content::Map(entries) => Content::Map(
            entries
                .into_iter()
                .map(|(mut key, value)| {
                    let value = if key.value == "match" { value } else { with_pascal_case(value) };
                    key.value = pascal_case(&key.value);
                    (key, value)
                })
                .collect(),
        ),
        Content::List(items) => Content::List(items.into_iter().map(with_pascal_case).collect()),
        other => other,
    };
    Node { content, ..node }
}

/// Faults, and whether the rate limits of AWS apply.
#[derive(Clone, Debug)]
pub(in crate::scenario) struct Valid {
    faults: Arc<Vec<Fault>>,
    has_rate_limits: bool,
}

/// Stores the faults in a world.
pub(in crate::scenario) fn apply(valid: &Valid, world: &mut World) {
    world.faults.declared = Arc::clone(&valid.faults);
    world.faults.has_rate_limits = valid.has_rate_limits;
}

/// Checks the faults. All mistakes are reported.
pub(in crate::scenario) fn check(
    written: Vec<Declared>,
    has_rate_limits: Option<bool>,
    regions: &[Region],
    check: &mut Check,
) -> Valid {
    let context = FaultContext { seed: 0, regions: regions.to_vec() };
    let mut ids = HashSet::new();
    let mut valid = Vec::with_capacity(written.len());
    for Declared(node) in written {
        let node = with_pascal_case(node);
        let read = Fault::deserialize(&node).map_err(|error| Mistake::new("", error.to_string()));
        let checked = read.and_then(|fault| faults::check(&fault, &context).map(|()| fault));
        let unique = checked.and_then(|fault| match &fault.id {
            Some(id) if !ids.insert(id.clone()) => Err(Mistake::new("Id", format!("another fault has the ID '{id}'"))),
            _ => Ok(fault),
        });
        match unique {
            Ok(fault) => valid.push(fault),
            Err(mistake) => check.push(check.at(span_of(&node, &mistake.path), mistake.message)),
        }
    }
    Valid { faults: Arc::new(valid), has_rate_limits: has_rate_limits.unwrap_or(false) }
}

/// The location of a member, or of the nearest part that contains it.
fn span_of(node: &Node, path: &str) -> Span {
    let mut found = node;
    for part in path.split(['.', '[', ']']).filter(|part| !part.is_empty()) {
        let inner = match &found.content {
            Content::Map(entries) => entries.iter().find(|(key, _)| key.value == part).map(|(_, value)| value),
            Content::List(items) => part.parse::<usize>().ok().and_then(|position| items.get(position)),
            _ => None,
        };
        let Some(inner) = inner else { break };
        found = inner;
    }
    found.span
}

#[cfg(test)]
mod tests {
    use super::{pascal_case, snake_case};

    #[test]
    fn names_are_converted_in_both_directions() {
        for (pascal, snake) in [("WireOver", "wire_over"), ("Id", "id"), ("Lognormal", "lognormal")] {
            assert_eq!((snake_case(pascal).as_str(), pascal_case(snake).as_str()), (snake, pascal));
        }
    }
}

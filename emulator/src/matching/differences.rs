//! The differences between a value and a match.

use serde::Serialize;
use serde_json::Value;

use super::{is_test, matches};

/// A part of a value that does not match.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Difference {
    /// The path of the part, with members after a dot and elements in brackets.
    pub path: String,
    /// The part of the match that is expected at the path.
    pub expected: Value,
    /// The value at the path; `None` if the path does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<Value>,
}

/// The differences between a pattern and the value at `path`, which is `None` if the path does not exist.
pub(super) fn between(pattern: &Value, path: &str, value: Option<&Value>) -> Vec<Difference> {
    if matches(pattern, value) {
        return Vec::new();
    }
    match (pattern, value) {
        (Value::Object(members), Some(Value::Object(found))) if !is_test(members) => {
            let below = members.iter().map(|(name, pattern)| {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                between(pattern, &path, found.get(name))
            });
            below.flatten().collect()
        }
        (Value::Array(patterns), Some(Value::Array(elements))) => {
            let below = patterns.iter().enumerate().map(|(number, pattern)| nearest(pattern, number, path, elements));
            below.flatten().collect()
        }
        _ => vec![Difference { path: path.to_owned(), expected: pattern.clone(), actual: value.cloned() }],
    }
}

/// The differences of the element that differs least from the pattern with this number.
fn nearest(pattern: &Value, number: usize, path: &str, elements: &[Value]) -> Vec<Difference> {
    let mut fewest: Option<Vec<Difference>> = None;
    for (position, element) in elements.iter().enumerate() {
        let found = between(pattern, &format!("{path}[{position}]"), Some(element));
        if found.is_empty() {
            return found;
        }
        if fewest.as_ref().is_none_or(|fewest| found.len() < fewest.len()) {
            fewest = Some(found);
        }
    }
    fewest.unwrap_or_else(|| between(pattern, &format!("{path}[{number}]"), None))
}

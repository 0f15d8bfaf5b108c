//! Matches: partial JSON documents that select inputs of calls (CPL-27).
//!
//! An object selects by its members, an array by its elements, and an object with a member such as `$prefix` is a test
//! of one value. The journal, the verification of calls and the rules of faults use matches. [`NamePattern`] selects
//! operations by their names. Code that knows the kind of the matched values does not belong here.

mod differences;
mod name;
mod read;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt;

use serde_json::{Map, Number, Value};

pub use differences::Difference;
pub use name::NamePattern;

/// A partial document with which values are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Match(
    /// The document, which contains only known tests.
    Value,
);

/// The reason why a document is not a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The path of the mistake, such as `.Filters.$prefx`; empty for the whole document.
    pub path: String,
    /// The message without the path.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "'Match{}': {}", self.path, self.message)
    }
}

impl std::error::Error for Mistake {}

impl Match {
    /// Reads a match.
    ///
    /// # Errors
    /// [`Mistake`] for an unknown test, for a test whose argument has the wrong type, and for an object that contains
    /// both tests and members.
    pub fn parse(document: &Value) -> Result<Match, Mistake> {
        read::check(document, &mut String::new())?;
        Ok(Match(document.clone()))
    }

    /// Returns whether a value matches.
    pub fn matches(&self, value: &Value) -> bool {
        matches(&self.0, Some(value))
    }

    /// The differences between the match and the value at the path `at`; empty if the value matches.
    pub fn differences(&self, at: &str, value: &Value) -> Vec<Difference> {
        differences::between(&self.0, at, Some(value))
    }

    /// The document.
    pub fn document(&self) -> &Value {
        &self.0
    }
}

/// Returns whether an object consists of tests. An object with both tests and members is refused by [`Match::parse`].
fn is_test(members: &Map<String, Value>) -> bool {
    members.keys().next().is_some_and(|name| name.starts_with('$'))
}

/// Returns whether a value matches. The value is `None` if its path does not exist.
fn matches(pattern: &Value, value: Option<&Value>) -> bool {
    match (pattern, value) {
        (Value::Object(tests), value) if is_test(tests) => {
            tests.iter().all(|(name, argument)| holds(name, argument, value))
        }
        (Value::Object(members), Some(Value::Object(found))) => {
            members.iter().all(|(name, pattern)| matches(pattern, found.get(name)))
        }
        (Value::Array(patterns), Some(Value::Array(elements))) => {
            patterns.iter().all(|pattern| elements.iter().any(|element| matches(pattern, Some(element))))
        }
        (pattern, Some(value)) => are_equal(pattern, value),
        (_, None) => false,
    }
}

/// Returns whether a value passes a test. The value is `None` if its path does not exist.
fn holds(name: &str, argument: &Value, value: Option<&Value>) -> bool {
    let compare = |test: fn(&str, &str) -> bool| match (argument, value) {
        (Value::String(argument), Some(Value::String(text))) => test(text, argument),
        _ => false,
    };
    match name {
        "$exists" => argument == &Value::Bool(value.is_some()),
        "$not" => !matches(argument, value),
        "$prefix" => compare(|text, prefix| text.starts_with(prefix)),
        "$suffix" => compare(|text, suffix| text.ends_with(suffix)),
        "$contains" => compare(|text, part| text.contains(part)),
        "$length" => value.and_then(length).is_some_and(|length| are_equal(argument, &Value::from(length))),
        "$exactly" => match (argument, value) {
            (Value::Array(patterns), Some(Value::Array(elements))) => {
                let mut pairs = patterns.iter().zip(elements);
                patterns.len() == elements.len() && pairs.all(|(pattern, element)| matches(pattern, Some(element)))
            }
            _ => false,
        },
        "$in" => argument.as_array().is_some_and(|patterns| patterns.iter().any(|pattern| matches(pattern, value))),
        "$gte" => value.and_then(|value| order(value, argument)).is_some_and(Ordering::is_ge),
        "$lte" => value.and_then(|value| order(value, argument)).is_some_and(Ordering::is_le),
        _ => false,
    }
}

/// The number of elements, members or characters.
fn length(value: &Value) -> Option<usize> {
    match value {
        Value::Array(elements) => Some(elements.len()),
        Value::Object(members) => Some(members.len()),
        Value::String(text) => Some(text.chars().count()),
        _ => None,
    }
}

/// Returns whether two scalars are equal. Numbers are compared by value, so 1 equals 1.0.
fn are_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => order_of_numbers(one, other).is_some_and(Ordering::is_eq),
        _ => one == other,
    }
}

/// The order of two numbers or two texts.
fn order(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => order_of_numbers(one, other),
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        _ => None,
    }
}

fn order_of_numbers(one: &Number, other: &Number) -> Option<Ordering> {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        _ => one.as_f64()?.partial_cmp(&other.as_f64()?),
    }
}

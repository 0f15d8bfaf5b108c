//! Checks that a document is a match.

use serde_json::Value;

use super::{Mistake, is_test};
use crate::suggest;

/// The names of the tests, each with the type of its argument.
const TESTS: [(&str, Argument); 10] = [
    ("$exists", Argument::Boolean),
    ("$not", Argument::Match),
    ("$prefix", Argument::Text),
    ("$suffix", Argument::Text),
    ("$contains", Argument::Text),
    ("$length", Argument::Length),
    ("$exactly", Argument::Matches),
    ("$in", Argument::Matches),
    ("$gte", Argument::Bound),
    ("$lte", Argument::Bound),
];

/// The type of a test's argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Argument {
    Boolean,
    Text,
    Length,
    Bound,
    Match,
    Matches,
}

impl Argument {
    /// The expected value in messages.
    fn name(self) -> &'static str {
        match self {
            Argument::Boolean => "true or false",
            Argument::Text => "a string",
            Argument::Length => "a number of elements, members or characters",
            Argument::Bound => "a number or a string",
            Argument::Match => "a match",
            Argument::Matches => "an array",
        }
    }

    fn accepts(self, value: &Value) -> bool {
        match self {
            Argument::Boolean => value.is_boolean(),
            Argument::Text => value.is_string(),
            Argument::Length => value.is_u64(),
            Argument::Bound => value.is_number() || value.is_string(),
            Argument::Match => true,
            Argument::Matches => value.is_array(),
        }
    }
}

/// Checks the document at `path`. Unless it returns a mistake, it leaves `path` unchanged.
pub(super) fn check(document: &Value, path: &mut String) -> Result<(), Mistake> {
    match document {
        Value::Object(members) => {
            for (name, value) in members {
                within(path, &format!(".{name}"), |path| {
                    if !name.starts_with('$') && !is_test(members) {
                        return check(value, path);
                    }
                    if let Some(member) = members.keys().find(|name| !name.starts_with('$')) {
                        let message = format!("a test cannot be combined with the member '{member}' in one object");
                        return Err(Mistake { path: path.clone(), message });
                    }
                    test(name, value, path)
                })?;
            }
        }
        Value::Array(elements) => elements_of(elements, path)?,
        _ => {}
    }
    Ok(())
}

fn elements_of(elements: &[Value], path: &mut String) -> Result<(), Mistake> {
    for (number, element) in elements.iter().enumerate() {
        within(path, &format!("[{number}]"), |path| check(element, path))?;
    }
    Ok(())
}

fn test(name: &str, value: &Value, path: &mut String) -> Result<(), Mistake> {
    let Some((_, argument)) = TESTS.iter().find(|(known, _)| *known == name) else {
        return Err(Mistake { path: path.clone(), message: unknown(name) });
    };
    if !argument.accepts(value) {
        return Err(Mistake { path: path.clone(), message: format!("expected {}", argument.name()) });
    }
    match (argument, value) {
        (Argument::Match, value) => check(value, path),
        (Argument::Matches, Value::Array(elements)) => elements_of(elements, path),
        _ => Ok(()),
    }
}

/// The message about an unknown test, with the most similar one.
fn unknown(name: &str) -> String {
    let known: Vec<&str> = TESTS.iter().map(|(known, _)| *known).collect();
    match suggest::nearest(name, known.iter().copied()) {
        Some(nearest) => format!("unknown test '{name}'; did you mean '{nearest}'?"),
        None => format!("unknown test '{name}'; expected {}", known.join(", ")),
    }
}

/// Runs `check` at a path below `path`.
fn within(
    path: &mut String,
    below: &str,
    check: impl FnOnce(&mut String) -> Result<(), Mistake>,
) -> Result<(), Mistake> {
    let length = path.len();
    path.push_str(below);
    check(path)?;
    path.truncate(length);
    Ok(())
}

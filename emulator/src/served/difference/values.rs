//! The difference between two JSON values.

use serde_json::Value;

/// A value that differs at a path. An absent value is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueChange {
    /// The names of members joined by `.`; elements by `[i]`.
    pub path: String,
    /// The value in the first document.
    pub from: Option<Value>,
    /// The value in the second document.
    pub to: Option<Value>,
}

/// Appends the differences between two values at `path` to `changes`, member by member. Arrays are compared by
/// position.
pub(super) fn compare(path: &str, from: Option<&Value>, to: Option<&Value>, changes: &mut Vec<ValueChange>) {
    match (from, to) {
        (Some(Value::Object(from)), Some(Value::Object(to))) => {
            let mut names: Vec<&String> = from.keys().chain(to.keys()).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(&path, from.get(name), to.get(name), changes);
            }
        }
        (Some(Value::Array(from)), Some(Value::Array(to))) => {
            for position in 0..from.len().max(to.len()) {
                compare(&format!("{path}[{position}]"), from.get(position), to.get(position), changes);
            }
        }
        (from, to) if from == to => {}
        (from, to) => changes.push(ValueChange { path: path.to_owned(), from: from.cloned(), to: to.cloned() }),
    }
}

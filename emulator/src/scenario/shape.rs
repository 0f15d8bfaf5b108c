//! Compares a tree with the JSON Schema of scenarios and removes what does not match.
//!
//! The schema is the one that editors use, generated from the sections' structs, so both have a single source. All
//! errors of a file are reported at once, and the rest can be read and checked further.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::diagnostic::{Diagnostic, MAX_DIAGNOSTICS};
use super::files::{Files, Span};
use super::spanned::{Content, Node, Spanned};
use super::suggest;
use crate::invariant::Invariant;

/// Removes what does not match; `None` if nothing is left. Each mismatch is pushed to `diagnostics`.
pub(super) fn fit(files: &Files, schema: &Value, node: Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    // An empty file is an empty scenario.
    if matches!(node.content, Content::Null) {
        return None;
    }
    fit_as(files, schema, node, "the scenario", diagnostics)
}

/// The same for texts other than scenarios. `name` describes the text in messages.
pub(super) fn fit_as(
    files: &Files,
    schema: &Value,
    node: Node,
    name: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let mut fit = Fit {
        files,
        definitions: schema.get("$defs").or_report("the schema has definitions").unwrap_or(&Value::Null),
        diagnostics,
    };
    fit.node(schema, node, name)
}

struct Fit<'s, 'm> {
    files: &'s Files,
    definitions: &'s Value,
    diagnostics: &'m mut Vec<Diagnostic>,
}

impl<'s> Fit<'s, '_> {
    fn is_full(&self) -> bool {
        self.diagnostics.len() >= MAX_DIAGNOSTICS
    }

    /// `name` describes the value in messages.
    fn node(&mut self, schema: &'s Value, node: Node, name: &str) -> Option<Node> {
        if self.is_full() {
            return None;
        }
        let branches = self.branches(schema);
        let words: Vec<&str> = branches.iter().filter_map(|branch| branch.get("const")?.as_str()).collect();
        if let Content::Text(text) = &node.content
            && !words.is_empty()
        {
            if !words.contains(&&**text) {
                let diagnostic = Diagnostic::at(self.files, node.span, format!("{name} cannot be `{text}`"));
                let nearest = suggest::nearest(text, words.iter().copied());
                self.diagnostics.push(diagnostic.expected(expected(&branches, &words)).suggest(nearest));
                return None;
            }
            return Some(node);
        }
        let Some(branch) = branches.iter().find(|branch| accepts(branch, &node.content)) else {
            let diagnostic =
                Diagnostic::at(self.files, node.span, format!("{name} cannot be {}", describe(&node.content)));
            self.diagnostics.push(diagnostic.expected(expected(&branches, &words)));
            return None;
        };
        self.inside(branch, node, name)
    }

    fn inside(&mut self, schema: &'s Value, node: Node, name: &str) -> Option<Node> {
        // Content in another language is not described by the schema.
        if schema.get("additionalProperties") == Some(&Value::Bool(true)) {
            return Some(node);
        }
        let Node { span, content } = node;
        if !self.size_fits(schema, span, &content, name) {
            return None;
        }
        let content = match content {
            Content::List(items) => {
                let of_items = schema.get("items").unwrap_or(&Value::Null);
                let of_list = format!("an item of {name}");
                Content::List(items.into_iter().filter_map(|item| self.node(of_items, item, &of_list)).collect())
            }
            Content::Map(entries) => Content::Map(self.map(schema, span, entries, name)?),
            other => other,
        };
        Some(Node { span, content })
    }

    /// Whether a list or text satisfies the limits of the schema on its length.
    fn size_fits(&mut self, schema: &Value, span: Span, content: &Content, name: &str) -> bool {
        let number = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
        let (size, unit, [least, most]) = match content {
            Content::List(items) => (items.len() as u64, "item", ["minItems", "maxItems"]),
            Content::Text(text) => (text.chars().count() as u64, "character", ["minLength", "maxLength"]),
            _ => return true,
        };
        let (least, most) = (number(least).unwrap_or(0), number(most));
        if size >= least && most.is_none_or(|most| size <= most) {
            return true;
        }
        let message = if size == 0 { format!("{name} is empty") } else { format!("{name} has {size} {unit}s") };
        let expected = match most {
            Some(most) => format!("{least} to {most} {unit}s"),
            None => format!("at least {least} {unit}"),
        };
        self.diagnostics.push(Diagnostic::at(self.files, span, message).expected(expected));
        false
    }

    /// `None` if a required key is missing or does not match.
    fn map(
        &mut self,
        schema: &'s Value,
        span: Span,
        entries: Vec<(Spanned<String>, Node)>,
        name: &str,
    ) -> Option<Vec<(Spanned<String>, Node)>> {
        let mut written: Vec<String> = entries.iter().map(|(key, _)| key.value.clone()).collect();
        let fitting = self.entries(schema, entries, name, &mut written);
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let mut whole = true;
        for key in required.filter(|key| fitting.iter().all(|(fitting, _)| fitting.value != *key)) {
            whole = false;
            if !written.iter().any(|written| written == key) {
                let expected = description(schema, key).map(|text| format!("`{key}`: {text}"));
                let mut diagnostic = Diagnostic::at(self.files, span, format!("missing key `{key}` in {name}"));
                diagnostic.expected = expected;
                self.diagnostics.push(diagnostic);
            }
        }
        let fits = self.number_fits(schema, span, &fitting, &written, name);
        (whole && fits).then_some(fitting)
    }

    /// Whether the number of keys satisfies the schema. Too few keys are only reported if none was written, since
    /// errors in a key have been reported already.
    fn number_fits(
        &mut self,
        schema: &Value,
        span: Span,
        fitting: &[(Spanned<String>, Node)],
        written: &[String],
        name: &str,
    ) -> bool {
        let number = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
        let count = fitting.len() as u64;
        let too_few = number("minProperties").is_some_and(|least| count < least);
        let too_many = number("maxProperties").is_some_and(|most| count > most);
        if too_many || (too_few && written.is_empty()) {
            let known = schema.get("properties").and_then(Value::as_object);
            let known: Vec<&str> = known.into_iter().flatten().map(|(key, _)| key.as_str()).collect();
            let message = format!("{name} has {}", if too_many { "too many keys" } else { "no keys" });
            let expected = format!("one of {}", suggest::choices(known));
            self.diagnostics.push(Diagnostic::at(self.files, span, message).expected(expected));
        }
        !too_few && !too_many
    }

    /// The matching entries. Keys that unknown keys were likely meant to be are added to `written`.
    fn entries(
        &mut self,
        schema: &'s Value,
        entries: Vec<(Spanned<String>, Node)>,
        name: &str,
        written: &mut Vec<String>,
    ) -> Vec<(Spanned<String>, Node)> {
        let known = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        let mut seen = BTreeSet::new();
        let mut fitting = Vec::new();
        for (key, value) in entries {
            if self.is_full() {
                break;
            }
            if !seen.insert(key.value.clone()) {
                let message = format!("duplicate key `{}` in {name}", key.value);
                self.diagnostics.push(Diagnostic::at(self.files, key.span, message).expected("each key at most once"));
            } else if let Some(of_value) = known.and_then(|known| known.get(&key.value)) {
                let of_key = format!("`{}`", key.value);
                fitting.extend(self.node(of_value, value, &of_key).map(|value| (key, value)));
            } else if let Some(of_value) = others {
                let of_key = format!("`{}` in {name}", key.value);
                fitting.extend(self.node(of_value, value, &of_key).map(|value| (key, value)));
            } else {
                written.extend(self.unknown_key(&key, known, name).map(str::to_owned));
            }
        }
        fitting
    }

    /// Returns the key that was likely meant.
    fn unknown_key<'k>(
        &mut self,
        key: &Spanned<String>,
        known: Option<&'k Map<String, Value>>,
        name: &str,
    ) -> Option<&'k str> {
        // A key meant for editors is never suggested.
        let known = known.into_iter().flatten().map(|(key, _)| key.as_str()).filter(|key| !key.starts_with('$'));
        let known: Vec<&str> = known.collect();
        let message = format!("unknown key `{}` in {name}", key.value);
        let nearest = suggest::nearest(&key.value, known.iter().copied());
        let diagnostic =
            Diagnostic::at(self.files, key.span, message).expected(suggest::choices(known)).suggest(nearest);
        self.diagnostics.push(diagnostic);
        nearest
    }

    /// The alternatives of a schema, with references resolved.
    fn branches(&self, schema: &'s Value) -> Vec<&'s Value> {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let name = reference.trim_start_matches("#/$defs/");
            return self
                .definitions
                .get(name)
                .map(|schema| self.branches(schema))
                .or_report("a reference names a definition")
                .unwrap_or_default();
        }
        let alternatives = schema.get("anyOf").or(schema.get("oneOf")).and_then(Value::as_array);
        match alternatives {
            Some(alternatives) => alternatives.iter().flat_map(|schema| self.branches(schema)).collect(),
            None => vec![schema],
        }
    }
}

/// A text that lists the words or types that the alternatives accept.
fn expected(branches: &[&Value], words: &[&str]) -> String {
    let others = branches.iter().filter(|branch| branch.get("const").is_none());
    let types: BTreeSet<&str> = others.flat_map(|branch| types(branch)).filter_map(type_in_words).collect();
    suggest::choices(words.iter().copied().chain(types))
}

/// The names of the types that a schema without alternatives accepts.
fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn accepts(schema: &Value, content: &Content) -> bool {
    let below = |value: i128| schema.get("minimum").and_then(Value::as_i64).is_some_and(|least| value < least.into());
    types(schema).iter().any(|name| match content {
        Content::Null => *name == "null",
        Content::Boolean(_) => *name == "boolean",
        Content::Integer(value, _) => *name == "integer" && !below(*value) && u64::try_from(*value).is_ok(),
        Content::Number(_) => *name == "number",
        Content::Text(_) => *name == "string",
        Content::List(_) => *name == "array",
        Content::Map(_) => *name == "object",
    })
}

fn type_in_words(name: &str) -> Option<&'static str> {
    match name {
        "boolean" => Some("true or false"),
        "integer" => Some("a non-negative integer"),
        "string" => Some("a string"),
        "array" => Some("a list, [...]"),
        "object" => Some("a map, {...}"),
        _ => None,
    }
}

fn describe(content: &Content) -> String {
    match content {
        Content::Null => "empty".to_owned(),
        Content::Boolean(value) => format!("`{value}`"),
        Content::Integer(_, written) => format!("the number {written}"),
        Content::Number(value) => format!("the number {value}"),
        Content::Text(text) => format!("the string `{text}`"),
        Content::List(_) => "a list".to_owned(),
        Content::Map(_) => "a map".to_owned(),
    }
}

/// The first sentence of a key's description, in a form that can follow a colon.
fn description(schema: &Value, key: &str) -> Option<String> {
    let text = schema.pointer(&format!("/properties/{key}/description"))?.as_str()?;
    let sentence = text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.');
    let mut letters = sentence.chars();
    let first = letters.next()?;
    let is_acronym = letters.clone().next().is_some_and(char::is_uppercase);
    let first = if is_acronym { first } else { first.to_ascii_lowercase() };
    Some(std::iter::once(first).chain(letters).collect())
}

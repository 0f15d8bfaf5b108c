//! Compares a tree with the JSON Schema of scenarios and removes what does not match.
//!
//! The schema is the one that editors use, generated from the sections' structs, so both have a single source. All
//! errors of a file are reported at once, and the rest is read and checked further: misspelled keys and words are read as
//! what was likely meant, and a map without a required key is read without it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::check::Check;
use super::files::Span;
use super::lost::ITEM;
use super::spanned::{Content, Node, Spanned};
use crate::invariant::Invariant;
use crate::suggest;

/// Removes what does not match; `None` if nothing is left. Each mismatch is reported, and noted as a lost part.
pub(super) fn fit(schema: &Value, node: Node, check: &mut Check) -> Option<Node> {
    // An empty file is an empty scenario.
    if matches!(node.content, Content::Null) {
        return None;
    }
    fit_as(schema, node, ("the scenario", &[]), check)
}

/// The same for a part of a scenario. `name` describes it in messages, and `path` is its place in a scenario.
pub(super) fn fit_as(schema: &Value, node: Node, (name, path): (&str, &[&str]), check: &mut Check) -> Option<Node> {
    let mut fit = Fit {
        definitions: schema.get("$defs").or_report("the schema has definitions").unwrap_or(&Value::Null),
        path: path.iter().map(|part| (*part).to_owned()).collect(),
        items: vec![node.span],
        check,
    };
    fit.node(schema, node, name)
}

struct Fit<'s, 'm> {
    definitions: &'s Value,
    /// The place of the current value.
    path: Vec<String>,
    /// The spans of the list items that contain the current value.
    items: Vec<Span>,
    check: &'m mut Check,
}

impl<'s> Fit<'s, '_> {
    /// Fits a value at a key or an item of the current one. If it does not fit, it is lost.
    fn part(&mut self, part: &str, schema: &'s Value, node: Node, name: &str) -> Option<Node> {
        self.path.push(part.to_owned());
        let node = self.node(schema, node, name);
        if node.is_none() {
            self.lose();
        }
        self.path.pop();
        node
    }

    /// Notes that the current value is lost.
    fn lose(&mut self) {
        self.check.lost.add(self.path.clone(), self.items.clone());
    }

    /// `name` describes the value in messages.
    fn node(&mut self, schema: &'s Value, node: Node, name: &str) -> Option<Node> {
        if self.check.is_full() {
            return None;
        }
        let branches = self.branches(schema);
        let words: Vec<&str> = branches.iter().filter_map(|branch| branch.get("const")?.as_str()).collect();
        if let Content::Text(text) = &node.content
            && !words.is_empty()
        {
            if words.contains(&&**text) {
                return Some(node);
            }
            let nearest = suggest::nearest(text, words.iter().copied());
            let diagnostic = self.check.at(node.span, format!("{name} cannot be `{text}`"));
            self.check.push(diagnostic.expected(expected(&branches, &words)).suggest(nearest));
            // The rest is checked with the word that was likely meant.
            return nearest.map(|word| Node { content: Content::Text(word.to_owned()), ..node });
        }
        let Some(branch) = branches.iter().find(|branch| accepts(branch, &node.content)) else {
            let diagnostic = self.check.at(node.span, format!("{name} cannot be {}", describe(&node.content)));
            self.check.push(diagnostic.expected(expected(&branches, &words)));
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
            Content::List(items) => Content::List(self.list(schema, items, name)),
            Content::Map(entries) => Content::Map(self.map(schema, span, entries, name)),
            other => other,
        };
        Some(Node { span, content })
    }

    fn list(&mut self, schema: &'s Value, items: Vec<Node>, name: &str) -> Vec<Node> {
        let of_items = schema.get("items").unwrap_or(&Value::Null);
        let of_list = format!("an item of {name}");
        let mut fitting = Vec::with_capacity(items.len());
        for item in items {
            self.items.push(item.span);
            fitting.extend(self.part(ITEM, of_items, item, &of_list));
            self.items.pop();
        }
        fitting
    }

    /// Returns whether a list or text satisfies the limits of the schema on its length.
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
        self.check.push(self.check.at(span, message).expected(expected));
        false
    }

    /// The fitting entries. A required key that is missing is lost, so that the rest can be checked.
    fn map(
        &mut self,
        schema: &'s Value,
        span: Span,
        entries: Vec<(Spanned<String>, Node)>,
        name: &str,
    ) -> Vec<(Spanned<String>, Node)> {
        let mut written: Vec<String> = entries.iter().map(|(key, _)| key.value.clone()).collect();
        let fitting = self.entries(schema, entries, name, &mut written);
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for key in required.filter(|key| written.iter().all(|written| written != key)) {
            let mut diagnostic = self.check.at(span, format!("missing key `{key}` in {name}"));
            diagnostic.expected = description(schema, key).map(|text| format!("`{key}`: {text}"));
            self.check.push(diagnostic);
            self.path.push(key.to_owned());
            self.lose();
            self.path.pop();
        }
        self.check_number(schema, span, &written, name);
        fitting
    }

    /// Checks that the number of keys satisfies the schema.
    fn check_number(&mut self, schema: &Value, span: Span, written: &[String], name: &str) {
        let number = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
        let known = schema.get("properties").and_then(Value::as_object);
        let known: Vec<&str> = known.into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        let distinct: BTreeSet<&str> = written.iter().map(String::as_str).filter(|key| known.contains(key)).collect();
        let count = distinct.len() as u64;
        let too_few = written.is_empty() && number("minProperties").is_some_and(|least| least > 0);
        let too_many = number("maxProperties").is_some_and(|most| count > most);
        if too_few || too_many {
            let message = format!("{name} has {}", if too_many { "too many keys" } else { "no keys" });
            let expected = format!("one of {}", suggest::choices(known));
            self.check.push(self.check.at(span, message).expected(expected));
        }
    }

    /// The matching entries. An unknown key is read as the key that was likely meant, which is added to `written`.
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
        let mut fitting: Vec<(Spanned<String>, Node)> = Vec::new();
        for (mut key, value) in entries {
            if self.check.is_full() {
                break;
            }
            let is_known = |key: &str| others.is_some() || known.is_some_and(|known| known.contains_key(key));
            if !is_known(&key.value) {
                let Some(meant) = self.unknown_key(&key, known, name, written) else { continue };
                written.push(meant.to_owned());
                meant.clone_into(&mut key.value);
            }
            let is_duplicate = !seen.insert(key.value.clone());
            if is_duplicate {
                let message = format!("duplicate key `{}` in {name}", key.value);
                self.check.push(self.check.at(key.span, message).expected("each key at most once"));
            }
            let of_known = known.and_then(|known| known.get(&key.value));
            let of_key =
                if of_known.is_some() { format!("`{}`", key.value) } else { format!("`{}` in {name}", key.value) };
            let Some(of_value) = of_known.or(others) else { continue };
            let Some(value) = self.part(&key.value, of_value, value, &of_key) else { continue };
            match fitting.iter_mut().find(|(earlier, _)| is_duplicate && earlier.value == key.value) {
                Some((_, earlier)) => join(earlier, value),
                None => fitting.push((key, value)),
            }
        }
        fitting
    }

    /// Reports an unknown key. Returns the key that was likely meant, one that the map does not have yet.
    fn unknown_key<'k>(
        &mut self,
        key: &Spanned<String>,
        known: Option<&'k Map<String, Value>>,
        name: &str,
        written: &[String],
    ) -> Option<&'k str> {
        // A key meant for editors is never suggested.
        let known = known.into_iter().flatten().map(|(key, _)| key.as_str()).filter(|key| !key.starts_with('$'));
        let known: Vec<&str> = known.collect();
        let message = format!("unknown key `{}` in {name}", key.value);
        let free = known.iter().copied().filter(|known| written.iter().all(|written| written != known));
        let nearest = suggest::nearest(&key.value, free);
        let diagnostic = self.check.at(key.span, message).expected(suggest::choices(known)).suggest(nearest);
        self.check.push(diagnostic);
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

/// Adds the content of a duplicate key to that of the first one, so that both are checked.
fn join(first: &mut Node, second: Node) {
    match (&mut first.content, second.content) {
        (Content::List(items), Content::List(others)) => items.extend(others),
        (Content::Map(entries), Content::Map(others)) => {
            for (key, value) in others {
                if entries.iter().all(|(earlier, _)| earlier.value != key.value) {
                    entries.push((key, value));
                }
            }
        }
        _ => {}
    }
}

/// A text that lists the words or types that the alternatives accept.
fn expected(branches: &[&Value], words: &[&str]) -> String {
    let others = branches.iter().filter(|branch| branch.get("const").is_none());
    let in_words = |branch: &&Value| types(branch).into_iter().filter_map(|name| type_in_words(branch, name)).collect();
    let types: BTreeSet<&str> = others.flat_map(|branch| -> Vec<&str> { in_words(branch) }).collect();
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
        Content::Integer(value, _) if *name == "integer" => !below(*value) && u64::try_from(*value).is_ok(),
        Content::Integer(..) | Content::Number(_) => *name == "number",
        Content::Text(_) => *name == "string",
        Content::List(_) => *name == "array",
        Content::Map(_) => *name == "object",
    })
}

/// The pattern of account IDs, which are the keys of some maps.
const ACCOUNT_ID: &str = "^[0-9]{12}$";

fn type_in_words(schema: &Value, name: &str) -> Option<&'static str> {
    let keys = schema.get("propertyNames").and_then(|names| names.get("pattern")).and_then(Value::as_str);
    match name {
        "object" if keys == Some(ACCOUNT_ID) => Some("a map by account ID, {\"111111111111\": ...}"),
        "boolean" => Some("true or false"),
        "integer" => Some("a non-negative integer"),
        "number" => Some("a number"),
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

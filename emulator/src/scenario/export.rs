//! The state of a world as a scenario (CPL-60 to CPL-62).

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::findings::restore;
use crate::invariant::Invariant;
use crate::state::{RowKind, World};

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// YAML, with each finding on one line.
    Yaml,
    /// JSON, with each finding on one line.
    Json,
}

/// Writes the state of a world as a scenario. No other code may write to the world meanwhile. `others` are further keys
/// of the scenario. The secrets of access keys are included only if `has_secrets`.
pub fn export(world: &World, others: &Map<String, Value>, format: Format, has_secrets: bool) -> String {
    let mut document = world.document();
    // Sessions and the answers to client tokens are only valid in this process.
    document.clock_start = None;
    document.sessions.clear();
    document.relations.retain(|row| !row.kind.is_internal());
    if !has_secrets {
        let credentials = document.relations.iter_mut().filter(|row| row.kind == RowKind::Credential);
        for members in credentials.filter_map(|row| row.value.as_object_mut()) {
            members.retain(|name, _| name != "secret" && name != "token");
        }
    }
    let relations = std::mem::take(&mut document.relations);
    let relations: Vec<Value> = relations.iter().map(json).collect();
    let head = json(&document);
    let head: Vec<(&String, &Value)> =
        head.as_object().into_iter().flatten().filter(|(name, _)| *name != "relations").collect();
    match format {
        Format::Yaml => yaml(world, others, &head, &relations),
        Format::Json => in_json(world, others, &head, &relations),
    }
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).or_report("a state is JSON").unwrap_or_default()
}

fn yaml(world: &World, others: &Map<String, Value>, head: &[(&String, &Value)], relations: &[Value]) -> String {
    let mut text = String::from("# The exact state of an emulator. `securityhub-local scenario load` restores it.\n");
    for (name, value) in others {
        _ = writeln!(text, "{name}: {}", flow(value));
    }
    text.push_str("state:\n");
    for (name, value) in head {
        _ = writeln!(text, "  {name}: {}", flow(value));
    }
    text.push_str(if relations.is_empty() { "  relations: []\n" } else { "  relations:\n" });
    for row in relations {
        for (number, (name, value)) in row.as_object().into_iter().flatten().enumerate() {
            let mark = if number == 0 { "-" } else { " " };
            _ = writeln!(text, "    {mark} {name}: {}", flow(value));
        }
    }
    let mut is_first = true;
    restore::findings(world, |_, finding| {
        if std::mem::take(&mut is_first) {
            text.push_str("  findings:\n");
        }
        let finding = serde_json::to_string(&finding).or_report("a finding is JSON").unwrap_or_default();
        _ = writeln!(text, "    - {finding}");
    });
    text
}

/// A value on one line, as JSON that is also YAML.
fn flow(value: &Value) -> String {
    let text = value.to_string();
    // YAML does not allow these characters in a text, or reads them as line breaks.
    let is_special = |letter: char| {
        matches!(letter, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    if !text.contains(is_special) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_special(letter) {
            _ = write!(escaped, "\\u{:04x}", u32::from(letter));
        } else {
            escaped.push(letter);
        }
    }
    escaped
}

fn in_json(world: &World, others: &Map<String, Value>, head: &[(&String, &Value)], relations: &[Value]) -> String {
    let mut text = String::from("{\n");
    for (name, value) in others {
        _ = writeln!(text, "\"{name}\": {value},");
    }
    text.push_str("\"state\": {\n");
    for (name, value) in head {
        _ = writeln!(text, "\"{name}\": {value},");
    }
    text.push_str("\"relations\": [");
    for (number, row) in relations.iter().enumerate() {
        _ = write!(text, "{}\n{row}", if number == 0 { "" } else { "," });
    }
    text.push_str("\n],\n\"findings\": [");
    let mut separator = "";
    restore::findings(world, |_, finding| {
        let finding = serde_json::to_string(&finding).or_report("a finding is JSON").unwrap_or_default();
        _ = write!(text, "{separator}\n{finding}");
        separator = ",";
    });
    text.push_str("\n]\n}\n}\n");
    text
}

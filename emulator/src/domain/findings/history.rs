//! What a finding's history tells (findings.md section 6).

use serde_json::Value;

use super::document::Finding;
use crate::state::{HistoryRecord, HistorySource, HistoryUpdate, Ledger, Timestamp};

/// Times that every import moves; they are not told (HIS-14).
const TIMES: [&str; 5] = ["CreatedAt", "UpdatedAt", "ProcessedAt", "FirstObservedAt", "LastObservedAt"];

/// What is different between two states of a finding, attribute by attribute: objects and maps are descended, lists are
/// one value (HIS-11 … HIS-14).
pub(super) fn difference(old: &Finding<'_>, new: &Finding<'_>) -> Vec<HistoryUpdate> {
    let mut updates = Vec::new();
    let told = |(name, _): &(&'static str, &str)| !TIMES.contains(name);
    for (name, value) in new.members().filter(told) {
        if old.get(name) != Some(value) {
            compare(name, old.get(name).map(parse).as_ref(), Some(&parse(value)), &mut updates);
        }
    }
    for (name, value) in old.members().filter(told).filter(|(name, _)| !new.has(name)) {
        compare(name, Some(&parse(value)), None, &mut updates);
    }
    updates
}

/// Writes a record, unless nothing is to be told (HIS-15). `before` is the finding as it was: while it has no record,
/// its ProcessedAt is when it was created.
pub(super) fn record(
    ledger: &mut Ledger,
    before: &Finding<'_>,
    at: Timestamp,
    source: HistorySource,
    updates: Vec<HistoryUpdate>,
) {
    if ledger.created_at.is_none() {
        ledger.created_at = before.string("ProcessedAt").map(std::borrow::Cow::into_owned);
    }
    if !updates.is_empty() {
        ledger.records.push(HistoryRecord { at, source, updates });
    }
}

fn parse(value: &str) -> Value {
    serde_json::from_str(value).unwrap_or_default()
}

fn compare(path: &str, old: Option<&Value>, new: Option<&Value>, updates: &mut Vec<HistoryUpdate>) {
    if old == new {
        return;
    }
    let is_object = |value: Option<&Value>| value.is_none_or(Value::is_object);
    if is_object(old) && is_object(new) {
        let names = |value: Option<&Value>| {
            value.and_then(Value::as_object).into_iter().flat_map(|members| members.keys().cloned()).collect::<Vec<_>>()
        };
        let mut all = names(new);
        all.extend(names(old).into_iter().filter(|name| !all.contains(name)).collect::<Vec<_>>());
        for name in all {
            let member = |value: Option<&'_ Value>| value.and_then(|value| value.get(&name)).cloned();
            compare(&format!("{path}.{name}"), member(old).as_ref(), member(new).as_ref(), updates);
        }
        return;
    }
    updates.push(HistoryUpdate { field: path.to_owned(), old: old.map(text), new: new.map(text) });
}

/// A value as the history writes it: strings plain, all else as compact JSON (HIS-12).
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

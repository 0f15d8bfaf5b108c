//! What a finding's history tells (findings.md section 6).

use std::borrow::Cow;

use jiff::SignedDuration;
use securityhub_engine::{Slot, date};
use serde_json::Value;

use super::document::Finding;
use crate::state::{Findings, HistoryRecord, HistorySource, HistoryUpdate, Ledger, Timestamp, timestamp_text};

/// How long a record is told (HIS-04).
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
const BATCH_IMPORT_FINDINGS: &str = "BATCH_IMPORT_FINDINGS";
const BATCH_UPDATE_FINDINGS: &str = "BATCH_UPDATE_FINDINGS";

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

/// Writes a record, unless nothing is to be told (HIS-15). `created_at` is the ProcessedAt that the finding had before:
/// as long as there is no ledger, that is when it was created.
pub(super) fn record(
    ledger: &mut Ledger,
    created_at: Option<String>,
    at: Timestamp,
    source: HistorySource,
    updates: Vec<HistoryUpdate>,
) {
    if ledger.created_at.is_none() {
        ledger.created_at = created_at;
    }
    if !updates.is_empty() {
        ledger.records.push(HistoryRecord { at, source, updates });
    }
}

/// When a stored document was last processed.
pub(super) fn processed_at(document: &[u8]) -> Option<String> {
    Finding::stored(document).string("ProcessedAt").map(Cow::into_owned)
}

/// What is told of a finding at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its place among all that is told of the finding, the creation being 0.
    pub place: u64,
    /// When the service processed it.
    pub at: String,
    /// Whether the finding was created then.
    pub is_creation: bool,
    /// `BATCH_IMPORT_FINDINGS` or `BATCH_UPDATE_FINDINGS` (HIS-09).
    pub kind: &'static str,
    /// The product, the principal or the rule, by its ARN (HIS-09, HIS-10).
    pub identity: String,
    /// What changed.
    pub updates: Vec<HistoryUpdate>,
}

/// A period; its bounds are part of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Period {
    /// Its beginning; none for the finding's own.
    pub start: Option<Timestamp>,
    /// Its end; where there is none, the present is.
    pub end: Option<Timestamp>,
}

/// All that is told of a finding in a period, newest first (HIS-02 … HIS-05). Of what is older than [`KEPT`] nothing
/// is told.
pub fn tell(findings: &Findings, slot: Slot, period: Period, now: Timestamp) -> Vec<Told> {
    let document = findings.table().document(slot);
    let finding = Finding::stored(document);
    let product_arn = finding.string("ProductArn").unwrap_or_default();
    let ledger = findings.ledger(slot);
    let created_at = ledger.and_then(|ledger| ledger.created_at.clone()).or_else(|| processed_at(document));
    let creation = Told {
        place: 0,
        at: created_at.unwrap_or_default(),
        is_creation: true,
        kind: BATCH_IMPORT_FINDINGS,
        identity: product_arn.clone().into_owned(),
        updates: Vec::new(),
    };
    let records = ledger.map(|ledger| ledger.records.as_slice()).unwrap_or_default();
    let later = (1..).zip(records).map(|(place, record)| {
        let (kind, identity) = match &record.source {
            HistorySource::Product => (BATCH_IMPORT_FINDINGS, product_arn.clone().into_owned()),
            HistorySource::Customer(arn) => (BATCH_UPDATE_FINDINGS, arn.clone()),
        };
        let (at, updates) = (timestamp_text(record.at), record.updates.clone());
        Told { place, at, is_creation: false, kind, identity, updates }
    });
    let oldest = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN).as_nanosecond();
    let created = date::strict(finding.string("CreatedAt").as_deref().unwrap_or_default());
    let first = created.into_iter().chain(date::strict(&creation.at)).min();
    let start = period.start.map(Timestamp::as_nanosecond).or(first).unwrap_or(oldest).max(oldest);
    let end = period.end.unwrap_or(now).as_nanosecond();
    let is_within = |told: &Told| date::strict(&told.at).is_some_and(|at| (start..=end).contains(&at));
    let mut told: Vec<Told> = std::iter::once(creation.clone()).chain(later).filter(is_within).collect();
    told.reverse();
    told
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

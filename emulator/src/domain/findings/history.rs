//! The history of a finding.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::SignedDuration;
use securityhub_engine::{Slot, date};
use serde_json::Value;

use super::document::Finding;
use crate::invariant::Invariant;
use crate::state::{FindingMetadata, Findings, HistoryRecord, HistorySource, HistoryUpdate, Timestamp, timestamp_text};

/// Retention period of a record (HIS-04).
const RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24);
const BATCH_IMPORT_FINDINGS: &str = "BATCH_IMPORT_FINDINGS";
const BATCH_UPDATE_FINDINGS: &str = "BATCH_UPDATE_FINDINGS";

/// Times that every import changes; records do not contain them (HIS-14).
const TIMES: [&str; 5] = ["CreatedAt", "UpdatedAt", "ProcessedAt", "FirstObservedAt", "LastObservedAt"];

/// The differences between two states of a finding, attribute by attribute. Objects and maps are compared member by
/// member, a list counts as one value (HIS-11 … HIS-14).
pub(super) fn difference(old: &Finding<'_>, new: &Finding<'_>) -> Vec<HistoryUpdate> {
    let mut updates = Vec::new();
    let is_recorded = |(name, _): &(&'static str, &str)| !TIMES.contains(name);
    for (name, value) in new.members().filter(is_recorded) {
        if old.get(name) != Some(value) {
            compare(name, old.get(name).map(parse).as_ref(), Some(&parse(value)), &mut updates);
        }
    }
    for (name, value) in old.members().filter(is_recorded).filter(|(name, _)| !new.has(*name)) {
        compare(name, Some(&parse(value)), None, &mut updates);
    }
    updates
}

/// Adds a record, unless nothing changed (HIS-15), and drops records that are too old to be read. `created_at` is the
/// ProcessedAt before the change: until the finding has a metadata, that is its time of creation.
pub(super) fn record(
    metadata: &mut FindingMetadata,
    created_at: Option<String>,
    at: Timestamp,
    source: HistorySource,
    updates: Vec<HistoryUpdate>,
) {
    if metadata.created_at.is_none() {
        metadata.created_at = created_at;
    }
    if updates.is_empty() {
        return;
    }
    // A request that began earlier may write to the table later. Records must stay sorted, because they are searched by
    // time.
    let at = metadata.records.back().map_or(at, |last| at.max(last.at));
    metadata.records.push_back(Arc::new(HistoryRecord { at, source, updates }));
    let oldest = oldest(at);
    while metadata.records.front().is_some_and(|record| record.at < oldest) {
        metadata.records.pop_front();
        metadata.dropped_records += 1;
    }
}

/// The time of the oldest record that can be read.
fn oldest(now: Timestamp) -> Timestamp {
    now.checked_sub(RETENTION).unwrap_or(Timestamp::MIN)
}

/// The time at which a stored document was last processed.
pub(super) fn processed_at(document: &[u8]) -> Option<String> {
    Finding::stored(document).string("ProcessedAt").map(Cow::into_owned)
}

/// One record in the form of GetFindingHistory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number among all records of the finding; the creation is 0.
    pub number: u64,
    /// The time at which the service processed the update.
    pub at: String,
    /// True if the record is the creation of the finding.
    pub is_creation: bool,
    /// `BATCH_IMPORT_FINDINGS` or `BATCH_UPDATE_FINDINGS` (HIS-09).
    pub kind: &'static str,
    /// The product, the principal or the rule, by its ARN (HIS-09, HIS-10).
    pub identity: String,
    /// The attributes that changed.
    pub updates: Vec<HistoryUpdate>,
}

/// A period, including its bounds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Period {
    /// Its start; none for the creation of the finding.
    pub start: Option<Timestamp>,
    /// Its end; none for the present.
    pub end: Option<Timestamp>,
}

/// The part of a history that a call requests.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// The period.
    pub period: Period,
    /// Only records with lower numbers than this one, the last of the previous page.
    pub before: Option<u64>,
    /// Maximum number of records.
    pub size: usize,
}

/// A page of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The records, newest first (HIS-05).
    pub entries: Vec<Entry>,
    /// True if older ones follow.
    pub has_more: bool,
}

/// A page of a finding's history (HIS-02 … HIS-06), without records older than [`RETENTION`]. It reads only the records
/// of the page, however many there are.
pub fn page(findings: &Findings, slot: Slot, query: &Query, now: Timestamp) -> Page {
    let document = findings.table().document(slot);
    let finding = Finding::stored(document);
    let metadata = findings.metadata(slot);
    let created_at = metadata.and_then(|metadata| metadata.created_at.clone()).or_else(|| processed_at(document));
    let created_at = created_at.or_report("a stored finding has a time of processing").unwrap_or_default();
    let creation = date::strict(&created_at);
    let claimed = finding.string("CreatedAt").and_then(|text| date::strict(&text));
    let oldest = oldest(now).as_nanosecond();
    let own_start = claimed.into_iter().chain(creation).min();
    let start = query.period.start.map(Timestamp::as_nanosecond).or(own_start).unwrap_or(oldest).max(oldest);
    let end = query.period.end.unwrap_or(now).as_nanosecond();

    let product_arn =
        finding.string("ProductArn").or_report("a stored finding has all required members").unwrap_or_default();
    let mut entries = match metadata {
        Some(metadata) => newest(metadata, start..=end, query, &product_arn),
        None => Vec::new(),
    };
    let is_creation_asked_for = query.before.is_none_or(|before| before > 0);
    if entries.len() <= query.size && is_creation_asked_for && creation.is_some_and(|at| (start..=end).contains(&at)) {
        entries.push(Entry {
            number: 0,
            at: created_at,
            is_creation: true,
            kind: BATCH_IMPORT_FINDINGS,
            identity: product_arn.into_owned(),
            updates: Vec::new(),
        });
    }
    let has_more = entries.len() > query.size;
    entries.truncate(query.size);
    Page { entries, has_more }
}

/// The newest records of a period, newest first, plus one more than requested if there is one.
fn newest(metadata: &FindingMetadata, period: RangeInclusive<i128>, query: &Query, product_arn: &str) -> Vec<Entry> {
    let records = &metadata.records;
    let from = count_while(records, |record| record.at.as_nanosecond() < *period.start());
    let mut to = count_while(records, |record| record.at.as_nanosecond() <= *period.end());
    let number = |index: usize| metadata.dropped_records + index as u64 + 1;
    if let Some(before) = query.before {
        to = to.min(usize::try_from(before.saturating_sub(number(0))).unwrap_or(usize::MAX));
    }
    let entry = |index: usize| {
        let record = records.get(index)?;
        let (kind, identity) = match &record.source {
            HistorySource::Product => (BATCH_IMPORT_FINDINGS, product_arn.to_owned()),
            HistorySource::Customer(arn) => (BATCH_UPDATE_FINDINGS, arn.clone()),
        };
        let (at, updates) = (timestamp_text(record.at), record.updates.clone());
        Some(Entry { number: number(index), at, is_creation: false, kind, identity, updates })
    };
    (from..to).rev().take(query.size + 1).filter_map(entry).collect()
}

/// The number of first records for which a condition is true, which is false for all later ones.
fn count_while(records: &imbl::Vector<Arc<HistoryRecord>>, condition: impl Fn(&HistoryRecord) -> bool) -> usize {
    let compare = |record: &Arc<HistoryRecord>| if condition(record) { Ordering::Less } else { Ordering::Greater };
    records.binary_search_by(compare).unwrap_or_else(|end| end)
}

fn parse(value: &str) -> Value {
    serde_json::from_str(value).or_report("a member of a finding is JSON").unwrap_or_default()
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

/// A value in the form of the history: strings as they are, everything else as compact JSON (HIS-12).
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

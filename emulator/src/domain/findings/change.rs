//! Changes that customers make to stored findings: BatchUpdateFindings and UpdateFindings.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use securityhub_engine::{Filter, Key, Slot, Stored};
use serde_json::{Map, Value};

use super::asff::MAX_BYTES;
use super::document::{self, Finding};
use super::v2::keep;
use super::{customer, expiry, history, merge};
use crate::domain::caller::Caller;
use crate::domain::findings::aggregation::replicas;
use crate::domain::findings::visibility::{self, View};
use crate::invariant::Invariant;
use crate::state::{
    AccountId, FindingWriter, Findings, FindingsTransaction, HistorySource, TableKey, Timestamp, World,
};

/// The product ARN and the id that identify a finding.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identifier {
    /// `ProductArn`
    pub product_arn: String,
    /// `Id`
    pub id: String,
}

/// Reason why a finding was not changed, with the code and sentence of BatchUpdateFindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unchanged {
    /// The caller sees no finding with this identifier (BUF-40, BUF-11).
    NotFound,
    /// The call contains the identifier twice (BUF-41).
    Duplicate,
    /// The finding would become too large (BUF-43).
    TooLarge,
}

impl Unchanged {
    /// The error code and message.
    pub fn code_and_message(self) -> (&'static str, &'static str) {
        match self {
            Unchanged::NotFound => ("FindingNotFound", "Finding Not Found"),
            Unchanged::Duplicate => ("DuplicatedFindingIdentifier", "Finding Identifier is duplicated"),
            Unchanged::TooLarge => ("FindingSizeExceeded", "Finding size exceeded 240 KB"),
        }
    }
}

/// The findings with this identifier that a view shows. An AWS product may have findings with the same id in several
/// accounts; all of them are meant (`inferred`).
pub fn find(findings: &Findings, identifier: &Identifier, view: &View) -> Vec<Slot> {
    let name = document::name_of(&identifier.product_arn, &identifier.id);
    let mut named = findings.table().named(&name);
    named.retain(|slot| view.shows(findings, *slot));
    named
}

/// Sets the given attributes of the identified findings that the caller sees, wherever they are stored (BUF-12, BUF-20
/// … BUF-41). Returns one result per identifier.
pub fn update(
    transaction: &mut FindingsTransaction<'_>,
    world: &World,
    caller: &Caller,
    identifiers: &[Identifier],
    given: &Map<String, Value>,
) -> Vec<Result<(), Unchanged>> {
    let mut outcomes = vec![Err(Unchanged::NotFound); identifiers.len()];
    let mut seen = HashSet::new();
    for (identifier, outcome) in identifiers.iter().zip(&mut outcomes) {
        if !seen.insert(identifier) {
            *outcome = Err(Unchanged::Duplicate);
        }
    }
    let views = visibility::views(world, caller).into_iter().map(|view| (view.table.clone(), view));
    let views: BTreeMap<TableKey, View> = views.collect();
    let tables: BTreeSet<TableKey> = views.keys().cloned().collect();
    // Findings that have replicas replace these once they are changed, so their keys are collected.
    let mut superseding: Vec<Option<Vec<(AccountId, Key)>>> =
        tables.iter().map(|table| replicas::has_replicas(world, table).then(Vec::new)).collect();
    transaction.edit_findings_in_steps(
        &tables,
        identifiers.iter().zip(&mut outcomes),
        |writers, (identifier, outcome)| {
            if *outcome == Err(Unchanged::Duplicate) {
                return;
            }
            for ((view, writer), superseding) in views.values().zip(writers).zip(&mut superseding) {
                let slots = find(writer.findings(), identifier, view);
                if !slots.is_empty() {
                    *outcome = set((writer, world), &slots, given, &caller.principal.arn, caller.now);
                    if let Some(written) = superseding {
                        written.extend(replicas::keys(world, writer.findings(), &slots));
                    }
                }
            }
        },
    );
    for (table, written) in tables.iter().zip(superseding) {
        replicas::supersede(transaction, world, table, || written.unwrap_or_default());
    }
    outcomes
}

/// Sets the given attributes of the findings in these slots.
///
/// # Errors
/// [`Unchanged::TooLarge`], in which case none of them has changed.
pub(super) fn set(
    (writer, world): (&mut FindingWriter<'_>, &World),
    slots: &[Slot],
    given: &Map<String, Value>,
    principal_arn: &str,
    now: Timestamp,
) -> Result<(), Unchanged> {
    let mut changed = Vec::with_capacity(slots.len());
    for slot in slots {
        let document = writer.findings().table().document(*slot);
        let stored = Finding::stored(document);
        let mut finding = stored.clone();
        customer::update(&mut finding, given, now);
        if finding.size() > MAX_BYTES {
            return Err(Unchanged::TooLarge);
        }
        let mut written = Vec::with_capacity(document.len() + 512);
        finding.write(&mut written);
        let mut annex = writer.findings().annex(*slot);
        keep::after_change(&mut annex, &stored, &finding);
        keep::note_state(world, writer.findings().table().stored(*slot), &written, &mut annex, now);
        changed.push((*slot, written, annex, history::difference(&stored, &finding)));
    }
    for (slot, written, annex, updates) in changed {
        let created_at = history::processed_at(writer.findings().table().document(slot));
        let metadata = writer.metadata(slot);
        metadata.protect(customer::set_attributes(given));
        if given.contains_key("Note") {
            metadata.imported_note = None;
        }
        history::record(metadata, created_at, now, HistorySource::Customer(principal_arn.to_owned()), updates);
        writer.replace_with(slot, Stored { document: &written, annex: &annex.to_bytes() });
    }
    Ok(())
}

/// The attributes that UpdateFindings sets. They stay until the next import.
#[derive(Debug, Default)]
pub struct TemporaryUpdate {
    /// The note, as given.
    pub note: Option<Value>,
    /// `ACTIVE` or `ARCHIVED`.
    pub record_state: Option<String>,
}

/// Sets note and record state of all findings that the caller sees and the filter selects, until their next import
/// (UPF-01 … UPF-08).
pub fn update_until_import(
    transaction: &mut FindingsTransaction<'_>,
    world: &World,
    caller: &Caller,
    selected: &Filter,
    update: &TemporaryUpdate,
) {
    for view in visibility::views(world, caller) {
        let filter = Filter::All(vec![view.filter(world), selected.clone()]);
        let has_replicas = replicas::has_replicas(world, &view.table);
        let (written, expiries) = transaction.edit_findings(&view.table, |writer| {
            let slots = view.part(writer.findings()).matching(&filter);
            let expiries = set_until_import((writer, world), &slots, update, caller.now);
            (if has_replicas { replicas::keys(world, writer.findings(), &slots) } else { Vec::new() }, expiries)
        });
        for expires_at in expiries {
            expiry::schedule_sweep(transaction, &view.table.region, expires_at);
        }
        replicas::supersede(transaction, world, &view.table, || written);
    }
}

/// Sets the given attributes of the findings in these slots. Returns the times at which some of them now expire.
pub(super) fn set_until_import(
    (writer, world): (&mut FindingWriter<'_>, &World),
    slots: &[Slot],
    update: &TemporaryUpdate,
    now: Timestamp,
) -> BTreeSet<Timestamp> {
    let mut expiries = BTreeSet::new();
    for slot in slots.iter().copied() {
        let document = writer.findings().table().document(slot).to_vec();
        let stored = Finding::stored(&document);
        let mut finding = stored.clone();
        if let Some(note) = &update.note {
            customer::set_note(&mut finding, note, now);
        }
        if let Some(state) = &update.record_state {
            finding.set_string("RecordState", state);
            merge::reopen(&mut finding, &stored);
        }
        let mut written = Vec::with_capacity(document.len() + 512);
        finding.write(&mut written);
        if update.note.is_some() {
            let beneath = stored.get("Note").map(str::to_owned);
            writer.metadata(slot).imported_note.get_or_insert(beneath);
        }
        let mut annex = writer.findings().annex(slot);
        keep::after_change(&mut annex, &stored, &finding);
        keep::note_state(world, writer.findings().table().stored(slot), &written, &mut annex, now);
        writer.replace_with(slot, Stored { document: &written, annex: &annex.to_bytes() });
        if let (Some(state), Some(before)) = (&update.record_state, writer.findings().expires_at(slot)) {
            let old_state =
                stored.string("RecordState").or_report("a stored finding has a record state").unwrap_or_default();
            let expires_at = expiry::of_state(before, &old_state, state);
            writer.set_expiry(slot, expires_at);
            expiries.insert(expires_at);
        }
    }
    expiries
}

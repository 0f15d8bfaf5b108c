//! The findings of a Region: a table of documents, and metadata of each finding outside its document.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use securityhub_engine::{Batch, Filter, Key, Layer, Schema, Slot, Snapshot, Stored, Table};
use serde::{Deserialize, Serialize};

use super::change::StoredFinding;
use super::clock::Timestamp;
use super::interned;
use super::names::TableKey;
use super::recording::Recording;
use super::sync::atomic::{AtomicU64, Ordering};
use super::written::{FindingWrites, Form};
use crate::ocsf::Annex;

mod rows;
mod undo;

pub(super) use rows::Block;
pub(super) use undo::Undo;

/// The findings of a Region. A clone is a fork that shares everything neither side has written since.
#[derive(Clone, Debug)]
pub struct Findings {
    table: Table,
    /// Metadata by sequence number. Findings that were only created have none.
    metadata: imbl::HashMap<u64, Arc<FindingMetadata>>,
}

/// Metadata of a finding outside its document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FindingMetadata {
    /// Attributes set by a customer or an automation rule, which imports must not overwrite (ASF-56).
    #[serde(deserialize_with = "interned::read")]
    pub protected: Vec<&'static str>,
    /// Time of creation, once the finding has been imported again.
    pub created_at: Option<String>,
    /// Changes since creation, oldest first. The vector is persistent, because forks and the information to undo a
    /// change share it; each change would copy a plain vector.
    pub records: imbl::Vector<Arc<HistoryRecord>>,
    /// The number of older history records that were dropped because of their age.
    pub dropped_records: u64,
    /// The note that the next import restores, if UpdateFindings has replaced it (UPF-05): its JSON, or `None` for no
    /// note.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "interned::present")]
    pub imported_note: Option<Option<String>>,
}

impl FindingMetadata {
    /// Marks attributes that imports must not overwrite from now on.
    pub fn protect(&mut self, attributes: impl Iterator<Item = &'static str>) {
        for attribute in attributes {
            if !self.protected.contains(&attribute) {
                self.protected.push(attribute);
            }
        }
    }
}

/// A change of a finding, as reported in its history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryRecord {
    /// The time at which the service processed it.
    pub at: Timestamp,
    /// The origin of the change.
    pub source: HistorySource,
    /// The attributes that changed.
    pub updates: Vec<HistoryUpdate>,
}

/// The origin of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistorySource {
    /// The product, through an import.
    Product,
    /// A principal or an automation rule, by ARN.
    Customer(String),
}

/// An attribute that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryUpdate {
    /// The path of the attribute, joined by dots.
    pub field: String,
    /// The old value; `None` if the attribute was absent.
    pub old: Option<String>,
    /// The new value; `None` if the attribute was removed.
    pub new: Option<String>,
}

impl Findings {
    pub(super) fn new(schema: Arc<Schema>) -> Self {
        Self { table: Table::new(schema), metadata: imbl::HashMap::new() }
    }

    /// The table of documents.
    pub fn table(&self) -> &Table {
        &self.table
    }

    pub(super) fn table_mut(&mut self) -> &mut Table {
        &mut self.table
    }

    /// Replaces the metadata of the finding with a number.
    pub(super) fn set_metadata(&mut self, number: u64, metadata: Option<FindingMetadata>) {
        match metadata {
            Some(metadata) => _ = self.metadata.insert(number, Arc::new(metadata)),
            None => _ = self.metadata.remove(&number),
        }
    }

    /// Metadata of a finding.
    pub fn metadata(&self, slot: Slot) -> Option<&FindingMetadata> {
        self.metadata.get(&self.table.sequence(slot)).map(Arc::as_ref)
    }

    /// The annex of a finding, which only its OCSF form uses.
    pub fn annex(&self, slot: Slot) -> Annex {
        Annex::read(self.table.stored(slot).annex)
    }

    /// The time at which a finding expires, if it does.
    pub fn expires_at(&self, slot: Slot) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.table.end(slot)).ok()
    }

    /// Removes up to `max` findings that have expired at `now` and returns their sequence numbers.
    pub(super) fn remove_expired(&mut self, now: Timestamp, max: usize) -> Vec<u64> {
        let removed = self.table.remove_ended(now.as_millisecond(), max);
        self.drop_metadata(removed)
    }

    pub(super) fn remove_where(&mut self, drops: impl Fn(&[u8]) -> bool) -> Vec<u64> {
        let removed = self.table.remove_where(drops);
        self.drop_metadata(removed)
    }

    /// Drops the metadata of removed findings.
    fn drop_metadata(&mut self, removed: Vec<u64>) -> Vec<u64> {
        for sequence in &removed {
            self.metadata.remove(sequence);
        }
        removed
    }

    /// Hides the findings that satisfy a filter, and returns their sequence numbers.
    pub(super) fn hide(&mut self, layer: Layer, filter: &Filter) -> Vec<u64> {
        let slots = self.table.hide(layer, filter);
        slots.into_iter().map(|slot| self.table.sequence(slot)).collect()
    }

    /// Adds findings of another table, keeping the order of their sequence numbers. Replaces those with the same key.
    pub(super) fn add(&mut self, others: &Findings, slots: &[Slot], key: impl Fn(&[u8]) -> Option<Key>) {
        let keyed = |of: &Findings, slot: Slot| Some((slot, key(of.table.document(slot))?));
        let added: Vec<(Slot, Key)> = slots.iter().filter_map(|slot| keyed(others, *slot)).collect();
        let keys: HashSet<&Key> = added.iter().map(|(_, key)| key).collect();
        let mut remaining: Vec<(Slot, Key)> = self.table.slots().filter_map(|slot| keyed(self, slot)).collect();
        remaining.retain(|(_, key)| !keys.contains(key));
        let remaining = remaining.iter().map(|(slot, key)| (&*self, *slot, key));
        let mut all: Vec<_> = remaining.chain(added.iter().map(|(slot, key)| (others, *slot, key))).collect();
        all.sort_by_key(|(of, slot, _)| of.table.sequence(*slot));
        let mut joined = Findings::new(Arc::clone(self.table.schema()));
        for (of, slot, key) in all {
            let number = of.table.sequence(slot);
            let copy = joined.table.insert_with(key, number, of.table.stored(slot));
            joined.table.set_end(copy, of.table.end(slot));
            if let Some(metadata) = of.metadata.get(&number) {
                joined.metadata.insert(number, Arc::clone(metadata));
            }
        }
        joined.table.continue_versions(self.table.version());
        *self = joined;
    }

    /// Removes the findings with these keys and returns their sequence numbers.
    pub(super) fn remove(&mut self, keys: &[Key]) -> Vec<u64> {
        let mut removed = Vec::new();
        for key in keys {
            if let Some(slot) = self.table.find(key) {
                removed.push(self.table.sequence(slot));
                self.table.remove(key);
            }
        }
        self.drop_metadata(removed)
    }
}

/// Writes findings of one Region while their table is locked.
pub struct FindingWriter<'t> {
    findings: &'t mut Findings,
    sequence: &'t AtomicU64,
    stored: Vec<StoredFinding>,
    /// The findings whose expiry or metadata may have changed, by number; `None` if changes are not recorded.
    touched: Option<Vec<u64>>,
    /// The writes to derive events from, if events are enabled.
    written: Option<FindingWrites>,
    undo: Undo,
}

impl<'t> FindingWriter<'t> {
    pub(super) fn new(
        findings: &'t mut Findings,
        sequence: &'t AtomicU64,
        written: Option<FindingWrites>,
        is_recorded: bool,
        mut undo: Undo,
    ) -> Self {
        let touched = is_recorded.then(Vec::new);
        undo.begin(findings);
        FindingWriter { findings, sequence, stored: Vec::new(), touched, written, undo }
    }

    /// The findings, including changes made by this writer.
    pub fn findings(&self) -> &Findings {
        self.findings
    }

    /// The number of a new finding.
    fn next_number(&mut self) -> u64 {
        let number = self.sequence.fetch_add(1, Ordering::Relaxed);
        self.stored.push(StoredFinding { number, is_new: true });
        self.undo.create(number);
        number
    }

    /// Stores a new finding.
    pub fn create(&mut self, key: &Key, document: &[u8]) -> Slot {
        let number = self.next_number();
        self.record(Stored { document, annex: &[] }, Form::Both);
        self.findings.table.insert(key, number, document)
    }

    /// Adds a buffer that contains the documents of new findings.
    pub fn add_batch(&mut self, documents: Vec<u8>) -> Batch {
        self.findings.table.add_batch(documents)
    }

    /// Stores a new finding whose document is in the buffer of a batch. One with an annex is copied.
    pub fn create_from(&mut self, key: &Key, batch: &Batch, document: Range<usize>, annex: &Annex) -> Slot {
        let annex = annex.to_bytes();
        if !annex.is_empty() {
            let document = self.findings.table.snapshot(batch, document);
            return self.create_with(key, Stored { document: document.as_bytes(), annex: &annex });
        }
        let number = self.next_number();
        if let Some(written) = &mut self.written {
            written.push(self.findings.table.snapshot(batch, document.clone()), Form::Both);
        }
        self.findings.table.insert_from(key, number, batch, document)
    }

    /// Ends a batch.
    pub fn finish_batch(&mut self, batch: &Batch) {
        self.findings.table.finish_batch(batch);
    }

    /// Stores a new finding with an annex.
    pub fn create_with(&mut self, key: &Key, stored: Stored<'_>) -> Slot {
        let number = self.next_number();
        self.record(stored, Form::Both);
        self.findings.table.insert_with(key, number, stored)
    }

    /// Replaces the document of a finding. Its annex stays.
    pub fn replace(&mut self, slot: Slot, document: &[u8]) {
        let annex = self.findings.table.stored(slot).annex.to_vec();
        self.replace_with(slot, Stored { document, annex: &annex });
    }

    /// Replaces the document of a finding and its annex.
    pub fn replace_with(&mut self, slot: Slot, stored: Stored<'_>) {
        self.note_replaced(slot, stored, Form::Both);
        self.findings.table.replace_with(slot, stored);
    }

    /// Replaces the annex of a finding, which changes only its OCSF form.
    pub fn annotate(&mut self, slot: Slot, annex: &Annex) {
        let document = self.findings.table.document(slot).to_vec();
        let annex = annex.to_bytes();
        let stored = Stored { document: &document, annex: &annex };
        self.note_replaced(slot, stored, Form::Ocsf);
        self.findings.table.replace_with(slot, stored);
    }

    fn note_replaced(&mut self, slot: Slot, stored: Stored<'_>, form: Form) {
        self.undo.save(self.findings, slot);
        let number = self.findings.table.sequence(slot);
        self.stored.push(StoredFinding { number, is_new: false });
        self.record(stored, form);
    }

    /// Sets the time at which a finding expires.
    pub fn set_expiry(&mut self, slot: Slot, at: Timestamp) {
        self.touch(slot);
        self.findings.table.set_end(slot, at.as_millisecond());
    }

    /// Metadata of a finding, for changes.
    pub fn metadata(&mut self, slot: Slot) -> &mut FindingMetadata {
        self.touch(slot);
        Arc::make_mut(self.findings.metadata.entry(self.findings.table.sequence(slot)).or_default())
    }

    fn touch(&mut self, slot: Slot) {
        self.undo.save(self.findings, slot);
        if let Some(touched) = &mut self.touched {
            touched.push(self.findings.table.sequence(slot));
        }
    }

    fn record(&mut self, stored: Stored<'_>, form: Form) {
        self.written.iter_mut().for_each(|written| written.push(Snapshot::copy_both(stored), form));
    }

    /// Returns the writes recorded so far and records further ones in `next`.
    pub(super) fn take_writes(&mut self, next: Option<FindingWrites>) -> Option<FindingWrites> {
        std::mem::replace(&mut self.written, next)
    }

    /// Appends the findings that were written so far to a recording.
    pub(super) fn add_to(&self, recording: &mut Recording, table: &TableKey) {
        let touched = self.touched.iter().flatten().copied();
        let mut numbers: Vec<u64> = self.stored.iter().map(|stored| stored.number).chain(touched).collect();
        numbers.sort_unstable();
        numbers.dedup();
        recording.put(table, self.findings, &self.findings.table.with_sequences(&numbers));
    }

    /// Ends the writes. Returns the written findings, the writes for events, and the information to undo the writes.
    pub(super) fn finish(mut self) -> (Vec<StoredFinding>, Option<FindingWrites>, Undo) {
        self.undo.end(self.findings);
        (self.stored, self.written, self.undo)
    }
}

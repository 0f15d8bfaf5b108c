//! The findings of a region: a table of documents, and what is kept of each beside its document.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use securityhub_engine::{Batch, Filter, Key, Schema, Slot, Snapshot, Table};

use super::change::StoredFinding;
use super::clock::Timestamp;
use super::sync::atomic::{AtomicU64, Ordering};
use super::written::Written;

/// The findings of a region. A clone is a fork, which shares what neither side writes.
#[derive(Clone, Debug)]
pub struct Findings {
    table: Table,
    /// By the number of the finding; of a finding that was only ever created, nothing is kept.
    ledgers: imbl::HashMap<u64, Arc<Ledger>>,
}

/// What is kept of a finding beside its document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Attributes that a customer or a rule has set, so that imports leave them alone (ASF-56).
    pub touched: Vec<&'static str>,
    /// When the finding was created, once it has been imported again.
    pub created_at: Option<String>,
    /// What happened to it since, oldest first and in the order of their times.
    pub records: VecDeque<HistoryRecord>,
    /// How many records before them were dropped because of their age.
    pub dropped_records: u64,
    /// The note that comes back with the next import, where UpdateFindings has set another (UPF-05): its JSON, or
    /// none.
    pub note_beneath: Option<Option<String>>,
}

impl Ledger {
    /// Notes attributes that imports leave alone from now on.
    pub fn touch(&mut self, attributes: impl Iterator<Item = &'static str>) {
        for attribute in attributes {
            if !self.touched.contains(&attribute) {
                self.touched.push(attribute);
            }
        }
    }
}

/// A change of a finding, as its history tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRecord {
    /// When the service processed it.
    pub at: Timestamp,
    /// Who changed it, and how.
    pub source: HistorySource,
    /// What changed.
    pub updates: Vec<HistoryUpdate>,
}

/// Who changed a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistorySource {
    /// The product, by an import.
    Product,
    /// This principal, or this automation rule, by its ARN.
    Customer(String),
}

/// An attribute that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryUpdate {
    /// The path of the attribute, its members joined by dots.
    pub field: String,
    /// What it was; none if it was not there.
    pub old: Option<String>,
    /// What it is; none if it is no longer there.
    pub new: Option<String>,
}

impl Findings {
    pub(super) fn new(schema: Arc<Schema>) -> Self {
        Self { table: Table::new(schema), ledgers: imbl::HashMap::new() }
    }

    /// The documents.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// What is kept of a finding beside its document.
    pub fn ledger(&self, slot: Slot) -> Option<&Ledger> {
        self.ledgers.get(&self.table.sequence(slot)).map(Arc::as_ref)
    }

    /// When a finding expires; none if nothing was said of it.
    pub fn expires_at(&self, slot: Slot) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.table.end(slot)).ok()
    }

    /// Removes up to `most` of the findings that have expired at `now`; gives how many it removed.
    pub(super) fn remove_expired(&mut self, now: Timestamp, most: usize) -> usize {
        let gone = self.table.remove_ended(now.as_millisecond(), most);
        self.forget(&gone)
    }

    pub(super) fn remove_where(&mut self, drops: impl Fn(&[u8]) -> bool) -> usize {
        let gone = self.table.remove_where(drops);
        self.forget(&gone)
    }

    /// Drops what was kept beside findings that are gone.
    fn forget(&mut self, gone: &[u64]) -> usize {
        for sequence in gone {
            self.ledgers.remove(sequence);
        }
        gone.len()
    }

    pub(super) fn set_aside(&mut self, filter: &Filter) {
        self.table.set_aside(filter);
    }

    /// Adds findings of another table in the order of their numbers, which they keep.
    pub(super) fn add(&mut self, others: &Findings, slots: &[Slot], key: impl Fn(&[u8]) -> Option<Key>) {
        let keyed = |of: &Findings, slot: Slot| Some((slot, key(of.table.document(slot))?));
        let taken: Vec<(Slot, Key)> = slots.iter().filter_map(|slot| keyed(others, *slot)).collect();
        let keys: HashSet<&Key> = taken.iter().map(|(_, key)| key).collect();
        let mut kept: Vec<(Slot, Key)> = self.table.slots().filter_map(|slot| keyed(self, slot)).collect();
        kept.retain(|(_, key)| !keys.contains(key));
        let kept = kept.iter().map(|(slot, key)| (&*self, *slot, key));
        let mut all: Vec<_> = kept.chain(taken.iter().map(|(slot, key)| (others, *slot, key))).collect();
        all.sort_by_key(|(of, slot, _)| of.table.sequence(*slot));
        let mut joined = Findings::new(Arc::clone(self.table.schema()));
        for (of, slot, key) in all {
            let number = of.table.sequence(slot);
            let copy = joined.table.insert(key, number, of.table.document(slot));
            joined.table.set_end(copy, of.table.end(slot));
            if let Some(ledger) = of.ledgers.get(&number) {
                joined.ledgers.insert(number, Arc::clone(ledger));
            }
        }
        *self = joined;
    }

    /// Removes the findings of these keys; says how many there were.
    pub(super) fn remove(&mut self, keys: &[Key]) -> usize {
        let mut count = 0;
        for key in keys {
            if let Some(slot) = self.table.find(key) {
                self.ledgers.remove(&self.table.sequence(slot));
                count += usize::from(self.table.remove(key));
            }
        }
        count
    }
}

/// Writes findings of one region; its table is locked meanwhile.
pub struct FindingWriter<'t> {
    findings: &'t mut Findings,
    sequence: &'t AtomicU64,
    stored: Vec<StoredFinding>,
    /// What was stored, where events are made of it.
    written: Option<Written>,
}

impl<'t> FindingWriter<'t> {
    pub(super) fn new(findings: &'t mut Findings, sequence: &'t AtomicU64, written: Option<Written>) -> Self {
        FindingWriter { findings, sequence, stored: Vec::new(), written }
    }

    /// The findings as they are.
    pub fn findings(&self) -> &Findings {
        self.findings
    }

    /// Stores a finding that is new.
    pub fn create(&mut self, key: &Key, document: &[u8]) -> Slot {
        let number = self.sequence.fetch_add(1, Ordering::Relaxed);
        self.stored.push(StoredFinding { number, is_new: true });
        self.keep(document);
        self.findings.table.insert(key, number, document)
    }

    /// Takes documents of new findings, written one after the other.
    pub fn take(&mut self, documents: Vec<u8>) -> Batch {
        self.findings.table.take(documents)
    }

    /// Stores a finding of a batch that is new.
    pub fn create_from(&mut self, key: &Key, batch: &Batch, document: Range<usize>) -> Slot {
        let number = self.sequence.fetch_add(1, Ordering::Relaxed);
        self.stored.push(StoredFinding { number, is_new: true });
        if let Some(written) = &mut self.written {
            written.push(self.findings.table.snapshot(batch, document.clone()));
        }
        self.findings.table.insert_from(key, number, batch, document)
    }

    /// Ends a batch.
    pub fn settle(&mut self, batch: &Batch) {
        self.findings.table.settle(batch);
    }

    /// Puts another document in the place of a finding.
    pub fn replace(&mut self, slot: Slot, document: &[u8]) {
        let number = self.findings.table.sequence(slot);
        self.stored.push(StoredFinding { number, is_new: false });
        self.keep(document);
        self.findings.table.replace(slot, document);
    }

    /// Sets when a finding expires.
    pub fn set_expiry(&mut self, slot: Slot, at: Timestamp) {
        self.findings.table.set_end(slot, at.as_millisecond());
    }

    /// Changes what is kept of a finding beside its document.
    pub fn ledger(&mut self, slot: Slot) -> &mut Ledger {
        Arc::make_mut(self.findings.ledgers.entry(self.findings.table.sequence(slot)).or_default())
    }

    fn keep(&mut self, document: &[u8]) {
        self.written.iter_mut().for_each(|written| written.push(Snapshot::copy(document)));
    }

    /// What was stored since the last time, where events are made of it; what is stored from now on goes into `next`.
    pub(super) fn take_note(&mut self, next: Option<Written>) -> Option<Written> {
        std::mem::replace(&mut self.written, next)
    }

    pub(super) fn finish(self) -> (Vec<StoredFinding>, Option<Written>) {
        (self.stored, self.written)
    }
}

//! The findings of a region: a table of documents, and what is kept of each beside its document.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use securityhub_engine::{Key, Schema, Slot, Table};

use super::change::StoredFinding;
use super::clock::Timestamp;

/// The findings of a region.
#[derive(Debug)]
pub struct Findings {
    table: Table,
    /// By the number of the finding; of a finding that was only ever created, nothing is kept.
    ledgers: HashMap<u64, Ledger>,
}

/// What is kept of a finding beside its document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Attributes that a customer or a rule has set, so that imports leave them alone (ASF-56).
    pub touched: Vec<&'static str>,
    /// When the finding was created, once it has been imported again.
    pub created_at: Option<String>,
    /// What happened to it since, oldest first.
    pub records: Vec<HistoryRecord>,
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
        Self { table: Table::new(schema), ledgers: HashMap::new() }
    }

    /// The documents.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// What is kept of a finding beside its document.
    pub fn ledger(&self, slot: Slot) -> Option<&Ledger> {
        self.ledgers.get(&self.table.sequence(slot))
    }

    pub(super) fn remove_where(&mut self, drops: impl Fn(&[u8]) -> bool) -> usize {
        let gone = self.table.remove_where(drops);
        for sequence in &gone {
            self.ledgers.remove(sequence);
        }
        gone.len()
    }
}

/// Writes findings of one region; its table is locked meanwhile.
pub struct FindingWriter<'t> {
    findings: &'t mut Findings,
    sequence: &'t AtomicU64,
    stored: Vec<StoredFinding>,
}

impl<'t> FindingWriter<'t> {
    pub(super) fn new(findings: &'t mut Findings, sequence: &'t AtomicU64) -> Self {
        FindingWriter { findings, sequence, stored: Vec::new() }
    }

    /// The findings as they are.
    pub fn findings(&self) -> &Findings {
        self.findings
    }

    /// Stores a finding that is new.
    pub fn create(&mut self, key: &Key, document: &[u8]) -> Slot {
        let number = self.sequence.fetch_add(1, Ordering::Relaxed);
        self.stored.push(StoredFinding { number, is_new: true });
        self.findings.table.insert(key, number, document)
    }

    /// Puts another document in the place of a finding.
    pub fn replace(&mut self, slot: Slot, document: &[u8]) {
        let number = self.findings.table.sequence(slot);
        self.stored.push(StoredFinding { number, is_new: false });
        self.findings.table.replace(slot, document);
    }

    /// Changes what is kept of a finding beside its document.
    pub fn ledger(&mut self, slot: Slot) -> &mut Ledger {
        self.findings.ledgers.entry(self.findings.table.sequence(slot)).or_default()
    }

    pub(super) fn finish(self) -> Vec<StoredFinding> {
        self.stored
    }
}

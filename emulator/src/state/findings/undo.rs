//! The findings of a table before a transaction changed them, to undo its changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use securityhub_engine::{Layer, Scope, Slot, Stored};

use super::{FindingMetadata, Findings};

const LAYERS: [Layer; 2] = [Layer::First, Layer::Second];

/// The changes of a transaction in a table, with the earlier state of the findings that it has changed.
#[derive(Default)]
pub(in crate::state) struct Undo {
    /// The version of the table after the last change; `None` before the first change.
    version: Option<u64>,
    /// True if other transactions have written to the table between two changes.
    has_conflict: bool,
    /// The numbers of created findings, ascending.
    created: Vec<u64>,
    /// The earlier state of other findings, by number.
    changed: BTreeMap<u64, Before>,
    /// The whole table, if its findings were removed, hidden or added in another order. It contains the earlier changes of
    /// the transaction, so it is restored before them.
    table: Option<Arc<Findings>>,
}

/// The earlier state of a finding.
struct Before {
    document: Vec<u8>,
    annex: Vec<u8>,
    end: i64,
    is_hidden: [bool; 2],
    metadata: Option<Arc<FindingMetadata>>,
}

impl Undo {
    /// Begins a change of the table.
    pub(in crate::state) fn begin(&mut self, findings: &Findings) {
        self.has_conflict |= self.version.is_some_and(|version| version != findings.table.version());
    }

    /// Ends a change of the table.
    pub(in crate::state) fn end(&mut self, findings: &Findings) {
        self.version = Some(findings.table.version());
    }

    /// Notes that a finding is created.
    pub(super) fn create(&mut self, number: u64) {
        if self.table.is_none() {
            self.created.push(number);
        }
    }

    /// Saves the state of a finding that is about to be changed.
    pub(super) fn save(&mut self, findings: &Findings, slot: Slot) {
        let number = findings.table.sequence(slot);
        // Later numbers were created by this transaction.
        let is_new = self.created.first().is_some_and(|first| number >= *first);
        if is_new || self.table.is_some() || self.changed.contains_key(&number) {
            return;
        }
        let Stored { document, annex } = findings.table.stored(slot);
        let before = Before {
            document: document.to_vec(),
            annex: annex.to_vec(),
            end: findings.table.end(slot),
            is_hidden: LAYERS.map(|layer| !findings.table.within(Scope::Visible(layer)).has(slot)),
            metadata: findings.metadata.get(&number).map(Arc::clone),
        };
        self.changed.insert(number, before);
    }

    /// Saves the whole table, which is about to be changed.
    pub(in crate::state) fn save_table(&mut self, findings: Arc<Findings>) {
        self.table.get_or_insert(findings);
    }
}

impl Findings {
    /// Undoes the changes of a transaction. Returns false and changes nothing if another transaction has written to the
    /// table in the meantime.
    pub(in crate::state) fn undo(&mut self, undo: Undo) -> bool {
        let Undo { version, has_conflict, created, changed, table } = undo;
        if has_conflict || version.is_some_and(|version| version != self.table.version()) {
            return false;
        }
        if let Some(table) = table {
            let version = self.table.version();
            *self = Findings::clone(&table);
            self.table.continue_versions(version);
        }
        self.remove_numbers(&created);
        for (number, before) in changed {
            let Some(slot) = self.table.with_sequence(number) else { continue };
            self.table.replace_with(slot, Stored { document: &before.document, annex: &before.annex });
            self.table.set_end(slot, before.end);
            for (layer, _) in LAYERS.into_iter().zip(before.is_hidden).filter(|(_, is_hidden)| *is_hidden) {
                self.table.hide_slot(layer, slot);
            }
            match before.metadata {
                Some(metadata) => _ = self.metadata.insert(number, metadata),
                None => _ = self.metadata.remove(&number),
            }
        }
        true
    }
}

//! Tables: documents by key, and queries over them.
//!
//! A table does not lock its content; shared tables are kept behind a reader-writer lock. Readers build missing columns
//! under a shared reference, and the writer maintains existing ones.

use std::ops::Range;
use std::sync::Arc;

use crate::bits::{BLOCK, BitSet, Bits};
use crate::blocks::Blocks;
use crate::column::{Column, Probe};
use crate::count::number;
use crate::derive::Stored;
use crate::filter::{Filter, Test};
use crate::invariant::Invariant;
use crate::plan::{self, Source};
use crate::schema::{FieldId, Schema};

mod columns;
mod documents;
mod draft;
mod forms;
mod groups;
mod histogram;
mod keys;
mod nth;
mod order;
mod part;
mod searches;
mod select;
mod top;

pub use documents::{Batch, Snapshot};
pub use draft::Draft;
pub use groups::Crossed;
pub use histogram::Intervals;
pub use keys::Key;
pub use part::{Layer, Part, Scope, Selection};
pub use select::{Effort, Forms};
pub use top::{Choice, Distinct, Group, Summary, TopGroups};

use columns::Columns;
use documents::Documents;
use forms::Forms as FormCache;
use keys::Keys;
use searches::Searches;

/// With fewer slots, the table is not compacted.
const FEW: usize = 4 * BLOCK;

/// The number of [`Layer`]s.
const LAYERS: usize = 2;

/// The expiry of a document that never expires.
pub const NEVER: i64 = i64::MAX;

/// The index of a document in its table, valid until documents are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u32);

/// Documents of one schema. A document is JSON text in UTF-8, preceded by its [`Key`].
///
/// A slot belongs to one document until it is removed, and slots follow the order of creation. Updates and removals do
/// not move other documents in this order (SRT-08).
///
/// A clone is a fork: it shares everything with the table until either side writes, which copies the affected blocks.
#[derive(Clone, Debug)]
pub struct Table {
    schema: Arc<Schema>,
    documents: Documents,
    keys: Keys,
    /// The sequence number of each slot's document, ascending.
    sequences: Blocks<u64>,
    /// The end of each slot's document, in a unit of the caller; [`NEVER`] until it is set.
    ends: Blocks<i64>,
    /// A lower bound of all ends.
    first_end: i64,
    live: BitSet,
    /// The hidden slots of each layer, all of which are live.
    hidden: [BitSet; LAYERS],
    columns: Columns,
    searches: Searches,
    forms: FormCache,
    /// The number of writes.
    version: u64,
}

impl Table {
    /// An empty table.
    pub fn new(schema: Arc<Schema>) -> Self {
        Self {
            columns: Columns::new(&schema),
            schema,
            documents: Documents::default(),
            keys: Keys::default(),
            sequences: Blocks::default(),
            ends: Blocks::default(),
            first_end: NEVER,
            live: BitSet::default(),
            hidden: Default::default(),
            searches: Searches::default(),
            forms: FormCache::default(),
            version: 0,
        }
    }

    /// A number that changes with each write of a document.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Continues the numbers of [`Table::version`] after one of another state of this table, so that a version does not
    /// name two states.
    pub fn continue_versions(&mut self, after: u64) {
        self.version = self.version.max(after) + 1;
    }

    /// The schema of its documents.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The slot of the document with a key.
    pub fn find(&self, key: &Key) -> Option<Slot> {
        self.keys.find(key, &self.documents).map(Slot)
    }

    /// The slots of documents whose keys have a name, in order of creation.
    pub fn named(&self, name: &[u8]) -> Vec<Slot> {
        let mut slots: Vec<Slot> = self.keys.named(name, &self.documents).map(Slot).collect();
        slots.sort_unstable();
        slots
    }

    /// A document as stored.
    pub fn document(&self, slot: Slot) -> &[u8] {
        self.documents.get(slot.0)
    }

    /// A document with its annex.
    pub fn stored(&self, slot: Slot) -> Stored<'_> {
        self.documents.stored(slot.0)
    }

    /// The slots whose documents or annexes differ from those of another table at the same slots. Blocks that both
    /// tables share are not read. A document that differs only in its slot is also returned.
    pub fn differing(&self, other: &Table) -> Vec<Slot> {
        self.documents.differing_content(&other.documents).map(Slot).collect()
    }

    /// Returns whether a slot has a document.
    pub fn has(&self, slot: Slot) -> bool {
        self.live.contains(slot.0)
    }

    /// The sequence number of a document.
    pub fn sequence(&self, slot: Slot) -> u64 {
        self.sequences.get(slot.0 as usize).copied().or_report("a slot has a number").unwrap_or(u64::MAX)
    }

    /// The slot of the document with a sequence number, unless it was removed.
    pub fn with_sequence(&self, sequence: u64) -> Option<Slot> {
        let index = self.sequences.partition_point(|other| *other < sequence);
        let is_it = self.sequences.get(index) == Some(&sequence);
        let slot = number(index);
        (is_it && self.live.contains(slot)).then_some(Slot(slot))
    }

    /// The slots of the documents with these sequence numbers, in the same order, without those that were removed.
    pub fn with_sequences(&self, sequences: &[u64]) -> Vec<Slot> {
        let mut found: Vec<Slot> = Vec::with_capacity(sequences.len());
        for sequence in sequences {
            // The documents of a batch have consecutive slots.
            let next = found
                .last()
                .map(|slot| Slot(slot.0 + 1))
                .filter(|slot| self.sequences.get(slot.0 as usize) == Some(sequence) && self.live.contains(slot.0));
            found.extend(next.or_else(|| self.with_sequence(*sequence)));
        }
        found
    }

    /// Stores a document with a new key. `sequence` must be greater than that of any existing document.
    pub fn insert(&mut self, key: &Key, sequence: u64, document: &[u8]) -> Slot {
        self.insert_with(key, sequence, Stored { document, annex: &[] })
    }

    /// Like [`Table::insert`], but with an annex.
    pub fn insert_with(&mut self, key: &Key, sequence: u64, stored: Stored<'_>) -> Slot {
        let slot = number(self.sequences.len());
        self.version += 1;
        self.documents.push(slot, stored);
        self.keys.push(slot, key);
        self.sequences.push(sequence);
        self.ends.push(NEVER);
        self.live.insert(slot);
        self.columns.set(&self.schema, slot, stored);
        Slot(slot)
    }

    /// Adds a buffer of concatenated documents, which [`Table::insert_from`] stores without copying.
    pub fn add_batch(&mut self, documents: Vec<u8>) -> Batch {
        self.documents.add_batch(documents)
    }

    /// [`Table::insert`] for a document of a batch.
    pub fn insert_from(&mut self, key: &Key, sequence: u64, batch: &Batch, document: Range<usize>) -> Slot {
        let slot = number(self.sequences.len());
        self.version += 1;
        self.documents.push_from(slot, batch, document);
        self.keys.push(slot, key);
        self.sequences.push(sequence);
        self.ends.push(NEVER);
        self.live.insert(slot);
        self.columns.set(&self.schema, slot, self.documents.stored(slot));
        Slot(slot)
    }

    /// An immutable reference to a document of a batch.
    pub fn snapshot(&self, batch: &Batch, document: Range<usize>) -> Snapshot {
        self.documents.snapshot(batch, document)
    }

    /// The documents of these slots as one range of bytes, without copying them; `None` unless they are those of a
    /// batch, in its order, and none has an annex.
    pub fn run(&self, slots: &[Slot]) -> Option<Snapshot> {
        self.documents.run(slots.iter().map(|slot| slot.0))
    }

    /// Ends a batch and releases documents that were not stored.
    pub fn finish_batch(&mut self, batch: &Batch) {
        self.documents.finish_batch(batch);
    }

    /// Replaces the document of a slot by one with the same key, drops its annex, and makes it visible again.
    pub fn replace(&mut self, slot: Slot, document: &[u8]) {
        self.replace_with(slot, Stored { document, annex: &[] });
    }

    /// Like [`Table::replace`], but with an annex.
    pub fn replace_with(&mut self, slot: Slot, stored: Stored<'_>) {
        self.hidden.iter_mut().for_each(|hidden| hidden.remove(slot.0));
        self.columns.clear(slot.0);
        self.searches.forget(slot.0);
        self.forms.forget(slot.0);
        self.version += 1;
        self.documents.replace(slot.0, stored);
        self.columns.set(&self.schema, slot.0, stored);
    }

    /// Stores or replaces a document, and returns its sequence number.
    pub fn put(&mut self, key: &Key, sequence_if_new: u64, document: &[u8]) -> u64 {
        let slot = match self.find(key) {
            Some(slot) => {
                self.replace(slot, document);
                slot
            }
            None => self.insert(key, sequence_if_new, document),
        };
        self.sequence(slot)
    }

    /// Removes the document with a key, and returns whether there was one. If the key is stored again, it gets a new
    /// sequence number (SRT-08).
    pub fn remove(&mut self, key: &Key) -> bool {
        let Some(slot) = self.find(key) else { return false };
        self.clear(slot.0);
        self.tidy();
        true
    }

    /// Sets the end of a document.
    pub fn set_end(&mut self, slot: Slot, end: i64) {
        if let Some(current) = self.ends.get_mut(slot.0 as usize) {
            *current = end;
            self.first_end = self.first_end.min(end);
        }
    }

    /// The end of a document.
    pub fn end(&self, slot: Slot) -> i64 {
        self.ends.get(slot.0 as usize).copied().or_report("a slot has an end").unwrap_or(NEVER)
    }

    /// The number of documents whose end has passed at `now`.
    pub fn ended(&self, now: i64) -> usize {
        if self.first_end > now { 0 } else { self.ends.iter().filter(|end| **end <= now).count() }
    }

    /// A lower bound of the ends of all documents.
    pub fn first_end(&self) -> i64 {
        self.first_end
    }

    /// Removes up to `most` documents whose end has passed at `now`, without reading them, and returns their sequence
    /// numbers.
    pub fn remove_ended(&mut self, now: i64, most: usize) -> Vec<u64> {
        if self.first_end > now {
            return Vec::new();
        }
        let ended = (0..).zip(self.ends.iter()).filter(|(_, end)| **end <= now);
        let slots: Vec<Slot> = ended.map(|(slot, _)| Slot(slot)).take(most).collect();
        if slots.len() < most {
            let later = self.ends.iter().copied().filter(|end| *end > now);
            self.first_end = later.min().unwrap_or(NEVER);
        }
        self.remove_slots(&slots)
    }

    /// Removes the documents for which `drops` returns true, and returns their sequence numbers.
    pub fn remove_where(&mut self, drops: impl Fn(&[u8]) -> bool) -> Vec<u64> {
        let dropped: Vec<Slot> = self.slots().filter(|slot| drops(self.document(*slot))).collect();
        self.remove_slots(&dropped)
    }

    fn remove_slots(&mut self, slots: &[Slot]) -> Vec<u64> {
        let sequences = slots.iter().map(|slot| self.sequence(*slot)).collect();
        for slot in slots {
            self.clear(slot.0);
        }
        self.tidy();
        sequences
    }

    fn clear(&mut self, slot: u32) {
        if let Some(end) = self.ends.get_mut(slot as usize) {
            *end = NEVER;
        }
        self.keys.remove(slot);
        self.columns.clear(slot);
        self.searches.forget(slot);
        self.forms.forget(slot);
        self.version += 1;
        self.documents.clear(slot);
        self.live.remove(slot);
        self.hidden.iter_mut().for_each(|hidden| hidden.remove(slot));
    }

    /// Compacts the slots if most of them are empty.
    fn tidy(&mut self) {
        if self.sequences.len() < FEW || self.len() * 2 > self.sequences.len() {
            return;
        }
        let kept: Vec<u32> = self.slots().map(|slot| slot.0).collect();
        self.keys.keep(&kept);
        self.documents.keep(&kept);
        self.columns.keep(&kept);
        self.searches.clear();
        self.forms.clear();
        self.sequences = kept.iter().filter_map(|slot| self.sequences.get(*slot as usize).copied()).collect();
        self.ends = kept.iter().filter_map(|slot| self.ends.get(*slot as usize).copied()).collect();
        let hidden = std::mem::take(&mut self.hidden);
        self.live = BitSet::default();
        for (slot, old) in (0..).zip(&kept) {
            self.live.insert(slot);
            for (before, hidden) in hidden.iter().zip(&mut self.hidden) {
                if before.contains(*old) {
                    hidden.insert(slot);
                }
            }
        }
    }

    /// The number of documents.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// The total size of all documents and annexes.
    pub fn bytes(&self) -> usize {
        self.documents.bytes()
    }

    /// Removes the documents of these slots, and returns their sequence numbers.
    pub fn remove_all(&mut self, slots: &[Slot]) -> Vec<u64> {
        self.remove_slots(slots)
    }

    /// Returns whether there are no documents.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The slots of all documents, in order of creation.
    pub fn slots(&self) -> impl Iterator<Item = Slot> {
        (0..self.blocks()).flat_map(|block| {
            let live = self.live.block(block);
            live.positions().map(|position| at(block, position)).collect::<Vec<_>>()
        })
    }

    /// The number of documents that satisfy `filter`.
    pub fn count(&self, filter: &Filter) -> usize {
        self.within(Scope::All).count(filter)
    }

    /// Builds the columns for a filter and for `fields`.
    fn build(&self, filter: &Filter, mut fields: Vec<FieldId>) {
        plan::columns(filter, &self.schema, &mut fields);
        self.columns.build(&self.schema, fields, &self.documents);
    }

    fn blocks(&self) -> usize {
        self.sequences.len().div_ceil(BLOCK)
    }
}

impl Default for Table {
    fn default() -> Self {
        Self::new(Arc::default())
    }
}

impl Source for Table {
    fn column(&self, field: FieldId) -> Option<&Column> {
        self.columns.get(field)
    }

    fn read(&self, block: usize, candidates: &Bits, field: FieldId, probe: Probe<'_>) -> Bits {
        let document = |position| self.documents.get(at(block, position).0);
        let passes = |document: &[u8]| self.schema.any(field, document, &mut |item| probe.passes(item));
        let Probe::Test(Test::Keyword(needle)) = probe else {
            let mut found = Bits::NONE;
            candidates
                .positions()
                .filter(|position| passes(document(*position)))
                .for_each(|position| found.insert(position));
            return found;
        };
        let is_in = |position| {
            let document = document(position);
            !needle.is_absent_from(document) && passes(document)
        };
        self.searches.find(needle, block, candidates, is_in)
    }
}

fn at(block: usize, position: usize) -> Slot {
    Slot(number(block * BLOCK + position))
}

#[cfg(test)]
mod tests;

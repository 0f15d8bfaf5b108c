//! Documents by key, and the rows that satisfy a filter.
//!
//! A table takes no lock for its content: whoever shares one keeps it behind a reader-writer lock. Readers build
//! missing columns under a shared reference; the writer maintains those that are built.

use std::ops::Range;
use std::sync::Arc;

use crate::bits::{BLOCK, BitSet, Bits};
use crate::blocks::Blocks;
use crate::column::{Column, Probe};
use crate::count::number;
use crate::filter::{Filter, Test};
use crate::invariant::Invariant;
use crate::plan::{self, Source};
use crate::schema::{FieldId, Schema};

mod columns;
mod documents;
mod draft;
mod groups;
mod keys;
mod order;
mod part;
mod searches;
mod select;

pub use documents::{Batch, Snapshot};
pub use draft::Draft;
pub use keys::Key;
pub use part::{Part, Scope};

use columns::Columns;
use documents::Documents;
use keys::Keys;
use searches::Searches;

/// Fewer slots than these are not worth tidying.
const FEW: usize = 4 * BLOCK;

/// The end of a document that has none.
pub const NEVER: i64 = i64::MAX;

/// A document's place in its table, good until documents are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u32);

/// Documents of one schema. A document begins with its [`Key`]; it is JSON text in UTF-8.
///
/// A slot belongs to one document until that is removed, and slots follow the order of first storing: neither an
/// update nor a removal moves another document in it (SRT-08).
///
/// A clone is a fork: it shares everything with the table until one of both writes, which then copies what it touches.
#[derive(Clone, Debug)]
pub struct Table {
    schema: Arc<Schema>,
    documents: Documents,
    keys: Keys,
    /// The number of each slot's document, ascending.
    sequences: Blocks<u64>,
    /// When each slot's document ends, in a unit of the caller's; [`NEVER`] until it is set.
    ends: Blocks<i64>,
    /// No document ends before.
    first_end: i64,
    live: BitSet,
    /// The slots that are set aside, all of them live.
    aside: BitSet,
    columns: Columns,
    searches: Searches,
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
            aside: BitSet::default(),
            searches: Searches::default(),
        }
    }

    /// The fields of its documents.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Where the document of a key is.
    pub fn find(&self, key: &Key) -> Option<Slot> {
        self.keys.find(key, &self.documents).map(Slot)
    }

    /// Where the documents are whose keys have this name, first stored first.
    pub fn named(&self, name: &[u8]) -> Vec<Slot> {
        let mut slots: Vec<Slot> = self.keys.named(name, &self.documents).map(Slot).collect();
        slots.sort_unstable();
        slots
    }

    /// A document, as stored.
    pub fn document(&self, slot: Slot) -> &[u8] {
        self.documents.get(slot.0)
    }

    /// The number that a document got when it was first stored.
    pub fn sequence(&self, slot: Slot) -> u64 {
        self.sequences.get(slot.0 as usize).copied().or_report("a slot has a number").unwrap_or(u64::MAX)
    }

    /// Stores a document under a key that is new. `sequence` must be larger than that of any document so far.
    pub fn insert(&mut self, key: &Key, sequence: u64, document: &[u8]) -> Slot {
        let slot = number(self.sequences.len());
        self.documents.push(slot, document);
        self.keys.push(slot, key);
        self.sequences.push(sequence);
        self.ends.push(NEVER);
        self.live.insert(slot);
        self.columns.set(&self.schema, slot, document);
        Slot(slot)
    }

    /// Takes documents, written one after the other; [`Table::insert_from`] stores them without a copy.
    pub fn take(&mut self, documents: Vec<u8>) -> Batch {
        self.documents.take(documents)
    }

    /// [`Table::insert`] of a document of a batch.
    pub fn insert_from(&mut self, key: &Key, sequence: u64, batch: &Batch, document: Range<usize>) -> Slot {
        let slot = number(self.sequences.len());
        self.documents.push_from(slot, batch, document);
        self.keys.push(slot, key);
        self.sequences.push(sequence);
        self.ends.push(NEVER);
        self.live.insert(slot);
        self.columns.set(&self.schema, slot, self.documents.get(slot));
        Slot(slot)
    }

    /// A document of a batch, to be kept as it is.
    pub fn snapshot(&self, batch: &Batch, document: Range<usize>) -> Snapshot {
        self.documents.snapshot(batch, document)
    }

    /// Ends a batch: documents of it that were not stored are given back.
    pub fn settle(&mut self, batch: &Batch) {
        self.documents.settle(batch);
    }

    /// Puts another document of the same key in a slot; it is no longer set aside.
    pub fn replace(&mut self, slot: Slot, document: &[u8]) {
        self.aside.remove(slot.0);
        self.columns.clear(slot.0);
        self.searches.forget(slot.0);
        self.documents.replace(slot.0, document);
        self.columns.set(&self.schema, slot.0, document);
    }

    /// Stores a document, or replaces it in its place; gives its number.
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

    /// Removes the document of a key; says whether there was one. The key stored anew begins anew (SRT-08).
    pub fn remove(&mut self, key: &Key) -> bool {
        let Some(slot) = self.find(key) else { return false };
        self.clear(slot.0);
        self.tidy();
        true
    }

    /// Sets when a document ends.
    pub fn set_end(&mut self, slot: Slot, end: i64) {
        if let Some(current) = self.ends.get_mut(slot.0 as usize) {
            *current = end;
            self.first_end = self.first_end.min(end);
        }
    }

    /// When a document ends.
    pub fn end(&self, slot: Slot) -> i64 {
        self.ends.get(slot.0 as usize).copied().or_report("a slot has an end").unwrap_or(NEVER)
    }

    /// A time before which no document ends; there may be none that ends then.
    pub fn first_end(&self) -> i64 {
        self.first_end
    }

    /// Removes up to `most` of the documents that have ended at `now`; gives their numbers. It reads no document.
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

    /// Removes the documents that `drops` says; gives their numbers.
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
        self.documents.clear(slot);
        self.live.remove(slot);
        self.aside.remove(slot);
    }

    /// Renumbers the slots when most of them are empty.
    fn tidy(&mut self) {
        if self.sequences.len() < FEW || self.len() * 2 > self.sequences.len() {
            return;
        }
        let kept: Vec<u32> = self.slots().map(|slot| slot.0).collect();
        self.keys.keep(&kept);
        self.documents.keep(&kept);
        self.columns.keep(&kept);
        self.searches.clear();
        self.sequences = kept.iter().filter_map(|slot| self.sequences.get(*slot as usize).copied()).collect();
        self.ends = kept.iter().filter_map(|slot| self.ends.get(*slot as usize).copied()).collect();
        let aside = std::mem::take(&mut self.aside);
        self.live = BitSet::default();
        for (slot, old) in (0..).zip(&kept) {
            self.live.insert(slot);
            if aside.contains(*old) {
                self.aside.insert(slot);
            }
        }
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The slots of all documents, first stored first.
    pub fn slots(&self) -> impl Iterator<Item = Slot> {
        (0..self.blocks()).flat_map(|block| {
            let live = self.live.block(block);
            live.places().map(|place| at(block, place)).collect::<Vec<_>>()
        })
    }

    /// How many documents satisfy `filter`.
    pub fn count(&self, filter: &Filter) -> usize {
        self.within(Scope::All).count(filter)
    }

    /// Builds the columns that a filter needs, and those of `fields`.
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
        let document = |place| self.documents.get(at(block, place).0);
        let passes = |document: &[u8]| self.schema.any(field, document, &mut |item| probe.passes(item));
        let Probe::Test(Test::Keyword(needle)) = probe else {
            let mut found = Bits::NONE;
            candidates.places().filter(|place| passes(document(*place))).for_each(|place| found.insert(place));
            return found;
        };
        let is_in = |place| {
            let document = document(place);
            !needle.is_surely_not_in(document) && passes(document)
        };
        self.searches.find(needle, block, candidates, is_in)
    }
}

fn at(block: usize, place: usize) -> Slot {
    Slot(number(block * BLOCK + place))
}

#[cfg(test)]
mod tests;

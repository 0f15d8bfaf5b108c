//! Documents by key, and the rows that satisfy a filter.
//!
//! A table takes no lock for its content: whoever shares one keeps it behind a reader-writer lock. Readers build
//! missing columns under a shared reference; the writer maintains those that are built.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use roaring::RoaringBitmap;
use serde_json::Value;

use crate::column::{Probe, number};
use crate::filter::Filter;
use crate::page::{Page, Position};
use crate::plan::{Plan, Source};
use crate::schema::{FieldId, Schema};
use crate::sort::SortKey;

mod columns;
mod groups;
mod order;

use columns::Columns;

/// The three parts that name a document. The table compares them and knows no more of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The account whose finding it is.
    pub account: String,
    /// The product that reported it.
    pub product_arn: String,
    /// The identifier within the product.
    pub id: String,
}

/// A stored document; a clone shares its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The number that the document got when it was first stored.
    pub sequence: u64,
    /// The document, as stored.
    pub document: Bytes,
}

/// Documents of one schema.
#[derive(Debug, Default)]
pub struct Table {
    schema: Arc<Schema>,
    /// A slot belongs to one document until that is removed.
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    live: RoaringBitmap,
    by_key: HashMap<Arc<Key>, u32>,
    by_sequence: BTreeSet<(u64, u32)>,
    columns: Columns,
}

#[derive(Debug)]
struct Slot {
    key: Arc<Key>,
    stored: Stored,
}

impl Table {
    /// An empty table.
    pub fn new(schema: Arc<Schema>) -> Self {
        let columns = Columns::new(&schema);
        Self { schema, columns, ..Self::default() }
    }

    /// The fields of its documents.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The document of a key.
    pub fn get(&self, key: &Key) -> Option<Stored> {
        Some(self.slot(*self.by_key.get(key)?)?.stored.clone())
    }

    /// Stores a document and answers its sequence number: the given one if the key is new, else the one it has.
    /// The given number must be one that no other document of any table has; it need not be the largest so far.
    /// `value` must be what `document` says: columns that exist are fed from it, later ones from the bytes.
    pub fn put(&mut self, key: Key, sequence_if_new: u64, document: Bytes, value: &Value) -> u64 {
        if let Some(slot) = self.by_key.get(&key).copied() {
            self.columns.clear(slot);
            self.columns.set(&self.schema, slot, value);
            return self.replace(slot, document).unwrap_or(sequence_if_new);
        }
        let slot = self.free.pop().unwrap_or_else(|| number(self.slots.len()));
        self.columns.set(&self.schema, slot, value);
        let key = Arc::new(key);
        self.live.insert(slot);
        self.by_key.insert(Arc::clone(&key), slot);
        self.by_sequence.insert((sequence_if_new, slot));
        let content = Some(Slot { key, stored: Stored { sequence: sequence_if_new, document } });
        match self.slots.get_mut(slot as usize) {
            Some(place) => *place = content,
            None => self.slots.push(content),
        }
        sequence_if_new
    }

    fn replace(&mut self, slot: u32, document: Bytes) -> Option<u64> {
        let content = self.slots.get_mut(slot as usize)?.as_mut()?;
        content.stored.document = document;
        Some(content.stored.sequence)
    }

    /// Removes the document of a key; says whether there was one. The key stored anew begins anew (SRT-08).
    pub fn remove(&mut self, key: &Key) -> bool {
        let Some(slot) = self.by_key.remove(key) else {
            return false;
        };
        self.columns.clear(slot);
        self.live.remove(slot);
        if let Some(content) = self.slots.get_mut(slot as usize).and_then(Option::take) {
            self.by_sequence.remove(&(content.stored.sequence, slot));
            self.free.push(slot);
        }
        true
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Every document with its key, first stored first.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Stored)> {
        let slots = self.by_sequence.iter().filter_map(|(_, slot)| self.slot(*slot));
        slots.map(|slot| (&*slot.key, &slot.stored))
    }

    /// The first `limit` rows that satisfy `filter`, in the order of `sort`, after a position (or from the start).
    pub fn select(&self, filter: &Filter, sort: &[SortKey], after: Option<&Position>, limit: usize) -> Page {
        let sorted: Vec<FieldId> = sort.iter().map(|key| key.field).collect();
        let rows = self.rows(filter, sorted);
        if sort.is_empty() { self.first_stored(&rows, after, limit) } else { self.sorted(&rows, sort, after, limit) }
    }

    /// How many documents satisfy `filter`.
    pub fn count(&self, filter: &Filter) -> usize {
        usize::try_from(self.rows(filter, Vec::new()).len()).unwrap_or(usize::MAX)
    }

    /// The slots that satisfy `filter`. Builds the columns that it needs, and those of `fields`.
    fn rows(&self, filter: &Filter, mut fields: Vec<FieldId>) -> RoaringBitmap {
        let filter = filter.simplify();
        let plan = Plan::new(&filter, &self.schema);
        plan.columns(&mut fields);
        self.columns.build(&self.schema, &fields, || self.documents());
        plan.rows(self, &self.live)
    }

    fn slot(&self, slot: u32) -> Option<&Slot> {
        self.slots.get(slot as usize)?.as_ref()
    }

    /// Every document by slot, parsed.
    fn documents(&self) -> impl Iterator<Item = (u32, Value)> {
        self.live.iter().filter_map(|slot| Some((slot, parse(&self.slot(slot)?.stored.document))))
    }
}

impl Source for Table {
    fn column(&self, field: FieldId, probe: Probe<'_>, candidates: &RoaringBitmap) -> RoaringBitmap {
        self.columns.get(field).map_or_else(RoaringBitmap::new, |column| column.passing(probe, candidates))
    }

    fn documents(&self, field: FieldId, probe: Probe<'_>, candidates: &RoaringBitmap) -> RoaringBitmap {
        let passes = |slot: &u32| {
            let document = self.slot(*slot).map(|slot| parse(&slot.stored.document));
            document.is_some_and(|document| self.schema.any(field, &document, &mut |item| probe.passes(item)))
        };
        candidates.iter().filter(passes).collect()
    }
}

/// Bytes that are no JSON have no values.
fn parse(document: &Bytes) -> Value {
    serde_json::from_slice(document).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests;

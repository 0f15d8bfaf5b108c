//! Selects rows, in order and in pages.

use std::sync::Arc;

use super::order::Order;
use super::{Part, Scope, Slot, Table, at};
use crate::bits::{BLOCK, Bits};
use crate::derive::Stored;
use crate::filter::Filter;
use crate::invariant::Invariant;
use crate::page::{Page, Position, ROOM, Row};
use crate::plan::{self, Plan};
use crate::schema::FieldId;
use crate::sort::{SortKey, SortValue};

/// Maximum work of a quick selection, in slots examined by its conditions.
const FEW_TESTS: usize = 128 * 1024;
/// Maximum number of forms that a quick selection derives.
const FEW_FORMS: usize = 10;
/// Maximum estimated size of a quick page, in bytes: its length times the average size of a document.
const SHORT_PAGE: usize = 1024 * 1024;

/// The derived forms of a selection.
pub struct Forms<'w> {
    /// Forms are cached until this number changes. The caller passes another one when something other than a document
    /// changes the forms.
    pub context: u64,
    /// Appends the form of a document.
    pub write: &'w dyn Fn(Stored<'_>, &mut Vec<u8>),
}

/// The work that a selection may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// As much as needed.
    Any,
    /// Only a selection under the conditions of [`Part::select_quickly`], and only a few forms that are not cached.
    Little,
}

impl Part<'_> {
    /// Like [`Part::select`], if that takes at most a few hundred microseconds. `None` if columns are missing,
    /// documents must be read, the page is long, or the limit on work is reached.
    pub fn select_quickly(
        &self,
        filter: &Filter,
        sort: &[SortKey],
        after: Option<&Position>,
        limit: usize,
        bytes: Vec<u8>,
    ) -> Option<Page> {
        let slots = self.slots_quickly(filter, sort, after, limit)?;
        Some(self.table.page(slots, sort, limit, bytes, &copy))
    }

    fn slots_quickly(
        &self,
        filter: &Filter,
        sort: &[SortKey],
        after: Option<&Position>,
        limit: usize,
    ) -> Option<Vec<u32>> {
        let (filter, table) = (filter.simplify(), self.table);
        let mut fields: Vec<FieldId> = sort.iter().map(|key| key.field).collect();
        plan::columns(&filter, &table.schema, &mut fields);
        if fields.len().saturating_mul(BLOCK) > FEW_TESTS {
            return None;
        }
        let length = table.documents.bytes() / table.len().max(1);
        let is_long = length.saturating_mul(limit.min(table.len())) > SHORT_PAGE;
        let reads = plan::reads_documents(&filter, &table.schema);
        if is_long || reads || !table.columns.missing(&table.schema, fields).is_empty() {
            return None;
        }
        let plan = Plan::new(&filter, &table.schema, table, table.len() as u64);
        if sort.is_empty() {
            self.first_stored(&plan, after, limit, FEW_TESTS)
        } else {
            Order::new(*self, sort, after, limit).select(&plan, FEW_TESTS)
        }
    }

    /// The first `limit` rows that satisfy `filter`, in the order of `sort`, after a position or from the start. Their
    /// documents are appended to `bytes`, joined by commas.
    pub fn select(
        &self,
        filter: &Filter,
        sort: &[SortKey],
        after: Option<&Position>,
        limit: usize,
        bytes: Vec<u8>,
    ) -> Page {
        self.select_with(filter, sort, after, limit, bytes, &copy)
    }

    /// Like [`Part::select`], but `write` writes each document, for example in its derived form.
    pub fn select_with(
        &self,
        filter: &Filter,
        sort: &[SortKey],
        after: Option<&Position>,
        limit: usize,
        bytes: Vec<u8>,
        write: &dyn Fn(Stored<'_>, &mut Vec<u8>),
    ) -> Page {
        let slots = self.slots(filter, sort, after, limit);
        self.table.page(slots, sort, limit, bytes, write)
    }

    fn slots(&self, filter: &Filter, sort: &[SortKey], after: Option<&Position>, limit: usize) -> Vec<u32> {
        let (filter, table) = (filter.simplify(), self.table);
        table.build(&filter, sort.iter().map(|key| key.field).collect());
        let plan = Plan::new(&filter, &table.schema, table, table.len() as u64);
        let slots = if sort.is_empty() {
            self.first_stored(&plan, after, limit, usize::MAX)
        } else {
            Order::new(*self, sort, after, limit).select(&plan, usize::MAX)
        };
        slots.or_report("a search without a limit on work completes").unwrap_or_default()
    }

    /// Like [`Part::select`], but returns derived forms. `None` if a selection with [`Effort::Little`] would take more.
    pub fn select_derived(
        &self,
        (filter, sort): (&Filter, &[SortKey]),
        (after, limit): (Option<&Position>, usize),
        bytes: Vec<u8>,
        forms: &Forms<'_>,
        effort: Effort,
    ) -> Option<Page> {
        let (slots, most) = match effort {
            Effort::Any => (self.slots(filter, sort, after, limit), usize::MAX),
            Effort::Little => (self.slots_quickly(filter, sort, after, limit)?, FEW_FORMS),
        };
        self.table.page_of_forms(slots, (sort, limit), bytes, forms, most)
    }

    /// The slots of a page and one more, if there are as many, in order of creation (SRT-08). `None` if more than about
    /// `most` slots would have to be examined.
    fn first_stored(&self, plan: &Plan<'_>, after: Option<&Position>, limit: usize, most: usize) -> Option<Vec<u32>> {
        let table = self.table;
        let start = after.map_or(0, |after| table.sequences.partition_point(|sequence| *sequence <= after.sequence));
        let (mut slots, mut work): (Vec<u32>, usize) = (Vec::new(), 0);
        let first = start / BLOCK;
        for block in first..table.blocks() {
            // This estimates the number of blocks for the page, assuming that the remaining blocks are like those read
            // so far.
            let read = block - first;
            let all = read.saturating_mul(limit.saturating_add(1)).checked_div(slots.len()).unwrap_or(usize::MAX);
            let expected = work.checked_div(read).unwrap_or(0).saturating_mul(all.min(table.blocks() - first));
            if work.max(expected) > most {
                return None;
            }
            let candidates = from(&self.block(block), start.saturating_sub(block * BLOCK));
            let passing = plan.passing(table, block, &candidates, &mut work);
            let room = limit.saturating_add(1) - slots.len();
            slots.extend(passing.positions().take(room).map(|position| at(block, position).0));
            if slots.len() > limit {
                break;
            }
        }
        Some(slots)
    }
}

impl Table {
    /// [`Part::select`] on all documents.
    pub fn select(
        &self,
        filter: &Filter,
        sort: &[SortKey],
        after: Option<&Position>,
        limit: usize,
        bytes: Vec<u8>,
    ) -> Page {
        self.within(Scope::All).select(filter, sort, after, limit, bytes)
    }

    /// The page of `slots`, which has one more than `limit` if further rows follow.
    fn page(
        &self,
        mut slots: Vec<u32>,
        sort: &[SortKey],
        limit: usize,
        mut bytes: Vec<u8>,
        write: &dyn Fn(Stored<'_>, &mut Vec<u8>),
    ) -> Page {
        let more = slots.len() > limit;
        slots.truncate(limit);
        let size: usize = slots.iter().map(|slot| self.documents.get(*slot).len() + 1).sum();
        bytes.reserve(size + ROOM);
        let rows = self.rows(&slots, sort, &mut bytes, |slot, bytes| write(self.documents.stored(slot), bytes));
        Page { bytes, rows, more }
    }

    /// Appends the documents of slots, joined by commas.
    fn rows(
        &self,
        slots: &[u32],
        sort: &[SortKey],
        bytes: &mut Vec<u8>,
        mut append: impl FnMut(u32, &mut Vec<u8>),
    ) -> Vec<Row> {
        let mut rows = Vec::with_capacity(slots.len());
        for slot in slots.iter().copied() {
            if !rows.is_empty() {
                bytes.push(b',');
            }
            let start = bytes.len();
            append(slot, bytes);
            let keys = sort.iter().map(|key| self.sort_value(slot, *key)).collect();
            let position = Position { keys, sequence: self.sequence(Slot(slot)) };
            rows.push(Row { document: start..bytes.len(), position });
        }
        rows
    }

    /// Like [`Table::page`], but returns derived forms. Returns `None` if the cache lacks more than `most` of them.
    fn page_of_forms(
        &self,
        mut slots: Vec<u32>,
        (sort, limit): (&[SortKey], usize),
        mut bytes: Vec<u8>,
        wanted: &Forms<'_>,
        most: usize,
    ) -> Option<Page> {
        let more = slots.len() > limit;
        slots.truncate(limit);
        let cached = self.forms.get(wanted.context, &slots);
        if cached.iter().filter(|form| form.is_none()).count() > most {
            return None;
        }
        let mut derived = Vec::new();
        let form = |(slot, cached): (&u32, Option<Arc<[u8]>>)| {
            cached.unwrap_or_else(|| {
                let mut form = Vec::with_capacity(4096);
                (wanted.write)(self.documents.stored(*slot), &mut form);
                let form: Arc<[u8]> = form.into();
                derived.push((*slot, Arc::clone(&form)));
                form
            })
        };
        let forms: Vec<Arc<[u8]>> = slots.iter().zip(cached).map(form).collect();
        if !derived.is_empty() {
            self.forms.put(wanted.context, derived, self.documents.bytes());
        }
        bytes.reserve(forms.iter().map(|form| form.len() + 1).sum::<usize>() + ROOM);
        let mut forms = forms.iter();
        let append = |_: u32, bytes: &mut Vec<u8>| bytes.extend_from_slice(forms.next().map_or(&[], AsRef::as_ref));
        let rows = self.rows(&slots, sort, &mut bytes, append);
        Some(Page { bytes, rows, more })
    }

    pub(super) fn sort_value(&self, slot: u32, key: SortKey) -> SortValue {
        self.columns.get(key.field).map_or(SortValue::Missing, |column| column.sort_value(slot, key.descending))
    }
}

/// Writes a document as stored.
fn copy(stored: Stored<'_>, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(stored.document);
}

/// The slots of a block from a position on.
fn from(slots: &Bits, start: usize) -> Bits {
    let mut kept = *slots;
    for (index, word) in kept.0.iter_mut().enumerate() {
        let before = start.saturating_sub(index * 64);
        *word = if before >= 64 { 0 } else { *word >> before << before };
    }
    kept
}

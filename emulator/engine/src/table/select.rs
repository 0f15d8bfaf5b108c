//! Rows put in order and cut into pages.

use std::cmp::Ordering;

use super::{Part, Scope, Slot, Table, at};
use crate::bits::{BLOCK, Bits};
use crate::column::Ranks;
use crate::count::number;
use crate::filter::Filter;
use crate::page::{Page, Position, ROOM, Row};
use crate::plan::{self, Plan};
use crate::schema::FieldId;
use crate::sort::{SortKey, SortValue};

/// Maximum work of a quick selection: slots multiplied by conditions.
const FEW_TESTS: usize = 128 * 1024;
/// Maximum estimated size of a quick page, in bytes: its length times the average size of a document.
const SHORT_PAGE: usize = 1024 * 1024;

impl Part<'_> {
    /// [`Part::select`] if that takes some hundred microseconds at most; `None` if columns are missing, documents have to
    /// be read, the page is long, or it is not found after so much work.
    pub fn select_quickly(
        &self,
        filter: &Filter,
        sort: &[SortKey],
        after: Option<&Position>,
        limit: usize,
        bytes: Vec<u8>,
    ) -> Option<Page> {
        let (filter, table) = (filter.simplify(), self.table);
        let mut fields: Vec<FieldId> = sort.iter().map(|key| key.field).collect();
        plan::columns(&filter, &table.schema, &mut fields);
        let most_blocks = FEW_TESTS / BLOCK / fields.len().max(1);
        let length = table.documents.bytes() / table.len().max(1);
        let is_long = length.saturating_mul(limit.min(table.len())) > SHORT_PAGE;
        let reads = plan::reads_documents(&filter, &table.schema);
        if is_long || reads || !table.columns.missing(&table.schema, fields).is_empty() {
            return None;
        }
        let plan = Plan::new(&filter, &table.schema, table, table.len() as u64);
        let slots = if sort.is_empty() {
            self.first_stored(&plan, after, limit, most_blocks)?
        } else if table.blocks() <= most_blocks {
            Order::new(*self, sort, after, limit).select(&plan)
        } else {
            return None;
        };
        Some(table.page(slots, sort, limit, bytes))
    }

    /// The first `limit` rows that satisfy `filter`, in the order of `sort`, after a position (or from the start).
    /// Their documents are written behind `bytes`, joined by commas.
    pub fn select(
        &self,
        filter: &Filter,
        sort: &[SortKey],
        after: Option<&Position>,
        limit: usize,
        bytes: Vec<u8>,
    ) -> Page {
        let (filter, table) = (filter.simplify(), self.table);
        table.build(&filter, sort.iter().map(|key| key.field).collect());
        let plan = Plan::new(&filter, &table.schema, table, table.len() as u64);
        let slots = if sort.is_empty() {
            self.first_stored(&plan, after, limit, usize::MAX).unwrap_or_default()
        } else {
            Order::new(*self, sort, after, limit).select(&plan)
        };
        table.page(slots, sort, limit, bytes)
    }

    /// One slot more than a page, if there are as many, in the order of first storing (SRT-08). `None` if that takes more
    /// than `most` blocks.
    fn first_stored(&self, plan: &Plan<'_>, after: Option<&Position>, limit: usize, most: usize) -> Option<Vec<u32>> {
        let table = self.table;
        let start = after.map_or(0, |after| table.sequences.partition_point(|sequence| *sequence <= after.sequence));
        let mut slots = Vec::new();
        let first = start / BLOCK;
        for block in first..table.blocks() {
            if block - first == most {
                return None;
            }
            let candidates = from(&self.block(block), start.saturating_sub(block * BLOCK));
            let passing = plan.passing(table, block, &candidates);
            let room = limit.saturating_add(1) - slots.len();
            slots.extend(passing.places().take(room).map(|place| at(block, place).0));
            if slots.len() > limit {
                break;
            }
        }
        Some(slots)
    }
}

impl Table {
    /// [`Part::select`] of all its documents.
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

    /// The page of `slots`, which are one more than `limit` if rows follow.
    fn page(&self, mut slots: Vec<u32>, sort: &[SortKey], limit: usize, mut bytes: Vec<u8>) -> Page {
        let more = slots.len() > limit;
        slots.truncate(limit);
        let size: usize = slots.iter().map(|slot| self.documents.get(*slot).len() + 1).sum();
        bytes.reserve(size + ROOM);
        let mut rows = Vec::with_capacity(slots.len());
        for slot in slots {
            if !rows.is_empty() {
                bytes.push(b',');
            }
            let start = bytes.len();
            bytes.extend_from_slice(self.documents.get(slot));
            let keys = sort.iter().map(|key| self.place(slot, *key)).collect();
            let position = Position { keys, sequence: self.sequence(Slot(slot)) };
            rows.push(Row { document: start..bytes.len(), position });
        }
        Page { bytes, rows, more }
    }

    fn place(&self, slot: u32, key: SortKey) -> SortValue {
        self.columns.get(key.field).map_or(SortValue::Missing, |column| column.place(slot, key.descending))
    }
}

/// The slots of a block from a place on.
fn from(slots: &Bits, start: usize) -> Bits {
    let mut kept = *slots;
    for (index, word) in kept.0.iter_mut().enumerate() {
        let before = start.saturating_sub(index * 64);
        *word = if before >= 64 { 0 } else { *word >> before << before };
    }
    kept
}

/// The first rows in an order by columns: of all that pass, those are kept that stand before the last of a page.
struct Order<'t> {
    part: Part<'t>,
    ranks: Vec<Ranks<'t>>,
    after: Option<(Vec<u128>, u64)>,
    limit: usize,
    /// Candidates, each with its first rank; no more than a few pages of them.
    kept: Vec<(u128, u32)>,
    /// Where the last row of the page stands, once there are as many.
    last: Option<(u128, u32)>,
}

impl<'t> Order<'t> {
    fn new(part: Part<'t>, sort: &[SortKey], after: Option<&Position>, limit: usize) -> Self {
        let ranks: Vec<Ranks<'t>> =
            sort.iter().map(|key| Ranks::new(part.table.columns.get(key.field), key.descending)).collect();
        let after = after.map(|position| {
            let keys = ranks.iter().zip(&position.keys);
            (keys.map(|(ranks, value)| ranks.of_value(value)).collect(), position.sequence)
        });
        Self { part, ranks, after, limit: limit.saturating_add(1), kept: Vec::new(), last: None }
    }

    fn select(mut self, plan: &Plan<'_>) -> Vec<u32> {
        let table = self.part.table;
        for block in 0..table.blocks() {
            let mut passing = plan.passing(table, block, &self.part.block(block));
            if let (Some((last, _)), Some(ranks)) = (self.last, self.ranks.first()) {
                passing = ranks.up_to(block, &passing, last);
            }
            for place in passing.places() {
                self.meet(number(block * BLOCK + place));
            }
        }
        self.keep_first();
        self.kept.into_iter().map(|(_, slot)| slot).collect()
    }

    fn meet(&mut self, slot: u32) {
        let first = self.ranks.first().map_or(0, |ranks| ranks.of(slot));
        if self.last.is_some_and(|(last, _)| first > last) || !self.is_after(first, slot) {
            return;
        }
        let row = (first, slot);
        if self.last.is_some_and(|last| self.compare(row, last).is_gt()) {
            return;
        }
        self.kept.push(row);
        if self.kept.len() >= self.limit.saturating_mul(2).max(64) {
            self.keep_first();
        }
    }

    /// Keeps a page, and one row more.
    fn keep_first(&mut self) {
        let mut kept = std::mem::take(&mut self.kept);
        kept.sort_unstable_by(|one, two| self.compare(*one, *two));
        kept.truncate(self.limit);
        if kept.len() == self.limit {
            self.last = kept.last().copied();
        }
        self.kept = kept;
    }

    fn compare(&self, one: (u128, u32), two: (u128, u32)) -> Ordering {
        let further = self.ranks.iter().skip(1).map(|ranks| ranks.of(one.1).cmp(&ranks.of(two.1)));
        std::iter::once(one.0.cmp(&two.0))
            .chain(further)
            .find(|order| order.is_ne())
            .unwrap_or_else(|| one.1.cmp(&two.1))
    }

    fn is_after(&self, first: u128, slot: u32) -> bool {
        let Some((keys, sequence)) = &self.after else { return true };
        let ranks = std::iter::once(first).chain(self.ranks.iter().skip(1).map(|ranks| ranks.of(slot)));
        let order = ranks.zip(keys).map(|(rank, key)| rank.cmp(key)).find(|order| order.is_ne());
        order.unwrap_or_else(|| self.part.table.sequence(Slot(slot)).cmp(sequence)).is_gt()
    }
}

//! Rows put in order and cut into pages.

use std::cmp::Ordering;
use std::ops::Bound;
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::Table;
use crate::page::{Page, Position, Row};
use crate::sort::{SortKey, SortPlace};

/// Below this share of all rows, the rows found are put in order; above it, all rows are walked in order.
const FEW: u64 = 16;

impl Table {
    /// A page in the order of first storing (SRT-08).
    pub(super) fn first_stored(&self, rows: &RoaringBitmap, after: Option<&Position>, limit: usize) -> Page {
        let start = after.map_or(Bound::Unbounded, |position| Bound::Excluded((position.sequence, u32::MAX)));
        if rows.len() >= self.live.len() / FEW {
            let following = self.by_sequence.range((start, Bound::Unbounded)).map(|(_, slot)| *slot);
            let slots = following.filter(|slot| rows.contains(*slot)).take(limit.saturating_add(1));
            return self.page(slots.collect(), &[], limit);
        }
        let following = rows.iter().filter(|slot| self.is_after(*slot, &[], after));
        let page = first(following.collect(), limit, |one, two| self.compare(one, two, &[]));
        self.page(page, &[], limit)
    }

    /// A page in the order of `sort`.
    pub(super) fn sorted(
        &self,
        rows: &RoaringBitmap,
        sort: &[SortKey],
        after: Option<&Position>,
        limit: usize,
    ) -> Page {
        let following = rows.iter().filter(|slot| self.is_after(*slot, sort, after));
        let page = first(following.collect(), limit, |one, two| self.compare(one, two, sort));
        self.page(page, sort, limit)
    }

    fn is_after(&self, slot: u32, sort: &[SortKey], after: Option<&Position>) -> bool {
        let Some(position) = after else { return true };
        let keys = sort.iter().zip(&position.keys);
        let order = keys.map(|(key, value)| self.place(slot, *key).compare(value.place(), key.descending));
        first_difference(order).then_with(|| self.sequence(slot).cmp(&position.sequence)).is_gt()
    }

    fn compare(&self, one: u32, two: u32, sort: &[SortKey]) -> Ordering {
        let order = sort.iter().map(|key| self.place(one, *key).compare(self.place(two, *key), key.descending));
        first_difference(order).then_with(|| self.sequence(one).cmp(&self.sequence(two)))
    }

    fn place(&self, slot: u32, key: SortKey) -> SortPlace<'_> {
        self.columns.get(key.field).map_or(SortPlace::Missing, |column| column.place(slot, key.descending))
    }

    fn sequence(&self, slot: u32) -> u64 {
        self.slot(slot).map_or(u64::MAX, |content| content.stored.sequence)
    }

    /// The page of `slots`, which are one more than `limit` if rows follow.
    fn page(&self, mut slots: Vec<u32>, sort: &[SortKey], limit: usize) -> Page {
        let more = slots.len() > limit;
        slots.truncate(limit);
        Page { rows: slots.into_iter().filter_map(|slot| self.row(slot, sort)).collect(), more }
    }

    fn row(&self, slot: u32, sort: &[SortKey]) -> Option<Row> {
        let content = self.slot(slot)?;
        let keys = sort.iter().map(|key| self.place(slot, *key).to_value()).collect();
        Some(Row {
            key: Arc::clone(&content.key),
            document: content.stored.document.clone(),
            position: Position { keys, sequence: content.stored.sequence },
        })
    }
}

fn first_difference(mut orders: impl Iterator<Item = Ordering>) -> Ordering {
    orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// The first `limit` slots in order, and one more if there is one.
fn first(mut slots: Vec<u32>, limit: usize, compare: impl Fn(u32, u32) -> Ordering) -> Vec<u32> {
    if slots.len() > limit.saturating_add(1) {
        slots.select_nth_unstable_by(limit, |one, two| compare(*one, *two));
        slots.truncate(limit + 1);
    }
    slots.sort_unstable_by(|one, two| compare(*one, *two));
    slots
}

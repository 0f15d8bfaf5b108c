//! The slots of each block sorted by value, so that a range of values is found by binary search.
//!
//! A block is sorted when a query first needs it, and kept sorted by later writes. This takes two bytes per slot.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use crate::bits::{BLOCK, Bits};
use crate::sync::OnceLock;

/// The sorted positions of each block. Clones share blocks until one of them is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Sorted {
    blocks: Vec<Arc<OnceLock<Vec<u16>>>>,
}

impl Sorted {
    /// Extends the blocks to include a block.
    pub(super) fn reserve(&mut self, block: usize) {
        while self.blocks.len() <= block {
            self.blocks.push(Arc::default());
        }
    }

    /// The same number of blocks, none of them sorted.
    pub(super) fn emptied(&self) -> Self {
        Self { blocks: self.blocks.iter().map(|_| Arc::default()).collect() }
    }

    /// The positions of a block that have a value, sorted by `values`; positions with equal values are ascending.
    pub(super) fn block<T: Copy + PartialOrd>(&self, block: usize, values: &[T], present: impl Fn() -> Bits) -> &[u16] {
        let Some(sorted) = self.blocks.get(block) else { return &[] };
        sorted.get_or_init(|| {
            let mut rows: Vec<(T, u16)> = Vec::with_capacity(values.len());
            rows.extend(
                present()
                    .positions()
                    .filter_map(|position| Some((*values.get(position)?, u16::try_from(position).ok()?))),
            );
            rows.sort_unstable_by(compare);
            // Not collected from `rows`, because that would reuse its larger allocation.
            let mut positions = Vec::with_capacity(rows.len());
            positions.extend(rows.iter().map(|(_, position)| *position));
            positions
        })
    }

    /// Records that a slot without a value now has the one in `values`, the values of its block.
    pub(super) fn insert<T: Copy + PartialOrd>(&mut self, slot: u32, values: &[T]) {
        self.edit(slot, values, |positions, at, position| {
            if let Err(at) = at {
                positions.insert(at, position);
            }
        });
    }

    /// Records that a slot no longer has the value in `values`, the values of its block.
    pub(super) fn remove<T: Copy + PartialOrd>(&mut self, slot: u32, values: &[T]) {
        self.edit(slot, values, |positions, at, _| {
            if let Ok(at) = at {
                positions.remove(at);
            }
        });
    }

    fn edit<T: Copy + PartialOrd>(
        &mut self,
        slot: u32,
        values: &[T],
        edit: impl FnOnce(&mut Vec<u16>, Result<usize, usize>, u16),
    ) {
        let Some(block) = self.blocks.get_mut(slot as usize / BLOCK).filter(|block| block.get().is_some()) else {
            return;
        };
        let index = slot as usize % BLOCK;
        let (Some(value), Ok(position)) = (values.get(index), u16::try_from(index)) else { return };
        if let Some(positions) = Arc::make_mut(block).get_mut() {
            let of = |position: u16| {
                values.get(usize::from(position)).map_or((*value, position), |value| (*value, position))
            };
            let at = positions.binary_search_by(|other| compare(&of(*other), &(*value, position)));
            edit(positions, at, position);
        }
    }
}

/// The range of positions, sorted by value, that are neither before nor after the searched range.
pub(super) fn range<T: Copy>(
    positions: &[u16],
    values: &[T],
    is_before: impl Fn(T) -> bool,
    is_after: impl Fn(T) -> bool,
) -> Range<usize> {
    let is =
        |position: &u16, is: &dyn Fn(T) -> bool| values.get(usize::from(*position)).is_some_and(|value| is(*value));
    let start = positions.partition_point(|position| is(position, &is_before));
    let end = positions.partition_point(|position| !is(position, &is_after));
    start..end.max(start)
}

fn compare<T: PartialOrd>(one: &(T, u16), two: &(T, u16)) -> Ordering {
    one.0.partial_cmp(&two.0).unwrap_or(Ordering::Equal).then(one.1.cmp(&two.1))
}

//! The second and later values of slots that have several.

use std::ops::Range;
use std::sync::Arc;

use crate::bits::BLOCK;
use crate::invariant::Invariant;

/// Lists are compacted only if at least this many values are wasted.
const LITTLE: usize = 1024;

/// Lists by slot, in blocks of slots that clones share until one of them is written.
#[derive(Clone, Debug)]
pub(super) struct OverflowLists<T> {
    blocks: Vec<Arc<Lists<T>>>,
    /// Total number of values in all lists.
    count: usize,
}

/// The lists of a block, concatenated so that neighbouring slots are read together.
#[derive(Clone, Debug)]
struct Lists<T> {
    /// The position of each slot's list, up to the last slot with a list.
    ranges: Vec<ListRange>,
    values: Vec<T>,
    /// Number of values that belong to no slot.
    waste: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct ListRange {
    start: u32,
    length: u32,
}

impl ListRange {
    fn range(self) -> Range<usize> {
        self.start as usize..self.start as usize + self.length as usize
    }
}

impl<T> Default for OverflowLists<T> {
    fn default() -> Self {
        Self { blocks: Vec::new(), count: 0 }
    }
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Self { ranges: Vec::new(), values: Vec::new(), waste: 0 }
    }
}

impl<T: Copy> OverflowLists<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn get(&self, slot: u32) -> &[T] {
        self.blocks.get(slot as usize / BLOCK).map(|lists| lists.get(slot as usize % BLOCK)).unwrap_or_default()
    }

    /// The lists of a block.
    pub(super) fn block(&self, block: usize) -> ListsOf<'_, T> {
        ListsOf(self.blocks.get(block).map(Arc::as_ref))
    }

    /// Appends a value to the list of a slot.
    pub(super) fn push(&mut self, slot: u32, value: T) {
        let block = slot as usize / BLOCK;
        while self.blocks.len() <= block {
            self.blocks.push(Arc::default());
        }
        if let Some(lists) = self.blocks.get_mut(block) {
            Arc::make_mut(lists).push(slot as usize % BLOCK, value);
            self.count += 1;
        }
    }

    pub(super) fn clear(&mut self, slot: u32) {
        let length = self.get(slot).len();
        if let Some(lists) = self.blocks.get_mut(slot as usize / BLOCK).filter(|_| length > 0) {
            Arc::make_mut(lists).clear(slot as usize % BLOCK);
            self.count -= length;
        }
    }

    /// The same lists with values of another type.
    pub(super) fn convert<U>(&self, convert: impl Fn(T) -> U) -> OverflowLists<U> {
        let of = |lists: &Arc<Lists<T>>| {
            let values = lists.values.iter().map(|value| convert(*value)).collect();
            Arc::new(Lists { ranges: lists.ranges.clone(), values, waste: lists.waste })
        };
        OverflowLists { blocks: self.blocks.iter().map(of).collect(), count: self.count }
    }
}

/// The lists of a block, if one of its slots ever had one.
pub(super) struct ListsOf<'t, T>(Option<&'t Lists<T>>);

impl<T: Copy> ListsOf<'_, T> {
    /// The list of the slot at a position in the block.
    pub(super) fn get(&self, range: usize) -> &[T] {
        self.0.map(|lists| lists.get(range)).unwrap_or_default()
    }
}

impl<T: Copy> Lists<T> {
    fn get(&self, index: usize) -> &[T] {
        let range = self.ranges.get(index).copied().unwrap_or_default();
        self.values.get(range.range()).or_report("a position is an index of its list").unwrap_or_default()
    }

    /// The list that was appended to last grows in place.
    fn push(&mut self, index: usize, value: T) {
        if self.ranges.len() <= index {
            self.ranges.resize(index + 1, ListRange::default());
        }
        let Some(range) = self.ranges.get_mut(index) else { return };
        if range.range().end != self.values.len() {
            let start = crate::count::number(self.values.len());
            self.values.extend_from_within(range.range());
            self.waste += range.length as usize;
            range.start = start;
        }
        self.values.push(value);
        range.length += 1;
    }

    fn clear(&mut self, index: usize) {
        if let Some(range) = self.ranges.get_mut(index) {
            self.waste += range.length as usize;
            *range = ListRange::default();
        }
        if self.waste > LITTLE && self.waste * 2 > self.values.len() {
            self.tidy();
        }
    }

    fn tidy(&mut self) {
        let mut values = Vec::with_capacity(self.values.len().saturating_sub(self.waste));
        for range in self.ranges.iter_mut().filter(|range| range.length > 0) {
            let start = crate::count::number(values.len());
            let kept = self.values.get(range.range()).or_report("a position is an index of its list");
            values.extend_from_slice(kept.unwrap_or_default());
            range.start = start;
        }
        (self.values, self.waste) = (values, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_grow_and_end_without_waste() {
        let mut overflow = OverflowLists::default();
        for round in 0..40_000_u32 {
            let slot = round % 100;
            overflow.clear(slot);
            (0..slot % 4).for_each(|value| overflow.push(slot, round + value));
        }
        for slot in 0..100 {
            let expected: Vec<u32> = (0..slot % 4).map(|value| 39_900 + slot + value).collect();
            assert_eq!(overflow.get(slot), expected);
        }
        assert!(overflow.blocks[0].values.len() < 3 * LITTLE);
        overflow.push(1, 7);
        assert_eq!(overflow.get(1), [39_901, 7]);
        assert_eq!(overflow.get(1000), [0; 0]);
        assert!(!overflow.is_empty() && OverflowLists::<u32>::default().is_empty());
        (0..100).for_each(|slot| overflow.clear(slot));
        assert!(overflow.is_empty());
    }
}

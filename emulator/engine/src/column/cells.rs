//! The values of a column, by slot.

use super::overflow::OverflowLists;
use super::sorted::{self, Sorted};
use crate::bits::{BLOCK, BitSet, Bits, Ones};
use crate::blocks::Blocks;
use crate::count::number;

/// Zero, one or several values per slot.
///
/// A separate set records which slots have a value, so that no value needs to represent absence. Most slots have at
/// most one value; additional values of the others are stored separately.
#[derive(Clone, Debug)]
pub(crate) struct Cells<T> {
    present: BitSet,
    first: Blocks<T>,
    /// The slots with several values.
    several: BitSet,
    overflow: OverflowLists<T>,
    /// The slots of each block sorted by their first values, if a query has needed that.
    sorted: Sorted,
}

/// Up to this many candidates are examined one by one.
const FEW: u32 = 128;

/// Number of blocks sampled for an estimate.
const SAMPLE: usize = 8;

impl<T> Default for Cells<T> {
    fn default() -> Self {
        Self {
            present: BitSet::default(),
            first: Blocks::default(),
            several: BitSet::default(),
            overflow: OverflowLists::default(),
            sorted: Sorted::default(),
        }
    }
}

impl<T: Copy + Default + PartialOrd> Cells<T> {
    /// Extends the cells to include a slot.
    pub(crate) fn reserve(&mut self, slot: u32) {
        self.first.reserve(slot as usize);
        self.sorted.reserve(slot as usize / BLOCK);
    }

    /// Adds a value to a slot. Returns whether the slot did not have it yet.
    pub(crate) fn add(&mut self, slot: u32, value: T) -> bool {
        self.reserve(slot);
        if self.values(slot).any(|other| other == value) {
            return false;
        }
        if self.present.contains(slot) {
            self.several.insert(slot);
            self.overflow.push(slot, value);
            return true;
        }
        self.present.insert(slot);
        if let Some(position) = self.first.get_mut(slot as usize) {
            *position = value;
        }
        self.sorted.insert(slot, self.first.block(slot as usize / BLOCK));
        true
    }

    /// Removes the values of a slot.
    pub(crate) fn clear(&mut self, slot: u32) {
        if self.present.contains(slot) {
            self.sorted.remove(slot, self.first.block(slot as usize / BLOCK));
        }
        self.present.remove(slot);
        if self.several.contains(slot) {
            self.several.remove(slot);
            self.overflow.clear(slot);
        }
    }

    /// The first value of a slot.
    pub(crate) fn first(&self, slot: u32) -> Option<T> {
        self.present.contains(slot).then(|| self.first.get(slot as usize)).flatten().copied()
    }

    /// The values of a slot.
    pub(crate) fn values(&self, slot: u32) -> impl Iterator<Item = T> {
        self.first(slot).into_iter().chain(self.overflow(slot).iter().copied())
    }

    /// The slots of a block that have a value.
    pub(crate) fn present(&self, block: usize) -> Bits {
        self.present.block(block)
    }

    /// Returns whether no slot has several values.
    pub(crate) fn is_single(&self) -> bool {
        self.overflow.is_empty()
    }

    /// The slots of a block that have several values.
    pub(crate) fn several(&self, block: usize) -> Bits {
        self.several.block(block)
    }

    /// The first values of a block. Those of slots without a value are meaningless.
    pub(crate) fn firsts(&self, block: usize) -> &[T] {
        self.first.block(block)
    }

    /// Passes the first value of each of the slots of a block to `each`, with the position of the slot.
    pub(crate) fn each_first(&self, block: usize, slots: &Bits, mut each: impl FnMut(usize, T)) {
        let firsts = self.firsts(block);
        for position in slots.and(&self.present(block)).positions() {
            if let Some(value) = firsts.get(position) {
                each(position, *value);
            }
        }
    }

    /// The first values of the slots of a block, smallest first, with the positions of the slots.
    pub(crate) fn ascending(&self, block: usize, slots: &Bits) -> impl DoubleEndedIterator<Item = (usize, T)> {
        let firsts = self.firsts(block);
        let positions = self.sorted(block).iter().map(|position| usize::from(*position));
        positions
            .filter(|position| slots.contains(*position))
            .filter_map(|position| Some((position, *firsts.get(position)?)))
    }

    /// Passes each value of the slots at these positions of a block to `each`, with the number beside the position.
    pub(crate) fn each_at(&self, block: usize, positions: &[(u16, u32)], mut each: impl FnMut(u32, T)) {
        let (firsts, present, several) = (self.firsts(block), self.present(block), self.several(block));
        let has_several = !several.is_empty();
        for (position, beside) in positions {
            let position = usize::from(*position);
            if let Some(first) = firsts.get(position).filter(|_| present.contains(position)) {
                each(*beside, *first);
            }
            if has_several && several.contains(position) {
                let slot = number(block * BLOCK + position);
                self.overflow(slot).iter().for_each(|value| each(*beside, *value));
            }
        }
    }

    /// The slots in `all`, slots of a block, with a value that satisfies `passes`.
    pub(crate) fn passing(&self, block: usize, all: &Bits, mut passes: impl FnMut(T) -> bool) -> Bits {
        let mut passing = Bits::NONE;
        let Some(present) = self.present.get(block) else { return passing };
        let candidates = all.0.iter().zip(&present.0).map(|(candidates, present)| candidates & present);
        for ((word, wanted), values) in passing.0.iter_mut().zip(candidates).zip(self.firsts(block).chunks(64)) {
            *word = passing_word(wanted, values, &mut passes);
        }
        if let Some(several) = self.several.get(block).filter(|_| !self.is_single()) {
            let left = all.without(&passing).and(several);
            let lists = self.overflow.block(block);
            for position in left.positions() {
                if lists.get(position).iter().any(|value| passes(*value)) {
                    passing.insert(position);
                }
            }
        }
        passing
    }

    /// The positions of a block's slots that have a value, sorted by first value.
    fn sorted(&self, block: usize) -> &[u16] {
        self.sorted.block(block, self.firsts(block), || self.present.block(block))
    }

    /// The positions of a block's slots that have a value, sorted by value; `None` if a slot has several values.
    pub(crate) fn in_order(&self, block: usize) -> Option<&[u16]> {
        let is_single = self.is_single() || self.several.get(block).is_none_or(Bits::is_empty);
        is_single.then(|| self.sorted(block))
    }

    /// Sorts the unsorted blocks.
    pub(crate) fn sort(&self) {
        for block in 0..self.blocks() {
            self.in_order(block);
        }
    }

    /// The number of blocks with slots.
    pub(crate) fn blocks(&self) -> usize {
        self.first.len().div_ceil(BLOCK)
    }

    /// Estimated number of the `all` slots that have a value neither before nor after the searched range.
    pub(crate) fn estimate(&self, all: u64, is_before: impl Fn(T) -> bool, is_after: impl Fn(T) -> bool) -> u64 {
        let (mut found, mut looked_at) = (0, 0);
        for block in (0..self.blocks()).step_by(self.blocks().div_ceil(SAMPLE).max(1)) {
            let Some(positions) = self.in_order(block) else { return all / 2 };
            let values = self.firsts(block);
            found += sorted::range(positions, values, &is_before, &is_after).len() as u64;
            looked_at += values.len() as u64;
        }
        all.saturating_mul(found).checked_div(looked_at).unwrap_or(all)
    }

    /// [`Cells::passing`] for the values that are neither before nor after the searched range.
    pub(crate) fn within(
        &self,
        block: usize,
        candidates: &Bits,
        is_before: impl Fn(T) -> bool,
        is_after: impl Fn(T) -> bool,
    ) -> Bits {
        let is_few = !candidates.has_more_than(FEW);
        let Some(positions) = (if is_few { None } else { self.in_order(block) }) else {
            return self.passing(block, candidates, |value| !is_before(value) && !is_after(value));
        };
        let range = sorted::range(positions, self.firsts(block), is_before, is_after);
        let of = |positions: Option<&[u16]>| {
            let mut bits = Bits::NONE;
            positions.unwrap_or_default().iter().for_each(|position| bits.insert(usize::from(*position)));
            bits
        };
        if range.len() * 2 < positions.len() {
            return candidates.and(&of(positions.get(range)));
        }
        let outside = of(positions.get(..range.start)).or(&of(positions.get(range.end..)));
        candidates.and(&self.present.block(block)).without(&outside)
    }

    /// The same cells with values of another type.
    pub(crate) fn convert<U: Copy>(&self, convert: impl Fn(T) -> U + Copy) -> Cells<U> {
        Cells {
            present: self.present.clone(),
            first: self.first.iter().map(|value| convert(*value)).collect(),
            several: self.several.clone(),
            overflow: self.overflow.convert(convert),
            sorted: self.sorted.emptied(),
        }
    }

    /// Keeps only these slots, renumbered from 0 in this order.
    pub(crate) fn keep(&mut self, slots: &[u32]) {
        let mut kept = Self::default();
        for (new, old) in (0..).zip(slots) {
            kept.reserve(new);
            self.values(*old).for_each(|value| _ = kept.add(new, value));
        }
        *self = kept;
    }

    fn overflow(&self, slot: u32) -> &[T] {
        self.overflow.get(slot)
    }
}

/// If more than this many of 64 values are candidates, all of them are tested.
const MANY: u32 = 16;

/// Packs bytes of 0 and 1 into bits.
fn packed(verdicts: &[u8; 64]) -> u64 {
    let (chunks, _) = verdicts.as_chunks::<8>();
    chunks.iter().rev().fold(0, |bits, chunk| {
        // Collects the lowest bit of each byte in the highest byte.
        let byte = u64::from_le_bytes(*chunk).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits << 8 | byte
    })
}

/// The candidates among up to 64 values that satisfy `passes`.
fn passing_word<T: Copy>(wanted: u64, values: &[T], passes: &mut impl FnMut(T) -> bool) -> u64 {
    if wanted == 0 {
        return 0;
    }
    if wanted.count_ones() > MANY {
        // All values are tested without branches, so that the compiler can vectorise the loop.
        let mut verdicts = [0; 64];
        for (verdict, value) in verdicts.iter_mut().zip(values) {
            *verdict = u8::from(passes(*value));
        }
        return packed(&verdicts) & wanted;
    }
    let mut passing = 0;
    for bit in Ones(wanted) {
        let passes = values.get(bit).is_some_and(|value| passes(*value));
        passing |= u64::from(passes) << bit;
    }
    passing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn testing_many_values_equals_testing_each() {
        let mut cells = Cells::default();
        for slot in 0..5000_u32 {
            if slot % 7 != 0 {
                cells.add(slot, slot * slot % 11);
            }
        }
        for wanted in [Bits([u64::MAX; 64]), Bits([0x8000_0000_0000_0001; 64]), Bits([0x0f0f_0ff0_1234_5678; 64])] {
            for block in [0, 1] {
                let found = cells.passing(block, &wanted, |value| value == 5 || value == 3);
                let expected = wanted.positions().filter(|position| {
                    let slot = u32::try_from(block * BLOCK + position).unwrap();
                    slot < 5000 && slot % 7 != 0 && [3, 5].contains(&(slot * slot % 11))
                });
                assert_eq!(found.positions().collect::<Vec<_>>(), expected.collect::<Vec<_>>());
            }
        }
    }

    /// Rules: FLT-45.
    #[test]
    fn a_slot_without_values_is_absent() {
        let mut cells = Cells::default();
        for (slot, value) in [(4, 7), (4, 8), (4, 7), (4, 9), (1, 0)] {
            cells.add(slot, value);
        }
        cells.reserve(2);
        let slots = |cells: &Cells<i32>, wanted: i32| {
            cells.passing(0, &Bits([u64::MAX; 64]), |value| value == wanted).positions().collect::<Vec<_>>()
        };
        assert_eq!(cells.values(4).collect::<Vec<_>>(), [7, 8, 9]);
        assert_eq!(cells.values(2).count(), 0);
        assert_eq!((slots(&cells, 0), slots(&cells, 9)), (vec![1], vec![4]));
        cells.clear(4);
        cells.add(4, 5);
        assert_eq!((slots(&cells, 9), slots(&cells, 5)), (vec![], vec![4]));
        cells.keep(&[2, 4]);
        assert_eq!((slots(&cells, 5), slots(&cells, 0)), (vec![1], vec![]));
    }

    /// Rules: FLT-25, FLT-42.
    #[test]
    fn searching_a_range_equals_testing_each_value() {
        let mut cells = Cells::default();
        let value = |slot: u32, round: u32| slot.wrapping_mul(2_654_435_761).rotate_left(round) % 1000;
        for round in 0..6 {
            for slot in (0..9000).filter(|slot| slot % 5 != 2) {
                match (slot + round) % 7 {
                    0 => cells.clear(slot),
                    1 => {
                        cells.clear(slot);
                        cells.add(slot, value(slot, round));
                    }
                    // The second block keeps one value per slot.
                    2 if round > 3 && !(BLOCK..2 * BLOCK).contains(&(slot as usize)) => {
                        cells.add(slot, value(slot, round));
                    }
                    _ if cells.first(slot).is_none() => _ = cells.add(slot, value(slot, round)),
                    _ => {}
                }
            }
            for (first, last) in [(0, 999), (100, 120), (500, 400), (0, 0), (40, 900), (999, 999)] {
                for wanted in [Bits([u64::MAX; 64]), Bits([0x8001; 64]), Bits::NONE] {
                    for block in 0..4 {
                        let found = cells.within(block, &wanted, |value| value < first, |value| value > last);
                        let expected = cells.passing(block, &wanted, |value| first <= value && value <= last);
                        assert_eq!(found, expected, "{round}, {first} to {last}, block {block}");
                    }
                }
            }
        }
        assert!(cells.in_order(0).is_none() && cells.in_order(1).is_some_and(|positions| positions.len() > 2000));
    }
}

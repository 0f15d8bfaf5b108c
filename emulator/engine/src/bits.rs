//! Bit sets of slots, in blocks.

use std::sync::Arc;

/// Number of slots in a block.
pub(crate) const BLOCK: usize = 4096;
const WORD: usize = 64;
/// Number of words in a block.
pub(crate) const WORDS: usize = BLOCK / WORD;

/// A set of slots of one block, by their position in the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bits(pub(crate) [u64; WORDS]);

impl Default for Bits {
    fn default() -> Self {
        Self::NONE
    }
}

impl Bits {
    pub(crate) const NONE: Self = Self([0; WORDS]);

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// The number of slots in non-empty words, which is the cost of iterating over the set.
    pub(crate) fn reach(&self) -> usize {
        self.0.iter().filter(|word| **word != 0).count() * WORD
    }

    /// Returns whether the set has more positions than this.
    pub(crate) fn has_more_than(&self, count: u32) -> bool {
        let mut left = count;
        self.0.iter().any(|word| match left.checked_sub(word.count_ones()) {
            Some(fewer) => {
                left = fewer;
                false
            }
            None => true,
        })
    }

    pub(crate) fn insert(&mut self, position: usize) {
        if let Some(word) = self.0.get_mut(position / WORD) {
            *word |= 1 << (position % WORD);
        }
    }

    pub(crate) fn contains(&self, position: usize) -> bool {
        self.0.get(position / WORD).is_some_and(|word| word >> (position % WORD) & 1 == 1)
    }

    pub(crate) fn remove(&mut self, position: usize) {
        if let Some(word) = self.0.get_mut(position / WORD) {
            *word &= !(1 << (position % WORD));
        }
    }

    /// The slots of this set up to and including a position; empty without a position.
    pub(crate) fn up_to(&self, position: Option<usize>) -> Self {
        let Some(position) = position else { return Self::NONE };
        let mut kept = *self;
        for (index, word) in kept.0.iter_mut().enumerate() {
            // The number of bits of the word to keep.
            let count = (position + 1).saturating_sub(index * WORD);
            if count < WORD {
                *word &= (1 << count) - 1;
            }
        }
        kept
    }

    /// The slots of this set that are also in `other`.
    pub(crate) fn and(&self, other: &Self) -> Self {
        self.join(other, |one, two| one & two)
    }

    pub(crate) fn without(&self, other: &Self) -> Self {
        self.join(other, |one, two| one & !two)
    }

    pub(crate) fn or(&self, other: &Self) -> Self {
        self.join(other, |one, two| one | two)
    }

    fn join(&self, other: &Self, join: impl Fn(u64, u64) -> u64) -> Self {
        let mut joined = Self::NONE;
        for ((position, one), two) in joined.0.iter_mut().zip(&self.0).zip(&other.0) {
            *position = join(*one, *two);
        }
        joined
    }

    /// The positions in the set, ascending.
    pub(crate) fn positions(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(index, word)| Ones(*word).map(move |bit| index * WORD + bit))
    }
}

/// The positions of the one bits of a word, ascending.
pub(crate) struct Ones(pub(crate) u64);

impl Iterator for Ones {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let bit = self.0.trailing_zeros() as usize;
        self.0 &= self.0 - 1;
        Some(bit)
    }
}

/// A set of slots of a whole table, in blocks that clones share until one of them is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct BitSet(Vec<Arc<Bits>>);

impl BitSet {
    pub(crate) fn contains(&self, slot: u32) -> bool {
        let (block, position) = (slot as usize / BLOCK, slot as usize % BLOCK);
        self.0.get(block).is_some_and(|bits| bits.contains(position))
    }

    pub(crate) fn insert(&mut self, slot: u32) {
        let (block, position) = (slot as usize / BLOCK, slot as usize % BLOCK);
        while self.0.len() <= block {
            self.0.push(Arc::new(Bits::NONE));
        }
        if let Some(bits) = self.0.get_mut(block) {
            Arc::make_mut(bits).insert(position);
        }
    }

    pub(crate) fn remove(&mut self, slot: u32) {
        let (block, position) = (slot as usize / BLOCK, slot as usize % BLOCK);
        if let Some(bits) = self.0.get_mut(block).filter(|bits| bits.contains(position)) {
            Arc::make_mut(bits).remove(position);
        }
    }

    /// One block of the set, if this block or a later one ever contained a slot.
    pub(crate) fn get(&self, block: usize) -> Option<&Bits> {
        self.0.get(block).map(Arc::as_ref)
    }

    /// One block of the set.
    pub(crate) fn block(&self, block: usize) -> Bits {
        self.0.get(block).map_or(Bits::NONE, |bits| **bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_read_in_blocks() {
        let mut set = BitSet::default();
        for slot in [0, 63, 64, 4095, 4096, 9000] {
            set.insert(slot);
        }
        set.remove(64);
        let positions = |block| set.block(block).positions().collect::<Vec<_>>();
        assert_eq!((positions(0), positions(1), positions(2)), (vec![0, 63, 4095], vec![0], vec![9000 - 8192]));
        assert_eq!(positions(3), Vec::<usize>::new());
        assert!(set.contains(9000) && !set.contains(64) && !set.contains(100_000));
        assert_eq!(set.block(0).count(), 3);
    }

    #[test]
    fn sets_are_combined() {
        let of = |positions: &[usize]| {
            let mut bits = Bits::NONE;
            for position in positions {
                bits.insert(*position);
            }
            bits
        };
        let (one, two) = (of(&[1, 70]), of(&[70, 4000]));
        assert_eq!(one.and(&two), of(&[70]));
        assert_eq!(one.or(&two), of(&[1, 70, 4000]));
        assert_eq!(one.without(&two), of(&[1]));
        assert!(one.without(&one).is_empty());
        let up_to = |position| two.up_to(position).positions().collect::<Vec<_>>();
        assert_eq!((up_to(None), up_to(Some(69)), up_to(Some(70))), (vec![], vec![], vec![70]));
        assert_eq!((up_to(Some(4000)), up_to(Some(9000))), (vec![70, 4000], vec![70, 4000]));
    }
}

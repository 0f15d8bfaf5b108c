//! Copy-on-write vectors and indexes, in blocks shared between clones.
//!
//! A table can be forked: a clone only increments a reference count per block, and later writes copy the blocks that
//! they touch.

use std::sync::Arc;

use hashbrown::HashTable;

use crate::bits::BLOCK;
use crate::invariant::Invariant;

/// A vector in blocks of `N` values.
#[derive(Clone, Debug)]
pub(crate) struct Blocks<T, const N: usize = BLOCK> {
    blocks: Vec<Arc<Vec<T>>>,
    length: usize,
}

impl<T, const N: usize> Default for Blocks<T, N> {
    fn default() -> Self {
        Self { blocks: Vec::new(), length: 0 }
    }
}

impl<T: Clone, const N: usize> Blocks<T, N> {
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        self.blocks.get(index / N)?.get(index % N)
    }

    /// A value for writing. Its block is copied if a clone shares it.
    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        Arc::make_mut(self.blocks.get_mut(index / N)?).get_mut(index % N)
    }

    pub(crate) fn push(&mut self, value: T) {
        if self.length.is_multiple_of(N) {
            self.blocks.push(Arc::default());
        }
        if let Some(block) = self.blocks.last_mut() {
            Arc::make_mut(block).push(value);
            self.length += 1;
        }
    }

    /// The values of a block, as many as it has.
    pub(crate) fn block(&self, block: usize) -> &[T] {
        self.blocks.get(block).map(|values| values.as_slice()).unwrap_or_default()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.blocks.iter().flat_map(|block| block.iter())
    }

    /// All values for writing. Blocks shared with clones are copied.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.blocks.iter_mut().flat_map(|block| Arc::make_mut(block).iter_mut())
    }

    /// Binary search: the number of leading values that satisfy `is_before`.
    pub(crate) fn partition_point(&self, is_before: impl Fn(&T) -> bool) -> usize {
        let full = self.blocks.partition_point(|block| block.last().is_some_and(&is_before));
        // The last block may be shorter.
        let before = full * N + self.blocks.get(full).map_or(0, |block| block.partition_point(is_before));
        before.min(self.length)
    }
}

impl<T: PartialEq, const N: usize> Blocks<T, N> {
    /// The positions at which two vectors differ, or only one of them has a value. Shared blocks are not read.
    pub(crate) fn differing<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = usize> + 'a {
        let blocks = 0..self.blocks.len().max(other.blocks.len());
        blocks.flat_map(move |block| {
            let (one, two) = (self.blocks.get(block), other.blocks.get(block));
            let is_shared = one.zip(two).is_some_and(|(one, two)| Arc::ptr_eq(one, two));
            let length = [one, two].into_iter().flatten().map(|values| values.len()).max().unwrap_or_default();
            let differs = move |position: &usize| {
                one.and_then(|values| values.get(*position)) != two.and_then(|values| values.get(*position))
            };
            (0..if is_shared { 0 } else { length }).filter(differs).map(move |position| block * N + position)
        })
    }
}

impl<T, const N: usize> Blocks<T, N> {
    /// The positions in blocks that two vectors do not share, or that only one of them has.
    pub(crate) fn unshared<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = usize> + 'a {
        let blocks = 0..self.blocks.len().max(other.blocks.len());
        blocks.flat_map(move |block| {
            let (one, two) = (self.blocks.get(block), other.blocks.get(block));
            let is_shared = one.zip(two).is_some_and(|(one, two)| Arc::ptr_eq(one, two));
            let length = [one, two].into_iter().flatten().map(|values| values.len()).max().unwrap_or_default();
            (0..if is_shared { 0 } else { length }).map(move |position| block * N + position)
        })
    }
}

impl<T: Clone + Default, const N: usize> Blocks<T, N> {
    /// Extends the vector with defaults up to and including a position.
    pub(crate) fn reserve(&mut self, index: usize) {
        while self.length <= index {
            self.push(T::default());
        }
    }
}

impl<T: Clone, const N: usize> FromIterator<T> for Blocks<T, N> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut blocks = Self::default();
        values.into_iter().for_each(|value| blocks.push(value));
        blocks
    }
}

/// Number of entries in a shard before all shards are split.
const SHARD: usize = 4 * 1024;

/// A sharded hash index of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    /// The number of shards is a power of two.
    shards: Vec<Arc<HashTable<u32>>>,
    length: usize,
}

impl Default for Index {
    fn default() -> Self {
        Self { shards: vec![Arc::default()], length: 0 }
    }
}

impl Index {
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    fn shard(&self, hash: u64) -> usize {
        // hashbrown uses the lowest bits for the bucket and the highest seven for its tags, so the shard uses other
        // bits.
        usize::try_from(hash >> 32).ok().or_report("32 bits fit into a usize").unwrap_or_default()
            & (self.shards.len() - 1)
    }

    /// The numbers with a hash, and possibly others.
    pub(crate) fn iter_hash(&self, hash: u64) -> impl Iterator<Item = u32> {
        self.shards.get(self.shard(hash)).into_iter().flat_map(move |shard| shard.iter_hash(hash)).copied()
    }

    pub(crate) fn find(&self, hash: u64, is_meant: impl FnMut(&u32) -> bool) -> Option<u32> {
        self.shards.get(self.shard(hash))?.find(hash, is_meant).copied()
    }

    /// Inserts a number. `hash_of` returns the hash of any number in the index.
    pub(crate) fn insert(&mut self, hash: u64, number: u32, hash_of: impl Fn(u32) -> u64) {
        if self.length >= self.shards.len() * SHARD {
            self.split(&hash_of);
        }
        let position = self.shard(hash);
        if let Some(shard) = self.shards.get_mut(position).or_report("a hash has a shard") {
            Arc::make_mut(shard).insert_unique(hash, number, |number| hash_of(*number));
            self.length += 1;
        }
    }

    pub(crate) fn remove(&mut self, hash: u64, number: u32) {
        let position = self.shard(hash);
        let Some(shard) = self.shards.get_mut(position).or_report("a hash has a shard") else { return };
        if let Ok(entry) = Arc::make_mut(shard).find_entry(hash, |other| *other == number) {
            entry.remove();
            self.length -= 1;
        }
    }

    fn split(&mut self, hash_of: &impl Fn(u32) -> u64) {
        let numbers: Vec<u32> = self.shards.iter().flat_map(|shard| shard.iter().copied()).collect();
        let count = self.shards.len() * 2;
        let mut shards: Vec<HashTable<u32>> = (0..count).map(|_| HashTable::with_capacity(SHARD)).collect();
        for number in numbers {
            let hash = hash_of(number);
            let position = usize::try_from(hash >> 32).ok().or_report("32 bits fit into a usize").unwrap_or_default()
                & (count - 1);
            if let Some(shard) = shards.get_mut(position).or_report("a hash has a shard") {
                shard.insert_unique(hash, number, |number| hash_of(*number));
            }
        }
        self.shards = shards.into_iter().map(Arc::new).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_shares_blocks_until_either_side_writes() {
        let mut one: Blocks<u32, 4> = (0..10).collect();
        let two = one.clone();
        let shared = |one: &Blocks<u32, 4>| {
            one.blocks.iter().zip(&two.blocks).map(|(one, two)| Arc::ptr_eq(one, two)).collect::<Vec<_>>()
        };
        assert_eq!(shared(&one), [true; 3]);
        *one.get_mut(5).unwrap() = 50;
        one.push(10);
        assert_eq!(shared(&one), [true, false, false]);
        assert_eq!((one.get(5), two.get(5), one.len(), two.len()), (Some(&50), Some(&5), 11, 10));
        assert_eq!((one.block(2), two.block(2), two.block(3)), (&[8, 9, 10][..], &[8, 9][..], &[][..]));
        assert_eq!(two.iter().copied().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        for bound in 0..12 {
            assert_eq!(two.partition_point(|value| *value < bound), bound.min(10) as usize);
        }
    }

    #[test]
    fn an_index_finds_its_entries_at_any_size() {
        let hash = |number: u32| u64::from(number / 2).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut index = Index::default();
        (0..40_000).for_each(|number| index.insert(hash(number), number, hash));
        let fork = index.clone();
        (0..40_000).filter(|number| number % 3 == 0).for_each(|number| index.remove(hash(number), number));
        for number in 0..40_000 {
            assert_eq!(index.find(hash(number), |other| *other == number).is_some(), number % 3 != 0, "{number}");
            assert_eq!(fork.find(hash(number), |other| *other == number), Some(number));
        }
        assert_eq!((index.len(), fork.len()), (26_666, 40_000));
        assert_eq!(fork.iter_hash(hash(8)).filter(|other| other / 2 == 4).count(), 2);
    }
}

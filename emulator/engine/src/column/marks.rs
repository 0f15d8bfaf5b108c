//! Bloom filters over the codes of 64 slots, which allow skipping slots that certainly lack a code.

use crate::bits::{Bits, WORDS};
use crate::blocks::Blocks;

/// A set of codes, in which each code sets one of 64 bits that it shares with others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark(u64);

impl Mark {
    pub(super) fn of(numbers: impl IntoIterator<Item = u32>) -> Self {
        Self(numbers.into_iter().fold(0, |mark, number| mark | 1 << (number % 64)))
    }
}

/// A mark per 64 slots. Findings are imported in batches of one account and product, so most values are concentrated in
/// few groups of slots.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks(Blocks<Mark, WORDS>);

impl Marks {
    /// Adds a code to the mark of a slot's group.
    pub(super) fn add(&mut self, slot: u32, number: u32) {
        let word = slot as usize / 64;
        self.0.reserve(word);
        let Mark(added) = Mark::of([number]);
        if self.0.get(word).is_some_and(|Mark(mark)| mark & added != added)
            && let Some(Mark(mark)) = self.0.get_mut(word)
        {
            *mark |= added;
        }
    }

    /// Replaces the mark of a slot's group.
    pub(super) fn set(&mut self, slot: u32, mark: Mark) {
        let word = slot as usize / 64;
        if self.0.get(word).is_some_and(|other| *other != mark)
            && let Some(position) = self.0.get_mut(word)
        {
            *position = mark;
        }
    }

    /// The slots among `candidates` that may have one of the `wanted` codes.
    pub(super) fn narrow(&self, block: usize, candidates: &Bits, wanted: Mark) -> Bits {
        let mut narrowed = Bits::NONE;
        for ((word, candidates), mark) in narrowed.0.iter_mut().zip(&candidates.0).zip(self.0.block(block)) {
            *word = if mark.0 & wanted.0 == 0 { 0 } else { *candidates };
        }
        narrowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_without_a_wanted_code_are_skipped() {
        let mut marks = Marks::default();
        for slot in 0..5000 {
            marks.add(slot, if slot / 64 == 70 { 64 + 5 } else { 7 });
        }
        let narrow = |marks: &Marks, block, number| {
            marks.narrow(block, &Bits([u64::MAX; WORDS]), Mark::of([number])).positions().collect::<Vec<_>>()
        };
        assert_eq!(narrow(&marks, 0, 5), Vec::<usize>::new());
        assert_eq!(narrow(&marks, 1, 5), (6 * 64..7 * 64).collect::<Vec<_>>(), "5 and 69 share a bit");
        assert_eq!(narrow(&marks, 1, 6), Vec::<usize>::new());
        marks.set(70 * 64 + 3, Mark::of([6, 7]));
        assert_eq!(narrow(&marks, 1, 6), (6 * 64..7 * 64).collect::<Vec<_>>());
        assert_eq!(narrow(&marks, 1, 5), Vec::<usize>::new());
    }
}

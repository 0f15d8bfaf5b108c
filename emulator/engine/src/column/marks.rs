//! Which numbers stand among 64 slots: enough to pass over those that surely lack what is looked for.

use crate::bits::{Bits, WORDS};
use crate::blocks::Blocks;

/// A set of numbers, each of which stands at one of 64 places that others share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark(u64);

impl Mark {
    pub(super) fn of(numbers: impl IntoIterator<Item = u32>) -> Self {
        Self(numbers.into_iter().fold(0, |mark, number| mark | 1 << (number % 64)))
    }
}

/// A mark for each 64 slots. Findings are imported in batches of one account and product, so that most values stand
/// among few of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks(Blocks<Mark, WORDS>);

impl Marks {
    /// Adds a number to the mark of a slot.
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

    /// Replaces the mark of a slot.
    pub(super) fn set(&mut self, slot: u32, mark: Mark) {
        let word = slot as usize / 64;
        if self.0.get(word).is_some_and(|other| *other != mark)
            && let Some(place) = self.0.get_mut(word)
        {
            *place = mark;
        }
    }

    /// Those of `candidates`, slots of a block, that may have a number of `wanted`.
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
    fn slots_are_passed_over_that_have_no_number_like_the_wanted() {
        let mut marks = Marks::default();
        for slot in 0..5000 {
            marks.add(slot, if slot / 64 == 70 { 64 + 5 } else { 7 });
        }
        let narrow = |marks: &Marks, block, number| {
            marks.narrow(block, &Bits([u64::MAX; WORDS]), Mark::of([number])).places().collect::<Vec<_>>()
        };
        assert_eq!(narrow(&marks, 0, 5), Vec::<usize>::new());
        assert_eq!(narrow(&marks, 1, 5), (6 * 64..7 * 64).collect::<Vec<_>>(), "5 and 69 stand at one place");
        assert_eq!(narrow(&marks, 1, 6), Vec::<usize>::new());
        marks.set(70 * 64 + 3, Mark::of([6, 7]));
        assert_eq!(narrow(&marks, 1, 6), (6 * 64..7 * 64).collect::<Vec<_>>());
        assert_eq!(narrow(&marks, 1, 5), Vec::<usize>::new());
    }
}

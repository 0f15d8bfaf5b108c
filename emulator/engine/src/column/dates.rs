//! Instants, in 64 bits where possible.

use super::cells::Cells;
use crate::bits::Bits;
use crate::date::Instant;
use crate::filter::DateRange;

/// Instants by slot: in 64 bits while all of them are between 1677 and 2262, otherwise in full width.
#[derive(Clone, Debug)]
pub(crate) enum Dates {
    Near(Cells<i64>),
    Far(Cells<Instant>),
}

impl Default for Dates {
    fn default() -> Self {
        Self::Near(Cells::default())
    }
}

impl Dates {
    pub(crate) fn reserve(&mut self, slot: u32) {
        match self {
            Self::Near(cells) => cells.reserve(slot),
            Self::Far(cells) => cells.reserve(slot),
        }
    }

    pub(crate) fn add(&mut self, slot: u32, instant: Instant) {
        match self {
            Self::Far(cells) => _ = cells.add(slot, instant),
            Self::Near(cells) => {
                if let Ok(instant) = i64::try_from(instant) {
                    cells.add(slot, instant);
                } else {
                    let mut far = cells.convert(Instant::from);
                    far.add(slot, instant);
                    *self = Self::Far(far);
                }
            }
        }
    }

    pub(crate) fn clear(&mut self, slot: u32) {
        match self {
            Self::Near(cells) => cells.clear(slot),
            Self::Far(cells) => cells.clear(slot),
        }
    }

    pub(crate) fn keep(&mut self, slots: &[u32]) {
        match self {
            Self::Near(cells) => cells.keep(slots),
            Self::Far(cells) => cells.keep(slots),
        }
    }

    pub(crate) fn present(&self, block: usize) -> Bits {
        match self {
            Self::Near(cells) => cells.present(block),
            Self::Far(cells) => cells.present(block),
        }
    }

    /// The slots among `candidates` with an instant in the range.
    pub(crate) fn passing(&self, block: usize, candidates: &Bits, range: &DateRange) -> Bits {
        match self {
            Self::Near(cells) => match range.near() {
                Some((first, last)) => {
                    cells.within(block, candidates, |instant| instant < first, |instant| instant > last)
                }
                None => Bits::NONE,
            },
            Self::Far(cells) => {
                cells.within(block, candidates, |instant| range.is_after(instant), |instant| range.is_before(instant))
            }
        }
    }

    pub(crate) fn sort(&self) {
        match self {
            Self::Near(cells) => cells.sort(),
            Self::Far(cells) => cells.sort(),
        }
    }

    /// See [`Cells::in_order`].
    pub(crate) fn in_order(&self, block: usize) -> Option<&[u16]> {
        match self {
            Self::Near(cells) => cells.in_order(block),
            Self::Far(cells) => cells.in_order(block),
        }
    }

    /// Estimated number of the `all` slots that have an instant in the range.
    pub(crate) fn estimate(&self, all: u64, range: &DateRange) -> u64 {
        match self {
            Self::Near(cells) => match range.near() {
                Some((first, last)) => cells.estimate(all, |instant| instant < first, |instant| instant > last),
                None => 0,
            },
            Self::Far(cells) => {
                cells.estimate(all, |instant| range.is_after(instant), |instant| range.is_before(instant))
            }
        }
    }

    /// Passes the first instant of each of the slots of a block to `each`, with the position of the slot. Instants
    /// that do not fit into 64 bits are skipped.
    pub(crate) fn each(&self, block: usize, slots: &Bits, mut each: impl FnMut(usize, i64)) {
        match self {
            Self::Near(cells) => cells.each_first(block, slots, each),
            Self::Far(cells) => cells.each_first(block, slots, |position, instant| {
                if let Ok(instant) = i64::try_from(instant) {
                    each(position, instant);
                }
            }),
        }
    }

    /// The earliest and the latest first instant of the slots of a block. Instants that do not fit into 64 bits are
    /// skipped.
    pub(crate) fn ends(&self, block: usize, slots: &Bits) -> Option<(i64, i64)> {
        match self {
            Self::Near(cells) => ends(|| cells.ascending(block, slots)),
            Self::Far(cells) => ends(|| near(cells.ascending(block, slots))),
        }
    }

    /// Passes each instant of the slots at these positions of a block to `each`, with the number beside the
    /// position.
    pub(crate) fn each_at(&self, block: usize, positions: &[(u16, u32)], mut each: impl FnMut(u32, i64)) {
        match self {
            Self::Near(cells) => cells.each_at(block, positions, each),
            Self::Far(cells) => cells.each_at(block, positions, |beside, instant| {
                if let Ok(instant) = i64::try_from(instant) {
                    each(beside, instant);
                }
            }),
        }
    }

    /// Returns whether no slot has several instants.
    pub(crate) fn is_single(&self) -> bool {
        match self {
            Self::Near(cells) => cells.is_single(),
            Self::Far(cells) => cells.is_single(),
        }
    }

    /// The earliest or latest instant of a slot.
    pub(crate) fn extreme(&self, slot: u32, latest: bool) -> Option<Instant> {
        match self {
            Self::Near(cells) => extreme(cells.values(slot), latest).map(Instant::from),
            Self::Far(cells) => extreme(cells.values(slot), latest),
        }
    }
}

/// The instants that fit into 64 bits.
fn near(instants: impl DoubleEndedIterator<Item = (usize, Instant)>) -> impl DoubleEndedIterator<Item = (usize, i64)> {
    instants.filter_map(|(position, instant)| Some((position, i64::try_from(instant).ok()?)))
}

/// The first and the last of ascending instants.
fn ends<I: DoubleEndedIterator<Item = (usize, i64)>>(ascending: impl Fn() -> I) -> Option<(i64, i64)> {
    let (_, first) = ascending().next()?;
    let (_, last) = ascending().next_back()?;
    Some((first, last))
}

fn extreme<T: Ord>(values: impl Iterator<Item = T>, latest: bool) -> Option<T> {
    if latest { values.max() } else { values.min() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: FLT-29.
    #[test]
    fn instants_of_any_year_are_compared() {
        let mut dates = Dates::default();
        let old = -62_000_000_000 * 1_000_000_000;
        for (slot, instant) in [(0, 5), (1, 7), (2, i128::from(i64::MAX))] {
            dates.add(slot, instant);
        }
        let slots = |dates: &Dates, range: DateRange| {
            dates.passing(0, &Bits([u64::MAX; 64]), &range).positions().collect::<Vec<_>>()
        };
        assert_eq!(slots(&dates, DateRange::before(7)), [0]);
        assert_eq!(slots(&dates, DateRange::since(7)), [1, 2]);
        assert_eq!(slots(&dates, DateRange::between(old, old + 1)), [0_usize; 0]);
        dates.add(3, old);
        assert!(matches!(dates, Dates::Far(_)));
        assert_eq!(slots(&dates, DateRange::before(7)), [0, 3]);
        assert_eq!(slots(&dates, DateRange::between(old, old + 1)), [3]);
        assert_eq!(dates.extreme(1, true), Some(7));
    }
}

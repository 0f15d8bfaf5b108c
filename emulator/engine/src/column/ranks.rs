//! The order of rows by one column, as integers.

use super::cells::Cells;
use super::{Column, Values};
use crate::bits::Bits;
use crate::date::Instant;
use crate::filter::DateRange;
use crate::schema::FieldKind;
use crate::sort::SortValue;

/// The rank of rows without a value, which are last in both directions (SRT-07).
const MISSING: u128 = u128::MAX;

/// The ranks of rows by one column: a lower rank comes first, and missing values are last.
#[derive(Clone, Copy)]
pub(crate) struct Ranks<'t> {
    column: Option<&'t Column>,
    /// Ranks of dictionary codes, for a column with a dictionary.
    texts: &'t [u32],
    descending: bool,
}

impl<'t> Ranks<'t> {
    /// The rank of rows without a value, which are last in both directions (SRT-07).
    pub(crate) const MISSING: u128 = MISSING;

    pub(crate) fn new(column: Option<&'t Column>, descending: bool) -> Self {
        // Map entries have no order, so all rows count as missing.
        let column = column.filter(|column| column.kind != FieldKind::Map);
        let texts = match column.map(|column| &column.values) {
            Some(Values::Coded { dictionary, .. }) => dictionary.ranks(),
            _ => &[],
        };
        Self { column, texts, descending }
    }

    /// The rank of a slot.
    pub(crate) fn of(&self, slot: u32) -> u128 {
        let Some(column) = self.column else { return MISSING };
        let ascending = match &column.values {
            Values::Coded { cells, .. } => {
                let ranks = cells.values(slot).filter_map(|code| self.texts.get(code as usize).copied());
                let extreme = if self.descending { ranks.max() } else { ranks.min() };
                extreme.map(|rank| of_text(rank, true))
            }
            Values::Number(cells) => number(cells, slot, self.descending).map(of_number),
            Values::Date(dates) => dates.extreme(slot, self.descending).map(of_instant),
            Values::Boolean(cells) => boolean(cells, slot, self.descending).map(|value| of_number(value.into())),
        };
        self.directed(ascending)
    }

    /// The rank of the value with which a page ended, whether a row still has it or not.
    pub(crate) fn of_value(&self, value: &SortValue) -> u128 {
        let ascending = match (value, self.column.map(|column| &column.values)) {
            (SortValue::Missing, _) | (_, None) => None,
            (SortValue::Text(text), Some(Values::Coded { dictionary, .. })) => {
                let (before, is_there) = dictionary.position(text);
                Some(of_text(before, is_there))
            }
            (SortValue::Number(number), Some(_)) => Some(of_number(*number)),
            (SortValue::Instant(instant), Some(_)) => Some(of_instant(*instant)),
            (SortValue::Text(_), Some(_)) => Some(0),
        };
        self.directed(ascending)
    }

    /// The slots among `candidates` that do not come after a rank. May include others.
    pub(crate) fn up_to(&self, block: usize, candidates: &Bits, rank: u128) -> Bits {
        let Some(column) = self.column.filter(|_| rank < MISSING) else { return *candidates };
        let ascending = if self.descending { MISSING - 1 - rank } else { rank };
        match &column.values {
            Values::Coded { cells, .. } => {
                let rank_of = |code: u32| self.texts.get(code as usize).map_or(0, |rank| of_text(*rank, true));
                cells.passing(block, candidates, |code| self.is_within(rank_of(code), ascending))
            }
            Values::Date(dates) => {
                let instant = to_instant(ascending);
                let range = if self.descending { DateRange::since(instant) } else { DateRange::until(instant) };
                dates.passing(block, candidates, &range)
            }
            Values::Number(cells) => {
                let is_within = |number| self.is_within(of_number(number), ascending);
                let (is_before, is_after) =
                    (|number| self.descending && !is_within(number), |number| !self.descending && !is_within(number));
                cells.within(block, candidates, is_before, is_after)
            }
            Values::Boolean(_) => *candidates,
        }
    }

    /// The slots among `candidates` that come before a rank. Not all of them are found.
    pub(crate) fn before(&self, block: usize, candidates: &Bits, rank: u128) -> Bits {
        let is_exact = self.column.is_some_and(|column| !matches!(column.values, Values::Boolean(_)));
        rank.checked_sub(1).filter(|_| is_exact).map_or(Bits::NONE, |rank| self.up_to(block, candidates, rank))
    }

    /// The positions of a block's slots whose rank is lower than that of missing values, in order. `None` if the
    /// block's order is not kept.
    pub(crate) fn in_order(&self, block: usize) -> Option<SortedPositions<'t>> {
        let positions = match &self.column?.values {
            Values::Number(cells) => cells.in_order(block)?,
            Values::Date(dates) => dates.in_order(block)?,
            Values::Coded { .. } | Values::Boolean(_) => return None,
        };
        Some(SortedPositions { positions, backwards: self.descending })
    }

    /// The slots among `candidates` without a value.
    pub(crate) fn without_value(&self, block: usize, candidates: &Bits) -> Bits {
        self.column.map_or(*candidates, |column| candidates.without(&column.present(block)))
    }

    fn is_within(&self, rank: u128, bound: u128) -> bool {
        if self.descending { rank >= bound } else { rank <= bound }
    }

    fn directed(&self, ascending: Option<u128>) -> u128 {
        match ascending {
            None => MISSING,
            Some(rank) if self.descending => MISSING - 1 - rank,
            Some(rank) => rank,
        }
    }
}

/// Positions in a block, in the order of their ranks.
#[derive(Clone, Copy)]
pub(crate) struct SortedPositions<'t> {
    positions: &'t [u16],
    backwards: bool,
}

impl SortedPositions<'_> {
    /// The first position.
    pub(crate) fn first(&self) -> Option<usize> {
        let first = if self.backwards { self.positions.last() } else { self.positions.first() };
        first.map(|position| usize::from(*position))
    }

    /// Splits off this many positions from the start.
    pub(crate) fn take(&mut self, count: usize) -> Self {
        let length = self.positions.len();
        let count = count.min(length);
        let (left, taken) = if self.backwards {
            self.positions.split_at(length - count)
        } else {
            let (taken, left) = self.positions.split_at(count);
            (left, taken)
        };
        self.positions = left;
        Self { positions: taken, ..*self }
    }

    /// Splits off the leading positions that satisfy `is_before`.
    pub(crate) fn take_while(&mut self, is_before: impl Fn(usize) -> bool) -> Self {
        let is_before = |position: &u16| is_before(usize::from(*position));
        let count = if self.backwards {
            self.positions.len() - self.positions.partition_point(|position| !is_before(position))
        } else {
            self.positions.partition_point(is_before)
        };
        self.take(count)
    }

    /// The positions as a set.
    pub(crate) fn bits(&self) -> Bits {
        self.bits_where(|_| true)
    }

    /// The positions that satisfy `is_wanted`, as a set.
    pub(crate) fn bits_where(&self, is_wanted: impl Fn(usize) -> bool) -> Bits {
        let mut bits = Bits::NONE;
        let wanted =
            self.positions.iter().map(|position| usize::from(*position)).filter(|position| is_wanted(*position));
        wanted.for_each(|position| bits.insert(position));
        bits
    }

    pub(crate) fn len(&self) -> usize {
        self.positions.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }
}

/// The largest or smallest number of a slot.
pub(super) fn number(cells: &Cells<f64>, slot: u32, largest: bool) -> Option<f64> {
    let values = cells.values(slot);
    if largest { values.reduce(f64::max) } else { values.reduce(f64::min) }
}

/// Descending, whether a slot has true; ascending, whether it has only true.
pub(super) fn boolean(cells: &Cells<bool>, slot: u32, largest: bool) -> Option<bool> {
    let values = cells.values(slot);
    if largest { values.max() } else { values.min() }
}

/// Existing texts have odd ranks, so that other texts fit in between.
fn of_text(before: u32, is_there: bool) -> u128 {
    u128::from(before) * 2 + u128::from(is_there)
}

/// The bits of a double, transformed so that they sort like the numbers.
fn of_number(number: f64) -> u128 {
    let bits = number.to_bits();
    let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    ordered.into()
}

/// Years 0 to 9999 in nanoseconds fit well into 100 bits.
const MIDDLE: Instant = 1 << 100;

fn of_instant(instant: Instant) -> u128 {
    instant.saturating_add(MIDDLE).unsigned_abs()
}

fn to_instant(rank: u128) -> Instant {
    Instant::try_from(rank).unwrap_or(Instant::MAX).saturating_sub(MIDDLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: SRT-05.
    #[test]
    fn ranks_preserve_the_order_of_numbers_and_instants() {
        let numbers = [f64::NEG_INFINITY, -1e300, -1.0, -1e-300, 0.0, 1e-300, 0.5, 1.0, 1e300];
        assert!(numbers.windows(2).all(|pair| of_number(pair[0]) < of_number(pair[1])));
        let instants = [-62_167_219_200_000_000_000, -1, 0, 1, 253_402_300_799_999_999_999];
        assert!(instants.windows(2).all(|pair| of_instant(pair[0]) < of_instant(pair[1])));
        assert_eq!(instants.map(|instant| to_instant(of_instant(instant))), instants);
    }
}

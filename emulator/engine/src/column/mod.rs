//! The values of one field over all slots of a table.
//!
//! A column evaluates all tests of its kind of field. Strings, addresses and map entries are stored as codes of a
//! dictionary, so that a test runs once per distinct value; numbers, instants and booleans are stored directly. Columns
//! do not know documents: the table extracts values and passes them here. `matcher` is a test prepared for one column,
//! `ranks` the order of rows by a column.

use crate::bits::{Bits, Ones};
use crate::count::number;
use crate::item::Item;
use crate::schema::FieldKind;
use crate::sort::SortValue;

mod cells;
mod dates;
mod dictionary;
mod marks;
mod matcher;
mod overflow;
mod ranks;
mod sets;
mod sorted;

pub(crate) use matcher::{Matcher, Probe};
pub(crate) use ranks::{Ranks, SortedPositions};

use cells::Cells;
use dates::Dates;
use dictionary::Dictionary;
use marks::{Mark, Marks};

/// The values of one field.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    kind: FieldKind,
    values: Values,
}

/// The representation depends on the kind of the field.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "shuttle", allow(clippy::large_enum_variant, reason = "the locks of shuttle are large"))]
enum Values {
    Coded { dictionary: Dictionary, cells: Cells<u32>, marks: Marks },
    Number(Cells<f64>),
    Date(Dates),
    Boolean(Cells<bool>),
}

impl Column {
    pub(crate) fn new(kind: FieldKind) -> Self {
        let values = match kind {
            FieldKind::Number => Values::Number(Cells::default()),
            FieldKind::Date => Values::Date(Dates::default()),
            FieldKind::Boolean => Values::Boolean(Cells::default()),
            FieldKind::String | FieldKind::Ip | FieldKind::Map | FieldKind::Keyword => {
                Values::Coded { dictionary: Dictionary::default(), cells: Cells::default(), marks: Marks::default() }
            }
        };
        Self { kind, values }
    }

    /// Extends the column to include a slot, whether it has values or not.
    pub(crate) fn reserve(&mut self, slot: u32) {
        match &mut self.values {
            Values::Coded { cells, .. } => cells.reserve(slot),
            Values::Number(cells) => cells.reserve(slot),
            Values::Date(dates) => dates.reserve(slot),
            Values::Boolean(cells) => cells.reserve(slot),
        }
    }

    /// Adds a value to a slot. A value of another kind is ignored.
    pub(crate) fn add(&mut self, slot: u32, item: Item<'_>) {
        match (&mut self.values, item) {
            (Values::Coded { dictionary, cells, marks }, item) => {
                let Some(code) = dictionary.take(item) else { return };
                if cells.add(slot, code) {
                    marks.add(slot, code);
                } else {
                    dictionary.release(code);
                }
            }
            (Values::Number(cells), Item::Number(number)) => _ = cells.add(slot, number),
            (Values::Date(dates), Item::Instant { instant, .. }) => dates.add(slot, instant),
            (Values::Boolean(cells), Item::Boolean(boolean)) => _ = cells.add(slot, boolean),
            _ => {}
        }
    }

    /// Removes the values of a slot.
    pub(crate) fn clear(&mut self, slot: u32) {
        match &mut self.values {
            Values::Coded { dictionary, cells, marks } => {
                cells.values(slot).for_each(|code| dictionary.release(code));
                cells.clear(slot);
                // With several values per slot, a mark excludes little, and recomputing it would take long.
                if cells.is_single() {
                    let first = slot / 64 * 64;
                    marks.set(slot, Mark::of((first..first + 64).filter_map(|slot| cells.first(slot))));
                }
            }
            Values::Number(cells) => cells.clear(slot),
            Values::Date(dates) => dates.clear(slot),
            Values::Boolean(cells) => cells.clear(slot),
        }
    }

    /// Keeps only these slots, renumbered from 0 in this order. The values of all others must have been removed.
    pub(crate) fn keep(&mut self, slots: &[u32]) {
        match &mut self.values {
            Values::Coded { cells, marks, .. } => {
                cells.keep(slots);
                *marks = Marks::default();
                for slot in 0..number(slots.len()) {
                    cells.values(slot).for_each(|code| marks.add(slot, code));
                }
            }
            Values::Number(cells) => cells.keep(slots),
            Values::Date(dates) => dates.keep(slots),
            Values::Boolean(cells) => cells.keep(slots),
        }
    }

    /// Sorts all unsorted blocks in advance, so that no query has to.
    pub(crate) fn sort(&self) {
        match &self.values {
            Values::Number(cells) => cells.sort(),
            Values::Date(dates) => dates.sort(),
            Values::Coded { .. } | Values::Boolean(_) => {}
        }
    }

    /// The slots of a block that have a value.
    pub(crate) fn present(&self, block: usize) -> Bits {
        match &self.values {
            Values::Coded { cells, .. } => cells.present(block),
            Values::Number(cells) => cells.present(block),
            Values::Date(dates) => dates.present(block),
            Values::Boolean(cells) => cells.present(block),
        }
    }

    /// The sort value of a slot: its smallest value ascending, its largest descending (SRT-06).
    pub(crate) fn sort_value(&self, slot: u32, descending: bool) -> SortValue {
        let value = match &self.values {
            Values::Coded { .. } if self.kind == FieldKind::Map => None,
            Values::Coded { dictionary, cells, .. } => {
                let ranks = dictionary.ranks();
                let ranked = cells.values(slot).map(|code| (ranks.get(code as usize), code));
                let extreme = if descending { ranked.max() } else { ranked.min() };
                extreme.and_then(|(_, code)| dictionary.text(code)).map(|text| SortValue::Text(text.to_owned()))
            }
            Values::Number(cells) => ranks::number(cells, slot, descending).map(SortValue::Number),
            Values::Date(dates) => dates.extreme(slot, descending).map(SortValue::Instant),
            Values::Boolean(cells) => ranks::boolean(cells, slot, descending).map(SortValue::from),
        };
        value.unwrap_or(SortValue::Missing)
    }

    /// Counts the slots of a block by value code. Does nothing for columns without codes.
    pub(crate) fn count(&self, block: usize, slots: &Bits, counts: &mut Vec<u64>) {
        let Values::Coded { dictionary, cells, .. } = &self.values else { return };
        counts.resize(dictionary.end().max(counts.len()), 0);
        let present = slots.and(&cells.present(block));
        let firsts = cells.firsts(block);
        let mut count = |code: u32| {
            if let Some(count) = counts.get_mut(code as usize) {
                *count += 1;
            }
        };
        for (word, codes) in present.0.iter().zip(firsts.chunks(64)) {
            if *word == u64::MAX {
                for code in codes {
                    count(*code);
                }
            } else {
                Ones(*word).filter_map(|bit| codes.get(bit)).for_each(|code| count(*code));
            }
        }
        for position in present.and(&cells.several(block)).positions() {
            let slot = number(block * crate::bits::BLOCK + position);
            cells.values(slot).skip(1).for_each(&mut count);
        }
    }

    /// The number of slots with each value code, if the column counts them.
    pub(crate) fn uses(&self) -> Option<Vec<u64>> {
        match &self.values {
            Values::Coded { dictionary, .. } => {
                Some((0..number(dictionary.end())).map(|code| dictionary.uses(code)).collect())
            }
            _ => None,
        }
    }

    /// The text of a code counted by [`Column::count`].
    pub(crate) fn text(&self, code: usize) -> Option<&str> {
        match &self.values {
            Values::Coded { dictionary, .. } => dictionary.text(number(code)),
            _ => None,
        }
    }

    /// The first code of a slot, for [`Column::text`], if the column has codes.
    pub(crate) fn first_code(&self, slot: u32) -> Option<u32> {
        match &self.values {
            Values::Coded { cells, .. } => cells.first(slot),
            _ => None,
        }
    }

    /// The first codes of a block, and the slots that have one, if the column has codes. The codes of other slots are
    /// meaningless.
    pub(crate) fn first_codes(&self, block: usize) -> Option<(&[u32], Bits)> {
        match &self.values {
            Values::Coded { cells, .. } => Some((cells.firsts(block), cells.present(block))),
            _ => None,
        }
    }

    /// The largest code plus one, if the column has codes.
    pub(crate) fn codes(&self) -> usize {
        match &self.values {
            Values::Coded { dictionary, .. } => dictionary.end(),
            _ => 0,
        }
    }

    /// The code of a text, if the column has codes.
    pub(crate) fn code(&self, text: &str) -> Option<u32> {
        match &self.values {
            Values::Coded { dictionary, .. } => dictionary.code("", text),
            _ => None,
        }
    }

    /// The rank of each code's text, if the column is of kind String and no slot has several values.
    pub(crate) fn text_ranks(&self) -> Option<&[u32]> {
        match &self.values {
            Values::Coded { dictionary, cells, .. } if self.kind == FieldKind::String && cells.is_single() => {
                Some(dictionary.ranks())
            }
            _ => None,
        }
    }

    /// The slots among `slots` that have a code.
    pub(crate) fn with_code(&self, block: usize, slots: &Bits, code: u32) -> Bits {
        match &self.values {
            Values::Coded { cells, .. } => cells.passing(block, slots, |other| other == code),
            _ => Bits::NONE,
        }
    }

    /// Passes each code of the slots at these positions of a block to `each`, with the number beside the position. Does
    /// nothing for columns without codes.
    pub(crate) fn each_code_at(&self, block: usize, positions: &[(u16, u32)], each: impl FnMut(u32, u32)) {
        if let Values::Coded { cells, .. } = &self.values {
            cells.each_at(block, positions, each);
        }
    }

    /// Passes each code of each of the slots of a block to `each`, with the position of the slot. Does nothing for
    /// columns without codes.
    pub(crate) fn each_code(&self, block: usize, slots: &Bits, mut each: impl FnMut(usize, u32)) {
        let Values::Coded { cells, .. } = &self.values else { return };
        cells.each_first(block, slots, &mut each);
        for position in slots.and(&cells.several(block)).positions() {
            let slot = number(block * crate::bits::BLOCK + position);
            cells.values(slot).skip(1).for_each(|code| each(position, code));
        }
    }

    /// Returns whether no slot has several values.
    pub(crate) fn is_single(&self) -> bool {
        match &self.values {
            Values::Coded { cells, .. } => cells.is_single(),
            Values::Number(cells) => cells.is_single(),
            Values::Date(dates) => dates.is_single(),
            Values::Boolean(cells) => cells.is_single(),
        }
    }

    /// The earliest and the latest first instant of the slots of a block, if the column has instants.
    pub(crate) fn first_and_last_instant(&self, block: usize, slots: &Bits) -> Option<(i64, i64)> {
        match &self.values {
            Values::Date(dates) => dates.ends(block, slots),
            _ => None,
        }
    }

    /// Passes each instant of the slots at these positions of a block to `each`, with the number beside the
    /// position. Does nothing for columns without instants.
    pub(crate) fn each_instant_at(&self, block: usize, positions: &[(u16, u32)], each: impl FnMut(u32, i64)) {
        if let Values::Date(dates) = &self.values {
            dates.each_at(block, positions, each);
        }
    }

    /// Passes the first instant of each of the slots of a block to `each`, with the position of the slot. Does nothing
    /// for columns without instants.
    pub(crate) fn each_instant(&self, block: usize, slots: &Bits, each: impl FnMut(usize, i64)) {
        if let Values::Date(dates) = &self.values {
            dates.each(block, slots, each);
        }
    }

    /// Returns whether the column stores numbers.
    pub(crate) fn has_numbers(&self) -> bool {
        matches!(self.values, Values::Number(_))
    }

    /// The numbers of a slot, if the column stores numbers.
    pub(crate) fn numbers(&self, slot: u32) -> impl Iterator<Item = f64> {
        let cells = match &self.values {
            Values::Number(cells) => Some(cells),
            _ => None,
        };
        cells.into_iter().flat_map(move |cells| cells.values(slot))
    }
}

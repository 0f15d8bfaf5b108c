//! The values of one field over all slots of a table.
//!
//! A column answers every test of its kind of field: strings, addresses and map entries by number over a dictionary,
//! so that a test runs once for each distinct value; numbers, instants and booleans as they are. Columns know no
//! documents: the table reads values out of documents and hands them here.

use std::collections::HashSet;

use roaring::RoaringBitmap;

use crate::date::Instant;
use crate::filter::{Test, TextTest, is_in};
use crate::item::Item;
use crate::schema::FieldKind;
use crate::sort::SortPlace;

mod cells;
mod dictionary;

use cells::Cells;
use dictionary::{Dictionary, Word};

/// What a column is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Probe<'f> {
    Test(&'f Test),
    In(&'f HashSet<String>),
}

impl Probe<'_> {
    pub(crate) fn passes(&self, item: Item<'_>) -> bool {
        match self {
            Self::Test(test) => test.passes(item),
            Self::In(values) => is_in(values, item),
        }
    }

    /// The values it asks for, where they can be looked up instead of tried.
    fn words(&self) -> Option<Vec<Word>> {
        match self {
            Self::Test(Test::Text(TextTest::Equals(value))) => Some(vec![Word::Text(value.as_str().into())]),
            Self::Test(Test::Entry { key, value: TextTest::Equals(value) }) => {
                Some(vec![Word::Entry(key.as_str().into(), value.as_str().into())])
            }
            Self::In(values) => Some(values.iter().map(|value| Word::Text(value.as_str().into())).collect()),
            Self::Test(_) => None,
        }
    }
}

/// The values of one field. The form follows the kind of the field.
#[derive(Debug)]
pub(crate) enum Column {
    Coded { dictionary: Dictionary, cells: Cells<u32> },
    Number(Cells<f64>),
    Date(Cells<Instant>),
    Boolean(Cells<bool>),
}

impl Column {
    pub(crate) fn new(kind: FieldKind) -> Self {
        match kind {
            FieldKind::Number => Self::Number(Cells::default()),
            FieldKind::Date => Self::Date(Cells::default()),
            FieldKind::Boolean => Self::Boolean(Cells::default()),
            FieldKind::String | FieldKind::Ip | FieldKind::Map | FieldKind::Keyword => {
                Self::Coded { dictionary: Dictionary::default(), cells: Cells::default() }
            }
        }
    }

    /// Gives an empty slot its values; those that are not of the column's kind are left out.
    pub(crate) fn set(&mut self, slot: u32, items: &[Item<'_>]) {
        match self {
            Self::Coded { dictionary, cells } => {
                let words: HashSet<Word> = items.iter().filter_map(|item| Word::of(*item)).collect();
                let codes: Vec<u32> = words.into_iter().map(|word| dictionary.take(word)).collect();
                cells.set(slot, &codes);
            }
            Self::Number(cells) => cells.set(
                slot,
                &only(items, |item| match item {
                    Item::Number(number) => Some(number),
                    _ => None,
                }),
            ),
            Self::Date(cells) => cells.set(
                slot,
                &only(items, |item| match item {
                    Item::Instant(instant) => Some(instant),
                    _ => None,
                }),
            ),
            Self::Boolean(cells) => cells.set(
                slot,
                &only(items, |item| match item {
                    Item::Boolean(boolean) => Some(boolean),
                    _ => None,
                }),
            ),
        }
    }

    /// Empties a slot.
    pub(crate) fn clear(&mut self, slot: u32) {
        match self {
            Self::Coded { dictionary, cells } => {
                for code in cells.values(slot) {
                    dictionary.release(code);
                }
                cells.clear(slot);
            }
            Self::Number(cells) => cells.clear(slot),
            Self::Date(cells) => cells.clear(slot),
            Self::Boolean(cells) => cells.clear(slot),
        }
    }

    /// Those of `candidates` that have a value which passes.
    pub(crate) fn passing(&self, probe: Probe<'_>, candidates: &RoaringBitmap) -> RoaringBitmap {
        if matches!(probe, Probe::Test(Test::Present)) {
            return self.present() & candidates;
        }
        match self {
            Self::Coded { dictionary, cells } => coded(dictionary, cells, probe, candidates),
            Self::Number(cells) => cells.passing(candidates, |number| probe.passes(Item::Number(number))),
            Self::Date(cells) => cells.passing(candidates, |instant| probe.passes(Item::Instant(instant))),
            Self::Boolean(cells) => cells.passing(candidates, |boolean| probe.passes(Item::Boolean(boolean))),
        }
    }

    fn present(&self) -> &RoaringBitmap {
        match self {
            Self::Coded { cells, .. } => cells.present(),
            Self::Number(cells) => cells.present(),
            Self::Date(cells) => cells.present(),
            Self::Boolean(cells) => cells.present(),
        }
    }

    /// Where a slot stands in an order by this column: its smallest value ascending, its largest descending (SRT-06).
    pub(crate) fn place(&self, slot: u32, descending: bool) -> SortPlace<'_> {
        let places: &mut dyn Iterator<Item = SortPlace<'_>> = match self {
            Self::Coded { dictionary, cells } => {
                let words = cells.values(slot).filter_map(|code| dictionary.word(code));
                &mut words.filter_map(|word| SortPlace::of(word.item()))
            }
            Self::Number(cells) => &mut cells.values(slot).map(SortPlace::Number),
            Self::Date(cells) => &mut cells.values(slot).map(SortPlace::Instant),
            Self::Boolean(cells) => &mut cells.values(slot).map(SortPlace::from),
        };
        let extreme = if descending { places.max() } else { places.min() };
        extreme.unwrap_or(SortPlace::Missing)
    }
}

/// Values known by name are looked up. Otherwise the test runs once for each distinct value, or, when fewer rows than
/// values are left to judge, on the values of those rows.
fn coded(dictionary: &Dictionary, cells: &Cells<u32>, probe: Probe<'_>, candidates: &RoaringBitmap) -> RoaringBitmap {
    if let Some(words) = probe.words() {
        let codes: HashSet<u32> = words.iter().filter_map(|word| dictionary.code(word)).collect();
        return match codes.iter().next() {
            None => RoaringBitmap::new(),
            Some(only) if codes.len() == 1 => cells.passing(candidates, |code| code == *only),
            Some(_) => cells.passing(candidates, |code| codes.contains(&code)),
        };
    }
    if candidates.len() < dictionary.len() as u64 {
        let passes = |code| dictionary.word(code).is_some_and(|word| probe.passes(word.item()));
        return cells.passing(candidates, passes);
    }
    let verdicts = dictionary.verdicts(|item| probe.passes(item));
    cells.passing(candidates, |code| verdicts.passes(code))
}

fn only<T>(items: &[Item<'_>], pick: impl Fn(Item<'_>) -> Option<T>) -> Vec<T> {
    items.iter().filter_map(|item| pick(*item)).collect()
}

/// A count of slots or values as a number of 32 bits; memory ends long before them.
pub(crate) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

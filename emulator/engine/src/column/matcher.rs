//! A test prepared for one column.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use super::cells::Cells;
use super::dictionary::Dictionary;
use super::marks::Mark;
use super::sets::Codes;
use super::{Column, Values};
use crate::bits::Bits;
use crate::filter::{Test, TextTest, is_in};
use crate::item::Item;
use crate::schema::FieldKind;

/// The condition for the values of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Probe<'f> {
    Test(&'f Test),
    In(&'f Arc<HashSet<String>>),
}

impl Probe<'_> {
    pub(crate) fn passes(&self, item: Item<'_>) -> bool {
        match self {
            Self::Test(test) => test.passes(item),
            Self::In(values) => is_in(values, item),
        }
    }
}

/// Minimum cost of examining a block, in slots.
const LEAST_WORK: usize = 64;
/// With more codes than this, a mark excludes almost nothing.
const MANY: usize = 32;

/// Finds the slots of one column that satisfy a probe.
pub(crate) struct Matcher<'t> {
    column: &'t Column,
    strategy: Strategy<'t>,
    /// The mark of the codes that pass, if they are known.
    mark: Option<Mark>,
}

enum Strategy<'t> {
    /// No value passes.
    Nothing,
    /// Every value passes.
    Present,
    /// Up to three codes; unused positions repeat the first one.
    Few([u32; 3]),
    /// Several codes.
    Codes(Arc<Codes>),
    /// Each value is tested on first use, and the result is kept.
    Tried(Probe<'t>, RefCell<Vec<Verdict>>),
    /// Values without codes.
    Plain(Probe<'t>),
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Verdict {
    #[default]
    Untried,
    Fails,
    Passes,
}

impl<'t> Matcher<'t> {
    pub(crate) fn new(column: &'t Column, probe: Probe<'t>) -> Self {
        let strategy = match (&column.values, probe) {
            (_, Probe::Test(Test::Present)) => Strategy::Present,
            (Values::Coded { dictionary, .. }, probe) => coded(dictionary, column.kind, probe),
            _ => Strategy::Plain(probe),
        };
        let mark = match &strategy {
            Strategy::Few(codes) => Some(Mark::of(*codes)),
            Strategy::Codes(codes) if codes.numbers().len() < MANY => Some(Mark::of(codes.numbers().iter().copied())),
            _ => None,
        };
        Self { column, strategy, mark }
    }

    /// Returns whether all of `all` slots are known to pass, as for a value that every slot has.
    pub(crate) fn is_everything(&self, all: u64) -> bool {
        let is_single = matches!(&self.column.values, Values::Coded { cells, .. } if cells.is_single());
        is_single && matches!(self.strategy, Strategy::Few(_) | Strategy::Codes(_)) && self.estimate(all) >= all
    }

    /// Estimated number of slots that pass, used to evaluate the most selective conditions first.
    pub(crate) fn estimate(&self, all: u64) -> u64 {
        match (&self.strategy, &self.column.values) {
            (Strategy::Nothing, _) => 0,
            (Strategy::Few([first, second, third]), Values::Coded { dictionary, .. }) => {
                let others = [second, third].into_iter().filter(|other| *other != first);
                dictionary.uses(*first) + others.map(|code| dictionary.uses(*code)).sum::<u64>()
            }
            (Strategy::Codes(codes), Values::Coded { dictionary, .. }) => {
                codes.numbers().iter().map(|code| dictionary.uses(*code)).sum()
            }
            (Strategy::Plain(Probe::Test(Test::Date(range))), Values::Date(dates)) => dates.estimate(all, range),
            (Strategy::Plain(Probe::Test(Test::Number(range))), Values::Number(cells)) => {
                cells.estimate(all, |number| range.is_above(number), |number| range.is_below(number))
            }
            (Strategy::Plain(_), _) => all / 2,
            // Testing values costs more than comparing codes.
            _ => all,
        }
    }

    /// The cost of testing a slot, relative to comparing one code.
    pub(crate) fn cost(&self) -> u64 {
        let is_single = match &self.column.values {
            Values::Coded { cells, .. } => cells.is_single(),
            Values::Number(_) | Values::Date(_) | Values::Boolean(_) => true,
        };
        let lists = if is_single { 0 } else { 16 };
        match self.strategy {
            Strategy::Nothing | Strategy::Present => 1,
            Strategy::Few(_) | Strategy::Codes(_) => 1 + lists,
            Strategy::Plain(_) => 2 + lists,
            Strategy::Tried(..) => 16 + lists,
        }
    }

    /// Returns whether no slot can pass.
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self.strategy, Strategy::Nothing)
    }

    /// The slots among `candidates` with a value that passes. Adds the number of examined slots to `work`.
    pub(crate) fn passing(&self, block: usize, candidates: &Bits, work: &mut usize) -> Bits {
        let narrowed = match (self.mark, &self.column.values) {
            (Some(mark), Values::Coded { marks, .. }) => &marks.narrow(block, candidates, mark),
            _ => candidates,
        };
        *work += LEAST_WORK + narrowed.reach();
        self.search(block, narrowed)
    }

    fn search(&self, block: usize, candidates: &Bits) -> Bits {
        match (&self.strategy, &self.column.values) {
            (Strategy::Present, _) => candidates.and(&self.column.present(block)),
            (Strategy::Few([first, second, third]), Values::Coded { cells, .. }) if first == third => {
                cells.passing(block, candidates, |code| code == *first || code == *second)
            }
            (Strategy::Few([first, second, third]), Values::Coded { cells, .. }) => {
                cells.passing(block, candidates, |code| code == *first || code == *second || code == *third)
            }
            (Strategy::Codes(wanted), Values::Coded { cells, .. }) => {
                cells.passing(block, candidates, |code| wanted.has(code))
            }
            (Strategy::Tried(probe, verdicts), Values::Coded { dictionary, cells, .. }) => {
                let kind = self.column.kind;
                tried(dictionary, kind, cells, *probe, &mut verdicts.borrow_mut(), (block, candidates))
            }
            (Strategy::Plain(Probe::Test(Test::Date(range))), Values::Date(dates)) => {
                dates.passing(block, candidates, range)
            }
            (Strategy::Plain(Probe::Test(Test::Number(range))), Values::Number(cells)) => {
                cells.within(block, candidates, |number| range.is_above(number), |number| range.is_below(number))
            }
            (Strategy::Plain(Probe::Test(Test::Boolean(wanted))), Values::Boolean(cells)) => {
                cells.passing(block, candidates, |boolean| boolean == *wanted)
            }
            // No value passes, or the test is of another kind than the field.
            _ => Bits::NONE,
        }
    }
}

/// Exact values are looked up in the dictionary; for other tests, values are tested as they occur.
fn coded<'t>(dictionary: &Dictionary, kind: FieldKind, probe: Probe<'t>) -> Strategy<'t> {
    let only = |code: Option<u32>| code.map_or(Strategy::Nothing, |code| Strategy::Few([code; 3]));
    match (probe, kind) {
        (Probe::Test(Test::Text(TextTest::Equals(value))), FieldKind::String) => only(dictionary.code("", value)),
        (Probe::Test(Test::Entry { key, value: TextTest::Equals(value) }), FieldKind::Map) => {
            only(dictionary.code(key, value))
        }
        (Probe::In(values), FieldKind::String) => {
            let codes = dictionary.codes(values);
            match codes.numbers() {
                [] => Strategy::Nothing,
                [first] => Strategy::Few([*first; 3]),
                [first, second] => Strategy::Few([*first, *second, *first]),
                [first, second, third] => Strategy::Few([*first, *second, *third]),
                _ => Strategy::Codes(codes),
            }
        }
        _ => Strategy::Tried(probe, RefCell::new(vec![Verdict::Untried; dictionary.end()])),
    }
}

fn tried(
    dictionary: &Dictionary,
    kind: FieldKind,
    cells: &Cells<u32>,
    probe: Probe<'_>,
    verdicts: &mut [Verdict],
    (block, candidates): (usize, &Bits),
) -> Bits {
    // Only values of candidates are tested, because there may be many others.
    let mut passing = Bits::NONE;
    let mut passes = |code: u32| {
        let Some(verdict) = verdicts.get_mut(code as usize) else { return false };
        if *verdict == Verdict::Untried {
            let passes = dictionary.item(code, kind).is_some_and(|item| probe.passes(item));
            *verdict = if passes { Verdict::Passes } else { Verdict::Fails };
        }
        *verdict == Verdict::Passes
    };
    for position in candidates.and(&cells.present(block)).positions() {
        let slot = crate::count::number(block * crate::bits::BLOCK + position);
        if cells.values(slot).any(&mut passes) {
            passing.insert(position);
        }
    }
    passing
}

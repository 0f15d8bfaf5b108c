//! Finds the first rows in an order by columns.

use std::cmp::Ordering;

use super::{Part, Slot};
use crate::bits::{BLOCK, Bits};
use crate::column::{Ranks, SortedPositions};
use crate::count::number;
use crate::page::Position;
use crate::plan::Plan;
use crate::sort::SortKey;

/// Minimum cost of examining a block, in slots.
const LEAST_WORK: usize = 32;
/// Number of sorted rows to examine in the first step.
const FIRST: usize = 64;
/// Factor by which the number of rows to examine grows with each step.
const GROWTH: usize = 4;

/// Keeps the matching rows that come before the last row of a page.
pub(super) struct Order<'t> {
    part: Part<'t>,
    ranks: Vec<Ranks<'t>>,
    after: Option<(Vec<u128>, u64)>,
    limit: usize,
    /// The first rows so far. They are sorted once there are as many as needed.
    best: Vec<Row>,
    /// The last row of the page, once there are as many rows as needed.
    last: Option<Row>,
    /// True if so few rows match that it is cheaper to find them first.
    is_selective: bool,
    /// Approximate number of examined slots.
    work: usize,
}

/// The position of a row.
#[derive(Clone, Copy)]
struct Row {
    /// Its ranks by the first two columns; zero without them.
    first: u128,
    second: u128,
    slot: u32,
}

impl<'t> Order<'t> {
    pub(super) fn new(part: Part<'t>, sort: &[SortKey], after: Option<&Position>, limit: usize) -> Self {
        let ranks: Vec<Ranks<'t>> =
            sort.iter().map(|key| Ranks::new(part.table.columns.get(key.field), key.descending)).collect();
        let after = after.map(|position| {
            let keys = ranks.iter().zip(&position.keys);
            (keys.map(|(ranks, value)| ranks.of_value(value)).collect(), position.sequence)
        });
        let limit = limit.saturating_add(1);
        Self { part, ranks, after, limit, best: Vec::new(), last: None, is_selective: false, work: 0 }
    }

    /// The slots of a page and one more, if there are as many. `None` if more than about `most` slots would have to be
    /// examined.
    pub(super) fn select(mut self, plan: &Plan<'_>, most: usize) -> Option<Vec<u32>> {
        let table = self.part.table;
        let estimate = usize::try_from(plan.estimate(table.len() as u64)).unwrap_or(usize::MAX);
        self.is_selective = estimate / table.blocks().max(1) < self.limit;
        let mut blocks: Vec<(u128, usize)> = (0..table.blocks()).map(|block| (self.first_rank(block), block)).collect();
        // Blocks whose first rows come first are read first, so that the rows of later blocks are soon known to come
        // after the page.
        blocks.sort_unstable();
        for (rank, block) in blocks {
            if self.last.is_some_and(|last| last.first < rank) {
                break;
            }
            self.work += LEAST_WORK;
            if self.work > most {
                return None;
            }
            self.read_block(plan, block);
        }
        if self.last.is_none() {
            self.sort();
        }
        Some(self.best.into_iter().map(|row| row.slot).collect())
    }

    /// A lower bound of the first ranks of a block's relevant rows.
    fn first_rank(&self, block: usize) -> u128 {
        let Some(ranks) = self.ranks.first() else { return 0 };
        let Some(mut positions) = ranks.in_order(block) else { return 0 };
        if let Some(after) = self.first_after() {
            positions.take_while(|position| ranks.of(slot(block, position)) < after);
        }
        positions.first().map_or(Ranks::MISSING, |position| ranks.of(slot(block, position)))
    }

    /// The first rank of the position after which the page begins.
    fn first_after(&self) -> Option<u128> {
        self.after.as_ref()?.0.first().copied()
    }

    /// Examines the rows of a block that match and may belong to the page.
    fn read_block(&mut self, plan: &Plan<'_>, block: usize) {
        let all = self.part.block(block);
        let Some(ranks) = self.ranks.first().copied() else { return self.read(plan, block, &all) };
        let positions = if self.is_selective { None } else { ranks.in_order(block) };
        let Some(mut positions) = positions else {
            let mut passing = plan.passing(self.part.table, block, &all, &mut self.work);
            if let Some(after) = self.first_after() {
                passing = passing.without(&ranks.before(block, &passing, after));
            }
            self.work += passing.reach();
            return self.offer_all(block, &self.possible(block, &passing));
        };
        let rank = |position| ranks.of(slot(block, position));
        if let Some(after) = self.first_after() {
            positions.take_while(|position| rank(position) < after);
        }
        let mut size = FIRST.max(self.limit);
        while self.last.is_none() && !positions.is_empty() {
            self.read(plan, block, &all.and(&positions.take(size).bits()));
            size = size.saturating_mul(GROWTH);
        }
        if let Some(last) = self.last {
            let before = positions.take_while(|position| rank(position) < last.first);
            if !before.is_empty() {
                self.read(plan, block, &all.and(&before.bits()));
            }
        }
        if let Some(last) = self.last {
            let level = positions.take_while(|position| rank(position) == last.first);
            if !level.is_empty() {
                self.read(plan, block, &all.and(&self.refine_level(block, last, level)));
            }
        }
        if self.last.is_none_or(|last| last.first == Ranks::MISSING) {
            self.read(plan, block, &self.possible(block, &ranks.without_value(block, &all)));
        }
    }

    /// [`Order::refine`] for the positions with the same first rank as the page's last row.
    fn refine_level(&self, block: usize, last: Row, level: SortedPositions<'_>) -> Bits {
        let [first, second, ..] = self.ranks[..] else { return self.refine(block, &level.bits()) };
        let Some(mut positions) = second.in_order(block) else { return self.refine(block, &level.bits()) };
        let is_possible = |position| second.of(slot(block, position)) <= last.second;
        let possible = positions.take_while(is_possible);
        if possible.len() < level.len() {
            return possible.bits_where(|position| first.of(slot(block, position)) == last.first);
        }
        level.bits_where(is_possible)
    }

    /// Examines the slots among `candidates` that match.
    fn read(&mut self, plan: &Plan<'_>, block: usize, candidates: &Bits) {
        self.work += candidates.reach();
        let passing = plan.passing(self.part.table, block, candidates, &mut self.work);
        self.offer_all(block, &passing);
    }

    /// The slots among `candidates` that do not certainly come after the page.
    fn possible(&self, block: usize, candidates: &Bits) -> Bits {
        let (Some(last), Some(ranks)) = (self.last, self.ranks.first()) else { return *candidates };
        let possible = ranks.up_to(block, candidates, last.first);
        let before = last.first.checked_sub(1).map_or(Bits::NONE, |rank| ranks.up_to(block, &possible, rank));
        before.or(&self.refine(block, &possible.without(&before)))
    }

    /// The slots in `level` that do not certainly come after the page. They have the same first rank as its last row,
    /// so the second column or their age decides.
    fn refine(&self, block: usize, level: &Bits) -> Bits {
        match (self.ranks.get(1), self.last) {
            _ if level.is_empty() => Bits::NONE,
            (_, None) => *level,
            (Some(ranks), Some(last)) => ranks.up_to(block, level, last.second),
            (None, Some(last)) => level.up_to((last.slot as usize).checked_sub(block * BLOCK)),
        }
    }

    fn offer_all(&mut self, block: usize, passing: &Bits) {
        for position in passing.positions() {
            self.offer(slot(block, position));
        }
    }

    fn offer(&mut self, slot: u32) {
        let rank = |number: usize| self.ranks.get(number).map_or(0, |ranks| ranks.of(slot));
        let first = rank(0);
        if self.last.is_some_and(|last| first > last.first) || !self.is_after(first, slot) {
            return;
        }
        let row = Row { first, second: rank(1), slot };
        let Some(last) = self.last else {
            self.best.push(row);
            if self.best.len() == self.limit {
                self.sort();
                self.last = self.best.last().copied();
            }
            return;
        };
        if self.compare(&row, &last).is_lt() {
            let at = self.best.partition_point(|other| self.compare(other, &row).is_lt());
            self.best.insert(at, row);
            self.best.truncate(self.limit);
            self.last = self.best.last().copied();
        }
    }

    fn sort(&mut self) {
        let mut best = std::mem::take(&mut self.best);
        best.sort_unstable_by(|one, two| self.compare(one, two));
        self.best = best;
    }

    fn compare(&self, one: &Row, two: &Row) -> Ordering {
        (one.first, one.second).cmp(&(two.first, two.second)).then_with(|| {
            let further = self.ranks.iter().skip(2).map(|ranks| ranks.of(one.slot).cmp(&ranks.of(two.slot)));
            further.fold(Ordering::Equal, Ordering::then).then(one.slot.cmp(&two.slot))
        })
    }

    fn is_after(&self, first: u128, slot: u32) -> bool {
        let Some((keys, sequence)) = &self.after else { return true };
        let ranks = std::iter::once(first).chain(self.ranks.iter().skip(1).map(|ranks| ranks.of(slot)));
        let order = ranks.zip(keys).map(|(rank, key)| rank.cmp(key)).find(|order| order.is_ne());
        order.unwrap_or_else(|| self.part.table.sequence(Slot(slot)).cmp(sequence)).is_gt()
    }
}

fn slot(block: usize, position: usize) -> u32 {
    number(block * BLOCK + position)
}

//! Finds the row with a given number in an order, so that a page can begin anywhere without reading those before it.

use super::order::Order;
use super::{Part, Slot, at};
use crate::bits::{BLOCK, Bits};
use crate::column::{Column, Ranks};
use crate::filter::Filter;
use crate::page::Position;
use crate::plan::Plan;
use crate::sort::SortKey;

/// Rows before this number are found like a page. For later ones, all matching rows are partitioned.
const NEAR: usize = 2_000;

impl Part<'_> {
    /// The position of a row, counted from 0, among those that satisfy `filter`, in the order of `sort`. `None` if there
    /// are not as many rows.
    pub fn position_of(&self, filter: &Filter, sort: &[SortKey], number: usize) -> Option<Position> {
        let (filter, table) = (filter.simplify(), self.table);
        table.build(&filter, sort.iter().map(|key| key.field).collect());
        let plan = Plan::new(&filter, &table.schema, table, table.len() as u64);
        let slot = if sort.is_empty() {
            self.nth_stored(&plan, number)
        } else if number < NEAR {
            Order::new(*self, sort, None, number).select(&plan, usize::MAX)?.get(number).copied()
        } else {
            self.nth_sorted(&plan, sort, number)
        }?;
        let keys = sort.iter().map(|key| table.sort_value(slot, *key)).collect();
        Some(Position { keys, sequence: table.sequence(Slot(slot)) })
    }

    /// The slot of a row in order of creation.
    fn nth_stored(&self, plan: &Plan<'_>, mut number: usize) -> Option<u32> {
        for block in 0..self.table.blocks() {
            let passing = plan.passing(self.table, block, &self.block(block), &mut 0);
            if let Some(slot) = nth(block, &passing, &mut number) {
                return Some(slot);
            }
        }
        None
    }

    /// The slot of a row in the order of `sort`. The rows that differ from it in the first key are ruled out, then those
    /// that differ in the next key, and so on.
    fn nth_sorted(&self, plan: &Plan<'_>, sort: &[SortKey], mut number: usize) -> Option<u32> {
        let table = self.table;
        let passing = |block| plan.passing(table, block, &self.block(block), &mut 0);
        let mut left: Vec<Bits> = (0..table.blocks()).map(passing).collect();
        for key in sort {
            let column = table.columns.get(key.field);
            // The rows of a code are counted without reading the rank of each.
            number = match column.and_then(|column| Some((column, column.text_ranks()?))) {
                Some((column, ranks)) => keep_code(&mut left, column, ranks, key.descending, number),
                None => keep_rank(&mut left, &Ranks::new(column, key.descending), number)?,
            };
        }
        left.iter().enumerate().find_map(|(block, slots)| nth(block, slots, &mut number))
    }
}

/// The slot with a number among those of a block; otherwise, the number is reduced by theirs.
fn nth(block: usize, slots: &Bits, number: &mut usize) -> Option<u32> {
    let count = usize::try_from(slots.count()).unwrap_or(usize::MAX);
    if *number < count {
        return slots.positions().nth(*number).map(|position| at(block, position).0);
    }
    *number -= count;
    None
}

/// Keeps the slots that have the same code as the row with a number in the order of the codes' ranks. Returns the number
/// of the row among them.
fn keep_code(left: &mut [Bits], column: &Column, ranks: &[u32], descending: bool, mut number: usize) -> usize {
    let mut counts = Vec::new();
    for (block, slots) in left.iter().enumerate() {
        column.count(block, slots, &mut counts);
    }
    // Each rank belongs to one code that is in use.
    let mut by_rank = vec![(0, 0); ranks.len()];
    for (code, (rank, count)) in (0_u32..).zip(ranks.iter().zip(&counts)).filter(|(_, (_, count))| **count > 0) {
        if let Some(entry) = by_rank.get_mut(*rank as usize) {
            *entry = (code, usize::try_from(*count).unwrap_or(usize::MAX));
        }
    }
    if descending {
        by_rank.reverse();
    }
    for (code, count) in by_rank {
        if number < count {
            for (block, slots) in left.iter_mut().enumerate() {
                *slots = column.with_code(block, slots, code);
            }
            return number;
        }
        number -= count;
    }
    // Rows without a value are last.
    for (block, slots) in left.iter_mut().enumerate() {
        *slots = slots.without(&column.present(block));
    }
    number
}

/// The same for a column whose values have no codes, or several for a slot.
fn keep_rank(left: &mut [Bits], ranks: &Ranks<'_>, number: usize) -> Option<usize> {
    let mut rows: Vec<(u128, u32)> = Vec::new();
    for (block, slots) in left.iter_mut().enumerate() {
        rows.extend(slots.positions().map(|position| at(block, position).0).map(|slot| (ranks.of(slot), slot)));
        *slots = Bits::NONE;
    }
    if number >= rows.len() {
        return None;
    }
    let (before, (rank, _), _) = rows.select_nth_unstable_by_key(number, |(rank, _)| *rank);
    let rank = *rank;
    let fewer = before.iter().filter(|(other, _)| *other < rank).count();
    for (_, slot) in rows.iter().filter(|(other, _)| *other == rank) {
        if let Some(slots) = left.get_mut(*slot as usize / BLOCK) {
            slots.insert(*slot as usize % BLOCK);
        }
    }
    Some(number - fewer)
}

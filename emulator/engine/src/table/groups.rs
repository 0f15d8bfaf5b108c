//! Counts of documents by the value of a field, or by the values of several fields.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{Part, Scope, Table, at};
use crate::bits::Bits;
use crate::column::Column;
use crate::filter::Filter;
use crate::invariant::Invariant;
use crate::plan::Plan;
use crate::schema::FieldId;

/// Numbers of documents by the values of two fields.
pub type Crossed = HashMap<String, HashMap<String, u64>>;

impl Table {
    /// [`Part::groups`] of all documents.
    pub fn groups(&self, filter: &Filter, field: FieldId) -> HashMap<String, u64> {
        self.within(Scope::All).groups(filter, field)
    }
}

impl Part<'_> {
    /// Counts the documents that satisfy `filter` by each distinct value of `field`, as text, with numbers in decimal.
    /// A document counts once for each of its values (INS-23), and not at all without a value (INS-24). Fields of kinds
    /// other than String, Ip and Number have no groups.
    pub fn groups(&self, filter: &Filter, field: FieldId) -> HashMap<String, u64> {
        let Some((column, Counts { codes, numbers })) = self.count_values(filter, field) else { return HashMap::new() };
        let mut groups = numbers;
        groups.extend(named(column, codes.into_iter().enumerate()));
        groups
    }

    /// The `limit` largest of these groups: the largest first, those of equal size by their values. Faster than
    /// [`Part::groups`] if there are many groups, because it only copies the texts of these.
    pub fn largest_groups(&self, filter: &Filter, field: FieldId, limit: usize) -> Vec<(String, u64)> {
        let Some((column, Counts { codes, numbers })) = self.count_values(filter, field) else { return Vec::new() };
        let mut found: Vec<(Reverse<u64>, &str)> =
            numbers.iter().map(|(text, count)| (Reverse(*count), &**text)).collect();
        let mut coded: Vec<(Reverse<u64>, usize)> = codes
            .into_iter()
            .enumerate()
            .filter(|(_, count)| *count > 0)
            .map(|(code, count)| (Reverse(count), code))
            .collect();
        if coded.len() > limit {
            // Texts are only compared within the size at which the list ends.
            let (_, (least, _), _) = coded.select_nth_unstable_by_key(limit.saturating_sub(1), |(count, _)| *count);
            let least = *least;
            coded.retain(|(count, _)| *count <= least);
        }
        found.extend(coded.into_iter().filter_map(|(count, code)| Some((count, column.text(code)?))));
        if found.len() > limit {
            found.select_nth_unstable(limit.saturating_sub(1));
            found.truncate(limit);
        }
        found.sort_unstable();
        found.into_iter().map(|(count, text)| (text.to_owned(), count.0)).collect()
    }

    /// The number of documents that satisfy `filter` for each value of `field`, with its column.
    fn count_values(&self, filter: &Filter, field: FieldId) -> Option<(&Column, Counts)> {
        let (filter, table) = (filter.simplify(), self.table);
        table.build(&filter, vec![field]);
        let plan = Plan::new(&filter, &table.schema, table, table.len() as u64);
        let column = table.columns.get(field)?;
        let mut counted = Counts::default();
        if let (Plan::Everything, Scope::All, None, Some(uses)) = (&plan, self.scope, self.selection, column.uses()) {
            return Some((column, Counts { codes: uses, ..counted }));
        }
        for block in 0..table.blocks() {
            let slots = plan.passing(table, block, &self.block(block), &mut 0);
            if !column.has_numbers() {
                column.count(block, &slots, &mut counted.codes);
                continue;
            }
            for position in slots.positions() {
                for number in column.numbers(at(block, position).0) {
                    *counted.numbers.entry(number.to_string()).or_default() += 1;
                }
            }
        }
        Some((column, counted))
    }

    /// Counts the documents that satisfy `filter` by the values of two fields: of `field`, and of each of `others`. Only
    /// the first value of each field counts, and documents without a value of both are not counted. The fields must be of
    /// kind String.
    pub fn crossed<const N: usize>(&self, filter: &Filter, field: FieldId, others: [FieldId; N]) -> [Crossed; N] {
        let table = self.table;
        // For each of the others, the counts by code of `field` and by code of the other.
        let mut counts: [Vec<Vec<u64>>; N] = std::array::from_fn(|_| Vec::new());
        self.each_block(filter, others.into_iter().chain([field]).collect(), |block, slots| {
            let Some((codes, present)) = table.columns.get(field).and_then(|column| column.first_codes(block)) else {
                return;
            };
            let slots = slots.and(&present);
            for (counts, other) in counts.iter_mut().zip(others) {
                let Some(column) = table.columns.get(other) else { continue };
                let Some((other_codes, present)) = column.first_codes(block) else { continue };
                count_pairs(counts, &slots.and(&present), (codes, other_codes), column.codes());
            }
        });
        let mut crossed: [Crossed; N] = std::array::from_fn(|_| Crossed::new());
        for ((crossed, counts), other) in crossed.iter_mut().zip(counts).zip(others) {
            let Some((column, other)) = table.columns.get(field).zip(table.columns.get(other)) else { continue };
            let counts = counts.into_iter().enumerate();
            let named = counts.map(|(code, counts)| (column.text(code), named(other, counts.into_iter().enumerate())));
            crossed.extend(named.filter_map(|(text, counts)| Some((text?.to_owned(), counts))));
            crossed.retain(|_, counts| !counts.is_empty());
        }
        crossed
    }

    /// Counts the documents that satisfy `filter` by the combination of values of `fields`, in no particular order.
    /// Only the first value of each field counts, and documents without a value are not counted. The fields must be of
    /// kind String.
    pub fn combinations<const N: usize>(&self, filter: &Filter, fields: [FieldId; N]) -> Vec<([String; N], u64)> {
        let table = self.table;
        let mut counts: HashMap<[u32; N], u64> = HashMap::new();
        self.each_block(filter, fields.to_vec(), |block, slots| {
            let columns = fields.map(|field| table.columns.get(field));
            'slots: for position in slots.positions() {
                let mut codes = [0; N];
                for (code, column) in codes.iter_mut().zip(columns) {
                    let first = column.and_then(|column| column.first_code(at(block, position).0));
                    let Some(first) = first else { continue 'slots };
                    *code = first;
                }
                *counts.entry(codes).or_default() += 1;
            }
        });
        let text = |field, code: u32| Some(table.columns.get(field)?.text(code as usize)?.to_owned());
        let mut counted = Vec::with_capacity(counts.len());
        for (codes, count) in counts {
            let mut texts = std::array::from_fn(|_| String::new());
            for ((position, field), code) in texts.iter_mut().zip(fields).zip(codes) {
                *position = text(field, code).or_report("a counted code has a text").unwrap_or_default();
            }
            counted.push((texts, count));
        }
        counted
    }
}

/// Counts slots of a block by two codes. The second codes are less than `end`.
fn count_pairs(counts: &mut Vec<Vec<u64>>, slots: &Bits, (codes, others): (&[u32], &[u32]), end: usize) {
    for position in slots.positions() {
        let Some((code, other)) = codes.get(position).zip(others.get(position)) else { continue };
        let (code, other) = (*code as usize, *other as usize);
        if counts.len() <= code {
            counts.resize_with(code + 1, Vec::new);
        }
        let Some(counts) = counts.get_mut(code) else { continue };
        if counts.is_empty() {
            counts.resize(end, 0);
        }
        if let Some(count) = counts.get_mut(other) {
            *count += 1;
        }
    }
}

/// Numbers of documents by the codes of values, or for a column of numbers by their text.
#[derive(Default)]
struct Counts {
    codes: Vec<u64>,
    numbers: HashMap<String, u64>,
}

/// Converts counts by code to counts by text.
fn named(column: &Column, counts: impl Iterator<Item = (usize, u64)>) -> HashMap<String, u64> {
    let counted = counts.filter(|(_, count)| *count > 0);
    counted.filter_map(|(code, count)| Some((column.text(code)?.to_owned(), count))).collect()
}

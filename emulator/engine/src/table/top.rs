//! The largest groups of documents, and summaries of groups.
//!
//! A group is a field and one of its values, and contains all documents with that value. Which groups exist is decided
//! by keys: the key of a document is the first value of the first of several fields that has one.

use std::cmp::Reverse;

use super::Part;
use crate::bits::{Bits, Ones};
use crate::column::Column;
use crate::filter::Filter;
use crate::plan::{self, Plan};
use crate::schema::FieldId;

/// A field that provides keys.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The field, of kind String, Ip or Map.
    pub field: FieldId,
    /// Only documents that satisfy this filter get their key from the field.
    pub condition: Filter,
}

/// A group of documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The index of the field among the choices.
    pub choice: usize,
    /// The value as text.
    pub value: String,
    /// The number of documents with the value, whatever their keys are.
    pub count: u64,
}

/// A range of groups, those with most documents first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopGroups {
    /// The groups of the range.
    pub groups: Vec<Group>,
    /// The number of all groups.
    pub number: usize,
    /// The sum of the counts of all groups. A document counts in each group to which it belongs.
    pub sum: u64,
}

/// The distinct values that a field has among the documents of a group.
#[derive(Clone, Debug, Default)]
pub struct Distinct(Vec<u64>);

impl Distinct {
    /// The number of values.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    fn codes(&self) -> impl Iterator<Item = usize> {
        let words = self.0.iter().enumerate();
        words.flat_map(|(index, word)| Ones(*word).map(move |bit| index * 64 + bit))
    }
}

/// The distinct values of a field for each of several groups.
struct DistinctOfGroups {
    /// A bit for each code, in as many words for each group.
    words: Vec<u64>,
    words_of_group: usize,
}

impl DistinctOfGroups {
    fn new(groups: usize, column: Option<&Column>) -> DistinctOfGroups {
        let words_of_group = column.map_or(0, Column::codes).div_ceil(64);
        DistinctOfGroups { words: vec![0; groups * words_of_group], words_of_group }
    }

    fn insert(&mut self, group: u32, code: u32) {
        if let Some(word) = self.words.get_mut(group as usize * self.words_of_group + code as usize / 64) {
            *word |= 1 << (code % 64);
        }
    }

    fn of(&self, group: usize) -> Distinct {
        let start = group * self.words_of_group;
        Distinct(self.words.get(start..start + self.words_of_group).unwrap_or_default().to_vec())
    }
}

/// A summary of the documents of a group.
#[derive(Clone, Debug)]
pub struct Summary<const N: usize> {
    /// The distinct values of each of the fields.
    pub distinct: [Distinct; N],
    /// The latest instant, in nanoseconds since 1970.
    pub last: Option<i64>,
}

/// The keys of a choice and the numbers of documents, by code.
struct Keys<'t> {
    column: &'t Column,
    /// True if each counted value is a key, without marks.
    has_all: bool,
    is_key: Vec<bool>,
    counts: Vec<u64>,
}

impl Keys<'_> {
    /// Records that the first values of slots of a block are keys.
    fn mark(&mut self, block: usize, slots: &Bits) {
        let Some((codes, _)) = self.column.first_codes(block) else { return };
        for code in slots.positions().filter_map(|position| codes.get(position)) {
            if let Some(is_key) = self.is_key.get_mut(*code as usize) {
                *is_key = true;
            }
        }
    }
}

impl<'t> Part<'t> {
    /// The groups with most documents that satisfy `filter`, from the one with the number `skip`, counted from 0. Groups
    /// of equal size have a fixed order until the table changes.
    pub fn top_groups(&self, filter: &Filter, choices: &[Choice], skip: usize, limit: usize) -> TopGroups {
        let Some(counted) = self.count_keys(filter, choices) else { return TopGroups::default() };
        // The count comes first, so that the order of the tuples is the order of groups.
        let mut found: Vec<(Reverse<u64>, usize, usize)> = Vec::new();
        for (choice, counts) in counted.iter().enumerate() {
            let keys = counts.is_key.iter().zip(&counts.counts).enumerate().filter(|(_, (is_key, _))| **is_key);
            found.extend(keys.map(|(code, (_, count))| (Reverse(*count), choice, code)));
        }
        let (number, sum) = (found.len(), found.iter().map(|(count, ..)| count.0).sum());
        let end = skip.saturating_add(limit).min(number);
        if skip >= end {
            return TopGroups { groups: Vec::new(), number, sum };
        }
        if end < number {
            found.select_nth_unstable(end - 1);
            found.truncate(end);
        }
        if skip > 0 {
            found.select_nth_unstable(skip - 1);
        }
        found.drain(..skip);
        found.sort_unstable();
        let text = |choice: usize, code: usize| counted.get(choice)?.column.text(code).map(str::to_owned);
        let group = |(count, choice, code): (Reverse<u64>, usize, usize)| {
            Some(Group { choice, value: text(choice, code)?, count: count.0 })
        };
        TopGroups { groups: found.into_iter().filter_map(group).collect(), number, sum }
    }

    fn count_keys(&self, filter: &Filter, choices: &[Choice]) -> Option<Vec<Keys<'t>>> {
        let table = self.table;
        let conditions: Vec<Filter> = choices.iter().map(|choice| choice.condition.simplify()).collect();
        let mut fields: Vec<FieldId> = choices.iter().map(|choice| choice.field).collect();
        for condition in &conditions {
            plan::columns(condition, &table.schema, &mut fields);
        }
        table.build(&Filter::everything(), fields.clone());
        let plan = |filter| Plan::new(filter, &table.schema, table, table.len() as u64);
        let plans: Vec<Plan<'_>> = conditions.iter().map(plan).collect();
        let counts = |(number, choice): (usize, &Choice)| {
            let column = table.columns.get(choice.field)?;
            let is_everything = matches!(plans.get(number), Some(Plan::Everything));
            let has_all = number == 0 && is_everything && column.is_single();
            Some(Keys { column, has_all, is_key: vec![false; column.codes()], counts: Vec::new() })
        };
        let mut counted: Vec<Keys<'t>> = choices.iter().enumerate().map(counts).collect::<Option<_>>()?;
        self.each_block(filter, fields, |block, slots| {
            let mut left = *slots;
            for (keys, plan) in counted.iter_mut().zip(&plans) {
                keys.column.count(block, slots, &mut keys.counts);
                let with_value = left.and(&keys.column.present(block));
                let keyed = plan.passing(table, block, &with_value, &mut 0);
                if !keys.has_all {
                    keys.mark(block, &keyed);
                }
                left = left.without(&keyed);
            }
        });
        for keys in counted.iter_mut().filter(|keys| keys.has_all) {
            keys.is_key = keys.counts.iter().map(|count| *count > 0).collect();
        }
        Some(counted)
    }

    /// The number of documents that satisfy `filter` in each group, given by field and value.
    pub fn group_counts(&self, filter: &Filter, groups: &[(FieldId, &str)]) -> Vec<u64> {
        let table = self.table;
        let mut fields: Vec<FieldId> = groups.iter().map(|(field, _)| *field).collect();
        fields.sort_unstable();
        fields.dedup();
        let mut counts: Vec<Vec<u64>> = vec![Vec::new(); fields.len()];
        self.each_block(filter, fields.clone(), |block, slots| {
            for (field, counts) in fields.iter().zip(&mut counts) {
                if let Some(column) = table.columns.get(*field) {
                    column.count(block, slots, counts);
                }
            }
        });
        let count = |(field, value): &(FieldId, &str)| {
            let counts = counts.get(fields.binary_search(field).ok()?)?;
            counts.get(table.columns.get(*field)?.code(value)? as usize).copied()
        };
        groups.iter().map(|group| count(group).unwrap_or_default()).collect()
    }

    /// Summaries of the documents that satisfy `filter` in each group, given by field and value: the distinct values of
    /// `fields`, of kind String, and the latest instant of `time`.
    pub fn summaries<const N: usize>(
        &self,
        filter: &Filter,
        groups: &[(FieldId, &str)],
        fields: [FieldId; N],
        time: FieldId,
    ) -> Vec<Summary<N>> {
        let table = self.table;
        let needed = groups.iter().map(|(field, _)| *field).chain(fields).chain([time]).collect();
        table.build(&Filter::everything(), needed);
        let rows = self.rows_of_codes(groups);
        let columns = fields.map(|field| table.columns.get(field));
        let dates = table.columns.get(time);
        let mut distinct = columns.map(|column| DistinctOfGroups::new(groups.len(), column));
        let mut last: Vec<Option<i64>> = vec![None; groups.len()];
        // The documents of a block in groups: their positions, and the numbers of the groups.
        let mut grouped: Vec<(u16, u32)> = Vec::new();
        self.each_block(filter, Vec::new(), |block, slots| {
            for (column, rows) in &rows {
                grouped.clear();
                column.each_code(block, slots, |position, code| {
                    let row = rows.get(code as usize).and_then(|row| row.checked_sub(1));
                    grouped.extend(u16::try_from(position).ok().zip(row));
                });
                // Column by column, because the values of a column are adjacent in memory.
                for (distinct, column) in distinct.iter_mut().zip(columns) {
                    let Some(column) = column else { continue };
                    column.each_code_at(block, &grouped, |group, code| distinct.insert(group, code));
                }
                let Some(dates) = dates else { continue };
                dates.each_instant_at(block, &grouped, |group, instant| {
                    if let Some(last) = last.get_mut(group as usize) {
                        *last = (*last).max(Some(instant));
                    }
                });
            }
        });
        let summary =
            |(group, last)| Summary { distinct: distinct.each_ref().map(|distinct| distinct.of(group)), last };
        last.into_iter().enumerate().map(summary).collect()
    }

    /// For each field of the groups: its column, and for each code the number of the group, counted from 1, or 0.
    fn rows_of_codes(&self, groups: &[(FieldId, &str)]) -> Vec<(&'t Column, Vec<u32>)> {
        let mut fields: Vec<FieldId> = groups.iter().map(|(field, _)| *field).collect();
        fields.sort_unstable();
        fields.dedup();
        let rows = |field: FieldId| {
            let column = self.table.columns.get(field)?;
            let mut rows = vec![0; column.codes()];
            for (number, (_, value)) in (1..).zip(groups).filter(|(_, (other, _))| *other == field) {
                let code = column.code(value).and_then(|code| rows.get_mut(code as usize));
                if let Some(row) = code {
                    *row = number;
                }
            }
            Some((column, rows))
        };
        fields.into_iter().filter_map(rows).collect()
    }

    /// The texts of distinct values of a field.
    pub fn texts(&self, field: FieldId, distinct: &Distinct) -> impl Iterator<Item = &'t str> {
        let column = self.table.columns.get(field);
        distinct.codes().filter_map(move |code| column?.text(code))
    }

    /// Returns whether no document of the table has several values of a field. The field must have been read before.
    pub fn is_single(&self, field: FieldId) -> bool {
        self.table.columns.get(field).is_some_and(Column::is_single)
    }
}

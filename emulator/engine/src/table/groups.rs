//! Counts of documents by the value of a field, or by the values of several fields.

use std::collections::HashMap;

use super::{Part, Scope, Table, at};
use crate::column::Column;
use crate::filter::Filter;
use crate::invariant::Invariant;
use crate::plan::Plan;
use crate::schema::FieldId;

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
        let (filter, table) = (filter.simplify(), self.table);
        table.build(&filter, vec![field]);
        let plan = Plan::new(&filter, &table.schema, table, table.len() as u64);
        let mut groups = HashMap::new();
        let Some(column) = table.columns.get(field) else { return groups };
        if let (Plan::Everything, Scope::All, Some(uses)) = (&plan, self.scope, column.uses()) {
            return named(column, uses);
        }
        let mut counts = Vec::new();
        for block in 0..table.blocks() {
            let slots = plan.passing(table, block, &self.block(block), &mut 0);
            if !column.has_numbers() {
                column.count(block, &slots, &mut counts);
                continue;
            }
            for position in slots.positions() {
                for number in column.numbers(at(block, position).0) {
                    *groups.entry(number.to_string()).or_default() += 1;
                }
            }
        }
        groups.extend(named(column, counts));
        groups
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

/// Converts counts by code to counts by text.
fn named(column: &Column, counts: Vec<u64>) -> HashMap<String, u64> {
    let counted = counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
    counted.filter_map(|(code, count)| Some((column.text(code)?.to_owned(), count))).collect()
}

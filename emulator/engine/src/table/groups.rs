//! How many documents have each value of a field.

use std::collections::HashMap;

use super::{Part, Scope, Table, at};
use crate::column::Column;
use crate::filter::Filter;
use crate::plan::Plan;
use crate::schema::FieldId;

impl Table {
    /// [`Part::groups`] of all its documents.
    pub fn groups(&self, filter: &Filter, field: FieldId) -> HashMap<String, u64> {
        self.within(Scope::All).groups(filter, field)
    }
}

impl Part<'_> {
    /// Counts the documents that satisfy `filter` under every distinct value that they have at `field`, as text;
    /// numbers in decimal. A document counts once under each of its values (INS-23), and nowhere without one (INS-24).
    /// Fields of other kinds than String, Ip and Number group nothing.
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
            let slots = plan.passing(table, block, &self.block(block));
            if !column.has_numbers() {
                column.count(block, &slots, &mut counts);
                continue;
            }
            for place in slots.places() {
                for number in column.numbers(at(block, place).0) {
                    *groups.entry(number.to_string()).or_default() += 1;
                }
            }
        }
        groups.extend(named(column, counts));
        groups
    }
}

/// Counts by text instead of by number.
fn named(column: &Column, counts: Vec<u64>) -> HashMap<String, u64> {
    let counted = counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
    counted.filter_map(|(code, count)| Some((column.text(code)?.to_owned(), count))).collect()
}

//! How many documents have each value of a field.

use std::collections::HashMap;

use super::{Table, at};
use crate::column::Column;
use crate::filter::Filter;
use crate::plan::Plan;
use crate::schema::FieldId;

impl Table {
    /// Counts the documents that satisfy `filter` under every distinct value that they have at `field`, as text;
    /// numbers in decimal. A document counts once under each of its values (INS-23), and nowhere without one (INS-24).
    /// Fields of other kinds than String, Ip and Number group nothing.
    pub fn groups(&self, filter: &Filter, field: FieldId) -> HashMap<String, u64> {
        let filter = filter.simplify();
        self.build(&filter, vec![field]);
        let plan = Plan::new(&filter, &self.schema, self, self.len() as u64);
        let mut counts = Vec::new();
        let mut groups = HashMap::new();
        if let (Plan::Everything, Some(uses)) = (&plan, self.columns.get(field).and_then(Column::uses)) {
            return self.named_groups(field, uses);
        }
        let Some(column) = self.columns.get(field) else { return groups };
        for block in 0..self.blocks() {
            let slots = plan.passing(self, block, &self.live.block(block));
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
        groups.extend(self.named_groups(field, counts));
        groups
    }

    /// Counts by text instead of by number.
    fn named_groups(&self, field: FieldId, counts: Vec<u64>) -> HashMap<String, u64> {
        let column = self.columns.get(field);
        let counted = counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
        counted.filter_map(|(code, count)| Some((column?.text(code)?.to_owned(), count))).collect()
    }
}

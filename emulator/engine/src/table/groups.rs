//! How many documents have each value of a field.

use std::collections::HashMap;

use super::{Part, Scope, Table, at};
use crate::filter::Filter;
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
        let mut counts = Vec::new();
        let mut groups = HashMap::new();
        self.each_block(filter, vec![field], |block, slots| {
            let Some(column) = self.table.columns.get(field) else { return };
            column.count(block, slots, &mut counts);
            for place in slots.places() {
                for number in column.numbers(at(block, place).0) {
                    *groups.entry(number.to_string()).or_default() += 1;
                }
            }
        });
        let column = self.table.columns.get(field);
        let counted = counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
        let texts = counted.filter_map(|(code, count)| Some((column?.text(code)?.to_owned(), count)));
        groups.extend(texts);
        groups
    }
}

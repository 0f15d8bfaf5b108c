//! Documents counted by a value.

use std::collections::{HashMap, HashSet};

use super::{Table, parse};
use crate::filter::Filter;
use crate::item::Item;
use crate::schema::FieldId;

impl Table {
    /// How many of the documents that satisfy `filter` have each value of `field`: texts as they are, numbers in
    /// decimal. A document counts once for every distinct value that it has, whether or not that value satisfies the
    /// filter, and not at all when it has none (INS-23, INS-24). Dates, entries of maps and booleans are no values to
    /// group by.
    pub fn groups(&self, filter: &Filter, field: FieldId) -> HashMap<String, u64> {
        let mut counts = HashMap::new();
        for row in self.select(filter, &[], None, usize::MAX).rows {
            let (document, mut values) = (parse(&row.document), HashSet::new());
            self.schema.any(field, &document, &mut |item| {
                values.extend(name(item));
                false
            });
            for value in values {
                *counts.entry(value).or_default() += 1;
            }
        }
        counts
    }
}

fn name(item: Item<'_>) -> Option<String> {
    match item {
        Item::Text(text) | Item::Address { text, .. } => Some(text.to_owned()),
        // A double is written without an exponent, and a whole one without a fraction.
        Item::Number(number) => Some(number.to_string()),
        Item::Instant(_) | Item::Entry { .. } | Item::Boolean(_) | Item::Anywhere(_) => None,
    }
}

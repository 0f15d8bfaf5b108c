//! Counts of documents by an instant, in intervals of equal length.

use std::collections::HashMap;

use super::Part;
use crate::filter::Filter;
use crate::schema::FieldId;

/// Intervals of equal length, one after the other, in nanoseconds since 1970. Each includes its first nanosecond and
/// excludes that of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intervals {
    /// The first nanosecond of the first interval.
    pub start: i64,
    /// The length of each interval; 0 is treated as 1.
    pub length: u64,
    /// The number of intervals.
    pub count: usize,
}

impl Intervals {
    /// The interval that contains an instant.
    pub fn position(&self, instant: i64) -> Option<usize> {
        let offset = u64::try_from(instant.checked_sub(self.start)?).ok()?;
        usize::try_from(offset / self.length.max(1)).ok().filter(|position| *position < self.count)
    }

    /// The first nanosecond after the interval that contains an instant. Outside of the intervals, the first one of the
    /// intervals if they are later, and the last one of all time if they are earlier.
    pub(crate) fn end(&self, instant: i64) -> i64 {
        if instant < self.start {
            return self.start;
        }
        let number = self.position(instant).and_then(|position| u64::try_from(position).ok());
        let end = |number: u64| self.start.checked_add_unsigned((number + 1).checked_mul(self.length.max(1))?);
        number.and_then(end).unwrap_or(i64::MAX)
    }
}

impl Part<'_> {
    /// The earliest and the latest instant of `field` among the documents that satisfy `filter`, in nanoseconds since
    /// 1970. Only the first instant of each document counts, and instants that do not fit into 64 bits are ignored.
    pub fn first_and_last(&self, filter: &Filter, field: FieldId) -> Option<(i64, i64)> {
        let table = self.table;
        let mut found: Option<(i64, i64)> = None;
        self.each_block(filter, vec![field], |block, slots| {
            let ends = table.columns.get(field).and_then(|column| column.first_and_last_instant(block, slots));
            found = found.into_iter().chain(ends).reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
        });
        found
    }

    /// Counts the documents that satisfy `filter` by interval of `field`, for each value of `group`. Only the first value
    /// of each field counts, and documents without a value, or with an instant that does not fit into 64 bits, are not
    /// counted. `group` must be of kind String.
    pub fn over_time(
        &self,
        filter: &Filter,
        field: FieldId,
        group: FieldId,
        intervals: Intervals,
    ) -> HashMap<String, Vec<u64>> {
        let table = self.table;
        // The counts of each interval, by code of `group`.
        let mut counts: Vec<Vec<u64>> = vec![Vec::new(); intervals.count];
        self.each_block(filter, vec![field, group], |block, slots| {
            let Some((dates, groups)) = table.columns.get(field).zip(table.columns.get(group)) else { return };
            let Some((codes, present)) = groups.first_codes(block) else { return };
            let slots = slots.and(&present);
            dates.each_interval(block, intervals, |interval, positions| {
                let Some(counts) = counts.get_mut(interval) else { return };
                counts.resize(groups.codes(), 0);
                for position in positions.iter().map(|position| usize::from(*position)) {
                    let code = codes.get(position).map(|code| *code as usize);
                    if let Some(count) = code.and_then(|code| counts.get_mut(code)) {
                        *count += u64::from(slots.contains(position));
                    }
                }
            });
        });
        let mut found: HashMap<String, Vec<u64>> = HashMap::new();
        for (interval, counts) in counts.iter().enumerate() {
            for (code, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                let Some(text) = table.columns.get(group).and_then(|column| column.text(code)) else { continue };
                let of_text = found.entry(text.to_owned()).or_insert_with(|| vec![0; intervals.count]);
                if let Some(of_interval) = of_text.get_mut(interval) {
                    *of_interval = *count;
                }
            }
        }
        found
    }
}

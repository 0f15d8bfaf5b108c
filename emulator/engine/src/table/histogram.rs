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
        self.position_with(Divider::by(self.length), instant)
    }

    fn position_with(&self, divider: Divider, instant: i64) -> Option<usize> {
        let offset = u64::try_from(instant.checked_sub(self.start)?).ok()?;
        usize::try_from(divider.divide(offset)).ok().filter(|position| *position < self.count)
    }
}

/// Divides many numbers by the same one, with multiplications, which take a fraction of the time of divisions.
#[derive(Clone, Copy)]
struct Divider {
    divisor: u64,
    /// 2^64 divided by the divisor, too small by at most 1.
    inverse: u64,
}

impl Divider {
    /// A divider by a number; 0 is treated as 1.
    fn by(divisor: u64) -> Divider {
        let divisor = divisor.max(1);
        Divider { divisor, inverse: u64::MAX / divisor }
    }

    fn divide(self, number: u64) -> u64 {
        let product = (u128::from(number) * u128::from(self.inverse)) >> 64;
        // Equal to the quotient, or one too small.
        let quotient = u64::try_from(product).unwrap_or_default();
        quotient + u64::from(number - quotient * self.divisor >= self.divisor)
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
        let divider = Divider::by(intervals.length);
        // The counts of each interval, by code of `group`.
        let mut counts: Vec<Vec<u64>> = vec![Vec::new(); intervals.count];
        self.each_block(filter, vec![field, group], |block, slots| {
            let Some((dates, groups)) = table.columns.get(field).zip(table.columns.get(group)) else { return };
            let Some((codes, present)) = groups.first_codes(block) else { return };
            dates.each_instant(block, &slots.and(&present), |position, instant| {
                let pair = intervals.position_with(divider, instant).zip(codes.get(position));
                let Some((interval, code)) = pair else { return };
                let Some(counts) = counts.get_mut(interval) else { return };
                if counts.is_empty() {
                    counts.resize(groups.codes(), 0);
                }
                if let Some(count) = counts.get_mut(*code as usize) {
                    *count += 1;
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

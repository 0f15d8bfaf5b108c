//! Sort orders: by keys, then by age.
//!
//! Strings are sorted by code point, numbers by value, dates by instant (SRT-05). Missing values are last in both
//! directions (SRT-07), and ties are sorted by sequence number, oldest first in both directions (SRT-08).

use std::cmp::Ordering;

use crate::date::Instant;
use crate::schema::FieldId;

/// A sort criterion. Fields of kind Map and Keyword have no order, so all of their values count as missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// The field.
    pub field: FieldId,
    /// True if the largest value comes first.
    pub descending: bool,
}

/// The value of a row for one criterion, as included in page tokens.
#[derive(Clone, Debug, PartialEq)]
pub enum SortValue {
    /// No value.
    Missing,
    /// A string, or an address as text.
    Text(String),
    /// A number; false is 0 and true is 1.
    Number(f64),
    /// An instant in nanoseconds since 1970.
    Instant(Instant),
}

impl SortValue {
    pub(crate) fn as_ref(&self) -> SortValueRef<'_> {
        match self {
            Self::Missing => SortValueRef::Missing,
            Self::Text(text) => SortValueRef::Text(text),
            Self::Number(number) => SortValueRef::Number(*number),
            Self::Instant(instant) => SortValueRef::Instant(*instant),
        }
    }
}

/// A borrowed [`SortValue`]. Its own order is ascending, with missing values last.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SortValueRef<'c> {
    Number(f64),
    Instant(Instant),
    Text(&'c str),
    Missing,
}

impl SortValueRef<'_> {
    /// Compares two rows by one criterion.
    pub(crate) fn compare(self, other: Self, descending: bool) -> Ordering {
        let missing = |value| matches!(value, Self::Missing);
        if descending && !missing(self) && !missing(other) { other.cmp(&self) } else { self.cmp(&other) }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Number(_) => 0,
            Self::Instant(_) => 1,
            Self::Text(_) => 2,
            Self::Missing => 3,
        }
    }
}

impl From<bool> for SortValue {
    fn from(boolean: bool) -> Self {
        Self::Number(f64::from(u8::from(boolean)))
    }
}

impl Ord for SortValueRef<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(one), Self::Number(two)) => one.total_cmp(two),
            (Self::Instant(one), Self::Instant(two)) => one.cmp(two),
            // UTF-8 preserves the order of code points.
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            (one, two) => one.rank().cmp(&two.rank()),
        }
    }
}

impl PartialOrd for SortValueRef<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for SortValueRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for SortValueRef<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: SRT-07.
    #[test]
    fn missing_values_are_last_in_both_directions() {
        for descending in [false, true] {
            let missing = SortValueRef::Missing;
            assert_eq!(missing.compare(SortValueRef::Text("a"), descending), Ordering::Greater);
            assert_eq!(SortValueRef::Number(1.0).compare(missing, descending), Ordering::Less);
            assert_eq!(missing.compare(missing, descending), Ordering::Equal);
        }
    }

    /// Rules: SRT-05.
    #[test]
    fn strings_are_sorted_by_code_point() {
        let mut labels = ["MEDIUM", "LOW", "low", "CRITICAL", "INFORMATIONAL", "HIGH", "É", "😀", "\u{ffff}"];
        labels.sort_by(|one, two| SortValueRef::Text(one).compare(SortValueRef::Text(two), false));
        assert_eq!(labels, ["CRITICAL", "HIGH", "INFORMATIONAL", "LOW", "MEDIUM", "low", "É", "\u{ffff}", "😀"]);
    }
}

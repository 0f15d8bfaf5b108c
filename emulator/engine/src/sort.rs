//! Orders of rows: by keys, then by age.
//!
//! Strings by code point, numbers by value, dates by instant (SRT-05); missing last in both directions (SRT-07);
//! ties by sequence number, oldest first in both directions (SRT-08).

use std::cmp::Ordering;

use crate::date::Instant;
use crate::schema::FieldId;

/// One criterion of an order. Fields of kind Map and Keyword have no order: all rows stand as missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// The field.
    pub field: FieldId,
    /// Largest first.
    pub descending: bool,
}

/// Where a row stands in one criterion, as it travels in a page token.
#[derive(Clone, Debug, PartialEq)]
pub enum SortValue {
    /// No value of the field.
    Missing,
    /// A string, or the text of an address.
    Text(String),
    /// A number; false is 0 and true is 1.
    Number(f64),
    /// An instant in nanoseconds since 1970.
    Instant(Instant),
}

impl SortValue {
    pub(crate) fn place(&self) -> SortPlace<'_> {
        match self {
            Self::Missing => SortPlace::Missing,
            Self::Text(text) => SortPlace::Text(text),
            Self::Number(number) => SortPlace::Number(*number),
            Self::Instant(instant) => SortPlace::Instant(*instant),
        }
    }
}

/// A [`SortValue`] that borrows. Its own order is ascending with missing last.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SortPlace<'c> {
    Number(f64),
    Instant(Instant),
    Text(&'c str),
    Missing,
}

impl SortPlace<'_> {
    /// The order of two rows under one criterion.
    pub(crate) fn compare(self, other: Self, descending: bool) -> Ordering {
        let missing = |place| matches!(place, Self::Missing);
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

impl Ord for SortPlace<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(one), Self::Number(two)) => one.total_cmp(two),
            (Self::Instant(one), Self::Instant(two)) => one.cmp(two),
            // UTF-8 keeps the order of code points.
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            (one, two) => one.rank().cmp(&two.rank()),
        }
    }
}

impl PartialOrd for SortPlace<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for SortPlace<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for SortPlace<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: SRT-07.
    #[test]
    fn missing_is_last_in_both_directions() {
        for descending in [false, true] {
            let missing = SortPlace::Missing;
            assert_eq!(missing.compare(SortPlace::Text("a"), descending), Ordering::Greater);
            assert_eq!(SortPlace::Number(1.0).compare(missing, descending), Ordering::Less);
            assert_eq!(missing.compare(missing, descending), Ordering::Equal);
        }
    }

    /// Rules: SRT-05.
    #[test]
    fn strings_by_code_point() {
        let mut labels = ["MEDIUM", "LOW", "low", "CRITICAL", "INFORMATIONAL", "HIGH", "É", "😀", "\u{ffff}"];
        labels.sort_by(|one, two| SortPlace::Text(one).compare(SortPlace::Text(two), false));
        assert_eq!(labels, ["CRITICAL", "HIGH", "INFORMATIONAL", "LOW", "MEDIUM", "low", "É", "\u{ffff}", "😀"]);
    }
}

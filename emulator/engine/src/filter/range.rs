//! Ranges of numbers and instants.

use std::ops::{Bound, RangeBounds};

use crate::date::Instant;

/// Bounds that must all hold (FLT-20). Without bounds, all numbers pass. Contradicting bounds pass nothing (FLT-22).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NumberRange {
    /// Equal to.
    pub eq: Option<f64>,
    /// Greater than or equal to.
    pub gte: Option<f64>,
    /// Less than or equal to.
    pub lte: Option<f64>,
    /// Greater than.
    pub gt: Option<f64>,
    /// Less than.
    pub lt: Option<f64>,
}

impl NumberRange {
    #[expect(clippy::float_cmp, reason = "Eq compares doubles exactly: 50.5 does not match 50 (FLT-21)")]
    pub(crate) fn contains(&self, number: f64) -> bool {
        self.eq.is_none_or(|bound| number == bound)
            && self.gte.is_none_or(|bound| number >= bound)
            && self.lte.is_none_or(|bound| number <= bound)
            && self.gt.is_none_or(|bound| number > bound)
            && self.lt.is_none_or(|bound| number < bound)
    }

    /// Returns whether a number is below the range.
    pub(crate) fn is_above(&self, number: f64) -> bool {
        self.eq.is_some_and(|bound| number < bound)
            || self.gte.is_some_and(|bound| number < bound)
            || self.gt.is_some_and(|bound| number <= bound)
    }

    /// Returns whether a number is above the range.
    pub(crate) fn is_below(&self, number: f64) -> bool {
        self.eq.is_some_and(|bound| number > bound)
            || self.lte.is_some_and(|bound| number > bound)
            || self.lt.is_some_and(|bound| number >= bound)
    }
}

/// A range of instants. A start after the end passes nothing (FLT-25).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateRange {
    /// The lower bound.
    pub start: Bound<Instant>,
    /// The upper bound.
    pub end: Bound<Instant>,
}

impl DateRange {
    /// A range that includes both bounds (FLT-25).
    pub fn between(start: Instant, end: Instant) -> Self {
        Self { start: Bound::Included(start), end: Bound::Included(end) }
    }

    /// From this instant, without an upper bound (WITHIN, FLT-27).
    pub fn since(start: Instant) -> Self {
        Self { start: Bound::Included(start), end: Bound::Unbounded }
    }

    /// Up to and including this instant.
    pub(crate) fn until(end: Instant) -> Self {
        Self { start: Bound::Unbounded, end: Bound::Included(end) }
    }

    /// Before this instant (OLDER_THAN, FLT-27).
    pub fn before(end: Instant) -> Self {
        Self { start: Bound::Unbounded, end: Bound::Excluded(end) }
    }

    pub(crate) fn contains(&self, instant: Instant) -> bool {
        (self.start, self.end).contains(&instant)
    }

    /// Returns whether the range begins after an instant.
    pub(crate) fn is_after(&self, instant: Instant) -> bool {
        !(self.start, Bound::Unbounded).contains(&instant)
    }

    /// Returns whether the range ends before an instant.
    pub(crate) fn is_before(&self, instant: Instant) -> bool {
        !(Bound::Unbounded, self.end).contains(&instant)
    }

    /// The first and last instants of the range that fit into 64 bits; `None` if there are none.
    pub(crate) fn near(&self) -> Option<(i64, i64)> {
        let first = match self.start {
            Bound::Included(start) => start,
            Bound::Excluded(start) => start.checked_add(1)?,
            Bound::Unbounded => Instant::MIN,
        };
        let last = match self.end {
            Bound::Included(end) => end,
            Bound::Excluded(end) => end.checked_sub(1)?,
            Bound::Unbounded => Instant::MAX,
        };
        let first = i64::try_from(first.max(i64::MIN.into())).ok()?;
        let last = i64::try_from(last.min(i64::MAX.into())).ok()?;
        Some((first, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: FLT-20.
    #[test]
    fn bounds_of_one_element_form_a_range() {
        let range = NumberRange { gte: Some(50.0), lt: Some(90.0), ..NumberRange::default() };
        assert!(range.contains(50.0) && range.contains(89.9));
        assert!(!range.contains(90.0) && !range.contains(49.0));
        let open = NumberRange { gt: Some(1.0), lte: Some(2.0), ..NumberRange::default() };
        assert!(!open.contains(1.0) && open.contains(2.0));
    }

    /// Rules: FLT-21.
    #[test]
    fn a_fraction_equals_no_integer() {
        let range = NumberRange { eq: Some(50.5), ..NumberRange::default() };
        assert!(!range.contains(50.0) && !range.contains(51.0) && range.contains(50.5));
    }

    /// Rules: FLT-22.
    #[test]
    fn contradicting_bounds_match_nothing() {
        let range = NumberRange { gte: Some(2.0), lte: Some(1.0), ..NumberRange::default() };
        assert!(![0.0, 1.0, 1.5, 2.0, 3.0].into_iter().any(|number| range.contains(number)));
    }

    /// Rules: FLT-25.
    #[test]
    fn absolute_bounds_are_included() {
        let range = DateRange::between(1, 3);
        assert_eq!((0..5).filter(|instant| range.contains(*instant)).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(!(0..5).any(|instant| DateRange::between(3, 1).contains(instant)));
    }

    /// Rules: FLT-27.
    #[test]
    fn a_window_has_one_bound() {
        assert!(DateRange::since(2).contains(2) && DateRange::since(2).contains(Instant::MAX));
        assert!(!DateRange::since(2).contains(1));
        assert!(DateRange::before(2).contains(1) && !DateRange::before(2).contains(2));
    }
}

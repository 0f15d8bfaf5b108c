//! Values that exist unless an invariant of the engine is broken, such as the document of a slot.

/// A value that exists unless an invariant is broken.
pub(crate) trait Invariant: Sized {
    /// Returns the value. A debug build, and therefore every test, panics if it is missing; a release build does not
    /// check, since most of these values are read for every finding.
    fn or_report(self, invariant: &str) -> Self;
}

impl<T> Invariant for Option<T> {
    #[inline]
    #[track_caller]
    fn or_report(self, invariant: &str) -> Self {
        debug_assert!(self.is_some(), "an invariant is broken: {invariant}");
        self
    }
}

//! Values that the engine's own invariants promise, such as the document of a slot.

/// A value that is there unless an invariant is broken.
pub(crate) trait Invariant: Sized {
    /// The value. A debug build, as all tests are, panics if it is missing; a release build goes on without a check, since
    /// most of these values are read for each finding.
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

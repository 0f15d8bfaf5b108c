//! Values that this program's own invariants promise: a range that was found in a text, JSON that was written here.
//!
//! Where such a value is missing, a default in its place would be a wrong answer that nobody notices. [`Invariant`] makes
//! it loud: a debug build panics, as all tests are, and a release build logs an error and goes on. It is not for inputs
//! that may be absent: there the default is what absence means.

use std::fmt::Debug;
use std::panic::Location;

/// A value that is there unless an invariant is broken.
pub trait Invariant<T> {
    /// The value. If it is missing, that is reported with the invariant that is broken and the place of the call.
    #[track_caller]
    fn or_report(self, invariant: &str) -> Option<T>;
}

impl<T> Invariant<T> for Option<T> {
    #[inline]
    #[track_caller]
    fn or_report(self, invariant: &str) -> Option<T> {
        if self.is_none() {
            report(invariant, None);
        }
        self
    }
}

impl<T, E: Debug> Invariant<T> for Result<T, E> {
    #[inline]
    #[track_caller]
    fn or_report(self, invariant: &str) -> Option<T> {
        self.map_err(|error| report(invariant, Some(&error))).ok()
    }
}

#[cold]
#[track_caller]
fn report(invariant: &str, error: Option<&dyn Debug>) {
    let place = Location::caller();
    tracing::error!(%place, ?error, "an invariant is broken: {invariant}");
    debug_assert!(false, "an invariant is broken: {invariant}: {error:?}");
}

#[cfg(test)]
mod tests {
    use super::Invariant;

    #[test]
    fn a_value_that_is_there_is_given() {
        assert_eq!(Some(7).or_report("seven"), Some(7));
        assert_eq!(Ok::<_, ()>(7).or_report("seven"), Some(7));
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "an invariant is broken: a text has an end")]
    fn a_missing_value_stops_a_test() {
        _ = None::<u8>.or_report("a text has an end");
    }
}

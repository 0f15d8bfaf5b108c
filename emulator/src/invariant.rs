//! Values that exist unless an invariant of this program is broken, such as a range in a text, or JSON written by the
//! program.
//!
//! If such a value is missing, a silent default would be a wrong answer that nobody notices. [`Invariant`] reports it:
//! a debug build, and therefore every test, panics; a release build logs an error and continues. It is not meant for
//! inputs that may be absent.

use std::fmt::Debug;
use std::panic::Location;

/// A value that exists unless an invariant is broken.
pub trait Invariant<T> {
    /// Returns the value. If it is missing, the broken invariant and the location of the call are reported.
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
    let location = Location::caller();
    tracing::error!(%location, ?error, "an invariant is broken: {invariant}");
    debug_assert!(false, "an invariant is broken: {invariant}: {error:?}");
}

#[cfg(test)]
mod tests {
    use super::Invariant;

    #[test]
    fn an_existing_value_is_returned() {
        assert_eq!(Some(7).or_report("seven"), Some(7));
        assert_eq!(Ok::<_, ()>(7).or_report("seven"), Some(7));
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "an invariant is broken: a text has an end")]
    fn a_missing_value_panics_in_a_test() {
        _ = None::<u8>.or_report("a text has an end");
    }
}

//! The calls of one operation by outcome.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::Outcome;
use super::histogram::Histogram;

/// Maximum number of outcomes with their own labels. Faults can have any code, but the number of labels must be
/// limited.
const MAX_OUTCOMES: usize = 64;

/// The calls of an operation.
#[derive(Debug)]
pub(super) struct Calls {
    /// The status of success; `None` if no call can succeed.
    success: Option<u16>,
    /// The number of calls with the status of success and without an error. Nearly all calls succeed, so this counter
    /// does not use the lock.
    succeeded: AtomicU64,
    others: Mutex<Vec<Other>>,
    /// The durations of the calls.
    pub(super) durations: Histogram,
}

/// The calls with another outcome.
#[derive(Debug)]
struct Other {
    status: Option<u16>,
    error: Box<str>,
    count: u64,
}

/// The number of calls with an outcome.
pub(super) struct Sample<'c> {
    pub(super) status: Option<u16>,
    /// The error code; empty without an error.
    pub(super) error: &'c str,
    pub(super) count: u64,
}

impl Calls {
    pub(super) fn new(success: Option<u16>) -> Calls {
        Calls { success, succeeded: AtomicU64::new(0), others: Mutex::default(), durations: Histogram::default() }
    }

    /// Records a call.
    pub(super) fn record(&self, outcome: &Outcome<'_>) {
        self.durations.record(outcome.duration);
        if outcome.error.is_none() && self.success.is_some() && outcome.status == self.success {
            self.succeeded.fetch_add(1, Ordering::Relaxed);
        } else {
            self.record_other(outcome.status, outcome.error.unwrap_or_default());
        }
    }

    fn record_other(&self, status: Option<u16>, error: &str) {
        let mut others = self.others.lock();
        let is_full = others.len() >= MAX_OUTCOMES;
        let same = |other: &Other, error: &str| other.status == status && *other.error == *error;
        if let Some(other) = others.iter_mut().find(|other| same(other, error)) {
            other.count += 1;
            return;
        }
        let error = if is_full { super::OTHER } else { error };
        match others.iter_mut().find(|other| same(other, error)) {
            Some(other) => other.count += 1,
            None => others.push(Other { status, error: error.into(), count: 1 }),
        }
    }

    /// The number of calls.
    pub(super) fn count(&self) -> u64 {
        self.durations.count()
    }

    /// Calls `show` with each outcome that has occurred.
    pub(super) fn each(&self, mut show: impl FnMut(Sample<'_>)) {
        let succeeded = self.succeeded.load(Ordering::Relaxed);
        if succeeded > 0 {
            show(Sample { status: self.success, error: "", count: succeeded });
        }
        for Other { status, error, count } in &*self.others.lock() {
            show(Sample { status: *status, error, count: *count });
        }
    }
}

//! Staging what AWS does later.

use jiff::SignedDuration;

use crate::state::{Due, Timestamp, Transaction};

/// Stages `due` for `after` from `now`; the end of time stands for any later time.
pub fn put(transaction: &mut Transaction<'_>, now: Timestamp, after: SignedDuration, due: Due) {
    transaction.put_due(now.checked_add(after).unwrap_or(Timestamp::MAX), due);
}

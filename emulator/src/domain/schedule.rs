//! Staging what AWS does later.

use jiff::SignedDuration;

use crate::state::{Due, FindingsTransaction, Timestamp};

/// Stages `due` for a time after `now`; the end of time stands for any later time.
pub fn after(transaction: &mut FindingsTransaction<'_>, now: Timestamp, delay: SignedDuration, due: Due) {
    transaction.put_due(now.checked_add(delay).unwrap_or(Timestamp::MAX), due);
}

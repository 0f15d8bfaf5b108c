//! Staging of due entries.

use jiff::SignedDuration;

use crate::state::{Due, FindingsTransaction, Timestamp};

/// Stages `due` for a time after `now`. A time beyond the representable range becomes the latest one.
pub fn after(transaction: &mut FindingsTransaction<'_>, now: Timestamp, delay: SignedDuration, due: Due) {
    transaction.schedule(now.checked_add(delay).unwrap_or(Timestamp::MAX), due);
}

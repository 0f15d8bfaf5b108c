//! Staging of checks of controls.

use jiff::SignedDuration;

use crate::domain::schedule;
use crate::state::{CheckScope, Due, HubKey, Timestamp, Transaction};

/// Stages a check after a delay. If no resources are declared, there is nothing to check.
pub fn request(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    scope: CheckScope,
    now: Timestamp,
    after: SignedDuration,
) {
    if transaction.resources().is_some() {
        schedule::after(transaction, now, after, Due::Check(key.clone(), scope));
    }
}

//! The log to which a world reports its changes.

use std::any::Any;

/// A log of changes. A world reports each change while it holds the writers' lock, so the order of records is the order
/// of changes.
pub trait ChangeLog: Any + Send + Sync {
    /// Appends a record of a world with this epoch, which consists of these parts. Returns whether it was written. Records
    /// of worlds that were replaced are ignored.
    fn append(&self, epoch: u64, record: &[&[u8]]) -> bool;

    /// Reserves event numbers up to this one, and some more, so that a later process does not use them. Returns false if
    /// they could not be reserved.
    fn reach_event(&self, number: u64) -> bool;

    /// Returns whether the log has space for changes. Tries again if the last attempt has failed.
    fn may_write(&self) -> bool;
}

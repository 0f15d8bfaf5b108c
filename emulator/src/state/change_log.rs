//! The log to which a world reports its changes.

use std::any::Any;

/// A log of changes. A world reports each change while it holds the writers' lock, so the order of records is the order
/// of changes.
pub trait ChangeLog: Any + Send + Sync {
    /// Appends a record of a world with this epoch. Returns whether it was written. If not, and if its changes are
    /// already applied (`is_applied`), it is written before the next record. Records of worlds that were replaced are
    /// ignored.
    fn append(&self, epoch: u64, record: Vec<u8>, is_applied: bool) -> bool;

    /// Reserves event numbers up to this one, and some more, so that a later process does not use them.
    fn reach_event(&self, number: u64);

    /// Whether the log has space for changes. Tries again if the last attempt has failed.
    fn may_write(&self) -> bool;
}

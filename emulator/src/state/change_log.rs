//! The log to which a world reports its changes.

use std::any::Any;

/// A log of changes. A world reports each change while it holds the writers' lock, so the order of records is the order
/// of changes.
pub trait ChangeLog: Any + Send + Sync {
    /// Appends a record of a world with this epoch. Returns whether it was written; if not, and if what it describes
    /// `has_happened`, it is written before the next one. Records of worlds that were replaced are ignored.
    fn append(&self, epoch: u64, record: Vec<u8>, has_happened: bool) -> bool;

    /// Makes sure that events up to this number, and some more, are not numbered again by a later process.
    fn reach_event(&self, number: u64);

    /// Whether there is space for changes, which is tried if the last attempt has failed.
    fn may_write(&self) -> bool;
}

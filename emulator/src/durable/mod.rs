//! The data directory of `--data-dir`: an append-only log of changes, and snapshots to which it is applied.
//!
//! A directory contains a manifest, snapshots and the segments of a log. The manifest names the snapshot of the start,
//! the snapshot of the world and the first segment. All files but the log are written under another name and renamed,
//! so they are whole or absent. A record of the log is one frame with a checksum, so it is whole or cut at the next
//! start. This room knows files, frames and their order; what a record or a part of a snapshot contains is up to
//! [`crate::state`].
//!
//! [`Store::rotate`] starts a segment at a cut of the state. A snapshot of the state at the cut is then written while
//! calls go on, and [`Store::install`] makes the manifest name both. Until then the older snapshot and all segments
//! give the same state, so a crash at any time is harmless.

mod disk;
mod error;
mod files;
mod frame;
mod lock;
mod log;
mod manifest;
mod snapshot;
mod store;
#[cfg(test)]
mod tests;

pub use error::{Damage, Error};
pub use manifest::Source;
pub use snapshot::{SnapshotReader, SnapshotWriter};
pub use store::{Contents, Folder, Record, Store};

/// What acknowledged calls survive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process, at any moment: what was acknowledged has been handed to the operating system.
    #[default]
    Process,
    /// A power loss, too: what was acknowledged is on the disk.
    Disk,
}

impl Durability {
    /// Its name in flags and in the health.
    pub fn as_str(self) -> &'static str {
        match self {
            Durability::Process => "process",
            Durability::Disk => "disk",
        }
    }
}

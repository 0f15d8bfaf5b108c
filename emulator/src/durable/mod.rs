//! The data directory of `--data-dir`: an append-only log of changes, and snapshots to which it is applied.
//!
//! A directory contains a manifest, snapshots and the segments of a log. The manifest names the snapshot of the start,
//! the snapshot of the world and the first segment. All files except the log are written under a temporary name and
//! renamed, so they are complete or absent. A record of the log is one frame with a checksum; the next start removes an
//! incomplete record. This module handles files, frames and their order. [`crate::state`] defines the content of
//! records and snapshots.
//!
//! [`Store::rotate`] starts a segment while writers are locked out. A snapshot of the state at that moment is then
//! written in the background, and [`Store::install`] writes a manifest that names both. Until then, the older snapshot
//! and all segments give the same state, so a crash at any time is harmless.

mod checksum;
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

/// The kind of failure that acknowledged calls survive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process: records are passed to the operating system before the response.
    #[default]
    Process,
    /// A power loss: records are on the disk before the response.
    Disk,
}

impl Durability {
    /// The name in flags and in the health response.
    pub fn as_str(self) -> &'static str {
        match self {
            Durability::Process => "process",
            Durability::Disk => "disk",
        }
    }
}

//! Named snapshots of the world. A snapshot shares everything with the world that neither has written since.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::path_name;
use crate::state::World;
use crate::state::sync::Mutex;

/// Maximum number of snapshots.
const MAX: usize = 100;
/// Names of states that always exist.
pub const START: &str = "start";
/// See [`START`].
pub const EMPTY: &str = "empty";

/// The snapshots of a served world.
#[derive(Default)]
pub struct Snapshots(Mutex<BTreeMap<String, Snapshot>>);

struct Snapshot {
    world: Arc<World>,
    saved_at: Timestamp,
    /// The time of its clock when it was saved. The clock of the saved world itself may run.
    clock: Timestamp,
}

/// A description of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// Its name.
    pub name: String,
    /// The time of the system at which it was saved.
    pub saved_at: Timestamp,
    /// The time of its clock when it was saved.
    pub clock: Timestamp,
    /// The number of its hubs.
    pub hubs: usize,
    /// The number of its findings.
    pub findings: usize,
}

/// Reason why a snapshot cannot be saved or deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotError {
    /// The name is empty or too long, or contains a character that is not allowed.
    Name,
    /// A state that always exists has this name.
    Reserved,
    /// There are too many snapshots.
    TooMany,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            SnapshotError::Name => {
                return write!(formatter, "invalid name of a snapshot; expected {}", path_name::EXPECTED);
            }
            SnapshotError::Reserved => "'start' and 'empty' always exist; they cannot be saved or deleted",
            SnapshotError::TooMany => "the maximum of 100 snapshots is reached; delete one first",
        })
    }
}

impl Snapshots {
    /// Saves a world. Returns the description of the snapshot, and whether its name is new.
    ///
    /// # Errors
    /// [`SnapshotError`]. Nothing is saved then.
    pub fn save(&self, name: &str, world: &World) -> Result<(Info, bool), SnapshotError> {
        if is_reserved(name) {
            return Err(SnapshotError::Reserved);
        }
        if !path_name::is_valid(name) {
            return Err(SnapshotError::Name);
        }
        let mut all = self.0.lock();
        let is_new = !all.contains_key(name);
        if is_new && all.len() >= MAX {
            return Err(SnapshotError::TooMany);
        }
        let world = Arc::new(world.saved());
        let snapshot = Snapshot { saved_at: Timestamp::now(), clock: world.clock.now(), world };
        let info = snapshot.info(name);
        all.insert(name.to_owned(), snapshot);
        Ok((info, is_new))
    }

    /// All snapshots by name.
    pub fn list(&self) -> Vec<Info> {
        self.0.lock().iter().map(|(name, snapshot)| snapshot.info(name)).collect()
    }

    /// The world of a snapshot.
    pub fn world(&self, name: &str) -> Option<Arc<World>> {
        self.0.lock().get(name).map(|snapshot| Arc::clone(&snapshot.world))
    }

    /// Deletes a snapshot. Returns whether it existed.
    ///
    /// # Errors
    /// [`SnapshotError::Reserved`].
    pub fn delete(&self, name: &str) -> Result<bool, SnapshotError> {
        if is_reserved(name) {
            return Err(SnapshotError::Reserved);
        }
        // Freed without the lock.
        let deleted = self.0.lock().remove(name);
        Ok(deleted.is_some())
    }
}

impl Snapshot {
    fn info(&self, name: &str) -> Info {
        Info {
            name: name.to_owned(),
            saved_at: self.saved_at,
            clock: self.clock,
            hubs: self.world.relations().hub_count(),
            findings: self.world.finding_count(),
        }
    }
}

fn is_reserved(name: &str) -> bool {
    [START, EMPTY].contains(&name)
}

//! Storage of the served world in a data directory.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::calls::CallKind;
use super::change_store::ChangeStore;
use super::replay::{self, Replayed};
use super::{Inner, ServedWorld, snapshots};
use crate::durable::{Durability, Error, Folder, Source};
use crate::state::{ChangeLog, NewWorld, Numbers, World};

/// The interval between two checks of the file sizes.
const INTERVAL: Duration = Duration::from_millis(200);
/// The time until the next attempt after an error.
const PAUSE: Duration = Duration::from_secs(5);

/// The data directory of a served world, and the state to continue with.
#[derive(Default)]
pub struct Persistence {
    pub(super) change_store: Option<Arc<ChangeStore>>,
    /// The world to continue with; `None` for the start.
    pub(super) world: Option<World>,
    /// Numbers that earlier processes have used.
    pub(super) used: Numbers,
}

/// The state that was read from a data directory.
pub struct Resumed {
    /// The start.
    pub start: World,
    /// The directory and the world to continue with.
    pub persistence: Persistence,
    /// Warnings for the user about dropped data.
    pub warnings: Vec<String>,
}

impl Persistence {
    /// Fills an empty directory with a start.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn fill(
        folder: Folder,
        durability: Durability,
        source: Option<Source>,
        start: &World,
    ) -> Result<Persistence, Error> {
        let mut size_of_rest = 0;
        let store = folder.fill(durability, source, |snapshot| {
            start.write_parts(|part| {
                size_of_rest = if size_of_rest == 0 { part.len() as u64 } else { size_of_rest };
                snapshot.add(part)
            })
        })?;
        let store = ChangeStore::new(store, Numbers::default(), size_of_rest, false);
        Ok(Persistence { change_store: Some(Arc::new(store)), world: None, used: Numbers::default() })
    }
}

impl Resumed {
    /// Reads a directory and opens it for writing. Returns the folder if it is empty. With `recovers`, damaged files
    /// are truncated at the damage.
    ///
    /// # Errors
    /// [`Error`].
    pub fn read(folder: Folder, durability: Durability, recovers: bool) -> Result<Result<Resumed, Folder>, Error> {
        let Some(replayed) = replay::read(&folder, recovers)? else { return Ok(Err(folder)) };
        let Replayed { world, start, start_name, numbers, pins, warnings, size_of_rest, is_start_damaged } = replayed;
        let store = folder.resume(durability, start_name, pins)?;
        let store = ChangeStore::new(store, numbers, size_of_rest, recovers && !warnings.is_empty());
        if is_start_damaged {
            store.replace_start(&start)?;
        }
        let persistence = Persistence { change_store: Some(Arc::new(store)), world: Some(world), used: numbers };
        Ok(Ok(Resumed { start, persistence, warnings }))
    }
}

impl ServedWorld {
    /// Continues with a world that was read from the directory.
    pub(super) fn resume(&self, mut world: World) {
        if let Some(store) = &self.0.change_store {
            store.resume(self.world().epoch() + 1);
            self.0.journal.continue_after(self.0.used.requests);
            world.set_change_log(Some(Arc::clone(store) as Arc<dyn ChangeLog>));
        }
        self.swap(world, |world, before| {
            self.connect(world, before);
            self.0.sinks.load(&world.event_sinks);
        });
        let start = Arc::clone(&self.0.start.read());
        self.0.faults.restart(&start);
    }

    /// The durability of acknowledged calls: `process`, `disk` or `none`.
    pub fn durability(&self) -> &'static str {
        self.0.change_store.as_ref().map_or("none", |store| store.durability().as_str())
    }

    /// Returns whether the last attempt to write to the data directory has failed.
    pub fn cannot_write(&self) -> bool {
        self.0.change_store.as_ref().is_some_and(|store| store.has_failed())
    }

    /// Runs a call and makes its changes durable. Returns `None` if the call was not run or if its changes could not be
    /// recorded.
    pub fn record<R>(&self, kind: CallKind, body: usize, call: impl FnOnce() -> R) -> Option<R> {
        let call = || self.0.calls.run(kind, call);
        let Some(store) = &self.0.change_store else { return Some(call()) };
        store.begin_call();
        // The reservation ends with the call.
        let _reservation = match kind {
            CallKind::Writes | CallKind::Exclusive => Some(store.reserve(body)?),
            CallKind::Reads | CallKind::Unknown => None,
        };
        let result = call();
        let is_durable = store.end_call();
        (is_durable || kind == CallKind::Reads).then_some(result)
    }

    /// Calls `change`, which replaces the world, while no scenario is added to the world.
    pub fn outside_additions<R>(&self, change: impl FnOnce() -> R) -> R {
        self.0.calls.run(CallKind::Writes, change)
    }

    /// The content of the record that replaces the current world by `world`, the state with this name. `None` if its
    /// snapshot cannot be written.
    pub(super) fn new_world(&self, name: &str, world: &World) -> Option<NewWorld> {
        match name {
            snapshots::START => Some(NewWorld::Start),
            snapshots::EMPTY => Some(NewWorld::Empty),
            _ => self.written(world, NewWorld::Snapshot),
        }
    }

    /// Writes a snapshot of a world to the data directory, if there is one, and passes its name to `new`. `None` if
    /// that fails.
    pub(super) fn written(&self, world: &World, new: impl FnOnce(String) -> NewWorld) -> Option<NewWorld> {
        let Some(store) = &self.0.change_store else { return Some(new(String::new())) };
        let name = store.write_snapshot(world);
        name.inspect_err(|error| tracing::error!(%error, "cannot write a snapshot")).ok().map(new)
    }

    /// Starts the thread that compacts the data directory.
    pub fn start_compaction(&self) {
        let inner = Arc::downgrade(&self.0);
        if self.0.change_store.is_some() {
            let thread = std::thread::Builder::new().name("data directory".to_owned());
            _ = thread.spawn(move || compact(&inner));
        }
    }

    /// Records that this journal number is used, so that no later process uses it again.
    pub fn note_request(&self, number: u64) {
        if let Some(store) = &self.0.change_store {
            store.reach_request(number);
        }
    }

    /// Writes all records to the data directory and releases it. Returns false if that fails.
    pub fn close(&self) -> bool {
        let Some(store) = &self.0.change_store else { return true };
        store.close(self.world().last_event().max(self.0.used.events), self.0.journal.last().max(self.0.used.requests))
    }
}

fn compact(inner: &Weak<Inner>) {
    loop {
        std::thread::sleep(INTERVAL);
        let Some(served) = inner.upgrade().map(ServedWorld) else { return };
        let Some(store) = &served.0.change_store else { return };
        match store.compact(|| served.world()) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(%error, "cannot write a snapshot; the log grows until this succeeds");
                drop(served);
                std::thread::sleep(PAUSE);
            }
        }
    }
}

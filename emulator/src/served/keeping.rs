//! How the served world is kept in a data directory.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::kept::Kept;
use super::opened::{self, Opened};
use super::{Inner, ServedWorld, snapshots};
use crate::durable::{Durability, Error, Folder, Source};
use crate::state::{ChangeLog, NewWorld, Numbers, World};

/// The interval at which the sizes of files are compared.
const INTERVAL: Duration = Duration::from_millis(200);
/// The time until the next attempt after an error.
const PAUSE: Duration = Duration::from_secs(5);

/// Whether a call changes the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// It only reads.
    Reads,
    /// It may change the world.
    Writes,
    /// This is known only when it is done.
    Unknown,
}

/// A data directory for a served world.
#[derive(Default)]
pub struct Keeping {
    pub(super) kept: Option<Arc<Kept>>,
    /// The world to continue with; `None` for the start.
    pub(super) world: Option<World>,
    /// Numbers that were used by earlier processes.
    pub(super) used: Numbers,
}

/// The content of a data directory, with the directory.
pub struct Resumed {
    /// The start.
    pub start: World,
    /// The directory and the world to continue with.
    pub keeping: Keeping,
    /// What was dropped, for the user.
    pub warnings: Vec<String>,
}

impl Keeping {
    /// Fills an empty directory with a start.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn fill(
        folder: Folder,
        durability: Durability,
        source: Option<Source>,
        start: &World,
    ) -> Result<Keeping, Error> {
        let mut size_of_rest = 0;
        let store = folder.fill(durability, source, |snapshot| {
            start.write_parts(|part| {
                size_of_rest = if size_of_rest == 0 { part.len() as u64 } else { size_of_rest };
                snapshot.add(part)
            })
        })?;
        let kept = Kept::new(store, Numbers::default(), size_of_rest, false);
        Ok(Keeping { kept: Some(Arc::new(kept)), world: None, used: Numbers::default() })
    }
}

impl Resumed {
    /// Reads a directory and continues to use it; `None` if it is empty. With `recovers`, damaged files are cut before
    /// the damaged place.
    ///
    /// # Errors
    /// [`Error`].
    pub fn read(folder: Folder, durability: Durability, recovers: bool) -> Result<Result<Resumed, Folder>, Error> {
        let Some(opened) = opened::read(&folder, recovers)? else { return Ok(Err(folder)) };
        let Opened { world, start, start_name, numbers, pins, warnings, size_of_rest, is_start_damaged } = opened;
        let store = folder.resume(durability, start_name, pins)?;
        let kept = Kept::new(store, numbers, size_of_rest, recovers && !warnings.is_empty());
        if is_start_damaged {
            kept.replace_start(&start)?;
        }
        let keeping = Keeping { kept: Some(Arc::new(kept)), world: Some(world), used: numbers };
        Ok(Ok(Resumed { start, keeping, warnings }))
    }
}

impl ServedWorld {
    /// Continues with a world whose changes are in the directory already.
    pub(super) fn resume(&self, mut world: World) {
        if let Some(kept) = &self.0.kept {
            kept.resume(self.world().epoch() + 1);
            self.0.journal.continue_after(self.0.used.requests);
            world.set_change_log(Some(Arc::clone(kept) as Arc<dyn ChangeLog>));
        }
        self.swap(world, |world, before| self.connect(world, before));
        let start = Arc::clone(&self.0.start.read());
        self.0.faults.restart(&start);
    }

    /// What acknowledged calls survive: `process`, `disk` or `none`.
    pub fn durability(&self) -> &'static str {
        self.0.kept.as_ref().map_or("none", |kept| kept.durability().as_str())
    }

    /// Whether the last attempt to write to the data directory has failed.
    pub fn cannot_write(&self) -> bool {
        self.0.kept.as_ref().is_some_and(|kept| kept.has_failed())
    }

    /// Does a call whose changes are kept. `None` if it was not done, or if what it has changed is not kept.
    pub fn record<R>(&self, kind: CallKind, body: usize, call: impl FnOnce() -> R) -> Option<R> {
        let Some(kept) = &self.0.kept else { return Some(call()) };
        kept.begin_call();
        // Held until the call is done.
        let _room = match kind {
            CallKind::Writes => Some(kept.room(body)?),
            CallKind::Reads | CallKind::Unknown => None,
        };
        let result = call();
        let is_kept = kept.end_call();
        (is_kept || kind == CallKind::Reads).then_some(result)
    }

    /// The data directory.
    pub fn kept(&self) -> Option<&Kept> {
        self.0.kept.as_deref()
    }

    /// The world of a name of [`ServedWorld::restore`], as a replacement of the current one.
    pub(super) fn new_world(&self, name: &str, world: &World) -> Option<NewWorld> {
        match name {
            snapshots::START => Some(NewWorld::Start),
            snapshots::EMPTY => Some(NewWorld::Empty),
            _ => self.written(world, NewWorld::Snapshot),
        }
    }

    /// Writes a world to the data directory, if there is one. `None` if that fails.
    pub(super) fn written(&self, world: &World, new: impl FnOnce(String) -> NewWorld) -> Option<NewWorld> {
        let Some(kept) = &self.0.kept else { return Some(new(String::new())) };
        let name = kept.write_snapshot(world);
        name.inspect_err(|error| tracing::error!(%error, "cannot write a snapshot")).ok().map(new)
    }

    /// Starts the thread that keeps the data directory small.
    pub fn start_tidying(&self) {
        let inner = Arc::downgrade(&self.0);
        if self.0.kept.is_some() {
            let thread = std::thread::Builder::new().name("data directory".to_owned());
            _ = thread.spawn(move || tidy(&inner));
        }
    }

    /// Notes that an entry of the journal has this number, so that no later process uses it.
    pub fn note_request(&self, number: u64) {
        if let Some(kept) = &self.0.kept {
            kept.reach_request(number);
        }
    }

    /// Writes everything to the data directory and releases it. Returns false if that fails.
    pub fn close(&self) -> bool {
        let Some(kept) = &self.0.kept else { return true };
        kept.close(self.world().last_event().max(self.0.used.events), self.0.journal.last().max(self.0.used.requests))
    }
}

fn tidy(inner: &Weak<Inner>) {
    loop {
        std::thread::sleep(INTERVAL);
        let Some(served) = inner.upgrade().map(ServedWorld) else { return };
        let Some(kept) = &served.0.kept else { return };
        match kept.tidy(|| served.world()) {
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

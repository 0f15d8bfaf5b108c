//! The world that is served, and its return to the start: what a service and its control plane share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::events;
use crate::state::World;
use crate::state::sync::{Mutex, RwLock, thread};

/// A world that can be put back to its start, and how its service fares; clones are the same one.
#[derive(Clone)]
pub struct ServedWorld(Arc<Inner>);

struct Inner {
    world: RwLock<Arc<World>>,
    /// The world as it was when the scenario was loaded. Nothing is written to it.
    start: World,
    /// How many events are kept.
    events: usize,
    /// The id of the last request that panicked.
    last_panic: Mutex<Option<String>>,
    dropped_log_lines: Arc<AtomicU64>,
}

impl ServedWorld {
    /// Serves a copy of `start` that keeps so many events.
    pub fn new(start: World, events: usize, dropped_log_lines: Arc<AtomicU64>) -> ServedWorld {
        let world = RwLock::default();
        let served = Inner { world, start, events, last_panic: Mutex::default(), dropped_log_lines };
        let served = ServedWorld(Arc::new(served));
        served.reset();
        served
    }

    /// The world as it is.
    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.0.world.read())
    }

    /// Puts the world back to its start: the scenario's, or an empty one. It takes the same time whatever the world holds.
    pub fn reset(&self) {
        self.replace(self.0.start.restarted());
    }

    /// Empties the world.
    pub fn empty(&self) {
        self.replace(World::default());
    }

    /// Puts a world in the place of the present one. Events are of what happens from now on (EVT-08); their numbering
    /// continues, so a client that follows them keeps its cursor.
    pub fn replace(&self, mut world: World) {
        let mut current = self.0.world.write();
        world.enable_events(self.0.events, events::derive, current.close_events());
        world.set_epoch(current.epoch() + 1);
        let before = std::mem::replace(&mut *current, Arc::new(world));
        drop(current);
        // Giving back the memory of many findings takes time that nobody needs to wait for.
        _ = thread::Builder::new().spawn(move || drop(before));
    }

    /// Notes that a request panicked. From then on the world may be half changed.
    pub fn note_panic(&self, request_id: &str) {
        *self.0.last_panic.lock() = Some(request_id.to_owned());
    }

    /// The id of the last request that panicked.
    pub fn last_panic(&self) -> Option<String> {
        self.0.last_panic.lock().clone()
    }

    /// How many log lines were dropped because they could not be written.
    pub fn dropped_log_lines(&self) -> u64 {
        self.0.dropped_log_lines.load(Ordering::Relaxed)
    }
}

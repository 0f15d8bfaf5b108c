//! Replaces the world by an extended copy of it. Calls that run meanwhile see the world before it or after it, and none
//! of their changes is lost (CPL-12).

use std::sync::Arc;

use super::ServedWorld;
use crate::state::{NewWorld, World};

/// A copy of the world to extend.
pub struct Base {
    /// The copy.
    pub world: World,
    /// The world of which it is a copy.
    of: Arc<World>,
    /// The number of its relations and of the pending work that it had done.
    revision: u64,
    /// The number of calls that may have changed it.
    writing: u64,
}

/// An extended copy that can replace the world.
pub struct Extended {
    world: World,
    by: NewWorld,
}

impl ServedWorld {
    /// Waits until no call runs, and calls `run` before the next call starts.
    pub fn exclusively<R>(&self, run: impl FnOnce() -> R) -> R {
        self.0.calls.exclusively(run)
    }

    /// Copies the world. Must be called exclusively.
    pub fn base(&self, copy: impl FnOnce(&World) -> World) -> Base {
        let of = self.world();
        let world = copy(&of);
        Base { world, revision: of.revision(), of, writing: self.0.calls.writing() }
    }

    /// Whether the world has not changed since it was copied. Must be called exclusively.
    pub fn is_unchanged(&self, base: &Base) -> bool {
        let Base { world: _, of, revision, writing } = base;
        Arc::ptr_eq(of, &self.world()) && of.revision() == *revision && self.0.calls.writing() == *writing
    }

    /// Writes an extended copy to the data directory, if there is one. `None` if that fails.
    pub fn extended(&self, world: World) -> Option<Extended> {
        let by = self.written(&world, NewWorld::Snapshot)?;
        Some(Extended { world, by })
    }

    /// Discards an extended copy.
    pub fn discard(&self, extended: Extended) {
        if let (Some(store), NewWorld::Snapshot(name)) = (&self.0.change_store, &extended.by) {
            store.drop_snapshot(name);
        }
    }

    /// Replaces the world by an extended copy of it; the start and the kept events stay. Must be called exclusively.
    /// Returns false if that could not be recorded, in which case the world is unchanged.
    #[must_use]
    pub fn extend(&self, extended: Extended) -> bool {
        self.take_over(extended.world, extended.by, World::continue_events)
    }
}

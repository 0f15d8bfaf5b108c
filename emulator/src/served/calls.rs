//! The calls that are running, so that the world can be replaced by an extended copy without losing their changes.

use crate::state::sync::RwLock;
use crate::state::sync::atomic::{AtomicU64, Ordering};

/// The effect of a call on the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// The call only reads.
    Reads,
    /// The call may change the world.
    Writes,
    /// The call may change the world, and waits by itself until no other call runs.
    Exclusive,
    /// Whether the call changes the world is only known at its end.
    Unknown,
}

/// The running calls of a served world.
#[derive(Default)]
pub(super) struct Calls {
    /// Calls share it while they run.
    running: RwLock<()>,
    /// The number of calls so far that may have changed the world.
    writing: AtomicU64,
}

impl Calls {
    /// Runs a call, after an exclusive one has ended. A call of the kind [`CallKind::Exclusive`] waits by itself.
    pub(super) fn run<R>(&self, kind: CallKind, call: impl FnOnce() -> R) -> R {
        if kind == CallKind::Exclusive {
            return call();
        }
        let running = self.running.read();
        if kind != CallKind::Reads {
            self.writing.fetch_add(1, Ordering::Relaxed);
        }
        let result = call();
        drop(running);
        result
    }

    /// Waits until no call runs, and calls `run` before the next call starts.
    pub(super) fn exclusively<R>(&self, run: impl FnOnce() -> R) -> R {
        let running = self.running.write();
        let result = run();
        drop(running);
        result
    }

    /// The number of calls so far that may have changed the world.
    pub(super) fn writing(&self) -> u64 {
        self.writing.load(Ordering::Relaxed)
    }
}

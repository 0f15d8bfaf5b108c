//! The kinds of locks, atomics and threads that the world uses.
//!
//! With the feature `shuttle` they are replaced by types that report each step to a scheduler, so that tests can
//! explore interleavings that rarely occur by chance (`tests/tests/schedules`). The replacements have the same methods,
//! so no other code differs.

#[cfg(not(feature = "shuttle"))]
mod real {
    pub use std::sync::atomic;
    pub use std::thread;

    pub use dashmap::DashMap as SharedMap;
    pub use parking_lot::{Mutex, MutexGuard, RwLock};
}

#[cfg(feature = "shuttle")]
mod real {
    pub use shuttle::sync::atomic;
    pub use shuttle::thread;
    pub use shuttle_dashmap::DashMap as SharedMap;
    pub use shuttle_parking_lot::{Mutex, MutexGuard, RwLock};
}

pub use real::{Mutex, MutexGuard, RwLock, SharedMap, atomic, thread};

//! The locks, atomic numbers and threads of the world, under one name each.
//!
//! Under the feature `shuttle` they are stand-ins that tell a scheduler of each step, so that tests run threads through
//! orders of steps that chance would hardly meet (`tests/tests/schedules`). The stand-ins have the
//! same methods, so that nothing else differs.

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

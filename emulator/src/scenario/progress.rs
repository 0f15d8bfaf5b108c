//! The progress of building a world, which another thread can show.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Numbers of findings to import and already imported. Everything else in a scenario takes little time.
#[derive(Debug, Default)]
pub struct Progress {
    imported: AtomicUsize,
    total: AtomicUsize,
}

impl Progress {
    /// The number of imported findings and of all findings; both are 0 before the import begins.
    pub fn counts(&self) -> (usize, usize) {
        (self.imported.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// Begins an import.
    pub(super) fn begin(&self, total: usize) {
        self.imported.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    pub(super) fn add(&self, count: usize) {
        self.imported.fetch_add(count, Ordering::Relaxed);
    }
}

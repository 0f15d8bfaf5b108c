//! Counters of the log, which a separate thread writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of a log. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct LogCounters(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    waiting: AtomicU64,
    dropped: AtomicU64,
}

impl LogCounters {
    /// Adds lines that could not be written.
    pub fn add_dropped(&self, lines: u64) {
        self.0.dropped.fetch_add(lines, Ordering::Relaxed);
    }

    /// Sets the size of the text that waits to be written, in bytes.
    pub fn set_waiting(&self, bytes: usize) {
        self.0.waiting.store(bytes as u64, Ordering::Relaxed);
    }

    /// The number of lines that could not be written.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// The size of the text that waits to be written, in bytes.
    pub fn waiting(&self) -> u64 {
        self.0.waiting.load(Ordering::Relaxed)
    }
}

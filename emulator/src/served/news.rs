//! Signals for calls that wait for something to happen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Maximum number of calls that wait, together with streams (CPL-12).
const MAX_WAITING: usize = 1000;

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// An API call was answered.
    Requests,
    /// An event was sent.
    Events,
    /// The state of a sink has changed.
    Sinks,
}

/// Wakes calls that wait. A call first asks for [`News::next`], then reads the state, and then awaits the result, so that
/// it misses nothing.
#[derive(Debug)]
pub struct News {
    requests: Arc<Notify>,
    events: Arc<Notify>,
    sinks: Arc<Notify>,
    stop: Notify,
    is_stopping: AtomicBool,
    places: Arc<Semaphore>,
}

impl Default for News {
    fn default() -> News {
        News {
            requests: Arc::default(),
            events: Arc::default(),
            sinks: Arc::default(),
            stop: Notify::new(),
            is_stopping: AtomicBool::new(false),
            places: Arc::new(Semaphore::new(MAX_WAITING)),
        }
    }
}

impl News {
    /// The signal of a topic. `notify_waiters` on it costs one atomic load while no call waits.
    pub fn signal(&self, topic: Topic) -> &Arc<Notify> {
        match topic {
            Topic::Requests => &self.requests,
            Topic::Events => &self.events,
            Topic::Sinks => &self.sinks,
        }
    }

    /// A place among the calls that wait; `None` if there are too many.
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Ends all waits and streams, also later ones.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
        self.stop.notify_waiters();
    }

    /// Whether [`News::stop`] was called.
    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    /// Completes when [`News::stop`] is called.
    pub async fn stopped(&self) {
        let stopped = self.stop.notified();
        if !self.is_stopping() {
            stopped.await;
        }
    }
}

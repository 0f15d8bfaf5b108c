//! Notifications of waiting calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Maximum number of calls that wait, together with streams (CPL-12).
const MAX_WAITING: usize = 1000;

/// The subject of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// An API call was answered.
    Requests,
    /// An event was sent.
    Events,
    /// The state of a sink has changed.
    Sinks,
}

/// Wakes waiting calls. A call first creates the future of [`Notify::notified`], then reads the state, and then awaits
/// the future, so that it does not miss a notification.
#[derive(Debug)]
pub struct Notifications {
    requests: Arc<Notify>,
    events: Arc<Notify>,
    sinks: Arc<Notify>,
    stop: Notify,
    is_stopping: AtomicBool,
    permits: Arc<Semaphore>,
}

impl Default for Notifications {
    fn default() -> Notifications {
        Notifications {
            requests: Arc::default(),
            events: Arc::default(),
            sinks: Arc::default(),
            stop: Notify::new(),
            is_stopping: AtomicBool::new(false),
            permits: Arc::new(Semaphore::new(MAX_WAITING)),
        }
    }
}

impl Notifications {
    /// The signal of a topic. `notify_waiters` on it costs one atomic load while no call waits.
    pub fn signal(&self, topic: Topic) -> &Arc<Notify> {
        match topic {
            Topic::Requests => &self.requests,
            Topic::Events => &self.events,
            Topic::Sinks => &self.sinks,
        }
    }

    /// A permit to wait; `None` if too many calls wait.
    pub fn permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }

    /// Ends all waits and streams, also later ones.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
        self.stop.notify_waiters();
    }

    /// Returns whether [`Notifications::stop`] was called.
    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    /// Completes when [`Notifications::stop`] is called.
    pub async fn stopped(&self) {
        let stopped = self.stop.notified();
        if !self.is_stopping() {
            stopped.await;
        }
    }
}

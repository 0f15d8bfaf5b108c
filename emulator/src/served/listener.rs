//! Connects the events of a world with sinks, and with calls that wait.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::sinks::Sinks;
use crate::state::{Event, EventListener, IdSource};

/// Passes emitted events to sinks and wakes calls that wait for events.
#[derive(Debug)]
pub(super) struct Listener {
    sinks: Arc<Sinks>,
    signal: Arc<Notify>,
}

impl Listener {
    pub(super) fn new(sinks: Arc<Sinks>, signal: Arc<Notify>) -> Listener {
        Listener { sinks, signal }
    }
}

impl EventListener for Listener {
    fn is_listening(&self) -> bool {
        self.sinks.any_enabled()
    }

    fn receive(&self, events: &[Event], ids: &IdSource) {
        self.sinks.receive(events, ids);
    }

    fn notify(&self) {
        self.signal.notify_waiters();
    }
}

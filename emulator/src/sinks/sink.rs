//! A sink: its definition, its queue and its delivery state.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};

use super::definition::{Definition, Target};
use super::eventbridge;
use super::outcome::Outcome;
use super::queue::{Lane, Message, Queue};
use crate::state::sync::Mutex;
use crate::state::{Event, IdSource};

/// Maximum number of messages that are moved to lanes before other tasks run, with and without a pattern. Comparing a
/// message with a pattern takes about 50 microseconds.
const COMPARED_AT_ONCE: usize = 16;
const SORTED_AT_ONCE: usize = 1000;
/// Maximum number of lines that are written to a file at once.
const LINES_AT_ONCE: usize = 256;
/// Maximum number of concurrent attempts.
const MAX_ATTEMPTS: usize = 16;

/// A sink.
#[derive(Debug)]
pub struct Sink {
    name: String,
    inner: Mutex<Inner>,
    /// Changes with the definition, and when the sink is removed.
    version: watch::Sender<u64>,
    /// Limits concurrent attempts.
    pub(super) attempts: Semaphore,
}

#[derive(Debug)]
struct Inner {
    definition: Arc<Definition>,
    queue: Queue,
    state: State,
    is_removed: bool,
}

/// Delivery state of a sink (CPL-87).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Number of messages that are not yet delivered.
    pub queued: usize,
    /// Number of delivered messages.
    pub delivered: u64,
    /// Number of messages that were refused, or for which all retries failed.
    pub failed: u64,
    /// Number of messages that were dropped because the queue was full.
    pub dropped: u64,
    /// Number of attempts after the first one.
    pub retries: u64,
    /// The last error.
    pub last_error: Option<String>,
    /// HTTP status of the last response.
    pub last_status: Option<u16>,
    /// Time of the last delivery by the system clock.
    pub last_delivery: Option<Timestamp>,
}

impl Sink {
    pub(super) fn new(name: &str, definition: Definition) -> Sink {
        let inner = Inner {
            definition: Arc::new(definition),
            queue: Queue::default(),
            state: State::default(),
            is_removed: false,
        };
        Sink {
            name: name.to_owned(),
            inner: Mutex::new(inner),
            version: watch::Sender::new(0),
            attempts: Semaphore::new(MAX_ATTEMPTS),
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The current definition.
    pub fn definition(&self) -> Arc<Definition> {
        Arc::clone(&self.inner.lock().definition)
    }

    /// The delivery state.
    pub fn state(&self) -> State {
        let inner = self.inner.lock();
        State { queued: inner.queue.len(), ..inner.state.clone() }
    }

    /// Replaces the definition. The queue is unchanged.
    pub(super) fn redefine(&self, definition: Definition) {
        self.inner.lock().definition = Arc::new(definition);
        self.version.send_modify(|version| *version += 1);
    }

    /// Stops all deliveries.
    pub(super) fn remove(&self) {
        self.inner.lock().is_removed = true;
        self.version.send_modify(|version| *version += 1);
    }

    pub(super) fn is_removed(&self) -> bool {
        self.inner.lock().is_removed
    }

    /// Notifies about changes of the definition.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// Returns whether the sink receives events.
    pub(super) fn is_enabled(&self) -> bool {
        self.inner.lock().definition.is_enabled
    }

    /// Returns whether the sink has nothing to deliver now: its queue is empty, it is disabled, or its channel is full.
    pub(super) fn is_idle(&self) -> bool {
        let inner = self.inner.lock();
        let is_blocked = matches!(&inner.definition.target, Target::Channel(sender) if sender.capacity() == 0);
        inner.queue.len() == 0 || !inner.definition.is_enabled || is_blocked
    }

    /// Queues the events that accounts and Regions of the definition select. Returns whether any event was queued.
    pub(super) fn receive(&self, events: &[Event], ids: &Arc<IdSource>) -> bool {
        let inner = &mut *self.inner.lock();
        let definition = Arc::clone(&inner.definition);
        let wanted = events.iter().filter(|event| definition.is_enabled && definition.matches_receiver(event));
        let count = wanted.map(|event| inner.push(Message::Event(event.clone(), Arc::clone(ids)))).count();
        count > 0
    }

    /// Queues an announcement.
    pub(super) fn announce(&self, message: Message) {
        self.inner.lock().push(message);
    }

    /// Compares some queued messages with the pattern. Returns whether any message was compared.
    pub(super) fn sort_some(&self) -> bool {
        let (definition, unsorted) = {
            let inner = self.inner.lock();
            let max = if inner.definition.has_pattern() { COMPARED_AT_ONCE } else { SORTED_AT_ONCE };
            (Arc::clone(&inner.definition), inner.queue.unsorted(max))
        };
        // The comparison is slow, so the queue is unlocked meanwhile.
        let sorted: Vec<_> = unsorted.iter().map(|(ticket, message)| (*ticket, definition.lane(message))).collect();
        let mut inner = self.inner.lock();
        for (ticket, lane) in sorted {
            inner.queue.sort(ticket, lane);
        }
        !unsorted.is_empty()
    }

    /// Returns a lane that has messages and no delivery in progress, and marks it as busy.
    pub(super) fn begin(&self) -> Option<Lane> {
        let mut inner = self.inner.lock();
        if inner.is_paused() { None } else { inner.queue.begin() }
    }

    /// Takes the next messages of a busy lane. A lane without messages is marked as free.
    pub(super) fn take(&self, lane: &Lane) -> Vec<Message> {
        let mut inner = self.inner.lock();
        let max = match inner.definition.target {
            _ if inner.is_paused() => 0,
            Target::Webhook { .. } | Target::Channel(_) => 1,
            Target::EventBridge { .. } => eventbridge::MAX_ENTRIES,
            Target::File { .. } => LINES_AT_ONCE,
        };
        inner.queue.take(lane, max)
    }

    /// Marks a lane as free after its delivery has stopped unexpectedly.
    pub(super) fn end(&self, lane: &Lane) {
        self.inner.lock().queue.end(lane);
    }

    /// Records an attempt with `count` messages. Returns the messages to send again; none after the last attempt.
    pub(super) fn record(&self, outcome: Outcome, count: usize, is_last: bool) -> Vec<Message> {
        let inner = &mut *self.inner.lock();
        let retry = if is_last { Vec::new() } else { outcome.retry };
        let ended = count.saturating_sub(retry.len());
        inner.queue.finish(ended);
        let state = &mut inner.state;
        state.delivered += outcome.delivered as u64;
        state.failed += ended.saturating_sub(outcome.delivered) as u64;
        state.retries += u64::from(!retry.is_empty());
        if outcome.delivered > 0 {
            state.last_delivery = Some(Timestamp::now());
        }
        if let Some(error) = outcome.error {
            // Retries usually fail with the same error, which is logged once as a warning.
            if state.last_error.as_ref() == Some(&error) {
                tracing::debug!(sink = self.name, error, retry = retry.len(), "a delivery failed again");
            } else {
                tracing::warn!(sink = self.name, error, retry = retry.len(), "a delivery failed");
            }
            state.last_error = Some(error);
        }
        if outcome.status.is_some() {
            state.last_status = outcome.status;
        }
        retry
    }
}

impl Inner {
    fn push(&mut self, message: Message) {
        self.state.dropped += u64::from(self.queue.push(message, self.definition.queue_size));
    }

    fn is_paused(&self) -> bool {
        self.is_removed || !self.definition.is_enabled
    }
}

impl Definition {
    /// Returns the lane of a message; `None` if the pattern does not select the message.
    fn lane(&self, message: &Message) -> Option<Lane> {
        let lane = match message {
            Message::Announcement(announcement) => Lane::Region(announcement.region.clone()),
            Message::Event(event, ids) => {
                if !self.selects(event, ids) {
                    return None;
                }
                Lane::Receiver(event.receiver.clone())
            }
        };
        Some(if matches!(self.target, Target::File { .. } | Target::Channel(_)) { Lane::All } else { lane })
    }
}

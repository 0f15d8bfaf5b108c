//! Numbers of deliveries for metrics. They never go back, also if a sink is deleted and added again.

use std::collections::BTreeMap;

use super::sink::{Sink, State};
use crate::state::sync::Mutex;

/// Maximum number of names of deleted sinks.
const MAX_NAMES: usize = 1000;

/// The numbers of all sinks with a name, past and present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Delivered messages.
    pub delivered: u64,
    /// Messages that were refused, or that were tried too often.
    pub failed: u64,
    /// Messages that were dropped because the queue was full.
    pub dropped: u64,
    /// Messages that are not delivered yet.
    pub queued: usize,
}

impl Totals {
    fn add(&mut self, state: &State) {
        self.delivered += state.delivered;
        self.failed += state.failed;
        self.dropped += state.dropped;
    }
}

/// The numbers of deleted sinks, by name.
#[derive(Debug, Default)]
pub(super) struct Past(Mutex<BTreeMap<String, Totals>>);

impl Past {
    /// Keeps the numbers of a sink that is deleted.
    pub(super) fn keep(&self, sink: &Sink) {
        let mut past = self.0.lock();
        if past.len() < MAX_NAMES || past.contains_key(sink.name()) {
            past.entry(sink.name().to_owned()).or_default().add(&sink.state());
        }
    }

    /// The numbers of deleted sinks, together with those of the present ones.
    pub(super) fn with<'s>(&self, present: impl Iterator<Item = &'s Sink>) -> BTreeMap<String, Totals> {
        let mut totals = self.0.lock().clone();
        for sink in present {
            let state = sink.state();
            let total = totals.entry(sink.name().to_owned()).or_default();
            total.add(&state);
            total.queued = state.queued;
        }
        totals
    }
}

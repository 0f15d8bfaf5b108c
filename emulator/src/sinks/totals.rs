//! Delivery counters for metrics. They never decrease, even if a sink is deleted and added again.

use std::collections::BTreeMap;

use super::sink::{Sink, State};
use crate::state::sync::Mutex;

/// Maximum number of names of deleted sinks.
const MAX_NAMES: usize = 1000;

/// The counters of all sinks of one name, including deleted sinks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Delivered messages.
    pub delivered: u64,
    /// Messages that were refused, or for which all retries failed.
    pub failed: u64,
    /// Messages that were dropped because the queue was full.
    pub dropped: u64,
    /// Messages that are not yet delivered.
    pub queued: usize,
}

impl Totals {
    fn add(&mut self, state: &State) {
        self.delivered += state.delivered;
        self.failed += state.failed;
        self.dropped += state.dropped;
    }
}

/// The counters of deleted sinks by name.
#[derive(Debug, Default)]
pub(super) struct DeletedTotals(Mutex<BTreeMap<String, Totals>>);

impl DeletedTotals {
    /// Adds the counters of a sink that is deleted.
    pub(super) fn add(&self, sink: &Sink) {
        let mut totals = self.0.lock();
        if totals.len() < MAX_NAMES || totals.contains_key(sink.name()) {
            totals.entry(sink.name().to_owned()).or_default().add(&sink.state());
        }
    }

    /// Returns the counters of deleted sinks together with the counters of existing sinks.
    pub(super) fn with<'s>(&self, existing: impl Iterator<Item = &'s Sink>) -> BTreeMap<String, Totals> {
        let mut totals = self.0.lock().clone();
        for sink in existing {
            let state = sink.state();
            let total = totals.entry(sink.name().to_owned()).or_default();
            total.add(&state);
            total.queued = state.queued;
        }
        totals
    }
}

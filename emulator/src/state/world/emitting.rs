//! The events of a world.

use std::sync::Arc;

use super::World;
use crate::state::clock::Timestamp;
use crate::state::event_counts::EventCounts;
use crate::state::events::{Derive, Draft, Event, EventListener, EventPage, Events};
use crate::state::names::TableKey;
use crate::state::test_tag::TestTag;
use crate::state::written::FindingWrites;

impl World {
    /// Enables events and stores the newest `capacity` of them; 0 disables events. Numbering continues after `after`.
    /// `listener` receives them.
    pub fn enable_events(
        &mut self,
        capacity: usize,
        derive: Derive,
        after: u64,
        listener: Option<Arc<dyn EventListener>>,
    ) {
        self.events = (capacity > 0).then(|| Events::new(capacity, derive, after, listener));
    }

    /// Takes over the stored events and the numbering of the previous world, which no longer emits events.
    pub fn continue_events(&mut self, before: &World) {
        self.events = before.events.as_ref().map(Events::hand_over);
    }

    /// Returns whether events are enabled.
    pub fn has_events(&self) -> bool {
        self.events.is_some()
    }

    /// Up to `limit` matching events after a number, oldest first.
    pub fn events(&self, after: u64, limit: usize, is_wanted: impl Fn(&Event) -> bool) -> EventPage {
        self.events.as_ref().map(|events| events.page(after, limit, is_wanted)).unwrap_or_default()
    }

    /// Disables events, including those of calls in progress, and returns the number of the last event. The next world
    /// continues numbering from there.
    pub fn close_events(&self) -> u64 {
        self.events.as_ref().map(Events::close).unwrap_or_default()
    }

    /// Numbers of events since the start of the process.
    pub fn event_counts(&self) -> EventCounts {
        self.events.as_ref().map(Events::counts).unwrap_or_default()
    }

    /// Continues the counters of the previous world.
    pub fn continue_event_counts(&self, before: &World) {
        if let Some(events) = &self.events {
            events.continue_counts(before.event_counts());
        }
    }

    /// Removes and returns all stored events, oldest first. Their numbers are not reused.
    pub fn take_events(&self) -> Vec<Event> {
        self.events.as_ref().map(Events::take).unwrap_or_default()
    }

    /// Removes the stored events with these numbers, in ascending order. Returns the number of removed events.
    pub fn remove_events(&self, numbers: &[u64]) -> usize {
        self.events.as_ref().map(|events| events.remove(numbers)).unwrap_or_default()
    }

    /// Skips the oldest of the matching events after a number, so that at most `limit` follow. Returns the number to
    /// continue after and the number of skipped events.
    pub fn skip_events(&self, after: u64, limit: usize, is_wanted: impl Fn(&Event) -> bool) -> (u64, u64) {
        self.events.as_ref().map_or((after, 0), |events| events.skip(after, limit, is_wanted))
    }

    /// Starts recording writes of a call to a table, if events are enabled.
    pub(in crate::state) fn begin_writes(
        &self,
        table: &TableKey,
        due_at: Option<Timestamp>,
        test: Option<&TestTag>,
        transaction: u64,
    ) -> Option<FindingWrites> {
        let at = || due_at.unwrap_or_else(|| self.clock.now());
        self.events.as_ref().map(|events| events.begin(table.clone(), at(), test.cloned(), transaction))
    }

    /// A number for a transaction, which distinguishes its writes.
    pub(in crate::state) fn start_transaction(&self) -> u64 {
        self.events.as_ref().map(Events::start_transaction).unwrap_or_default()
    }

    /// Discards the recorded writes of a transaction, which were undone.
    pub(in crate::state) fn discard_writes(&self, transaction: u64) {
        if let Some(events) = &self.events {
            events.discard(transaction);
        }
    }

    /// Reserves event numbers up to this one. Returns false if that could not be recorded.
    pub(in crate::state) fn reserve_events(&self, number: u64) -> bool {
        self.change_log().is_none_or(|log| log.reach_event(number))
    }

    /// Records finished writes. Must be called while the table is locked, so that writes are in order.
    pub(in crate::state) fn record_writes(&self, written: Option<FindingWrites>) {
        if let (Some(events), Some(written)) = (&self.events, written) {
            events.record(written);
        }
    }

    pub(in crate::state) fn emit(&self, drafts: Vec<Draft>, due_at: Option<Timestamp>, test: Option<&TestTag>) {
        if let Some(events) = &self.events {
            events.emit(self, drafts, due_at.unwrap_or_else(|| self.clock.now()), test);
        }
    }
}

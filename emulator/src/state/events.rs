//! Events sent to hubs; the newest are kept in a ring buffer.
//!
//! This module does not know which hub receives which event. [`Derive`] decides that, and is called with what
//! transactions have written.

use std::collections::VecDeque;
use std::sync::Arc;

use securityhub_engine::Snapshot;

use super::clock::Timestamp;
use super::event_counts::{EventCounts, EventKind};
use super::hub::HubKey;
use super::ids::IdSource;
use super::names::TableKey;
use super::sync::Mutex;
use super::sync::atomic::{AtomicU64, Ordering};
use super::test_tag::TestTag;
use super::world::World;
use super::written::FindingWrites;

/// An event sent to a hub.
#[derive(Clone, Debug)]
pub struct Event {
    /// Sequence number, starting at 1 and continuing across resets. The event's ID is derived from it, so no two events
    /// of a process share an ID.
    pub number: u64,
    /// The time at which it was sent.
    pub at: Timestamp,
    /// The account and Region that received it.
    pub receiver: HubKey,
    /// The content of the event.
    pub subject: Subject,
    /// The tag of the call that caused it.
    pub test: Option<TestTag>,
}

/// The content of an event.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A finding as it was when it was created or updated (EVT-01).
    Finding(Snapshot),
    /// A finding in OCSF, as it was when it was created or updated (EVT-04).
    Ocsf(Arc<OcsfFinding>),
    /// A finding that a user sent to a custom action (EVT-02).
    Selected(Arc<UsedAction>, Snapshot),
    /// Insight results that a user sent to a custom action (EVT-03).
    Results(Arc<UsedAction>, Arc<InsightReport>),
}

impl Subject {
    /// The kind of an event with this content.
    pub fn kind(&self) -> EventKind {
        match self {
            Subject::Finding(_) => EventKind::Finding,
            Subject::Ocsf(_) => EventKind::Ocsf,
            Subject::Selected(..) => EventKind::Selected,
            Subject::Results(..) => EventKind::Results,
        }
    }
}

/// A finding in OCSF.
#[derive(Clone, Debug)]
pub struct OcsfFinding {
    /// `metadata.uid`
    pub uid: String,
    /// The finding as JSON.
    pub document: Vec<u8>,
}

/// A custom action at the time it was used.
#[derive(Clone, Debug)]
pub struct UsedAction {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
}

/// Insight results at the time they were sent.
#[derive(Clone, Debug)]
pub struct InsightReport {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The filter name whose values are counted.
    pub group_by_attribute: String,
    /// The values, and the number of findings with each.
    pub values: Vec<(String, u64)>,
}

/// An event that has not been emitted yet: its receiver and content.
pub type Draft = (HubKey, Subject);

/// Derives the events of written findings, in order.
pub type Derive = fn(&World, &FindingWrites, &mut dyn FnMut(Draft));

/// Receives events when they are emitted. Its functions must return quickly and must not read the world.
pub trait EventListener: Send + Sync {
    /// Returns whether the listener receives events.
    fn is_listening(&self) -> bool;

    /// Receives events in the order of their numbers, with the source of their IDs. No later events are emitted
    /// meanwhile.
    fn receive(&self, events: &[Event], ids: &IdSource);

    /// Called after events were emitted.
    fn notify(&self);
}

/// Maximum number of findings of one write whose events a listener receives, if the ring is smaller.
const MAX_RECEIVED: usize = 200_000;

/// A page of the kept events.
#[derive(Clone, Debug, Default)]
pub struct EventPage {
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// The cursor: the next page starts after this number.
    pub last: u64,
    /// True if there are later events that this page has not examined.
    pub more: bool,
    /// The number of events in the requested range that were dropped.
    pub dropped: u64,
}

/// The events of a world.
pub(super) struct Events {
    capacity: usize,
    derive: Derive,
    /// Writes whose events have not been emitted yet. They are recorded while the table is locked, so they are in the
    /// order in which findings were written.
    written: Mutex<Vec<FindingWrites>>,
    ring: Mutex<Ring>,
    listener: Option<Arc<dyn EventListener>>,
    /// The number of transactions so far, which distinguishes their writes.
    transactions: AtomicU64,
}

#[derive(Debug)]
struct Ring {
    capacity: usize,
    events: VecDeque<Event>,
    /// The number of the last event.
    last: u64,
    /// The number of the last event when the ring was emptied.
    emptied_at: u64,
    /// The number of the last event that was dropped in favor of a newer one.
    dropped_at: u64,
    /// True if another world has taken over the numbering.
    is_closed: bool,
    counts: EventCounts,
}

impl Events {
    pub(super) fn new(capacity: usize, derive: Derive, after: u64, listener: Option<Arc<dyn EventListener>>) -> Self {
        let ring = Mutex::new(Ring::new(capacity, after));
        Events { capacity, derive, written: Mutex::default(), ring, listener, transactions: AtomicU64::new(0) }
    }

    /// A number for a transaction.
    pub(super) fn start_transaction(&self) -> u64 {
        self.transactions.fetch_add(1, Ordering::Relaxed)
    }

    /// Starts recording writes to a table.
    pub(super) fn begin(
        &self,
        table: TableKey,
        at: Timestamp,
        test: Option<TestTag>,
        transaction: u64,
    ) -> FindingWrites {
        let capacity = if self.receiver().is_some() { self.capacity.max(MAX_RECEIVED) } else { self.capacity };
        FindingWrites::new(table, at, test, transaction, capacity)
    }

    /// Records finished writes.
    pub(super) fn record(&self, written: FindingWrites) {
        if !written.findings.is_empty() {
            self.written.lock().push(written);
        }
    }

    /// Discards the recorded writes of a transaction, which were undone.
    pub(super) fn discard(&self, transaction: u64) {
        self.written.lock().retain(|written| written.transaction != transaction);
    }

    /// The listener, if it is listening.
    fn receiver(&self) -> Option<&dyn EventListener> {
        self.listener.as_deref().filter(|listener| listener.is_listening())
    }

    /// Emits the events of recorded writes, then `drafts` of a call with time `at`. Transactions emit one at a time, and
    /// one may emit events of another's writes.
    pub(super) fn emit(&self, world: &World, drafts: Vec<Draft>, at: Timestamp, test: Option<&TestTag>) {
        let mut ring = self.ring.lock();
        let written = std::mem::take(&mut *self.written.lock());
        if ring.is_closed || (written.is_empty() && drafts.is_empty()) {
            return;
        }
        let (mut new, mut skipped) = (Vec::new(), Vec::new());
        for written in &written {
            skipped.push((new.len(), written.dropped()));
            (self.derive)(world, written, &mut |draft| new.push((draft, written.at(), written.test())));
        }
        new.extend(drafts.into_iter().map(|draft| (draft, at, test)));
        // Numbers are reserved before readers can see them.
        let count = new.len() as u64 + skipped.iter().map(|(_, count)| count).sum::<u64>();
        if !world.reserve_events(ring.last + count) {
            ring.counts.dropped += count;
            return;
        }
        let receiver = self.receiver();
        let (mut events, mut skipped) = (Vec::new(), skipped.into_iter().peekable());
        for (position, (draft, at, test)) in new.into_iter().enumerate() {
            while let Some((_, count)) = skipped.next_if(|(before, _)| *before <= position) {
                ring.skip(count);
            }
            let event = ring.number(draft, at, test.cloned());
            if receiver.is_some() {
                events.push(event.clone());
            }
            ring.push(event);
        }
        skipped.for_each(|(_, count)| ring.skip(count));
        if let Some(receiver) = receiver {
            receiver.receive(&events, &world.ids);
        }
        drop(ring);
        if let Some(listener) = &self.listener {
            listener.notify();
        }
    }

    /// The counters of events.
    pub(super) fn counts(&self) -> EventCounts {
        self.ring.lock().counts
    }

    /// Sets the counters to those of the previous world.
    pub(super) fn continue_counts(&self, counts: EventCounts) {
        self.ring.lock().counts = counts;
    }

    /// Up to `limit` matching events after a number.
    pub(super) fn page(&self, after: u64, limit: usize, is_wanted: impl Fn(&Event) -> bool) -> EventPage {
        self.ring.lock().page(after, limit, is_wanted)
    }

    /// The number of the last event.
    pub(super) fn last(&self) -> u64 {
        self.ring.lock().last
    }

    /// Stops emitting events and returns the number of the last one.
    pub(super) fn close(&self) -> u64 {
        let mut ring = self.ring.lock();
        ring.is_closed = true;
        ring.last
    }

    /// Closes these events and returns their continuation in the next world.
    pub(super) fn hand_over(&self) -> Events {
        let mut ring = self.ring.lock();
        ring.is_closed = true;
        let next = Ring { events: std::mem::take(&mut ring.events), is_closed: false, ..*ring };
        Events { ring: Mutex::new(next), ..Events::new(self.capacity, self.derive, ring.last, self.listener.clone()) }
    }

    /// Removes and returns all kept events. Their numbers are not reused.
    pub(super) fn take(&self) -> Vec<Event> {
        let mut ring = self.ring.lock();
        ring.emptied_at = ring.last;
        ring.events.drain(..).collect()
    }

    /// Removes the events with these numbers, in ascending order. Returns the number of removed events.
    pub(super) fn remove(&self, numbers: &[u64]) -> usize {
        let mut ring = self.ring.lock();
        let before = ring.events.len();
        ring.events.retain(|event| numbers.binary_search(&event.number).is_err());
        before - ring.events.len()
    }

    /// Skips the oldest of the matching events after a number, so that at most `limit` follow. Returns the number to
    /// continue after and the number of skipped events.
    pub(super) fn skip(&self, after: u64, limit: usize, is_wanted: impl Fn(&Event) -> bool) -> (u64, u64) {
        self.ring.lock().newest(after, limit, is_wanted)
    }
}

impl Ring {
    fn new(capacity: usize, after: u64) -> Ring {
        Ring {
            capacity,
            events: VecDeque::new(),
            last: after,
            emptied_at: after,
            dropped_at: after,
            is_closed: false,
            counts: EventCounts::default(),
        }
    }

    /// The next event.
    fn number(&mut self, (receiver, subject): Draft, at: Timestamp, test: Option<TestTag>) -> Event {
        self.counts.add(subject.kind());
        self.last += 1;
        Event { number: self.last, at, receiver, subject, test }
    }

    /// Counts events that are dropped because newer ones follow.
    fn skip(&mut self, count: u64) {
        if count > 0 {
            self.last += count;
            self.counts.dropped += count;
            self.dropped_at = self.last;
        }
    }

    fn push(&mut self, event: Event) {
        if self.events.len() >= self.capacity
            && let Some(dropped) = self.events.pop_front()
        {
            self.counts.dropped += 1;
            self.dropped_at = self.dropped_at.max(dropped.number);
        }
        self.events.push_back(event);
    }

    fn newest(&self, after: u64, limit: usize, is_wanted: impl Fn(&Event) -> bool) -> (u64, u64) {
        let later = self.events.partition_point(|event| event.number <= after);
        let mut skipped = self.events.range(later..).rev().filter(|event| is_wanted(event)).skip(limit);
        let Some(last) = skipped.next() else { return (after, 0) };
        (last.number, 1 + skipped.count() as u64)
    }

    fn page(&self, after: u64, limit: usize, is_wanted: impl Fn(&Event) -> bool) -> EventPage {
        let dropped = self.dropped_at.saturating_sub(after.max(self.emptied_at));
        let later = self.events.partition_point(|event| event.number <= after);
        let mut page = EventPage { dropped, last: self.last, ..EventPage::default() };
        for event in self.events.range(later..).filter(|event| is_wanted(event)) {
            if page.events.len() == limit {
                page.last = page.events.last().map_or(after, |event| event.number);
                page.more = true;
                break;
            }
            page.events.push(event.clone());
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::written::Form;
    use crate::state::{AccountId, Region};

    fn ring(capacity: usize, count: u8) -> Ring {
        let mut ring = Ring::new(capacity, 0);
        let receiver = HubKey { account: AccountId::DEFAULT, region: Region::new("us-east-1") };
        for number in 1..=count {
            let draft = (receiver.clone(), Subject::Finding(Snapshot::copy(&[number])));
            let event = ring.number(draft, Timestamp::UNIX_EPOCH, None);
            ring.push(event);
        }
        ring
    }

    fn page(ring: &Ring, after: u64, limit: usize, is_wanted: impl Fn(u64) -> bool) -> (Vec<u64>, u64, u64) {
        let page = ring.page(after, limit, |event| is_wanted(event.number));
        (page.events.iter().map(|event| event.number).collect(), page.last, page.dropped)
    }

    #[test]
    fn the_ring_keeps_the_newest_of_findings_written_together() {
        let mut written =
            FindingWrites::new(TableKey::from(&Region::new("us-east-1")), Timestamp::UNIX_EPOCH, None, 0, 3);
        (0..10).for_each(|number| written.push(Snapshot::copy(&[number]), Form::Both));
        let kept: Vec<&[u8]> = written.findings.iter().map(|written| written.finding.as_bytes()).collect();
        assert_eq!((kept, written.dropped()), (vec![&[7][..], &[8], &[9]], 7));
    }

    #[test]
    fn a_page_reports_how_many_events_were_dropped() {
        let ring = ring(3, 10);
        assert_eq!(page(&ring, 0, 9, |_| true), (vec![8, 9, 10], 10, 7));
        assert_eq!(page(&ring, 5, 9, |_| true), (vec![8, 9, 10], 10, 2));
        assert_eq!(page(&ring, 7, 2, |_| true), (vec![8, 9], 9, 0));
        assert_eq!(page(&ring, 9, 2, |_| true), (vec![10], 10, 0));
        assert_eq!(page(&ring, 10, 2, |_| true), (vec![], 10, 0));
        assert_eq!(page(&ring, 99, 2, |_| true), (vec![], 10, 0), "a number of another world");
    }

    #[test]
    fn the_cursor_advances_past_events_that_do_not_match() {
        let ring = ring(9, 9);
        assert_eq!(page(&ring, 0, 2, |number| number % 2 == 0), (vec![2, 4], 4, 0));
        assert_eq!(page(&ring, 4, 2, |number| number % 2 == 0), (vec![6, 8], 9, 0));
        assert_eq!(page(&ring, 0, 2, |_| false), (vec![], 9, 0));
    }

    /// Rules: CPL-80.
    #[test]
    fn removed_events_are_not_counted_as_dropped() {
        let events = Events::new(3, |_, _, _| (), 0, None);
        *events.ring.lock() = ring(3, 5);
        assert_eq!((events.remove(&[1, 4, 9]), events.remove(&[4])), (1, 0));
        let page = |after| page(&events.ring.lock(), after, 9, |_| true);
        assert_eq!(page(0), (vec![3, 5], 5, 2));
        assert_eq!(events.remove(&[3, 5]), 2);
        assert_eq!(page(2), (vec![], 5, 0));
    }

    /// Rules: CPL-81.
    #[test]
    fn a_reader_far_behind_skips_to_the_newest() {
        let ring = ring(9, 9);
        assert_eq!(ring.newest(0, 9, |_| true), (0, 0));
        assert_eq!(ring.newest(0, 4, |_| true), (5, 5));
        assert_eq!(ring.newest(4, 4, |_| true), (5, 1));
        assert_eq!(ring.newest(0, 2, |event| event.number % 2 == 0), (4, 2));
    }
}

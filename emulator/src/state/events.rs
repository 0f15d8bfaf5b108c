//! Events sent to hubs; the newest are kept in a ring buffer.
//!
//! This room does not know which hub receives which event. [`Derive`] decides that, and is called with what
//! transactions have written.

use std::collections::VecDeque;
use std::sync::Arc;

use securityhub_engine::Snapshot;

use super::clock::Timestamp;
use super::event_counts::EventCounts;
use super::hub::HubKey;
use super::names::TableKey;
use super::sync::Mutex;
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

/// Is called after events were sent. It must not read the world.
pub type Announce = Arc<dyn Fn() + Send + Sync>;

/// A page of the kept events.
#[derive(Debug, Default)]
pub struct EventPage {
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// The cursor: the next page starts after this number.
    pub last: u64,
    /// Whether there are later events that this page has not examined.
    pub more: bool,
    /// The number of events in the requested range that are no longer kept.
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
    /// Called after events were sent.
    announce: Option<Announce>,
}

#[derive(Debug)]
struct Ring {
    capacity: usize,
    events: VecDeque<Event>,
    /// The number of the last event.
    last: u64,
    /// The number of the last event when the ring was emptied.
    emptied_at: u64,
    /// Whether another world has taken over the numbering.
    is_closed: bool,
    counts: EventCounts,
}

impl Events {
    pub(super) fn new(capacity: usize, derive: Derive, after: u64, announce: Option<Announce>) -> Self {
        Events { capacity, derive, written: Mutex::default(), ring: Mutex::new(Ring::new(capacity, after)), announce }
    }

    /// Starts recording writes to a table.
    pub(super) fn begin(&self, table: TableKey, at: Timestamp) -> FindingWrites {
        FindingWrites::new(table, at, self.capacity)
    }

    /// Records finished writes.
    pub(super) fn record(&self, written: FindingWrites) {
        if !written.findings.is_empty() {
            self.written.lock().push(written);
        }
    }

    /// Emits the events of recorded writes, then `drafts` with time `at`. Transactions emit one at a time, and one may
    /// emit events of another's writes.
    pub(super) fn emit(&self, world: &World, drafts: Vec<Draft>, at: Timestamp) {
        let mut ring = self.ring.lock();
        let written = std::mem::take(&mut *self.written.lock());
        if ring.is_closed || (written.is_empty() && drafts.is_empty()) {
            return;
        }
        for written in &written {
            ring.last += written.dropped();
            ring.counts.dropped += written.dropped();
            (self.derive)(world, written, &mut |draft| ring.push(draft, written.at()));
        }
        for draft in drafts {
            ring.push(draft, at);
        }
        drop(ring);
        if let Some(announce) = &self.announce {
            announce();
        }
    }

    /// Numbers of events.
    pub(super) fn counts(&self) -> EventCounts {
        self.ring.lock().counts
    }

    /// Continues these numbers of events.
    pub(super) fn continue_counts(&self, counts: EventCounts) {
        self.ring.lock().counts = counts;
    }

    /// Up to `limit` matching events after a number.
    pub(super) fn page(&self, after: u64, limit: usize, is_wanted: impl Fn(&Event) -> bool) -> EventPage {
        self.ring.lock().page(after, limit, is_wanted)
    }

    /// Stops emitting events and returns the number of the last one.
    pub(super) fn close(&self) -> u64 {
        let mut ring = self.ring.lock();
        ring.is_closed = true;
        ring.last
    }

    /// Events that continue these, which are closed.
    pub(super) fn hand_over(&self) -> Events {
        let mut ring = self.ring.lock();
        ring.is_closed = true;
        let events = std::mem::take(&mut ring.events);
        let (last, emptied_at, counts) = (ring.last, ring.emptied_at, ring.counts);
        let next = Ring { capacity: self.capacity, events, last, emptied_at, is_closed: false, counts };
        Events { ring: Mutex::new(next), ..Events::new(self.capacity, self.derive, last, self.announce.clone()) }
    }

    /// Removes and returns all kept events. Their numbers are not reused.
    pub(super) fn take(&self) -> Vec<Event> {
        let mut ring = self.ring.lock();
        ring.emptied_at = ring.last;
        ring.events.drain(..).collect()
    }
}

impl Ring {
    fn new(capacity: usize, after: u64) -> Ring {
        Ring {
            capacity,
            events: VecDeque::new(),
            last: after,
            emptied_at: after,
            is_closed: false,
            counts: EventCounts::default(),
        }
    }

    fn push(&mut self, (receiver, subject): Draft, at: Timestamp) {
        if self.events.len() >= self.capacity {
            self.events.pop_front();
            self.counts.dropped += 1;
        }
        self.counts.add(subject.kind());
        self.last += 1;
        self.events.push_back(Event { number: self.last, at, receiver, subject });
    }

    fn page(&self, after: u64, limit: usize, is_wanted: impl Fn(&Event) -> bool) -> EventPage {
        let first = self.events.front().map_or(self.last + 1, |event| event.number);
        let dropped = (first - 1).saturating_sub(after.max(self.emptied_at));
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
            ring.push((receiver.clone(), Subject::Finding(Snapshot::copy(&[number]))), Timestamp::UNIX_EPOCH);
        }
        ring
    }

    fn page(ring: &Ring, after: u64, limit: usize, is_wanted: impl Fn(u64) -> bool) -> (Vec<u64>, u64, u64) {
        let page = ring.page(after, limit, |event| is_wanted(event.number));
        (page.events.iter().map(|event| event.number).collect(), page.last, page.dropped)
    }

    #[test]
    fn the_ring_keeps_the_newest_of_findings_written_together() {
        let mut written = FindingWrites::new(TableKey::from(&Region::new("us-east-1")), Timestamp::UNIX_EPOCH, 3);
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
}

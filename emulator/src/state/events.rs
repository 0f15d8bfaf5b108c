//! Events: what hubs have been told, the newest of it, in a ring.
//!
//! The room knows no rule of who is told what: [`Derive`] says so, and is called for what transactions have written.

use std::collections::VecDeque;
use std::sync::Arc;

use securityhub_engine::Snapshot;

use super::clock::Timestamp;
use super::hub::HubKey;
use super::names::Place;
use super::sync::Mutex;
use super::world::World;
use super::written::Written;

/// Something that a hub has been told.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its place in the order of all events, from 1 on; it goes on where the world before this ended. The event's id is
    /// made of it, so that no two events of a process share one.
    pub number: u64,
    /// When it was told.
    pub at: Timestamp,
    /// Who was told, and where.
    pub receiver: HubKey,
    /// What it is about.
    pub subject: Subject,
}

/// What an event is about.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A finding that was created or updated, as it was then (EVT-01).
    Finding(Snapshot),
    /// A finding that a person sent to a custom action (EVT-02).
    Selected(Arc<UsedAction>, Snapshot),
    /// Results of an insight that a person sent to a custom action (EVT-03).
    Results(Arc<UsedAction>, Arc<InsightReport>),
}

/// A custom action as it was when a person used it.
#[derive(Clone, Debug)]
pub struct UsedAction {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
}

/// Results of an insight as they were when a person sent them.
#[derive(Clone, Debug)]
pub struct InsightReport {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The filter name whose values are counted.
    pub group_by_attribute: String,
    /// Values and how many findings have each.
    pub values: Vec<(String, u64)>,
}

/// An event that has not been told yet: to whom, and what.
pub type Draft = (HubKey, Subject);

/// Tells, in order, what hubs are told of findings that were written.
pub type Derive = fn(&World, &Written, &mut dyn FnMut(Draft));

/// A part of what is kept.
#[derive(Debug, Default)]
pub struct EventPage {
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// The number after which the next page begins.
    pub last: u64,
    /// Whether there are later events that were not looked at.
    pub more: bool,
    /// How many events that would have been looked at are no longer kept.
    pub dropped: u64,
}

/// The events of a world.
#[derive(Debug)]
pub(super) struct Events {
    most: usize,
    derive: Derive,
    /// What was written and not told yet. It is filled under the locks of tables, so that it has the order in which
    /// findings were written.
    written: Mutex<Vec<Written>>,
    ring: Mutex<Ring>,
}

#[derive(Debug)]
struct Ring {
    most: usize,
    events: VecDeque<Event>,
    /// The number of the last event.
    last: u64,
    /// The number of the last event when the ring was emptied.
    emptied_at: u64,
    /// Another world goes on numbering.
    is_closed: bool,
}

impl Events {
    pub(super) fn new(most: usize, derive: Derive, after: u64) -> Self {
        Events { most, derive, written: Mutex::default(), ring: Mutex::new(Ring::new(most, after)) }
    }

    /// A note of findings of a place.
    pub(super) fn begin(&self, place: Place, at: Timestamp) -> Written {
        Written::new(place, at, self.most)
    }

    /// Notes what is to be told.
    pub(super) fn note(&self, written: Written) {
        if !written.findings.is_empty() {
            self.written.lock().push(written);
        }
    }

    /// Tells what was noted, then `drafts` of the time `at`. One transaction tells at a time, and may tell what another
    /// has written.
    pub(super) fn tell(&self, world: &World, drafts: Vec<Draft>, at: Timestamp) {
        let mut ring = self.ring.lock();
        let written = std::mem::take(&mut *self.written.lock());
        if ring.is_closed || (written.is_empty() && drafts.is_empty()) {
            return;
        }
        for written in &written {
            ring.last += written.earlier();
            (self.derive)(world, written, &mut |draft| ring.push(draft, written.at()));
        }
        for draft in drafts {
            ring.push(draft, at);
        }
    }

    /// Up to `most` events after a number that are meant.
    pub(super) fn page(&self, after: u64, most: usize, is_meant: impl Fn(&Event) -> bool) -> EventPage {
        self.ring.lock().page(after, most, is_meant)
    }

    /// Tells nothing from now on; gives the number of the last event.
    pub(super) fn close(&self) -> u64 {
        let mut ring = self.ring.lock();
        ring.is_closed = true;
        ring.last
    }

    /// Takes all events; their numbers do not come back.
    pub(super) fn take(&self) -> Vec<Event> {
        let mut ring = self.ring.lock();
        ring.emptied_at = ring.last;
        ring.events.drain(..).collect()
    }
}

impl Ring {
    fn new(most: usize, after: u64) -> Ring {
        Ring { most, events: VecDeque::new(), last: after, emptied_at: after, is_closed: false }
    }

    fn push(&mut self, (receiver, subject): Draft, at: Timestamp) {
        if self.events.len() >= self.most {
            self.events.pop_front();
        }
        self.last += 1;
        self.events.push_back(Event { number: self.last, at, receiver, subject });
    }

    fn page(&self, after: u64, most: usize, is_meant: impl Fn(&Event) -> bool) -> EventPage {
        let first = self.events.front().map_or(self.last + 1, |event| event.number);
        let dropped = (first - 1).saturating_sub(after.max(self.emptied_at));
        let later = self.events.partition_point(|event| event.number <= after);
        let mut page = EventPage { dropped, last: self.last, ..EventPage::default() };
        for event in self.events.range(later..).filter(|event| is_meant(event)) {
            if page.events.len() == most {
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
    use crate::state::{AccountId, Region};

    fn ring(most: usize, count: u8) -> Ring {
        let mut ring = Ring::new(most, 0);
        let receiver = HubKey { account: AccountId::DEFAULT, region: Region::new("us-east-1") };
        for number in 1..=count {
            ring.push((receiver.clone(), Subject::Finding(Snapshot::copy(&[number]))), Timestamp::UNIX_EPOCH);
        }
        ring
    }

    fn page(ring: &Ring, after: u64, most: usize, is_meant: impl Fn(u64) -> bool) -> (Vec<u64>, u64, u64) {
        let page = ring.page(after, most, |event| is_meant(event.number));
        (page.events.iter().map(|event| event.number).collect(), page.last, page.dropped)
    }

    #[test]
    fn of_findings_that_are_written_together_the_newest_are_kept() {
        let mut written =
            Written::new(Place { region: Region::new("us-east-1"), origin: None }, Timestamp::UNIX_EPOCH, 3);
        (0..10).for_each(|number| written.push(Snapshot::copy(&[number])));
        let kept: Vec<&[u8]> = written.findings.iter().map(Snapshot::as_bytes).collect();
        assert_eq!((kept, written.earlier()), (vec![&[7][..], &[8], &[9]], 7));
    }

    #[test]
    fn the_newest_are_kept_and_what_was_missed_is_told() {
        let ring = ring(3, 10);
        assert_eq!(page(&ring, 0, 9, |_| true), (vec![8, 9, 10], 10, 7));
        assert_eq!(page(&ring, 5, 9, |_| true), (vec![8, 9, 10], 10, 2));
        assert_eq!(page(&ring, 7, 2, |_| true), (vec![8, 9], 9, 0));
        assert_eq!(page(&ring, 9, 2, |_| true), (vec![10], 10, 0));
        assert_eq!(page(&ring, 10, 2, |_| true), (vec![], 10, 0));
        assert_eq!(page(&ring, 99, 2, |_| true), (vec![], 10, 0), "another world's number");
    }

    #[test]
    fn a_walk_goes_on_after_what_it_has_looked_at() {
        let ring = ring(9, 9);
        assert_eq!(page(&ring, 0, 2, |number| number % 2 == 0), (vec![2, 4], 4, 0));
        assert_eq!(page(&ring, 4, 2, |number| number % 2 == 0), (vec![6, 8], 9, 0));
        assert_eq!(page(&ring, 0, 2, |_| false), (vec![], 9, 0));
    }
}

//! The messages that a sink has not delivered yet, in order.
//!
//! A new message waits until it is compared with the pattern of the sink, and then in the lane of its receiver. The
//! messages of a lane are delivered one after the other. Locks and deliveries do not belong here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::state::{Event, HubKey, IdSource, Region};

/// A message that a sink delivers.
#[derive(Clone, Debug)]
pub enum Message {
    /// An event, and the source of its ID.
    Event(Event, Arc<IdSource>),
    /// An announcement of the service.
    Announcement(Arc<Announcement>),
}

/// An announcement of Security Hub in a Region, in the envelope of SNS (EVT-73).
#[derive(Debug)]
pub struct Announcement {
    /// The Region.
    pub region: Region,
    /// `MessageId`
    pub id: String,
    /// The envelope as JSON.
    pub envelope: String,
}

/// A part of a queue. The messages of one lane are delivered in order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Events of a receiver.
    Receiver(HubKey),
    /// Announcements of a Region.
    Region(Region),
    /// All messages of a sink that delivers them in one order, such as a file.
    All,
}

/// The number of a message in its queue.
type Ticket = u64;

/// A queue.
#[derive(Debug, Default)]
pub struct Queue {
    /// The ticket of the next message.
    next: Ticket,
    /// The messages whose delivery has not begun.
    waiting: BTreeMap<Ticket, Message>,
    /// The tickets of messages that are not yet compared with the pattern.
    unsorted: BTreeSet<Ticket>,
    /// The tickets of messages in lanes.
    lanes: BTreeMap<Lane, VecDeque<Ticket>>,
    /// The lanes with a delivery in progress.
    busy: BTreeSet<Lane>,
    /// The number of messages whose delivery is in progress.
    in_progress: usize,
}

impl Queue {
    /// The number of messages that are not delivered yet.
    pub fn len(&self) -> usize {
        self.waiting.len() + self.in_progress
    }

    /// Adds a message. If more than `max` messages wait, the oldest is dropped. Returns whether a message was dropped.
    pub fn push(&mut self, message: Message, max: usize) -> bool {
        self.waiting.insert(self.next, message);
        self.unsorted.insert(self.next);
        self.next += 1;
        self.waiting.len() > max && self.drop_oldest()
    }

    fn drop_oldest(&mut self) -> bool {
        let Some((ticket, _)) = self.waiting.pop_first() else { return false };
        if !self.unsorted.remove(&ticket) {
            // The oldest message of the queue is also the oldest message of its lane.
            for tickets in self.lanes.values_mut().filter(|tickets| tickets.front() == Some(&ticket)) {
                tickets.pop_front();
            }
        }
        true
    }

    /// Returns up to `max` of the oldest messages that are not yet compared with the pattern.
    pub fn unsorted(&self, max: usize) -> Vec<(Ticket, Message)> {
        let message = |ticket: &Ticket| Some((*ticket, self.waiting.get(ticket)?.clone()));
        self.unsorted.iter().take(max).filter_map(message).collect()
    }

    /// Moves a compared message to its lane, or drops it if `lane` is `None`.
    pub fn sort(&mut self, ticket: Ticket, lane: Option<Lane>) {
        if !self.unsorted.remove(&ticket) {
            return;
        }
        match lane {
            Some(lane) => self.lanes.entry(lane).or_default().push_back(ticket),
            None => _ = self.waiting.remove(&ticket),
        }
    }

    /// Returns a lane that has messages and no delivery in progress, and marks it as busy.
    pub fn begin(&mut self) -> Option<Lane> {
        self.lanes.retain(|_, tickets| !tickets.is_empty());
        let lane = self.lanes.keys().find(|lane| !self.busy.contains(*lane))?.clone();
        self.busy.insert(lane.clone());
        Some(lane)
    }

    /// Takes up to `max` messages of a busy lane, whose delivery is then in progress. A lane without messages is marked
    /// as free.
    pub fn take(&mut self, lane: &Lane, max: usize) -> Vec<Message> {
        let tickets = self.lanes.get_mut(lane).map(|tickets| tickets.drain(..max.min(tickets.len())));
        let messages: Vec<Message> =
            tickets.into_iter().flatten().filter_map(|ticket| self.waiting.remove(&ticket)).collect();
        self.in_progress += messages.len();
        if messages.is_empty() {
            self.end(lane);
        }
        messages
    }

    /// Marks a lane as free.
    pub fn end(&mut self, lane: &Lane) {
        self.busy.remove(lane);
    }

    /// Records that the delivery of `count` messages has ended.
    pub fn finish(&mut self, count: usize) {
        self.in_progress = self.in_progress.saturating_sub(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str) -> Message {
        let region = Region::new("us-east-1");
        Message::Announcement(Arc::new(Announcement { region, id: name.to_owned(), envelope: String::new() }))
    }

    fn names(messages: Vec<Message>) -> Vec<String> {
        let name = |message: Message| match message {
            Message::Announcement(announcement) => announcement.id.clone(),
            Message::Event(..) => panic!("expected an announcement"),
        };
        messages.into_iter().map(name).collect()
    }

    fn lane(region: &str) -> Lane {
        Lane::Region(Region::new(region))
    }

    fn sort(queue: &mut Queue, lanes: &[Option<&str>]) {
        for ((ticket, _), name) in queue.unsorted(usize::MAX).into_iter().zip(lanes) {
            queue.sort(ticket, name.map(lane));
        }
    }

    /// Rules: CPL-86.
    #[test]
    fn lanes_keep_their_order_and_do_not_wait_for_each_other() {
        let mut queue = Queue::default();
        for name in ["1", "2", "3", "4", "5"] {
            assert!(!queue.push(message(name), 10));
        }
        assert_eq!(queue.begin(), None, "nothing was compared yet");
        sort(&mut queue, &[Some("a"), Some("b"), None, Some("a"), Some("a")]);
        assert_eq!(queue.len(), 4);
        let (first, second) = (queue.begin().unwrap(), queue.begin().unwrap());
        assert_eq!((&first, &second, queue.begin()), (&lane("a"), &lane("b"), None));
        assert_eq!(names(queue.take(&first, 2)), ["1", "4"]);
        assert_eq!(names(queue.take(&second, 2)), ["2"]);
        assert_eq!(queue.len(), 4);
        queue.finish(3);
        assert_eq!(names(queue.take(&first, 2)), ["5"]);
        queue.finish(1);
        assert_eq!((queue.take(&first, 2).len(), queue.len(), queue.begin()), (0, 0, None));
        queue.push(message("6"), 10);
        sort(&mut queue, &[Some("a")]);
        assert_eq!(queue.begin(), Some(lane("a")));
    }

    /// Rules: CPL-86.
    #[test]
    fn a_full_queue_drops_the_oldest() {
        let mut queue = Queue::default();
        for (name, is_dropped) in [("1", false), ("2", false), ("3", true)] {
            assert_eq!(queue.push(message(name), 2), is_dropped, "{name}");
        }
        sort(&mut queue, &[Some("b"), Some("a")]);
        assert!(queue.push(message("4"), 2));
        let lane = queue.begin().unwrap();
        assert_eq!((names(queue.take(&lane, 9)), queue.begin()), (vec!["3".to_owned()], None));
        assert_eq!(queue.len(), 2, "one waits to be compared, one is being delivered");
    }
}

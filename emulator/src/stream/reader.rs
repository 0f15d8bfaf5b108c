//! Reads what is new for a stream, and writes it as messages.

use std::fmt::Write as _;

use super::Follow;
use super::cursor::Cursor;
use crate::domain::events::envelope;
use crate::domain::events::filter::EventFilter;
use crate::served::ServedWorld;
use crate::state::{Event, World};

/// Maximum number of events that are read before other tasks get their turn. Comparing one with a pattern takes about 50
/// microseconds.
const READ_AT_ONCE: usize = 16;
/// Maximum number of messages by which a reader may be behind.
const MAX_BEHIND: usize = 1000;

/// A reader of a stream.
#[derive(Debug)]
pub(super) struct Reader {
    events: Option<EventFilter>,
    at: Cursor,
    /// The number of the last event when the stream was opened. Until there, the reader catches up from the message that it
    /// named, and nothing is skipped.
    opened_at: u64,
    /// The number of announcements before the next one.
    announcements: u64,
}

impl Reader {
    pub(super) fn new(served: &ServedWorld, follow: Follow) -> Reader {
        let last = last_event(&served.world());
        let after = follow.after.unwrap_or(Cursor { event: last, request: 0 });
        // A number of another process, whose events have numbers of their own.
        let event = if after.event > last { 0 } else { after.event };
        Reader {
            events: follow.events,
            at: Cursor { event, ..after },
            opened_at: last,
            announcements: served.sinks().announcements().count(),
        }
    }

    /// Messages about what is new, and whether there may be more.
    pub(super) fn read(&mut self, served: &ServedWorld) -> (String, bool) {
        let mut text = String::new();
        let Some(filter) = &self.events else { return (text, false) };
        self.announcements = write_announcements(&mut text, served, filter, self.announcements, self.at);
        let world = served.world();
        let may_want = |event: &Event| filter.may_want(event);
        let mut dropped = 0;
        if self.at.event >= self.opened_at {
            (self.at.event, dropped) = world.skip_events(self.at.event, MAX_BEHIND, may_want);
        }
        let page = world.events(self.at.event, READ_AT_ONCE, may_want);
        dropped += page.dropped;
        if dropped > 0 {
            write(&mut text, "dropped", self.at, &format!("{{\"Dropped\":{dropped}}}"));
        }
        for event in page.events {
            self.at.event = event.number;
            if filter.matches(&event, &world.ids) {
                write(&mut text, "event", self.at, &envelope::write(&event, &world.ids));
            }
        }
        self.at.event = page.last;
        (text, page.more)
    }
}

/// The number of the last event.
fn last_event(world: &World) -> u64 {
    world.events(u64::MAX, 1, |_| false).last
}

/// Writes the announcements after the first `count`. They are not events, so filters that only events can match do not
/// select them.
fn write_announcements(text: &mut String, served: &ServedWorld, filter: &EventFilter, count: u64, at: Cursor) -> u64 {
    let (announcements, count) = served.sinks().announcements().after(count);
    let selects_events = filter.pattern.is_some() || filter.detail_type.is_some() || filter.test.is_some();
    for announcement in announcements.iter().filter(|_| !selects_events) {
        if filter.region.as_ref().is_none_or(|region| *region == announcement.region) {
            write(text, "announcement", at, &announcement.envelope);
        }
    }
    count
}

fn write(text: &mut String, kind: &str, at: Cursor, data: &str) {
    _ = write!(text, "event: {kind}\nid: {at}\ndata: {data}\n\n");
}

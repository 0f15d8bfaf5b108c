//! Reads new events and calls for a stream, and writes them as messages.

use std::fmt::Write as _;

use super::cursor::Cursor;
use super::{Form, Subscription};
use crate::domain::events::envelope;
use crate::domain::events::filter::EventFilter;
use crate::invariant::Invariant;
use crate::journal::Filter;
use crate::served::ServedWorld;
use crate::state::{Event, World};

/// Maximum number of events that are read before the task yields. Comparing one with a pattern takes about 50
/// microseconds.
const READ_AT_ONCE: usize = 16;
/// Maximum number of messages by which a reader may lag.
const MAX_BEHIND: usize = 1000;

/// A reader of a stream.
#[derive(Debug)]
pub(super) struct Reader {
    events: Option<EventFilter>,
    requests: Option<Filter>,
    form: Option<Form>,
    at: Cursor,
    /// The numbers of the last event and the last request when the stream was opened. Up to them, the reader catches up
    /// from the cursor of the client without skipping messages.
    opened_at: Cursor,
    /// The number of announcements that were read.
    announcements: u64,
}

impl Reader {
    pub(super) fn new(served: &ServedWorld, subscription: Subscription) -> Reader {
        let opened_at = Cursor { event: last_event(&served.world()), request: served.journal().last() };
        let after = subscription.after.unwrap_or(opened_at);
        // A cursor beyond the last number is from another process, so it does not apply to this one.
        let known = |after: u64, last: u64| if after > last { 0 } else { after };
        let (event, request) = (known(after.event, opened_at.event), known(after.request, opened_at.request));
        Reader {
            events: subscription.events,
            requests: subscription.requests,
            form: subscription.form,
            at: Cursor { event, request },
            opened_at,
            announcements: served.sinks().announcements().count(),
        }
    }

    /// Returns the next messages, and whether there may be more. The events of a call precede the call.
    pub(super) fn read(&mut self, served: &ServedWorld) -> (String, bool) {
        let mut text = String::new();
        // A call is recorded after its events, so the events of all calls up to this one are available.
        let last_request = served.journal().last();
        let has_more = self.read_events(served, &mut text);
        let has_more = has_more || self.read_requests(served, last_request, &mut text);
        (text, has_more)
    }

    fn read_events(&mut self, served: &ServedWorld, text: &mut String) -> bool {
        let Some(filter) = &self.events else { return false };
        if self.form.is_none() {
            self.announcements = write_announcements(text, served, filter, self.announcements, self.at);
        }
        let world = served.world();
        let may_match = |event: &Event| filter.may_match(event);
        let mut dropped = 0;
        if self.at.event >= self.opened_at.event {
            (self.at.event, dropped) = world.skip_events(self.at.event, MAX_BEHIND, may_match);
        }
        let page = world.events(self.at.event, READ_AT_ONCE, may_match);
        write_dropped(text, self.at, dropped + page.dropped);
        for event in page.events {
            self.at.event = event.number;
            if filter.matches(&event, &world.ids) {
                let written = match &self.form {
                    Some(Form(form)) => form(&event, &world),
                    None => envelope::write(&event, &world.ids),
                };
                write(text, "event", self.at, &written);
            }
        }
        self.at.event = page.last;
        page.more
    }

    /// Reads requests up to the number `last`.
    fn read_requests(&mut self, served: &ServedWorld, last: u64, text: &mut String) -> bool {
        let Some(filter) = &self.requests else { return false };
        let mut dropped = 0;
        if self.at.request >= self.opened_at.request {
            let first = last.saturating_sub(MAX_BEHIND as u64);
            dropped = first.saturating_sub(self.at.request);
            self.at.request += dropped;
        }
        let filter = Filter { after: self.at.request, ..filter.clone() };
        let page = served.journal().page(&filter, READ_AT_ONCE, 0);
        write_dropped(text, self.at, dropped + page.dropped);
        let count = page.calls.len();
        for call in page.calls.into_iter().filter(|call| call.number <= last) {
            self.at.request = call.number;
            let call = serde_json::to_string(&call).or_report("a recorded call can be written as JSON");
            write(text, "request", self.at, &call.unwrap_or_default());
        }
        self.at.request = self.at.request.max(page.last.min(last));
        count == READ_AT_ONCE
    }
}

/// The number of the last event.
fn last_event(world: &World) -> u64 {
    world.events(u64::MAX, 1, |_| false).last
}

/// Writes the announcements after the first `count`, and returns their total number. Announcements are not events, so
/// conditions that only events can satisfy do not select them.
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

fn write_dropped(text: &mut String, at: Cursor, count: u64) {
    if count > 0 {
        write(text, "dropped", at, &format!("{{\"Dropped\":{count}}}"));
    }
}

fn write(text: &mut String, kind: &str, at: Cursor, data: &str) {
    _ = write!(text, "event: {kind}\nid: {at}\ndata: {data}\n\n");
}

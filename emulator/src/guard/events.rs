//! Events of an emulator as they occur.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Emulator;
use super::query::with_query;
use crate::control;

const PATH: &str = "/_emulator/events";
/// Maximum number of events in a page.
const PAGE: usize = 1000;

/// Selects events; a member without a value selects all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// The account that received the event.
    pub account: Option<String>,
    /// The Region that received it.
    pub region: Option<String>,
    /// Its `detail-type`.
    pub detail_type: Option<String>,
    /// An event pattern, in the format of EventBridge rules.
    pub pattern: Option<Value>,
    /// The tag of the call that caused it.
    pub test: Option<String>,
    /// Only events with a greater number.
    pub after: Option<u64>,
}

impl EventFilter {
    fn parameters(&self) -> Vec<(&'static str, Option<String>)> {
        vec![
            ("account", self.account.clone()),
            ("region", self.region.clone()),
            ("detail-type", self.detail_type.clone()),
            ("pattern", self.pattern.as_ref().map(Value::to_string)),
            ("test", self.test.clone()),
            ("after", self.after.map(|number| number.to_string())),
        ]
    }
}

/// Selects the messages of a stream; a member without a value selects all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamFilter {
    /// Only events, or only calls.
    pub kind: Option<MessageKind>,
    /// The account that received the event or made the call.
    pub account: Option<String>,
    /// The Region of the event or the call.
    pub region: Option<String>,
    /// The operation of calls, or the beginning of its name followed by `*`.
    pub operation: Option<String>,
    /// The `detail-type` of events.
    pub detail_type: Option<String>,
    /// An event pattern, in the format of EventBridge rules.
    pub pattern: Option<Value>,
    /// The tag of the call.
    pub test: Option<String>,
    /// The ID of the last message that was read. By default, the stream starts with the next event or call.
    pub after: Option<String>,
}

/// A kind of messages of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// Events.
    Events,
    /// Calls.
    Requests,
}

impl StreamFilter {
    /// Only events, or only calls.
    pub fn only(kind: MessageKind) -> StreamFilter {
        StreamFilter { kind: Some(kind), ..StreamFilter::default() }
    }

    fn parameters(&self) -> Vec<(&'static str, Option<String>)> {
        let kind = self.kind.map(|kind| match kind {
            MessageKind::Events => "events".to_owned(),
            MessageKind::Requests => "requests".to_owned(),
        });
        vec![
            ("kinds", kind),
            ("account", self.account.clone()),
            ("region", self.region.clone()),
            ("operation", self.operation.clone()),
            ("detail-type", self.detail_type.clone()),
            ("pattern", self.pattern.as_ref().map(Value::to_string)),
            ("test", self.test.clone()),
            ("after", self.after.clone()),
        ]
    }
}

/// A message of a stream.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// `event`, `request`, `announcement`, or `dropped` if the reader was too slow.
    pub kind: String,
    /// The position in the stream, for [`StreamFilter::after`].
    pub id: String,
    /// The envelope of the event, the recorded call, or the number of dropped messages.
    pub data: Value,
}

/// A stream of events and calls as they occur. It ends when the emulator is dropped.
#[derive(Debug)]
pub struct Messages {
    parts: mpsc::Receiver<io::Result<Bytes>>,
    /// The text that was received and not yet parsed.
    text: String,
}

impl Messages {
    /// The next message; `None` after the last one.
    pub async fn next(&mut self) -> Option<Message> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The next message that has arrived completely.
    fn take(&mut self) -> Option<Message> {
        while let Some((block, rest)) = self.text.split_once("\n\n") {
            let (message, length) = (message(block), self.text.len() - rest.len());
            self.text.drain(..length);
            if message.is_some() {
                return message;
            }
        }
        None
    }
}

impl Stream for Messages {
    type Item = Message;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Message>> {
        loop {
            if let Some(message) = self.take() {
                return Poll::Ready(Some(message));
            }
            let Some(Ok(part)) = ready!(self.parts.poll_recv(context)) else { return Poll::Ready(None) };
            self.text.push_str(&String::from_utf8_lossy(&part));
        }
    }
}

/// Parses a block of the stream; `None` for a comment.
fn message(block: &str) -> Option<Message> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let data = serde_json::from_str(field("data")?).ok()?;
    let text = |name: &str| field(name).unwrap_or_default().to_owned();
    Some(Message { kind: text("event"), id: text("id"), data })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventPage {
    events: Vec<Value>,
    last: u64,
    more: bool,
}

impl Emulator {
    /// Waits until `count` matching events have occurred, or until the timeout. Returns up to 1,000 matching events,
    /// oldest first (CPL-80). Unlike [`Emulator::events`], this method does not remove them.
    ///
    /// # Errors
    /// 400 if the filter is invalid, the timeout is longer than 60 seconds, or events are disabled.
    pub async fn wait_events(
        &self,
        filter: &EventFilter,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<Value>, control::Error> {
        let mut parameters = filter.parameters();
        parameters.push(("limit", Some(PAGE.to_string())));
        parameters.push(("count", Some(count.to_string())));
        parameters.push(("wait", Some(format!("{}ms", timeout.as_millis()))));
        self.control(Method::GET, &with_query(PATH, &parameters), &json!({})).await.map(|page: EventPage| page.events)
    }

    /// The stored events that a filter selects, oldest first (CPL-80). Unlike [`Emulator::events`], this method does not
    /// remove them.
    ///
    /// # Errors
    /// 400 if the filter is invalid or events are disabled.
    pub fn stored_events(&self, filter: &EventFilter) -> Result<Vec<Value>, control::Error> {
        let (mut events, mut filter) = (Vec::new(), filter.clone());
        loop {
            let mut parameters = filter.parameters();
            parameters.push(("limit", Some(PAGE.to_string())));
            let page: EventPage = self.control_now(Method::GET, &with_query(PATH, &parameters), &json!({}))?;
            events.extend(page.events);
            if !page.more {
                return Ok(events);
            }
            filter.after = Some(page.last);
        }
    }

    /// Follows events and calls from now on (CPL-81).
    ///
    /// # Errors
    /// 400 if the filter is invalid; 503 if 1,000 calls wait or follow a stream.
    pub async fn stream(&self, filter: &StreamFilter) -> Result<Messages, control::Error> {
        let parts = self.control_stream(&with_query("/_emulator/stream", &filter.parameters())).await?;
        Ok(Messages { parts, text: String::new() })
    }
}

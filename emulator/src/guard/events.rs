//! Events of an emulator as they occur.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Emulator;
use super::query::with_query;
use crate::control;

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

/// A message of a stream.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// `event`, `request`, `announcement`, or `dropped` if the reader was too slow.
    pub kind: String,
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
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (message, rest) = (message(block), rest.to_owned());
                self.text = rest;
                if message.is_some() {
                    return message;
                }
            }
            let part = self.parts.recv().await?.ok()?;
            self.text.push_str(&String::from_utf8_lossy(&part));
        }
    }
}

/// Parses a block of the stream; `None` for a comment.
fn message(block: &str) -> Option<Message> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let data = serde_json::from_str(field("data")?).ok()?;
    Some(Message { kind: field("event").unwrap_or("event").to_owned(), data })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Events {
    events: Vec<Value>,
}

impl Emulator {
    /// Waits until `count` matching events have occurred, or until the timeout. Returns up to 1,000 matching events,
    /// oldest first (CPL-80). Unlike [`Emulator::events`], this method does not remove them.
    ///
    /// # Errors
    /// 400 for a filter that cannot be used, a wait of more than 60 seconds, and if events are disabled.
    pub async fn wait_events(
        &self,
        filter: &EventFilter,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<Value>, control::Error> {
        let mut parameters = filter.parameters();
        parameters.push(("limit", Some("1000".to_owned())));
        parameters.push(("count", Some(count.to_string())));
        parameters.push(("wait", Some(format!("{}ms", timeout.as_millis()))));
        let path = with_query("/_emulator/events", &parameters);
        self.control(Method::GET, &path, &json!({})).await.map(|page: Events| page.events)
    }

    /// Follows events and calls from now on (CPL-81).
    ///
    /// # Errors
    /// 400 for a filter that cannot be used; 503 if 1,000 calls wait or follow a stream.
    pub async fn stream(&self, filter: &EventFilter) -> Result<Messages, control::Error> {
        let mut parameters = filter.parameters();
        parameters.retain(|(name, _)| *name != "after");
        let parts = self.control_stream(&with_query("/_emulator/stream", &parameters)).await?;
        Ok(Messages { parts, text: String::new() })
    }
}

//! Methods for sinks, which receive events.

use std::path::Path;

use http::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Emulator;
use super::control_plane::segment;
use crate::control;
use crate::control::sinks::Sink as SinkState;
use crate::sinks::{Definition, FilesBelow, Mistake};
use crate::state::EventSink;

/// A receiver of the events of an emulator.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Sink {
    /// A webhook, a file or an EventBridge endpoint.
    External(Box<EventSink>),
    /// A channel of this program. It receives each event as the JSON value that the target of an EventBridge rule
    /// receives. While the channel is full, up to 10,000 events wait; further events replace the oldest.
    Channel(mpsc::Sender<Value>),
}

impl Sink {
    /// Checks the definition. Files are relative to the current directory.
    pub(super) fn definition(self) -> Result<Definition, Mistake> {
        match self {
            Sink::External(sink) => Definition::new(*sink, FilesBelow::Anywhere(Path::new(""))),
            Sink::Channel(sender) => Ok(Definition::channel(sender)),
        }
    }
}

impl From<EventSink> for Sink {
    fn from(sink: EventSink) -> Sink {
        Sink::External(Box::new(sink))
    }
}

impl From<mpsc::Sender<Value>> for Sink {
    fn from(sender: mpsc::Sender<Value>) -> Sink {
        Sink::Channel(sender)
    }
}

impl Emulator {
    /// Adds a sink for events from now on, or replaces the one of this name (CPL-82).
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use securityhub_local::{Emulator, EventSink};
    ///
    /// let emulator = Emulator::start().await?;
    /// emulator.sink("hook", EventSink::webhook("http://127.0.0.1:8080/hook"))?;
    /// let (sender, mut events) = tokio::sync::mpsc::channel(16);
    /// emulator.sink("here", sender)?;
    /// // after calls of the code under test: events.recv().await
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// 400 if the definition is invalid or events are disabled; 409 if 100 sinks exist.
    pub fn sink(&self, name: &str, sink: impl Into<Sink>) -> Result<(), control::Error> {
        match sink.into() {
            Sink::External(sink) => self.control_now::<Value>(Method::PUT, &path(name), &sink).map(|_| ()),
            Sink::Channel(sender) => control::sinks::put_channel(self.service.served(), name, sender),
        }
    }

    /// Returns the sinks by name, with their delivery state.
    pub fn sinks(&self) -> Vec<SinkState> {
        self.service.served().sinks().list().iter().map(|sink| SinkState::from(&**sink)).collect()
    }

    /// Removes a sink.
    ///
    /// # Errors
    /// 404 if it does not exist.
    pub fn remove_sink(&self, name: &str) -> Result<(), control::Error> {
        self.control_now::<Value>(Method::DELETE, &path(name), &json!({})).map(|_| ())
    }
}

fn path(name: &str) -> String {
    format!("/_emulator/sinks/{}", segment(name))
}

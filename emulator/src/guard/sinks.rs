//! Methods for sinks, which receive events.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Emulator;
use super::control_plane::segment;
use crate::control;
use crate::control::sinks::Sink;
use crate::state::EventSink;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sinks {
    sinks: Vec<Sink>,
}

impl Emulator {
    /// Adds a sink for events from now on, or replaces the one of this name (CPL-82).
    ///
    /// # Errors
    /// 400 if the definition is invalid; 409 if 100 sinks exist.
    pub fn sink(&self, name: &str, sink: &EventSink) -> Result<(), control::Error> {
        self.control_now::<Value>(Method::PUT, &path(name), sink).map(|_| ())
    }

    /// Returns the sinks by name, with their delivery state.
    ///
    /// # Errors
    /// No error is expected.
    pub fn sinks(&self) -> Result<Vec<Sink>, control::Error> {
        self.control_now(Method::GET, "/_emulator/sinks", &json!({})).map(|list: Sinks| list.sinks)
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

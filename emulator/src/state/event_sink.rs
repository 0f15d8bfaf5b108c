//! Declarations of event sinks in scenarios and calls of the control plane. The module `sinks` checks them and delivers
//! events.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A receiver of events outside of the emulator (CPL-82).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct EventSink {
    /// The kind of receiver.
    #[serde(rename = "Type")]
    pub kind: SinkKind,
    /// URL of a webhook, or of an endpoint of EventBridge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// File of a file sink.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Event pattern that events must match, as an object or as its text. Default: all events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<Value>,
    /// The accounts whose events are delivered. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<String>>,
    /// The Regions whose events are delivered. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regions: Option<Vec<String>>,
    /// Further headers of the requests to a webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, String>>,
    /// Event bus of EventBridge. Default: default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bus_name: Option<String>,
    /// Text that replaces `aws` in the source of events for EventBridge, such as `local`. Default: aws.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_prefix: Option<String>,
    /// Maximum number of retries of a delivery. Default: 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 1000))]
    pub retries: Option<u32>,
    /// Maximum number of queued events. A further event replaces the oldest. Default: 10000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub queue_size: Option<usize>,
    /// If true, the sink receives new events and delivers its queue. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// A kind of receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SinkKind {
    /// HTTP requests with one event each.
    Webhook,
    /// Calls of PutEvents of EventBridge.
    EventBridge,
    /// Lines of a file.
    File,
    /// Messages of a channel, which only a Rust program can add.
    #[serde(skip_deserializing)]
    #[schemars(skip)]
    Channel,
}

impl SinkKind {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            SinkKind::Webhook => "webhook",
            SinkKind::EventBridge => "eventbridge",
            SinkKind::File => "file",
            SinkKind::Channel => "channel",
        }
    }
}

impl EventSink {
    /// A webhook.
    pub fn webhook(url: &str) -> EventSink {
        EventSink { url: Some(url.to_owned()), ..EventSink::new(SinkKind::Webhook) }
    }

    /// A file.
    pub fn file(path: &str) -> EventSink {
        EventSink { path: Some(path.to_owned()), ..EventSink::new(SinkKind::File) }
    }

    /// An endpoint of EventBridge.
    pub fn event_bridge(url: &str) -> EventSink {
        EventSink { url: Some(url.to_owned()), ..EventSink::new(SinkKind::EventBridge) }
    }

    /// A sink of this kind, without other settings.
    pub fn new(kind: SinkKind) -> EventSink {
        EventSink {
            kind,
            url: None,
            path: None,
            pattern: None,
            accounts: None,
            regions: None,
            headers: None,
            bus_name: None,
            source_prefix: None,
            retries: None,
            queue_size: None,
            enabled: None,
        }
    }
}

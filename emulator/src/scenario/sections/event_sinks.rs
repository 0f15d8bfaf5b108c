//! `event_sinks`: receivers of events outside of the emulator (CPL-82).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::regions::{self, RegionText};
use crate::path_name;
use crate::scenario::check::{AccountText, Check, not_null};
use crate::scenario::files::Span;
use crate::scenario::spanned::{Entries, Node, Spanned};
use crate::sinks::{self, Definition, FilesBelow, Mistake};
use crate::state::{EventSink, Region, SinkKind, World};

/// A receiver of events outside of the emulator.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "EventSink")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Kind of receiver: webhook, eventbridge or file.
    #[serde(rename = "type")]
    #[schemars(with = "KindText")]
    kind: Option<Spanned<KindText>>,
    /// URL of the webhook or of the EventBridge endpoint, such as http://127.0.0.1:8080.
    #[schemars(transform = not_null)]
    url: Option<Spanned<String>>,
    /// Path of the file, relative to the directory of this scenario. Each event is one line.
    #[schemars(transform = not_null)]
    path: Option<Spanned<String>>,
    /// EventBridge event pattern that events must match. Default: all events.
    #[schemars(transform = not_null)]
    pattern: Option<Node>,
    /// Accounts whose events are delivered. Default: all.
    accounts: Option<Vec<AccountText>>,
    /// Regions whose events are delivered. Default: all.
    regions: Option<Vec<RegionText>>,
    /// Additional headers of the requests to a webhook.
    headers: Option<Entries<String>>,
    /// EventBridge event bus. Default: default.
    #[schemars(transform = not_null)]
    bus_name: Option<Spanned<String>>,
    /// Prefix that replaces `aws` in the source of events for EventBridge, such as local. Default: aws.
    #[schemars(transform = not_null)]
    source_prefix: Option<Spanned<String>>,
    /// Maximum number of retries of a delivery. Default: 10.
    #[schemars(transform = not_null)]
    retries: Option<Spanned<u32>>,
    /// Maximum number of pending events. When the queue is full, the oldest event is dropped. Default: 10000.
    #[schemars(transform = not_null)]
    queue_size: Option<Spanned<usize>>,
    /// If true, events are delivered. Default: true.
    enabled: Option<bool>,
}

/// Kind of receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(rename = "EventSinkType")]
#[serde(rename_all = "lowercase")]
enum KindText {
    /// HTTP requests with one event each.
    Webhook,
    /// PutEvents calls to an EventBridge endpoint.
    EventBridge,
    /// Lines of a file, one for each event.
    File,
}

impl From<KindText> for SinkKind {
    fn from(written: KindText) -> SinkKind {
        match written {
            KindText::Webhook => SinkKind::Webhook,
            KindText::EventBridge => SinkKind::EventBridge,
            KindText::File => SinkKind::File,
        }
    }
}

/// Valid sinks by name.
pub(in crate::scenario) type Valid = BTreeMap<String, EventSink>;

/// Checks all sinks.
pub(super) fn check(written: Entries<Declared>, regions: &[Region], check: &mut Check) -> Valid {
    let mut valid = Valid::new();
    for (name, declared) in written.0 {
        if !path_name::is_valid(&name.value) {
            let diagnostic = check.at(name.span, format!("`{}` is not a valid sink name", name.value));
            check.push(diagnostic.expected(path_name::EXPECTED));
        } else if valid.len() == sinks::MAX {
            let message = format!("a scenario has at most {} sinks", sinks::MAX);
            check.push(check.at(name.span, message));
            return valid;
        }
        if let Some(sink) = check_one(&declared, name.span, regions, check) {
            valid.insert(name.value, sink);
        }
    }
    valid
}

fn check_one(written: &Declared, item: Span, regions: &[Region], check: &mut Check) -> Option<EventSink> {
    let text = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.value.clone());
    let kind = written.kind.as_ref()?.value;
    let accounts = written.accounts.as_ref().map(|accounts| {
        accounts.iter().filter_map(|account| check.account(&account.0)).map(|account| account.to_string()).collect()
    });
    let regions = written.regions.as_ref().map(|names| {
        let known = names.iter().filter_map(|name| regions::check_one(name, regions, check));
        known.map(|region| region.as_str().to_owned()).collect()
    });
    let headers = written.headers.as_ref().map(|headers| {
        headers.0.iter().map(|(name, value)| (name.value.clone(), value.clone())).collect::<BTreeMap<_, _>>()
    });
    let declared = EventSink {
        url: text(&written.url),
        path: text(&written.path),
        pattern: written.pattern.as_ref().map(Node::to_json),
        accounts,
        regions,
        headers,
        bus_name: text(&written.bus_name),
        source_prefix: text(&written.source_prefix),
        retries: written.retries.as_ref().map(|retries| retries.value),
        queue_size: written.queue_size.as_ref().map(|size| size.value),
        enabled: written.enabled,
        ..EventSink::new(kind.into())
    };
    let folder = check.files.resolve("", item.file);
    match Definition::new(declared, FilesBelow::Anywhere(&folder)) {
        Ok(definition) => Some(definition.declared().clone()),
        Err(mistake) => {
            let (key, span) = place(written, &mistake);
            check.push(check.at(span.unwrap_or(item), format!("`{key}`: {}", mistake.message)));
            None
        }
    }
}

/// The key and the position of a mistake.
fn place(written: &Declared, mistake: &Mistake) -> (&'static str, Option<Span>) {
    let text = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.span);
    match mistake.member {
        "Url" => ("url", text(&written.url)),
        "Path" => ("path", text(&written.path)),
        "Pattern" => ("pattern", written.pattern.as_ref().map(|pattern| pattern.span)),
        "Headers" => ("headers", written.headers.as_ref().and_then(|headers| Some(headers.0.first()?.0.span))),
        "BusName" => ("bus_name", text(&written.bus_name)),
        "SourcePrefix" => ("source_prefix", text(&written.source_prefix)),
        "Retries" => ("retries", written.retries.as_ref().map(|retries| retries.span)),
        "QueueSize" => ("queue_size", written.queue_size.as_ref().map(|size| size.span)),
        "Accounts" => ("accounts", None),
        _ => ("type", None),
    }
}

/// Stores the sinks in a world.
pub(super) fn apply(valid: &Valid, world: &mut World) {
    world.event_sinks = valid.clone().into();
}

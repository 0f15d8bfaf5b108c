//! `/_emulator/stream`: sends events and calls as they occur (CPL-81).

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::api::{Answer, Call, Nothing, Refusal};
use super::requests::Selection;
use super::{events, request, requests};
use crate::journal;
use crate::stream::{self, Cursor, Subscription};
use crate::wire::payload::Payload;

/// The messages to follow.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct StreamInput {
    /// The kinds of messages: `events` or `requests`, separated by a comma; both by default.
    kinds: Option<String>,
    /// The account that received the event, or that made the call.
    account: Option<String>,
    /// The Region of the event or the call.
    region: Option<String>,
    /// The operation of calls, or the beginning of its name followed by `*`.
    operation: Option<String>,
    /// The service of calls, such as `securityhub` or `sts`.
    service: Option<String>,
    /// The status of the responses to calls, such as `429` or `4xx`.
    status: Option<String>,
    /// The code of the errors of calls.
    error: Option<String>,
    /// The ID of the fault of calls; `*` for any.
    fault: Option<String>,
    /// The partial input, as JSON, that the inputs of calls must match.
    r#match: Option<String>,
    /// The `detail-type` of events.
    detail_type: Option<String>,
    /// An event pattern that events match, in the format of EventBridge rules.
    pattern: Option<String>,
    /// The tag of the call.
    test: Option<String>,
    /// The ID of the last message that was read; replaces the header `Last-Event-ID`. By default, the stream starts
    /// with the next event and the next call.
    after: Option<Cursor>,
}

/// Messages in the format of server-sent events.
pub(super) struct Stream(Payload);

impl Answer for Stream {
    const MEDIA_TYPE: &'static str = "text/event-stream";

    fn schema(_: &mut SchemaGenerator) -> Schema {
        Schema::default()
    }

    fn respond(self) -> Response<Payload> {
        let mut response = Response::new(self.0);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }
}

/// Opens a stream.
pub(super) fn open(call: &Call<'_>, query: StreamInput, _: Nothing) -> Result<Stream, Refusal> {
    let (world, _) = call.world();
    let kinds = query.kinds.as_deref().unwrap_or("events,requests");
    let (has_events, has_requests) = follows(kinds)?;
    if !has_requests && !world.has_events() {
        return Err(events::OFF.into());
    }
    if !has_events && !call.served.journal().is_on() {
        return Err(journal::OFF.into());
    }
    let [account, region, pattern, test] =
        [&query.account, &query.region, &query.pattern, &query.test].map(|text| text.as_deref());
    let of_events = events::filter(&world, account, region, query.detail_type, pattern, test)?;
    let [operation, service, status, error, fault] =
        [&query.operation, &query.service, &query.status, &query.error, &query.fault].map(|text| text.as_deref());
    let document = query.r#match.as_deref().map(request::json).transpose()?;
    let document = document.as_ref();
    let after = None;
    let selection = Selection { operation, account, region, service, status, error, test, fault, document, after };
    let of_requests = requests::filter(&world, &selection)?;
    let subscription = Subscription {
        events: has_events.then_some(of_events),
        requests: has_requests.then_some(of_requests),
        after: query.after.or_else(|| last_event_id(call)),
        form: None,
    };
    if call.is_in_process {
        return Ok(Stream(Payload::Whole(stream::read_now(call.served, subscription).into())));
    }
    let unavailable = |message: &str| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message);
    let place = call.served.notifications().permit();
    let place = place.ok_or_else(|| unavailable(request::TOO_MANY_WAITS))?;
    let messages = stream::open(call.served.clone(), subscription, place);
    messages
        .map(|messages| Stream(Payload::Stream(messages)))
        .ok_or_else(|| unavailable("streams are only available over HTTP"))
}

/// Reads the header that clients send when they reconnect. A value that does not have the form of this emulator is
/// ignored.
fn last_event_id(call: &Call<'_>) -> Option<Cursor> {
    call.headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

/// Reads the kinds of messages: returns whether events, and whether requests, are followed.
fn follows(kinds: &str) -> Result<(bool, bool), Refusal> {
    let (mut has_events, mut has_requests) = (false, false);
    for kind in kinds.split(',') {
        match kind {
            "events" => has_events = true,
            "requests" => has_requests = true,
            other => {
                let message = format!("'{other}' is not a kind of message; expected events, requests or both");
                return Err(Refusal::unreadable(message));
            }
        }
    }
    Ok((has_events, has_requests))
}

//! `/_emulator/events` and `/_emulator/custom-actions`: the events sent to EventBridge, and findings that a user sends
//! from the console.

use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::{Value, json};

use super::request::{self, error_response};
use crate::domain::due;
use crate::domain::events::custom_action::{self, Selection};
use crate::domain::events::envelope;
use crate::domain::events::pattern::EventPattern;
use crate::domain::findings::change::Identifier;
use crate::invariant::Invariant;
use crate::served::ServedWorld;
use crate::state::{Event, EventPage, World};

/// Maximum number of comparisons of an event with one alternative of a pattern per call; the cursor lets the caller
/// continue after the last one. Each comparison serializes and parses an event, which takes about 50 microseconds, so
/// comparing a ring of 10,000 events would occupy a worker for half a second. Not chosen: comparing on a blocking
/// thread, because a caller could still request unbounded work.
const MAX_COMPARISONS: usize = 1000;
/// Default and maximum number of events in a page.
const PAGE: usize = 100;
const MAX_PAGE: usize = 1000;

const LIST: &str = "expected ?account=111111111111&region=us-east-1&detail-type=...&pattern=...&after=0&limit=100, where \
                    each parameter is optional";
const SEND: &str = "expected a body such as {\"ActionTargetArn\": \"...\", \"FindingIdentifiers\": [{\"Id\": \"...\", \"ProductArn\": \
                    \"...\"}]}, or with {\"InsightArn\": \"...\", \"ResultValues\": [\"...\"]} instead of FindingIdentifiers";
const OFF: &str = "events are disabled; start the emulator with --events 10000";

/// The events to list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Input {
    account: Option<String>,
    region: Option<String>,
    detail_type: Option<String>,
    /// An event pattern of a rule.
    pattern: Option<String>,
    after: Option<u64>,
    limit: Option<usize>,
}

/// The selected findings or results, and the custom action that receives them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Send {
    action_target_arn: String,
    finding_identifiers: Option<Vec<FindingIdentifier>>,
    insight_arn: Option<String>,
    result_values: Option<Vec<String>>,
}

/// `AwsSecurityFindingIdentifier`
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FindingIdentifier {
    id: String,
    product_arn: String,
}

/// Lists events, oldest first. `Last` is the cursor for the next page, `More` is true if there are further events to
/// examine (also after an empty page), and `Dropped` is the number of events of this page that are no longer kept.
pub(super) async fn list(Extension(served): Extension<ServedWorld>, query: request::QueryOf<Input>) -> Response {
    let world = served.world();
    match page(&world, &query.0) {
        Ok(page) => ([(CONTENT_TYPE, "application/json")], render(&world, &page)).into_response(),
        Err(message) => error_response(StatusCode::BAD_REQUEST, &message),
    }
}

/// Removes all events.
pub(super) async fn clear(Extension(served): Extension<ServedWorld>, _: request::NoQuery) -> Json<Value> {
    served.world().take_events();
    Json(json!({}))
}

/// Sends findings or insight results to a custom action, as a user does in the console (EVT-65).
pub(super) async fn send(Extension(served): Extension<ServedWorld>, _: request::NoQuery, body: Bytes) -> Response {
    match sent(&served.world(), &body) {
        Ok(count) => Json(json!({ "EventCount": count })).into_response(),
        Err((status, message)) => error_response(status, &message),
    }
}

fn page(world: &World, input: &Input) -> Result<EventPage, String> {
    let account = input.account.as_deref().map(|text| request::account(text, LIST));
    let account = account.transpose()?;
    let region = input.region.as_deref().map(|region| request::region(world, region)).transpose()?;
    let limit = input.limit.unwrap_or(PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(format!("limit must be from 1 to {MAX_PAGE}; {LIST}"));
    }
    let pattern = input.pattern.as_deref().map(EventPattern::read).transpose()?;
    due::run(world, world.clock.now());
    if !world.has_events() {
        return Err(OFF.to_owned());
    }
    let is_wanted = |event: &Event| {
        account.is_none_or(|account| account == event.receiver.account)
            && region.as_ref().is_none_or(|region| *region == event.receiver.region)
            && input.detail_type.as_ref().is_none_or(|name| name == envelope::detail_type(&event.subject))
    };
    let after = input.after.unwrap_or(0);
    let Some(pattern) = pattern else { return Ok(world.events(after, limit, is_wanted)) };
    let compared = (MAX_COMPARISONS / pattern.alternatives()).max(1);
    Ok(select(world, &pattern, limit, world.events(after, compared, is_wanted)))
}

/// The events of a page that match a pattern, up to the limit. They are compared after leaving the ring, because every
/// import waits for the ring's lock.
fn select(world: &World, pattern: &EventPattern, limit: usize, page: EventPage) -> EventPage {
    let mut selected = EventPage { events: Vec::new(), ..page };
    for event in page.events {
        let written = serde_json::from_str(&envelope::write(&event, &world.ids))
            .or_report("an envelope is JSON")
            .unwrap_or_default();
        if !pattern.matches(&written) {
            continue;
        }
        if selected.events.len() == limit {
            selected.last = selected.events.last().map_or(0, |event| event.number);
            selected.more = true;
            break;
        }
        selected.events.push(event);
    }
    selected
}

fn render(world: &World, page: &EventPage) -> String {
    let events: Vec<String> = page.events.iter().map(|event| envelope::write(event, &world.ids)).collect();
    let EventPage { last, more, dropped, .. } = page;
    let events = events.join(",");
    format!("{{\"Events\":[{events}],\"Last\":{last},\"More\":{more},\"Dropped\":{dropped}}}")
}

fn sent(world: &World, body: &[u8]) -> Result<usize, (StatusCode, String)> {
    let wrong = |message: String| (StatusCode::BAD_REQUEST, message);
    let input: Send = serde_json::from_slice(body).map_err(|error| wrong(format!("{error}; {SEND}")))?;
    let action_target_arn = input.action_target_arn.clone();
    let selection = selection(input)
        .ok_or_else(|| wrong(format!("FindingIdentifiers and InsightArn cannot be combined; {SEND}")))?;
    let now = world.clock.now();
    due::run(world, now);
    if !world.has_events() {
        return Err(wrong(OFF.to_owned()));
    }
    let mut transaction = world.write();
    let count = custom_action::send(&mut transaction, world, now, &action_target_arn, selection).map_err(|error| {
        let status = StatusCode::from_u16(error.status).or_report("the status of an error is a valid HTTP status");
        (status.unwrap_or(StatusCode::BAD_REQUEST), error.message.into_owned())
    })?;
    transaction.commit();
    Ok(count)
}

fn selection(input: Send) -> Option<Selection> {
    let Send { finding_identifiers, insight_arn, result_values, .. } = input;
    match (finding_identifiers, insight_arn, result_values) {
        (Some(names), None, None) => {
            let name = |FindingIdentifier { id, product_arn }| Identifier { product_arn, id };
            Some(Selection::Findings(names.into_iter().map(name).collect()))
        }
        (None, Some(insight_arn), values) => Some(Selection::Results { insight_arn, values }),
        _ => None,
    }
}

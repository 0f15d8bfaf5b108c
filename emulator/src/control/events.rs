//! `/_emulator/events` and `/_emulator/custom-actions`: the events sent to EventBridge, and findings that a user sends
//! from the console.

use http::{HeaderValue, Response, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::api::answer::{self, Done};
use super::api::{Answer, Call, Json, Nothing, Refusal};
use super::request;
use crate::domain::events::custom_action::{self, Selection};
use crate::domain::events::envelope;
use crate::domain::events::pattern::EventPattern;
use crate::domain::findings::change::Identifier;
use crate::invariant::Invariant;
use crate::state::{Event, EventPage, World};
use crate::wire::payload::Payload;

/// Maximum number of comparisons of an event with one alternative of a pattern per call; the cursor lets the caller
/// continue after the last one. Each comparison serializes and parses an event, which takes about 50 microseconds, so
/// comparing a ring of 10,000 events would occupy a worker for half a second. Not chosen: comparing on a blocking
/// thread, because a caller could still request unbounded work.
const MAX_COMPARISONS: usize = 1000;
/// Default and maximum number of events in a page.
const PAGE: usize = 100;
const MAX_PAGE: usize = 1000;

const OFF: &str = "events are disabled; start the emulator with --events 10000";

/// The events to list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct EventsInput {
    /// The account that received the event.
    account: Option<String>,
    /// The Region that received it.
    region: Option<String>,
    /// Its `detail-type`.
    detail_type: Option<String>,
    /// An event pattern, in the format of EventBridge rules.
    pattern: Option<String>,
    /// The number of the last event that was read; 0 by default.
    after: Option<u64>,
    /// Maximum number of events, 1 to 1,000; 100 by default.
    limit: Option<usize>,
}

/// The selected findings or results, and the custom action that receives them.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct CustomActionInput {
    /// The custom action.
    action_target_arn: String,
    /// Up to 20 findings.
    finding_identifiers: Option<Vec<FindingIdentifier>>,
    /// An insight, instead of findings.
    insight_arn: Option<String>,
    /// The selected results of the insight.
    result_values: Option<Vec<String>>,
}

/// The number of events that were sent.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Sent {
    event_count: usize,
}

/// A page of events, with their envelopes as they were sent.
pub(super) struct Events(String);

impl Answer for Events {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        /// A page of events.
        #[derive(JsonSchema)]
        #[schemars(rename = "Events", rename_all = "PascalCase")]
        #[expect(dead_code, reason = "only describes the answer")]
        struct Described {
            /// The events, oldest first.
            events: Vec<Value>,
            /// The next `after`.
            last: u64,
            /// Whether there are later events to examine, even if this page is empty.
            more: bool,
            /// The number of events of this page that are no longer kept.
            dropped: u64,
        }
        generator.subschema_for::<Described>()
    }

    fn respond(self) -> Response<Payload> {
        answer::response(StatusCode::OK, HeaderValue::from_static("application/json"), self.0.into())
    }
}

/// `AwsSecurityFindingIdentifier`
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FindingIdentifier {
    id: String,
    product_arn: String,
}

/// Lists events, oldest first. `Last` is the cursor for the next page, `More` is true if there are further events to
/// examine (also after an empty page), and `Dropped` is the number of events of this page that are no longer kept.
pub(super) fn list(call: &Call<'_>, query: EventsInput, _: Nothing) -> Result<Events, Refusal> {
    let (world, _) = call.world();
    let page = page(&world, &query)?;
    Ok(Events(render(&world, &page)))
}

/// Removes all events.
pub(super) fn clear(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Done, Refusal> {
    call.world().0.take_events();
    Ok(Done)
}

/// Sends findings or insight results to a custom action, as a user does in the console (EVT-65).
pub(super) fn send(call: &Call<'_>, _: Nothing, Json(input): Json<CustomActionInput>) -> Result<Json<Sent>, Refusal> {
    let (world, now) = &call.world();
    let action_target_arn = input.action_target_arn.clone();
    let selection =
        selection(input).ok_or_else(|| Refusal::unreadable("FindingIdentifiers and InsightArn cannot be combined"))?;
    if !world.has_events() {
        return Err(OFF.into());
    }
    let mut transaction = world.write();
    let sent = custom_action::send(&mut transaction, world, *now, &action_target_arn, selection);
    let event_count = sent.map_err(|error| {
        let status = StatusCode::from_u16(error.status).or_report("the status of an error is a valid HTTP status");
        Refusal::new(status.unwrap_or(StatusCode::BAD_REQUEST), error.message)
    })?;
    request::log_changes(&transaction.commit());
    Ok(Json(Sent { event_count }))
}

fn page(world: &World, input: &EventsInput) -> Result<EventPage, Refusal> {
    let account = input.account.as_deref().map(request::account).transpose()?;
    let region = input.region.as_deref().map(|region| request::region(world, region)).transpose()?;
    let limit = input.limit.unwrap_or(PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Refusal::unreadable(format!("limit must be from 1 to {MAX_PAGE}")));
    }
    let pattern = input.pattern.as_deref().map(EventPattern::read).transpose()?;
    if !world.has_events() {
        return Err(OFF.into());
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

fn selection(input: CustomActionInput) -> Option<Selection> {
    let CustomActionInput { finding_identifiers, insight_arn, result_values, .. } = input;
    match (finding_identifiers, insight_arn, result_values) {
        (Some(names), None, None) => {
            let name = |FindingIdentifier { id, product_arn }| Identifier { product_arn, id };
            Some(Selection::Findings(names.into_iter().map(name).collect()))
        }
        (None, Some(insight_arn), values) => Some(Selection::Results { insight_arn, values }),
        _ => None,
    }
}

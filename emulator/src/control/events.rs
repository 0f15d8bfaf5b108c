//! `/_emulator/events` and `/_emulator/custom-actions`: the events sent to EventBridge, and findings that a user sends
//! from the console.

use http::{HeaderValue, Response, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::api::answer::{self, Waiting};
use super::api::{Answer, Call, Json, Nothing, Pending, Refusal};
use super::request;
use crate::domain::events::custom_action::{self, Selection};
use crate::domain::events::envelope;
use crate::domain::events::filter::EventFilter;
use crate::domain::events::pattern::EventPattern;
use crate::domain::findings::change::Identifier;
use crate::invariant::Invariant;
use crate::served::notifications::Topic;
use crate::state::{Event, EventPage, World};
use crate::wire::payload::Payload;

/// Maximum number of comparisons of an event with one alternative of a pattern per call that does not wait; the cursor
/// lets the caller continue after the last one. Each comparison serializes and parses an event, which takes about 50
/// microseconds, so comparing a ring of 10,000 events would occupy a thread for half a second. A call that waits
/// compares each event once, however often it is woken.
const MAX_COMPARISONS: usize = 1000;
/// Default and maximum number of events in a page.
const PAGE: usize = 100;
const MAX_PAGE: usize = 1000;

pub(super) const OFF: &str = "events are disabled; start the emulator with --events 10000";

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
    /// The tag of the call that caused it.
    test: Option<String>,
    /// The number of the last event that was read; 0 by default.
    after: Option<u64>,
    /// Maximum number of events, 1 to 1,000; 100 by default.
    limit: Option<usize>,
    /// Number of matching events that ends the wait, 1 to 1,000; 1 by default.
    count: Option<usize>,
    /// Maximum time to wait for `count` events, such as `5s`; up to 60 seconds. By default, the call does not wait.
    wait: Option<String>,
}

/// The events to delete; all by default.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct EventsDeletion {
    /// The account that received the event.
    account: Option<String>,
    /// The Region that received it.
    region: Option<String>,
    /// Its `detail-type`.
    detail_type: Option<String>,
    /// An event pattern, in the format of EventBridge rules.
    pattern: Option<String>,
    /// The tag of the call that caused it.
    test: Option<String>,
    /// The number after which events are deleted; 0 by default.
    after: Option<u64>,
}

/// The number of deleted events.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeletedEvents {
    deleted: usize,
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
            /// True if there are later events to examine, even if this page is empty.
            more: bool,
            /// The number of events in the range of this page that were dropped to make space for newer ones.
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
/// examine (also after an empty page), and `Dropped` is the number of events in the
/// range of this page that were dropped to make space for newer ones.
pub(super) fn list(call: &Call<'_>, query: EventsInput, _: Nothing) -> Result<Waiting<Events>, Refusal> {
    let (world, _) = call.world();
    let EventsInput { account, region, detail_type, pattern, test, after, limit, count, wait } = query;
    let limit = request::number("limit", limit, PAGE, MAX_PAGE)?;
    let wait = request::wait(wait.as_deref(), count)?;
    let filter =
        filter(&world, account.as_deref(), region.as_deref(), detail_type, pattern.as_deref(), test.as_deref())?;
    if !world.has_events() {
        return Err(OFF.into());
    }
    let after = after.unwrap_or(0);
    if wait.time.is_zero() {
        let page = select(&world, &filter, after, limit, Some(MAX_COMPARISONS));
        return Ok(Waiting { answer: Events(render(&world, &page)), pending: None });
    }
    // Events that earlier attempts of this call have compared are not compared again.
    let mut found =
        call.memory.take::<EventPage>().unwrap_or_else(|| EventPage { last: after, ..EventPage::default() });
    let missing = limit.max(wait.count).saturating_sub(found.events.len());
    let next = select(&world, &filter, found.last, missing, None);
    found.events.extend(next.events);
    found = EventPage { events: found.events, dropped: found.dropped + next.dropped, ..next };
    let pending = (found.events.len() < wait.count).then_some(Pending { time: wait.time, topic: Topic::Events });
    let answer = Events(render(&world, &first(&found, limit)));
    call.memory.put(found);
    Ok(Waiting { answer, pending })
}

/// Removes events.
pub(super) fn clear(call: &Call<'_>, query: EventsDeletion, _: Nothing) -> Result<Json<DeletedEvents>, Refusal> {
    let (world, _) = call.world();
    let EventsDeletion { account, region, detail_type, pattern, test, after } = query;
    let filter =
        filter(&world, account.as_deref(), region.as_deref(), detail_type, pattern.as_deref(), test.as_deref())?;
    let after = after.unwrap_or(0);
    if filter.is_empty() && after == 0 {
        return Ok(Json(DeletedEvents { deleted: world.take_events().len() }));
    }
    let page = select(&world, &filter, after, usize::MAX, None);
    let numbers: Vec<u64> = page.events.iter().map(|event| event.number).collect();
    Ok(Json(DeletedEvents { deleted: world.remove_events(&numbers) }))
}

/// Sends findings or insight results to a custom action, as a user does in the console (EVT-65).
pub(super) fn send(call: &Call<'_>, _: Nothing, Json(input): Json<CustomActionInput>) -> Result<Json<Sent>, Refusal> {
    let (world, now) = &call.world();
    let tag = request::tag(call.headers)?;
    let action_target_arn = input.action_target_arn.clone();
    let selection =
        selection(input).ok_or_else(|| Refusal::unreadable("FindingIdentifiers and InsightArn cannot be combined"))?;
    if !world.has_events() {
        return Err(OFF.into());
    }
    let mut transaction = world.write();
    transaction.tag(tag);
    let sent = custom_action::send(&mut transaction, world, *now, &action_target_arn, selection);
    let event_count = sent.map_err(|error| {
        let status = StatusCode::from_u16(error.status).or_report("the status of an error is a valid HTTP status");
        Refusal::new(status.unwrap_or(StatusCode::BAD_REQUEST), error.message)
    })?;
    request::log_changes(&transaction.commit());
    Ok(Json(Sent { event_count }))
}

/// Creates the filter of a query.
pub(super) fn filter(
    world: &World,
    account: Option<&str>,
    region: Option<&str>,
    detail_type: Option<String>,
    pattern: Option<&str>,
    test: Option<&str>,
) -> Result<EventFilter, Refusal> {
    Ok(EventFilter {
        account: account.map(request::account).transpose()?,
        region: region.map(|region| request::region(world, region)).transpose()?,
        detail_type,
        pattern: pattern.map(EventPattern::read).transpose()?,
        test: test.map(request::test_tag).transpose()?,
    })
}

/// Up to `limit` events that a filter selects, after up to `comparisons` comparisons with its pattern. They are
/// compared after leaving the ring, because every import waits for the ring's lock.
fn select(world: &World, filter: &EventFilter, after: u64, limit: usize, comparisons: Option<usize>) -> EventPage {
    let may_match = |event: &Event| filter.may_match(event);
    let Some(pattern) = &filter.pattern else { return world.events(after, limit, may_match) };
    let compared = comparisons.map_or(usize::MAX, |most| (most / pattern.alternatives()).max(1));
    let page = world.events(after, compared, may_match);
    let mut selected = EventPage { events: Vec::new(), ..page };
    for event in page.events {
        if !filter.matches(&event, &world.ids) {
            continue;
        }
        if selected.events.len() == limit {
            selected.last = selected.events.last().map_or(after, |event| event.number);
            selected.more = true;
            break;
        }
        selected.events.push(event);
    }
    selected
}

/// The first events of a page.
fn first(page: &EventPage, limit: usize) -> EventPage {
    let Some(last) = page.events.get(limit.saturating_sub(1)).filter(|_| page.events.len() > limit) else {
        return page.clone();
    };
    let events = page.events.iter().take(limit).cloned().collect();
    EventPage { events, last: last.number, more: true, dropped: page.dropped }
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

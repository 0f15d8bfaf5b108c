//! `/_emulator/sinks`: sinks, which deliver events to receivers outside of the emulator (CPL-82, CPL-87).

use http::{HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc::Sender;

use super::api::answer::{Done, Waiting, response};
use super::api::{Answer, Call, Json, Nothing, Pending, Refusal};
use super::error::Error;
use super::{events, request};
use crate::served::ServedWorld;
use crate::served::notifications::Topic;
use crate::sinks::{Definition, PutError, Sink as Served, State};
use crate::state::{EventSink, timestamp_text};
use crate::wire::payload::Payload;

/// The options of showing a sink.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SinkInput {
    /// Maximum time to wait until the queue is empty, such as `5s`; up to 60 seconds. By default, the call does not
    /// wait.
    wait: Option<String>,
}

/// A sink: its name, its members and its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Sink {
    /// The name.
    pub name: String,
    /// The declared members.
    #[serde(flatten)]
    pub declared: EventSink,
    /// The state of the deliveries.
    pub state: Deliveries,
}

/// The state of a sink's deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
#[schemars(rename = "SinkState")]
pub struct Deliveries {
    /// The number of events that are not delivered yet.
    pub queued: usize,
    /// The number of events that the receiver accepted.
    pub delivered: u64,
    /// The number of events that the receiver refused, or whose last retry failed.
    pub failed: u64,
    /// The number of events that were dropped because the queue was full.
    pub dropped: u64,
    /// The number of attempts after the first.
    pub retries: u64,
    /// The error of the last failed attempt.
    pub last_error: Option<String>,
    /// The HTTP status of the last answer.
    pub last_status: Option<u16>,
    /// The time of the last delivery, by the system clock.
    pub last_delivery: Option<String>,
}

/// A list of sinks.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Sinks {
    /// The sinks by name.
    sinks: Vec<Sink>,
}

/// A saved sink. The status is 201 if the sink is new, and 200 if it replaced another one.
pub(super) struct Saved {
    sink: Sink,
    is_new: bool,
}

impl Answer for Saved {
    const STATUS: u16 = 201;
    const OTHER_STATUS: Option<u16> = Some(200);

    fn schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<Sink>()
    }

    fn respond(self) -> http::Response<Payload> {
        let status = if self.is_new { StatusCode::CREATED } else { StatusCode::OK };
        let body = serde_json::to_vec(&self.sink).unwrap_or_default();
        response(status, HeaderValue::from_static("application/json"), body.into())
    }
}

impl From<&Served> for Sink {
    fn from(sink: &Served) -> Sink {
        let (name, declared) = (sink.name().to_owned(), sink.definition().declared().clone());
        Sink { name, declared, state: sink.state().into() }
    }
}

impl From<State> for Deliveries {
    fn from(state: State) -> Deliveries {
        let State { queued, delivered, failed, dropped, retries, last_error, last_status, last_delivery } = state;
        let last_delivery = last_delivery.map(timestamp_text);
        Deliveries { queued, delivered, failed, dropped, retries, last_error, last_status, last_delivery }
    }
}

/// Lists the sinks.
pub(super) fn list(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Json<Sinks>, Refusal> {
    Ok(Json(Sinks { sinks: call.served.sinks().list().iter().map(|sink| Sink::from(&**sink)).collect() }))
}

/// Shows a sink. With `wait`, waits until the queue is empty.
pub(super) fn show(call: &Call<'_>, query: SinkInput, _: Nothing) -> Result<Waiting<Json<Sink>>, Refusal> {
    let sink = call.served.sinks().get(call.label).ok_or_else(|| unknown(call.label))?;
    let answer = Sink::from(&*sink);
    let wait = request::wait(query.wait.as_deref(), None)?;
    let waits = !wait.time.is_zero() && answer.state.queued > 0;
    let pending = waits.then_some(Pending { time: wait.time, topic: Topic::Sinks });
    Ok(Waiting { answer: Json(answer), pending })
}

/// Adds a sink that delivers to a channel, or replaces the one of this name.
///
/// # Errors
/// The errors of `PUT /_emulator/sinks/NAME`.
pub(crate) fn put_channel(served: &ServedWorld, name: &str, sender: Sender<Value>) -> Result<(), Error> {
    let refused = |refusal: Refusal| Error {
        status: refusal.status.as_u16(),
        body: json!({ "Message": &refusal.message }),
        message: refusal.message,
    };
    let saved = served.outside_additions(|| save(served, name, Definition::channel(sender)));
    saved.map(|_| ()).map_err(refused)
}

/// Adds or changes a sink, and returns whether it is new.
fn save(served: &ServedWorld, name: &str, definition: Definition) -> Result<bool, Refusal> {
    if !served.world().has_events() {
        return Err(events::OFF.into());
    }
    served.sinks().put(name, definition).map_err(|error| match error {
        PutError::Name => Refusal::from(error.to_string()),
        PutError::TooMany => Refusal::new(StatusCode::CONFLICT, error.to_string()),
    })
}

/// Adds or changes a sink.
pub(super) fn put(call: &Call<'_>, _: Nothing, Json(declared): Json<EventSink>) -> Result<Saved, Refusal> {
    let (world, _) = call.world();
    for region in declared.regions.iter().flatten() {
        request::region(&world, region)?;
    }
    let sinks = call.served.sinks();
    let definition = Definition::new(declared, sinks.files()).map_err(|mistake| Refusal::from(mistake.to_string()))?;
    let is_new = save(call.served, call.label, definition)?;
    let sink = sinks.get(call.label).ok_or_else(|| unknown(call.label))?;
    Ok(Saved { sink: Sink::from(&*sink), is_new })
}

/// Deletes a sink and its queue.
pub(super) fn delete(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Done, Refusal> {
    if call.served.sinks().delete(call.label) { Ok(Done) } else { Err(unknown(call.label)) }
}

fn unknown(name: &str) -> Refusal {
    Refusal::not_found(format!("no sink has the name '{name}'"))
}

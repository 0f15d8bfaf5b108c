//! `/_emulator/faults`: rules that make calls fail or slow them down (CPL-33), also in the format of LocalStack's chaos
//! API (CPL-39).

use http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::api::{Answer, Body, Call, Json, Nothing, Refusal};
use crate::faults::chaos::{ChaosEffects, ChaosFault};
use crate::faults::{FaultContext, Faults, ListError, Place};
use crate::state::Fault;
use crate::wire::payload::Payload;

/// A list of faults.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schemars(rename = "Faults")]
pub(super) struct List {
    /// The faults, in the order in which they are tried.
    faults: Vec<Fault>,
}

/// One fault, or a list.
pub(super) enum NewFaults {
    /// One fault.
    One(Box<Fault>),
    /// `{"Faults": […]}`
    Many(Vec<Fault>),
}

/// The faults that were added.
pub(super) struct Added(List);

/// The faults to list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    /// The ID of the fault to list; by default all are listed.
    id: Option<String>,
}

/// The position of added faults.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddQuery {
    /// `first` to try the added faults before all others; `last`, the default, to try them after all others.
    position: Option<Position>,
}

/// A position in the list.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Position {
    First,
    Last,
}

/// The faults to delete; all by default.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeleteQuery {
    /// The ID of the fault.
    id: Option<String>,
    /// The tag of the test whose calls the faults select.
    test: Option<String>,
}

/// The number of deleted faults.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Deleted {
    deleted: usize,
}

impl Body for NewFaults {
    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        let (one, many) = (generator.subschema_for::<Fault>(), generator.subschema_for::<List>());
        Some(schemars::json_schema!({ "oneOf": [one, many] }))
    }

    fn read(body: &[u8]) -> Result<NewFaults, Refusal> {
        #[derive(Deserialize)]
        struct Peek {
            #[serde(rename = "Faults")]
            _faults: IgnoredAny,
        }
        if serde_json::from_slice::<Peek>(body).is_ok() {
            return Json::<List>::read(body).map(|Json(list)| NewFaults::Many(list.faults));
        }
        Json::<Fault>::read(body).map(|Json(fault)| NewFaults::One(Box::new(fault)))
    }
}

impl Answer for Added {
    const STATUS: u16 = 201;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<List>()
    }

    fn respond(self) -> http::Response<Payload> {
        let mut response = Json(self.0).respond();
        *response.status_mut() = StatusCode::CREATED;
        response
    }
}

fn faults<'c>(call: &'c Call<'_>) -> (&'c Faults, FaultContext) {
    (call.served.faults(), FaultContext::of(&call.served.world()))
}

/// Lists the faults with their counters.
pub(super) fn list(call: &Call<'_>, query: ListQuery, _: Nothing) -> Result<Json<List>, Refusal> {
    let mut faults = call.served.faults().list();
    if let Some(id) = &query.id {
        faults.retain(|fault| fault.id.as_ref() == Some(id));
    }
    Ok(Json(List { faults }))
}

/// Replaces all faults.
pub(super) fn set(call: &Call<'_>, _: Nothing, Json(list): Json<List>) -> Result<Json<List>, Refusal> {
    let (faults, context) = faults(call);
    let faults = faults.set(list.faults, &context).map_err(|refused| refusal(refused, |at| format!("Faults[{at}]")))?;
    Ok(Json(List { faults }))
}

/// Adds faults.
pub(super) fn add(call: &Call<'_>, query: AddQuery, given: NewFaults) -> Result<Added, Refusal> {
    let place = match query.position {
        Some(Position::First) => Place::First,
        Some(Position::Last) | None => Place::Last,
    };
    let (faults, context) = faults(call);
    let added = match given {
        NewFaults::One(fault) => {
            faults.add(vec![*fault], place, &context).map_err(|refused| refusal(refused, |_| String::new()))
        }
        NewFaults::Many(list) => {
            faults.add(list, place, &context).map_err(|refused| refusal(refused, |at| format!("Faults[{at}]")))
        }
    };
    Ok(Added(List { faults: added? }))
}

/// Deletes faults.
pub(super) fn delete(call: &Call<'_>, query: DeleteQuery, _: Nothing) -> Result<Json<Deleted>, Refusal> {
    let faults = call.served.faults();
    let deleted = match (&query.id, &query.test) {
        (Some(_), Some(_)) => return Err(Refusal::unreadable("'id' and 'test' cannot be combined")),
        (Some(id), None) => match faults.remove(|fault| fault.id.as_ref() == Some(id)) {
            0 => return Err(Refusal::not_found(format!("no fault has the ID '{id}'"))),
            deleted => deleted,
        },
        (None, Some(test)) => faults.remove(|fault| fault.test.as_ref() == Some(test)),
        (None, None) => faults.remove(|_| true),
    };
    Ok(Json(Deleted { deleted }))
}

/// Converts an error of the list. `place` returns the path of a fault in the body.
fn refusal(refused: ListError, place: impl Fn(usize) -> String) -> Refusal {
    match refused {
        ListError::Rule(position, mistake) => mistake.inside(&place(position)).to_string().into(),
        ListError::Id(..) => Refusal::new(StatusCode::CONFLICT, refused.to_string()),
        ListError::TooMany => refused.to_string().into(),
    }
}

/// The faults in the format of LocalStack to delete; all of them if the body is empty.
pub(super) struct ChaosDeletion(Option<Vec<ChaosFault>>);

impl Body for ChaosDeletion {
    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        <Json<Vec<ChaosFault>> as Body>::schema(generator)
    }

    fn read(body: &[u8]) -> Result<ChaosDeletion, Refusal> {
        if matches!(body.trim_ascii(), b"" | b"{}") {
            return Ok(ChaosDeletion(None));
        }
        Json::read(body).map(|Json(faults)| ChaosDeletion(Some(faults)))
    }
}

/// Lists the faults in the format of LocalStack.
pub(super) fn list_chaos(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Json<Vec<ChaosFault>>, Refusal> {
    Ok(Json(call.served.faults().chaos()))
}

/// Replaces the faults in the format of LocalStack.
pub(super) fn set_chaos(
    call: &Call<'_>,
    query: Nothing,
    Json(faults): Json<Vec<ChaosFault>>,
) -> Result<Json<Vec<ChaosFault>>, Refusal> {
    put_chaos(call, &faults, true)?;
    list_chaos(call, query, Nothing {})
}

/// Adds faults in the format of LocalStack.
pub(super) fn add_chaos(
    call: &Call<'_>,
    query: Nothing,
    Json(faults): Json<Vec<ChaosFault>>,
) -> Result<Json<Vec<ChaosFault>>, Refusal> {
    put_chaos(call, &faults, false)?;
    list_chaos(call, query, Nothing {})
}

fn put_chaos(call: &Call<'_>, given: &[ChaosFault], replaces: bool) -> Result<(), Refusal> {
    let (faults, context) = faults(call);
    faults.add_chaos(given, replaces, &context).map_err(|refused| refusal(refused, |at| format!("[{at}]")))
}

/// Deletes faults in the format of LocalStack.
pub(super) fn delete_chaos(
    call: &Call<'_>,
    query: Nothing,
    ChaosDeletion(deletion): ChaosDeletion,
) -> Result<Json<Vec<ChaosFault>>, Refusal> {
    match deletion {
        None => call.served.faults().clear_chaos(),
        Some(deletion) => call.served.faults().remove_chaos(&deletion),
    }
    list_chaos(call, query, Nothing {})
}

/// Shows the delay of all calls.
pub(super) fn show_effects(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Json<ChaosEffects>, Refusal> {
    Ok(Json(ChaosEffects { latency: Some(call.served.faults().chaos_latency()) }))
}

/// Sets the delay of all calls.
pub(super) fn set_effects(
    call: &Call<'_>,
    query: Nothing,
    Json(effects): Json<ChaosEffects>,
) -> Result<Json<ChaosEffects>, Refusal> {
    let (faults, context) = faults(call);
    let latency = effects.latency.unwrap_or(0);
    faults.set_chaos_latency(latency, &context).map_err(|refused| refusal(refused, |_| "latency".to_owned()))?;
    show_effects(call, query, Nothing {})
}

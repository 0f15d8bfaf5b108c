//! `/_emulator/snapshots`: named states of the world (CPL-51, CPL-52).

use http::{Response, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::api::answer::Done;
use super::api::{Answer, Call, Json, Nothing, Refusal};
use crate::served::snapshots::{Info, SnapshotError};
use crate::state::timestamp_text;
use crate::wire::payload::Payload;

/// A snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct SnapshotInfo {
    /// Its name.
    pub name: String,
    /// The time of the system at which it was saved.
    pub real_time: String,
    /// The time of its clock.
    pub clock: String,
    /// The number of its hubs.
    pub hubs: usize,
    /// The number of its findings.
    pub findings: usize,
}

impl From<Info> for SnapshotInfo {
    fn from(info: Info) -> SnapshotInfo {
        SnapshotInfo {
            name: info.name,
            real_time: timestamp_text(info.saved_at),
            clock: timestamp_text(info.clock),
            hubs: info.hubs,
            findings: info.findings,
        }
    }
}

/// Snapshots.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Snapshots {
    /// The snapshots by name.
    pub snapshots: Vec<SnapshotInfo>,
}

/// A saved snapshot: 201 if it is new, 200 if it replaced one.
pub(super) struct Saved {
    snapshot: SnapshotInfo,
    is_new: bool,
}

impl Answer for Saved {
    const STATUS: u16 = 201;

    fn schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<SnapshotInfo>()
    }

    fn respond(self) -> Response<Payload> {
        let mut response = Json(self.snapshot).respond();
        *response.status_mut() = if self.is_new { StatusCode::CREATED } else { StatusCode::OK };
        response
    }
}

/// Lists the snapshots.
pub(super) fn list(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Json<Snapshots>, Refusal> {
    Ok(Json(Snapshots { snapshots: call.served.snapshots().list().into_iter().map(SnapshotInfo::from).collect() }))
}

/// Saves the world under a name.
pub(super) fn save(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Saved, Refusal> {
    let (world, _) = call.world();
    let saved = call.served.snapshots().save(call.label, &world);
    let (info, is_new) = saved.map_err(|error| match error {
        SnapshotError::Name => Refusal::from(error.to_string()),
        SnapshotError::Reserved | SnapshotError::TooMany => Refusal::new(StatusCode::CONFLICT, error.to_string()),
    })?;
    Ok(Saved { snapshot: info.into(), is_new })
}

/// Shows a snapshot.
pub(super) fn show(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Json<SnapshotInfo>, Refusal> {
    let found = call.served.snapshots().list().into_iter().find(|info| info.name == call.label);
    found.map(|info| Json(info.into())).ok_or_else(|| unknown(call.label))
}

/// Deletes a snapshot.
pub(super) fn delete(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Done, Refusal> {
    match call.served.snapshots().delete(call.label) {
        Err(error) => Err(Refusal::new(StatusCode::CONFLICT, error.to_string())),
        Ok(false) => Err(unknown(call.label)),
        Ok(true) => Ok(Done),
    }
}

/// Returns to a snapshot.
pub(super) fn restore(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Done, Refusal> {
    if call.served.restore(call.label) { Ok(Done) } else { Err(unknown(call.label)) }
}

fn unknown(name: &str) -> Refusal {
    Refusal::not_found(format!("no snapshot has the name '{name}'"))
}

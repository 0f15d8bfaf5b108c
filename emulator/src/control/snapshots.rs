//! `/_emulator/snapshots`: saves, restores and compares named states of the world (CPL-51 to CPL-53).

use http::{Response, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::api::answer::Done;
use super::api::{Answer, Call, Json, Nothing, Refusal};
use crate::served::difference;
use crate::served::snapshots::{Info, SnapshotError};
use crate::state::{RowKey, timestamp_text};
use crate::wire::payload::Payload;

/// Default and maximum number of entries in each list of differences.
const DEFAULT_LIMIT: usize = 1_000;
const MAX_LIMIT: usize = 10_000;

/// A snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct SnapshotInfo {
    /// The name.
    pub name: String,
    /// The time of the system at which it was saved.
    pub real_time: String,
    /// The time of its clock when it was saved.
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
    const OTHER_STATUS: Option<u16> = Some(200);

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
    match call.served.restore(call.label) {
        Some(true) => Ok(Done),
        Some(false) => Err(Refusal::cannot_write()),
        None => Err(unknown(call.label)),
    }
}

/// The options of a comparison.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Comparison {
    /// The second snapshot; the current state by default.
    to: Option<String>,
    /// Maximum number of entries of each list, 1 to 10,000; 1,000 by default.
    limit: Option<usize>,
}

/// The difference between two states.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Difference {
    /// The findings that differ, as their owners read them.
    pub findings: FindingDifferences,
    /// The relations, hubs and settings that differ.
    pub relations: RelationDifferences,
    /// The times of both clocks.
    pub clock: Clocks,
    /// True if a list was truncated at the limit.
    pub truncated: bool,
}

/// The findings that differ, as their owners read them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct FindingDifferences {
    /// Findings that only the second state has.
    pub added: Vec<DifferentFinding>,
    /// Findings that only the first state has.
    pub removed: Vec<DifferentFinding>,
    /// Findings with different contents.
    pub changed: Vec<ChangedFinding>,
}

/// A finding that only one state has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct DifferentFinding {
    /// The account that owns it.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// `ProductArn`
    pub product_arn: String,
    /// `Id`
    pub id: String,
}

/// A finding with different contents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ChangedFinding {
    /// The account that owns it.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// `ProductArn`
    pub product_arn: String,
    /// `Id`
    pub id: String,
    /// The values that differ.
    pub changes: Vec<FindingChange>,
}

/// A value that differs. An absent value is omitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct FindingChange {
    /// The path, such as `Workflow.Status` or `Resources[0].Id`.
    pub path: String,
    /// The value in the first state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// The value in the second state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
}

/// The relations, hubs and settings that differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct RelationDifferences {
    /// Parts that only the second state has.
    pub added: Vec<DifferentRelation>,
    /// Parts that only the first state has.
    pub removed: Vec<DifferentRelation>,
    /// Parts with different values.
    pub changed: Vec<DifferentRelation>,
}

/// A part of the state besides findings, such as a hub or a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct DifferentRelation {
    /// The kind, such as `Hub` or `Member`.
    pub kind: String,
    /// The account; null if the part does not belong to an account.
    pub account: Option<String>,
    /// The Region; null if the part does not belong to a Region.
    pub region: Option<String>,
    /// The ID or the name.
    pub key: String,
}

/// The times of two clocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Clocks {
    /// The time of the first state.
    pub from: String,
    /// The time of the second state.
    pub to: String,
}

/// Compares a snapshot with another one, or with the current state.
pub(super) fn diff(call: &Call<'_>, query: Comparison, _: Nothing) -> Result<Json<Difference>, Refusal> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Refusal::unreadable(format!("parameter 'limit': {limit} is not between 1 and {MAX_LIMIT}")));
    }
    let from = call.served.stored(call.label).ok_or_else(|| unknown(call.label))?;
    let to = match &query.to {
        Some(name) => call.served.stored(name).ok_or_else(|| unknown(name))?,
        None => call.world().0.saved(),
    };
    Ok(Json(difference::between(&from, &to, limit).into()))
}

impl From<difference::Difference> for Difference {
    fn from(difference: difference::Difference) -> Difference {
        let findings = difference.findings;
        let of = |of: difference::Finding| DifferentFinding {
            account: of.account,
            region: of.region,
            product_arn: of.product,
            id: of.id,
        };
        let (from, to) = difference.clocks;
        Difference {
            findings: FindingDifferences {
                added: findings.added.into_iter().map(of).collect(),
                removed: findings.removed.into_iter().map(of).collect(),
                changed: findings.changed.into_iter().map(changed).collect(),
            },
            relations: RelationDifferences {
                added: relations(difference.added),
                removed: relations(difference.removed),
                changed: relations(difference.changed),
            },
            clock: Clocks { from: timestamp_text(from), to: timestamp_text(to) },
            truncated: difference.is_truncated,
        }
    }
}

fn changed((finding, changes): (difference::Finding, Vec<difference::ValueChange>)) -> ChangedFinding {
    let change = |of: difference::ValueChange| FindingChange { path: of.path, from: of.from, to: of.to };
    ChangedFinding {
        account: finding.account,
        region: finding.region,
        product_arn: finding.product,
        id: finding.id,
        changes: changes.into_iter().map(change).collect(),
    }
}

fn relations(rows: Vec<RowKey>) -> Vec<DifferentRelation> {
    let row = |row: RowKey| DifferentRelation {
        kind: row.kind.display_name().to_owned(),
        account: row.account.map(|account| account.to_string()),
        region: row.region.map(|region| region.to_string()),
        key: row.key,
    };
    rows.into_iter().map(row).collect()
}

fn unknown(name: &str) -> Refusal {
    Refusal::not_found(format!("no snapshot has the name '{name}'"))
}

//! `POST /_emulator/exposures`: computes exposures immediately (OCF-34).

use schemars::JsonSchema;
use serde::Serialize;

use super::api::{Call, Json, Nothing, Refusal};
use super::request;
use crate::domain::exposures;

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Computed {
    /// Number of open exposures.
    open_exposures: usize,
}

/// Computes the exposures of all Regions, and counts the open ones.
pub(super) fn compute(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Json<Computed>, Refusal> {
    let (world, now) = call.world();
    let mut transaction = world.write();
    let open_exposures = exposures::compute_all(&world, &mut transaction, now);
    request::log_changes(&transaction.commit());
    Ok(Json(Computed { open_exposures }))
}

//! `POST /_emulator/exposures`: computes exposures at once (OCF-34).

use axum::{Extension, Json};
use serde::Serialize;

use super::request;
use crate::domain::{due, exposures};
use crate::served::ServedWorld;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Computed {
    open_exposures: usize,
}

/// Computes the exposures of all Regions, and counts the open ones.
pub(super) async fn compute(Extension(served): Extension<ServedWorld>, _: request::NoQuery) -> Json<Computed> {
    let world = served.world();
    let now = world.clock.now();
    due::run(&world, now);
    let mut transaction = world.write();
    let open_exposures = exposures::compute_all(&world, &mut transaction, now);
    for change in transaction.commit() {
        tracing::debug!(?change, "changed");
    }
    Json(Computed { open_exposures })
}

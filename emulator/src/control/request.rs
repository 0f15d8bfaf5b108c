//! What requests of the control plane have in common: their queries, the Regions that they name, and refusals.

use axum::Json;
use axum::extract::{FromRequestParts, Query};
use axum::response::IntoResponse;
use http::StatusCode;
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::state::{Region, World};

/// The query of a route that takes none: any name in it is refused.
pub(super) type NoQuery = QueryOf<NoNames>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoNames {}

/// What a query asks; a mistake in it is told as all mistakes are.
pub(super) struct QueryOf<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for QueryOf<T> {
    type Rejection = axum::response::Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let asked = Query::<T>::try_from_uri(&parts.uri);
        asked
            .map(|Query(asked)| QueryOf(asked))
            .map_err(|rejection| mistake(StatusCode::BAD_REQUEST, &rejection.body_text()))
    }
}

/// The Region of a name, or the sentence that refuses it.
pub(super) fn region(world: &World, name: &str) -> Result<Region, String> {
    world.directory().region(name).map_err(|unknown| unknown.to_string())
}

/// The Regions of these names, in their order.
pub(super) fn regions<'n>(world: &World, names: impl Iterator<Item = &'n str>) -> Result<Vec<Region>, String> {
    names.map(|name| region(world, name)).collect()
}

/// Refuses a request, in a sentence.
pub(super) fn mistake(status: StatusCode, message: &str) -> axum::response::Response {
    (status, Json(json!({ "error": message }))).into_response()
}

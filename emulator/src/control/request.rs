//! Helpers for requests of the control plane: queries, Regions and error responses.

use axum::Json;
use axum::extract::{FromRequestParts, Query};
use axum::response::IntoResponse;
use http::StatusCode;
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::state::{AccountId, Region, World};

/// The query of a route without parameters. Any parameter is refused.
pub(super) type NoQuery = QueryOf<NoParameters>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoParameters {}

/// The parameters of a query. Errors have the same form as all errors of the control plane.
pub(super) struct QueryOf<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for QueryOf<T> {
    type Rejection = axum::response::Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        query
            .map(|Query(query)| QueryOf(query))
            .map_err(|rejection| error_response(StatusCode::BAD_REQUEST, &rejection.body_text()))
    }
}

/// The account with an ID, or an error message that ends with `expected`.
pub(super) fn account(text: &str, expected: &str) -> Result<AccountId, String> {
    AccountId::parse(text).ok_or_else(|| match text {
        "" => format!("the account ID is missing; {expected}"),
        _ => format!("{text:?} is not a valid account ID (expected 12 digits); {expected}"),
    })
}

/// The Region with a name, or an error message.
pub(super) fn region(world: &World, name: &str) -> Result<Region, String> {
    world.directory().region(name).map_err(|unknown| unknown.to_string())
}

/// The Regions with these names, in the same order.
pub(super) fn regions<'n>(world: &World, names: impl Iterator<Item = &'n str>) -> Result<Vec<Region>, String> {
    names.map(|name| region(world, name)).collect()
}

/// An error response with a message.
pub(super) fn error_response(status: StatusCode, message: &str) -> axum::response::Response {
    (status, Json(json!({ "error": message }))).into_response()
}

//! `POST /_emulator/explain`: explains why a finding is or is not returned.

use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::request::{self, error_response};
use crate::domain::caller::Caller;
use crate::domain::due;
use crate::domain::findings::explain::{self, Question};
use crate::served::ServedWorld;
use crate::state::Principal;

const EXPECTED: &str = "expected a body such as {\"Account\": \"111111111111\", \"Region\": \"us-east-1\", \"Id\": \"...\", \
                        \"Filters\": {...}}, with \"ProductArn\" if several findings share the Id";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Input {
    account: String,
    region: String,
    id: String,
    product_arn: Option<String>,
    #[serde(default)]
    filters: Value,
}

/// Explains the findings with an ID to the caller named in the body. Invalid filters get a 400 with the service's own
/// message.
pub(super) async fn explain(Extension(served): Extension<ServedWorld>, _: request::NoQuery, body: Bytes) -> Response {
    match answer(&served, &body) {
        Ok(explanation) => Json(explanation).into_response(),
        Err(message) => error_response(StatusCode::BAD_REQUEST, &message),
    }
}

fn answer(served: &ServedWorld, body: &[u8]) -> Result<explain::Explanation, String> {
    let input: Input = serde_json::from_slice(body).map_err(|error| format!("{error}; {EXPECTED}"))?;
    let account = request::account(&input.account, EXPECTED)?;
    let world = served.world();
    let now = world.clock.now();
    due::run(&world, now);
    let region = request::region(&world, &input.region)?;
    let caller = Caller { principal: Principal::local_user(account), region, now };
    let question = Question { id: &input.id, product_arn: input.product_arn.as_deref(), filters: &input.filters };
    explain::explain(&world, &caller, &question).map_err(|error| error.message.into_owned())
}

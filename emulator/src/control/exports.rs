//! `/_emulator/exports/{id}`: returns the output of an export job, and sets the state of the job.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::request::{NoQuery, error_response};
use crate::domain::due;
use crate::domain::findings::v2::exports::{self, FAILURES};
use crate::served::ServedWorld;
use crate::state::{ExportFailure, ExportState, World};

const PUT: &str = "expected a body such as {\"Status\": \"FAILED\", \"FailureCode\": \"ACCESS_DENIED\"}; the status is \
                   RUNNING, SUCCEEDED, FAILED or CANCELLED";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Outcome {
    status: String,
    failure_code: Option<String>,
}

/// Returns a job of any account with its output (EXV-08).
pub(super) async fn show(Extension(served): Extension<ServedWorld>, _: NoQuery, Path(id): Path<String>) -> Response {
    let world = served.world();
    due::run(&world, world.clock.now());
    shown(&world, &id)
}

/// Sets the state of a job (DEC-20).
pub(super) async fn put(
    Extension(served): Extension<ServedWorld>,
    _: NoQuery,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let state = match read(&body) {
        Ok(state) => state,
        Err(message) => return error_response(StatusCode::BAD_REQUEST, &format!("{message}; {PUT}")),
    };
    let world = served.world();
    let now = world.clock.now();
    due::run(&world, now);
    let mut transaction = world.write();
    if exports::put(&mut transaction, &world, &id, (state, now)).is_err() {
        return unknown(&id);
    }
    for change in transaction.commit() {
        tracing::debug!(?change, "changed");
    }
    shown(&world, &id)
}

fn read(body: &[u8]) -> Result<ExportState, String> {
    let Outcome { status, failure_code } = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if failure_code.is_some() && status != "FAILED" {
        return Err("FailureCode is only allowed with the status FAILED".to_owned());
    }
    match status.as_str() {
        "RUNNING" => Ok(ExportState::Running),
        "SUCCEEDED" => Ok(ExportState::Succeeded),
        "CANCELLED" => Ok(ExportState::Cancelled),
        "FAILED" => {
            let code = failure_code.as_deref().unwrap_or("INTERNAL_ERROR");
            let known = FAILURES.iter().find(|known| **known == code);
            let code = known.ok_or_else(|| format!("FailureCode must be one of {}", FAILURES.join(", ")))?;
            Ok(ExportState::Failed(ExportFailure { code, message: "The control plane ended this job".to_owned() }))
        }
        other => Err(format!("unknown status `{other}`")),
    }
}

fn shown(world: &World, id: &str) -> Response {
    let Some((key, job)) = exports::of_any_account(world, id) else { return unknown(id) };
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| _ = shown.insert(name.to_owned(), value);
    put("ExportJobId", job.id.as_str().into());
    put("Account", key.account.as_str().into());
    put("Region", key.region.as_str().into());
    put("Status", job.state.as_str().into());
    put("Object", exports::object(&job).into());
    if let Some(exported) = &job.exported {
        put("Exported", String::from_utf8_lossy(exported).into());
    }
    Json(json!(shown)).into_response()
}

fn unknown(id: &str) -> Response {
    error_response(StatusCode::NOT_FOUND, &format!("no export job has the ID `{id}`"))
}

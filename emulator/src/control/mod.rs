//! The control plane, `/_emulator/*`: a public interface for tests and for the program's own commands.
//!
//! Contents: health, status and a page for browsers ([`status`]), reset, the clock, findings of AWS services
//! ([`findings`]), exposures ([`exposures`]), explanations ([`explain`]), members in bulk ([`members`]), account lifecycle ([`organization`]),
//! resources for controls ([`resources`]), security scores ([`compliance`]), connectors and tickets
//! ([`connectors`]), events and custom actions ([`events`]), and exports ([`exports`]).
//! Anything that a single AWS call can do does not belong here, nor do rules, which belong to the domain.

use std::sync::LazyLock;

use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse;
use axum::routing::{get, post, put};
use axum::{Extension, Json, Router};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tower::ServiceExt;

use crate::domain::due;
use crate::invariant::Invariant;
use crate::served::ServedWorld;
use crate::state::{EXPECTED_DURATION, duration, timestamp_text};
use crate::wire::answer;

mod compliance;
mod connectors;
mod events;
mod explain;
mod exports;
mod exposures;
mod findings;
mod members;
mod organization;
mod page;
mod paths;
mod request;
mod resources;
pub mod status;
#[cfg(test)]
mod tests;

pub use paths::markdown as paths_markdown;
use request::{NoQuery, QueryOf, error_response};

static ROUTER: LazyLock<Router> = LazyLock::new(|| {
    Router::new()
        .route("/_emulator", get(status::index))
        .route("/_emulator/", get(status::index))
        .route("/_emulator/status", get(status::show))
        .route("/_emulator/caller", get(status::caller))
        .route("/_emulator/health", get(health))
        .route("/_emulator/reset", post(reset))
        .route("/_emulator/clock", get(clock).post(advance))
        .route("/_emulator/findings", post(findings::deliver))
        .route("/_emulator/exposures", post(exposures::compute))
        .route("/_emulator/findings/query", post(findings::query))
        .route("/_emulator/explain", post(explain::explain))
        .route("/_emulator/members", get(members::list).post(members::add))
        .route("/_emulator/members/accept", post(members::accept))
        .route("/_emulator/compliance", get(compliance::scores))
        .route("/_emulator/organization", get(organization::show).post(organization::apply_event))
        .route("/_emulator/organization/policies", get(organization::list_policies).post(organization::change_policy))
        .route("/_emulator/resources", get(resources::list).put(resources::declare).delete(resources::delete))
        .route("/_emulator/config-recorder", put(resources::record))
        .route("/_emulator/checks/run", post(resources::run))
        .route("/_emulator/exports/{id}", get(exports::show).put(exports::put))
        .route("/_emulator/events", get(events::list).delete(events::clear))
        .route("/_emulator/custom-actions", post(events::send))
        .route("/_emulator/connectors/{id}", put(connectors::set))
        .route("/_emulator/oauth/authorize", get(connectors::authorize))
        .route("/_emulator/tickets", get(connectors::tickets))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        // The server has limited the body already.
        .layer(DefaultBodyLimit::disable())
});

/// Whether a call is answered immediately, because it neither reads findings nor waits for writers.
pub fn is_light(method: &Method, path: &str) -> bool {
    method == Method::GET && ["/_emulator/health", "/_emulator/clock"].contains(&path)
}

/// The response to a call that panicked (CPL-11).
pub fn panic_response(request_id: &str) -> Response<Bytes> {
    let message = format!("internal error; see the log for details of request {request_id}");
    answer::control(StatusCode::INTERNAL_SERVER_ERROR, request_id, &json!({ "Message": message }))
}

/// Answers a request of the control plane.
pub async fn handle(served: ServedWorld, mut request: Request<Bytes>) -> Response<Bytes> {
    request.extensions_mut().insert(served);
    // The response to HEAD has the headers of the response to GET, so it is computed in the same way.
    let is_head = request.method() == Method::HEAD;
    if is_head {
        *request.method_mut() = Method::GET;
    }
    let Ok(response) = ROUTER.clone().oneshot(request.map(axum::body::Body::from)).await;
    let (mut parts, body) = response.into_parts();
    let mut body = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .or_report("a body in memory can be read")
        .unwrap_or_default()
        .to_vec();
    // A newline for use in a terminal.
    body.push(b'\n');
    parts.headers.insert(http::header::CONTENT_LENGTH, body.len().into());
    if is_head {
        body.clear();
    }
    Response::from_parts(parts, body.into())
}

#[derive(Serialize)]
struct Health {
    /// `degraded` after a request has panicked, since its changes may be incomplete.
    status: &'static str,
    /// The ID of the last request that panicked.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_panic: Option<String>,
    /// The number of log lines that were dropped.
    #[serde(skip_serializing_if = "is_zero")]
    dropped_log_lines: u64,
    version: &'static str,
    clock: String,
    hubs: usize,
    findings: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde requires a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

async fn health(Extension(served): Extension<ServedWorld>, _: NoQuery) -> Json<Health> {
    let world = served.world();
    // The counts match what the next call would see.
    due::run(&world, world.clock.now());
    let last_panic = served.last_panic();
    Json(Health {
        status: if last_panic.is_some() { "degraded" } else { "ok" },
        last_panic,
        dropped_log_lines: served.dropped_log_lines(),
        version: env!("CARGO_PKG_VERSION"),
        clock: timestamp_text(world.clock.now()),
        hubs: world.relations().hub_count(),
        findings: world.finding_count(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    to: Option<String>,
}

async fn reset(
    Extension(served): Extension<ServedWorld>,
    QueryOf(reset): QueryOf<Reset>,
    body: Bytes,
) -> axum::response::Response {
    if !matches!(body.trim_ascii(), b"" | b"{}") {
        return error_response(
            StatusCode::BAD_REQUEST,
            "reset does not take a body; use to=start or to=empty in the query",
        );
    }
    match reset.to.as_deref() {
        None | Some("start") => {
            served.reset();
            Json(json!({})).into_response()
        }
        Some("empty") => {
            served.empty();
            Json(json!({})).into_response()
        }
        Some(other) => {
            error_response(StatusCode::BAD_REQUEST, &format!("unknown value to={other}; use to=start or to=empty"))
        }
    }
}

#[derive(Serialize)]
struct ClockState {
    now: String,
    frozen: bool,
}

async fn clock(Extension(served): Extension<ServedWorld>, _: NoQuery) -> Json<ClockState> {
    clock_state(&served)
}

fn clock_state(served: &ServedWorld) -> Json<ClockState> {
    let world = served.world();
    Json(ClockState { now: timestamp_text(world.clock.now()), frozen: world.clock.is_frozen() })
}

/// `{"advance": "P30D"}`, an ISO 8601 duration in which a day has 24 hours, or `{"advance": "36h"}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance: String,
}

async fn advance(Extension(served): Extension<ServedWorld>, _: NoQuery, body: Bytes) -> axum::response::Response {
    let world = served.world();
    let by = serde_json::from_slice::<Advance>(&body).map_err(|error| error.to_string()).and_then(|body| {
        duration(&body.advance, world.clock.now())
            .ok_or_else(|| format!("`{}` is not a valid duration; expected {EXPECTED_DURATION}", body.advance))
    });
    match by {
        Ok(by) => {
            world.clock.advance(by);
            due::after_clock_change(&world, world.clock.now());
            clock_state(&served).into_response()
        }
        Err(error) => error_response(
            StatusCode::BAD_REQUEST,
            &format!("{error}; expected a body such as {{\"advance\": \"P30D\"}}"),
        ),
    }
}

async fn unknown() -> axum::response::Response {
    let message = format!("unknown path of the control plane; available: {}", paths::summary());
    error_response(StatusCode::NOT_FOUND, &message)
}

async fn wrong_method(method: Method, uri: Uri) -> axum::response::Response {
    let methods = paths::methods_of(uri.path()).or_report("a path with methods is listed").unwrap_or_default();
    let message = format!("`{}` does not support {method}; use {methods}", uri.path());
    error_response(StatusCode::METHOD_NOT_ALLOWED, &message)
}

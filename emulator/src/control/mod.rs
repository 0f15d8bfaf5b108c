//! The control plane, `/_emulator/*`: a public interface for tests and for the program's own commands.
//!
//! [`api`] is the framework, [`routes`] the table of routes. The other files answer calls: health and reset
//! ([`lifecycle`]), the clock ([`clock`]), snapshots ([`snapshots`]), exports and loading of scenarios ([`scenario`]),
//! status and a page for browsers ([`status`]), metrics and the certificate authority ([`metrics`]), faults
//! ([`faults`]), findings of AWS services ([`findings`]), exposures ([`exposures`]), explanations ([`explain`]),
//! members in bulk ([`members`]), account lifecycle ([`organization`]), resources for controls ([`resources`]),
//! security scores ([`compliance`]), rules and their tests ([`fidelity`]), connectors and tickets ([`connectors`]),
//! events and custom actions ([`events`]), sinks of events ([`sinks`]), a stream of events and calls ([`stream`]),
//! announcements ([`announcements`]), export jobs ([`exports`]), and the journal of API calls ([`requests`]). Anything
//! that a single AWS call can do does not belong here, nor do rules, which belong to the domain.
#![allow(clippy::unnecessary_wraps, reason = "the functions of all routes have the same signature")]

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_LENGTH};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::json;

use crate::served::ServedWorld;
use crate::wire::answer;
use crate::wire::payload::Payload;

mod announcements;
mod api;
pub mod clock;
mod compliance;
mod connectors;
mod error;
mod events;
mod explain;
mod exports;
mod exposures;
mod faults;
mod fidelity;
mod findings;
mod lifecycle;
mod members;
pub mod metrics;
mod organization;
mod page;
mod request;
mod requests;
mod resources;
mod routes;
pub mod scenario;
pub mod sinks;
pub mod snapshots;
pub mod status;
mod stream;
#[cfg(test)]
mod tests;

use api::lookup::{self, Lookup};
pub use api::{BEFORE_EXAMPLE, InProcess, Memory, Pending};
use api::{Call, Refusal};
pub use error::Error;

/// Returns whether a call is answered immediately, because it neither reads findings nor waits for writers.
pub fn is_light(method: &Method, path: &str) -> bool {
    matches!(lookup::find(routes::all(), method, path), Lookup::Found(route, _) if route.is_light)
}

/// The pattern of the routes that match a path, such as `/_emulator/sinks/{name}`; `None` if no route matches.
pub fn route_path(path: &str) -> Option<&'static str> {
    lookup::path(routes::all(), path)
}

/// The response to a call that panicked (CPL-11).
pub fn panic_response(request_id: &str) -> Response<Bytes> {
    let message = format!("internal error; see the log for details of request {request_id}");
    answer::control(StatusCode::INTERNAL_SERVER_ERROR, request_id, &json!({ "Message": message }))
}

/// The response to a call that cannot wait because too many others wait (CPL-12).
pub fn too_many_waits() -> Response<Payload> {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, request::TOO_MANY_WAITS).respond()
}

/// The table of routes for docs/reference/control-plane.md.
pub fn routes_markdown() -> String {
    api::markdown::table(routes::all())
}

/// The description of all routes in OpenAPI, as JSON.
pub fn openapi_text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| api::openapi::document(routes::all()).to_string());
    &TEXT
}

/// Answers a request of the control plane. The response of a call that waits has the extension [`Pending`].
pub fn handle(served: &ServedWorld, request: &Request<Bytes>) -> Response<Payload> {
    // The response to HEAD has the headers of the response to GET, so it is computed in the same way.
    let is_head = request.method() == Method::HEAD;
    let method = if is_head { &Method::GET } else { request.method() };
    let (mut parts, body) = answered(served, method, request).into_parts();
    let body = match body {
        Payload::Whole(body) => {
            // The line break separates the response from the prompt of a terminal.
            let mut body = body.to_vec();
            body.push(b'\n');
            parts.headers.insert(CONTENT_LENGTH, body.len().into());
            Payload::Whole(body.into())
        }
        stream @ Payload::Stream(_) => stream,
    };
    Response::from_parts(parts, if is_head { Payload::Whole(Bytes::new()) } else { body })
}

fn answered(served: &ServedWorld, method: &Method, request: &Request<Bytes>) -> Response<Payload> {
    let (routes, path) = (routes::all(), request.uri().path());
    match lookup::find(routes, method, path) {
        Lookup::Found(route, label) => {
            let memory = request.extensions().get::<Memory>().cloned().unwrap_or_default();
            let is_in_process = request.extensions().get::<InProcess>().is_some();
            let call = Call { served, label: &label, headers: request.headers(), memory: &memory, is_in_process };
            let (query, body) = (request.uri().query().unwrap_or_default(), request.body());
            let answered = served.record(route.kind, body.len(), || route.answer(&call, query, body));
            answered.unwrap_or_else(|| Refusal::cannot_write().respond())
        }
        Lookup::Unknown => Refusal::not_found(lookup::unknown(routes, method, path)).respond(),
        Lookup::WrongMethod(methods) => {
            let message = lookup::wrong_method(&methods, method, path);
            let mut response = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, message).respond();
            if let Ok(methods) = HeaderValue::from_str(&lookup::names(&methods).join(", ")) {
                response.headers_mut().insert(ALLOW, methods);
            }
            response
        }
    }
}

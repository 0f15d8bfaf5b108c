//! A client for the control plane of a running emulator.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::arguments::Remote;
use super::endpoint::Endpoint;
use super::exit::Exit;
use crate::control::BEFORE_EXAMPLE;
use crate::http_client;

/// Time limit for a response. A call may wait for 60 seconds.
const TIMEOUT: Duration = Duration::from_secs(90);
/// Time limit for the response to a call that can take a long time, such as one that moves the clock by years.
const LONG_TIMEOUT: Duration = Duration::from_mins(10);

/// Posts JSON to a path of the control plane and reads the response.
///
/// # Errors
/// Exit code 1 with advice if no emulator responds; 2 with the emulator's message if it refuses the request.
pub(super) fn post<T: DeserializeOwned>(remote: &Remote, path: &str, body: &Value) -> Result<T, Exit> {
    call(&remote.endpoint()?, request(Method::POST, path).body(body.to_string()))
}

/// Gets a path of the control plane and reads the response.
///
/// # Errors
/// The errors of [`post`].
pub(super) fn get<T: DeserializeOwned>(remote: &Remote, path: &str) -> Result<T, Exit> {
    call(&remote.endpoint()?, request(Method::GET, path).body(String::new()))
}

/// Gets a path of the control plane and returns the body as text.
///
/// # Errors
/// The errors of [`post`].
pub(super) fn get_text(remote: &Remote, path: &str) -> Result<String, Exit> {
    let endpoint = remote.endpoint()?;
    let answer = call_raw(&endpoint, request(Method::GET, path).body(String::new()))?;
    let unexpected = |error| Exit::failed(format!("unexpected response from {}: {error}", endpoint.described()));
    String::from_utf8(answer.to_vec()).map_err(unexpected)
}

/// Sends text to a path of the control plane with PUT, and parses the response.
///
/// # Errors
/// The errors of [`post`].
pub(super) fn put_text<T: DeserializeOwned>(remote: &Remote, path: &str, text: String) -> Result<T, Exit> {
    call(&remote.endpoint()?, request(Method::PUT, path).body(text))
}

fn request(method: Method, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header("content-type", "application/json")
}

/// Calls the control plane and returns the body of the response.
///
/// # Errors
/// Exit code 1 if no emulator responds or if it refuses the call (CPL-121).
pub(super) fn send(remote: &Remote, method: Method, path: &str, body: Option<&Value>) -> Result<Bytes, Exit> {
    send_expecting(remote, method, path, body, &[]).map(|(_, answer)| answer)
}

/// Like [`send`], but also returns responses with one of `statuses`.
///
/// # Errors
/// The errors of [`send`].
pub(super) fn send_expecting(
    remote: &Remote,
    method: Method,
    path: &str,
    body: Option<&Value>,
    statuses: &[StatusCode],
) -> Result<(StatusCode, Bytes), Exit> {
    let endpoint = remote.endpoint()?;
    let body = body.map(Value::to_string).unwrap_or_default();
    let request = request(method, path).body(body).map_err(Exit::failed)?;
    let (status, answer) =
        exchange(&endpoint, request, LONG_TIMEOUT).map_err(|error| unreachable(&endpoint, &error))?;
    if status.is_success() || statuses.contains(&status) {
        return Ok((status, answer));
    }
    Err(Exit::failed(
        message(&answer).unwrap_or_else(|| format!("{path} of {} returned {status}", endpoint.described())),
    ))
}

/// A query with the parameters that have a value, such as `?a=1&b=2`; empty without any.
pub(super) fn query<'v>(parameters: impl IntoIterator<Item = (&'static str, Option<&'v str>)>) -> String {
    let mut query = String::new();
    for (name, value) in parameters.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        let mark = if query.is_empty() { '?' } else { '&' };
        _ = write!(query, "{mark}{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    query
}

/// Reads the body of a response.
///
/// # Errors
/// Exit code 1 if the body does not have the expected form.
pub(super) fn read<T: DeserializeOwned>(answer: &[u8]) -> Result<T, Exit> {
    serde_json::from_slice(answer).map_err(|error| Exit::failed(format!("unexpected response: {error}")))
}

/// Gets a path with one attempt. Returns the status and the body.
///
/// # Errors
/// The reason why no emulator responds.
pub(super) fn get_once(endpoint: &Endpoint, path: &str, limit: Duration) -> Result<(StatusCode, Bytes), String> {
    let request = request(Method::GET, path).body(String::new()).map_err(|error| error.to_string())?;
    exchange(endpoint, request, limit)
}

/// The message of a refusal, without the example, because the user has not written the call.
pub(super) fn message(answer: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(answer).ok()?;
    let message = body.get("Message")?.as_str()?;
    Some(message.split_once(BEFORE_EXAMPLE).map_or(message, |(message, _)| message).to_owned())
}

/// Sends a request and receives the response within a time limit.
fn exchange(endpoint: &Endpoint, request: Request<String>, limit: Duration) -> Result<(StatusCode, Bytes), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let sent = http_client::call(&endpoint.authority, request.map(Bytes::from), usize::MAX);
    runtime.map_err(|error| error.to_string())?.block_on(async {
        match tokio::time::timeout(limit, sent).await {
            Ok(answer) => answer.map(|it| (it.status(), it.into_body())).map_err(|error| error.to_string()),
            Err(_) => Err(format!("no response within {} seconds", limit.as_secs_f64())),
        }
    })
}

/// The error for an emulator that does not respond.
pub(super) fn unreachable(endpoint: &Endpoint, error: &str) -> Exit {
    Exit::failed(format!(
        "cannot reach an emulator at {}: {error}. Start one with `securityhub-local serve`, or set --url to its \
         address.",
        endpoint.described()
    ))
}

fn call<T: DeserializeOwned>(endpoint: &Endpoint, request: http::Result<Request<String>>) -> Result<T, Exit> {
    serde_json::from_slice(&call_raw(endpoint, request)?)
        .map_err(|error| Exit::failed(format!("unexpected response from {}: {error}", endpoint.described())))
}

/// The body of a successful response.
fn call_raw(endpoint: &Endpoint, request: http::Result<Request<String>>) -> Result<Bytes, Exit> {
    let request = request.map_err(Exit::failed)?;
    let path = request.uri().path().to_owned();
    let answer = exchange(endpoint, request, TIMEOUT);
    let (status, answer) = answer.map_err(|error| unreachable(endpoint, &error))?;
    if status == StatusCode::OK {
        return Ok(answer);
    }
    match message(&answer) {
        Some(message) if status.is_client_error() && status != StatusCode::NOT_FOUND => {
            Err(Exit::invalid(format!("securityhub-local: {message}")))
        }
        _ => Err(Exit::failed(format!(
            "{path} of {} returned {status}. Check that a securityhub-local server of the same version runs at this \
             address",
            endpoint.described()
        ))),
    }
}

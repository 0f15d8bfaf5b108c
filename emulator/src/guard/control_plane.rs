//! Calls of the control plane in process. They have the same bodies as over HTTP, so both have the same rules and the
//! same error messages.

use std::io;

use bytes::Bytes;
use http::{Method, Request, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Emulator;
use crate::control::Error;
use crate::invariant::Invariant;
use crate::service::Service;
use crate::wire::payload::Payload;
use crate::wire::route;

/// Characters of names that need no encoding in a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'-');

impl Emulator {
    /// Calls the control plane, and waits until the call ends.
    pub(super) async fn control<A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<A, Error> {
        self.control_of(method, path, written(body)).await
    }

    /// Like [`Emulator::control`], with a body that is not necessarily JSON.
    pub(super) async fn control_of<A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<A, Error> {
        call(&self.service, method, path, body).await
    }

    /// Calls the control plane. This is for calls that have no method of their own; the control plane's
    /// [description](Emulator::openapi) lists all of them. A response that is not JSON is returned as a string.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use serde_json::Value;
    ///
    /// let emulator = securityhub_local::Emulator::start().await?;
    /// let status = emulator.call_control_plane("GET", "/_emulator/status", &Value::Null).await?;
    /// # drop(status);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// The error of the call; 404 for other paths.
    pub async fn call_control_plane(&self, method: &str, path: &str, body: &Value) -> Result<Value, Error> {
        let method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::GET);
        let is_control = path.parse::<Uri>().is_ok_and(|uri| route::is_control(uri.path()));
        if !is_control {
            let message =
                format!("'{path}' is not a path of the control plane; expected a path such as '/_emulator/clock'");
            return Err(Error { status: 404, body: json!({ "Message": &message }), message });
        }
        let body = if body.is_null() { Bytes::new() } else { written(body) };
        let response = self.service.handle(request(method, path, body)).await;
        let (status, body) = (response.status().as_u16(), response.body());
        if status >= 400 {
            return Err(Error::new(status, body));
        }
        Ok(serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into()))
    }

    /// Calls the control plane on this thread, and returns the response as text.
    pub(super) fn control_text(&self, method: Method, path: &str, body: &impl Serialize) -> Result<String, Error> {
        let response = self.service.answer_control_now(&request(method, path, written(body)));
        let status = response.status();
        match response.into_body() {
            Payload::Whole(body) if status.is_success() => Ok(String::from_utf8_lossy(&body).into_owned()),
            Payload::Whole(body) => Err(Error::new(status.as_u16(), &body)),
            Payload::Stream(_) => Err(Error::new(status.as_u16(), b"")),
        }
    }

    /// Calls the control plane on this thread, without waiting.
    pub(super) fn control_now<A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<A, Error> {
        call_now(&self.service, method, path, body)
    }

    /// Opens a stream.
    pub(super) async fn control_stream(&self, path: &str) -> Result<mpsc::Receiver<io::Result<Bytes>>, Error> {
        let response = self.service.answer_control(request(Method::GET, path, Bytes::new()), true).await;
        let status = response.status().as_u16();
        match response.into_body() {
            Payload::Stream(parts) => Ok(parts),
            Payload::Whole(body) => Err(Error::new(status, &body)),
        }
    }
}

/// Calls the control plane of a service, and waits until the call ends.
pub(super) async fn call<A: DeserializeOwned>(
    service: &Service,
    method: Method,
    path: &str,
    body: Bytes,
) -> Result<A, Error> {
    let response = service.handle(request(method, path, body)).await;
    read(response.status().as_u16(), response.body())
}

/// Calls the control plane of a service on this thread, without waiting.
pub(super) fn call_now<A: DeserializeOwned>(
    service: &Service,
    method: Method,
    path: &str,
    body: &impl Serialize,
) -> Result<A, Error> {
    let response = service.answer_control_now(&request(method, path, written(body)));
    let status = response.status().as_u16();
    match response.into_body() {
        Payload::Whole(body) => read(status, &body),
        Payload::Stream(_) => read(status, b""),
    }
}

fn written(body: &impl Serialize) -> Bytes {
    let body = serde_json::to_vec(body).or_report("bodies of the control plane can be written as JSON");
    body.unwrap_or_default().into()
}

fn request(method: Method, path: &str, body: Bytes) -> Request<Bytes> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    if let Some(uri) = path.parse().or_report("paths of the control plane are valid") {
        *request.uri_mut() = uri;
    }
    request
}

fn read<A: DeserializeOwned>(status: u16, body: &[u8]) -> Result<A, Error> {
    if status >= 400 {
        return Err(Error::new(status, body));
    }
    serde_json::from_slice(body).map_err(|error| Error {
        status,
        message: format!("unexpected response of the control plane: {error}"),
        body: Value::Null,
    })
}

/// Encodes a name as a segment of a path.
pub(super) fn segment(name: &str) -> String {
    utf8_percent_encode(name, SEGMENT).to_string()
}

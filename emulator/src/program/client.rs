//! A client for the control plane of a running emulator.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpStream;

use super::arguments::Remote;
use super::endpoint::Endpoint;
use super::exit::Exit;

/// Time limit for a response.
const TIMEOUT: Duration = Duration::from_secs(30);

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

fn request(method: Method, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header("content-type", "application/json")
}

fn call<T: DeserializeOwned>(endpoint: &Endpoint, request: http::Result<Request<String>>) -> Result<T, Exit> {
    let request = request.map_err(Exit::failed)?;
    let path = request.uri().path().to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Exit::failed)?;
    let answer = runtime.block_on(async {
        match tokio::time::timeout(TIMEOUT, send(&endpoint.authority, request)).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no response within {} seconds", TIMEOUT.as_secs())),
        }
    });
    let (status, answer) = answer.map_err(|error| {
        Exit::failed(format!(
            "cannot reach an emulator at {}: {error}. Start one with `securityhub-local serve`, or set --url to its \
             address.",
            endpoint.described()
        ))
    })?;
    if status == StatusCode::OK {
        return serde_json::from_slice(&answer)
            .map_err(|error| Exit::failed(format!("unexpected response from {}: {error}", endpoint.described())));
    }
    let body = serde_json::from_slice::<Value>(&answer).ok();
    let message = body.as_ref().and_then(|body| body.get("Message").or_else(|| body.get("error")));
    match message.and_then(Value::as_str) {
        Some(message) if status.is_client_error() && status != StatusCode::NOT_FOUND => {
            Err(Exit::invalid(format!("securityhub-local: {message}")))
        }
        _ => Err(Exit::failed(format!(
            "{path} of {} returned {status}. Check that it is a securityhub-local server of the same version",
            endpoint.described()
        ))),
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn send(authority: &str, request: Request<String>) -> Result<(StatusCode, Bytes), Failure> {
    let stream = TcpStream::connect(authority).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut request = request.map(|body| Full::new(Bytes::from(body)));
    request.headers_mut().insert(http::header::HOST, authority.parse()?);
    let response = sender.send_request(request).await?;
    let status = response.status();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}

//! A client for the control plane of a running emulator.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::exit::Exit;

/// Time limit for a response.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Posts JSON to a path of the control plane at `url` and returns the response.
///
/// # Errors
/// Exit code 1 with advice if no emulator responds; 2 with the emulator's message if it refuses the request.
pub(super) fn post(url: &str, path: &str, body: &Value) -> Result<Bytes, Exit> {
    call(url, Method::POST, path, body.to_string())
}

/// Gets a path of the control plane at `url`.
///
/// # Errors
/// As [`post`].
pub(super) fn get(url: &str, path: &str) -> Result<Bytes, Exit> {
    call(url, Method::GET, path, String::new())
}

fn call(url: &str, method: Method, path: &str, body: String) -> Result<Bytes, Exit> {
    let authority = authority(url)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Exit::failed)?;
    let answer = runtime.block_on(async {
        match tokio::time::timeout(TIMEOUT, send(&authority, method, path, body)).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no response within {} seconds", TIMEOUT.as_secs())),
        }
    });
    let (status, answer) = answer.map_err(|error| {
        Exit::failed(format!(
            "cannot reach an emulator at {url}: {error}. Start one with `securityhub-local serve`, or set --url to its \
             address."
        ))
    })?;
    if status == StatusCode::OK {
        return Ok(answer);
    }
    let body = serde_json::from_slice::<Value>(&answer).ok();
    let message = body.as_ref().and_then(|body| body.get("Message").or_else(|| body.get("error")));
    match message.and_then(Value::as_str) {
        Some(message) if status.is_client_error() && status != StatusCode::NOT_FOUND => {
            Err(Exit::invalid(format!("securityhub-local: {message}")))
        }
        _ => Err(Exit::failed(format!(
            "{url}{path} returned {status}. Check that it is a securityhub-local server of the same version"
        ))),
    }
}

/// The host and port of `http://HOST:PORT`.
fn authority(url: &str) -> Result<String, Exit> {
    let uri = url.parse::<Uri>().ok().filter(|uri| uri.scheme_str() == Some("http"));
    let authority = uri.as_ref().and_then(Uri::authority);
    match authority {
        Some(authority) if authority.port().is_some() => Ok(authority.to_string()),
        Some(authority) => Ok(format!("{authority}:80")),
        None => Err(Exit::invalid(format!(
            "securityhub-local: invalid --url {url}: expected a URL such as http://127.0.0.1:4600"
        ))),
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn send(authority: &str, method: Method, path: &str, body: String) -> Result<(StatusCode, Bytes), Failure> {
    let stream = TcpStream::connect(authority).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::builder().method(method).uri(path).header("host", authority);
    let request = request.header("content-type", "application/json").body(Full::new(Bytes::from(body)))?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}

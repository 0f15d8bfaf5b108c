//! Deliveries to webhooks (CPL-83), and the exchange of HTTP messages that all sinks with a URL share.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderName, HeaderValue, Request, Response};
use tokio::time::timeout;

use super::outcome::Outcome;
use super::queue::Message;
use crate::domain::events::envelope;
use crate::http_client::{Connection, HttpUrl};

/// Time limits for the connection and for the response.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum size of a response, in bytes.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// Posts the first message, which is the only one.
pub async fn deliver(
    name: &str,
    (url, headers): (&HttpUrl, &[(HeaderName, HeaderValue)]),
    messages: Vec<Message>,
    connection: &mut Option<Connection>,
) -> Outcome {
    let Some(message) = messages.first() else { return Outcome::default() };
    let request = match request(name, url, headers, message) {
        Ok(request) => request,
        Err(error) => return Outcome::failed(messages.len(), error.to_string()),
    };
    match exchange(url, request, connection).await {
        Ok(response) => Outcome::of_status(response.status(), messages),
        Err(error) => Outcome::again(messages, error),
    }
}

fn request(
    name: &str,
    url: &HttpUrl,
    headers: &[(HeaderName, HeaderValue)],
    message: &Message,
) -> http::Result<Request<Bytes>> {
    let mut request = Request::post(url.path()).header(HOST, url.host()).header(CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request = request.header("x-emulator-sink", name);
    match message {
        Message::Event(event, ids) => {
            request.header("x-emulator-event", event.number).body(envelope::write(event, ids).into())
        }
        Message::Announcement(announcement) => request
            .header("x-amz-sns-message-type", "Notification")
            .header("x-amz-sns-message-id", &announcement.id)
            .body(announcement.envelope.clone().into()),
    }
}

/// Sends a request over the connection, or over a new connection if `connection` is `None` or closed. A connection is
/// not used again after an error.
pub async fn exchange(
    url: &HttpUrl,
    request: Request<Bytes>,
    connection: &mut Option<Connection>,
) -> Result<Response<Bytes>, String> {
    let mut open = match connection.take() {
        Some(mut open) => {
            if open.can_reach(url.address()).await {
                open
            } else {
                connect(url).await?
            }
        }
        None => connect(url).await?,
    };
    let response = match timeout(ANSWER_TIMEOUT, open.call(request, ANSWER_LIMIT)).await {
        Ok(response) => response.map_err(|error| format!("no answer from {}: {error}", url.address()))?,
        Err(_) => return Err(format!("no answer from {} within {} seconds", url.address(), ANSWER_TIMEOUT.as_secs())),
    };
    *connection = Some(open);
    Ok(response)
}

async fn connect(url: &HttpUrl) -> Result<Connection, String> {
    match timeout(CONNECT_TIMEOUT, Connection::open(url.address())).await {
        Ok(opened) => opened.map_err(|error| format!("cannot connect to {}: {error}", url.address())),
        Err(_) => Err(format!("{} did not accept a connection within 5 seconds", url.address())),
    }
}

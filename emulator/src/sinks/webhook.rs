//! Deliveries to webhooks (CPL-83).

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderName, HeaderValue, Request};

use super::client::Client;
use super::outcome::Outcome;
use super::queue::Message;
use crate::domain::events::envelope;
use crate::http_client::HttpUrl;

/// Posts the first message, which is the only one.
pub async fn deliver(
    name: &str,
    (url, headers): (&HttpUrl, &[(HeaderName, HeaderValue)]),
    messages: Vec<Message>,
    client: &mut Client,
) -> Outcome {
    let Some(message) = messages.first() else { return Outcome::default() };
    let request = match request(name, url, headers, message) {
        Ok(request) => request,
        Err(error) => return Outcome::failed(messages.len(), error.to_string()),
    };
    match client.send(url, request).await {
        Ok(status) => Outcome::of_status(status, messages),
        Err(error) => Outcome::retry(messages, error),
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

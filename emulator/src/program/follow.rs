//! Follows the stream of a running emulator, and reconnects after the emulator has restarted.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use tokio::time::{sleep, timeout};

use super::arguments::Remote;
use super::client;
use super::endpoint::Endpoint;
use super::exit::Exit;
use super::output;
use crate::http_client::{Connection, Failure};

/// Time limit for a response, and for the next bytes: the emulator sends a comment every 15 seconds.
const TIMEOUT: Duration = Duration::from_mins(1);
/// The time between two attempts to reconnect.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);
/// Maximum size of the message of a refusal.
const REFUSAL_LIMIT: usize = 64 * 1024;

/// A message of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    /// The kind of the message, such as `event`.
    pub(super) kind: String,
    /// The data, usually JSON.
    pub(super) data: String,
    id: String,
}

/// The reason why reading the stream ended.
enum Ended {
    /// The emulator does not respond or has closed the connection.
    Lost(String),
    /// The command ends with this result.
    Exit(Result<(), Exit>),
}

/// Calls `each` with every message of the stream at `path` until it returns an error or `false`. If an open connection
/// is lost, waits for the emulator and continues after the last message.
///
/// # Errors
/// Exit code 1 if no emulator responds to the first request; `refused` with the message if the emulator refuses a parameter;
/// the errors of `each`.
pub(super) fn follow(
    remote: &Remote,
    path: &str,
    refused: fn(String) -> Exit,
    mut each: impl FnMut(&Message) -> Result<bool, Exit>,
) -> Result<(), Exit> {
    let endpoint = remote.endpoint()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Exit::failed)?;
    runtime.block_on(async {
        let mut reader = Reader::default();
        let (mut has_begun, mut is_waiting) = (false, false);
        loop {
            let ended = match open(&endpoint, path, &reader.last, refused).await {
                Ok(response) => {
                    (has_begun, is_waiting) = (true, false);
                    reader.buffer.clear();
                    reader.read(response, &mut each).await
                }
                Err(ended) => ended,
            };
            let why = match ended {
                Ended::Exit(exit) => return exit,
                Ended::Lost(why) if !has_begun => return Err(client::unreachable(&endpoint, &why)),
                Ended::Lost(why) => why,
            };
            if !std::mem::replace(&mut is_waiting, true) {
                output::print_error(&format!("securityhub-local: waiting for the emulator to restart: {why}"));
            }
            sleep(RETRY_INTERVAL).await;
        }
    })
}

/// Opens the stream after the message with the ID `last`.
async fn open(
    endpoint: &Endpoint,
    path: &str,
    last: &str,
    refused: fn(String) -> Exit,
) -> Result<Response<Incoming>, Ended> {
    let failed = |error: Failure| Ended::Lost(error.to_string());
    let mut request = Request::get(path).header("host", &endpoint.authority).header("accept", "text/event-stream");
    if !last.is_empty() {
        request = request.header("last-event-id", last);
    }
    let request = request.body(Bytes::new()).map_err(|error| Ended::Exit(Err(Exit::failed(error))))?;
    let opened = async { Connection::open(&endpoint.authority).await?.send(request).await };
    let response =
        timeout(TIMEOUT, opened).await.map_err(|_| Ended::Lost("no response".to_owned()))?.map_err(failed)?;
    if response.status() == StatusCode::OK {
        return Ok(response);
    }
    let status = response.status();
    let body = Limited::new(response.into_body(), REFUSAL_LIMIT).collect().await.map_err(failed)?.to_bytes();
    let path = path.split('?').next().unwrap_or_default();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        return Err(Ended::Lost(format!("{path} returned {status}")));
    }
    let refusal = match client::message(&body) {
        Some(message) if status == StatusCode::BAD_REQUEST => refused(message),
        Some(message) => Exit::failed(message),
        None => Exit::failed(format!("{path} of {} returned {status}", endpoint.described())),
    };
    Err(Ended::Exit(Err(refusal)))
}

/// A reader of messages.
#[derive(Default)]
struct Reader {
    /// The received part of the next message.
    buffer: Vec<u8>,
    /// The ID of the last message.
    last: String,
}

impl Reader {
    /// Reads the messages of a response until it ends or `each` stops.
    async fn read(
        &mut self,
        response: Response<Incoming>,
        each: &mut impl FnMut(&Message) -> Result<bool, Exit>,
    ) -> Ended {
        let mut body = response.into_body();
        loop {
            let frame = match timeout(TIMEOUT, body.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => return Ended::Lost(error.to_string()),
                Ok(None) => return Ended::Lost("the connection was closed".to_owned()),
                Err(_) => return Ended::Lost("no data".to_owned()),
            };
            self.buffer.extend_from_slice(frame.data_ref().map(|data| &data[..]).unwrap_or_default());
            while let Some(message) = self.next() {
                match each(&message) {
                    Ok(true) => self.last = message.id,
                    Ok(false) => return Ended::Exit(Ok(())),
                    Err(error) => return Ended::Exit(Err(error)),
                }
            }
        }
    }

    /// The next message that was received completely.
    fn next(&mut self) -> Option<Message> {
        loop {
            let end = memchr::memmem::find(&self.buffer, b"\n\n")?;
            let text: Vec<u8> = self.buffer.drain(..end + 2).collect();
            let mut message = Message::default();
            for line in String::from_utf8_lossy(&text).lines() {
                match line.split_once(": ") {
                    Some(("event", kind)) => kind.clone_into(&mut message.kind),
                    Some(("id", id)) => id.clone_into(&mut message.id),
                    Some(("data", data)) => data.clone_into(&mut message.data),
                    _ => {}
                }
            }
            // A comment does not have a kind.
            if !message.kind.is_empty() {
                return Some(message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: CPL-81.
    #[test]
    fn messages_are_read_as_they_arrive() {
        let mut reader = Reader::default();
        let mut seen = Vec::new();
        let text =
            ": keep-alive\n\nevent: event\nid: 1.0\ndata: {\"a\": \"b: c\"}\n\nevent: dropped\nid: 2.0\ndata: {}\n\nev";
        for byte in text.as_bytes() {
            reader.buffer.push(*byte);
            seen.extend(reader.next().map(|message| (message.kind, message.id, message.data)));
        }
        let message = |kind: &str, id: &str, data: &str| (kind.to_owned(), id.to_owned(), data.to_owned());
        assert_eq!(seen, [message("event", "1.0", "{\"a\": \"b: c\"}"), message("dropped", "2.0", "{}")]);
        assert_eq!(reader.buffer, b"ev");
    }
}

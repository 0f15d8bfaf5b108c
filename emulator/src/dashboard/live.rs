//! The stream of the page `Events`: rows of its table as server-sent events (DSH-14, DSH-96).

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::pages::events::{Selection, row};
use super::view::{Place, Query, View};
use crate::state::{AccountId, Event, World};
use crate::stream::{Cursor, Form, Subscription};
use crate::wire::payload::Payload;

/// The path of the stream, below the Region.
const PATH: &str = "events/stream";
/// Maximum number of streams at the same time.
const MOST: usize = 32;
/// The sentence for a stream beyond the maximum.
pub const TOO_MANY: &str = "32 pages already follow events; close one of them, or reload this page to see new events.";

/// The permits of streams.
pub struct Streams(Arc<Semaphore>);

impl Default for Streams {
    fn default() -> Streams {
        Streams(Arc::new(Semaphore::new(MOST)))
    }
}

impl Streams {
    /// A permit for a stream; `None` if there are too many.
    pub fn permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }
}

/// The subscription of a request for a stream; `None` for other requests. An error is a sentence about the query.
pub fn subscription(request: &Request<Bytes>, world: &World) -> Option<Result<Subscription, String>> {
    let Place::Page(account, region, PATH) = Place::of(request.uri().path()) else { return None };
    if request.method() != Method::GET {
        return None;
    }
    let (account, region) = (AccountId::parse(account)?, world.directory().region(region).ok()?);
    let query = Query::parse(request.uri().query().unwrap_or_default());
    // A browser that reconnects sends the ID of the last message and the address with which it began.
    let after = last_event_id(request.headers()).or_else(|| cursor(query.first("after")?));
    let view = View::of(account, region).to("events", query.without("after"));
    let (selection, mistake) = Selection::of(&view.query);
    if let Some(sentence) = mistake {
        return Some(Err(sentence));
    }
    let events = Some(selection.filter(&view));
    let pattern = selection.pattern;
    let form = move |event: &Event, world: &World| row::Row::of(event, world, &view, pattern.as_ref()).html();
    Some(Ok(Subscription { events, requests: None, after, form: Some(Form(Arc::new(form))) }))
}

fn last_event_id(headers: &HeaderMap) -> Option<Cursor> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

/// Reads the number of an event, or the ID of a message.
fn cursor(text: &str) -> Option<Cursor> {
    text.parse().ok().or_else(|| Some(Cursor { event: text.parse().ok()?, request: 0 }))
}

/// The response with the messages of a stream.
pub fn response(messages: Payload) -> Response<Payload> {
    let mut response = Response::new(messages);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests;

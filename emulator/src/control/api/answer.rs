//! Answers and refusals.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::invariant::Invariant;
use crate::served::notifications::Topic;
use crate::wire::payload::Payload;

const JSON: &str = "application/json";
/// The text between the message of a refusal and the example of the call.
pub const BEFORE_EXAMPLE: &str = "; expected a call such as ";

/// The answer of a route.
pub trait Answer {
    /// The status.
    const STATUS: u16 = 200;
    /// Another status of a call that succeeds; `None` if there is only one.
    const OTHER_STATUS: Option<u16> = None;
    /// The media type.
    const MEDIA_TYPE: &'static str = JSON;
    /// Another media type that a caller can choose; `None` if there is only one.
    const OTHER_MEDIA_TYPE: Option<&'static str> = None;

    /// The schema of the body.
    fn schema(generator: &mut SchemaGenerator) -> Schema;

    /// The response, without the final newline.
    fn respond(self) -> Response<Payload>;
}

/// A value as JSON: the answer of a route, or the body that it takes.
pub struct Json<T>(pub T);

impl<T: Serialize + JsonSchema> Answer for Json<T> {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }

    fn respond(self) -> Response<Payload> {
        let body = serde_json::to_vec(&self.0).or_report("answers of the control plane can be written as JSON");
        response(StatusCode::OK, HeaderValue::from_static(JSON), body.unwrap_or_default().into())
    }
}

/// An answer without content: `{}` (CPL-04).
pub struct Done;

impl Answer for Done {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<super::Nothing>()
    }

    fn respond(self) -> Response<Payload> {
        response(StatusCode::OK, HeaderValue::from_static(JSON), Bytes::from_static(b"{}"))
    }
}

/// An extension of a response whose answer is not complete, so that the call waits and is answered again (CPL-12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The time from the first attempt to the end of the wait.
    pub time: Duration,
    /// The kind of change that ends the wait.
    pub topic: Topic,
}

/// An answer that may not be complete yet.
pub struct Waiting<A> {
    /// The answer at this moment.
    pub answer: A,
    /// The condition for which the call waits; `None` if the answer is complete.
    pub pending: Option<Pending>,
}

impl<A: Answer> Answer for Waiting<A> {
    const STATUS: u16 = A::STATUS;
    const OTHER_STATUS: Option<u16> = A::OTHER_STATUS;
    const MEDIA_TYPE: &'static str = A::MEDIA_TYPE;
    const OTHER_MEDIA_TYPE: Option<&'static str> = A::OTHER_MEDIA_TYPE;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        A::schema(generator)
    }

    fn respond(self) -> Response<Payload> {
        let mut response = self.answer.respond();
        if let Some(pending) = self.pending {
            response.extensions_mut().insert(pending);
        }
        response
    }
}

/// A response that is not described further, such as a page or a redirection.
pub struct Other(pub Response<Payload>);

impl Answer for Other {
    const OTHER_STATUS: Option<u16> = Some(302);
    const MEDIA_TYPE: &'static str = "*/*";

    fn schema(_: &mut SchemaGenerator) -> Schema {
        Schema::default()
    }

    fn respond(self) -> Response<Payload> {
        self.0
    }
}

/// A response.
pub fn response(status: StatusCode, media_type: HeaderValue, body: Bytes) -> Response<Payload> {
    let mut response = Response::new(Payload::Whole(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

/// A refused call, which has changed nothing (CPL-04).
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// The reason.
    pub message: String,
    /// Further members of the body.
    pub members: Map<String, Value>,
    /// True if the query or the body could not be read, so that an example helps.
    pub is_unreadable: bool,
}

impl Refusal {
    /// A refusal with a status.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Refusal {
        Refusal { status, message: message.into(), members: Map::new(), is_unreadable: false }
    }

    /// A refusal of something that does not exist.
    pub fn not_found(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, message)
    }

    /// The refusal of a change that cannot be recorded in the data directory (CPL-75).
    pub fn cannot_write() -> Refusal {
        let message = "the data directory cannot be written, so nothing was changed; free space on its disk";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }

    /// A refusal of a query or a body that cannot be read.
    pub fn unreadable(message: impl Into<String>) -> Refusal {
        Refusal { is_unreadable: true, ..Refusal::new(StatusCode::BAD_REQUEST, message) }
    }

    /// Adds a member to the body.
    pub fn with_member(mut self, name: &str, value: impl Into<Value>) -> Refusal {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Adds an example of the call.
    pub fn with_example(mut self, example: &str) -> Refusal {
        if self.is_unreadable && !example.is_empty() {
            self.message = format!("{}{BEFORE_EXAMPLE}{example}", self.message);
        }
        self
    }

    /// The response.
    pub fn respond(self) -> Response<Payload> {
        let mut body = Map::from_iter([("Message".to_owned(), Value::from(self.message))]);
        body.extend(self.members);
        response(self.status, HeaderValue::from_static(JSON), json!(body).to_string().into())
    }
}

/// A message about the content of a call, which can be read but is not accepted.
impl From<String> for Refusal {
    fn from(message: String) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, message)
    }
}

impl From<&str> for Refusal {
    fn from(message: &str) -> Refusal {
        Refusal::from(message.to_owned())
    }
}

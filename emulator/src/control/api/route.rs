//! A route: a method, a path, and a typed function that answers its calls.

use std::any::Any;
use std::sync::Arc;

use http::{HeaderMap, Method, Response};
use parking_lot::Mutex;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;

use super::answer::{Answer, Refusal};
use super::input::{self, Body};
use crate::domain::due;
use crate::served::{CallKind, ServedWorld};
use crate::state::{Timestamp, World};
use crate::wire::payload::Payload;

/// A row of the table of routes.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, in which `{id}` stands for any segment.
    pub path: &'static str,
    /// The `operationId` in the OpenAPI document.
    pub name: &'static str,
    /// The purpose of the route: one sentence without a full stop.
    pub purpose: &'static str,
    /// Further sentences in Markdown; may be empty.
    pub about: &'static str,
    /// An example: a query with its question mark, or a body; empty for a call without both.
    pub example: &'static str,
    /// The status with which a fresh server answers the example.
    pub status: u16,
    /// True if calls are answered immediately, because they neither read findings nor wait for writers.
    pub is_light: bool,
    /// Whether calls may change the world.
    pub kind: CallKind,
    /// The schemas of query, body and answer.
    pub schemas: Schemas,
    run: Run,
}

/// Paths whose calls never change the world, with any method.
const OUTSIDE_WORLD: &[&str] = &[
    "/_emulator/announcements",
    "/_emulator/events",
    "/_emulator/explain",
    "/_emulator/faults",
    "/_emulator/findings/query",
    "/_emulator/requests",
    "/_emulator/sinks",
    "/_emulator/snapshots/{name}",
    "/_localstack/chaos",
];

fn is_outside_world(path: &str) -> bool {
    // Restoring a snapshot changes the world.
    OUTSIDE_WORLD.iter().any(|outside| path.starts_with(outside)) && !path.ends_with("/restore")
}

/// Answers a call with a query and a body.
type Run = Box<dyn Fn(&Call<'_>, &str, &[u8]) -> Result<Response<Payload>, Refusal> + Send + Sync>;

/// Functions that return the schemas of a route.
#[derive(Clone, Copy)]
pub struct Schemas {
    /// The query as an object; an object without properties if the route has no parameters.
    pub query: fn(&mut SchemaGenerator) -> Schema,
    /// The body; `None` if the route takes none.
    pub body: fn(&mut SchemaGenerator) -> Option<Schema>,
    /// The description of the answer.
    pub answer: fn(&mut SchemaGenerator) -> Described,
}

/// The description of the answer of a call that succeeds.
pub struct Described {
    /// The statuses.
    pub statuses: Vec<u16>,
    /// The media types.
    pub media_types: Vec<&'static str>,
    /// The schema of the body.
    pub schema: Schema,
}

/// The parts of a call besides its query and its body.
pub struct Call<'c> {
    /// The served world.
    pub served: &'c ServedWorld,
    /// The segment of the path that `{id}` stands for; empty if the route has none.
    pub label: &'c str,
    /// The headers of the request.
    pub headers: &'c HeaderMap,
    /// The value that the previous attempt of a waiting call has stored.
    pub memory: &'c Memory,
    /// True if the caller receives the response as a whole, so that a stream must end.
    pub is_in_process: bool,
}

/// An extension of requests whose caller receives the response as a whole.
#[derive(Clone, Copy, Debug)]
pub struct InProcess;

/// A value that a waiting call passes from one attempt to the next. Clones share it.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Option<Box<dyn Any + Send>>>>);

impl Memory {
    /// Takes the value that the previous attempt has stored.
    pub fn take<T: 'static>(&self) -> Option<T> {
        self.0.lock().take()?.downcast().ok().map(|value| *value)
    }

    /// Stores a value for the next attempt.
    pub fn put<T: Send + 'static>(&self, value: T) {
        *self.0.lock() = Some(Box::new(value));
    }
}

impl Call<'_> {
    /// The world and its time, after all due work has been done. The next API call would see the same state.
    pub fn world(&self) -> (Arc<World>, Timestamp) {
        let world = self.served.world();
        let now = world.clock.now();
        due::run(&world, now);
        (world, now)
    }
}

impl Route {
    /// A route whose calls `run` answers.
    pub fn new<Q, B, A>(
        (method, path): (Method, &'static str),
        (name, purpose): (&'static str, &'static str),
        run: fn(&Call<'_>, Q, B) -> Result<A, Refusal>,
    ) -> Route
    where
        Q: DeserializeOwned + JsonSchema + 'static,
        B: Body + 'static,
        A: Answer + 'static,
    {
        Route {
            path,
            name,
            purpose,
            about: "",
            example: "",
            status: A::STATUS,
            is_light: false,
            kind: if method != Method::GET && !is_outside_world(path) { CallKind::Writes } else { CallKind::Reads },
            method,
            schemas: Schemas { query: Q::json_schema, body: B::schema, answer: described::<A> },
            run: Box::new(move |call, query, body| {
                let query = input::query(query)?;
                Ok(run(call, query, B::read(body)?)?.respond())
            }),
        }
    }

    /// Adds sentences about the route.
    pub fn about(self, about: &'static str) -> Route {
        Route { about, ..self }
    }

    /// Adds an example.
    pub fn example(self, example: &'static str) -> Route {
        Route { example, ..self }
    }

    /// Sets the status with which a fresh server, which has no hubs, answers the example.
    pub fn fresh(self, status: u16) -> Route {
        Route { status, ..self }
    }

    /// Marks the route as light.
    pub fn light(self) -> Route {
        Route { is_light: true, ..self }
    }

    /// Marks a route that changes the world although its method is GET.
    pub fn writes(self) -> Route {
        Route { kind: CallKind::Writes, ..self }
    }

    /// Marks a route whose calls wait by themselves until no other call runs.
    pub fn exclusive(self) -> Route {
        Route { kind: CallKind::Exclusive, ..self }
    }

    /// Answers a call. A refusal of a query or body that cannot be read shows the example.
    pub fn answer(&self, call: &Call<'_>, query: &str, body: &[u8]) -> Response<Payload> {
        let answered = (self.run)(call, query, body);
        answered.unwrap_or_else(|refusal| refusal.with_example(self.example).respond())
    }

    /// The path of the example, for a server at `endpoint`.
    pub fn url(&self, endpoint: &str) -> String {
        let query = if self.example.starts_with('?') { self.example } else { "" };
        let path = self.path.split('/').map(|segment| segment.strip_prefix('{').map_or(segment, |_| "ID"));
        format!("{endpoint}{}{query}", path.collect::<Vec<_>>().join("/"))
    }

    /// The example as a command line.
    pub fn curl(&self, endpoint: &str) -> String {
        let method = if self.method == Method::GET { String::new() } else { format!("-X {} ", self.method) };
        let url = self.url(endpoint);
        match self.example {
            "" => format!("curl {method}{url}"),
            query if query.starts_with('?') => format!("curl {method}'{url}'"),
            body => format!("curl {method}{url} -d '{body}'"),
        }
    }
}

fn described<A: Answer>(generator: &mut SchemaGenerator) -> Described {
    Described {
        statuses: [A::STATUS].into_iter().chain(A::OTHER_STATUS).collect(),
        media_types: [A::MEDIA_TYPE].into_iter().chain(A::OTHER_MEDIA_TYPE).collect(),
        schema: A::schema(generator),
    }
}

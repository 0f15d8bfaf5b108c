//! An in-process client: its requests have realistic signatures, and its responses are checked.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use securityhub_fixtures::Operation;
use securityhub_fixtures::model::{Kind, Location};
use securityhub_local::scenario;
use securityhub_local::service::{Service, Settings};
use serde_json::{Map, Value};

use crate::answer;

/// A service, with the account and Region of the caller.
pub struct TestClient {
    service: Service,
    runtime: tokio::runtime::Runtime,
    /// The caller's account.
    pub account: String,
    /// The caller's Region.
    pub region: String,
    /// Maximum processor time per 10 KB of a random request.
    pub time_limit: Option<Duration>,
    /// True if calls are served like those of connections: heavy ones on separate threads, small ones on this thread.
    pub is_served: bool,
}

impl Default for TestClient {
    fn default() -> Self {
        TestClient::new(Settings::default(), None)
    }
}

impl TestClient {
    /// A client of a new service, with the world of a scenario file or an empty one.
    pub fn new(settings: Settings, scenario: Option<&str>) -> TestClient {
        let scenario = scenario.map(|file| scenario::load(&[file.into()]).expect("a scenario without errors"));
        let service = Service::new(settings, scenario).expect("a world without errors");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let (account, region) = ("111111111111".to_owned(), "us-east-1".to_owned());
        TestClient { service, runtime, account, region, time_limit: None, is_served: false }
    }

    /// A client of a new service whose world contains only the caller's hub.
    pub fn enabled() -> TestClient {
        let client = TestClient::default();
        let (status, body) = client.call(Operation::EnableSecurityHub, &serde_json::json!({}));
        assert_eq!(status, 200, "{body}");
        client
    }

    /// Another client of the same service, for another thread.
    #[must_use]
    pub fn another(&self) -> TestClient {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let (account, region) = (self.account.clone(), self.region.clone());
        TestClient {
            service: self.service.clone(),
            runtime,
            account,
            region,
            time_limit: self.time_limit,
            is_served: self.is_served,
        }
    }

    /// Sends a request unchanged.
    pub fn send(&self, request: Request<Bytes>) -> Response<Bytes> {
        if self.is_served {
            self.runtime.block_on(async {
                let (parts, body) = self.service.serve(request, Ipv4Addr::LOCALHOST.into()).await.into_parts();
                Response::from_parts(parts, body.collect().await)
            })
        } else {
            self.runtime.block_on(self.service.handle(request))
        }
    }

    /// Calls an operation, checks the response, and returns status and body.
    pub fn call(&self, operation: Operation, input: &Value) -> (u16, Value) {
        let request = request(operation, input, &self.authorization());
        answer::check(Some(operation), &self.send(request))
    }

    /// Calls the control plane and returns the status.
    pub fn control(&self, method: &str, path: &str, body: &'static str) -> u16 {
        let request = Request::builder().method(method).uri(path).body(Bytes::from_static(body.as_bytes()));
        self.send(request.expect("a method and a path")).status().as_u16()
    }

    /// The header that identifies the caller.
    pub fn authorization(&self) -> String {
        authorization(&self.account, &self.region)
    }
}

/// The header that identifies a caller.
pub fn authorization(account: &str, region: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={account}/20260115/{region}/securityhub/aws4_request, SignedHeaders=host, \
         Signature=00"
    )
}

/// The request of an operation as an SDK builds it: encoded labels, query members in the query, everything else in the
/// body.
pub fn request(operation: Operation, input: &Value, authorization: &str) -> Request<Bytes> {
    try_request(operation, input, authorization).expect("a request that an SDK could send")
}

/// The same for an input that may be too long for a path.
///
/// # Errors
/// An error if it is not a valid request.
pub fn try_request(operation: Operation, input: &Value, authorization: &str) -> http::Result<Request<Bytes>> {
    let model = operation.model();
    let Kind::Structure(structure) = &model.input.shape().kind else { panic!("an input is a structure") };
    let mut path = model.path.replace('+', "");
    let mut query = String::new();
    let mut body = Map::new();
    let mut members = match input {
        Value::Object(members) => members.clone(),
        other => panic!("an input is an object: {other}"),
    };
    for member in structure.members {
        let Some(value) = members.remove(member.name) else { continue };
        match member.location {
            Location::Body => _ = body.insert(member.name.to_owned(), value),
            Location::Uri(label) => path = path.replace(&format!("{{{label}}}"), &encode(&value)),
            Location::Query(name) => {
                let values = match &value {
                    Value::Array(items) => items.clone(),
                    other => vec![other.clone()],
                };
                for value in values {
                    let mark = if query.is_empty() { '?' } else { '&' };
                    _ = write!(query, "{mark}{name}={}", encode(&value));
                }
            }
            Location::Header(_) => panic!("no operation binds a header"),
        }
    }
    body.extend(members);
    let has_body = structure.members.iter().any(|member| member.location == Location::Body);
    let body = if has_body { Bytes::from(Value::Object(body).to_string()) } else { Bytes::new() };
    Request::builder()
        .method(model.method)
        .uri(format!("{path}{query}"))
        .header("authorization", authorization)
        .header("content-type", "application/json")
        .body(body)
}

fn encode(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string()
}

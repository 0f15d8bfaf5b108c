//! Calls of the control plane: every route that its OpenAPI document lists, with valid and random values.

use std::sync::LazyLock;

use bytes::Bytes;
use http::Request;
use serde_json::Value;

use super::bits::Random;
use super::requests::{BuiltRequest, mutate};
use crate::client::TestClient;

/// Values of parameters and labels, percent-encoded: valid values, control characters, other alphabets, invalid UTF-8.
const VALUES: [&str; 14] = [
    "111111111111",
    "us-east-1",
    "us-east-1,eu-west-1",
    "empty",
    "ID",
    "1",
    "-1",
    "18446744073709551616",
    "",
    "%00%0A%0D",
    "%F0%9F%98%80",
    "%ff",
    "%7B%22a%22%3A%5B",
    "..%2F..",
];

/// A route of the control plane.
struct Route {
    method: String,
    /// The path, with labels such as `{id}`.
    path: String,
    parameters: Vec<String>,
    /// An example of the body.
    body: Option<Value>,
}

static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let request = Request::get("/_emulator/openapi.json").body(Bytes::new()).expect("a request");
    let response = TestClient::default().send(request);
    let document: Value = serde_json::from_slice(response.body()).expect("the document is JSON");
    let paths = document["paths"].as_object().into_iter().flatten();
    // The aliases are not under this path, so their responses are checked like those of AWS.
    let paths = paths.filter(|(path, _)| path.starts_with("/_emulator"));
    let route = |path: &str, method: &str, operation: &Value| Route {
        method: method.to_uppercase(),
        path: path.to_owned(),
        parameters: operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| parameter["name"].as_str().map(str::to_owned))
            .collect(),
        body: operation.pointer("/requestBody/content/application~1json").map(|content| content["example"].clone()),
    };
    let routes = paths.flat_map(|(path, operations)| {
        operations.as_object().into_iter().flatten().map(move |(method, operation)| route(path, method, operation))
    });
    routes.collect()
});

/// A call of a random route.
pub(super) fn request(random: &mut Random) -> BuiltRequest {
    let route = &ROUTES[random.below(ROUTES.len())];
    let segments = route.path.split('/');
    let segments: Vec<&str> =
        segments.map(|segment| if segment.starts_with('{') { random.pick(&VALUES) } else { segment }).collect();
    let mut pairs = Vec::new();
    for name in &route.parameters {
        if !random.one_in(4) {
            pairs.push(format!("{name}={}", random.pick(&VALUES)));
        }
    }
    let uri = format!("{}?{}", segments.join("/"), pairs.join("&"));
    let mut body = route.body.as_ref().map(Value::to_string).unwrap_or_default().into_bytes();
    if random.one_in(2) {
        mutate(random, &mut body);
    }
    Request::builder().method(route.method.as_str()).uri(uri).body(body.into())
}

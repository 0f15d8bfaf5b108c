//! The requirements that every response must meet.

use bytes::Bytes;
use http::{Request, Response};
use securityhub_local::wire::{identity, route};
use serde_json::Value;

use crate::answer;
use crate::client::TestClient;
use crate::growth::processor_time;

/// The request size to which the time limit applies; shorter requests may take as long.
const UNIT: u32 = 10_000;

/// Sends a request and checks that the response is one that AWS, its other services or the control plane could give.
/// Returns the status, and the body of a Security Hub response.
pub fn check(client: &TestClient, request: Request<Bytes>) -> (u16, Value) {
    let (parts, body) = request.into_parts();
    let service = identity::signature(&parts).ok().flatten().map(|signature| signature.service);
    let path = parts.uri.path().to_owned();
    let operation = route::find(&parts.method, &path).ok().map(|route| route.operation);
    // A response to HEAD has no body.
    let bodiless = parts.method == http::Method::HEAD;
    let shown = format!("{} {} for {service:?}: {:?}", parts.method, parts.uri, body.get(..200).unwrap_or(&body));
    let size = body.len() + parts.uri.path_and_query().map_or(0, |text| text.as_str().len());
    let start = processor_time();
    let response = client.send(Request::from_parts(parts, body));
    if let Some(limit) = client.time_limit {
        let spent = processor_time().saturating_sub(start);
        let allowed = limit * u32::try_from(size).unwrap_or(u32::MAX).max(UNIT) / UNIT;
        assert!(spent <= allowed, "{shown}: {spent:?} of processor time for {size} bytes");
    }
    let status = response.status().as_u16();
    assert!(status < 500, "{shown}: {response:?}");
    if path == "/_emulator" || path.starts_with("/_emulator/") {
        let media_type = response.headers().get("content-type").map(http::HeaderValue::as_bytes).unwrap_or_default();
        assert!(bodiless || media_type != b"application/json" || is_json(&response), "{shown}: {response:?}");
    } else if service.as_deref().is_none_or(|service| service == "securityhub") {
        return answer::check(operation, &response);
    } else {
        let body = response.body();
        assert!(body.starts_with(b"<") || is_json(&response), "{shown}: {response:?}");
    }
    (status, Value::Null)
}

fn is_json(response: &Response<Bytes>) -> bool {
    serde_json::from_slice::<Value>(response.body()).is_ok()
}

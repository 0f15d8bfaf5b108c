//! The check that every response in the tests must pass.

use bytes::Bytes;
use http::Response;
use securityhub_fixtures::{Operation, errors};
use securityhub_local::shape::check;
use serde_json::Value;

/// Checks that a response has the form of AWS's and returns status and body. A success must have the status and output
/// shape of the model; an error must have its code in header and body, a message, and a code that the operation may
/// return.
pub fn check(operation: Option<Operation>, response: &Response<Bytes>) -> (u16, Value) {
    let status = response.status().as_u16();
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().expect("headers are text"));
    let name = operation.map_or("no operation", Operation::name);
    let body: Value = serde_json::from_slice(response.body())
        .unwrap_or_else(|error| panic!("the response of {name} is not JSON ({error}): {:?}", response.body()));
    assert_eq!(header("content-type"), Some("application/json"), "{name}");
    assert!(header("x-amzn-requestid").is_some_and(|id| id.len() == 36), "the response of {name} has no request ID");
    if status < 300 {
        let operation = operation.expect("only operations succeed");
        assert_eq!(status, operation.model().status, "{name}");
        let violations = check::answer(operation.model().output, &body);
        assert!(violations.is_empty(), "{name}: {violations:?} in {body}");
        assert_eq!(header("x-amzn-errortype"), None, "{name}");
    } else {
        let code = body["Code"].as_str().unwrap_or_else(|| panic!("the error of {name} has no Code: {body}"));
        assert!(body["Message"].is_string(), "the error of {name} has no Message: {body}");
        assert_eq!(header("x-amzn-errortype"), Some(code), "{name}");
        assert!(
            errors::may_answer(operation, code, status),
            "{name} must not return {code} with status {status}: {body}"
        );
    }
    (status, body)
}

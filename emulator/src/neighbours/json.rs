//! awsJson1.1: the operation in a header, JSON objects as input and output (NB-26).

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Response};
use serde_json::{Map, Value, json};

use super::call::{Call, unknown_operation};
use crate::aws_error::{AwsError, ErrorCode};
use crate::invariant::Invariant;
use crate::wire::answer::response;

/// The header with the operation, such as `AWSOrganizationsV20161128.ListRoots`.
pub(super) const TARGET: &str = "x-amz-target";

const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");

/// Runs an operation. `Ok(None)` means that the operation is not supported.
pub(super) fn answer(
    call: &Call<'_>,
    run: impl FnOnce(&str, &Map<String, Value>) -> Result<Option<Value>, AwsError>,
) -> Result<Response<Bytes>, AwsError> {
    let operation = target(call.parts);
    let body = if call.body.is_empty() { Ok(Map::new()) } else { serde_json::from_slice(call.body) };
    let body = body.map_err(|error| {
        AwsError::new(ErrorCode::SerializationException, "The request body is not a JSON object").caused_by(error)
    })?;
    let result = run(operation, &body)?.ok_or_else(|| unknown_operation(call.service, operation))?;
    Ok(response(200, call.request_id, JSON, result.to_string().into()))
}

/// The operation in the header of a request.
pub(super) fn target(parts: &Parts) -> &str {
    let target = parts.headers.get(TARGET).and_then(|value| value.to_str().ok()).unwrap_or_default();
    target.rsplit('.').next().or_report("a split text has a last part").unwrap_or_default()
}

/// An error: `__type`, `Message` and optionally `Reason`.
pub(super) fn refusal(error: &AwsError, request_id: &str) -> Response<Bytes> {
    let mut body = json!({ "__type": error.name(), "Message": error.message });
    if let Some(reason) = error.reason {
        body["Reason"] = json!(reason);
    }
    response(error.status, request_id, JSON, body.to_string().into())
}

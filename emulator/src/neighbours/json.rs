//! awsJson1.1: an operation in `X-Amz-Target`, JSON in and out (NB-26).

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Call, unknown_operation};
use crate::aws_error::{AwsError, ErrorCode};
use crate::wire::answer::response;

/// The header that names the operation, as `PREFIX.Operation`.
pub(super) const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");

/// Runs an operation whose result is `Ok(None)` when the service has no such operation here.
pub(super) fn answer(
    call: &Call<'_>,
    prefix: &str,
    run: impl FnOnce(&str, &[u8]) -> Result<Option<Value>, AwsError>,
) -> Result<Response<Bytes>, AwsError> {
    let target = call.parts.headers.get(TARGET).and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.')).unwrap_or_default();
    let result = run(operation, call.body)?.ok_or_else(|| unknown_operation(call.service, target))?;
    Ok(response(200, call.request_id, JSON, result.to_string().into()))
}

/// Reads the parameters of an operation; no body at all means none.
///
/// # Errors
/// 400 `SerializationException` when the body is no JSON or a parameter has another type.
pub(super) fn parameters<T: DeserializeOwned>(body: &[u8]) -> Result<T, AwsError> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| AwsError::new(ErrorCode::SerializationException, error.to_string()))
}

/// An error: its code in `__type`, the sentence in `Message`.
pub(super) fn refusal(error: &AwsError, request_id: &str) -> Response<Bytes> {
    let body = json!({ "__type": error.code.name(), "Message": error.message }).to_string();
    response(error.status, request_id, JSON, body.into())
}

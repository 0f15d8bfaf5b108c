//! Responses of Security Hub in restJson1.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::aws_error::AwsError;
use crate::invariant::Invariant;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A response with a JSON body.
pub fn success(status: u16, request_id: &str, body: Bytes) -> Response<Bytes> {
    response(status, request_id, JSON, body)
}

/// An error response: the code in `x-amzn-ErrorType` and `Code`, the message in `Message` (CLN-04).
pub fn error(error: &AwsError, request_id: &str) -> Response<Bytes> {
    let code = error.name();
    let body = json!({ "Message": error.message, "Code": code }).to_string();
    let mut response = response(error.status, request_id, JSON, body.into());
    if let Ok(code) = HeaderValue::from_str(code) {
        response.headers_mut().insert(ERROR_TYPE, code);
    }
    response
}

/// Extension of a response with the error code, for bodies in protocols other than restJson1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorName(pub Cow<'static, str>);

/// The error code of a response.
pub fn error_code(response: &Response<Bytes>) -> Option<&str> {
    if response.status().as_u16() < 400 {
        return None;
    }
    let header = response.headers().get(ERROR_TYPE).and_then(|code| code.to_str().ok());
    header.or_else(|| response.extensions().get::<ErrorName>().map(|name| &*name.0))
}

/// A response of the control plane. The body ends with a newline, for use in a terminal.
pub fn control(status: StatusCode, request_id: &str, body: &Value) -> Response<Bytes> {
    response(status.as_u16(), request_id, JSON, format!("{body}\n").into())
}

/// An error response of the control plane.
pub fn control_error(error: &AwsError, request_id: &str) -> Response<Bytes> {
    let status = StatusCode::from_u16(error.status)
        .or_report("the status of an error is a valid HTTP status")
        .unwrap_or(StatusCode::BAD_REQUEST);
    control(status, request_id, &json!({ "Message": error.message }))
}

/// A response with any media type.
pub fn response(status: u16, request_id: &str, content_type: HeaderValue, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status)
        .or_report("the status of an answer is a valid HTTP status")
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, content_type);
    if status == 503 {
        headers.insert(http::header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, request_id);
    }
    response
}

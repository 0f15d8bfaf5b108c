//! The error type of callers in the same process.

use std::fmt;

use serde_json::Value;

/// A call that the control plane refused. It has changed nothing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Error {
    /// The HTTP status that the same call gets over HTTP.
    pub status: u16,
    /// The reason.
    pub message: String,
    /// The whole body, because some refusals have further members.
    pub body: Value,
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl Error {
    /// Creates an error from the status and the body of a response.
    pub(crate) fn new(status: u16, body: &[u8]) -> Error {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let message = body["Message"].as_str().unwrap_or("the control plane refused the call").to_owned();
        Error { status, message, body }
    }
}

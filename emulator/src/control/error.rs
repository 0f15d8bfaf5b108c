//! Refusals as callers in process see them.

use std::fmt;

use serde_json::Value;

/// A refusal of the control plane. It has changed nothing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Error {
    /// The HTTP status that the same call gets from a port.
    pub status: u16,
    /// The reason.
    pub message: String,
    /// The whole body, since some refusals have further members.
    pub body: Value,
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl Error {
    /// The refusal with a status and a body.
    pub(crate) fn new(status: u16, body: &[u8]) -> Error {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let message = body["Message"].as_str().unwrap_or("the control plane refused the call").to_owned();
        Error { status, message, body }
    }
}

//! The result of an attempt to deliver messages.

use super::queue::Message;

/// The result of an attempt to deliver messages.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Number of delivered messages.
    pub delivered: usize,
    /// Number of refused messages, for which a retry would fail too.
    pub failed: usize,
    /// The messages to send again, in order.
    pub retry: Vec<Message>,
    /// HTTP status of the response.
    pub status: Option<u16>,
    /// The last error.
    pub error: Option<String>,
}

impl Outcome {
    /// Creates an outcome in which all messages are sent again.
    pub fn retry(messages: Vec<Message>, error: impl Into<String>) -> Outcome {
        Outcome { retry: messages, error: Some(error.into()), ..Outcome::default() }
    }

    /// Creates an outcome in which all messages were refused.
    pub fn failed(count: usize, error: impl Into<String>) -> Outcome {
        Outcome { failed: count, error: Some(error.into()), ..Outcome::default() }
    }

    /// Returns the outcome for the status of a response (CPL-86).
    pub fn of_status(status: http::StatusCode, messages: Vec<Message>) -> Outcome {
        let code = Some(status.as_u16());
        if status.is_success() {
            return Outcome { delivered: messages.len(), status: code, ..Outcome::default() };
        }
        let error = format!("the receiver answered {status}");
        let is_temporary = status.is_server_error() || matches!(status.as_u16(), 408 | 429);
        let outcome =
            if is_temporary { Outcome::retry(messages, error) } else { Outcome::failed(messages.len(), error) };
        Outcome { status: code, ..outcome }
    }
}

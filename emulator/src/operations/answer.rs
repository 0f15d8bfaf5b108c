//! What an operation answers when it succeeds.

use bytes::Bytes;
use serde::Serialize;

use crate::aws_error::{AwsError, ErrorCode};

/// The JSON body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer(pub Bytes);

impl Answer {
    /// `{}`
    pub fn empty() -> Answer {
        Answer(Bytes::from_static(b"{}"))
    }

    /// An answer from its wire struct.
    ///
    /// # Errors
    /// 500 when the struct cannot be written as JSON.
    pub fn json(body: &impl Serialize) -> Result<Answer, AwsError> {
        serde_json::to_vec(body)
            .map(|body| Answer(body.into()))
            .map_err(|error| AwsError::new(ErrorCode::InternalException, "Internal server error").caused_by(error))
    }
}

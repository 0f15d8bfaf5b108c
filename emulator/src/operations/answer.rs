//! The answer of a successful operation.

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

    /// The answer for a wire struct.
    ///
    /// # Errors
    /// 500 when the struct cannot be serialized.
    pub fn json(body: &impl Serialize) -> Result<Answer, AwsError> {
        serde_json::to_vec(body)
            .map(|body| Answer(body.into()))
            .map_err(|error| AwsError::new(ErrorCode::InternalException, "Internal server error").caused_by(error))
    }
}

//! A call of another service, and the error for unsupported operations.

use bytes::Bytes;
use http::request::Parts;

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;

/// A request that is signed for a service other than Security Hub.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The service of the SigV4 scope: `sts`, `iam`, `ec2`, `organizations`, `s3`.
    pub service: &'a str,
    /// The caller.
    pub caller: &'a Caller,
    /// Method, path, query and headers.
    pub parts: &'a Parts,
    /// The body.
    pub body: &'a Bytes,
    /// The request ID, a UUID.
    pub request_id: &'a str,
}

/// 400, rather than a status that clients retry (NB-27, TF-07).
pub(super) fn unknown_operation(service: &str, operation: &str) -> AwsError {
    let message = format!("{operation} of {service} is not implemented by this emulator");
    AwsError::new(ErrorCode::UnknownOperationException, message).with_status(400)
}

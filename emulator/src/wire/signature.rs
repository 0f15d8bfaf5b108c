//! Verification of signatures.
use crate::{aws_error::AwsError, wire::identity::Signature};
/// .
pub fn verify(
    _: &Signature,
    _: &str,
    _: &http::Method,
    _: &http::Uri,
    _: &http::HeaderMap,
    _: &[u8],
) -> Result<(), AwsError> {
    Ok(())
}

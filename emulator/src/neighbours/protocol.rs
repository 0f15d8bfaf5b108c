//! The AWS protocol of a request, which determines the format of its errors (NB-22, NB-25, NB-26, NB-27).

use bytes::Bytes;
use http::Response;
use http::header::CONTENT_TYPE;
use http::request::Parts;

use super::{ec2, json, query, s3};
use crate::aws_error::AwsError;
use crate::wire::answer;

/// A protocol, identified by its error format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// awsQuery, with the service's XML namespace if it is known.
    Query(Option<&'static str>),
    /// ec2Query
    Ec2,
    /// awsJson1.1
    Json,
    /// restXml as used by S3.
    S3,
    /// restJson1
    RestJson,
}

impl Protocol {
    /// The protocol of a service. For an unknown service it is derived from the request.
    pub fn of(service: &str, parts: &Parts) -> Protocol {
        match service {
            "sts" => Protocol::Query(Some(query::STS)),
            "iam" => Protocol::Query(Some(query::IAM)),
            "ec2" => Protocol::Ec2,
            "organizations" => Protocol::Json,
            "s3" => Protocol::S3,
            _ if parts.headers.contains_key(json::TARGET) => Protocol::Json,
            _ if is_form(parts) => Protocol::Query(None),
            _ => Protocol::RestJson,
        }
    }

    /// An error in the format of this protocol.
    pub fn refusal(self, error: &AwsError, request_id: &str) -> Response<Bytes> {
        match self {
            Protocol::Query(namespace) => query::refusal(error, namespace, request_id),
            Protocol::Ec2 => ec2::refusal(error, request_id),
            Protocol::Json => json::refusal(error, request_id),
            Protocol::S3 => s3::refusal(error, request_id),
            Protocol::RestJson => answer::error(error, request_id),
        }
    }
}

/// The operation of a request to a service that is not emulated: from `X-Amz-Target`, from the form, or the method and the
/// path.
pub(super) fn operation(parts: &Parts, body: &Bytes) -> String {
    if let Some(target) = parts.headers.get(json::TARGET).and_then(|target| target.to_str().ok()) {
        return target.rsplit('.').next().unwrap_or(target).to_owned();
    }
    let form = is_form(parts).then(|| query::Form::read(parts, body));
    match form.as_ref().map(query::Form::action).filter(|action| !action.is_empty()) {
        Some(action) => action.to_owned(),
        None => format!("{} {}", parts.method, parts.uri.path()),
    }
}

fn is_form(parts: &Parts) -> bool {
    let form = |value: &http::HeaderValue| value.as_bytes().starts_with(b"application/x-www-form-urlencoded");
    let action = |pair: &str| pair.starts_with("Action=");
    parts.headers.get(CONTENT_TYPE).is_some_and(form) || parts.uri.query().unwrap_or_default().split('&').any(action)
}

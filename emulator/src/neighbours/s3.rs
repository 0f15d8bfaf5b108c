//! Amazon S3: ListBuckets, which returns no buckets (NB-27).

use bytes::Bytes;
use http::{Method, Response};

use super::call::{Call, unknown_operation};
use super::query;
use super::xml::{Element, xml_code};
use crate::aws_error::AwsError;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Answers a request for S3.
pub(super) fn answer(call: &Call<'_>) -> Result<Response<Bytes>, AwsError> {
    if call.parts.method != Method::GET || call.parts.uri.path() != "/" {
        let operation = format!("{} {}", call.parts.method, call.parts.uri.path());
        return Err(unknown_operation(call.service, &operation));
    }
    let owner = Element::new("Owner", [Element::text("ID", call.caller.account().as_str())]);
    let buckets = Element::new("Buckets", []);
    let answer = Element::new("ListAllMyBucketsResult", [owner, buckets]).within(Some(NAMESPACE));
    Ok(query::document(200, call.request_id, &answer))
}

/// An error in the format of S3.
pub(super) fn refusal(error: &AwsError, request_id: &str) -> Response<Bytes> {
    let details = [
        Element::text("Code", xml_code(error)),
        Element::text("Message", &*error.message),
        Element::text("RequestId", request_id),
    ];
    query::document(error.status, request_id, &Element::new("Error", details))
}

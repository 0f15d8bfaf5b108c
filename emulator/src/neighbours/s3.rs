//! Amazon S3: the list of buckets, always empty (NB-27).

use bytes::Bytes;
use http::{HeaderValue, Method, Response};

use super::protocol::xml_code;
use super::xml::Element;
use super::{Call, unknown_operation};
use crate::aws_error::AwsError;
use crate::state::AccountId;
use crate::wire::answer::response;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
const XML: HeaderValue = HeaderValue::from_static("application/xml");

/// Answers `GET /`, in the path style; with a bucket or an object it is another emulator's work.
pub(super) fn answer(call: &Call<'_>) -> Result<Response<Bytes>, AwsError> {
    let (method, path) = (&call.parts.method, call.parts.uri.path());
    if method != Method::GET || path != "/" {
        return Err(unknown_operation("s3", &format!("{method} {path}")));
    }
    Ok(response(200, call.request_id, XML, list_buckets(call.caller.account()).render()))
}

/// The error form of S3.
pub(super) fn refusal(error: &AwsError, request_id: &str) -> Response<Bytes> {
    let members = [
        Element::text("Code", xml_code(error.code)),
        Element::text("Message", &*error.message),
        Element::text("RequestId", request_id),
    ];
    response(error.status, request_id, XML, Element::new("Error", members).render())
}

/// The owner's canonical id is its account id, filled up to the 64 digits that such an id has.
fn list_buckets(account: AccountId) -> Element {
    let owner = Element::new("Owner", [Element::text("ID", format!("{:0>64}", account.as_str()))]);
    Element::new("ListAllMyBucketsResult", [owner, Element::new("Buckets", [])]).within(Some(NAMESPACE))
}

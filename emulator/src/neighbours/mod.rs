//! The few operations of other AWS services that clients call on the same port, selected by the service of the SigV4
//! scope (NB-01 … NB-08).
//!
//! Contents: one file per service and one per protocol. These operations are self-contained, so this module does not
//! use `gate` and `operations`, and renders HTTP responses itself; it reads the directory and changes it through
//! transactions. Security Hub's own API does not belong here, nor do operations that no client of Security Hub needs;
//! those are refused (NB-27).

mod call;
mod ec2;
mod iam;
mod json;
mod organizations;
mod protocol;
mod query;
mod s3;
mod sts;
#[cfg(test)]
mod tests;
mod xml;

pub use call::Call;

use bytes::Bytes;
use http::Response;
use http::request::Parts;

use crate::aws_error::{AwsError, ErrorCode};
use crate::state::World;
use crate::wire::answer;
use call::unknown_operation;
use protocol::Protocol;

/// Answers a request signed for another service, in that service's protocol. Unsupported operations are refused with
/// 400 `UnknownOperationException` (NB-27).
pub fn handle(world: &World, call: &Call<'_>) -> Response<Bytes> {
    let answered = match call.service {
        "sts" => query::answer(call, query::STS, |form| sts::call(world, call.caller, form)),
        "iam" => query::answer(call, query::IAM, |form| iam::call(call.caller, form)),
        "ec2" => ec2::answer(world, call),
        "organizations" => {
            json::answer(call, |operation, body| organizations::call(world, call.caller, operation, body))
        }
        "s3" => s3::answer(call),
        service => Err(unknown_operation(service, &protocol::operation(call.parts, call.body))),
    };
    match answered {
        Ok(response) => {
            tracing::info!(service = call.service, request_id = call.request_id, "answered");
            response
        }
        Err(error) => refuse(call.service, call.parts, &error, call.request_id),
    }
}

/// Refuses a request in the error format of its service, even before the caller is known: a client of STS cannot parse
/// an error of Security Hub (TF-02).
pub fn refuse(service: &str, parts: &Parts, error: &AwsError, request_id: &str) -> Response<Bytes> {
    if error.code == ErrorCode::MalformedPolicyDocumentException {
        // The response cannot say what is wrong, because that of AWS does not.
        let reason = error.source.as_deref().unwrap_or_default();
        tracing::warn!(service, request_id, reason, "refused a policy document");
    } else {
        tracing::info!(service, request_id, %error, "refused");
    }
    let mut response = Protocol::of(service, parts).refusal(error, request_id);
    response.extensions_mut().insert(answer::ErrorName(xml::xml_code(error).to_owned().into()));
    response
}

/// The operation that a request to a service other than Security Hub names; it may not exist. `None` for services whose
/// requests do not name an operation.
pub fn operation(service: &str, parts: &Parts, body: &[u8]) -> Option<String> {
    let operation = match service {
        "sts" | "iam" | "ec2" => query::Form::read(parts, body).action().to_owned(),
        "organizations" => json::target(parts).to_owned(),
        _ => return None,
    };
    (!operation.is_empty()).then_some(operation)
}

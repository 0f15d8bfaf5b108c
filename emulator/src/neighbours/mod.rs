//! The few calls of other AWS services that clients make on the same port, chosen by the service of the SigV4
//! scope (NB-01 … NB-08).
//!
//! What lives here: one file for each of those services, and one for each protocol that they speak. These calls
//! are whole in themselves, so this room stands beside `wire` and renders HTTP answers: it reads the directory
//! and writes it through transactions. What may not: anything of Security Hub's own API, and calls that no
//! client of Security Hub needs; those are refused (NB-27).

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

use bytes::Bytes;
use http::Response;
use http::request::Parts;

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;
use crate::state::World;
use protocol::Protocol;

/// A request that is signed for another service than securityhub.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The service of the SigV4 scope: `sts`, `iam`, `ec2`, `organizations`, `s3`.
    pub service: &'a str,
    /// Who calls.
    pub caller: &'a Caller,
    /// Method, path, query and headers.
    pub parts: &'a Parts,
    /// The body.
    pub body: &'a Bytes,
    /// The id of the request, a UUID.
    pub request_id: &'a str,
}

/// Answers a request signed for another service than securityhub, in that service's protocol. What is not
/// answered here is refused with 400 `UnknownOperationException` (NB-27).
pub fn handle(world: &World, call: &Call<'_>) -> Response<Bytes> {
    let answered = match call.service {
        "sts" => query::answer(call, query::STS, |form| sts::call(world, call.caller, form)),
        "iam" => query::answer(call, query::IAM, |form| iam::call(call.caller, form)),
        "ec2" => ec2::answer(world, call),
        "organizations" => {
            json::answer(call, |operation, body| organizations::call(world, call.caller, operation, body))
        }
        "s3" => s3::answer(call),
        service => Err(unknown_operation(service, "the request")),
    };
    match answered {
        Ok(response) => {
            tracing::info!(service = call.service, request_id = call.request_id, "answered");
            response
        }
        Err(error) => refuse(call.service, call.parts, &error, call.request_id),
    }
}

/// Refuses a request in the error form of its service, also before it is known who calls: a client that signs
/// for STS cannot read an error of Security Hub (TF-02).
pub fn refuse(service: &str, parts: &Parts, error: &AwsError, request_id: &str) -> Response<Bytes> {
    tracing::info!(service, request_id, %error, "refused");
    Protocol::of(service, parts).refusal(error, request_id)
}

/// 400, and never a status that clients retry (NB-27, TF-07).
fn unknown_operation(service: &str, operation: &str) -> AwsError {
    let message = format!("{operation} of {service} is not among the calls of other services that are answered here");
    AwsError::new(ErrorCode::UnknownOperationException, message).with_status(400)
}

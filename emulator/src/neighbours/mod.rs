//! The few calls of other AWS services that clients make on the same port, chosen by the service of the SigV4
//! scope (NB-01 … NB-08).
//!
//! What lives here: one file for each of those services, and one for each protocol that they speak. These calls
//! are whole in themselves, so this room stands beside `wire` and renders HTTP answers: it reads the directory
//! and writes it through transactions. What may not: anything of Security Hub's own API, and calls that no
//! client of Security Hub needs; those are refused (NB-27).

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

use crate::aws_error::AwsError;
use crate::state::World;
use call::unknown_operation;
use protocol::Protocol;

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

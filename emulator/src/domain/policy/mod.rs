//! IAM policies: their language, the principals they apply to, and their evaluation for a call.
//!
//! Contains: the language of policies (`read`, [`pattern`], [`condition`]), their evaluation for a small [`Request`],
//! the layers of policies that apply to a principal ([`bounds`]), and the requests that a call makes to them
//! ([`requests`]). Does not contain: where policies come from, and the state of a hub except its tags.
//!
//! A principal without policies has administrator access. If no policy applies to the caller, evaluation is skipped.

pub mod bounds;
pub mod condition;
mod document;
pub mod evaluate;
pub mod keys;
mod known;
mod operators;
pub mod pattern;
mod read;
mod remark;
pub mod requests;
#[cfg(test)]
mod tests;
mod verdict;

use std::net::IpAddr;

use securityhub_fixtures::{Operation, actions};

pub use self::document::organization_document;
pub use self::evaluate::{Denial, Kind, Layer, Request, evaluate};
pub use self::keys::Keys;
pub use self::read::read;
pub use self::remark::{PathStep, Remark};
pub use self::verdict::{Deciding, Verdict, verdict};
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::shape::read::Document;
use crate::state::World;

/// Admits a call if policies allow each of its resources, or denies it (IAM-05, IAM-06).
///
/// # Errors
/// 403 `AccessDeniedException` for the first resource that is not allowed (DEN-01 … DEN-06).
pub fn admit(
    world: &World,
    caller: &Caller,
    source: Option<IpAddr>,
    operation: Operation,
    input: &Document<'_>,
) -> Result<(), AwsError> {
    let directory = world.directory();
    if bounds::is_unrestricted(&directory, &caller.principal) {
        return Ok(());
    }
    let layers = bounds::layers(&directory, &caller.principal);
    if layers.is_empty() {
        return Ok(());
    }
    let action = actions::of(operation).name;
    let call = requests::Call { world, directory: &directory, caller, source, operation, input };
    for resource_request in call.requests() {
        let request = Request { action, resource: &resource_request.resource, keys: &resource_request.keys };
        evaluate(&layers, request).map_err(|denial| refuse(caller, request, denial))?;
    }
    Ok(())
}

fn refuse(caller: &Caller, request: Request<'_>, denial: Denial) -> AwsError {
    let Request { action, resource, .. } = request;
    let user = &caller.principal.arn;
    let reason = denial.reason(action);
    AwsError::access_denied(format!(
        "User: {user} is not authorized to perform: {action} on resource: {resource} {reason}"
    ))
}

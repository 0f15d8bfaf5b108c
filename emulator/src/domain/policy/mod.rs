//! Policies: what they say, whom they bind, and whether they let a call through.
//!
//! What lives here: the language of policies ([`read`], [`pattern`], [`condition`]), their evaluation over a small
//! [`Request`], the layers of policies that bind a principal ([`bounds`]) and what a call asks of them ([`question`]).
//! What may not: where policies come from, and the state of a hub beyond its tags.
//!
//! A principal without policies of its own is an administrator. Whom no policy binds is not asked anything.

pub mod bounds;
pub mod condition;
pub mod evaluate;
pub mod keys;
mod known;
mod operators;
pub mod pattern;
pub mod question;
mod read;
mod remark;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use securityhub_fixtures::{Operation, actions};

pub use self::evaluate::{Denial, Kind, Layer, Request, judge};
pub use self::keys::Keys;
pub use self::read::read;
pub use self::remark::{PathStep, Remark};
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::shape::read::Document;
use crate::state::{Effect, Listed, Pattern, Piece, Policy, Statement, World};

/// Lets a call through, or refuses it: each resource that it is about must be allowed (IAM-05, IAM-06).
///
/// # Errors
/// 403 `AccessDeniedException` with the first resource that is not (DEN-01 … DEN-06).
pub fn admit(
    world: &World,
    caller: &Caller,
    source: Option<IpAddr>,
    operation: Operation,
    input: &Document<'_>,
) -> Result<(), AwsError> {
    let directory = world.directory();
    if bounds::is_free(&directory, &caller.principal) {
        return Ok(());
    }
    let layers = bounds::layers(&directory, &caller.principal);
    if layers.is_empty() {
        return Ok(());
    }
    let action = actions::of(operation).name;
    let call = question::Call { world, directory: &directory, caller, source, operation, input };
    for asked in call.questions() {
        let request = Request { action, resource: &asked.resource, keys: &asked.keys };
        judge(&layers, request).map_err(|denial| refuse(caller, request, denial))?;
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

/// The policy that AWS attaches to every root, unit and account: it allows all.
pub fn full_aws_access() -> Arc<Policy> {
    let all = || Listed::AnyOf(vec![Pattern(vec![Piece::Many])]);
    let statement = Statement { effect: Effect::Allow, actions: all(), resources: all(), conditions: Vec::new() };
    Arc::new(Policy { name: "FullAWSAccess".to_owned(), statements: vec![statement] })
}

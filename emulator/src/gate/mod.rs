//! Checks that every call passes before its operation runs, in AWS's order of refusal. Each check is one function.
//!
//! Contains: checks that all operations share. Does not contain: rules of a single operation, and rate
//! limits and faults, which come before.

use std::net::IpAddr;

use securityhub_fixtures::Operation;

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;
use crate::domain::{hub_access, hub_v2_access, policy};
use crate::operations::{self, Coverage, HubRule, Input};
use crate::shape::read::Document;
use crate::shape::{Segment, Violation, sentence};
use crate::state::World;

/// Admits a call and returns its input, or refuses it. A malformed call that policies deny is denied, because AWS
/// evaluates policies before it validates the input (`inferred`).
///
/// # Errors
/// The first refusal: policies, then shape, then an operation that is not implemented, then a disabled hub.
pub fn enter<'t>(
    world: &World,
    caller: &Caller,
    source: Option<IpAddr>,
    operation: Operation,
    document: Document<'t>,
) -> Result<Input<'t>, AwsError> {
    policy::admit(world, caller, source, operation, &document)?;
    let input = shape(operation, document)?;
    check_implemented(operation)?;
    check_hub(world, caller, operation)?;
    Ok(input)
}

/// 400 for violations of the input, except those of items that the operation validates independently.
fn shape(operation: Operation, document: Document<'_>) -> Result<Input<'_>, AwsError> {
    let of_call: Vec<Violation> =
        document.violations.into_iter().filter(|violation| !is_of_item(operation, violation)).collect();
    if of_call.is_empty() {
        let items = document.items.map(|items| items.items).unwrap_or_default();
        return Ok(Input { members: document.members, items });
    }
    Err(if operation.answers_validation_exception() {
        AwsError::new(ErrorCode::ValidationException, sentence::framework(&of_call))
    } else {
        AwsError::invalid_input(sentence::classic(&of_call))
    })
}

/// Returns whether a violation belongs to such an item.
fn is_of_item(operation: Operation, violation: &Violation) -> bool {
    let list = operations::entry(operation).per_item;
    matches!(violation.path[..], [Segment::Member(_, name), Segment::Item(_), ..] if Some(name) == list)
}

fn check_implemented(operation: Operation) -> Result<(), AwsError> {
    match operations::entry(operation).coverage {
        Coverage::Missing => Err(operations::not_implemented(operation)),
        Coverage::Implemented => Ok(()),
    }
}

/// 401 when the operation needs the caller's hub and it is disabled; 400 for operations on members and invitations; for
/// operations that need the V2 hub, the error that the operation lists.
fn check_hub(world: &World, caller: &Caller, operation: Operation) -> Result<(), AwsError> {
    let is_off = || !hub_access::is_enabled(world, &caller.hub_key());
    match operations::entry(operation).hub {
        HubRule::Required if is_off() => Err(hub_access::not_subscribed(caller)),
        HubRule::RequiredByMembers if is_off() => Err(hub_access::no_members_without_a_hub()),
        HubRule::V2 if !world.relations().is_v2_on(&caller.hub_key()) => Err(hub_v2_access::off(caller, operation)),
        HubRule::Required | HubRule::RequiredByMembers | HubRule::V2 | HubRule::Own => Ok(()),
    }
}

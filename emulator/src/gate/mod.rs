//! May this call run? Each stage is one function, in AWS's order of refusal (errors.md).
//!
//! What lives here: what is asked of every operation alike. What may not: the rules of any one operation.
//! Throttling and policies take their places before [`shape`] when they are built.

use std::collections::BTreeMap;

use securityhub_fixtures::Operation;

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;
use crate::domain::hub;
use crate::operations::{self, Behaviour, HubRule, Input};
use crate::shape::read::Document;
use crate::shape::{Segment, Violation, sentence};
use crate::state::World;

/// Lets a call in, or says why not.
///
/// # Errors
/// The first refusal: shape, then an operation that is not built, then a hub that is off.
pub fn enter(world: &World, caller: &Caller, operation: Operation, document: Document) -> Result<Input, AwsError> {
    let input = shape(operation, document)?;
    built(operation)?;
    hub_on(world, caller, operation)?;
    Ok(input)
}

/// 400 for what the input breaks, save for what belongs to single items.
fn shape(operation: Operation, document: Document) -> Result<Input, AwsError> {
    let (mut of_call, mut of_items) = (Vec::new(), BTreeMap::<usize, Vec<Violation>>::new());
    for violation in document.violations {
        match item(operation, &violation) {
            Some(position) => of_items.entry(position).or_default().push(violation),
            None => of_call.push(violation),
        }
    }
    if of_call.is_empty() {
        return Ok(Input { members: document.members, item_violations: of_items });
    }
    Err(if operation.answers_validation_exception() {
        AwsError::new(ErrorCode::ValidationException, sentence::framework(&of_call))
    } else {
        AwsError::invalid_input(sentence::classic(&of_call))
    })
}

/// The position of the item that a violation belongs to, where the operation judges items one by one.
fn item(operation: Operation, violation: &Violation) -> Option<usize> {
    let list = operations::entry(operation).per_item?;
    match violation.path[..] {
        [Segment::Member(_, name), Segment::Item(position), ..] if name == list => Some(position),
        _ => None,
    }
}

fn built(operation: Operation) -> Result<(), AwsError> {
    match operations::entry(operation).behaviour {
        Behaviour::Missing => Err(operations::not_built(operation)),
        Behaviour::Behaves | Behaviour::Partial(_) => Ok(()),
    }
}

/// 401 when the operation needs the caller's hub and it is off (errors.md, Access).
fn hub_on(world: &World, caller: &Caller, operation: Operation) -> Result<(), AwsError> {
    match operations::entry(operation).hub {
        HubRule::Required if !hub::is_enabled(world, &caller.hub_key()) => Err(hub::not_subscribed(caller)),
        HubRule::Required | HubRule::Own => Ok(()),
    }
}

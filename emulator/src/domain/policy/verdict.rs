//! The verdict of policies about a call, and the statement that decides it. For people; calls use [`super::admit`].

use securityhub_fixtures::{Operation, actions};
use serde_json::Value;

use super::evaluate::{self, Denial, Request};
use super::{bounds, requests};
use crate::domain::caller::Caller;
use crate::shape::read::{self, Document};
use crate::state::{Effect, World};

/// The verdict about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The action, such as `securityhub:GetFindings`.
    pub action: &'static str,
    /// The resource that decides: the first one that is denied, or the first one of the call.
    pub resource: String,
    /// The reason of a denial, in the words of the service; `None` if the call is allowed.
    pub denied: Option<String>,
    /// The policy and the statement that decide; `None` if no policy applies, or if none of them allows the call.
    pub decided_by: Option<Deciding>,
}

/// A statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deciding {
    /// The name of the policy.
    pub policy: String,
    /// The `Sid` of the statement, or its position, such as `statement 2`.
    pub statement: String,
}

/// The verdict of policies about a call with this input, which may be invalid.
pub fn verdict(world: &World, caller: &Caller, operation: Operation, input: &Value) -> Verdict {
    let directory = world.directory();
    let action = actions::of(operation).name;
    let document: Document<'_> = read::document(operation.model().input, &input.to_string()).unwrap_or_default();
    let call = requests::Call { world, directory: &directory, caller, source: None, operation, input: &document };
    let layers = bounds::layers(&directory, &caller.principal);
    let of_resource = |found: &requests::ResourceRequest| {
        let request = Request { action, resource: &found.resource, keys: &found.keys };
        let outcome = if layers.is_empty() { Ok(()) } else { evaluate::evaluate(&layers, request) };
        let wanted = match outcome {
            Ok(()) => Some(Effect::Allow),
            Err(Denial { is_explicit, .. }) => is_explicit.then_some(Effect::Deny),
        };
        let statement = wanted.and_then(|effect| evaluate::deciding(&layers, request, effect));
        Verdict {
            action,
            resource: found.resource.clone(),
            denied: outcome.err().map(|denial| denial.reason(action)),
            decided_by: statement.map(|(policy, number, statement)| Deciding {
                policy: policy.name.clone(),
                statement: statement.sid.clone().unwrap_or_else(|| format!("statement {}", number + 1)),
            }),
        }
    };
    let mut verdicts: Vec<Verdict> = call.requests().iter().map(of_resource).collect();
    let denied = verdicts.iter().position(|verdict| verdict.denied.is_some()).unwrap_or_default();
    let none = Verdict { action, resource: "*".to_owned(), denied: None, decided_by: None };
    if verdicts.is_empty() { none } else { verdicts.swap_remove(denied) }
}

//! Whether policies let a request through (IAM-12).

use std::sync::Arc;

use super::condition;
use super::keys::Keys;
use super::pattern;
use crate::state::{Effect, Listed, Pattern, Policy, Statement};

/// What is asked of policies: one action on one resource.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// `securityhub:DescribeHub`
    pub action: &'r str,
    /// An ARN, or `*` where the action is about no resource (IAM-04).
    pub resource: &'r str,
    /// The condition keys.
    pub keys: &'r Keys,
}

/// The kinds of policies, in the order in which they are named when several deny (DEN-09).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A service control policy.
    ServiceControl,
    /// An identity-based policy.
    Identity,
    /// A permissions boundary.
    Boundary,
    /// A session policy.
    Session,
}

/// Policies of one kind, attached to one place: one of them must allow and none may deny.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'p> {
    /// Their kind.
    pub kind: Kind,
    /// The policies.
    pub policies: &'p [Arc<Policy>],
}

/// Why a request is not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The kind of the policies.
    pub kind: Kind,
    /// Whether one of them denies; else none of them allows.
    pub is_explicit: bool,
}

/// Asks all layers, which stand in the order of [`Kind`].
///
/// # Errors
/// The first layer with a policy that denies; else the first in which no policy allows.
pub fn judge(layers: &[Layer<'_>], request: Request<'_>) -> Result<(), Denial> {
    let effects: Vec<(Kind, Option<Effect>)> =
        layers.iter().map(|layer| (layer.kind, effect(layer.policies, request))).collect();
    let first = |wanted: Option<Effect>| effects.iter().find(|(_, effect)| *effect == wanted).map(|(kind, _)| *kind);
    if let Some(kind) = first(Some(Effect::Deny)) {
        return Err(Denial { kind, is_explicit: true });
    }
    match first(None) {
        Some(kind) => Err(Denial { kind, is_explicit: false }),
        None => Ok(()),
    }
}

/// What policies of one place do to a request; `None` when they say nothing of it.
fn effect(policies: &[Arc<Policy>], request: Request<'_>) -> Option<Effect> {
    let statements = policies.iter().flat_map(|policy| &policy.statements);
    let mut allowed = None;
    for statement in statements.filter(|statement| applies(statement, request)) {
        match statement.effect {
            Effect::Deny => return Some(Effect::Deny),
            Effect::Allow => allowed = Some(Effect::Allow),
        }
    }
    allowed
}

fn applies(statement: &Statement, request: Request<'_>) -> bool {
    let Request { action, resource, keys } = request;
    lists(&statement.actions, |written| pattern::fits_action(written, keys, [action]))
        && lists(&statement.resources, |written| pattern::fits(written, keys, resource))
        && statement.conditions.iter().all(|condition| condition::holds(condition, keys))
}

fn lists(listed: &Listed, fits: impl Fn(&Pattern) -> bool) -> bool {
    match listed {
        Listed::AnyOf(patterns) => patterns.iter().any(fits),
        Listed::NoneOf(patterns) => !patterns.iter().any(fits),
    }
}

impl Denial {
    /// The end of the sentence that tells it (DEN-01 … DEN-06).
    pub fn reason(self, action: &str) -> String {
        let (article, kind) = match self.kind {
            Kind::ServiceControl => ("a", "service control policy"),
            Kind::Identity => ("an", "identity-based policy"),
            Kind::Boundary => ("a", "permissions boundary"),
            Kind::Session => ("a", "session policy"),
        };
        if self.is_explicit {
            format!("with an explicit deny in {article} {kind}")
        } else {
            format!("because no {kind} allows the {action} action")
        }
    }
}

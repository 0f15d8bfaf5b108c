//! Evaluation of policies for one request (IAM-12).

use std::sync::Arc;

use super::condition;
use super::keys::Keys;
use super::pattern;
use crate::state::{Effect, Pattern, PatternList, Policy, Statement};

/// A request to policies: one action on one resource.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// `securityhub:DescribeHub`
    pub action: &'r str,
    /// An ARN, or `*` if the action has no resource (IAM-04).
    pub resource: &'r str,
    /// The condition keys.
    pub keys: &'r Keys,
}

/// The kinds of policies, in the order in which a denial names them if several deny (DEN-09).
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

/// Policies of one kind that are attached to one entity. One of them must allow the request, and none may deny it.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'p> {
    /// Their kind.
    pub kind: Kind,
    /// The policies.
    pub policies: &'p [Arc<Policy>],
}

/// Reason why a request is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The kind of the policies that deny it.
    pub kind: Kind,
    /// True if a policy denies it explicitly; otherwise no policy allows it.
    pub is_explicit: bool,
}

/// Evaluates all layers; `layers` is in the order of [`Kind`].
///
/// # Errors
/// The first layer with a policy that denies; otherwise the first layer without a policy that allows.
pub fn evaluate(layers: &[Layer<'_>], request: Request<'_>) -> Result<(), Denial> {
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

/// The effect of the policies of one layer on a request; `None` if no statement applies.
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

/// The statement with this effect that decides a request, with its policy and its position: the first one of the first
/// layer that denies, or of the last layer that allows.
pub fn deciding<'p>(
    layers: &[Layer<'p>],
    request: Request<'_>,
    effect: Effect,
) -> Option<(&'p Policy, usize, &'p Statement)> {
    let of_layer = |layer: &Layer<'p>| {
        layer.policies.iter().find_map(|policy| {
            let mut statements = policy.statements.iter().enumerate();
            let found = statements.find(|(_, statement)| statement.effect == effect && applies(statement, request));
            found.map(|(position, statement)| (&**policy, position, statement))
        })
    };
    match effect {
        Effect::Deny => layers.iter().find_map(of_layer),
        Effect::Allow => layers.iter().rev().find_map(of_layer),
    }
}

fn applies(statement: &Statement, request: Request<'_>) -> bool {
    let Request { action, resource, keys } = request;
    matches_list(&statement.actions, |written| pattern::matches_action(written, keys, [action]))
        && matches_list(&statement.resources, |written| pattern::matches_text(written, keys, resource))
        && statement.conditions.iter().all(|condition| condition::holds(condition, keys))
}

fn matches_list(listed: &PatternList, matches: impl Fn(&Pattern) -> bool) -> bool {
    match listed {
        PatternList::AnyOf(patterns) => patterns.iter().any(matches),
        PatternList::NoneOf(patterns) => !patterns.iter().any(matches),
    }
}

impl Denial {
    /// The last part of the error message (DEN-01 … DEN-06).
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

//! Automation rules of the classic API.
//!
//! Contains: creating, changing and deleting rules, and in `active` the rules that apply to an imported finding. Does
//! not contain: the effect of their actions on the finding, which belongs to the import.

mod active;
#[cfg(test)]
mod tests;

pub use active::{ActiveRule, active_rules, matching};

use std::collections::BTreeMap;

use securityhub_engine::Filter;
use securityhub_fixtures::Operation;
use serde_json::{Map, Value};

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;
use crate::domain::findings::filters::classic::{self, CRITERIA};
use crate::domain::{arn, hub_access};
use crate::shape::{Rule, Segment, Violation, sentence};
use crate::state::{AutomationRule, Hub, HubKey, Timestamp, Transaction, World, timestamp_text};

/// Maximum number of automation rules of an account in a Region (ARU-06).
pub const MAX_RULES: usize = 100;

/// The ARN of a rule (ARU-02).
pub fn rule_arn(hub: &HubKey, id: &str) -> String {
    arn::of_account(&hub.region, hub.account, &format!("automation-rule/{id}"))
}

/// Admits administrators and standalone accounts; the rules of an administrator apply to its members' findings
/// (ARU-16).
///
/// # Errors
/// For a member 403 `AccessDeniedException`, or 401 `InvalidAccessException` from an operation whose model does not
/// list the former.
pub fn admit(world: &World, caller: &Caller, operation: Operation) -> Result<(), AwsError> {
    if world.directory().administrator(caller.account(), &caller.region).is_none() {
        return Ok(());
    }
    let lists_denial = operation.model().errors.contains(&ErrorCode::AccessDeniedException.name());
    let code = if lists_denial { ErrorCode::AccessDeniedException } else { ErrorCode::InvalidAccessException };
    Err(AwsError::new(code, format!("Member account {} cannot use automation rules", caller.account())))
}

/// The attributes of a new rule.
#[derive(Debug)]
pub struct Draft {
    /// `RuleName`
    pub name: String,
    /// `Description`
    pub description: String,
    /// `RuleOrder`
    pub order: u32,
    /// True if it is evaluated.
    pub is_enabled: bool,
    /// `IsTerminal`
    pub is_terminal: bool,
    /// `Criteria`, as sent.
    pub criteria: Map<String, Value>,
    /// `Actions`, as sent.
    pub actions: Vec<Value>,
    /// `Tags`
    pub tags: BTreeMap<String, String>,
}

/// Creates a rule and returns its ARN; names and orders need not be unique (ARU-01 … ARU-07).
///
/// # Errors
/// 400 for criteria or actions that the service refuses, 429 if the account has [`MAX_RULES`] rules already, 401 when
/// the hub is disabled.
pub fn create(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    draft: Draft,
) -> Result<String, AwsError> {
    selection(world, &draft.criteria, caller.now)?;
    check_actions(&draft.actions)?;
    let key = caller.hub_key();
    let mut hub = hub_access::enabled(transaction, &key).map_err(|_| hub_access::not_subscribed(caller))?;
    if hub.automation_rules.len() >= MAX_RULES {
        let message = format!("An account can have at most {MAX_RULES} automation rules in a Region");
        return Err(AwsError::new(ErrorCode::LimitExceededException, message));
    }
    let rule = AutomationRule {
        number: hub.automation_rules.last().map_or(0, |last| last.number + 1),
        id: world.ids.uuid(),
        name: draft.name,
        description: draft.description,
        order: draft.order,
        is_enabled: draft.is_enabled,
        is_terminal: draft.is_terminal,
        criteria: draft.criteria,
        actions: draft.actions,
        tags: draft.tags,
        created_at: caller.now,
        updated_at: caller.now,
        created_by: caller.principal.arn.clone(),
    };
    let arn = rule_arn(&key, &rule.id);
    hub.automation_rules.push(rule);
    transaction.stage_hub(key, hub);
    Ok(arn)
}

/// Checks the actions of a rule (ARU-05).
///
/// # Errors
/// 400 if they are not exactly one update of at least one field.
pub fn check_actions(actions: &[Value]) -> Result<(), AwsError> {
    update_of(actions).map(|_| ())
}

/// The rule with this ARN, if it belongs to the caller (ARU-08).
pub fn find(world: &World, caller: &Caller, arn: &str) -> Option<AutomationRule> {
    let key = caller.hub_key();
    let hub = world.hub(&key)?;
    hub.automation_rules.get(position(&hub, &key, arn)?).cloned()
}

fn position(hub: &Hub, key: &HubKey, arn: &str) -> Option<usize> {
    let id = arn.strip_prefix(&rule_arn(key, ""))?;
    hub.automation_rules.iter().position(|rule| rule.id == id)
}

/// The caller's rules in the order of their evaluation (ARU-15).
pub fn list(world: &World, caller: &Caller) -> Vec<AutomationRule> {
    let hub = world.hub(&caller.hub_key());
    let mut rules = hub.map_or_else(Vec::new, |hub| hub.automation_rules.clone());
    rules.sort_by_key(evaluation_order);
    rules
}

/// The sort key of the order of evaluation: by `RuleOrder`; equal orders by the time of the last change.
fn evaluation_order(rule: &AutomationRule) -> (u32, Timestamp, u64) {
    (rule.order, rule.updated_at, rule.number)
}

/// The same key as text, for pages of a list: it sorts like [`evaluation_order`].
pub fn evaluation_order_text(rule: &AutomationRule) -> String {
    format!("{:04}/{}/{:010}", rule.order, timestamp_text(rule.updated_at), rule.number)
}

/// The changes of BatchUpdateAutomationRules to a rule; `None` leaves an attribute unchanged (ARU-11).
#[derive(Debug, Default)]
pub struct Edit {
    /// `RuleName`
    pub name: Option<String>,
    /// `Description`
    pub description: Option<String>,
    /// `RuleOrder`
    pub order: Option<u32>,
    /// True if it is evaluated.
    pub is_enabled: Option<bool>,
    /// `IsTerminal`
    pub is_terminal: Option<bool>,
    /// New criteria, which replace all old ones.
    pub criteria: Option<Map<String, Value>>,
    /// New actions.
    pub actions: Option<Vec<Value>>,
}

/// An item of a batch: the ARN of a rule, and its change or the reason why the item is invalid.
pub type Request = (String, Result<Edit, ErrorCode>);

/// The result of a batch; each rule is processed independently (ARU-13, ARU-14).
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// ARNs of the rules that were changed or deleted.
    pub processed: Vec<String>,
    /// ARNs of the other rules, with the reasons.
    pub unprocessed: Vec<(String, ErrorCode)>,
}

/// Changes rules in order; each gets a new time of change (ARU-11). An invalid edit is not applied, whether its rule
/// exists or not (ARU-13).
///
/// # Errors
/// 401 when the hub is disabled.
pub fn update(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    edits: Vec<Request>,
) -> Result<Outcome, AwsError> {
    let key = caller.hub_key();
    batch(transaction, caller, edits, |hub, (arn, edit)| {
        let result = edit.and_then(|edit| {
            let rule = position(hub, &key, &arn).and_then(|at| hub.automation_rules.get_mut(at));
            apply(world, caller, rule, edit)
        });
        (arn, result)
    })
}

fn apply(world: &World, caller: &Caller, rule: Option<&mut AutomationRule>, edit: Edit) -> Result<(), ErrorCode> {
    let rule = rule.ok_or(ErrorCode::ResourceNotFoundException)?;
    let Edit { name, description, order, is_enabled, is_terminal, criteria, actions } = edit;
    criteria.as_ref().map(|criteria| selection(world, criteria, caller.now)).transpose().map_err(|error| error.code)?;
    actions.as_deref().map(update_of).transpose().map_err(|error| error.code)?;
    replace(&mut rule.name, name);
    replace(&mut rule.description, description);
    replace(&mut rule.order, order);
    replace(&mut rule.is_enabled, is_enabled);
    replace(&mut rule.is_terminal, is_terminal);
    replace(&mut rule.criteria, criteria);
    replace(&mut rule.actions, actions);
    rule.updated_at = caller.now;
    Ok(())
}

fn replace<T>(value: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *value = given;
    }
}

/// Deletes rules in order (ARU-12).
///
/// # Errors
/// 401 when the hub is disabled.
pub fn delete(transaction: &mut Transaction<'_>, caller: &Caller, arns: Vec<String>) -> Result<Outcome, AwsError> {
    let key = caller.hub_key();
    batch(transaction, caller, arns, |hub, arn| {
        let found = position(hub, &key, &arn).map(|at| _ = hub.automation_rules.remove(at));
        (arn, found.ok_or(ErrorCode::ResourceNotFoundException))
    })
}

/// Applies an edit to the caller's hub for each item of a batch.
fn batch<T>(
    transaction: &mut Transaction<'_>,
    caller: &Caller,
    items: Vec<T>,
    mut change: impl FnMut(&mut Hub, T) -> (String, Result<(), ErrorCode>),
) -> Result<Outcome, AwsError> {
    let key = caller.hub_key();
    let mut hub = hub_access::enabled(transaction, &key).map_err(|_| hub_access::not_subscribed(caller))?;
    let mut outcome = Outcome::default();
    for item in items {
        match change(&mut hub, item) {
            (arn, Ok(())) => outcome.processed.push(arn),
            (arn, Err(code)) => outcome.unprocessed.push((arn, code)),
        }
    }
    if !outcome.processed.is_empty() {
        transaction.stage_hub(key, hub);
    }
    Ok(outcome)
}

/// The findings that criteria select (ARU-20 … ARU-26).
fn selection(world: &World, criteria: &Map<String, Value>, now: Timestamp) -> Result<Filter, AwsError> {
    classic::convert(&CRITERIA, criteria, world.schema(), now).map_err(|violations| CRITERIA.refuse(&violations))
}

/// The `FindingFieldsUpdate` of a rule's one action; it sets at least one field (ARU-05).
fn update_of(actions: &[Value]) -> Result<&Map<String, Value>, AwsError> {
    let list = vec![Segment::Member(0, "Actions")];
    let refuse = |path, rule| Err(AwsError::invalid_input(sentence::classic(&[Violation { path, rule }])));
    let action = match actions {
        [action] => action,
        [] => return refuse(list, Rule::FewerItems { least: 1, size: 0 }),
        more => return refuse(list, Rule::MoreItems { most: 1, size: more.len() }),
    };
    let path = [list, vec![Segment::Item(0)]].concat();
    if action.get("Type").is_none() {
        return refuse(path, Rule::Missing("Type"));
    }
    match action.get("FindingFieldsUpdate").and_then(Value::as_object) {
        None => refuse(path, Rule::Missing("FindingFieldsUpdate")),
        Some(update) if update.is_empty() => {
            refuse([path, vec![Segment::Member(1, "FindingFieldsUpdate")]].concat(), Rule::FewerPairs(1))
        }
        Some(update) => Ok(update),
    }
}

//! Automation rules of the classic half.
//!
//! What lives here: the life of a rule, and in `active` which rules an arriving finding meets. What may not: what their
//! actions do to the finding, which is the import's.

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

/// The most automation rules of an account in a Region (ARU-06).
pub const MOST_RULES: usize = 100;

/// The ARN of a rule (ARU-02).
pub fn rule_arn(hub: &HubKey, id: &str) -> String {
    arn::of_account(&hub.region, hub.account, &format!("automation-rule/{id}"))
}

/// Lets administrators and standalone accounts in; a member's findings are its administrator's to rule (ARU-16).
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

/// What a rule is made of.
#[derive(Debug)]
pub struct Draft {
    /// `RuleName`
    pub name: String,
    /// `Description`
    pub description: String,
    /// `RuleOrder`
    pub order: u32,
    /// Whether it is evaluated.
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

/// Makes a rule and gives its ARN; names and orders need not be unique (ARU-01 … ARU-07).
///
/// # Errors
/// 400 for criteria or actions that the service refuses, 429 for one more than [`MOST_RULES`], 401 when the hub is off.
pub fn create(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    draft: Draft,
) -> Result<String, AwsError> {
    selection(world, &draft.criteria, caller.now)?;
    update_of(&draft.actions)?;
    let key = caller.hub_key();
    let mut hub = hub_access::enabled(transaction, &key).map_err(|_| hub_access::not_subscribed(caller))?;
    if hub.automation_rules.len() >= MOST_RULES {
        let message = format!("An account can have at most {MOST_RULES} automation rules in a Region");
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
    transaction.put_hub(key, hub);
    Ok(arn)
}

/// The rule of an ARN, if it is the caller's (ARU-08).
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
    rules.sort_by_key(place);
    rules
}

/// Where a rule stands in the order of evaluation: by `RuleOrder`, equal ones by when they were last changed.
fn place(rule: &AutomationRule) -> (u32, Timestamp, u64) {
    (rule.order, rule.updated_at, rule.number)
}

/// The same as a text, for a walk over a list: it compares as the places do.
pub fn place_text(rule: &AutomationRule) -> String {
    format!("{:04}/{}/{:010}", rule.order, timestamp_text(rule.updated_at), rule.number)
}

/// What BatchUpdateAutomationRules changes of a rule; what is `None` stays (ARU-11).
#[derive(Debug, Default)]
pub struct Edit {
    /// `RuleName`
    pub name: Option<String>,
    /// `Description`
    pub description: Option<String>,
    /// `RuleOrder`
    pub order: Option<u32>,
    /// Whether it is evaluated.
    pub is_enabled: Option<bool>,
    /// `IsTerminal`
    pub is_terminal: Option<bool>,
    /// Other criteria, in place of all there are.
    pub criteria: Option<Map<String, Value>>,
    /// Another action.
    pub actions: Option<Vec<Value>>,
}

/// The rule that an item of a batch names by its ARN, and its change, or why the item has none.
pub type Request = (String, Result<Edit, ErrorCode>);

/// What became of a batch of rules: each is judged on its own (ARU-13, ARU-14).
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// ARNs of those that were changed or deleted.
    pub processed: Vec<String>,
    /// ARNs of the others, and why.
    pub unprocessed: Vec<(String, ErrorCode)>,
}

/// Changes rules, one after the other; each gets a new time of change (ARU-11). An edit that could not be read is not
/// done, whether its rule is there or not (ARU-13).
///
/// # Errors
/// 401 when the hub is off.
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

fn replace<T>(place: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *place = given;
    }
}

/// Deletes rules, one after the other (ARU-12).
///
/// # Errors
/// 401 when the hub is off.
pub fn delete(transaction: &mut Transaction<'_>, caller: &Caller, arns: Vec<String>) -> Result<Outcome, AwsError> {
    let key = caller.hub_key();
    batch(transaction, caller, arns, |hub, arn| {
        let found = position(hub, &key, &arn).map(|at| _ = hub.automation_rules.remove(at));
        (arn, found.ok_or(ErrorCode::ResourceNotFoundException))
    })
}

/// Does something to the caller's hub for each item of a batch.
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
        transaction.put_hub(key, hub);
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

//! Automation rules of the V2 half as settings: creating, finding, changing and deleting them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::inventory::fields;
use super::inventory::resource::CRITICALITIES;
use super::query::{self, Use};
use super::rules::by_order;
use super::visibility;
use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::arn::{self, Arn};
use crate::domain::caller::Caller;
use crate::domain::hub_v2_access;
use crate::state::{ActionV2, AutomationRuleV2, CriteriaV2, Directory, HubKey, HubV2, Provider, Transaction, World};

/// Maximum number of rules of an account and Region (ARV-03).
const MOST_RULES: usize = 100;
/// Maximum length of a name and of a description, in characters (ARV-01).
const LONGEST_TEXT: usize = 256;
/// Maximum length of a comment, in characters (ARV-07).
const LONGEST_COMMENT: usize = 512;

/// The attributes of a rule. An attribute that is `None` does not change.
#[derive(Debug, Default)]
pub struct Edit {
    /// The name.
    pub name: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The order.
    pub order: Option<f32>,
    /// True if the rule runs.
    pub is_enabled: Option<bool>,
    /// The criteria, as sent.
    pub criteria: Option<Value>,
    /// The action, as sent: the only element of `Actions`.
    pub action: Option<Value>,
}

/// The attributes of a rule after their checks.
#[derive(Debug)]
pub struct Checked {
    edit: Edit,
    criteria: Option<CriteriaV2>,
    action: Option<ActionV2>,
}

/// Makes the checks that do not depend on the state of the world (DEC-16).
///
/// # Errors
/// 400 `ValidationException`.
pub fn check(world: &World, caller: &Caller, mut edit: Edit) -> Result<Checked, AwsError> {
    for (name, text) in [("RuleName", &edit.name), ("Description", &edit.description)] {
        if text.as_ref().is_some_and(|text| text.chars().count() > LONGEST_TEXT) {
            return Err(AwsError::validation(format!("{name} must not be longer than {LONGEST_TEXT} characters")));
        }
    }
    let criteria = edit.criteria.take().map(|criteria| read_criteria(world, caller, criteria)).transpose()?;
    let action = edit.action.take().map(|action| read_action(&action)).transpose()?;
    if let (Some(criteria), Some(action)) = (&criteria, &action) {
        check_pair(criteria, action)?;
    }
    Ok(Checked { edit, criteria, action })
}

/// Reads criteria, of which exactly one of two kinds must be present and valid (ARV-04, ARV-06).
fn read_criteria(world: &World, caller: &Caller, mut criteria: Value) -> Result<CriteriaV2, AwsError> {
    let mut take = |member: &str| criteria.get_mut(member).map(Value::take);
    match (take("OcsfFindingCriteria"), take("ResourceCriteria")) {
        (Some(filters), None) => {
            query::filter(world, caller.now, &filters, Use::Rule)?;
            Ok(CriteriaV2::Findings(filters))
        }
        (None, Some(filters)) => {
            fields::resource_filter(caller.now, &filters, true)?;
            Ok(CriteriaV2::Resources(filters))
        }
        _ => Err(AwsError::validation("Criteria must contain either OcsfFindingCriteria or ResourceCriteria")),
    }
}

/// Reads an action. The type of the action decides which member it must have (ARV-07).
fn read_action(action: &Value) -> Result<ActionV2, AwsError> {
    let kind = action.get("Type").and_then(Value::as_str).unwrap_or_default();
    let member = |name: &str| {
        let member = action.get(name).filter(|member| member.as_object().is_some_and(|members| !members.is_empty()));
        member.ok_or_else(|| AwsError::validation(format!("{name} is required for an action of type {kind}")))
    };
    match kind {
        "FINDING_FIELDS_UPDATE" => read_update(member("FindingFieldsUpdate")?),
        "EXTERNAL_INTEGRATION" => {
            let arn = member("ExternalIntegrationConfiguration")?.get("ConnectorArn").and_then(Value::as_str);
            let arn = arn.ok_or_else(|| AwsError::validation("ConnectorArn is required"))?;
            if Arn::parse(arn).is_none_or(|arn| !arn.resource.starts_with("connectorv2/")) {
                return Err(AwsError::validation(format!("{arn} is not the ARN of a connector")));
            }
            Ok(ActionV2::CreateTicket { connector_arn: arn.to_owned() })
        }
        _ => {
            let level = member("ResourceFieldsUpdate")?.get("Criticality").and_then(Value::as_str);
            let level = level.filter(|level| CRITICALITIES.contains(level));
            let message = || AwsError::validation(format!("Criticality must be one of {}", CRITICALITIES.join(", ")));
            level.map(|level| ActionV2::SetCriticality(level.to_owned())).ok_or_else(message)
        }
    }
}

fn read_update(update: &Value) -> Result<ActionV2, AwsError> {
    let one_of = |name: &str, most: u64| match update.get(name).map(Value::as_u64) {
        None => Ok(None),
        Some(Some(value)) if value <= most || value == 99 => Ok(u8::try_from(value).ok()),
        Some(_) => Err(AwsError::validation(format!("{name} must be 0 to {most} or 99"))),
    };
    let (severity_id, status_id) = (one_of("SeverityId", 6)?, one_of("StatusId", 5)?);
    let comment = update.get("Comment").and_then(Value::as_str).map(str::to_owned);
    if comment.as_ref().is_some_and(|comment| comment.chars().count() > LONGEST_COMMENT) {
        let message = format!("Comment must not be longer than {LONGEST_COMMENT} characters");
        return Err(AwsError::validation(message));
    }
    if severity_id.is_none() && status_id.is_none() && comment.is_none() {
        return Err(AwsError::validation("FindingFieldsUpdate needs SeverityId, StatusId or Comment"));
    }
    Ok(ActionV2::UpdateFinding { severity_id, status_id, comment })
}

/// Checks that the action fits the criteria: some actions apply to findings, others to resources (ARV-06).
fn check_pair(criteria: &CriteriaV2, action: &ActionV2) -> Result<(), AwsError> {
    let sets_criticality = matches!(action, ActionV2::SetCriticality(_));
    let is_of_resources = matches!(criteria, CriteriaV2::Resources(_));
    if sets_criticality == is_of_resources {
        return Ok(());
    }
    Err(AwsError::validation("RESOURCE_FIELDS_UPDATE needs ResourceCriteria, and other actions OcsfFindingCriteria"))
}

/// Checks that the caller may create and change rules in its Region (ARV-02, ARV-16).
fn admit(directory: &Directory, caller: &Caller, needs_aggregator: bool) -> Result<(), AwsError> {
    let account = caller.account();
    if visibility::administrator_of(directory, account).is_some_and(|administrator| administrator != account) {
        let message = format!("Member account {account} cannot create or change automation rules");
        return Err(AwsError::access_denied(message));
    }
    match directory.aggregators_v2.get(&account) {
        Some(aggregator) if aggregator.home != caller.region => {
            Err(hub_v2_access::not_home(&caller.region, &aggregator.home))
        }
        None if needs_aggregator => Err(AwsError::conflict("Automation rules need an aggregator")),
        _ => Ok(()),
    }
}

/// Checks that the connector of a rule that creates tickets belongs to the caller and connects to a ticketing system
/// (ARV-08).
fn check_connector(hub: &HubV2, key: &HubKey, action: Option<&ActionV2>) -> Result<(), AwsError> {
    let Some(ActionV2::CreateTicket { connector_arn }) = action else { return Ok(()) };
    let prefix = arn::of_account(&key.region, key.account, "connectorv2/");
    let connector = connector_arn.strip_prefix(&prefix).and_then(|id| hub.connectors.get(id));
    let creates_tickets =
        connector.is_some_and(|it| matches!(it.provider, Provider::Jira(_) | Provider::ServiceNow(_)));
    if creates_tickets {
        return Ok(());
    }
    Err(AwsError::validation(format!("{connector_arn} is not a connector to Jira or ServiceNow")))
}

/// Creates a rule from complete attributes, and returns its ID (ARV-01 … ARV-03).
///
/// # Errors
/// 402 `ServiceQuotaExceededException`; the errors of [`admit`].
pub fn create(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    checked: Checked,
    tags: BTreeMap<String, String>,
) -> Result<String, AwsError> {
    admit(transaction.directory(), caller, world.v2_settings.rules_need_aggregator)?;
    let mut hub = own_hub(transaction, caller)?;
    check_connector(&hub, &caller.hub_key(), checked.action.as_ref())?;
    if hub.automation_rules.len() >= MOST_RULES {
        let message = format!("At most {MOST_RULES} automation rules are supported");
        return Err(AwsError::new(ErrorCode::ServiceQuotaExceededException, message));
    }
    let Checked { edit, criteria: Some(criteria), action: Some(action) } = checked else {
        return Err(AwsError::validation("Criteria and Actions are required"));
    };
    let id = world.ids.uuid();
    let last = hub.automation_rules.last().map(|rule| rule.number);
    hub.automation_rules.push(AutomationRuleV2 {
        number: last.map_or(0, |last| last + 1),
        id: id.clone(),
        name: edit.name.unwrap_or_default(),
        description: edit.description.unwrap_or_default(),
        order: edit.order.unwrap_or(1.0),
        is_enabled: edit.is_enabled.unwrap_or(true),
        criteria,
        action,
        tags,
        created_at: caller.now,
        updated_at: caller.now,
    });
    transaction.stage_hub_v2(caller.hub_key(), hub);
    Ok(id)
}

/// Changes the given attributes of a rule (ARV-13).
///
/// # Errors
/// 404 `ResourceNotFoundException`; 400 `ValidationException` for criteria and an action that do not fit.
pub fn update(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    identifier: &str,
    checked: Checked,
) -> Result<(), AwsError> {
    admit(transaction.directory(), caller, world.v2_settings.rules_need_aggregator)?;
    let mut hub = own_hub(transaction, caller)?;
    check_connector(&hub, &caller.hub_key(), checked.action.as_ref())?;
    let position = position(&hub, &caller.hub_key(), identifier)?;
    let Some(rule) = hub.automation_rules.get_mut(position) else { return Err(missing(identifier)) };
    let Checked { edit, criteria, action } = checked;
    rule.name = edit.name.unwrap_or(std::mem::take(&mut rule.name));
    rule.description = edit.description.unwrap_or(std::mem::take(&mut rule.description));
    rule.order = edit.order.unwrap_or(rule.order);
    rule.is_enabled = edit.is_enabled.unwrap_or(rule.is_enabled);
    rule.criteria = criteria.unwrap_or_else(|| rule.criteria.clone());
    rule.action = action.unwrap_or_else(|| rule.action.clone());
    rule.updated_at = caller.now;
    check_pair(&rule.criteria, &rule.action)?;
    transaction.stage_hub_v2(caller.hub_key(), hub);
    Ok(())
}

/// Deletes a rule.
///
/// # Errors
/// 404 `ResourceNotFoundException`.
pub fn delete(transaction: &mut Transaction<'_>, caller: &Caller, identifier: &str) -> Result<(), AwsError> {
    let mut hub = own_hub(transaction, caller)?;
    let position = position(&hub, &caller.hub_key(), identifier)?;
    hub.automation_rules.remove(position);
    transaction.stage_hub_v2(caller.hub_key(), hub);
    Ok(())
}

/// A rule of the caller's hub.
///
/// # Errors
/// 404 `ResourceNotFoundException`.
pub fn find(world: &World, caller: &Caller, identifier: &str) -> Result<AutomationRuleV2, AwsError> {
    let key = caller.hub_key();
    let hub = world.hub_v2(&key).ok_or_else(|| missing(identifier))?;
    let position = position(&hub, &key, identifier)?;
    hub.automation_rules.get(position).cloned().ok_or_else(|| missing(identifier))
}

/// The rules of the caller's hub, in the order in which they run (ARV-14).
pub fn list(world: &World, caller: &Caller) -> Vec<AutomationRuleV2> {
    let hub = world.hub_v2(&caller.hub_key());
    let mut rules = hub.map(|hub| hub.automation_rules.clone()).unwrap_or_default();
    rules.sort_by(by_order);
    rules
}

/// The ARN of a rule.
pub fn rule_arn(key: &HubKey, id: &str) -> String {
    arn::of_account(&key.region, key.account, &format!("automation-rulev2/{id}"))
}

fn own_hub(transaction: &Transaction<'_>, caller: &Caller) -> Result<HubV2, AwsError> {
    let hub = transaction.hub_v2(&caller.hub_key());
    hub.map(|hub| (*hub).clone()).ok_or_else(hub_v2_access::not_subscribed)
}

/// The index of the rule with an ID or an ARN (ARV-13).
fn position(hub: &HubV2, key: &HubKey, identifier: &str) -> Result<usize, AwsError> {
    let start = rule_arn(key, "");
    let id = identifier.strip_prefix(&start).unwrap_or(identifier);
    hub.automation_rules.iter().position(|rule| rule.id == id).ok_or_else(|| missing(identifier))
}

fn missing(identifier: &str) -> AwsError {
    AwsError::not_found(format!("Automation rule {identifier} was not found"))
}

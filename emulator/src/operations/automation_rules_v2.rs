//! CreateAutomationRuleV2, GetAutomationRuleV2, UpdateAutomationRuleV2, DeleteAutomationRuleV2, ListAutomationRulesV2.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use securityhub_fixtures::Operation;
use securityhub_fixtures::model::Paginator;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::paged::PageRequest;
use super::{Answer, Context, Input, repeatable};
use crate::aws_error::AwsError;
use crate::domain::findings::v2::rule_settings::{self, Edit, rule_arn};
use crate::state::{ActionV2, AutomationRuleV2, CriteriaV2, HubKey, Transaction, timestamp_text};

/// The attributes of a rule in an input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RuleInput {
    rule_name: Option<String>,
    rule_status: Option<String>,
    description: Option<String>,
    rule_order: Option<f32>,
    criteria: Option<Value>,
    actions: Option<Vec<Value>>,
}

impl RuleInput {
    fn edit(self) -> Edit {
        Edit {
            name: self.rule_name,
            description: self.description,
            order: self.rule_order,
            is_enabled: self.rule_status.map(|status| status == "ENABLED"),
            criteria: self.criteria,
            action: self.actions.and_then(|actions| actions.into_iter().next()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateInput {
    #[serde(flatten)]
    rule: RuleInput,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CreateOutput {
    rule_arn: String,
    rule_id: String,
}

/// Creates an automation rule (ARV-01 … ARV-08).
///
/// # Errors
/// 400 `ValidationException` for invalid criteria or actions; 402 `ServiceQuotaExceededException` for the 101st rule;
/// 403 `AccessDeniedException` for a member of an organization; 409 `ConflictException` outside of the home Region.
pub fn create_automation_rule_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    repeatable::once(context, transaction, Operation::CreateAutomationRuleV2, input, |transaction, input| {
        let CreateInput { rule, tags } = input.read()?;
        let checked = rule_settings::check(context.world, &context.caller, rule.edit())?;
        let rule_id = rule_settings::create(transaction, context.world, &context.caller, checked, tags)?;
        Answer::json(&CreateOutput { rule_arn: rule_arn(&context.caller.hub_key(), &rule_id), rule_id })
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IdentifierInput {
    identifier: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    rule_arn: String,
    rule_id: String,
    rule_order: f32,
    rule_name: String,
    rule_status: &'static str,
    description: String,
    actions: Vec<Value>,
    created_at: String,
    updated_at: String,
}

impl Metadata {
    fn new(key: &HubKey, rule: &AutomationRuleV2, action: Value) -> Metadata {
        Metadata {
            rule_arn: rule_arn(key, &rule.id),
            rule_id: rule.id.clone(),
            rule_order: rule.order,
            rule_name: rule.name.clone(),
            rule_status: if rule.is_enabled { "ENABLED" } else { "DISABLED" },
            description: rule.description.clone(),
            actions: vec![action],
            created_at: timestamp_text(rule.created_at),
            updated_at: timestamp_text(rule.updated_at),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    #[serde(flatten)]
    metadata: Metadata,
    criteria: Value,
}

/// Describes a rule (ARV-13).
///
/// # Errors
/// 404 `ResourceNotFoundException`.
pub fn get_automation_rule_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let IdentifierInput { identifier } = input.read()?;
    let rule = rule_settings::find(context.world, &context.caller, &identifier)?;
    let criteria = match &rule.criteria {
        CriteriaV2::Findings(filters) => json!({ "OcsfFindingCriteria": filters }),
        CriteriaV2::Resources(filters) => json!({ "ResourceCriteria": filters }),
    };
    let metadata = Metadata::new(&context.caller.hub_key(), &rule, action(&rule.action));
    Answer::json(&Rule { metadata, criteria })
}

fn kind(action: &ActionV2) -> &'static str {
    match action {
        ActionV2::UpdateFinding { .. } => "FINDING_FIELDS_UPDATE",
        ActionV2::CreateTicket { .. } => "EXTERNAL_INTEGRATION",
        ActionV2::SetCriticality(_) => "RESOURCE_FIELDS_UPDATE",
    }
}

fn action(action: &ActionV2) -> Value {
    let kind = kind(action);
    match action {
        ActionV2::UpdateFinding { severity_id, status_id, comment } => {
            let numbers = [("SeverityId", severity_id), ("StatusId", status_id)];
            let numbers = numbers.into_iter().filter_map(|(name, id)| Some((name.to_owned(), json!((*id)?))));
            let comment = comment.iter().map(|comment| ("Comment".to_owned(), json!(comment)));
            let update: Map<String, Value> = numbers.chain(comment).collect();
            json!({ "Type": kind, "FindingFieldsUpdate": update })
        }
        ActionV2::CreateTicket { connector_arn } => {
            json!({ "Type": kind, "ExternalIntegrationConfiguration": { "ConnectorArn": connector_arn } })
        }
        ActionV2::SetCriticality(level) => {
            json!({ "Type": kind, "ResourceFieldsUpdate": { "Criticality": level } })
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateInput {
    identifier: String,
    #[serde(flatten)]
    rule: RuleInput,
}

/// Changes the given attributes of a rule (ARV-13).
///
/// # Errors
/// The errors of [`create_automation_rule_v2`]; 404 `ResourceNotFoundException`.
pub fn update_automation_rule_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let UpdateInput { identifier, rule } = input.read()?;
    let checked = rule_settings::check(context.world, &context.caller, rule.edit())?;
    rule_settings::update(transaction, context.world, &context.caller, &identifier, checked)?;
    Ok(Answer::empty())
}

/// Deletes a rule (ARV-13).
///
/// # Errors
/// 404 `ResourceNotFoundException`.
pub fn delete_automation_rule_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let IdentifierInput { identifier } = input.read()?;
    rule_settings::delete(transaction, &context.caller, &identifier)?;
    Ok(Answer::empty())
}

/// The list, whose paginator is missing from the model.
const LIST: Paginator =
    Paginator { input_token: "NextToken", output_token: "NextToken", limit: Some("MaxResults"), result: Some("Rules") };

/// Lists the rules without criteria, in the order in which they run (ARV-14).
///
/// # Errors
/// 400 `ValidationException` for a token of another query.
pub fn list_automation_rules_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, IgnoredAny) = PageRequest::read_as(&LIST, Operation::ListAutomationRulesV2, input)?;
    let page = page.open(context, &Value::Null)?;
    let key = context.caller.hub_key();
    let rules = rule_settings::list(context.world, &context.caller);
    let form = |rule| Metadata::new(&key, &rule, json!({ "Type": kind(&rule.action) }));
    page.in_fixed_order(rules).map(form).answer()
}

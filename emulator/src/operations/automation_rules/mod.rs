//! CreateAutomationRule, BatchGetAutomationRules, BatchUpdateAutomationRules, BatchDeleteAutomationRules,
//! ListAutomationRules.
//!
//! Contains: their wire structs and the tests of these rules. Does not contain: automation rules themselves and their
//! effect on findings, which are in `domain::findings::automation_rules`.

use std::collections::{BTreeMap, HashSet};

use securityhub_fixtures::Operation;
use securityhub_fixtures::model::Paginator;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::paged::PageRequest;
use super::{Answer, Context, Input};
use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::findings::automation_rules::{self, Draft, Edit, Outcome, Request};
use crate::invariant::Invariant;
use crate::shape::items::{self, Item};
use crate::shape::{Rule, Segment, Violation, sentence};
use crate::state::{AutomationRule, HubKey, Transaction, timestamp_text};

#[cfg(test)]
mod tests;

#[derive(Clone, Copy, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
enum RuleStatus {
    Enabled,
    Disabled,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateInput {
    rule_name: String,
    description: String,
    rule_order: u32,
    rule_status: Option<RuleStatus>,
    #[serde(default)]
    is_terminal: bool,
    criteria: Map<String, Value>,
    actions: Vec<Value>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CreateOutput {
    rule_arn: String,
}

/// Creates an automation rule (ARU-01 … ARU-07).
///
/// # Errors
/// 403 `AccessDeniedException` for a member; 400 `InvalidInputException` for invalid criteria or actions; 429
/// `LimitExceededException` if there are a hundred already.
pub fn create_automation_rule(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    automation_rules::admit(context.world, &context.caller, Operation::CreateAutomationRule)?;
    let input: CreateInput = input.read()?;
    let draft = Draft {
        name: input.rule_name,
        description: input.description,
        order: input.rule_order,
        is_enabled: input.rule_status != Some(RuleStatus::Disabled),
        is_terminal: input.is_terminal,
        criteria: input.criteria,
        actions: input.actions,
        tags: input.tags,
    };
    let rule_arn = automation_rules::create(transaction, context.world, &context.caller, draft)?;
    Answer::json(&CreateOutput { rule_arn })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ArnsInput {
    automation_rules_arns: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AutomationRulesMetadata {
    rule_arn: String,
    rule_status: RuleStatus,
    rule_order: u32,
    rule_name: String,
    description: String,
    is_terminal: bool,
    created_at: String,
    updated_at: String,
    created_by: String,
}

impl AutomationRulesMetadata {
    fn new(hub: &HubKey, rule: &AutomationRule) -> AutomationRulesMetadata {
        AutomationRulesMetadata {
            rule_arn: automation_rules::rule_arn(hub, &rule.id),
            rule_status: if rule.is_enabled { RuleStatus::Enabled } else { RuleStatus::Disabled },
            rule_order: rule.order,
            rule_name: rule.name.clone(),
            description: rule.description.clone(),
            is_terminal: rule.is_terminal,
            created_at: timestamp_text(rule.created_at),
            updated_at: timestamp_text(rule.updated_at),
            created_by: rule.created_by.clone(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AutomationRulesConfig {
    #[serde(flatten)]
    metadata: AutomationRulesMetadata,
    criteria: Map<String, Value>,
    actions: Vec<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UnprocessedAutomationRule {
    rule_arn: String,
    error_code: u16,
    error_message: &'static str,
}

impl UnprocessedAutomationRule {
    /// The code is an HTTP status, the message the name of the error (ARU-13).
    fn new(rule_arn: String, code: ErrorCode) -> UnprocessedAutomationRule {
        UnprocessedAutomationRule { rule_arn, error_code: code.status(), error_message: code.name() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchGetOutput {
    rules: Vec<AutomationRulesConfig>,
    unprocessed_automation_rules: Vec<UnprocessedAutomationRule>,
}

/// Reads automation rules by their ARNs (ARU-08, ARU-09).
///
/// # Errors
/// 403 `AccessDeniedException` for a member.
pub fn batch_get_automation_rules(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    automation_rules::admit(context.world, &context.caller, Operation::BatchGetAutomationRules)?;
    let ArnsInput { automation_rules_arns } = input.read()?;
    let key = context.caller.hub_key();
    let mut output = BatchGetOutput { rules: Vec::new(), unprocessed_automation_rules: Vec::new() };
    let mut named = HashSet::new();
    // A rule can be long, so a repeated ARN is answered only once.
    for arn in automation_rules_arns.into_iter().filter(|arn| named.insert(arn.clone())) {
        match automation_rules::find(context.world, &context.caller, &arn) {
            Some(rule) => output.rules.push(AutomationRulesConfig {
                metadata: AutomationRulesMetadata::new(&key, &rule),
                criteria: rule.criteria,
                actions: rule.actions,
            }),
            None => output
                .unprocessed_automation_rules
                .push(UnprocessedAutomationRule::new(arn, ErrorCode::ResourceNotFoundException)),
        }
    }
    Answer::json(&output)
}

/// The list of BatchUpdateAutomationRules, whose items are validated independently.
pub const REQUEST_ITEMS: &str = "UpdateAutomationRulesRequestItems";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateItem {
    rule_arn: String,
    rule_name: Option<String>,
    description: Option<String>,
    rule_order: Option<u32>,
    rule_status: Option<RuleStatus>,
    is_terminal: Option<bool>,
    criteria: Option<Map<String, Value>>,
    actions: Option<Vec<Value>>,
}

impl UpdateItem {
    fn edit(self) -> Request {
        let edit = Edit {
            name: self.rule_name,
            description: self.description,
            order: self.rule_order,
            is_enabled: self.rule_status.map(|status| status == RuleStatus::Enabled),
            is_terminal: self.is_terminal,
            criteria: self.criteria,
            actions: self.actions,
        };
        (self.rule_arn, Ok(edit))
    }
}

/// The items of BatchUpdateAutomationRules, each with its change or the reason why it has none. The answer identifies
/// an item by its `RuleArn`, so an item without one refuses the call (ARU-13; `inferred`).
fn requests(input: Input) -> Result<Vec<Request>, AwsError> {
    let shape = Operation::BatchUpdateAutomationRules.model().input;
    let read = |(position, item): (usize, Item<'_>)| {
        let document = items::document(shape, REQUEST_ITEMS, item)
            .or_report("an item that was read can be read again")
            .unwrap_or_default();
        let arn = document.members.get("RuleArn").and_then(Value::as_str).unwrap_or_default().to_owned();
        if arn.is_empty() {
            return Err(missing_arn(position, &document.violations));
        }
        let is_whole = document.violations.is_empty();
        let item = serde_json::from_value::<UpdateItem>(Value::Object(document.members)).ok().filter(|_| is_whole);
        Ok(item.map_or((arn, Err(ErrorCode::InvalidInputException)), UpdateItem::edit))
    };
    input.items.into_iter().enumerate().map(read).collect()
}

/// The error for violations in an item that has no ARN, with paths relative to the call.
fn missing_arn(position: usize, violations: &[Violation]) -> AwsError {
    let is_of_arn = |violation: &&Violation| match (&violation.path[..], &violation.rule) {
        ([], Rule::Missing(name)) | ([Segment::Member(_, name), ..], _) => *name == "RuleArn",
        _ => violation.path.is_empty(),
    };
    let from_call = |violation: &Violation| {
        let mut path = vec![Segment::Member(0, REQUEST_ITEMS), Segment::Item(position)];
        path.extend(violation.path.iter().cloned());
        Violation { path, rule: violation.rule.clone() }
    };
    let violations: Vec<Violation> = violations.iter().filter(is_of_arn).map(from_call).collect();
    AwsError::invalid_input(sentence::classic(&violations))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchOutput {
    processed_automation_rules: Vec<String>,
    unprocessed_automation_rules: Vec<UnprocessedAutomationRule>,
}

impl From<Outcome> for BatchOutput {
    fn from(outcome: Outcome) -> BatchOutput {
        let unprocessed = outcome.unprocessed.into_iter();
        BatchOutput {
            processed_automation_rules: outcome.processed,
            unprocessed_automation_rules: unprocessed
                .map(|(arn, code)| UnprocessedAutomationRule::new(arn, code))
                .collect(),
        }
    }
}

/// Changes the given attributes of automation rules; each rule is processed independently (ARU-11, ARU-13).
///
/// # Errors
/// 401 `InvalidAccessException` for a member; 400 `InvalidInputException` for an item without a `RuleArn`.
pub fn batch_update_automation_rules(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    automation_rules::admit(context.world, &context.caller, Operation::BatchUpdateAutomationRules)?;
    let outcome = automation_rules::update(transaction, context.world, &context.caller, requests(input)?)?;
    Answer::json(&BatchOutput::from(outcome))
}

/// Deletes automation rules (ARU-12, ARU-14).
///
/// # Errors
/// 401 `InvalidAccessException` for a member.
pub fn batch_delete_automation_rules(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    automation_rules::admit(context.world, &context.caller, Operation::BatchDeleteAutomationRules)?;
    let ArnsInput { automation_rules_arns } = input.read()?;
    let outcome = automation_rules::delete(transaction, &context.caller, automation_rules_arns)?;
    Answer::json(&BatchOutput::from(outcome))
}

/// The model has no paginator for ListAutomationRules.
const LIST: Paginator = Paginator {
    input_token: "NextToken",
    output_token: "NextToken",
    limit: Some("MaxResults"),
    result: Some("AutomationRulesMetadata"),
};

/// Lists automation rules, including disabled ones, in the order of evaluation (ARU-15).
///
/// # Errors
/// 403 `AccessDeniedException` for a member; 400 `InvalidInputException` for a token of another query.
pub fn list_automation_rules(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    automation_rules::admit(context.world, &context.caller, Operation::ListAutomationRules)?;
    let (page, IgnoredAny) = PageRequest::read_as(&LIST, Operation::ListAutomationRules, input)?;
    let page = page.open(context, &json!({}))?;
    let rules = automation_rules::list(context.world, &context.caller);
    let key = context.caller.hub_key();
    let page = page.by_name(rules, automation_rules::evaluation_order_text);
    page.map(|rule| AutomationRulesMetadata::new(&key, &rule)).answer()
}

//! `automation_rules`: automation rules of the classic half.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use securityhub_fixtures::Operation;
use serde::Deserialize;
use serde_json::{Value, json};

use super::entry::{Entry, Filters, hub_keys, number, refuse};
use crate::domain::caller::Caller;
use crate::domain::findings::automation_rules::{self, Draft};
use crate::domain::findings::filters::classic::CRITERIA;
use crate::scenario::check::{AccountText, Check};
use crate::scenario::files::Span;
use crate::scenario::sections::all_or::AllOr;
use crate::scenario::sections::api_input::{self, ApiInput};
use crate::scenario::sections::hubs;
use crate::scenario::sections::refused::Refused;
use crate::scenario::sections::regions::RegionText;
use crate::scenario::spanned::{Content, Entries, Node, Spanned};
use crate::state::{Region, Transaction, World};

/// An automation rule of the classic half, as CreateAutomationRule creates it. Rules also run on the findings of the
/// scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "AutomationRule")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Account of the rule. Its hub must be enabled, and it must not be a member. The rules of an administrator also
    /// run on the findings of its members.
    #[schemars(with = "AccountText")]
    account: Option<AccountText>,
    /// Regions of the rule: all Regions of the scenario, or a list.
    #[schemars(with = "AllOr<RegionText>")]
    regions: Option<AllOr<RegionText>>,
    /// Name.
    #[schemars(with = "String")]
    name: Option<Spanned<String>>,
    /// Description.
    #[schemars(with = "String")]
    description: Option<Spanned<String>>,
    /// Order, from 1 to 1000. Rules with a smaller order run first.
    #[schemars(with = "u32")]
    order: Option<Spanned<u32>>,
    /// If true, the rule runs. Default: true.
    enabled: Option<bool>,
    /// If true, rules with a higher order do not run on the findings that match. Default: false.
    #[serde(default)]
    terminal: bool,
    /// Criteria, as CreateAutomationRule takes them, such as `{ SeverityLabel: [{ Value: LOW, Comparison: EQUALS }] }`.
    #[schemars(with = "Node")]
    criteria: Option<Node>,
    /// New values of the findings, in the form of FindingFieldsUpdate of CreateAutomationRule, such as `{ Workflow: {
    /// Status: SUPPRESSED } }`.
    #[schemars(with = "Node")]
    update_finding: Option<Node>,
    /// Tags.
    #[serde(default)]
    tags: Entries<String>,
}

/// A valid rule. Its criteria are checked later.
#[derive(Debug)]
pub(super) struct Rule {
    name: String,
    description: String,
    order: u32,
    is_enabled: bool,
    is_terminal: bool,
    criteria: Filters,
    action: Value,
    action_span: Span,
    tags: BTreeMap<String, String>,
}

pub(super) fn check(written: Spanned<Declared>, regions: &[Region], check: &mut Check) -> Option<Entry<Rule>> {
    let Spanned { value: entry, span } = written;
    let hubs = hub_keys(entry.account.as_ref(), entry.regions.as_ref(), regions, check);
    let tags = hubs::tags(entry.tags, check);
    let (name, description, order) = (entry.name?, entry.description?, entry.order?);
    let (criteria, update) = (entry.criteria?, entry.update_finding?);
    let kind = Spanned { value: "FINDING_FIELDS_UPDATE".to_owned(), span: update.span };
    let action = ApiInput::new(update.span)
        .with("Type", Some(api_input::text(&kind)))
        .with("FindingFieldsUpdate", Some(update.clone()))
        .node();
    let actions = Node { span: update.span, content: Content::List(vec![action]) };
    let input = ApiInput::new(span)
        .with_text("RuleName", Some(&name))
        .with_text("Description", Some(&description))
        .with("RuleOrder", Some(number(&order)))
        .with("Criteria", Some(criteria.clone()))
        .with("Actions", Some(actions))
        .input(Operation::CreateAutomationRule, check);
    let action = input?.get("Actions").and_then(|actions| actions.get(0)).cloned().unwrap_or_else(|| json!({}));
    let value = Rule {
        name: name.value,
        description: description.value,
        order: order.value,
        is_enabled: entry.enabled.unwrap_or(true),
        is_terminal: entry.terminal,
        criteria: Filters(criteria),
        action,
        action_span: update.span,
        tags,
    };
    Some(Entry { span: name.span, hubs: hubs?, value })
}

pub(super) fn create(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    entry: &Entry<Rule>,
) -> Result<(), Refused> {
    automation_rules::admit(world, caller, Operation::CreateAutomationRule).map_err(refuse(entry.span))?;
    let rule = &entry.value;
    let actions = vec![rule.action.clone()];
    automation_rules::check_actions(&actions).map_err(refuse(rule.action_span))?;
    let draft = Draft {
        name: rule.name.clone(),
        description: rule.description.clone(),
        order: rule.order,
        is_enabled: rule.is_enabled,
        is_terminal: rule.is_terminal,
        criteria: rule.criteria.check(&CRITERIA, world, caller.now)?,
        actions,
        tags: rule.tags.clone(),
    };
    automation_rules::create(transaction, world, caller, draft).map(|_| ()).map_err(refuse(entry.span))
}

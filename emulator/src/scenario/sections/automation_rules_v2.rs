//! `automation_rules_v2`: automation rules of the V2 half.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use securityhub_fixtures::Operation;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::api_input::{self, ApiInput};
use super::connectors;
use super::hubs;
use super::refused::{Refused, apply_each};
use super::regions::{self, RegionText};
use crate::aws_error::AwsError;
use crate::domain::accounts::connectors::{Half, connector_arn};
use crate::domain::accounts::hub_v2;
use crate::domain::caller::Caller;
use crate::domain::findings::v2::rule_settings::{self, Edit};
use crate::scenario::check::{AccountText, Check, not_null};
use crate::scenario::files::Span;
use crate::scenario::lost::ITEM;
use crate::scenario::spanned::{Content, Entries, Node, Spanned};
use crate::state::{HubKey, Region, Timestamp, Transaction, World};
use crate::suggest;

/// An automation rule of the V2 half, as CreateAutomationRuleV2 creates it. Rules also run on the findings of the scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "AutomationRuleV2")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Account of the rule, whose V2 hub is enabled: the delegated administrator of Security Hub V2, or an account outside
    /// of an organization that has one.
    #[schemars(with = "AccountText")]
    account: Option<AccountText>,
    /// Region of the rule: the home Region if the account has an V2 aggregator.
    #[schemars(with = "RegionText")]
    region: Option<RegionText>,
    /// Name.
    #[schemars(with = "String")]
    name: Option<Spanned<String>>,
    /// Description.
    #[schemars(with = "String")]
    description: Option<Spanned<String>>,
    /// Order, from 1 to 1000. Rules with a smaller order run first.
    #[schemars(with = "f64")]
    order: Option<Spanned<f64>>,
    /// If true, the rule runs. Default: true.
    enabled: Option<bool>,
    /// Criteria, as CreateAutomationRuleV2 takes them: OcsfFindingCriteria or ResourceCriteria, with CompositeFilters.
    #[schemars(with = "Node")]
    criteria: Option<Node>,
    /// Action.
    #[schemars(with = "Action")]
    action: Option<Spanned<Action>>,
    /// Tags.
    #[serde(default)]
    tags: Entries<String>,
}

/// The action of an automation rule: one of these keys.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "AutomationRuleActionV2", extend("minProperties" = 1, "maxProperties" = 1))]
#[serde(deny_unknown_fields)]
struct Action {
    /// New values of the findings.
    #[schemars(transform = not_null)]
    update_finding: Option<Spanned<FindingUpdate>>,
    /// Name of the connector to Jira or ServiceNow, listed under `connectors_v2`, that creates a ticket for each finding.
    #[schemars(transform = not_null)]
    create_ticket: Option<Spanned<String>>,
    /// Criticality of the resources: Very High, High, Medium, Low or Unknown.
    #[schemars(transform = not_null)]
    set_criticality: Option<Spanned<String>>,
}

/// New values of findings: at least one of these keys.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "FindingUpdateV2")]
#[serde(deny_unknown_fields)]
struct FindingUpdate {
    /// `severity_id`, from 0 to 6, or 99.
    #[schemars(transform = not_null)]
    severity_id: Option<Spanned<u64>>,
    /// `status_id`, from 0 to 5, or 99.
    #[schemars(transform = not_null)]
    status_id: Option<Spanned<u64>>,
    /// Comment.
    #[schemars(transform = not_null)]
    comment: Option<Spanned<String>>,
}

/// A valid rule.
#[derive(Clone, Debug)]
pub(in crate::scenario) struct Rule {
    /// The position of its name.
    span: Span,
    key: HubKey,
    /// The members of the input of CreateAutomationRuleV2.
    members: Map<String, Value>,
    is_enabled: bool,
    criteria: Span,
    action: Span,
    /// The name of the connector that creates tickets.
    connector: Option<Spanned<String>>,
    tags: BTreeMap<String, String>,
}

/// Rules in order of creation.
pub(in crate::scenario) type Valid = Vec<Rule>;

/// Checks the entries.
pub(super) fn check(
    written: Vec<Spanned<Declared>>,
    regions: &[Region],
    connectors: &connectors::Valid,
    check: &mut Check,
) -> Valid {
    let mut rules = Valid::new();
    for Spanned { value: entry, span } in written {
        match rule(entry, span, regions, check) {
            Some(rule) => {
                check_connector(&rule, connectors, check);
                rules.push(rule);
            }
            None => check.lose(&["automation_rules_v2", ITEM]),
        }
    }
    rules
}

fn rule(entry: Declared, item: Span, regions: &[Region], check: &mut Check) -> Option<Rule> {
    let account = entry.account.as_ref().and_then(|account| check.account(&account.0));
    let region = entry.region.as_ref().and_then(|region| regions::check_one(region, regions, check));
    let tags = hubs::tags(entry.tags, check);
    let action = entry.action?;
    let order = entry.order.as_ref().map(|order| Node { span: order.span, content: Content::Number(order.value) });
    let actions = Node { span: action.span, content: Content::List(vec![action_wire(&action).node()]) };
    let input = ApiInput::new(item)
        .with_text("RuleName", entry.name.as_ref())
        .with_text("Description", entry.description.as_ref())
        .with("RuleOrder", order)
        .with("Criteria", entry.criteria.clone())
        .with("Actions", Some(actions));
    let (name, criteria) = (entry.name?, entry.criteria?);
    entry.description.as_ref()?;
    entry.order.as_ref()?;
    Some(Rule {
        span: name.span,
        members: input.input(Operation::CreateAutomationRuleV2, check)?,
        key: HubKey { account: account?, region: region? },
        is_enabled: entry.enabled.unwrap_or(true),
        criteria: criteria.span,
        action: action.span,
        connector: action.value.create_ticket,
        tags,
    })
}

/// The action as an item of the API's `Actions`. The name of a connector stands for its ARN, which is not known yet.
fn action_wire(action: &Spanned<Action>) -> ApiInput {
    let kind = |name: &str| {
        let content = Content::Text(name.to_owned());
        ApiInput::new(action.span).with("Type", Some(Node { span: action.span, content }))
    };
    if let Some(update) = &action.update_finding {
        let number = |number: &Spanned<u64>| {
            let content = Content::Integer(number.value.into(), number.value.to_string());
            Node { span: number.span, content }
        };
        let fields = ApiInput::new(update.span)
            .with("SeverityId", update.severity_id.as_ref().map(number))
            .with("StatusId", update.status_id.as_ref().map(number))
            .with_text("Comment", update.comment.as_ref());
        return kind("FINDING_FIELDS_UPDATE").with("FindingFieldsUpdate", Some(fields.node()));
    }
    if let Some(connector) = &action.create_ticket {
        let configuration = ApiInput::new(connector.span).with("ConnectorArn", Some(api_input::text(connector)));
        let configuration = Some(configuration.node());
        return kind("EXTERNAL_INTEGRATION").with("ExternalIntegrationConfiguration", configuration);
    }
    let level = action.set_criticality.as_ref();
    let fields = ApiInput::new(level.map_or(action.span, |level| level.span)).with_text("Criticality", level);
    kind("RESOURCE_FIELDS_UPDATE").with("ResourceFieldsUpdate", Some(fields.node()))
}

/// Reports a connector that the account does not have in the Region of the rule.
fn check_connector(rule: &Rule, connectors: &connectors::Valid, check: &mut Check) {
    let Some(name) = &rule.connector else { return };
    let known = connectors.iter().filter(|connector| connector.is_of_v2_hub(&rule.key));
    let of_base = check.base.clone().map(|base| base.connectors).unwrap_or_default();
    let of_base = of_base.iter().filter(|(hub, _)| *hub == rule.key).map(|(_, name)| name.as_str());
    let known: Vec<&str> = known.map(|connector| connector.name.as_str()).chain(of_base).collect();
    if known.contains(&name.value.as_str()) {
        return;
    }
    let nearest = suggest::nearest(&name.value, known);
    if nearest.is_some() || !check.is_lost(&["connectors_v2"]) {
        let HubKey { account, region } = &rule.key;
        let message = format!("{account} has no connector V2 `{}` in {region}", name.value);
        let diagnostic = check.at(name.span, message).expected("the name of an entry under `connectors_v2`");
        check.push(diagnostic.suggest(nearest));
    }
    check.lose(&["automation_rules_v2", ITEM]);
}

/// Creates the rules.
pub(super) fn apply(valid: &Valid, world: &World, now: Timestamp) -> Vec<Refused> {
    apply_each(valid, world, |transaction, rule| create(transaction, world, rule, now))
}

/// Creates a rule. Criteria and action are checked one after the other first, so that an error has the position of its
/// part.
fn create(transaction: &mut Transaction<'_>, world: &World, rule: &Rule, now: Timestamp) -> Result<(), Refused> {
    let HubKey { account, region } = &rule.key;
    let caller = Caller::local_user(*account, region.clone(), now);
    let Ok(hub) = hub_v2::enabled(transaction, &rule.key) else {
        return Err((rule.span, format!("Security Hub V2 is not enabled for {account} in {region}")));
    };
    let at = |span: Span| move |error: AwsError| (span, error.message.into_owned());
    let criteria = rule.members.get("Criteria").cloned();
    let mut action = rule.members.get("Actions").and_then(|actions| actions.get(0)).cloned();
    if let (Some(action), Some(name)) = (&mut action, &rule.connector) {
        let named = hub.connectors.values().find(|connector| connector.name == name.value);
        if let Some(connector) = named {
            let arn = connector_arn(Half::V2, &rule.key, &connector.id);
            action["ExternalIntegrationConfiguration"] = json!({ "ConnectorArn": arn });
        }
    }
    let of_criteria = Edit { criteria: criteria.clone(), ..Edit::default() };
    rule_settings::check(world, &caller, of_criteria).map_err(at(rule.criteria))?;
    let of_action = Edit { action: action.clone(), ..Edit::default() };
    rule_settings::check(world, &caller, of_action).map_err(at(rule.action))?;
    let text = |name: &str| rule.members.get(name).and_then(Value::as_str).map(str::to_owned);
    let order = rule.members.get("RuleOrder").and_then(|order| serde_json::from_value(order.clone()).ok());
    let edit = Edit {
        name: text("RuleName"),
        description: text("Description"),
        order,
        is_enabled: Some(rule.is_enabled),
        criteria,
        action,
    };
    let checked = rule_settings::check(world, &caller, edit).map_err(at(rule.span))?;
    let created = rule_settings::create(transaction, world, &caller, checked, rule.tags.clone());
    created.map(|_| ()).map_err(at(rule.span))
}

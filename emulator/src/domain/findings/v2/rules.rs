//! Automation rules of the V2 half: which of them run on a finding, and what they change.

use std::cmp::Ordering;

use securityhub_engine::{Derive, Filter, Parts, Stored, filter};

use super::change::Update;
use super::query::{self, Use};
use super::rule_settings::rule_arn;
use super::visibility;
use crate::ocsf::{Annex, Converter, Settings};
use crate::state::{
    AccountId, ActionV2, AutomationRuleV2, CriteriaV2, Due, HubKey, Region, Relations, Timestamp, World,
};

/// A rule that runs on the findings of an account in a Region.
pub struct ActiveRule {
    arn: String,
    criteria: Filter,
    action: ActionV2,
}

/// The enabled rules for findings of an account in a Region, in the order in which they run (ARV-09, ARV-12, ARV-16).
pub fn active(world: &World, owner: AccountId, region: &Region, now: Timestamp) -> Vec<ActiveRule> {
    let relations = world.relations();
    if !relations.is_v2_on(&HubKey { account: owner, region: region.clone() }) {
        return Vec::new();
    }
    let key = hub_in_force(&relations, owner, region);
    let mut rules: Vec<&AutomationRuleV2> = in_force(&relations, owner, region).collect();
    rules.sort_by(|one, two| by_order(one, two));
    let read = |rule: &AutomationRuleV2| {
        let CriteriaV2::Findings(criteria) = &rule.criteria else { return None };
        let criteria = query::filter(world, now, criteria, Use::Rule).ok()?;
        Some(ActiveRule { arn: rule_arn(&key, &rule.id), criteria, action: rule.action.clone() })
    };
    rules.into_iter().filter_map(read).collect()
}

/// The enabled rules of the hub whose rules apply to the findings of `owner`.
pub fn in_force<'r>(
    relations: &'r Relations,
    owner: AccountId,
    region: &Region,
) -> impl Iterator<Item = &'r AutomationRuleV2> + use<'r> {
    let key = hub_in_force(relations, owner, region);
    let hub = relations.hub_v2(&key).filter(|hub| hub.subscribed_at().is_some());
    let rules = hub.into_iter().flat_map(|hub| hub.automation_rules.iter());
    rules.filter(|rule| rule.is_enabled)
}

/// The hub whose rules apply to the findings of `owner`: that of the delegated administrator, or its own if there is
/// none. Rules in a linked Region do not run; the rules in the home Region run on its findings instead.
fn hub_in_force(relations: &Relations, owner: AccountId, region: &Region) -> HubKey {
    let directory = relations.directory();
    let account = visibility::administrator_of(directory, owner).unwrap_or(owner);
    let aggregator = visibility::aggregator_of(directory, owner);
    let home = aggregator.filter(|aggregator| aggregator.links(region)).map(|aggregator| &aggregator.home);
    HubKey { account, region: home.unwrap_or(region).clone() }
}

/// The due entries for the tickets that connectors should create for a finding (ARV-10).
pub fn tickets(world: &World, stored: Stored<'_>, connectors: Vec<String>) -> Vec<Due> {
    let uid = if connectors.is_empty() { None } else { world.ocsf().uid(stored) };
    let ticket = |uid: String| connectors.into_iter().map(move |connector| Due::CreateTicket(connector, uid.clone()));
    uid.map(|uid| ticket(uid).collect()).unwrap_or_default()
}

/// The order in which rules run and are listed: by `RuleOrder`, then the one that was changed earlier (ARV-09, ARV-14).
pub fn by_order(one: &AutomationRuleV2, two: &AutomationRuleV2) -> Ordering {
    one.order.total_cmp(&two.order).then(one.updated_at.cmp(&two.updated_at))
}

/// The effects on a finding of the rules that match it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The changes in order, each with the ARN of its rule.
    pub changes: Vec<(String, Update)>,
    /// The ARNs of the connectors that should create a ticket.
    pub connectors: Vec<String>,
}

/// The effects of rules on a finding that its provider has sent. The criteria of the rules test the provider's values
/// (ARV-09).
pub fn outcome(rules: &[ActiveRule], world: &World, document: &[u8], annex: &Annex) -> Outcome {
    let mut outcome = Outcome::default();
    if rules.is_empty() {
        return outcome;
    }
    let sent = Annex { severity_id: None, status_id: None, comment: None, ..annex.clone() };
    // Without shared state, the conversion restores the provider's values.
    let settings = Settings { is_shared: false, ..world.ocsf().settings.clone() };
    let mut derived = Vec::new();
    Converter { settings }.derive(Stored { document, annex: &sent.to_bytes() }, Parts::ALL, &mut derived);
    for rule in rules.iter().filter(|rule| filter::matches(&rule.criteria, world.schema(), &derived)) {
        match &rule.action {
            ActionV2::UpdateFinding { severity_id, status_id, comment } => {
                let (severity_id, status_id) = (*severity_id, *status_id);
                outcome.changes.push((rule.arn.clone(), Update { comment: comment.clone(), severity_id, status_id }));
            }
            ActionV2::CreateTicket { connector_arn } if !outcome.connectors.contains(connector_arn) => {
                outcome.connectors.push(connector_arn.clone());
            }
            ActionV2::CreateTicket { .. } | ActionV2::SetCriticality(_) => {}
        }
    }
    outcome
}

/// Applies rules to a finding that exists only in OCSF, in order; the last one that sets an attribute wins (ARV-09).
/// Returns the ARNs of the connectors that should create a ticket.
pub fn apply(rules: &[ActiveRule], world: &World, document: &[u8], annex: &mut Annex) -> Vec<String> {
    let Outcome { changes, connectors } = outcome(rules, world, document, annex);
    for (_, update) in &changes {
        update.note(annex);
    }
    connectors
}

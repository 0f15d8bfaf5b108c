//! The automation rules that apply to a finding when it is imported.

use securityhub_engine::Filter;
use serde_json::{Map, Value};

use crate::invariant::Invariant;
use crate::state::{AccountId, AutomationRule, Directory, HubKey, Region, Timestamp, World};

/// A rule prepared for evaluation.
#[derive(Clone, Debug)]
pub struct ActiveRule {
    /// Its ARN.
    pub arn: String,
    /// Its criteria; relative dates are resolved when the rule is prepared (FLT-29).
    pub filter: Filter,
    /// The `FindingFieldsUpdate` of its action, as sent.
    pub update: Map<String, Value>,
    /// True if evaluation stops after this rule has matched.
    pub is_terminal: bool,
}

/// The rules that apply to findings of `owner` in a Region, in the order of evaluation: those of its administrator if
/// it has one there, otherwise its own (ARU-17, ARU-39). Disabled rules and rules of disabled hubs are skipped
/// (ARU-38).
pub fn active_rules(
    world: &World,
    directory: &Directory,
    owner: AccountId,
    region: &Region,
    now: Timestamp,
) -> Vec<ActiveRule> {
    let account = directory.administrator(owner, region).unwrap_or(owner);
    let key = HubKey { account, region: region.clone() };
    let Some(hub) = world.hub(&key).filter(|hub| hub.subscribed_at().is_some()) else { return Vec::new() };
    let mut rules: Vec<&AutomationRule> = hub.automation_rules.iter().filter(|rule| rule.is_enabled).collect();
    rules.sort_by_key(|rule| super::evaluation_order(rule));
    rules.into_iter().filter_map(|rule| active(world, &key, rule, now)).collect()
}

/// Prepares a rule. Its criteria were checked when the rule was stored.
fn active(world: &World, key: &HubKey, rule: &AutomationRule, now: Timestamp) -> Option<ActiveRule> {
    Some(ActiveRule {
        arn: super::rule_arn(key, &rule.id),
        filter: super::selection(world, &rule.criteria, now)
            .or_report("criteria were checked when the rule was stored")?,
        update: super::update_of(&rule.actions).or_report("actions were checked when the rule was stored")?.clone(),
        is_terminal: rule.is_terminal,
    })
}

/// The rules whose criteria the finding satisfies. `rules` is in the order of evaluation; a matching terminal rule is
/// the last (ARU-37). No rule sees the effect of another one, so one document is enough for all.
pub fn matching(rules: &[ActiveRule], mut satisfies: impl FnMut(&Filter) -> bool) -> Vec<&ActiveRule> {
    let mut matched = Vec::new();
    for rule in rules {
        if satisfies(&rule.filter) {
            matched.push(rule);
            if rule.is_terminal {
                break;
            }
        }
    }
    matched
}

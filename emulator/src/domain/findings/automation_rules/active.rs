//! Which rules a finding meets as it arrives.

use securityhub_engine::Filter;
use serde_json::{Map, Value};

use crate::invariant::Invariant;
use crate::state::{AccountId, AutomationRule, Directory, HubKey, Region, Timestamp, World};

/// A rule that is evaluated, ready to be.
#[derive(Clone, Debug)]
pub struct ActiveRule {
    /// Its ARN.
    pub arn: String,
    /// Its criteria; relative dates are counted from when it was made ready (FLT-29).
    pub filter: Filter,
    /// What it sets: its action's `FindingFieldsUpdate`, as sent.
    pub update: Map<String, Value>,
    /// Whether no further rule is evaluated after it has matched.
    pub is_terminal: bool,
}

/// The rules that the findings of `owner` in a Region meet, in the order of their evaluation: those of its
/// administrator if it has one there, else its own (ARU-17, ARU-39). Rules that are disabled, or whose hub is off, are
/// left out (ARU-38).
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
    rules.sort_by_key(|rule| super::place(rule));
    rules.into_iter().filter_map(|rule| active(world, &key, rule, now)).collect()
}

/// A rule made ready.
fn active(world: &World, key: &HubKey, rule: &AutomationRule, now: Timestamp) -> Option<ActiveRule> {
    Some(ActiveRule {
        arn: super::rule_arn(key, &rule.id),
        filter: super::selection(world, &rule.criteria, now)
            .or_report("criteria were checked when the rule was stored")?,
        update: super::update_of(&rule.actions).or_report("actions were checked when the rule was stored")?.clone(),
        is_terminal: rule.is_terminal,
    })
}

/// Those of `rules`, which stand in the order of their evaluation, whose criteria the finding satisfies; a terminal one
/// that does is the last (ARU-37). No rule sees what another did, so that one document answers for all.
pub fn matching(rules: &[ActiveRule], mut satisfies: impl FnMut(&Filter) -> bool) -> Vec<&ActiveRule> {
    let mut met = Vec::new();
    for rule in rules {
        if satisfies(&rule.filter) {
            met.push(rule);
            if rule.is_terminal {
                break;
            }
        }
    }
    met
}

//! The criticality of resources, which automation rules set (ARV-11, RSV-06).

use std::collections::BTreeMap;

use securityhub_engine::{Filter, filter};
use serde_json::{Map, Value, json};

use super::super::rules;
use super::super::visibility::View;
use super::fields;
use crate::domain::caller::Caller;
use crate::state::{ActionV2, CriteriaV2, Region, World};

/// A rule that sets the criticality of resources.
struct Rule {
    name: String,
    criteria: Filter,
    criticality: String,
}

/// The rules for resources, by the Region of their findings.
#[derive(Default)]
pub struct Rules(BTreeMap<Region, Vec<Rule>>);

impl Rules {
    /// The rules for the resources that a caller sees.
    pub fn new(world: &World, caller: &Caller, views: &[View]) -> Rules {
        let relations = world.relations();
        let mut by_region = BTreeMap::new();
        for region in views.iter().map(|view| &view.table.region) {
            let mut of_region = rules::in_force(&relations, caller.account(), region);
            of_region.sort_by(rules::by_order);
            let read = |rule: crate::state::AutomationRuleV2| {
                let (CriteriaV2::Resources(filters), ActionV2::SetCriticality(criticality)) =
                    (&rule.criteria, rule.action)
                else {
                    return None;
                };
                let criteria = fields::resource_filter(caller.now, filters, true).ok()?;
                Some(Rule { name: rule.name, criteria, criticality })
            };
            by_region.insert(region.clone(), of_region.into_iter().filter_map(read).collect());
        }
        Rules(by_region)
    }

    /// Sets the criticality of a resource; the last rule that matches wins.
    pub fn apply(&self, resource: &mut Map<String, Value>) {
        let region = resource.get("Region").and_then(Value::as_str).map(Region::new);
        let Some(rules) = region.and_then(|region| self.0.get(&region)).filter(|rules| !rules.is_empty()) else {
            return;
        };
        let document = Value::Object(resource.clone()).to_string();
        let matches = |rule: &&Rule| filter::matches(&rule.criteria, fields::of_resources(), document.as_bytes());
        if let Some(rule) = rules.iter().rfind(matches) {
            resource.insert("ResourceCriticality".to_owned(), json!(rule.criticality));
            let sources = json!([{ "Source": "AutomationRule", "Reason": rule.name }]);
            resource.insert("CriticalitySources".to_owned(), sources);
        }
    }
}

//! The criticality of resources, which automation rules set (ARV-11, RSV-06).

use std::collections::BTreeMap;

use securityhub_engine::{Filter, filter};
use serde_json::{Map, Value, json};

use super::super::rules;
use super::super::visibility::View;
use super::fields;
use crate::domain::caller::Caller;
use crate::state::{ActionV2, AutomationRuleV2, CriteriaV2, Region, World};

/// A rule that sets the criticality of resources.
struct Rule {
    name: String,
    criteria: Filter,
    criticality: String,
}

/// The rules for resources, by the Region of their findings.
pub struct Rules {
    by_region: BTreeMap<Region, Vec<Rule>>,
    /// True if a rule has a relative date, so that its result depends on the time.
    pub have_relative_dates: bool,
}

impl Rules {
    /// The rules for the resources that a caller sees.
    pub fn new(world: &World, caller: &Caller, views: &[View]) -> Rules {
        let relations = world.relations();
        let (mut by_region, mut have_relative_dates) = (BTreeMap::new(), false);
        for region in views.iter().map(|view| &view.table.region) {
            let mut of_region: Vec<&AutomationRuleV2> = rules::in_force(&relations, caller.account(), region).collect();
            of_region.sort_by(|one, two| rules::by_order(one, two));
            let mut read = |rule: &AutomationRuleV2| {
                let (CriteriaV2::Resources(filters), ActionV2::SetCriticality(criticality)) =
                    (&rule.criteria, &rule.action)
                else {
                    return None;
                };
                have_relative_dates |= fields::any_filter(filters, &|filter| filter.get("DateRange").is_some());
                let criteria = fields::resource_filter(caller.now, filters, true).ok()?;
                Some(Rule { name: rule.name.clone(), criteria, criticality: criticality.clone() })
            };
            by_region.insert(region.clone(), of_region.into_iter().filter_map(&mut read).collect());
        }
        Rules { by_region, have_relative_dates }
    }

    /// Returns whether there are no rules.
    pub fn is_empty(&self) -> bool {
        self.by_region.values().all(Vec::is_empty)
    }

    /// Sets the criticality of a resource; the last rule that matches wins. Returns the criticality.
    pub fn apply(&self, resource: &mut Map<String, Value>) -> Option<String> {
        let region = resource.get("Region").and_then(Value::as_str).map(Region::new);
        let rules = region.and_then(|region| self.by_region.get(&region)).filter(|rules| !rules.is_empty())?;
        let document = Value::Object(resource.clone()).to_string();
        let matches = |rule: &&Rule| filter::matches(&rule.criteria, fields::of_resources(), document.as_bytes());
        let rule = rules.iter().rfind(matches)?;
        resource.insert("ResourceCriticality".to_owned(), json!(rule.criticality));
        let sources = json!([{ "Source": "AutomationRule", "Reason": rule.name }]);
        resource.insert("CriticalitySources".to_owned(), sources);
        Some(rule.criticality.clone())
    }
}

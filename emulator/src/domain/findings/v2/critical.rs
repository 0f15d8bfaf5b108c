//! The criticality of a finding's resources, which automation rules set (RSV-06). Findings do not store the
//! criticality; it is computed from the rules and the inventory of the caller.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use securityhub_engine::filter::Test;
use securityhub_engine::{Filter, Schema, Scope, json};
use serde_json::Value;

use super::inventory::{self, resource::ResourceKey};
use super::rules;
use super::visibility::{Limit, View};
use crate::domain::caller::Caller;
use crate::state::{ActionV2, Inventory, World};

/// The field of the criticality in OCSF.
pub const FIELD: &str = "resources.criticality";

/// The resources that rules have given a criticality.
#[derive(Clone, Debug)]
pub struct Critical {
    resources: BTreeMap<ResourceKey, String>,
    inventory: Arc<Inventory>,
}

/// Returns whether a rule sets the criticality of resources that a caller sees.
pub fn is_set(world: &World, caller: &Caller, views: &[View]) -> bool {
    let relations = world.relations();
    views.iter().any(|view| {
        let mut in_force = rules::in_force(&relations, caller.account(), &view.table.region);
        in_force.any(|rule| matches!(rule.action, ActionV2::SetCriticality(_)))
    })
}

impl Critical {
    /// The criticality that rules give the resources that a caller sees; `None` if no rule sets a criticality.
    pub fn of_caller(world: &World, caller: &Caller, views: &[View], limit: &Limit) -> Option<Critical> {
        is_set(world, caller, views).then(|| {
            let inventory = inventory::of_caller(world, caller, limit);
            let table = &inventory.resources;
            let slots = table.within(Scope::All).matching(&Filter::everything());
            let resources = slots.into_iter().filter_map(|slot| read(table.document(slot))).collect();
            Critical { resources, inventory }
        })
    }

    /// Adds the criticality to the resources of a finding in OCSF.
    pub fn add(&self, finding: &mut Vec<u8>) {
        let Ok(mut document) = serde_json::from_slice::<Value>(finding) else { return };
        let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (account, region) = (text("/cloud/account/uid"), text("/cloud/region"));
        for resource in document.get_mut("resources").and_then(Value::as_array_mut).into_iter().flatten() {
            let key = inventory::key(&account, &region, resource);
            if let (Some(level), Some(members)) =
                (key.and_then(|key| self.resources.get(&key)), resource.as_object_mut())
            {
                members.insert("criticality".to_owned(), level.as_str().into());
            }
        }
        *finding = document.to_string().into_bytes();
    }

    /// The levels of the resources that findings name.
    pub fn levels(&self) -> BTreeSet<&str> {
        self.inventory.critical.keys().map(String::as_str).collect()
    }

    /// Selects the findings with a resource whose criticality satisfies `passes`.
    pub fn filter(&self, schema: &Schema, passes: impl Fn(&str) -> bool) -> Filter {
        let Some(field) = schema.derived_field("metadata.uid") else { return Filter::nothing() };
        let critical = self.inventory.critical.iter().filter(|(level, _)| passes(level));
        Filter::In { field, values: Arc::new(critical.flat_map(|(_, uids)| uids.iter().cloned()).collect()) }
    }

    /// Replaces conditions on the criticality by conditions on the findings whose resources have it. Without rules, a
    /// finding has the criticality that its product has sent.
    pub fn resolve(this: Option<&Critical>, filter: Filter, schema: &Schema) -> Filter {
        let Some(critical) = this else { return filter };
        let resolve = |parts: Vec<Filter>| parts.into_iter().map(|part| Self::resolve(this, part, schema)).collect();
        match filter {
            Filter::All(parts) => Filter::All(resolve(parts)),
            Filter::Any(parts) => Filter::Any(resolve(parts)),
            Filter::Not(part) => Self::resolve(this, *part, schema).negated(),
            Filter::Term { field, test: Test::Text(test) } if schema.derived_field(FIELD) == Some(field) => {
                critical.filter(schema, |level| test.passes(level))
            }
            other => other,
        }
    }
}

/// Key and criticality of a resource; `None` if no rule has set its criticality.
fn read(document: &[u8]) -> Option<(ResourceKey, String)> {
    let document = std::str::from_utf8(document).ok()?;
    let names =
        ["AccountId", "ResourceRegion", "ResourceType", "ResourceId", "ResourceCriticality", "CriticalitySources"];
    let [account, region, resource_type, id, level, sources] = json::text::values_of(Some(document), names);
    sources?;
    let plain = |text: Option<&str>| json::text::string(text?).map(std::borrow::Cow::into_owned);
    let key = ResourceKey {
        account: plain(account)?,
        region: plain(region)?,
        resource_type: plain(resource_type)?,
        id: plain(id)?,
    };
    Some((key, plain(level)?))
}

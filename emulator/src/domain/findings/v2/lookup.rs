//! Single findings of the V2 half.

use std::collections::HashSet;
use std::sync::Arc;

use securityhub_engine::{Filter, Parts};
use serde_json::Value;

use super::visibility;
use crate::domain::caller::Caller;
use crate::ocsf::Surroundings;
use crate::state::World;

/// The finding with a `metadata.uid`, if a caller sees it.
pub fn find(world: &World, caller: &Caller, uid: &str) -> Option<Value> {
    let field = world.schema().derived_field("metadata.uid")?;
    let with_uid = Filter::In { field, values: Arc::new(HashSet::from([uid.to_owned()])) };
    all(world, caller, &with_uid).pop()
}

/// The findings that a caller sees and a filter selects.
pub fn all(world: &World, caller: &Caller, filter: &Filter) -> Vec<Value> {
    let directory = world.directory();
    let organization_of = |account: &str| visibility::organization_of(&directory, account);
    let around = Surroundings { organization_of: &organization_of };
    let mut found = Vec::new();
    for view in visibility::views(world, caller, &None) {
        let filter = Filter::All(vec![filter.clone(), view.filter(world, caller.now)]);
        let Some(findings) = world.snapshot_of_findings(&view.table, &filter) else { continue };
        for slot in view.part(&findings).matching(&filter) {
            let mut document = Vec::new();
            world.ocsf().write(findings.table().stored(slot), Parts::ALL, around, &mut document);
            found.extend(serde_json::from_slice::<Value>(&document).ok());
        }
    }
    found
}

/// Whether a caller sees the finding with a `metadata.uid`.
pub fn is_visible(world: &World, caller: &Caller, uid: &str) -> bool {
    find(world, caller, uid).is_some()
}

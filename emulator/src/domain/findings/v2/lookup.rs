//! Single findings of the V2 half.

use std::collections::HashSet;
use std::sync::Arc;

use securityhub_engine::{Filter, Scope};

use super::visibility;
use crate::domain::caller::Caller;
use crate::state::World;

/// Whether a caller sees the finding with a `metadata.uid`.
pub fn is_visible(world: &World, caller: &Caller, uid: &str) -> bool {
    let Some(field) = world.schema().derived_field("metadata.uid") else { return false };
    let with_uid = Filter::In { field, values: Arc::new(HashSet::from([uid.to_owned()])) };
    visibility::views(world, caller, &None).iter().any(|view| {
        let filter = Filter::All(vec![with_uid.clone(), view.filter(world, caller.now)]);
        let found = world.query_findings(&view.table, &filter, &[], |findings| {
            !findings.table().within(Scope::All).matching(&filter).is_empty()
        });
        found.unwrap_or(false)
    })
}

//! Single findings of the V2 half.

use std::collections::HashSet;
use std::sync::Arc;

use securityhub_engine::filter::Test;
use securityhub_engine::{Filter, Parts, Scope};
use serde_json::Value;

use super::visibility;
use crate::domain::caller::Caller;
use crate::ocsf::ConversionContext;
use crate::state::{TableKey, World};

/// The finding with a `metadata.uid`, if a caller sees it.
pub fn find(world: &World, caller: &Caller, uid: &str) -> Option<Value> {
    let field = world.schema().derived_field("metadata.uid")?;
    let with_uid = Filter::In { field, values: Arc::new(HashSet::from([uid.to_owned()])) };
    all(world, caller, &with_uid).pop()
}

/// A finding of any account, by its `finding_info.uid` or `metadata.uid`.
pub fn of_any_account(world: &World, id: &str) -> Option<Value> {
    let names = ["finding_info.uid", "metadata.uid"];
    let fields = names.into_iter().filter_map(|name| world.schema().derived_field(name));
    let filter = Filter::Any(fields.map(|field| Filter::term(field, Test::equals(id.to_owned()))).collect());
    let context = ConversionContext { organization_of: &|_| None };
    let classic = world.finding_regions().into_iter().map(|region| TableKey::from(&region));
    let ocsf_only = world.ocsf_only_regions().into_iter().map(|region| TableKey::ocsf_only(&region));
    let first = |table: TableKey| {
        let document = world.query_findings(&table, &filter, &[], |findings| {
            let slot = findings.table().within(Scope::All).matching(&filter).into_iter().next()?;
            let mut document = Vec::new();
            world.ocsf().write(findings.table().stored(slot), Parts::ALL, context, &mut document);
            serde_json::from_slice(&document).ok()
        });
        document.flatten()
    };
    classic.chain(ocsf_only).find_map(first)
}

/// The findings that a caller sees and a filter selects.
pub fn all(world: &World, caller: &Caller, filter: &Filter) -> Vec<Value> {
    let directory = world.directory();
    let organization_of = |account: &str| visibility::organization_of(&directory, account);
    let context = ConversionContext { organization_of: &organization_of };
    let mut found = Vec::new();
    for view in visibility::views(world, caller, &None) {
        let filter = Filter::All(vec![filter.clone(), view.filter(world, caller.now)]);
        let Some(findings) = world.snapshot_of_findings(&view.table, &filter) else { continue };
        for slot in view.part(&findings).matching(&filter) {
            let mut document = Vec::new();
            world.ocsf().write(findings.table().stored(slot), Parts::ALL, context, &mut document);
            found.extend(serde_json::from_slice::<Value>(&document).ok());
        }
    }
    found
}

/// Returns whether a caller sees the finding with a `metadata.uid`.
pub fn is_visible(world: &World, caller: &Caller, uid: &str) -> bool {
    find(world, caller, uid).is_some()
}

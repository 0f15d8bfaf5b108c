//! Changes of declared resources and recorders, and checks on request, by the control plane at run time (RES-05,
//! RES-10, FND-32 … FND-37).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::SignedDuration;

use super::names::ACCOUNT_TYPE;
use super::results::EMPTY_SCOPE_DELAY;
use crate::domain::controls::check_request::request;
use crate::domain::controls::standards::subscriptions;
use crate::domain::hub_access::{self, HubError};
use crate::state::{
    AccountId, CheckScope, ConfigRecorder, HubKey, Region, Resource, Resources, Timestamp, Transaction, World,
};

/// Selects the resources of an account to delete; all given criteria must match.
#[derive(Debug)]
pub struct ResourceSelector {
    /// Their account.
    pub account: AccountId,
    /// The Regions of the resources.
    pub regions: Option<Vec<Region>>,
    /// Their type.
    pub resource_type: Option<&'static str>,
    /// Their id, or the name from which it was made.
    pub id: Option<String>,
}

impl ResourceSelector {
    fn is(&self, key: &HubKey, resource: &Resource) -> bool {
        let is_id = |id: &String| {
            resource.id == *id
                || resource.id == super::resource_id(resource.resource_type, id, key.account, &key.region)
        };
        key.account == self.account
            && self.regions.as_ref().is_none_or(|regions| regions.contains(&key.region))
            && self.resource_type.is_none_or(|name| name == resource.resource_type)
            && self.id.as_ref().is_none_or(is_id)
    }
}

/// Declares resources; a resource with the same type and id is replaced. Controls that are checked on changes run at
/// once. If nothing was declared before, checks of all controls begin (RES-10).
pub fn declare(
    transaction: &mut Transaction<'_>,
    world: &World,
    declared: BTreeMap<HubKey, Vec<Resource>>,
    now: Timestamp,
) {
    let is_first = transaction.resources().is_none();
    let mut changed: BTreeSet<(HubKey, &'static str)> = BTreeSet::new();
    transaction.edit_resources(|resources| {
        for (key, added) in declared {
            changed.extend(added.iter().map(|resource| (key.clone(), resource.resource_type)));
            insert(resources, &key, added);
        }
    });
    if is_first {
        check(transaction, &world.relations().hub_keys(), now);
    }
    for (key, name) in changed.into_iter().filter(|_| !is_first) {
        request(transaction, &key, CheckScope::Changed(name), now, SignedDuration::ZERO);
    }
}

fn insert(resources: &mut Resources, key: &HubKey, added: Vec<Resource>) {
    let present = resources.declared.entry(key.clone()).or_default();
    let name = |resource: &Resource| (resource.resource_type, resource.id.clone());
    let mut indexes: HashMap<_, _> = present.iter().map(name).zip(0..).collect();
    for resource in added {
        resources.emptied_at.remove(&(key.clone(), resource.resource_type));
        let index = *indexes.entry(name(&resource)).or_insert(present.len());
        let next = present.last().map_or(0, |last| last.number + 1);
        match present.get_mut(index) {
            Some(same) => *same = Resource { number: same.number, ..resource },
            None => present.push(Resource { number: next, ..resource }),
        }
    }
}

/// Deletes resources and returns them. Their findings are archived by the next check of their controls; if the last
/// resource of a type was deleted, a finding on the account follows after a delay (FND-33).
pub fn delete(transaction: &mut Transaction<'_>, which: &ResourceSelector, now: Timestamp) -> Vec<(HubKey, Resource)> {
    if transaction.resources().is_none() {
        return Vec::new();
    }
    let deleted: Vec<(HubKey, Resource)> = transaction.edit_resources(|resources| {
        let mut deleted = Vec::new();
        for (key, present) in &mut resources.declared {
            deleted.extend(present.extract_if(.., |resource| which.is(key, resource)).map(|it| (key.clone(), it)));
        }
        deleted
    });
    let types: BTreeSet<(HubKey, &'static str)> =
        deleted.iter().map(|(key, resource)| (key.clone(), resource.resource_type)).collect();
    for (key, name) in types {
        let is_last = transaction.edit_resources(|resources| {
            let remaining = resources.declared.get(&key).into_iter().flatten();
            let is_last = name != ACCOUNT_TYPE && !remaining.into_iter().any(|resource| resource.resource_type == name);
            if is_last {
                resources.emptied_at.insert((key.clone(), name), now);
            }
            is_last
        });
        request(transaction, &key, CheckScope::Changed(name), now, SignedDuration::ZERO);
        if is_last {
            request(transaction, &key, CheckScope::Type(name), now, EMPTY_SCOPE_DELAY);
        }
    }
    deleted
}

/// Stages immediate checks of all controls of these hubs (RES-10).
pub fn check<'k>(transaction: &mut Transaction<'_>, keys: impl IntoIterator<Item = &'k HubKey>, now: Timestamp) {
    for key in keys {
        request(transaction, key, CheckScope::All, now, SignedDuration::ZERO);
    }
}

/// Changes the recorder of a hub. Controls are checked at once, which is `inferred`. If a recorder is there now,
/// incomplete standards try again (STD-61, RES-05).
///
/// # Errors
/// The hub is disabled.
pub fn record(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    recorder: ConfigRecorder,
    now: Timestamp,
) -> Result<(), HubError> {
    let mut hub = hub_access::enabled(transaction, key)?;
    hub.config_recorder = recorder;
    if hub.config_recorder != ConfigRecorder::Off {
        subscriptions::try_again(transaction, key, &hub, now);
    }
    transaction.stage_hub(key.clone(), hub);
    request(transaction, key, CheckScope::All, now, SignedDuration::ZERO);
    Ok(())
}

//! Which findings a caller sees (filters.md 2.3).

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use securityhub_engine::Filter;

use super::caller::Caller;
use super::hub;
use crate::state::{AccountId, HubKey, World};

/// The accounts whose findings a caller sees: its own and, for an administrator, those of its enabled members whose
/// hubs are on (VIS-01, HUB-18). It is computed for each call, so that it ends with the relation (VIS-02).
pub fn accounts(world: &World, caller: &Caller) -> HashSet<String> {
    let members: BTreeSet<AccountId> = world.directory().enabled_members(caller.account(), &caller.region);
    let is_on =
        |account: &AccountId| hub::is_enabled(world, &HubKey { account: *account, region: caller.region.clone() });
    let accounts = members.into_iter().filter(is_on).chain([caller.account()]);
    accounts.map(|account| account.to_string()).collect()
}

/// The findings that a caller sees, as a filter.
pub fn visible(world: &World, caller: &Caller) -> Filter {
    let values = accounts(world, caller);
    match world.schema().field("AwsAccountId") {
        Some(field) => Filter::In { field, values: Arc::new(values) },
        None => Filter::nothing(),
    }
}

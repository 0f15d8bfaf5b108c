//! Which findings a caller sees (filters.md 2.3).

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use securityhub_engine::Filter;

use super::caller::Caller;
use super::hub;
use crate::state::{AccountId, HubKey, MemberStatus, World};

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

/// Why a caller sees the findings of an account in its Region, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// They are its own.
    Own,
    /// The account is its enabled member.
    Member,
    /// Its own hub is off, so that it reads nothing (VIS-05).
    CallerIsOff,
    /// The account is its enabled member, but the hub of the account is off (HUB-18).
    MemberIsOff,
    /// The account is a member of another status.
    NotEnabled(MemberStatus),
    /// The account is its administrator (VIS-01).
    Administrator,
    /// The account is no member.
    NoMember,
}

impl Sight {
    /// Whether the findings are seen.
    pub fn sees(self) -> bool {
        matches!(self, Sight::Own | Sight::Member)
    }
}

/// Why a caller sees the findings of `owner`, or does not: [`visible`] with its reason (VIS-01, VIS-05).
pub fn sight(world: &World, caller: &Caller, owner: AccountId) -> Sight {
    let is_on = |account| hub::is_enabled(world, &HubKey { account, region: caller.region.clone() });
    if !is_on(caller.account()) {
        return Sight::CallerIsOff;
    }
    if owner == caller.account() {
        return Sight::Own;
    }
    let directory = world.directory();
    let members = directory.members.get(&(caller.account(), caller.region.clone()));
    match members.and_then(|members| members.get(&owner)).map(|member| member.status) {
        Some(MemberStatus::Enabled) if is_on(owner) => Sight::Member,
        Some(MemberStatus::Enabled) => Sight::MemberIsOff,
        _ if directory.administrator(caller.account(), &caller.region) == Some(owner) => Sight::Administrator,
        Some(status) => Sight::NotEnabled(status),
        None => Sight::NoMember,
    }
}

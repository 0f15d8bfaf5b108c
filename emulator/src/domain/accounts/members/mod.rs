//! Members and invitations: administrators and members in one Region.
//!
//! Contains: the state machine ([`machine`]), operations of an administrator ([`administrator`]), of a member or
//! invited account ([`invited`]) and of the organization ([`organization`]), error messages ([`refusal`]), lists of
//! accounts as CSV ([`csv`]) and all steps in one call ([`bulk`]). Does not contain: pages and wire structs, which
//! belong to the operations.
//!
//! A relation is one record of the administrator ([`Member`](crate::state::Member)), which both sides read.

pub mod administrator;
pub mod bulk;
pub mod csv;
pub mod invited;
pub mod machine;
pub mod organization;
pub mod refusal;
#[cfg(test)]
mod tests;

pub use refusal::{Refusal, RelationError, Unprocessed};

use crate::domain::accounts::hub::{self, Enable};
use crate::domain::hub_access;
use crate::state::{
    AccountId, Directory, HubKey, IdSource, Invitation, Member, MemberKind, MemberStatus, Members, Quotas, Timestamp,
    Transaction,
};

/// A record as it is after the calls that lead to this status: an account that left can accept its invitation again,
/// and an account that was removed has no invitation.
pub fn with_status(status: MemberStatus, kind: MemberKind, ids: &IdSource, now: Timestamp) -> Member {
    let member = Member::new(status, kind, now);
    let was_invited = kind == MemberKind::Invitation && status != MemberStatus::Created;
    let has_invitation = was_invited && status != MemberStatus::Removed;
    Member {
        invited_at: was_invited.then_some(now),
        invitation: has_invitation.then(|| Invitation { id: ids.hexadecimal(), is_declined: false, message: None }),
        ..member
    }
}

/// Returns whether an account has members, so that it cannot become one (INV-12, INV-26).
fn has_members(directory: &Directory, hub: &HubKey) -> bool {
    let members = directory.members.get(&(hub.account, hub.region.clone()));
    members.is_some_and(|members| members.values().any(|member| member.status.is_live()))
}

/// Returns whether an account is an enabled member of any administrator.
fn is_member(directory: &Directory, hub: &HubKey) -> bool {
    directory.administrator(hub.account, &hub.region).is_some()
}

/// The hub of an account in the same Region as another hub.
fn hub_in_same_region(hub: &HubKey, account: AccountId) -> HubKey {
    HubKey { account, region: hub.region.clone() }
}

/// Changes an administrator's record of an account, if there is one.
fn edit(transaction: &mut Transaction<'_>, administrator: &HubKey, account: AccountId, edit: impl FnOnce(&mut Member)) {
    transaction.edit_directory(|directory| {
        let members = directory.members.get_mut(&(administrator.account, administrator.region.clone()));
        if let Some(member) = members.and_then(|members| members.get_mut(&account)) {
            edit(member);
        }
    });
}

/// Stores an administrator's record of an account.
fn insert(transaction: &mut Transaction<'_>, administrator: &HubKey, account: AccountId, member: Member) {
    transaction.edit_directory(|directory| {
        let key = (administrator.account, administrator.region.clone());
        directory.members.entry(key).or_default().insert(account, member);
    });
}

/// Removes records of an administrator, and its map if it becomes empty.
fn retain(transaction: &mut Transaction<'_>, administrator: &HubKey, keep: impl Fn(AccountId, &Member) -> bool) {
    transaction.edit_directory(|directory| {
        let key = (administrator.account, administrator.region.clone());
        if let Some(members) = directory.members.get_mut(&key) {
            let removed: Vec<AccountId> = members
                .iter()
                .filter(|(account, member)| !keep(**account, member))
                .map(|(account, _)| *account)
                .collect();
            for account in removed {
                members.remove(&account);
            }
            if members.is_empty() {
                directory.members.remove(&key);
            }
        }
    });
}

/// A new member generates control findings as its administrator does (HUB-03, ORG-37).
fn inherit_generator(transaction: &mut Transaction<'_>, administrator: &HubKey, member: &HubKey) {
    let of_administrator = transaction.hub(administrator).map(|hub| hub.control_finding_generator);
    if let (Some(generator), Ok(mut hub)) = (of_administrator, hub_access::enabled(transaction, member)) {
        hub.control_finding_generator = generator;
        transaction.stage_hub(member.clone(), hub);
    }
}

/// Enables a member's hub, unless it is enabled already or a configuration policy governs it (HUB-07).
fn switch_on(transaction: &mut Transaction<'_>, key: &HubKey, default_standards: bool, now: Timestamp) {
    _ = hub::enable(transaction, key, now, Enable { default_standards, ..Enable::default() });
}

/// Returns whether an administrator has reached its quota for members of this kind, not counting `account` (QUO-01,
/// QUO-02).
fn is_full(directory: &Directory, administrator: &HubKey, account: AccountId, kind: MemberKind) -> bool {
    let live = |of: Option<MemberKind>| {
        let others =
            directory.members.get(&(administrator.account, administrator.region.clone())).into_iter().flatten();
        let counts = |(other, member): &(&AccountId, &Member)| {
            **other != account && member.status.is_live() && of.is_none_or(|kind| member.kind == kind)
        };
        others.filter(counts).count()
    };
    let Quotas { members, invited_members, .. } = directory.quotas;
    // Fast path: most lists are shorter than any quota, and counting a long list for every added account would be slow.
    let records = directory.members.get(&(administrator.account, administrator.region.clone())).map_or(0, Members::len);
    records >= members && live(None) >= members
        || kind == MemberKind::Invitation && records >= invited_members && live(Some(kind)) >= invited_members
}

/// Returns whether a delegated administrator has the maximum number of members (QUO-03).
pub fn is_limit_reached(directory: &Directory, administrator: &HubKey) -> bool {
    is_full(directory, administrator, administrator.account, MemberKind::Organization)
}

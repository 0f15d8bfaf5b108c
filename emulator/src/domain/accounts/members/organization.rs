//! Effects of the organization on members, by itself or through its delegated administrator.
//!
//! The calls of AWS Organizations and the delegation use these functions.

use super::machine::{self, Event, Transition};
use super::{has_members, hub_in_same_region, inherit_generator, insert, is_full, retain, switch_on};
use crate::state::{AccountId, Directory, HubKey, Member, MemberKind, MemberStatus, Timestamp, Transaction};

/// The way an account of the organization becomes a member.
#[derive(Clone, Debug, Default)]
pub struct Joining {
    /// Its e-mail address. If absent, none is shown, although Organizations knows one (INV-03, TF-43).
    pub email: Option<String>,
    /// True if a disabled hub is enabled with the default standards (MST-02, ORG-35).
    pub default_standards: bool,
    /// True if the account is suspended, so that it is not enabled (MST-03).
    pub is_suspended: bool,
}

impl Joining {
    /// The settings for an account that joins automatically. A suspended one only gets a record, unless it is a member
    /// already (MST-03, MST-22; applying MST-03 here is `inferred`).
    pub fn automatic(
        directory: &Directory,
        administrator: &HubKey,
        account: AccountId,
        default_standards: bool,
    ) -> Joining {
        let is_member = directory.administrator(account, &administrator.region) == Some(administrator.account);
        Joining { email: None, default_standards, is_suspended: directory.is_out_of_use(account) && !is_member }
    }
}

/// Makes an account of the organization a member of the delegated administrator, with an enabled hub and without an
/// invitation (MST-02, MST-03, MST-25, ORG-35, ORG-37). A suspended account only gets a record.
///
/// The caller must check that the account may become a member: that it has neither another administrator nor members,
/// and that the quotas allow it.
pub fn become_organization_member(
    transaction: &mut Transaction<'_>,
    administrator: &HubKey,
    account: AccountId,
    joining: Joining,
    now: Timestamp,
) {
    let directory = transaction.directory();
    let record = directory.member(administrator.account, &administrator.region, account);
    let event = if joining.is_suspended { Event::JoinSuspended } else { Event::Join };
    let step = machine::next(record.map(|member| (member.status, member.kind)), event);
    let Some(Transition::To(status)) = step else { return };
    let email = joining.email.or_else(|| record.and_then(|member| member.email.clone()));
    let invited_at = record.and_then(|member| member.invited_at);
    let member = Member { email, invited_at, ..Member::new(status, MemberKind::Organization, now) };
    insert(transaction, administrator, account, member);
    if status == MemberStatus::Enabled {
        switch_on(transaction, &hub_in_same_region(administrator, account), joining.default_standards, now);
        inherit_generator(transaction, administrator, &hub_in_same_region(administrator, account));
    }
}

/// Returns whether an account of the organization may become a member automatically: it has no administrator and no
/// members of its own, and the quota is not reached.
pub fn may_be_enabled(directory: &Directory, administrator: &HubKey, account: AccountId) -> bool {
    let other = directory.administrator(account, &administrator.region);
    account != administrator.account
        && other.is_none_or(|other| other == administrator.account)
        && !has_members(directory, &hub_in_same_region(administrator, account))
        && !is_full(directory, administrator, account, MemberKind::Organization)
}

/// Called when an administrator by invitation is made the delegated administrator. Its invited members that belong to
/// the organization become organization members without invitations (MST-25). An account that is a member of another
/// account or has members itself stays unchanged: `inferred`.
pub fn adopt_organization_accounts(transaction: &mut Transaction<'_>, administrator: &HubKey, now: Timestamp) {
    let directory = transaction.directory();
    let may_join =
        |account: AccountId| directory.is_in_organization(account) && may_be_enabled(directory, administrator, account);
    let members = directory.members.get(&(administrator.account, administrator.region.clone()));
    let invited = members.into_iter().flatten().filter(|(_, member)| member.kind == MemberKind::Invitation);
    let joining: Vec<AccountId> = invited.map(|(account, _)| *account).filter(|account| may_join(*account)).collect();
    for account in joining {
        let joining = Joining::automatic(transaction.directory(), administrator, account, true);
        become_organization_member(transaction, administrator, account, joining, now);
    }
}

/// Called when an account leaves the organization. In every Region its administrator sees it as deleted; its hubs stay
/// enabled (MST-20, ROL-30).
pub fn leave_organization(transaction: &mut Transaction<'_>, account: AccountId, now: Timestamp) {
    transaction.edit_directory(|directory| {
        for member in records_of(directory, account) {
            let from = Some((member.status, member.kind));
            if let Some(Transition::To(status)) = machine::next(from, Event::LeaveOrganization) {
                member.status = status;
                member.updated_at = now;
            }
        }
    });
}

/// Called when an account was closed and is forgotten. Removes all records of it (MST-21).
pub fn forget_account(transaction: &mut Transaction<'_>, account: AccountId) {
    transaction.edit_directory(|directory| {
        for members in directory.members.values_mut() {
            members.remove(&account);
        }
        directory.members.retain(|_, members| !members.is_empty());
    });
}

/// Called when a delegation ends. The organization's accounts become standalone with enabled hubs; members by
/// invitation stay (MST-24, ORG-20).
pub fn end_delegation(transaction: &mut Transaction<'_>, administrator: &HubKey) {
    retain(transaction, administrator, |_, member| member.kind == MemberKind::Invitation);
}

fn records_of(directory: &mut Directory, account: AccountId) -> impl Iterator<Item = &mut Member> {
    directory.members.values_mut().filter_map(move |members| members.get_mut(&account))
}

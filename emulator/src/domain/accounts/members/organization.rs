//! What the organization does to members, by itself or through its delegated administrator.
//!
//! The calls of AWS Organizations and of the delegation build on these.

use super::machine::{self, Event, Step};
use super::{beside, follow_administrator, has_members, is_full, put, retain, switch_on};
use crate::state::{AccountId, Directory, HubKey, Member, MemberKind, MemberStatus, Timestamp, Transaction};

/// How an account of the organization becomes a member.
#[derive(Clone, Debug, Default)]
pub struct Joining {
    /// Its e-mail address; left out, none is told, though Organizations knows one (INV-03, TF-43).
    pub email: Option<String>,
    /// Whether a hub that is off comes on with the default standards (MST-02, ORG-35).
    pub default_standards: bool,
    /// Whether the account is suspended, so that it is not enabled (MST-03).
    pub is_suspended: bool,
}

impl Joining {
    /// How an account joins that nobody adds by name: one that is suspended is only noted, unless it is a member already
    /// (MST-03, MST-22; that the first holds here too is `inferred`).
    pub fn unasked(
        directory: &Directory,
        administrator: &HubKey,
        account: AccountId,
        default_standards: bool,
    ) -> Joining {
        let is_member = directory.administrator(account, &administrator.region) == Some(administrator.account);
        Joining { email: None, default_standards, is_suspended: directory.is_out_of_use(account) && !is_member }
    }
}

/// Makes an account of the organization a member of the delegated administrator: enabled, its hub on, nothing to accept
/// (MST-02, MST-03, MST-25, ORG-35, ORG-37). An account that is suspended is only noted.
///
/// Whether it may become one (another administrator, members of its own, quotas) is the caller's to ask.
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
    let Some(Step::To(status)) = step else { return };
    let email = joining.email.or_else(|| record.and_then(|member| member.email.clone()));
    let invited_at = record.and_then(|member| member.invited_at);
    let member = Member { email, invited_at, ..Member::new(status, MemberKind::Organization, now) };
    put(transaction, administrator, account, member);
    if status == MemberStatus::Enabled {
        switch_on(transaction, &beside(administrator, account), joining.default_standards, now);
        follow_administrator(transaction, administrator, &beside(administrator, account));
    }
}

/// Whether an account of the organization that nobody asks for may become a member: it is nobody else's, has no members
/// itself, and there is room for it.
pub fn may_be_enabled(directory: &Directory, administrator: &HubKey, account: AccountId) -> bool {
    let other = directory.administrator(account, &administrator.region);
    account != administrator.account
        && other.is_none_or(|other| other == administrator.account)
        && !has_members(directory, &beside(administrator, account))
        && !is_full(directory, administrator, account, MemberKind::Organization)
}

/// An administrator by invitation becomes the delegated administrator: those of its members by invitation that are of the
/// organization become the organization's, and their invitations go (MST-25). One that is somebody else's member, or has
/// members itself, stays as it is: `inferred`.
pub fn adopt_organization_accounts(transaction: &mut Transaction<'_>, administrator: &HubKey, now: Timestamp) {
    let directory = transaction.directory();
    let may_join =
        |account: AccountId| directory.is_in_organization(account) && may_be_enabled(directory, administrator, account);
    let members = directory.members.get(&(administrator.account, administrator.region.clone()));
    let invited = members.into_iter().flatten().filter(|(_, member)| member.kind == MemberKind::Invitation);
    let joining: Vec<AccountId> = invited.map(|(account, _)| *account).filter(|account| may_join(*account)).collect();
    for account in joining {
        let joining = Joining::unasked(transaction.directory(), administrator, account, true);
        become_organization_member(transaction, administrator, account, joining, now);
    }
}

/// An account leaves the organization: in every Region its administrator sees it as deleted; its hubs stay on (MST-20,
/// ROL-30).
pub fn leave_organization(transaction: &mut Transaction<'_>, account: AccountId, now: Timestamp) {
    transaction.edit_directory(|directory| {
        for member in records_of(directory, account) {
            let from = Some((member.status, member.kind));
            if let Some(Step::To(status)) = machine::next(from, Event::LeaveOrganization) {
                member.status = status;
                member.updated_at = now;
            }
        }
    });
}

/// An account is closed: whoever keeps a record of it does so no more (MST-21).
pub fn forget_account(transaction: &mut Transaction<'_>, account: AccountId) {
    transaction.edit_directory(|directory| {
        for members in directory.members.values_mut() {
            members.remove(&account);
        }
        directory.members.retain(|_, members| !members.is_empty());
    });
}

/// A delegated administrator is one no more: the organization's accounts stand alone, their hubs on; members by
/// invitation stay (MST-24, ORG-20).
pub fn end_delegation(transaction: &mut Transaction<'_>, administrator: &HubKey) {
    retain(transaction, administrator, |_, member| member.kind == MemberKind::Invitation);
}

fn records_of(directory: &mut Directory, account: AccountId) -> impl Iterator<Item = &mut Member> {
    directory.members.values_mut().filter_map(move |members| members.get_mut(&account))
}

//! Operations of an administrator on its members (INV-01 … INV-20).

use super::machine::{self, Event, Transition};
use super::organization::{self, Joining};
use super::refusal::Refusal;
use super::{edit, has_members, hub_in_same_region, insert, is_full, is_member, retain};
use crate::domain::governance;
use crate::domain::hub_access::{self, HubError};
use crate::state::{
    AccountId, Directory, HubKey, IdSource, Invitation, Member, MemberKind, MemberStatus, Timestamp, Transaction,
};

/// The records that an administrator sees, by account. A member sees none (INV-16).
pub fn members<'d>(
    directory: &'d Directory,
    administrator: &HubKey,
) -> impl Iterator<Item = (AccountId, &'d Member)> + use<'d> {
    let members = directory.members.get(&(administrator.account, administrator.region.clone()));
    let seen = members.filter(|_| !is_member(directory, administrator));
    seen.into_iter().flatten().map(|(account, member)| (*account, member))
}

/// The record that an administrator sees for one account (INV-13).
///
/// # Errors
/// [`Refusal::NoMember`].
pub fn member<'d>(directory: &'d Directory, administrator: &HubKey, account: AccountId) -> Result<&'d Member, Refusal> {
    let member = directory.member(administrator.account, &administrator.region, account);
    member.filter(|_| !is_member(directory, administrator)).ok_or(Refusal::NoMember)
}

/// Adds an account. If it belongs to the organization of the delegated administrator, it becomes a member at once; any
/// other account must be invited next (MST-01 … MST-04, INV-06 … INV-09).
///
/// # Errors
/// [`Refusal`].
pub fn create(
    transaction: &mut Transaction<'_>,
    administrator: &HubKey,
    account: AccountId,
    email: Option<String>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let directory = transaction.directory();
    if account == administrator.account {
        return Err(Refusal::CreatesItself);
    }
    if is_member(directory, administrator) {
        return Err(Refusal::MemberCreates);
    }
    let event = addition_event(directory, administrator, account);
    let record = directory.member(administrator.account, &administrator.region, account);
    let is_enabled = record.is_some_and(|member| member.status == MemberStatus::Enabled);
    let from = record.map(|member| (member.status, member.kind));
    if machine::next(from, event).is_none() || event == Event::Join && is_enabled {
        return Err(Refusal::AlreadyThere);
    }
    if !is_enabled && is_member(directory, &hub_in_same_region(administrator, account)) {
        return Err(Refusal::OfAnother);
    }
    if event == Event::Create {
        if is_full(directory, administrator, account, MemberKind::Invitation) {
            return Err(Refusal::TooMany);
        }
        let member = Member { email, ..Member::new(MemberStatus::Created, MemberKind::Invitation, now) };
        insert(transaction, administrator, account, member);
        return Ok(());
    }
    may_join(transaction, directory, administrator, account)?;
    let joining = Joining { email, default_standards: true, is_suspended: event == Event::JoinSuspended };
    organization::become_organization_member(transaction, administrator, account, joining, now);
    Ok(())
}

/// The event in the state machine that corresponds to adding this account.
fn addition_event(directory: &Directory, administrator: &HubKey, account: AccountId) -> Event {
    if !is_of_its_organization(directory, administrator, account) {
        return Event::Create;
    }
    if directory.is_out_of_use(account) { Event::JoinSuspended } else { Event::Join }
}

/// Returns whether the account belongs to the organization whose delegated administrator this is (INV-08).
fn is_of_its_organization(directory: &Directory, administrator: &HubKey, account: AccountId) -> bool {
    directory.is_delegated_administrator(administrator.account, &administrator.region)
        && directory.is_in_organization(account)
}

/// Checks that an account of the organization may become a member.
fn may_join(
    transaction: &Transaction<'_>,
    directory: &Directory,
    administrator: &HubKey,
    account: AccountId,
) -> Result<(), Refusal> {
    let hub = hub_in_same_region(administrator, account);
    if has_members(directory, &hub) {
        return Err(Refusal::IsAdministrator);
    }
    if is_full(directory, administrator, account, MemberKind::Organization) {
        return Err(Refusal::TooMany);
    }
    let management_account = directory.organization.as_ref().map(|organization| organization.management_account);
    if management_account == Some(account) && hub_access::enabled(transaction, &hub).is_err() {
        return Err(Refusal::ManagementAccountIsOff);
    }
    Ok(())
}

/// Invites an account that was added, or invites it again (MST-05 … MST-07, INV-10 … INV-12).
///
/// # Errors
/// [`Refusal`].
pub fn invite(
    transaction: &mut Transaction<'_>,
    ids: &IdSource,
    administrator: &HubKey,
    account: AccountId,
    now: Timestamp,
) -> Result<(), Refusal> {
    let directory = transaction.directory();
    if account == administrator.account {
        return Err(Refusal::InvitesItself);
    }
    if is_member(directory, administrator) {
        return Err(Refusal::MemberInvites);
    }
    let record = directory.member(administrator.account, &administrator.region, account);
    let status = record.map(|member| member.status);
    if matches!(status, Some(MemberStatus::Invited | MemberStatus::Enabled)) {
        return Err(Refusal::AlreadyInvited);
    }
    if is_of_its_organization(directory, administrator, account) {
        return Err(Refusal::OrganizationAccount);
    }
    let from = record.map(|member| (member.status, member.kind));
    let Some(Transition::To(status)) = machine::next(from, Event::Invite) else { return Err(Refusal::NoMember) };
    if is_member(directory, &hub_in_same_region(administrator, account)) {
        return Err(Refusal::OfAnother);
    }
    if is_full(directory, administrator, account, MemberKind::Invitation) {
        return Err(Refusal::TooMany);
    }
    edit(transaction, administrator, account, |member| {
        member.status = status;
        member.invited_at = Some(now);
        member.updated_at = now;
        member.invitation = Some(Invitation { id: ids.hexadecimal(), is_declined: false, message: None });
    });
    Ok(())
}

/// Disassociates a member or withdraws an invitation; no effect on other accounts (MST-12, MST-15, MST-16, INV-17 …
/// INV-19).
///
/// # Errors
/// [`HubError::CentrallyManaged`].
pub fn disassociate(
    transaction: &mut Transaction<'_>,
    administrator: &HubKey,
    account: AccountId,
    now: Timestamp,
) -> Result<(), HubError> {
    let directory = transaction.directory();
    let Ok(record) = member(directory, administrator, account) else { return Ok(()) };
    let is_managed = governance::is_managed(directory, &hub_in_same_region(administrator, account));
    if is_managed && record.kind == MemberKind::Organization {
        return Err(HubError::CentrallyManaged);
    }
    if let Some(Transition::To(status)) = machine::next(Some((record.status, record.kind)), Event::Disassociate) {
        edit(transaction, administrator, account, |member| {
            member.status = status;
            member.updated_at = now;
            member.invitation = None;
        });
    }
    Ok(())
}

/// Deletes the record of an account that never was a member or no longer is (MST-17 … MST-19, INV-20).
///
/// # Errors
/// [`Refusal`].
pub fn delete(transaction: &mut Transaction<'_>, administrator: &HubKey, account: AccountId) -> Result<(), Refusal> {
    let directory = transaction.directory();
    let record = member(directory, administrator, account)?;
    if machine::next(Some((record.status, record.kind)), Event::Delete) != Some(Transition::End) {
        return Err(match record.kind {
            MemberKind::Organization => Refusal::OfOrganization,
            MemberKind::Invitation => Refusal::StillAssociated,
        });
    }
    retain(transaction, administrator, |other, _| other != account);
    Ok(())
}

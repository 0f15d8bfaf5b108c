//! Operations of an account on the invitations it received and on its administrator (INV-21 … INV-31).

use super::machine::{self, Event, Transition};
use super::refusal::{Refusal, RelationError};
use super::{edit, has_members, hub_in_same_region, inherit_generator, is_member};
use crate::state::{
    AccountId, Directory, HubKey, Invitation, Member, MemberKind, MemberStatus, Timestamp, Transaction,
};

/// The invitations of an account with their senders, including the accepted one (INV-21). The oldest comes first,
/// because a client takes the last one for the newest (CLI-07).
pub fn invitations<'d>(directory: &'d Directory, invited: &HubKey) -> Vec<(AccountId, &'d Member, &'d Invitation)> {
    let with_invitation =
        |(sender, member): (AccountId, &'d Member)| Some((sender, member, member.invitation.as_ref()?));
    let mut invitations: Vec<_> =
        directory.records_of(invited.account, &invited.region).filter_map(with_invitation).collect();
    invitations.sort_by_key(|(sender, member, _)| (member.invited_at, *sender));
    invitations
}

/// Number of pending invitations (INV-22).
pub fn pending(directory: &Directory, invited: &HubKey) -> usize {
    let records = directory.records_of(invited.account, &invited.region);
    records.filter(|(_, member)| member.status == MemberStatus::Invited).count()
}

/// The account's administrator, with the record of the relation (INV-30).
pub fn administrator<'d>(directory: &'d Directory, member: &HubKey) -> Option<(AccountId, &'d Member)> {
    let mut records = directory.records_of(member.account, &member.region);
    records.find(|(_, record)| record.status == MemberStatus::Enabled)
}

/// Accepts an invitation: the account becomes a member (MST-08, MST-11, INV-23 … INV-27).
///
/// # Errors
/// [`RelationError`].
pub fn accept(
    transaction: &mut Transaction<'_>,
    invited: &HubKey,
    administrator: AccountId,
    invitation_id: &str,
    now: Timestamp,
) -> Result<(), RelationError> {
    let directory = transaction.directory();
    if is_member(directory, invited) {
        return Err(RelationError::AlreadyMember);
    }
    // A delegated administrator counts as an administrator even without members: `inferred`.
    if has_members(directory, invited) || directory.is_delegated_administrator(invited.account, &invited.region) {
        return Err(RelationError::HasMembers);
    }
    let record = directory.member(administrator, &invited.region, invited.account);
    let is_this = |invitation: &Invitation| invitation.id == invitation_id && !invitation.is_declined;
    let record = record.filter(|member| member.invitation.as_ref().is_some_and(is_this));
    let step = record.and_then(|member| machine::next(Some((member.status, member.kind)), Event::Accept));
    let Some(Transition::To(status)) = step else { return Err(RelationError::NoPendingInvitation) };
    let administrator = hub_in_same_region(invited, administrator);
    if is_member(directory, &administrator) {
        return Err(RelationError::InviterIsMember);
    }
    edit(transaction, &administrator, invited.account, |member| {
        member.status = status;
        member.updated_at = now;
    });
    inherit_generator(transaction, &administrator, invited);
    Ok(())
}

/// Declines the invitation of a sender; it stays in the list until it is deleted (MST-09, INV-28, INV-29).
///
/// # Errors
/// [`Refusal::NoInvitation`].
pub fn decline(
    transaction: &mut Transaction<'_>,
    invited: &HubKey,
    sender: AccountId,
    now: Timestamp,
) -> Result<(), Refusal> {
    let directory = transaction.directory();
    let record = directory.member(sender, &invited.region, invited.account);
    let step = record.and_then(|member| machine::next(Some((member.status, member.kind)), Event::Decline));
    let Some(Transition::To(status)) = step else { return Err(Refusal::NoInvitation) };
    edit(transaction, &hub_in_same_region(invited, sender), invited.account, |member| {
        member.status = status;
        member.updated_at = now;
        if let Some(invitation) = &mut member.invitation {
            invitation.is_declined = true;
        }
    });
    Ok(())
}

/// Removes the invitation of a sender from the list, if it was declined or the member has left. The sender sees no
/// change (MST-10, INV-29).
///
/// # Errors
/// [`Refusal::LiveInvitation`], [`Refusal::NoInvitation`].
pub fn delete(transaction: &mut Transaction<'_>, invited: &HubKey, sender: AccountId) -> Result<(), Refusal> {
    let directory = transaction.directory();
    let record = directory.member(sender, &invited.region, invited.account);
    let record = record.filter(|member| member.invitation.is_some()).ok_or(Refusal::NoInvitation)?;
    if matches!(record.status, MemberStatus::Invited | MemberStatus::Enabled) {
        return Err(Refusal::LiveInvitation);
    }
    edit(transaction, &hub_in_same_region(invited, sender), invited.account, |member| member.invitation = None);
    Ok(())
}

/// Disassociates from the administrator; its invitation can be accepted again (MST-13, MST-14, INV-31).
///
/// # Errors
/// [`RelationError::NotAssociated`], [`RelationError::ManagedByOrganization`].
pub fn leave(transaction: &mut Transaction<'_>, member: &HubKey, now: Timestamp) -> Result<(), RelationError> {
    let directory = transaction.directory();
    let (administrator, record) = administrator(directory, member).ok_or(RelationError::NotAssociated)?;
    let Some(Transition::To(status)) = machine::next(Some((record.status, record.kind)), Event::Leave) else {
        return Err(RelationError::ManagedByOrganization);
    };
    edit(transaction, &hub_in_same_region(member, administrator), member.account, |record| {
        record.status = status;
        record.updated_at = now;
    });
    Ok(())
}

/// Ends all relations of an account whose hub is disabled: its member records with their invitations, and the
/// invitations it received (HUB-15, MST-23). Senders see these as declined: `inferred`.
pub fn end_all(transaction: &mut Transaction<'_>, hub: &HubKey, now: Timestamp) {
    transaction.edit_directory(|directory| {
        directory.members.remove(&(hub.account, hub.region.clone()));
        for ((_, region), members) in &mut directory.members {
            let Some(member) = members.get_mut(&hub.account).filter(|_| *region == hub.region) else { continue };
            if member.kind == MemberKind::Invitation {
                member.invitation = None;
            }
            if member.status == MemberStatus::Invited {
                member.status = MemberStatus::Resigned;
                member.updated_at = now;
            }
        }
    });
}

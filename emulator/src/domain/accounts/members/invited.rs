//! What an account does with the invitations that it was sent, and with its administrator (INV-21 … INV-31).

use super::machine::{self, Event, Step};
use super::refusal::{Refusal, RelationError};
use super::{beside, edit, follow_administrator, has_members, is_member};
use crate::state::{
    AccountId, Directory, HubKey, Invitation, Member, MemberKind, MemberStatus, Timestamp, Transaction,
};

/// The invitations of an account with their senders, the accepted one included (INV-21): the oldest first, since a
/// client takes the last for the latest (CLI-07).
pub fn invitations<'d>(directory: &'d Directory, invited: &HubKey) -> Vec<(AccountId, &'d Member, &'d Invitation)> {
    let with_invitation =
        |(sender, member): (AccountId, &'d Member)| Some((sender, member, member.invitation.as_ref()?));
    let mut invitations: Vec<_> =
        directory.records_of(invited.account, &invited.region).filter_map(with_invitation).collect();
    invitations.sort_by_key(|(sender, member, _)| (member.invited_at, *sender));
    invitations
}

/// How many invitations wait for an answer (INV-22).
pub fn pending(directory: &Directory, invited: &HubKey) -> usize {
    let records = directory.records_of(invited.account, &invited.region);
    records.filter(|(_, member)| member.status == MemberStatus::Invited).count()
}

/// The account's administrator and its record (INV-30).
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
    // A delegated administrator is one also before it has members: `inferred`.
    if has_members(directory, invited) || directory.is_delegated_administrator(invited.account, &invited.region) {
        return Err(RelationError::HasMembers);
    }
    let record = directory.member(administrator, &invited.region, invited.account);
    let is_this = |invitation: &Invitation| invitation.id == invitation_id && !invitation.is_declined;
    let record = record.filter(|member| member.invitation.as_ref().is_some_and(is_this));
    let step = record.and_then(|member| machine::next(Some((member.status, member.kind)), Event::Accept));
    let Some(Step::To(status)) = step else { return Err(RelationError::NoPendingInvitation) };
    let administrator = beside(invited, administrator);
    if is_member(directory, &administrator) {
        return Err(RelationError::InviterIsMember);
    }
    edit(transaction, &administrator, invited.account, |member| {
        member.status = status;
        member.updated_at = now;
    });
    follow_administrator(transaction, &administrator, invited);
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
    let Some(Step::To(status)) = step else { return Err(Refusal::NoInvitation) };
    edit(transaction, &beside(invited, sender), invited.account, |member| {
        member.status = status;
        member.updated_at = now;
        if let Some(invitation) = &mut member.invitation {
            invitation.is_declined = true;
        }
    });
    Ok(())
}

/// Takes the invitation of a sender off the list, once it is declined or the member has left; the sender sees no change
/// (MST-10, INV-29).
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
    edit(transaction, &beside(invited, sender), invited.account, |member| member.invitation = None);
    Ok(())
}

/// Leaves the administrator; its invitation can be accepted again (MST-13, MST-14, INV-31).
///
/// # Errors
/// [`RelationError::NotAssociated`], [`RelationError::ManagedByOrganization`].
pub fn leave(transaction: &mut Transaction<'_>, member: &HubKey, now: Timestamp) -> Result<(), RelationError> {
    let directory = transaction.directory();
    let (administrator, record) = administrator(directory, member).ok_or(RelationError::NotAssociated)?;
    let Some(Step::To(status)) = machine::next(Some((record.status, record.kind)), Event::Leave) else {
        return Err(RelationError::ManagedByOrganization);
    };
    edit(transaction, &beside(member, administrator), member.account, |record| {
        record.status = status;
        record.updated_at = now;
    });
    Ok(())
}

/// Ends what an account has of relations where its hub is disabled: its member records go with their invitations, and
/// the invitations that it was sent (HUB-15, MST-23). Who invited it sees the invitation as declined: `inferred`.
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

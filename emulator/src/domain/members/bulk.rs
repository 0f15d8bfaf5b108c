//! The whole way of a member in one go, which takes a call from each side otherwise: added, invited, accepted.

use super::administrator;
use super::invited;
use super::refusal::{Refusal, RelationError};
use super::{beside, switch_on};
use crate::aws_error::AwsError;
use crate::state::{AccountId, Directory, HubKey, IdSource, MemberStatus, Timestamp, Transaction};

/// How far accounts are taken that are added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// They are invited.
    pub invite: bool,
    /// They accept; they are invited for that.
    pub accept: bool,
}

/// Takes an account as far as is wished. What is done already is no mistake, so that a list can be sent again; an account
/// of the organization is a member as soon as it is added.
///
/// # Errors
/// The sentence of the step that is refused; the steps before it are done.
pub fn add(
    transaction: &mut Transaction<'_>,
    ids: &IdSource,
    administrator: &HubKey,
    (account, email): (AccountId, Option<String>),
    wish: Wish,
    now: Timestamp,
) -> Result<(), String> {
    let told = |refusal: Refusal| refusal.sentence().to_owned();
    let goes_on = wish.invite || wish.accept;
    match administrator::create(transaction, administrator, account, email, now) {
        Err(Refusal::AlreadyThere) if goes_on => {}
        outcome => outcome.map_err(told)?,
    }
    let status = |transaction: &Transaction<'_>| status(&transaction.directory(), administrator, account);
    if goes_on && !matches!(status(transaction), Some(MemberStatus::Invited | MemberStatus::Enabled)) {
        administrator::invite(transaction, ids, administrator, account, now).map_err(told)?;
    }
    if wish.accept && status(transaction) == Some(MemberStatus::Invited) {
        accept(transaction, administrator, account, now).map_err(|error| AwsError::from(error).message.into_owned())?;
    }
    Ok(())
}

/// Accepts an administrator's invitation in the place of the invited account. Its hub comes on with the default
/// standards, as the account would have had to enable it first (INV-04).
///
/// # Errors
/// As [`invited::accept`].
pub fn accept(
    transaction: &mut Transaction<'_>,
    administrator: &HubKey,
    account: AccountId,
    now: Timestamp,
) -> Result<(), RelationError> {
    let directory = transaction.directory();
    let record = directory.member(administrator.account, &administrator.region, account);
    let invitation = record.and_then(|member| member.invitation.as_ref()).ok_or(RelationError::NoPendingInvitation)?;
    let id = invitation.id.clone();
    drop(directory);
    let hub = beside(administrator, account);
    invited::accept(transaction, &hub, administrator.account, &id, now)?;
    switch_on(transaction, &hub, true, now);
    Ok(())
}

/// The accounts that an administrator's invitations wait for.
pub fn waiting(directory: &Directory, administrator: &HubKey) -> Vec<AccountId> {
    let members = administrator::members(directory, administrator);
    members.filter(|(_, member)| member.status == MemberStatus::Invited).map(|(account, _)| account).collect()
}

fn status(directory: &Directory, administrator: &HubKey, account: AccountId) -> Option<MemberStatus> {
    directory.member(administrator.account, &administrator.region, account).map(|member| member.status)
}

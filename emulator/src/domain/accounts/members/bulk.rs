//! The whole way of a member in one go, which takes a call from each side otherwise: added, invited, accepted.

use serde::{Deserialize, Serialize};

use super::administrator;
use super::invited;
use super::refusal::Refusal;
use super::{beside, switch_on};
use crate::aws_error::AwsError;
use crate::domain::hub_access;
use crate::state::{
    AccountId, Directory, HubKey, IdSource, Member, MemberStatus, Timestamp, Transaction, World, timestamp_text,
};

/// How far accounts are taken that are added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// They are invited.
    pub invite: bool,
    /// They accept; they are invited for that.
    pub accept: bool,
}

/// Takes an account as far as is asked. What is done already is no mistake, so that a list can be sent again; an account
/// of the organization is a member as soon as it is added.
///
/// # Errors
/// The sentence of the step that is refused; the steps before it are done.
pub fn add(
    transaction: &mut Transaction<'_>,
    ids: &IdSource,
    administrator: &HubKey,
    (account, email): (AccountId, Option<String>),
    steps: Steps,
    now: Timestamp,
) -> Result<(), String> {
    let told = |refusal: Refusal| refusal.sentence().to_owned();
    let goes_on = steps.invite || steps.accept;
    match administrator::create(transaction, administrator, account, email, now) {
        Err(Refusal::AlreadyThere) if goes_on => {}
        outcome => outcome.map_err(told)?,
    }
    let status = |transaction: &Transaction<'_>| status(transaction.directory(), administrator, account);
    if goes_on && !matches!(status(transaction), Some(MemberStatus::Invited | MemberStatus::Enabled)) {
        administrator::invite(transaction, ids, administrator, account, now).map_err(told)?;
    }
    if steps.accept && status(transaction) == Some(MemberStatus::Invited) {
        accept(transaction, administrator, account, now)?;
    }
    Ok(())
}

/// Accepts an administrator's invitation in the place of the invited account. Its hub comes on with the default
/// standards, as the account would have had to enable it first (INV-04).
///
/// # Errors
/// The sentence of [`invited::accept`].
pub fn accept(
    transaction: &mut Transaction<'_>,
    administrator: &HubKey,
    account: AccountId,
    now: Timestamp,
) -> Result<(), String> {
    let directory = transaction.directory();
    let record = directory.member(administrator.account, &administrator.region, account);
    // Without an invitation there is an id that is none, and the service's sentence for that.
    let id = record.and_then(|member| member.invitation.as_ref()).map(|invitation| invitation.id.clone());
    let hub = beside(administrator, account);
    invited::accept(transaction, &hub, administrator.account, &id.unwrap_or_default(), now)
        .map_err(|error| AwsError::from(error).message.into_owned())?;
    switch_on(transaction, &hub, true, now);
    Ok(())
}

/// A member as both sides have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MemberRow {
    /// The Region.
    pub region: String,
    /// The account.
    pub account_id: String,
    /// Its e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Its status, as ListMembers has it.
    pub member_status: String,
    /// The invitation that it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation_id: Option<String>,
    /// When it was last invited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invited_at: Option<String>,
    /// When its status last changed.
    pub updated_at: String,
    /// Whether its hub is on.
    pub hub_is_on: bool,
}

/// What came of a list: the members that were spoken of, and what was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Outcome {
    /// The members, as they are now.
    pub members: Vec<MemberRow>,
    /// The refusals, where something was to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unprocessed_accounts: Option<Vec<Unprocessed>>,
}

/// An account that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Unprocessed {
    /// The Region.
    pub region: String,
    /// The account.
    pub account_id: String,
    /// Why, in the service's words.
    pub processing_result: String,
}

/// All records of an administrator in a Region.
pub fn rows(world: &World, administrator: &HubKey) -> Vec<MemberRow> {
    let directory = world.directory();
    let records = directory.members.get(&(administrator.account, administrator.region.clone()));
    records.into_iter().flatten().map(|(account, member)| row(world, administrator, *account, member)).collect()
}

fn row(world: &World, administrator: &HubKey, account: AccountId, member: &Member) -> MemberRow {
    MemberRow {
        region: administrator.region.to_string(),
        account_id: account.to_string(),
        email: member.email.clone(),
        member_status: member.status.as_str().to_owned(),
        invitation_id: member.invitation.as_ref().map(|invitation| invitation.id.clone()),
        invited_at: member.invited_at.map(timestamp_text),
        updated_at: timestamp_text(member.updated_at),
        hub_is_on: hub_access::is_enabled(world, &beside(administrator, account)),
    }
}

/// The accounts that an administrator's invitations wait for.
pub fn waiting(directory: &Directory, administrator: &HubKey) -> Vec<AccountId> {
    let members = administrator::members(directory, administrator);
    members.filter(|(_, member)| member.status == MemberStatus::Invited).map(|(account, _)| account).collect()
}

fn status(directory: &Directory, administrator: &HubKey, account: AccountId) -> Option<MemberStatus> {
    directory.member(administrator.account, &administrator.region, account).map(|member| member.status)
}

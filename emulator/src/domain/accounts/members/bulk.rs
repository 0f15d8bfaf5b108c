//! Adding, inviting and accepting members in one call, for which AWS needs calls from both sides.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::administrator;
use super::invited;
use super::refusal::Refusal;
use super::{edit, hub_in_same_region, switch_on};
use crate::aws_error::AwsError;
use crate::domain::hub_access;
use crate::state::{
    AccountId, Directory, HubKey, IdSource, Member, MemberStatus, Timestamp, Transaction, World, timestamp_text,
};

/// The steps to carry out for added accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps<'s> {
    /// True if they are invited.
    pub invite: bool,
    /// True if they accept; this includes the invitation.
    pub accept: bool,
    /// A text for the invited accounts.
    pub message: Option<&'s str>,
}

/// Carries out the requested steps for an account. Steps that are done already are skipped, so a list can be sent
/// again. An account of the organization is a member as soon as it is added.
///
/// # Errors
/// The sentence of the step that is refused; the steps before it stay in effect.
pub fn add(
    transaction: &mut Transaction<'_>,
    ids: &IdSource,
    administrator: &HubKey,
    (account, email): (AccountId, Option<String>),
    steps: Steps<'_>,
    now: Timestamp,
) -> Result<(), String> {
    let sentence = |refusal: Refusal| refusal.sentence().to_owned();
    let goes_on = steps.invite || steps.accept;
    match administrator::create(transaction, administrator, account, email, now) {
        Err(Refusal::AlreadyThere) if goes_on => {}
        outcome => outcome.map_err(sentence)?,
    }
    let status = |transaction: &Transaction<'_>| status(transaction.directory(), administrator, account);
    if goes_on && !matches!(status(transaction), Some(MemberStatus::Invited | MemberStatus::Enabled)) {
        administrator::invite(transaction, ids, administrator, account, now).map_err(sentence)?;
    }
    if let Some(message) = steps.message.filter(|_| status(transaction) == Some(MemberStatus::Invited)) {
        edit(transaction, administrator, account, |member| {
            if let Some(invitation) = &mut member.invitation {
                invitation.message = Some(message.to_owned());
            }
        });
    }
    if steps.accept && status(transaction) == Some(MemberStatus::Invited) {
        accept(transaction, administrator, account, now)?;
    }
    Ok(())
}

/// Accepts an administrator's invitation on behalf of the invited account. Its hub is enabled with the default
/// standards, because the account would have to enable it before accepting (INV-04).
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
    // Without an invitation, an invalid id produces the service's error message.
    let id = record.and_then(|member| member.invitation.as_ref()).map(|invitation| invitation.id.clone());
    let hub = hub_in_same_region(administrator, account);
    invited::accept(transaction, &hub, administrator.account, &id.unwrap_or_default(), now)
        .map_err(|error| AwsError::from(error).message.into_owned())?;
    switch_on(transaction, &hub, true, now);
    Ok(())
}

/// A member with the data of both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct MemberRow {
    /// The Region.
    pub region: String,
    /// The account.
    pub account_id: String,
    /// Its e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Its status, as in ListMembers.
    pub member_status: String,
    /// The id of its invitation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation_id: Option<String>,
    /// The time of its last invitation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invited_at: Option<String>,
    /// The time of the last change of its status.
    pub updated_at: String,
    /// True if its hub is enabled.
    pub hub_is_on: bool,
}

/// The result for a list: the members in it, and the refusals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Outcome {
    /// The members after the call.
    pub members: Vec<MemberRow>,
    /// The refusals, if the call changed anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unprocessed_accounts: Option<Vec<Unprocessed>>,
}

/// A refused account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Unprocessed {
    /// The Region.
    pub region: String,
    /// The account.
    pub account_id: String,
    /// The reason, in the service's words.
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
        hub_is_on: hub_access::is_enabled(world, &hub_in_same_region(administrator, account)),
    }
}

/// The accounts with pending invitations of an administrator.
pub fn pending_accounts(directory: &Directory, administrator: &HubKey) -> Vec<AccountId> {
    let members = administrator::members(directory, administrator);
    members.filter(|(_, member)| member.status == MemberStatus::Invited).map(|(account, _)| account).collect()
}

fn status(directory: &Directory, administrator: &HubKey, account: AccountId) -> Option<MemberStatus> {
    directory.member(administrator.account, &administrator.region, account).map(|member| member.status)
}

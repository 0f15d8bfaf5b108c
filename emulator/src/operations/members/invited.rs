//! ListInvitations, GetInvitationsCount, DeclineInvitations, DeleteInvitations, and the calls about the caller's
//! administrator, each of which also exists under an older name (INV-32).

use securityhub_fixtures::Operation;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AccountIdsInput, PAGE, unprocessed};
use crate::aws_error::AwsError;
use crate::domain::accounts::members::refusal::each;
use crate::domain::accounts::members::{RelationError, invited};
use crate::invariant::Invariant;
use crate::operations::paged::PageRequest;
use crate::operations::{Answer, Context, Input};
use crate::state::{AccountId, Member, Transaction, timestamp_text};

/// An invitation or an administrator: the sender, and the status.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DescribedInvitation {
    account_id: AccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invited_at: Option<String>,
    member_status: &'static str,
}

/// A member of an organization has no invitation to show (INV-30).
fn describe(sender: AccountId, member: &Member) -> DescribedInvitation {
    let invitation = member.invitation.as_ref();
    DescribedInvitation {
        account_id: sender,
        invitation_id: invitation.map(|invitation| invitation.id.clone()),
        invited_at: invitation.and(member.invited_at).map(timestamp_text),
        member_status: member.status.as_str(),
    }
}

/// Lists the caller's invitations, including the accepted one, oldest first (INV-21, CLI-07).
///
/// # Errors
/// 400 `InvalidInputException` for a token of another query (ARN-13).
pub fn list_invitations(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, IgnoredAny) = PageRequest::read(Operation::ListInvitations, input)?;
    let page = page.open(context, &Value::Null)?.default_size(PAGE);
    let directory = context.world.directory();
    // The sort key: the time of the invitation and the sender.
    let sort_key = |row: &DescribedInvitation| {
        format!(
            "{}/{}",
            row.invited_at.as_deref().or_report("an invitation has a time").unwrap_or_default(),
            row.account_id
        )
    };
    let all = invited::invitations(&directory, &context.caller.hub_key());
    page.by_name(all.into_iter().map(|(sender, member, _)| describe(sender, member)), sort_key).answer()
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CountOutput {
    invitations_count: usize,
}

/// Counts the pending invitations (INV-22).
///
/// # Errors
/// Only those of the gate.
pub fn get_invitations_count(context: &Context<'_>, _input: Input) -> Result<Answer, AwsError> {
    let invitations_count = invited::pending(&context.world.directory(), &context.caller.hub_key());
    Answer::json(&CountOutput { invitations_count })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AcceptInput {
    #[serde(alias = "MasterId")]
    administrator_id: String,
    invitation_id: String,
}

/// Accepts an invitation: AcceptAdministratorInvitation, and AcceptInvitation, where the administrator has its older
/// name (MST-08, MST-11, INV-23 … INV-27).
///
/// # Errors
/// 400 `InvalidInputException`.
pub fn accept_invitation(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let AcceptInput { administrator_id, invitation_id } = input.read()?;
    let administrator = AccountId::parse(&administrator_id).ok_or(RelationError::InvalidAccountId)?;
    let caller = &context.caller;
    invited::accept(transaction, &caller.hub_key(), administrator, &invitation_id, caller.now)?;
    Ok(Answer::empty())
}

/// Declines the invitations of these senders (MST-09, INV-28, INV-29).
///
/// # Errors
/// Only those of the gate.
pub fn decline_invitations(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let AccountIdsInput { account_ids } = input.read()?;
    let (caller, now) = (context.caller.hub_key(), context.caller.now);
    unprocessed(each(&account_ids, |sender| invited::decline(transaction, &caller, sender, now)))
}

/// Removes the invitations of these senders from the caller's list (MST-10, INV-28, INV-29).
///
/// # Errors
/// Only those of the gate.
pub fn delete_invitations(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let AccountIdsInput { account_ids } = input.read()?;
    let caller = context.caller.hub_key();
    unprocessed(each(&account_ids, |sender| invited::delete(transaction, &caller, sender)))
}

/// The answer of GetAdministratorAccount; empty if there is no administrator (INV-30).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AdministratorOutput {
    #[serde(skip_serializing_if = "Option::is_none")]
    administrator: Option<DescribedInvitation>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MasterOutput {
    #[serde(skip_serializing_if = "Option::is_none")]
    master: Option<DescribedInvitation>,
}

/// Describes the caller's administrator (INV-30).
///
/// # Errors
/// Only those of the gate.
pub fn get_administrator_account(context: &Context<'_>, _input: Input) -> Result<Answer, AwsError> {
    Answer::json(&AdministratorOutput { administrator: administrator(context) })
}

/// The same under its older name (INV-32).
///
/// # Errors
/// Only those of the gate.
pub fn get_master_account(context: &Context<'_>, _input: Input) -> Result<Answer, AwsError> {
    Answer::json(&MasterOutput { master: administrator(context) })
}

fn administrator(context: &Context<'_>) -> Option<DescribedInvitation> {
    let directory = context.world.directory();
    invited::administrator(&directory, &context.caller.hub_key()).map(|(account, member)| describe(account, member))
}

/// Disassociates from the administrator: DisassociateFromAdministratorAccount and DisassociateFromMasterAccount
/// (MST-13, MST-14, INV-31).
///
/// # Errors
/// 404 `ResourceNotFoundException` without an administrator; 400 `InvalidInputException` for a member of an
/// organization.
pub fn disassociate_from_administrator(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    _input: Input,
) -> Result<Answer, AwsError> {
    invited::leave(transaction, &context.caller.hub_key(), context.caller.now)?;
    Ok(Answer::empty())
}

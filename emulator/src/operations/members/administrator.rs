//! CreateMembers, InviteMembers, GetMembers, ListMembers, DisassociateMembers, DeleteMembers.

use std::collections::BTreeMap;

use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{AccountIdsInput, PAGE, UnprocessedAccount, unprocessed};
use crate::aws_error::AwsError;
use crate::domain::accounts::members::refusal::each;
use crate::domain::accounts::members::{Refusal, Unprocessed, administrator};
use crate::operations::paged::PageRequest;
use crate::operations::{Answer, Context, Input};
use crate::state::{AccountId, HubKey, Member, MemberStatus, Transaction, timestamp_text};

/// Maximum number of accounts processed by one call (INV-02).
const MAX_ACCOUNTS: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateInput {
    account_details: Vec<AccountDetails>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccountDetails {
    account_id: String,
    email: Option<String>,
}

/// Adds accounts to the caller's members (INV-01, INV-02, MST-01 … MST-04). Accounts after the fiftieth are not
/// processed.
///
/// # Errors
/// Only those of the gate; refusals of accounts are listed in the answer.
pub fn create_members(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let CreateInput { mut account_details } = input.read()?;
    let (caller, now) = (context.caller.hub_key(), context.caller.now);
    let surplus = account_details.split_off(MAX_ACCOUNTS.min(account_details.len()));
    let mut refused = Vec::new();
    for AccountDetails { account_id, email } in account_details {
        refused.extend(each([&account_id], |account| {
            administrator::create(transaction, &caller, account, email.clone(), now)
        }));
    }
    let past = |details: AccountDetails| Unprocessed { account: details.account_id, refusal: Refusal::PastTheLimit };
    refused.extend(surplus.into_iter().map(past));
    unprocessed(refused)
}

/// Invites accounts that were added (MST-05 … MST-07, INV-10 … INV-12).
///
/// # Errors
/// Only those of the gate.
pub fn invite_members(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let AccountIdsInput { account_ids } = input.read()?;
    let (caller, now) = (context.caller.hub_key(), context.caller.now);
    let ids = &context.world.ids;
    unprocessed(each(&account_ids, |account| administrator::invite(transaction, ids, &caller, account, now)))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DescribedMember {
    account_id: AccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    master_id: AccountId,
    administrator_id: AccountId,
    member_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    invited_at: Option<String>,
    updated_at: String,
}

/// A member in the form that its administrator sees (ACC-02, ACC-04, ACC-05).
fn describe(administrator: &HubKey, account: AccountId, member: &Member) -> DescribedMember {
    DescribedMember {
        account_id: account,
        email: member.email.clone(),
        master_id: administrator.account,
        administrator_id: administrator.account,
        member_status: member.status.as_str(),
        invited_at: member.invited_at.map(timestamp_text),
        updated_at: timestamp_text(member.updated_at),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetOutput {
    members: Vec<DescribedMember>,
    unprocessed_accounts: Vec<UnprocessedAccount>,
}

/// Describes the requested members of the caller; other accounts are listed as unprocessed (INV-13, INV-16).
///
/// # Errors
/// Only those of the gate.
pub fn get_members(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let AccountIdsInput { account_ids } = input.read()?;
    let (caller, directory) = (context.caller.hub_key(), context.world.directory());
    let mut members = BTreeMap::new();
    let refused = each(&account_ids, |account| {
        let member = administrator::member(&directory, &caller, account)?;
        members.insert(account, describe(&caller, account, member));
        Ok(())
    });
    let unprocessed_accounts = refused.into_iter().map(Into::into).collect();
    Answer::json(&GetOutput { members: members.into_values().collect(), unprocessed_accounts })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    only_associated: Option<bool>,
}

/// Lists the caller's members sorted by account: only enabled ones, unless all are requested (INV-14 … INV-16).
///
/// # Errors
/// 400 `InvalidInputException` for a token of another query (ARN-13).
pub fn list_members(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, input) = PageRequest::read::<ListInput>(Operation::ListMembers, input)?;
    let only_associated = input.only_associated.unwrap_or(true);
    let page = page.open(context, &json!(only_associated))?.default_size(PAGE);
    let (caller, directory) = (context.caller.hub_key(), context.world.directory());
    let members = administrator::members(&directory, &caller)
        .filter(|(_, member)| !only_associated || member.status == MemberStatus::Enabled);
    let page = page.by_name(members, |(account, _)| account.to_string());
    page.map(|(account, member)| describe(&caller, account, member)).answer()
}

/// Disassociates members and withdraws invitations; no effect on other accounts (MST-12, MST-15, MST-16, INV-17).
///
/// # Errors
/// 403 `AccessDeniedException` for a member that a configuration policy governs (INV-18).
pub fn disassociate_members(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let AccountIdsInput { account_ids } = input.read()?;
    let (caller, now) = (context.caller.hub_key(), context.caller.now);
    for account in account_ids.iter().filter_map(|account| AccountId::parse(account)) {
        administrator::disassociate(transaction, &caller, account, now)?;
    }
    Ok(Answer::empty())
}

/// Deletes the records of accounts that never were members or no longer are (MST-17 … MST-19, INV-20).
///
/// # Errors
/// Only those of the gate.
pub fn delete_members(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let AccountIdsInput { account_ids } = input.read()?;
    let caller = context.caller.hub_key();
    unprocessed(each(&account_ids, |account| administrator::delete(transaction, &caller, account)))
}

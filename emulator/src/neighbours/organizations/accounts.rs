//! Accounts: creation, moves, removal and closing.

use serde_json::json;

use super::call::{Answer, Change, Reading};
use super::input::{invalid, is_parent_id, wrong_pattern};
use super::units;
use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::accounts::organization::tree::{TreeError, member_accounts, tags};

/// The length of a name, in characters.
const NAME: (usize, usize) = (1, 50);
/// The length of an e-mail address.
const EMAIL: (usize, usize) = (6, 64);

pub(super) fn list(reading: &Reading<'_>) -> Answer {
    let accounts = reading.view.account_ids();
    reading.page("Accounts", &accounts, |account| reading.view.account(*account).unwrap_or_default())
}

pub(super) fn list_for_parent(reading: &Reading<'_>) -> Answer {
    let accounts = reading.view.account_ids_of(units::parent(reading)?);
    reading.page("Accounts", &accounts, |account| reading.view.account(*account).unwrap_or_default())
}

pub(super) fn describe(reading: &Reading<'_>) -> Answer {
    let account = reading.view.account(reading.input.account("AccountId")?).ok_or(TreeError::NoAccount)?;
    Ok(json!({ "Account": account }))
}

pub(super) fn describe_creation(reading: &Reading<'_>) -> Answer {
    let id = reading.input.id("CreateAccountRequestId", is_creation_id)?;
    let status = reading.view.creation(id).ok_or_else(|| {
        let message = "We can't find an create account request with the CreateAccountRequestId that you specified.";
        AwsError::new(ErrorCode::CreateAccountStatusNotFoundException, message)
    })?;
    Ok(json!({ "CreateAccountStatus": status }))
}

pub(super) fn list_creations(reading: &Reading<'_>) -> Answer {
    let states = reading.input.texts("States")?;
    if states.iter().any(|state| !["IN_PROGRESS", "SUCCEEDED", "FAILED"].contains(&state.as_str())) {
        return Err(invalid("INVALID_ENUM", "You specified an invalid value."));
    }
    let ids = reading.view.creation_ids(&states);
    reading.page("CreateAccountStatuses", &ids, |id| reading.view.creation(id).unwrap_or_default())
}

fn is_creation_id(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
    id.strip_prefix("car-").is_some_and(|rest| (8..=32).contains(&rest.len()) && rest.bytes().all(fits))
}

pub(super) fn create(change: &mut Change<'_, '_>) -> Answer {
    let email = change.input.sized("Email", EMAIL)?;
    if !is_email(email) {
        return Err(invalid("INVALID_EMAIL_ADDRESS_TARGET", "You specified an invalid email address."));
    }
    let name = change.input.sized("AccountName", NAME)?;
    if !name.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(wrong_pattern());
    }
    let role = change.input.optional_sized("RoleName", (1, 64))?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if role.is_some_and(|role| !role.bytes().all(fits)) {
        return Err(invalid("INVALID_ROLE_NAME", "You provided a role name that is not valid."));
    }
    let billing = change.input.optional("IamUserAccessToBilling")?;
    if billing.is_some_and(|billing| !["ALLOW", "DENY"].contains(&billing)) {
        return Err(invalid("INVALID_ENUM", "You specified an invalid value."));
    }
    let new_tags = change.input.tags()?;
    tags::check(&new_tags)?;
    let now = change.caller.now;
    let written = (name, email, new_tags);
    let id = member_accounts::create(change.transaction, change.world, &change.organization, written, now)?;
    Ok(json!({ "CreateAccountStatus": change.view(|view| view.creation(&id)) }))
}

/// `user@host.domain`, without spaces and further `@`.
fn is_email(text: &str) -> bool {
    let domain = text.split_once('@').filter(|(user, _)| !user.is_empty()).and_then(|(_, host)| host.rsplit_once('.'));
    let fits = !text.chars().any(char::is_whitespace) && text.matches('@').count() == 1;
    fits && domain.is_some_and(|(host, top)| !host.is_empty() && !top.is_empty())
}

pub(super) fn relocate(change: &mut Change<'_, '_>) -> Answer {
    let account = change.input.account("AccountId")?;
    let source = change.input.id("SourceParentId", is_parent_id)?;
    let destination = change.input.id("DestinationParentId", is_parent_id)?;
    let (world, now) = (change.world, change.caller.now);
    let parents = (source, destination);
    member_accounts::relocate(change.transaction, world, &change.organization, account, parents, now)?;
    Ok(json!({}))
}

pub(super) fn remove(change: &mut Change<'_, '_>) -> Answer {
    let account = change.input.account("AccountId")?;
    let (world, now) = (change.world, change.caller.now);
    member_accounts::remove(change.transaction, world, &change.organization, account, now)?;
    Ok(json!({}))
}

pub(super) fn leave(change: &mut Change<'_, '_>) -> Answer {
    let (world, caller) = (change.world, change.caller);
    member_accounts::remove(change.transaction, world, &change.organization, caller.account(), caller.now)?;
    Ok(json!({}))
}

pub(super) fn close(change: &mut Change<'_, '_>) -> Answer {
    let account = change.input.account("AccountId")?;
    let (world, now) = (change.world, change.caller.now);
    member_accounts::close(change.transaction, world, &change.organization, account, now)?;
    Ok(json!({}))
}

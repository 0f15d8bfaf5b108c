//! Member accounts: creation, moves, removal and closing. [`accounts::carry_out`] applies their effects on Security
//! Hub.

use jiff::SignedDuration;

use super::{TreeError, edit, units};
use crate::domain::accounts::organization::accounts::{self, AccountError, Event};
use crate::domain::schedule;
use crate::state::{
    AccountCreation, AccountId, AccountStatus, CreationState, Directory, Due, Organization, Timestamp, Transaction,
    World,
};

/// The time for which a created account cannot leave.
const WAIT_PERIOD: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The period of the quota of closed accounts.
const CLOSE_PERIOD: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Bounds of the number of accounts that can be closed in that period; between them it is a fifth of all.
const MAX_CLOSED: (usize, usize) = (250, 1000);

/// Starts to create an account and returns the ID of the request. The account joins the root of the organization after
/// the delay of the scenario, or the request fails then.
///
/// # Errors
/// [`TreeError::TooManyAccounts`].
pub fn create(
    transaction: &mut Transaction<'_>,
    world: &World,
    organization: &Organization,
    (name, email, tags): (&str, &str, Vec<(String, String)>),
    now: Timestamp,
) -> Result<String, TreeError> {
    if organization.parents.len() >= transaction.directory().quotas.accounts {
        return Err(TreeError::TooManyAccounts);
    }
    let request = format!("car-{}", world.ids.hexadecimal());
    let creation = AccountCreation {
        name: name.to_owned(),
        email: email.to_owned(),
        tags,
        requested_at: now,
        state: CreationState::InProgress,
    };
    edit(transaction, |organization| _ = organization.creations.insert(request.clone(), creation));
    let delay = transaction.delays().account_creation;
    schedule::after(transaction, now, delay, Due::FinishCreation(request.clone()));
    Ok(request)
}

/// Finishes the creation of an account. It fails if its e-mail address belongs to another account.
pub fn finish(transaction: &mut Transaction<'_>, world: &World, request: &str, now: Timestamp) {
    let directory = transaction.directory();
    let creation = directory.organization.as_ref().and_then(|organization| organization.creations.get(request));
    let Some(AccountCreation { name, email, tags, .. }) = creation.cloned() else { return };
    let state = if is_taken(directory, &email) {
        CreationState::Failed(now, "EMAIL_ALREADY_EXISTS")
    } else {
        let account = new_id(directory, world);
        let join = Event::Join { parent: None, name: Some(name), email: Some(email) };
        match accounts::carry_out(transaction, world, account, join, now) {
            Ok(()) => {
                super::tags::set(transaction, account.as_str(), tags.into_iter().collect());
                edit(transaction, |organization| _ = organization.created.insert(account));
                CreationState::Succeeded(now, account)
            }
            Err(_) => CreationState::Failed(now, "INTERNAL_FAILURE"),
        }
    };
    edit(transaction, |organization| {
        if let Some(creation) = organization.creations.get_mut(request) {
            creation.state = state;
        }
    });
}

fn is_taken(directory: &Directory, email: &str) -> bool {
    directory.accounts.values().any(|account| account.email.eq_ignore_ascii_case(email))
}

/// An ID that no account has.
fn new_id(directory: &Directory, world: &World) -> AccountId {
    loop {
        let digits = format!("{:012}", world.ids.number() % 1_000_000_000_000);
        if let Some(account) = AccountId::parse(&digits).filter(|account| !directory.accounts.contains_key(account)) {
            return account;
        }
    }
}

/// Moves an account to another parent.
///
/// # Errors
/// [`TreeError`], in which case nothing is changed.
pub fn relocate(
    transaction: &mut Transaction<'_>,
    world: &World,
    organization: &Organization,
    account: AccountId,
    (source, destination): (&str, &str),
    now: Timestamp,
) -> Result<(), TreeError> {
    let parent = organization.parents.get(&account).ok_or(TreeError::NoAccount)?;
    if !units::is_parent(organization, source) || parent != source {
        return Err(TreeError::NoSourceParent);
    }
    if !units::is_parent(organization, destination) {
        return Err(TreeError::NoDestinationParent);
    }
    if source == destination {
        return Err(TreeError::DuplicateAccount);
    }
    let event = Event::Move { parent: destination.to_owned() };
    accounts::carry_out(transaction, world, account, event, now).map_err(refused)
}

/// Removes an account from the organization, or lets it leave.
///
/// # Errors
/// [`TreeError`], in which case nothing is changed.
pub fn remove(
    transaction: &mut Transaction<'_>,
    world: &World,
    organization: &Organization,
    account: AccountId,
    now: Timestamp,
) -> Result<(), TreeError> {
    if account == organization.management_account {
        return Err(TreeError::ManagementCannotLeave);
    }
    if created_at(organization, account).is_some_and(|since| now.duration_since(since) < WAIT_PERIOD) {
        return Err(TreeError::WaitPeriod);
    }
    accounts::carry_out(transaction, world, account, Event::Leave, now).map_err(refused)
}

/// Closes an account. It stays in the organization, suspended, until it is removed after 90 days (RET-11).
///
/// # Errors
/// [`TreeError`], in which case nothing is changed.
pub fn close(
    transaction: &mut Transaction<'_>,
    world: &World,
    organization: &Organization,
    account: AccountId,
    now: Timestamp,
) -> Result<(), TreeError> {
    if account == organization.management_account {
        return Err(TreeError::CannotCloseManagement);
    }
    if !organization.contains(account) {
        return Err(TreeError::NoAccount);
    }
    let directory = transaction.directory();
    let closed_at = |account: &AccountId| match directory.accounts.get(account).map(|account| account.status) {
        Some(AccountStatus::Closed(since)) => Some(since),
        _ => None,
    };
    if closed_at(&account).is_some() {
        return Err(TreeError::AlreadyClosed);
    }
    let recent = |since: &Timestamp| now.duration_since(*since) < CLOSE_PERIOD;
    let closed = organization.parents.keys().filter_map(closed_at).filter(recent).count();
    if closed >= (organization.parents.len() / 5).clamp(MAX_CLOSED.0, MAX_CLOSED.1) {
        return Err(TreeError::CloseQuota);
    }
    accounts::carry_out(transaction, world, account, Event::Close, now).map_err(refused)
}

/// The time at which the organization created an account; `None` if it was invited or belongs to the scenario.
fn created_at(organization: &Organization, account: AccountId) -> Option<Timestamp> {
    let joined_at = organization.joined_later.get(&account).copied();
    joined_at.filter(|_| organization.created.contains(&account))
}

fn refused(error: AccountError) -> TreeError {
    match error {
        AccountError::IsDelegated(_) => TreeError::IsDelegated,
        AccountError::IsManagementAccount(_) => TreeError::ManagementCannotLeave,
        AccountError::NoParent(..) | AccountError::ManyParents(_) => TreeError::NoDestinationParent,
        AccountError::OutOfUse(_) => TreeError::AlreadyClosed,
        AccountError::NoOrganization
        | AccountError::NoMember(_)
        | AccountError::IsMember(_)
        | AccountError::InUse(_) => TreeError::NoAccount,
    }
}

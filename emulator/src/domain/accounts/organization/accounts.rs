//! Events of accounts: joining, moving within and leaving the organization, suspension, reactivation and closing.
//!
//! In AWS, these come from Organizations, from AWS itself or from the owner; here, from the control plane. Their
//! effects on Security Hub are the same as in AWS (MST-20 … MST-22, ORG-35, RET-11).

use std::fmt;

use jiff::SignedDuration;

use super::configuration;
use super::near_name::NearName;
use crate::domain::accounts::central_configuration::settle::{account_left, account_moved};
use crate::domain::accounts::members::organization::{forget_account, leave_organization};
use crate::domain::findings::document;
use crate::domain::schedule;
use crate::state::{
    Account, AccountId, AccountStatus, Directory, Due, HubKey, Organization, Timestamp, Transaction, World,
};

/// Retention period of a closed account (RET-11).
const CLOSED_ACCOUNT_RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24);

/// An event of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The account joins the organization.
    Join {
        /// Its new unit, or the root.
        parent: Option<String>,
        /// Its name, if it has none yet.
        name: Option<String>,
        /// Its e-mail address, if it has none yet.
        email: Option<String>,
    },
    /// The account moves to another unit or to the root.
    Move {
        /// The new parent.
        parent: String,
    },
    /// The account leaves the organization.
    Leave,
    /// AWS suspends the account.
    Suspend,
    /// A suspended or closed account becomes active again.
    Reactivate,
    /// The owner closes the account.
    Close,
}

/// Reason why an event is refused, as Organizations would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountError {
    /// There is no organization.
    NoOrganization,
    /// The account is in the organization already.
    IsMember(AccountId),
    /// The account is not in the organization.
    NoMember(AccountId),
    /// No unit has this name or id.
    NoParent(String, NearName),
    /// Several units have this name.
    ManyParents(String),
    /// The management account cannot leave.
    IsManagementAccount(AccountId),
    /// A delegated administrator cannot leave before its delegation ends.
    IsDelegated(AccountId),
    /// The account is suspended or closed.
    OutOfUse(AccountId),
    /// The account is neither suspended nor closed.
    InUse(AccountId),
}

impl fmt::Display for AccountError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AccountError::NoOrganization => formatter.write_str(
                "no organization exists; create one with CreateOrganization, or define `organization` in a scenario",
            ),
            AccountError::IsMember(account) => write!(formatter, "{account} is already in the organization"),
            AccountError::NoMember(account) => write!(formatter, "{account} is not in the organization"),
            AccountError::NoParent(parent, near) => {
                write!(formatter, "no organizational unit {parent:?}{near}; use a unit name, a unit ID or `root`")
            }
            AccountError::ManyParents(parent) => {
                write!(formatter, "several organizational units are named {parent:?}; use a unit ID")
            }
            AccountError::IsManagementAccount(account) => {
                write!(
                    formatter,
                    "{account} is the management account, which cannot leave its organization or be suspended or closed"
                )
            }
            AccountError::IsDelegated(account) => {
                write!(formatter, "{account} is a delegated administrator; end its delegations in Organizations first")
            }
            AccountError::OutOfUse(account) => write!(formatter, "{account} is already suspended or closed"),
            AccountError::InUse(account) => write!(formatter, "{account} is not suspended or closed"),
        }
    }
}

/// Carries out an event.
///
/// # Errors
/// [`AccountError`], in which case nothing is changed.
pub fn carry_out(
    transaction: &mut Transaction<'_>,
    world: &World,
    account: AccountId,
    event: Event,
    now: Timestamp,
) -> Result<(), AccountError> {
    match event {
        Event::Join { parent, name, email } => {
            join(transaction, account, parent.as_deref(), (name, email), now)?;
            account_moved(transaction, world, account, now);
            Ok(())
        }
        Event::Move { parent } => {
            let old = old_parent(transaction, account);
            move_to(transaction, account, &parent)?;
            account_moved(transaction, world, account, now);
            settle_old_parent(transaction, account, old, now);
            Ok(())
        }
        Event::Leave => leave(transaction, account, now),
        Event::Suspend => {
            may_go_out_of_use(transaction.directory(), account)?;
            set_status(transaction, account, AccountStatus::Suspended);
            Ok(())
        }
        Event::Reactivate => {
            if !transaction.directory().is_out_of_use(account) {
                return Err(AccountError::InUse(account));
            }
            set_status(transaction, account, AccountStatus::Active);
            account_moved(transaction, world, account, now);
            Ok(())
        }
        Event::Close => close(transaction, account, now),
    }
}

/// ORG-35.
fn join(
    transaction: &mut Transaction<'_>,
    account: AccountId,
    parent: Option<&str>,
    (name, email): (Option<String>, Option<String>),
    now: Timestamp,
) -> Result<(), AccountError> {
    let directory = transaction.directory();
    let organization = directory.organization.as_ref().ok_or(AccountError::NoOrganization)?;
    if directory.is_in_organization(account) {
        return Err(AccountError::IsMember(account));
    }
    if directory.is_out_of_use(account) {
        return Err(AccountError::OutOfUse(account));
    }
    let parent = parent.map_or_else(|| Ok(organization.root_id.clone()), |parent| find(organization, parent))?;
    transaction.edit_directory(|directory| {
        let entry = directory.accounts.entry(account).or_insert_with(|| {
            let unknown = Account::unknown(account);
            Account { name: name.unwrap_or(unknown.name), email: email.unwrap_or(unknown.email), ..unknown }
        });
        entry.status = AccountStatus::Active;
        if let Some(organization) = &mut directory.organization {
            organization.parents.insert(account, parent);
            organization.joined_later.insert(account, now);
        }
    });
    configuration::enable_joined(transaction, account, now);
    Ok(())
}

/// The hubs of a moved account stay unchanged; from now on the policies of its new unit apply.
fn move_to(transaction: &mut Transaction<'_>, account: AccountId, parent: &str) -> Result<(), AccountError> {
    let directory = transaction.directory();
    let organization = directory.organization.as_ref().ok_or(AccountError::NoOrganization)?;
    if !directory.is_in_organization(account) {
        return Err(AccountError::NoMember(account));
    }
    let parent = find(organization, parent)?;
    transaction.edit_directory(|directory| {
        if let Some(organization) = &mut directory.organization {
            organization.parents.insert(account, parent);
        }
    });
    Ok(())
}

/// MST-20: in every Region its administrator sees the account as deleted. Policies that were attached to it are
/// removed, as in Organizations.
fn leave(transaction: &mut Transaction<'_>, account: AccountId, now: Timestamp) -> Result<(), AccountError> {
    let directory = transaction.directory();
    if directory.organization.is_none() {
        return Err(AccountError::NoOrganization);
    }
    if !directory.is_in_organization(account) {
        return Err(AccountError::NoMember(account));
    }
    check_may_leave(directory, account)?;
    remove_from_organization(transaction, account, now);
    leave_organization(transaction, account, now);
    Ok(())
}

/// MST-21: records of the account are removed. Everything else is stored for some time and then deleted (RET-11).
fn close(transaction: &mut Transaction<'_>, account: AccountId, now: Timestamp) -> Result<(), AccountError> {
    let directory = transaction.directory();
    // A suspended account may be closed, too (MST-21).
    let status = directory.accounts.get(&account).map(|account| account.status);
    if status != Some(AccountStatus::Suspended) {
        may_go_out_of_use(directory, account)?;
    }
    check_may_leave(directory, account)?;
    set_status(transaction, account, AccountStatus::Closed(now));
    forget_account(transaction, account);
    schedule::after(transaction, now, CLOSED_ACCOUNT_RETENTION, Due::ForgetAccount(account, now));
    Ok(())
}

/// Forgets an account that was closed at `since`, unless it has been reactivated: its place in the organization, its
/// members (`inferred`), hubs and findings.
pub fn forget(transaction: &mut Transaction<'_>, world: &World, account: AccountId, since: Timestamp) {
    let directory = transaction.directory();
    let status = directory.accounts.get(&account).map(|account| account.status);
    if status != Some(AccountStatus::Closed(since)) {
        return;
    }
    let now = since.checked_add(CLOSED_ACCOUNT_RETENTION).unwrap_or(since);
    remove_from_organization(transaction, account, now);
    transaction.edit_directory(|directory| {
        directory.members.retain(|(administrator, _), _| *administrator != account);
        directory.aggregators.remove(&account);
        directory.aggregators_v2.remove(&account);
    });
    let mut regions = world.relations().hub_regions();
    regions.extend(world.table_regions());
    for region in regions {
        let is_of_account = |document: &[u8]| document::is_of_account(document, account);
        transaction.drop_findings(&region, is_of_account);
        transaction.drop_ocsf_only(&region, is_of_account);
        let hub = HubKey { account, region };
        if transaction.hub(&hub).is_some() {
            transaction.forget_hub(&hub);
        }
    }
    for (hub, _) in world.relations().hubs_v2_of(account) {
        transaction.forget_hub_v2(hub);
    }
}

fn old_parent(transaction: &Transaction<'_>, account: AccountId) -> Option<String> {
    transaction.directory().organization.as_ref()?.parents.get(&account).cloned()
}

/// Settles the old parent, so that a failure of the account no longer counts there (CCF-45).
fn settle_old_parent(transaction: &mut Transaction<'_>, account: AccountId, old: Option<String>, now: Timestamp) {
    if let Some(old) = old {
        account_left(transaction, account, &old, now);
    }
}

fn remove_from_organization(transaction: &mut Transaction<'_>, account: AccountId, now: Timestamp) {
    let old = old_parent(transaction, account);
    transaction.edit_directory(|directory| {
        directory.policies.service_control.remove(account.as_str());
        if let Some(organization) = &mut directory.organization {
            organization.parents.remove(&account);
            organization.joined_later.remove(&account);
            organization.created.remove(&account);
            organization.policies.forget_target(account.as_str());
            organization.tags.remove(account.as_str());
            if let Some(central) = &mut organization.central {
                central.applied.remove(account.as_str());
                central.settled.remove(account.as_str());
            }
        }
    });
    settle_old_parent(transaction, account, old, now);
}

fn set_status(transaction: &mut Transaction<'_>, account: AccountId, status: AccountStatus) {
    transaction.edit_directory(|directory| {
        directory.accounts.entry(account).or_insert_with(|| Account::unknown(account)).status = status;
    });
}

/// Checks that an account can be suspended or closed. The management account cannot (`inferred`), because the whole
/// organization would be affected.
fn may_go_out_of_use(directory: &Directory, account: AccountId) -> Result<(), AccountError> {
    if directory.is_out_of_use(account) {
        return Err(AccountError::OutOfUse(account));
    }
    is_not_management_account(directory, account)
}

/// Organizations refuses removal of the management account and of delegated administrators.
fn check_may_leave(directory: &Directory, account: AccountId) -> Result<(), AccountError> {
    is_not_management_account(directory, account)?;
    let is_delegated = |organization: &Organization| {
        organization.delegated_administrators.keys().any(|(_, delegate)| *delegate == account)
            || organization.security_hub_administrators.values().any(|delegate| *delegate == account)
            || organization.security_hub_v2_administrator == Some(account)
    };
    if directory.organization.as_ref().is_some_and(is_delegated) {
        return Err(AccountError::IsDelegated(account));
    }
    Ok(())
}

fn is_not_management_account(directory: &Directory, account: AccountId) -> Result<(), AccountError> {
    let organization = directory.organization.as_ref();
    if organization.is_some_and(|organization| organization.management_account == account) {
        return Err(AccountError::IsManagementAccount(account));
    }
    Ok(())
}

/// The ID of the unit or root with this ID or name.
///
/// # Errors
/// [`AccountError::NoParent`], [`AccountError::ManyParents`]
pub fn find(organization: &Organization, parent: &str) -> Result<String, AccountError> {
    if parent.eq_ignore_ascii_case("root") || parent == organization.root_id {
        return Ok(organization.root_id.clone());
    }
    if organization.units.contains_key(parent) {
        return Ok(parent.to_owned());
    }
    let mut named = organization.units.iter().filter(|(_, unit)| unit.name == parent).map(|(id, _)| id);
    match (named.next(), named.next()) {
        (Some(id), None) => Ok(id.clone()),
        (Some(_), Some(_)) => Err(AccountError::ManyParents(parent.to_owned())),
        (None, _) => {
            let known = organization.units.values().map(|unit| unit.name.as_str()).chain(["root"]);
            Err(AccountError::NoParent(parent.to_owned(), NearName::among(known, parent)))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, id};

    /// Rules: RET-11.
    #[test]
    fn findings_that_exist_only_in_ocsf_are_forgotten_with_their_account() {
        let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
        let now = stage.0.clock.now();
        let finding = |account: &str| {
            json!({
                "class_uid": 2004,
                "cloud": { "account": { "uid": account }, "region": REGION },
                "finding_info": { "uid": "f" },
                "metadata": { "product": { "uid": "arn:aws:securityhub:us-east-1::productv2/partner/product" } },
            })
        };
        stage.send(finding(ADMINISTRATOR));
        stage.send(finding(MEMBER));
        let mut transaction = stage.0.write();
        transaction.edit_directory(|directory| {
            let account = directory.accounts.entry(id(MEMBER)).or_insert_with(|| Account::unknown(id(MEMBER)));
            account.status = AccountStatus::Closed(now);
        });
        forget(&mut transaction, &stage.0, id(MEMBER), now);
        transaction.commit();
        assert_eq!(stage.0.finding_count(), 1, "the finding of the other account stays");
    }
}

//! `accounts`: what is known of accounts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::check::Check;
use crate::scenario::spanned::{Entries, Spanned};
use crate::state::{Account, AccountId, AccountStatus, Directory, World};

/// What is known of an account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "AccountDetails")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Written {
    /// Its name. Left out, it is account- and the account id.
    name: Option<String>,
    /// Its e-mail address. Left out, it is the account id at example.com.
    email: Option<Spanned<String>>,
    /// Its status in the organization. Left out, it is active.
    status: Option<Status>,
    /// Whether a central configuration policy governs its hubs, so that it cannot change them itself.
    #[serde(default)]
    centrally_managed: bool,
}

/// The status of an account in its organization.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "AccountStatus")]
#[serde(rename_all = "snake_case")]
enum Status {
    /// In use.
    Active,
    /// Suspended by AWS or closed.
    Suspended,
}

/// What is known of an account.
#[derive(Debug)]
pub(in crate::scenario) struct Valid(Account);

/// Reads all entries.
pub(in crate::scenario) fn check(written: Entries<Written>, check: &mut Check) -> BTreeMap<AccountId, Valid> {
    let mut accounts = BTreeMap::new();
    for (id, written) in written.0 {
        check_email(written.email.as_ref(), check);
        let Some(id) = check.account(&id) else { continue };
        let unknown = unknown(id);
        let account = Account {
            name: written.name.unwrap_or(unknown.name),
            email: written.email.map_or(unknown.email, |email| email.value),
            status: match written.status {
                Some(Status::Suspended) => AccountStatus::Suspended,
                Some(Status::Active) | None => AccountStatus::Active,
            },
            centrally_managed: written.centrally_managed,
        };
        accounts.insert(id, Valid(account));
    }
    accounts
}

fn check_email(email: Option<&Spanned<String>>, check: &mut Check) {
    if let Some(email) = email
        && email.value.split_once('@').is_none_or(|(user, host)| user.is_empty() || host.is_empty())
    {
        let mistake = check.at(email.place, format!("`{}` is no e-mail address", email.value));
        check.push(mistake.expected("an address such as security@example.com"));
    }
}

/// An account of which nothing is said.
pub(super) fn unknown(id: AccountId) -> Account {
    Account {
        name: format!("account-{id}"),
        email: format!("{id}@example.com"),
        status: AccountStatus::Active,
        centrally_managed: false,
    }
}

/// Tells the directory of the accounts. That they are centrally managed comes later, since it would keep their hubs
/// from being enabled.
pub(super) fn apply(accounts: &BTreeMap<AccountId, Valid>, directory: &mut Directory) {
    for (id, Valid(account)) in accounts {
        directory.accounts.insert(*id, Account { centrally_managed: false, ..account.clone() });
    }
}

/// Gives centrally managed accounts out of their own hands.
pub(super) fn apply_central_management(accounts: &BTreeMap<AccountId, Valid>, world: &World) {
    let mut transaction = world.write();
    transaction.edit_directory(|directory| {
        for (id, Valid(account)) in accounts {
            if let Some(known) = directory.accounts.get_mut(id) {
                known.centrally_managed = account.centrally_managed;
            }
        }
    });
    transaction.commit();
}

//! The whole organization as a tree, for people.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::state::{AccountId, AccountStatus, Directory, Organization, PolicyType};

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Outline {
    /// `o-…`
    pub id: String,
    /// The management account.
    pub management_account_id: String,
    /// The policy types that are enabled in the root.
    pub policy_types: Vec<String>,
    /// The delegated administrators of Security Hub, by Region.
    pub administrators: BTreeMap<String, String>,
    /// The root.
    pub root: UnitOutline,
}

/// The root or a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UnitOutline {
    /// Its ID.
    pub id: String,
    /// Its name; `Root` for the root.
    pub name: String,
    /// The names of its policies.
    pub policies: Vec<String>,
    /// The units directly below it.
    pub units: Vec<UnitOutline>,
    /// The accounts directly below it.
    pub accounts: Vec<AccountOutline>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccountOutline {
    /// Its ID.
    pub account_id: String,
    /// Its name.
    pub name: String,
    /// `ACTIVE`, `SUSPENDED` or `CLOSED`.
    pub status: String,
    /// The names of its policies.
    pub policies: Vec<String>,
}

/// The units and accounts of an organization by parent.
struct Children<'d> {
    directory: &'d Directory,
    organization: &'d Organization,
    units: BTreeMap<&'d str, Vec<(&'d str, &'d str)>>,
    accounts: BTreeMap<&'d str, Vec<AccountId>>,
}

/// The organization of a world, if it has one.
pub fn outline(directory: &Directory) -> Option<Outline> {
    let organization = directory.organization.as_ref()?;
    let mut children = Children { directory, organization, units: BTreeMap::new(), accounts: BTreeMap::new() };
    for (id, unit) in &organization.units {
        children.units.entry(&unit.parent).or_default().push((id, &unit.name));
    }
    for (account, parent) in &organization.parents {
        children.accounts.entry(parent).or_default().push(*account);
    }
    let administrators = organization.security_hub_administrators.iter();
    Some(Outline {
        id: organization.id.clone(),
        management_account_id: organization.management_account.to_string(),
        policy_types: organization.policies.enabled.iter().map(|kind| kind.as_str().to_owned()).collect(),
        administrators: administrators.map(|(region, account)| (region.to_string(), account.to_string())).collect(),
        root: children.unit((&organization.root_id, "Root")),
    })
}

impl Children<'_> {
    /// Units are nested at most five levels deep.
    fn unit(&self, (id, name): (&str, &str)) -> UnitOutline {
        let units = self.units.get(id).into_iter().flatten();
        let accounts = self.accounts.get(id).into_iter().flatten();
        UnitOutline {
            id: id.to_owned(),
            name: name.to_owned(),
            policies: self.policies(id),
            units: units.map(|unit| self.unit(*unit)).collect(),
            accounts: accounts.map(|account| self.account(*account)).collect(),
        }
    }

    fn account(&self, account: AccountId) -> AccountOutline {
        let known = self.directory.accounts.get(&account);
        AccountOutline {
            account_id: account.to_string(),
            name: known.map(|known| known.name.clone()).unwrap_or_default(),
            status: status(known.map_or(AccountStatus::Active, |known| known.status)).to_owned(),
            policies: self.policies(account.as_str()),
        }
    }

    fn policies(&self, target: &str) -> Vec<String> {
        let policies = &self.organization.policies;
        let full = policies.has_full_access(target).then(|| "FullAWSAccess".to_owned());
        let attached = PolicyType::ALL.iter().flat_map(|kind| policies.attached_to(target, *kind));
        full.into_iter().chain(attached.map(|(_, policy)| policy.name.clone())).collect()
    }
}

/// The name of a status in reports.
pub fn status(status: AccountStatus) -> &'static str {
    match status {
        AccountStatus::Active => "ACTIVE",
        AccountStatus::Suspended => "SUSPENDED",
        AccountStatus::Closed(_) => "CLOSED",
    }
}

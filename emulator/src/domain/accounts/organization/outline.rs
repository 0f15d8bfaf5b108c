//! The whole organization as a tree, for people.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::state::{AccountId, AccountStatus, Directory, Organization, PolicyType};

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// A policy and the targets that it is attached to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyOutline {
    /// Its ID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its type, such as `SERVICE_CONTROL_POLICY`.
    pub r#type: String,
    /// `root`, or the names of units, or accounts.
    pub targets: Vec<String>,
}

/// The policies that the management account created, sorted by type and name; `None` without an organization.
/// FullAWSAccess is attached everywhere unless it was detached, and is not listed.
pub fn policies(directory: &Directory) -> Option<Vec<PolicyOutline>> {
    let organization = directory.organization.as_ref()?;
    let attached = &organization.policies.attached;
    let target = |id: &str| match organization.units.get(id) {
        Some(unit) => unit.name.clone(),
        None if id == organization.root_id => "root".to_owned(),
        None => id.to_owned(),
    };
    let targets_of = |policy: &String| {
        let is_attached = |ids: &Vec<String>| ids.contains(policy);
        let targets = attached.iter().filter(|(_, ids)| is_attached(ids));
        targets.map(|(id, _)| target(id)).collect()
    };
    let mut policies: Vec<PolicyOutline> = organization
        .policies
        .created
        .iter()
        .map(|(id, policy)| PolicyOutline {
            id: id.clone(),
            name: policy.name.clone(),
            r#type: policy.kind.as_str().to_owned(),
            targets: targets_of(id),
        })
        .collect();
    policies.sort_by(|one, two| (&one.r#type, &one.name).cmp(&(&two.r#type, &two.name)));
    Some(policies)
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

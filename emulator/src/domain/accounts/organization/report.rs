//! Report about an account: its place in the organization, and its administrators in each Region.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outline;
use crate::domain::hub_access;
use crate::state::{AccountId, AccountStatus, Directory, HubKey, Region, World};

/// An account and its relations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct AccountRow {
    /// The account.
    pub account_id: String,
    /// `ACTIVE`, `SUSPENDED` or `CLOSED`.
    pub status: String,
    /// The id of its unit or of the root; absent outside an organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// The name of that unit, or `Root`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_name: Option<String>,
    /// The Regions in which it has a hub or an administrator has a record of it.
    pub regions: Vec<RegionRow>,
}

/// An account in a Region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct RegionRow {
    /// The Region.
    pub region: String,
    /// True if its hub is enabled.
    pub hub_is_on: bool,
    /// The administrators that have a record of it, with its status.
    pub administrators: Vec<AdministratorRow>,
}

/// An administrator that has a record of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct AdministratorRow {
    /// The administrator.
    pub account_id: String,
    /// The account's status, as in the administrator's ListMembers.
    pub member_status: String,
}

/// The report about an account.
pub fn row(world: &World, account: AccountId) -> AccountRow {
    let directory = world.directory();
    let status = directory.accounts.get(&account).map_or(AccountStatus::Active, |account| account.status);
    let (parent_id, parent_name) = parent(&directory, account).unzip();
    let mut regions = world.relations().hub_regions();
    regions.extend(directory.members.keys().map(|(_, region)| region.clone()));
    let regions = regions.iter().map(|region| of_region(world, &directory, account, region));
    AccountRow {
        account_id: account.to_string(),
        status: outline::status(status).to_owned(),
        parent_id,
        parent_name,
        regions: regions.filter(|row| row.hub_is_on || !row.administrators.is_empty()).collect(),
    }
}

fn parent(directory: &Directory, account: AccountId) -> Option<(String, String)> {
    let organization = directory.organization.as_ref()?;
    let id = organization.parents.get(&account)?;
    let name = organization.units.get(id).map_or("Root", |unit| unit.name.as_str());
    Some((id.clone(), name.to_owned()))
}

fn of_region(world: &World, directory: &Directory, account: AccountId, region: &Region) -> RegionRow {
    let administrator = |(administrator, member): (AccountId, &crate::state::Member)| AdministratorRow {
        account_id: administrator.to_string(),
        member_status: member.status.as_str().to_owned(),
    };
    RegionRow {
        region: region.to_string(),
        hub_is_on: hub_access::is_enabled(world, &HubKey { account, region: region.clone() }),
        administrators: directory.records_of(account, region).map(administrator).collect(),
    }
}

//! Changes of the Regions that are linked to the home Region (CCF-07, CCF-43).

use super::record::edit;
use crate::domain::accounts::hub::{self, Enable};
use crate::domain::accounts::members::organization::{
    Joining, adopt_organization_accounts, become_organization_member, may_be_enabled,
};
use crate::domain::governance::regions;
use crate::domain::hub_access;
use crate::state::{AccountId, HubKey, OrganizationConfiguration, Region, Timestamp, Transaction, World};

/// Takes over Regions that were linked since the last call and releases those that are no longer linked. Does nothing
/// while central configuration is pending (CCF-07).
pub fn update_regions(transaction: &mut Transaction<'_>, world: &World, now: Timestamp) {
    let directory = transaction.directory();
    let central = directory.organization.as_ref().and_then(|organization| organization.central.as_ref());
    let Some(central) = central.filter(|central| central.enabled_at <= now) else { return };
    let administrator = central.administrator;
    let linked = regions(world, directory, administrator);
    let fresh: Vec<Region> = linked.difference(&central.regions).cloned().collect();
    if linked == central.regions {
        return;
    }
    edit(transaction, |central| central.regions = linked);
    for region in fresh {
        add_region(transaction, &HubKey { account: administrator, region }, now);
    }
}

/// Takes over one Region: makes the administrator its delegated administrator and enables its hub, makes accounts with
/// enabled hubs members, and turns off automatic enabling for new accounts (CCF-07).
fn add_region(transaction: &mut Transaction<'_>, administrator: &HubKey, now: Timestamp) {
    let configuration = OrganizationConfiguration { auto_enable: false, auto_enable_standards: false };
    let accounts: Vec<AccountId> = transaction.edit_directory(|directory| {
        let Some(organization) = &mut directory.organization else { return Vec::new() };
        organization.security_hub_administrators.insert(administrator.region.clone(), administrator.account);
        organization.configurations.insert(administrator.region.clone(), configuration);
        organization.parents.keys().copied().collect()
    });
    let enable = Enable { default_standards: true, ..Enable::default() };
    _ = hub::enable(transaction, administrator, now, enable);
    adopt_organization_accounts(transaction, administrator, now);
    for account in accounts {
        let key = HubKey { account, region: administrator.region.clone() };
        let is_on = hub_access::enabled(transaction, &key).is_ok();
        if is_on && may_be_enabled(transaction.directory(), administrator, account) {
            let joining = Joining::automatic(transaction.directory(), administrator, account, false);
            become_organization_member(transaction, administrator, account, joining, now);
        }
    }
}

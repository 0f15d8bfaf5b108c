//! Turning central configuration on and off (CCF-01 … CCF-10), and what a change of linked Regions does to it (CCF-43).

use std::collections::{BTreeMap, BTreeSet};

use super::{edit, settle};
use crate::domain::caller::Caller;
use crate::domain::due;
use crate::domain::hub::{self, Enable};
use crate::domain::members::organization::may_be_enabled;
use crate::domain::members::organization::{Joining, adopt_organization_accounts, become_organization_member};
use crate::domain::organization::OrganizationError;
use crate::state::{
    AccountId, CentralConfiguration, Directory, Due, HubKey, Linking, OrganizationConfiguration, Region, Timestamp,
    Transaction, World,
};

/// Turns it on (CCF-01, CCF-02, CCF-03, CCF-07); where it is on, nothing changes.
///
/// # Errors
/// [`OrganizationError`].
pub fn on(transaction: &mut Transaction<'_>, world: &World, caller: &Caller) -> Result<(), OrganizationError> {
    let directory = transaction.directory();
    let organization = directory.organization.as_ref().ok_or(OrganizationError::NotInOrganization)?;
    let is_home = directory.aggregators.get(&caller.account()).is_some_and(|it| it.home == caller.region);
    if !is_home {
        return Err(OrganizationError::NoHomeRegion);
    }
    if organization.central.is_some() {
        return Ok(());
    }
    if organization.management_account == caller.account() {
        return Err(OrganizationError::ManagementAccountIsAdministrator);
    }
    refuse_others(world, &directory, caller.account())?;
    let root = organization.root_id.clone();
    drop(directory);
    let delay = transaction.delays().central_configuration;
    let enabled_at = caller.now.checked_add(delay).unwrap_or(Timestamp::MAX);
    transaction.edit_directory(|directory| {
        if let Some(organization) = &mut directory.organization {
            organization.central = Some(CentralConfiguration {
                administrator: caller.account(),
                home: caller.region.clone(),
                enabled_at,
                taken: BTreeSet::new(),
                policies: BTreeMap::new(),
                applied: BTreeMap::new(),
                settled: BTreeMap::new(),
            });
        }
    });
    if delay.is_zero() {
        take_linked(transaction, world, caller.now);
    } else {
        due::put(transaction, caller.now, delay, Due::SettleAssociations(root));
    }
    Ok(())
}

/// Refuses where another account is designated in the home Region or one that is linked to it: the administrator has to be
/// it in all of them (CCF-07).
fn refuse_others(world: &World, directory: &Directory, owner: AccountId) -> Result<(), OrganizationError> {
    let Some(organization) = &directory.organization else { return Ok(()) };
    let other = |region: &Region| organization.security_hub_administrators.get(region).copied();
    let other = regions(world, directory, owner).iter().filter_map(other).find(|other| *other != owner);
    other.map_or(Ok(()), |other| Err(OrganizationError::AnotherIsDesignated(other)))
}

/// Turns it off; settings stay (CCF-09, CCF-10).
///
/// # Errors
/// [`OrganizationError::PoliciesExist`].
pub fn off(transaction: &mut Transaction<'_>) -> Result<(), OrganizationError> {
    let directory = transaction.directory();
    let central = directory.organization.as_ref().and_then(|organization| organization.central.as_ref());
    if central.is_some_and(|central| !central.policies.is_empty() || !central.applied.is_empty()) {
        return Err(OrganizationError::PoliciesExist);
    }
    drop(directory);
    end(transaction);
    Ok(())
}

/// Ends it with its policies; accounts keep their settings (ORG-13, CCF-43).
pub fn end(transaction: &mut Transaction<'_>) {
    transaction.edit_directory(|directory| {
        if let Some(organization) = &mut directory.organization {
            organization.central = None;
        }
    });
}

/// The aggregator of an account was changed or deleted: without a home Region there is no central configuration, and
/// Regions that are linked now follow it (CCF-28, CCF-43, AGG-19).
///
/// # Errors
/// [`OrganizationError::AnotherIsDesignated`] in a Region that is linked now: `inferred`, as it is when central
/// configuration begins.
pub fn follow_aggregator(
    transaction: &mut Transaction<'_>,
    world: &World,
    owner: AccountId,
    now: Timestamp,
) -> Result<(), OrganizationError> {
    let directory = transaction.directory();
    let Some(organization) = &directory.organization else { return Ok(()) };
    if organization.central.as_ref().is_none_or(|central| central.administrator != owner) {
        return Ok(());
    }
    let root = organization.root_id.clone();
    if !directory.aggregators.contains_key(&owner) {
        drop(directory);
        end(transaction);
        return Ok(());
    }
    refuse_others(world, &directory, owner)?;
    drop(directory);
    take_linked(transaction, world, now);
    settle::begin(transaction, world, &root, now);
    Ok(())
}

/// Takes over the Regions that have been linked since the last time, and lets go of those that are linked no more; nothing
/// while central configuration is pending (CCF-07).
pub fn take_linked(transaction: &mut Transaction<'_>, world: &World, now: Timestamp) {
    let directory = transaction.directory();
    let central = directory.organization.as_ref().and_then(|organization| organization.central.as_ref());
    let Some(central) = central.filter(|central| central.enabled_at <= now) else { return };
    let administrator = central.administrator;
    let linked = regions(world, &directory, administrator);
    let fresh: Vec<Region> = linked.difference(&central.taken).cloned().collect();
    if linked == central.taken {
        return;
    }
    drop(directory);
    edit(transaction, |central| central.taken = linked);
    for region in fresh {
        take_region(transaction, &HubKey { account: administrator, region }, now);
    }
}

/// The home Region of an aggregator and the Regions linked to it: those that the aggregator or the scenario names, or
/// hubs are in.
pub fn regions(world: &World, directory: &Directory, owner: AccountId) -> BTreeSet<Region> {
    let Some(aggregator) = directory.aggregators.get(&owner) else { return BTreeSet::new() };
    let named = match &aggregator.linking {
        Linking::Only(regions) => regions.as_slice(),
        Linking::All | Linking::AllExcept(_) | Linking::None => &[],
    };
    let known = world.relations().hub_regions().into_iter().chain(directory.regions.iter().chain(named).cloned());
    let linked = known.filter(|region| aggregator.links(region));
    linked.chain([aggregator.home.clone()]).collect()
}

/// The administrator is it in a Region, its hub on; accounts whose hub is on are its members; nobody is enabled for
/// joining (CCF-07).
fn take_region(transaction: &mut Transaction<'_>, administrator: &HubKey, now: Timestamp) {
    let configuration = OrganizationConfiguration { auto_enable: false, auto_enable_standards: false };
    let accounts: Vec<AccountId> = transaction.edit_directory(|directory| {
        let Some(organization) = &mut directory.organization else { return Vec::new() };
        organization.security_hub_administrators.insert(administrator.region.clone(), administrator.account);
        organization.configurations.insert(administrator.region.clone(), configuration);
        organization.parents.keys().copied().collect()
    });
    let enable = Enable { default_standards: true, ..Enable::default() };
    _ = hub::enable(transaction, &transaction.directory(), administrator, now, enable);
    adopt_organization_accounts(transaction, administrator, now);
    for account in accounts {
        let key = HubKey { account, region: administrator.region.clone() };
        let is_on = hub::enabled(transaction, &key).is_ok();
        if is_on && may_be_enabled(&transaction.directory(), administrator, account) {
            let joining = Joining::unasked(&transaction.directory(), administrator, account, false);
            become_organization_member(transaction, administrator, account, joining, now);
        }
    }
}

//! Turning central configuration on and off (CCF-01 … CCF-10), and the effect of changed links between Regions
//! (CCF-43).

use std::collections::{BTreeMap, BTreeSet};

use super::{linked, settle};
use crate::domain::accounts::organization::OrganizationError;
use crate::domain::caller::Caller;
use crate::domain::{governance, schedule};
use crate::state::{AccountId, CentralConfiguration, Directory, Due, Region, Timestamp, Transaction, World};

/// Turns central configuration on; no effect if it is on (CCF-01, CCF-02, CCF-03, CCF-07).
///
/// # Errors
/// [`OrganizationError`].
pub fn turn_on(transaction: &mut Transaction<'_>, world: &World, caller: &Caller) -> Result<(), OrganizationError> {
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
    refuse_others(world, directory, caller.account())?;
    let root = organization.root_id.clone();
    let delay = transaction.delays().central_configuration;
    let enabled_at = caller.now.checked_add(delay).unwrap_or(Timestamp::MAX);
    transaction.edit_directory(|directory| {
        if let Some(organization) = &mut directory.organization {
            organization.central = Some(CentralConfiguration {
                administrator: caller.account(),
                home: caller.region.clone(),
                enabled_at,
                regions: BTreeSet::new(),
                policies: BTreeMap::new(),
                applied: BTreeMap::new(),
                settled: BTreeMap::new(),
            });
        }
    });
    if delay.is_zero() {
        linked::update_regions(transaction, world, caller.now);
    } else {
        schedule::after(transaction, caller.now, delay, Due::SettleAssociations(root));
    }
    Ok(())
}

/// Refuses if another account is the delegated administrator in the home Region or a linked one; it must be the same
/// account in all of them (CCF-07).
fn refuse_others(world: &World, directory: &Directory, owner: AccountId) -> Result<(), OrganizationError> {
    let Some(organization) = &directory.organization else { return Ok(()) };
    let other = |region: &Region| organization.security_hub_administrators.get(region).copied();
    let other = governance::regions(world, directory, owner).iter().filter_map(other).find(|other| *other != owner);
    other.map_or(Ok(()), |other| Err(OrganizationError::AnotherIsDesignated(other)))
}

/// Turns central configuration off; settings stay (CCF-09, CCF-10).
///
/// # Errors
/// [`OrganizationError::PoliciesExist`].
pub fn turn_off(transaction: &mut Transaction<'_>) -> Result<(), OrganizationError> {
    let directory = transaction.directory();
    let central = directory.organization.as_ref().and_then(|organization| organization.central.as_ref());
    if central.is_some_and(|central| !central.policies.is_empty() || !central.applied.is_empty()) {
        return Err(OrganizationError::PoliciesExist);
    }
    end(transaction);
    Ok(())
}

/// Ends central configuration together with its policies; accounts keep their settings (ORG-13, CCF-43).
pub fn end(transaction: &mut Transaction<'_>) {
    transaction.edit_directory(|directory| {
        if let Some(organization) = &mut directory.organization {
            organization.central = None;
        }
    });
}

/// Called when an account's aggregator was changed or deleted. Without a home Region, central configuration ends; newly
/// linked Regions become part of it (CCF-28, CCF-43, AGG-19).
///
/// # Errors
/// [`OrganizationError::AnotherIsDesignated`] in a newly linked Region: `inferred`, as when central configuration is
/// turned on.
pub fn apply_aggregator_change(
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
        end(transaction);
        return Ok(());
    }
    refuse_others(world, directory, owner)?;
    linked::update_regions(transaction, world, now);
    settle::begin(transaction, world, &root, now);
    Ok(())
}

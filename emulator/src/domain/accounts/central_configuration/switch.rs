//! Turning central configuration on and off (CCF-01 … CCF-10), and what a change of linked Regions does to it (CCF-43).

use std::collections::{BTreeMap, BTreeSet};

use super::{linked, settle};
use crate::domain::accounts::organization::OrganizationError;
use crate::domain::caller::Caller;
use crate::domain::{governance, schedule};
use crate::state::{AccountId, CentralConfiguration, Directory, Due, Region, Timestamp, Transaction, World};

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
                taken: BTreeSet::new(),
                policies: BTreeMap::new(),
                applied: BTreeMap::new(),
                settled: BTreeMap::new(),
            });
        }
    });
    if delay.is_zero() {
        linked::take_linked(transaction, world, caller.now);
    } else {
        schedule::after(transaction, caller.now, delay, Due::SettleAssociations(root));
    }
    Ok(())
}

/// Refuses where another account is designated in the home Region or one that is linked to it: the administrator has to be
/// it in all of them (CCF-07).
fn refuse_others(world: &World, directory: &Directory, owner: AccountId) -> Result<(), OrganizationError> {
    let Some(organization) = &directory.organization else { return Ok(()) };
    let other = |region: &Region| organization.security_hub_administrators.get(region).copied();
    let other = governance::regions(world, directory, owner).iter().filter_map(other).find(|other| *other != owner);
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
        end(transaction);
        return Ok(());
    }
    refuse_others(world, directory, owner)?;
    linked::take_linked(transaction, world, now);
    settle::begin(transaction, world, &root, now);
    Ok(())
}

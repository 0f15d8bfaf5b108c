//! Settings of a Region's delegated administrator for accounts that join (ORG-30 … ORG-37).

use super::OrganizationError;
use crate::domain::accounts::central_configuration::switch;
use crate::domain::accounts::members::organization::{Joining, become_organization_member, may_be_enabled};
use crate::domain::caller::Caller;
use crate::state::{
    AccountId, Directory, HubKey, Organization, OrganizationConfiguration, Region, Timestamp, Transaction, World,
};

/// Changes of the settings; `None` leaves a setting unchanged (ORG-33).
#[derive(Clone, Copy, Debug, Default)]
pub struct Change {
    /// True if accounts that join become members automatically.
    pub auto_enable: bool,
    /// True if their hubs are enabled with the default standards.
    pub auto_enable_standards: Option<bool>,
    /// The requested change of central configuration: true enables it, false disables it.
    pub central: Option<bool>,
}

/// The kind of configuration of the organization in a Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Locally, by the Region's administrator.
    Local,
    /// Centrally, but still pending (CCF-05).
    CentralPending,
    /// Centrally.
    Central,
}

/// The settings of a Region's delegated administrator (ORG-32), and whether the Region is configured centrally
/// (CCF-08).
///
/// # Errors
/// [`OrganizationError::NotAdministrator`].
pub fn described(
    directory: &Directory,
    caller: &Caller,
) -> Result<(OrganizationConfiguration, Kind), OrganizationError> {
    let organization = administered(directory, caller)?;
    let central = organization.central.as_ref().filter(|_| directory.is_central(&caller.region));
    let kind = match central {
        None => Kind::Local,
        Some(central) if central.enabled_at > caller.now => Kind::CentralPending,
        Some(_) => Kind::Central,
    };
    Ok((organization.configuration(&caller.region), kind))
}

/// Changes the settings for accounts that join; existing accounts are not affected (ORG-33 … ORG-35). Turns central
/// configuration on and off (CCF-01 … CCF-10).
///
/// # Errors
/// [`OrganizationError`].
pub fn update(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    change: Change,
) -> Result<(), OrganizationError> {
    let (configuration, kind) = described(transaction.directory(), caller)?;
    let was_central = kind != Kind::Local;
    if change.central.unwrap_or(was_central) {
        if change.auto_enable || change.auto_enable_standards == Some(true) {
            return Err(OrganizationError::EnablesUnderCentral);
        }
        return switch::turn_on(transaction, world, caller);
    }
    if was_central {
        let directory = transaction.directory();
        if directory.aggregators.get(&caller.account()).is_none_or(|it| it.home != caller.region) {
            return Err(OrganizationError::NoHomeRegion);
        }
        switch::turn_off(transaction)?;
    }
    let standards = change.auto_enable_standards.unwrap_or(configuration.auto_enable_standards);
    let changed = OrganizationConfiguration { auto_enable: change.auto_enable, auto_enable_standards: standards };
    transaction.edit_directory(|directory| {
        if let Some(organization) = &mut directory.organization {
            organization.configurations.insert(caller.region.clone(), changed);
        }
    });
    Ok(())
}

fn administered<'d>(directory: &'d Directory, caller: &Caller) -> Result<&'d Organization, OrganizationError> {
    let is_administrator = directory.is_delegated_administrator(caller.account(), &caller.region);
    let organization = directory.organization.as_ref().filter(|_| is_administrator);
    organization.ok_or(OrganizationError::NotAdministrator(caller.account()))
}

/// Called when an account has joined the organization. In Regions whose administrator enables new accounts
/// automatically, it becomes a member with an enabled hub (ORG-35, ORG-37). It stays unchanged if it is a member of
/// another administrator, has members itself (`inferred`), or the quota is reached. The management account is never
/// enabled (ORG-36).
pub fn enable_joined(transaction: &mut Transaction<'_>, account: AccountId, now: Timestamp) {
    let directory = transaction.directory();
    let Some(organization) = directory.organization.as_ref().filter(|it| it.management_account != account) else {
        return;
    };
    let enabling = |(region, administrator): (&Region, &AccountId)| {
        let configuration = organization.configuration(region);
        let hub = HubKey { account: *administrator, region: region.clone() };
        configuration.auto_enable.then_some((hub, configuration.auto_enable_standards))
    };
    let enabling: Vec<_> = organization.security_hub_administrators.iter().filter_map(enabling).collect();
    for (administrator, default_standards) in enabling {
        if may_be_enabled(transaction.directory(), &administrator, account) {
            let joining = Joining { default_standards, ..Joining::default() };
            become_organization_member(transaction, &administrator, account, joining, now);
        }
    }
}

//! The delegated administrator, which the management account designates for each Region (ORG-01 … ORG-20).

use std::collections::BTreeSet;

use super::{OrganizationError, SERVICE_PRINCIPAL};
use crate::domain::accounts::hub::{self, Enable};
use crate::domain::accounts::members::organization::{adopt_organization_accounts, end_delegation};
use crate::domain::caller::Caller;
use crate::domain::hub_access;
use crate::state::{AccountId, Directory, HubKey, Organization, Region, Timestamp, Transaction};

/// The API for which an administrator is designated; each has its own (ORG-38).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Feature {
    /// The classic API, for each Region.
    #[default]
    Classic,
    /// The V2 API, for all Regions at once.
    V2,
}

impl Feature {
    /// The value on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Feature::Classic => "SecurityHub",
            Feature::V2 => "SecurityHubV2",
        }
    }

    /// Reads the value on the wire.
    pub fn parse(text: &str) -> Option<Feature> {
        [Feature::Classic, Feature::V2].into_iter().find(|feature| feature.as_str() == text)
    }
}

/// Designates an account in the caller's Region (ORG-01 … ORG-06, ORG-08). Its hub is enabled with the default
/// standards, and its invited members that belong to the organization become organization members (ORG-02, MST-25). No
/// effect if it is designated already (ORG-04).
///
/// # Errors
/// [`OrganizationError`], in which case nothing is changed.
pub fn designate(
    transaction: &mut Transaction<'_>,
    caller: &Caller,
    feature: Feature,
    account: &str,
) -> Result<(), OrganizationError> {
    let directory = transaction.directory();
    let organization = managed_by(directory, caller)?;
    let account = AccountId::parse(account).filter(|account| directory.is_in_organization(*account));
    let account = account.ok_or(OrganizationError::NoMember)?;
    if designated(organization, feature, &caller.region) == Some(account) {
        return Ok(());
    }
    may_be_designated(transaction, directory, organization, (caller, feature), account)?;
    let (region, now) = (caller.region.clone(), caller.now);
    edit(transaction, |organization| {
        organization.service_access.entry(SERVICE_PRINCIPAL.to_owned()).or_insert(now);
        if account != organization.management_account {
            organization.delegated_administrators.entry((SERVICE_PRINCIPAL.to_owned(), account)).or_insert(now);
        }
        match feature {
            Feature::Classic => _ = organization.security_hub_administrators.insert(region.clone(), account),
            Feature::V2 => organization.security_hub_v2_administrator = Some(account),
        }
    });
    if feature == Feature::Classic {
        apply_designation(transaction, &HubKey { account, region }, now);
    }
    Ok(())
}

/// The effects of a designation on the account itself.
fn apply_designation(transaction: &mut Transaction<'_>, administrator: &HubKey, now: Timestamp) {
    // An enabled hub stays unchanged.
    let enable = Enable { default_standards: true, ..Enable::default() };
    _ = hub::enable(transaction, administrator, now, enable);
    adopt_organization_accounts(transaction, administrator, now);
}

fn may_be_designated(
    transaction: &Transaction<'_>,
    directory: &Directory,
    organization: &Organization,
    (caller, feature): (&Caller, Feature),
    account: AccountId,
) -> Result<(), OrganizationError> {
    if directory.is_out_of_use(account) {
        return Err(OrganizationError::OutOfUse(account));
    }
    let is_management = account == organization.management_account;
    let elsewhere = || registered(organization).into_iter().find(|other| *other != account).filter(|_| !is_management);
    if let Some(other) = designated(organization, feature, &caller.region).or_else(elsewhere) {
        return Err(OrganizationError::AnotherIsDesignated(other));
    }
    if is_management && feature == Feature::V2 {
        return Err(OrganizationError::ManagementAccountOfV2);
    }
    if is_management && organization.central.is_some() {
        return Err(OrganizationError::Central);
    }
    let hub = HubKey { account, region: caller.region.clone() };
    if feature == Feature::V2 {
        return Ok(());
    }
    if directory.administrator(account, &caller.region).is_some() {
        return Err(OrganizationError::MemberOfAnother(account));
    }
    if is_management && hub_access::enabled(transaction, &hub).is_err() {
        return Err(OrganizationError::ManagementAccountIsOff(hub.region));
    }
    Ok(())
}

/// Ends the designation in the caller's Region; the delegation in Organizations stays (ORG-11, ORG-20).
///
/// # Errors
/// [`OrganizationError`].
pub fn dismiss(
    transaction: &mut Transaction<'_>,
    caller: &Caller,
    feature: Feature,
    account: &str,
) -> Result<(), OrganizationError> {
    let directory = transaction.directory();
    let organization = managed_by(directory, caller)?;
    let account = AccountId::parse(account).ok_or(OrganizationError::NoMember)?;
    if designated(organization, feature, &caller.region) != Some(account) {
        return Err(OrganizationError::NotDesignated(account));
    }
    if feature == Feature::Classic && directory.is_central(&caller.region) {
        return Err(OrganizationError::Central);
    }
    match feature {
        Feature::Classic => end(transaction, &HubKey { account, region: caller.region.clone() }),
        Feature::V2 => edit(transaction, |organization| organization.security_hub_v2_administrator = None),
    }
    Ok(())
}

/// Called when Organizations deregisters the delegated administrator. Ends its designation in every Region and for both
/// APIs (ORG-13).
pub fn end_everywhere(transaction: &mut Transaction<'_>, account: AccountId) {
    let directory = transaction.directory();
    let Some(organization) = &directory.organization else { return };
    let here = organization.security_hub_administrators.iter().filter(|(_, administrator)| **administrator == account);
    let hubs: Vec<HubKey> = here.map(|(region, _)| HubKey { account, region: region.clone() }).collect();
    for hub in hubs {
        end(transaction, &hub);
    }
    edit(transaction, |organization| {
        let of_v2 = &mut organization.security_hub_v2_administrator;
        *of_v2 = of_v2.filter(|administrator| *administrator != account);
        organization.central.take_if(|central| central.administrator == account);
    });
}

/// Called when trusted access is disabled. Ends all designations of Security Hub in all Regions and for both APIs.
/// Accounts become standalone and keep their settings, and central configuration ends with its policies (ORG-14). That
/// the delegation in Organizations ends too is `inferred` from "no longer associated with a delegated administrator".
pub fn end_all(transaction: &mut Transaction<'_>) {
    let directory = transaction.directory();
    let Some(organization) = &directory.organization else { return };
    let delegates = organization.delegated_administrators.keys();
    let delegates = delegates.filter(|(service, _)| service == SERVICE_PRINCIPAL).map(|(_, account)| *account);
    let designated = organization.security_hub_administrators.values().copied();
    let accounts: BTreeSet<AccountId> =
        delegates.chain(designated).chain(organization.security_hub_v2_administrator).collect();
    for account in accounts {
        end_everywhere(transaction, account);
    }
    edit(transaction, |organization| {
        organization.delegated_administrators.retain(|(service, _), _| service != SERVICE_PRINCIPAL);
    });
}

/// Ends the administration of a Region: accounts of the organization become standalone, members by invitation stay, and
/// the settings for new accounts are reset (MST-24, ORG-20; the last is `inferred`).
fn end(transaction: &mut Transaction<'_>, administrator: &HubKey) {
    edit(transaction, |organization| {
        organization.security_hub_administrators.remove(&administrator.region);
        organization.configurations.remove(&administrator.region);
    });
    end_delegation(transaction, administrator);
}

/// The delegated administrator that a caller sees in its Region, if there is one (ORG-10).
///
/// # Errors
/// [`OrganizationError::NotInOrganization`]; [`OrganizationError::NotManagementAccount`] if the caller is neither the
/// management account nor that administrator; in the V2 API [`OrganizationError::NotListedToOthers`] also for the
/// administrator.
pub fn listed(
    directory: &Directory,
    caller: &Caller,
    feature: Feature,
) -> Result<Option<AccountId>, OrganizationError> {
    let organization = of_caller(directory, caller)?;
    let administrator = designated(organization, feature, &caller.region);
    let is_management = organization.management_account == caller.account();
    match feature {
        _ if is_management => Ok(administrator),
        Feature::V2 => Err(OrganizationError::NotListedToOthers),
        Feature::Classic if administrator == Some(caller.account()) => Ok(administrator),
        Feature::Classic => Err(OrganizationError::NotManagementAccount),
    }
}

fn of_caller<'d>(directory: &'d Directory, caller: &Caller) -> Result<&'d Organization, OrganizationError> {
    let organization = directory.organization.as_ref().filter(|_| directory.is_in_organization(caller.account()));
    organization.ok_or(OrganizationError::NotInOrganization)
}

fn managed_by<'d>(directory: &'d Directory, caller: &Caller) -> Result<&'d Organization, OrganizationError> {
    let organization = of_caller(directory, caller)?;
    let is_management = organization.management_account == caller.account();
    if is_management { Ok(organization) } else { Err(OrganizationError::NotManagementAccount) }
}

fn designated(organization: &Organization, feature: Feature, region: &Region) -> Option<AccountId> {
    match feature {
        Feature::Classic => organization.security_hub_administrators.get(region).copied(),
        Feature::V2 => organization.security_hub_v2_administrator,
    }
}

/// The accounts that are delegated administrators for the whole organization: those registered in Organizations and
/// those of other Regions, without the management account, which may be designated in addition (ORG-03).
fn registered(organization: &Organization) -> Vec<AccountId> {
    let delegates = organization.delegated_administrators.keys();
    let delegates = delegates.filter(|(service, _)| service == SERVICE_PRINCIPAL).map(|(_, account)| *account);
    let elsewhere = organization.security_hub_administrators.values().copied();
    let of_v2 = organization.security_hub_v2_administrator;
    let all = delegates.chain(elsewhere).chain(of_v2);
    all.filter(|account| *account != organization.management_account).collect()
}

fn edit(transaction: &mut Transaction<'_>, edit: impl FnOnce(&mut Organization)) {
    transaction.edit_directory(|directory| {
        if let Some(organization) = &mut directory.organization {
            edit(organization);
        }
    });
}

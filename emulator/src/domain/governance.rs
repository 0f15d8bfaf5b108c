//! Queries about configuration policies: which one governs a target, where it has effect, and which controls it enables
//! there.

use std::collections::BTreeSet;

use securityhub_fixtures::standards::Control;

use crate::state::{
    AccountId, ConfigurationPolicy, Directory, Governance, HubKey, Linking, Organization, Outcome, PolicyContent,
    Region, World,
};

/// The governance of a target, and whether it was applied to the target itself or inherited from the nearest parent
/// (CCF-26).
pub fn of_target<'o>(organization: &'o Organization, target: &str) -> Option<(&'o Governance, bool)> {
    let central = organization.central.as_ref()?;
    let mut at = Some(target.to_owned());
    while let Some(id) = at {
        if let Some(applied) = central.applied.get(&id) {
            return Some((&applied.governance, id == target));
        }
        at = above(organization, &id);
    }
    None
}

/// The parent of a target: a unit or the root.
pub fn above(organization: &Organization, target: &str) -> Option<String> {
    let of_unit = organization.units.get(target).map(|unit| unit.parent.clone());
    of_unit.or_else(|| organization.parents.get(&AccountId::parse(target)?).cloned())
}

/// All targets of an organization: the root, its units and accounts.
pub fn targets(organization: &Organization) -> impl Iterator<Item = String> {
    let accounts = organization.parents.keys().map(ToString::to_string);
    [organization.root_id.clone()].into_iter().chain(organization.units.keys().cloned()).chain(accounts)
}

/// Returns whether a target is `top` or below it.
pub fn is_below(organization: &Organization, target: &str, top: &str) -> bool {
    let mut at = Some(target.to_owned());
    while let Some(id) = at {
        if id == top {
            return true;
        }
        at = above(organization, &id);
    }
    false
}

/// The home Region of an aggregator and the Regions linked to it, among those that the aggregator or the scenario names
/// and those with hubs.
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

/// Returns whether a policy governs an account's hub, so that the account itself cannot change it (CCF-30). A scenario
/// may declare an account as managed without a policy.
pub fn is_managed(directory: &Directory, key: &HubKey) -> bool {
    let by_policy = || {
        let organization = directory.organization.as_ref().filter(|_| directory.is_central(&key.region));
        let governance = organization.and_then(|it| of_target(it, key.account.as_str()));
        matches!(governance, Some((Governance::Policy(_), _)))
    };
    directory.accounts.get(&key.account).is_some_and(|account| account.centrally_managed) || by_policy()
}

/// The policy that governs an account's hub.
pub fn policy<'d>(directory: &'d Directory, key: &HubKey) -> Option<&'d ConfigurationPolicy> {
    let organization = directory.organization.as_ref().filter(|_| directory.is_central(&key.region))?;
    let (Governance::Policy(id), _) = of_target(organization, key.account.as_str())? else { return None };
    organization.central.as_ref()?.policies.get(id)
}

/// Returns whether an account is the management account of the organization.
pub fn is_management_account(directory: &Directory, account: AccountId) -> bool {
    directory.organization.as_ref().is_some_and(|organization| organization.management_account == account)
}

/// Returns whether an account is the management account, and the policy that governs it could not be applied (CCF-46).
pub fn is_failed_management_account(directory: &Directory, account: AccountId) -> bool {
    let central = directory.organization.as_ref().and_then(|organization| organization.central.as_ref());
    let settled = central.and_then(|central| central.settled.get(account.as_str()));
    let has_failed = settled.is_some_and(|settled| matches!(settled.outcome, Outcome::Failed(_)));
    has_failed && is_management_account(directory, account)
}

/// Returns whether the policy that governs a hub enables a control there, including a new one; none if no policy
/// governs it (CCF-40).
pub fn enables(world: &World, directory: &Directory, key: &HubKey, control: &Control) -> Option<bool> {
    let organization = directory.organization.as_ref().filter(|_| directory.is_central(&key.region))?;
    let (Governance::Policy(id), _) = of_target(organization, key.account.as_str())? else { return None };
    let central = organization.central.as_ref()?;
    let regions = regions(world, directory, central.administrator);
    let policy_regions = PolicyRegions { home: &central.home, regions: &regions };
    policy_enables(&central.policies.get(id)?.content, policy_regions, control, &key.region)
}

/// Returns whether the account is the administrator of central configuration in this Region.
pub fn is_administered_by(directory: &Directory, key: &HubKey) -> bool {
    let central = directory.organization.as_ref().and_then(|organization| organization.central.as_ref());
    central.is_some_and(|central| central.administrator == key.account && directory.is_central(&key.region))
}

/// The Regions in which a policy has effect.
#[derive(Clone, Copy, Debug)]
pub struct PolicyRegions<'r> {
    /// The home Region, which the ARNs of its standards name.
    pub home: &'r Region,
    /// The home Region and those linked to it.
    pub regions: &'r BTreeSet<Region>,
}

impl PolicyRegions<'_> {
    /// Returns whether a control is checked in a Region. Controls for global resources are checked in the home Region
    /// only, or in the first Region that supports them if the home Region does not (CCF-41).
    fn checks(&self, control: &Control, region: &Region) -> bool {
        if !control.is_global() {
            return control.is_available(region.as_str());
        }
        let mut from_home = [self.home].into_iter().chain(self.regions);
        from_home.find(|region| control.is_available(region.as_str())) == Some(region)
    }
}

/// Returns whether a policy enables a control in a Region; none if the policy disables hubs.
pub fn policy_enables(
    content: &PolicyContent,
    policy_regions: PolicyRegions<'_>,
    control: &Control,
    region: &Region,
) -> Option<bool> {
    let PolicyContent::On { controls, .. } = content else { return None };
    Some(controls.has(control.id) && policy_regions.checks(control, region))
}

//! The effect of policies of type SECURITYHUB_POLICY: they enable and disable V2 hubs of accounts (HV2-22).

use std::collections::{BTreeMap, BTreeSet};

use securityhub_fixtures::regions::REGIONS;

use super::security_hub_policy::{self, ALL_SUPPORTED, Effective};
use crate::domain::accounts::hub_v2;
use crate::domain::governance;
use crate::state::{AccountId, Directory, HubKey, Organization, Region, Timestamp, Transaction, World};

/// Called when relations may have changed: brings the V2 hubs of all accounts in line with the policies above them.
pub fn apply_relation_changes(transaction: &mut Transaction<'_>, world: &World, now: Timestamp) {
    if transaction.staged_directory().is_some() {
        apply(transaction, world, now);
    }
}

/// Brings the V2 hubs of all accounts of the organization in line with the policies above them.
pub fn apply(transaction: &mut Transaction<'_>, world: &World, now: Timestamp) {
    let directory = transaction.directory();
    let Some(organization) = directory.organization.as_ref().filter(|it| security_hub_policy::exist(it)) else {
        return;
    };
    let mut parents = BTreeMap::new();
    let accounts: Vec<AccountId> = organization.parents.keys().copied().collect();
    let accounts = accounts.into_iter().filter(|account| !directory.is_out_of_use(*account));
    let effective: Vec<(AccountId, Effective)> =
        accounts.map(|account| (account, effective(organization, account.as_str(), &mut parents))).collect();
    let supported = supported(world, directory);
    for (account, effective) in effective {
        apply_to(transaction, world, account, &effective, &supported, now);
    }
}

/// The effective policies of a target: those attached to its parents and to itself, joined. `parents` caches the
/// results of units.
fn effective(organization: &Organization, target: &str, parents: &mut BTreeMap<String, Effective>) -> Effective {
    let Some(parent) = governance::above(organization, target) else {
        return Effective::default().below(organization, target);
    };
    if !parents.contains_key(&parent) {
        let found = effective(organization, &parent, parents);
        parents.insert(parent.clone(), found);
    }
    let inherited = parents.get(&parent).cloned().unwrap_or_default();
    inherited.below(organization, target)
}

/// The Regions that `ALL_SUPPORTED` stands for: those enabled by default in the partition of the scenario, those that
/// the scenario lists, and those with hubs.
fn supported(world: &World, directory: &Directory) -> BTreeSet<Region> {
    let partition = directory.regions.first().map_or("aws", Region::partition);
    let enabled = REGIONS.iter().filter(|region| !region.opt_in).map(|region| Region::new(region.name));
    let relations = world.relations();
    let with_hubs = relations.hubs_v2().map(|(key, _)| key.region.clone());
    let known = enabled.chain(directory.regions.iter().cloned()).chain(relations.hub_regions()).chain(with_hubs);
    known.filter(|region| region.partition() == partition).collect()
}

fn apply_to(
    transaction: &mut Transaction<'_>,
    world: &World,
    account: AccountId,
    effective: &Effective,
    supported: &BTreeSet<Region>,
    now: Timestamp,
) {
    if *effective == Effective::default() {
        return;
    }
    let named = [&effective.hub, &effective.scanning].into_iter().flat_map(|it| it.enable.iter().chain(&it.disable));
    let mut regions: BTreeSet<Region> = named.filter_map(|name| transaction.directory().region(name).ok()).collect();
    if effective.hub.enable.contains(ALL_SUPPORTED) {
        regions.extend(supported.iter().cloned());
    }
    let relations = world.relations();
    regions.extend(relations.hubs_v2_of(account).map(|(key, _)| key.region.clone()));
    for region in regions {
        let (hub, scanning) = (effective.hub.verdict(&region), effective.scanning.verdict(&region));
        let key = HubKey { account, region };
        match hub {
            Some(true) => hub_v2::switch_on(transaction, &world.ids, &key, now),
            Some(false) => hub_v2::switch_off(transaction, &key, now),
            None => {}
        }
        if let Some(is_enabled) = scanning {
            hub_v2::switch_scanning(transaction, &key, now, is_enabled);
        }
    }
}

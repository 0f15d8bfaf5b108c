//! The parts of a world that the checks of an added scenario read (CPL-63).

use std::collections::BTreeSet;

use crate::state::{AccountId, HubKey, Quotas, Region, Timestamp, World};

/// Parts of a world that a scenario added to it can refer to.
#[derive(Clone, Debug)]
pub(super) struct Base {
    /// The time of its clock.
    pub(super) now: Timestamp,
    /// The Regions that it lists or that contain a hub; us-east-1 if it has none.
    pub(super) regions: Vec<Region>,
    /// Its quotas.
    pub(super) quotas: Quotas,
    /// Accounts with details, a hub or a membership in the organization.
    pub(super) accounts: BTreeSet<AccountId>,
    /// Its enabled hubs.
    pub(super) hubs: BTreeSet<HubKey>,
    /// Its enabled V2 hubs.
    pub(super) hubs_v2: BTreeSet<HubKey>,
    /// The names of its connectors V2, with their hubs.
    pub(super) connectors: BTreeSet<(HubKey, String)>,
}

impl Base {
    /// The parts of a world.
    pub(super) fn of(world: &World) -> Base {
        let relations = world.relations();
        let directory = relations.directory();
        let hubs: BTreeSet<HubKey> = relations.enabled_hubs().cloned().collect();
        let hubs_v2: BTreeSet<HubKey> = relations.enabled_hubs_v2().cloned().collect();
        let of_hubs = hubs.iter().chain(&hubs_v2).map(|hub| hub.account);
        let connectors = relations
            .hubs_v2()
            .flat_map(|(key, hub)| hub.connectors.values().map(move |connector| (key.clone(), connector.name.clone())));
        Base {
            now: world.clock.now(),
            regions: regions(&directory.regions, hubs.iter().chain(&hubs_v2)),
            quotas: directory.quotas,
            accounts: directory.accounts.keys().copied().chain(of_hubs).collect(),
            connectors: connectors.collect(),
            hubs,
            hubs_v2,
        }
    }
}

/// The listed Regions, and then those of the hubs; us-east-1 if both are empty, as in a scenario without Regions.
fn regions<'a>(listed: &[Region], hubs: impl Iterator<Item = &'a HubKey>) -> Vec<Region> {
    let others: BTreeSet<Region> =
        hubs.map(|hub| hub.region.clone()).filter(|region| !listed.contains(region)).collect();
    let mut regions: Vec<Region> = listed.iter().cloned().chain(others).collect();
    if regions.is_empty() {
        regions.push(Region::new("us-east-1"));
    }
    regions
}

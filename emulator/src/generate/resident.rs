//! Residents: the instances, buckets, roles and policies that recur in findings.

use std::collections::BTreeMap;

use fastrand::Rng;
use sha2::{Digest, Sha256};

use super::program::Residence;
use super::template::ResidentOwner;
use super::values::Handle;
use crate::state::{AccountId, HubKey};

/// The residents created so far.
#[derive(Debug, Default)]
pub(super) struct Residents {
    seed: String,
    /// By number of the residence, then by home.
    known: Vec<Vec<Option<ResidentList>>>,
}

/// The residents of one name in one home. They are created in order and only as far as needed.
#[derive(Debug)]
pub(super) struct ResidentList {
    /// The random number generator for the next resident.
    pub(super) random: Rng,
    pub(super) made: Vec<Handle>,
}

/// Accounts and hubs with indexes, so that residents are found by index.
#[derive(Debug, Default)]
pub(super) struct HubIndex {
    pub(super) hubs: Vec<IndexedHub>,
}

/// A hub with the index of its account.
#[derive(Debug)]
pub(super) struct IndexedHub {
    pub(super) hub: HubKey,
    account: usize,
}

impl HubIndex {
    /// Assigns indexes to hubs, and returns the index of each given hub, since duplicates share one.
    pub(super) fn new(hubs: &[HubKey]) -> (HubIndex, Vec<usize>) {
        let (mut numbers, mut accounts) = (BTreeMap::new(), BTreeMap::<AccountId, usize>::new());
        let mut hub_index = HubIndex::default();
        let mut number = |hub: &HubKey| {
            *numbers.entry(hub.clone()).or_insert_with(|| {
                let next = accounts.len();
                let account = *accounts.entry(hub.account).or_insert(next);
                hub_index.hubs.push(IndexedHub { hub: hub.clone(), account });
                hub_index.hubs.len() - 1
            })
        };
        let numbers = hubs.iter().map(&mut number).collect();
        (hub_index, numbers)
    }

    /// The home whose residents a hub uses: the hub itself, its account, or the organization.
    fn of(&self, residence: &Residence, hub: usize) -> usize {
        match residence.per {
            ResidentOwner::Region => hub,
            ResidentOwner::Account => self.hubs.get(hub).map_or(0, |home| home.account),
            ResidentOwner::Organization => 0,
        }
    }
}

impl Residents {
    /// The residents for a seed.
    pub(super) fn new(seed: u64) -> Residents {
        Residents { seed: seed.to_string(), known: Vec::new() }
    }

    /// A resident that a hub uses, if it has been created.
    pub(super) fn find(&self, residence: &Residence, hub_index: &HubIndex, hub: usize, at: usize) -> Option<Handle> {
        let known = self.known.get(residence.number)?.get(hub_index.of(residence, hub))?.as_ref()?;
        known.made.get(at).copied()
    }

    /// Takes the residents that a hub uses, in order to create more of them.
    pub(super) fn take(&mut self, residence: &Residence, hub_index: &HubIndex, hub: usize) -> ResidentList {
        let known = self.entry(residence, hub_index, hub).and_then(Option::take);
        known.unwrap_or_else(|| ResidentList { random: self.random(residence, hub_index, hub), made: Vec::new() })
    }

    /// Puts residents back.
    pub(super) fn put_back(&mut self, residence: &Residence, hub_index: &HubIndex, hub: usize, known: ResidentList) {
        if let Some(entry) = self.entry(residence, hub_index, hub) {
            *entry = Some(known);
        }
    }

    fn entry(&mut self, residence: &Residence, hub_index: &HubIndex, hub: usize) -> Option<&mut Option<ResidentList>> {
        let home = hub_index.of(residence, hub);
        if self.known.len() <= residence.number {
            self.known.resize_with(residence.number + 1, Vec::new);
        }
        let of_residence = self.known.get_mut(residence.number)?;
        if of_residence.len() <= home {
            of_residence.resize_with(home + 1, || None);
        }
        of_residence.get_mut(home)
    }

    /// The random number generator for the residents of a hub. It is the same in all templates that have the name.
    fn random(&self, residence: &Residence, hub_index: &HubIndex, hub: usize) -> Rng {
        let hub = hub_index.hubs.get(hub).map(|home| &home.hub);
        let account = hub.filter(|_| residence.per != ResidentOwner::Organization).map(|hub| hub.account.to_string());
        let region = hub.filter(|_| residence.per == ResidentOwner::Region).map(|hub| hub.region.as_str());
        let (account, region) = (account.unwrap_or_default(), region.unwrap_or_default());
        random(&[&self.seed, "residents", &residence.name, &account, region])
    }
}

/// A random number generator seeded by words.
pub(super) fn random(words: &[&str]) -> Rng {
    let digest = Sha256::digest(words.join("\n"));
    Rng::with_seed(digest.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte)))
}

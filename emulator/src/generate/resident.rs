//! Residents: the instances, buckets, roles and policies that findings speak of again and again.

use std::collections::HashMap;
use std::sync::Arc;

use fastrand::Rng;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::template::{Per, Residence};
use crate::state::{AccountId, HubKey, Region};

/// Residents that were needed so far.
pub(super) struct Residents {
    seed: u64,
    known: HashMap<Home, Arc<[Value]>>,
}

/// Whose residents of which name.
type Home = (String, Option<AccountId>, Option<Region>);

impl Residents {
    /// The residents of a seed.
    pub(super) fn new(seed: u64) -> Residents {
        Residents { seed, known: HashMap::new() }
    }

    /// Those of a hub that are known already.
    pub(super) fn known(&self, residence: &Residence, hub: &HubKey) -> Option<Arc<[Value]>> {
        self.known.get(&home(residence, hub)).cloned()
    }

    /// Remembers those of a hub.
    pub(super) fn remember(&mut self, residence: &Residence, hub: &HubKey, made: Vec<Value>) -> Arc<[Value]> {
        let made: Arc<[Value]> = made.into();
        self.known.insert(home(residence, hub), Arc::clone(&made));
        made
    }

    /// The random numbers from which those of a hub are made.
    pub(super) fn random(&self, residence: &Residence, hub: &HubKey) -> Rng {
        let (name, account, region) = home(residence, hub);
        let account = account.map(|account| account.to_string()).unwrap_or_default();
        let region = region.map(|region| region.to_string()).unwrap_or_default();
        random(&[&self.seed.to_string(), "residents", &name, &account, &region])
    }
}

fn home(residence: &Residence, hub: &HubKey) -> Home {
    let account = (residence.per != Per::Organization).then_some(hub.account);
    let region = (residence.per == Per::Region).then(|| hub.region.clone());
    (residence.name.clone(), account, region)
}

/// Random numbers that words decide.
pub(super) fn random(words: &[&str]) -> Rng {
    let digest = Sha256::digest(words.join("\n"));
    Rng::with_seed(digest.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte)))
}

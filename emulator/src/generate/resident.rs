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
    known: HashMap<Home, Known>,
    /// The template that is being filled.
    template: usize,
}

/// The residents of one name in one hub. Findings share each of them.
pub(super) type Known = Arc<[Arc<Value>]>;

/// Which residents, by the template, the position of their name in it, and whose they are. All templates share the ones
/// of `shared.json`, which have the same positions in all of them.
type Home = (Option<usize>, usize, Option<AccountId>, Option<Region>);

impl Residents {
    /// The residents of a seed.
    pub(super) fn new(seed: u64) -> Residents {
        Residents { seed, known: HashMap::new(), template: 0 }
    }

    /// Those of a template, by its number.
    pub(super) fn of(&mut self, template: usize) -> &mut Residents {
        self.template = template;
        self
    }

    fn home(&self, position: usize, residence: &Residence, hub: &HubKey) -> Home {
        let template = (!residence.is_shared).then_some(self.template);
        let account = (residence.per != Per::Organization).then_some(hub.account);
        let region = (residence.per == Per::Region).then(|| hub.region.clone());
        (template, position, account, region)
    }

    /// Those of a hub that are known already, for the name at a position of the template.
    pub(super) fn known(&self, position: usize, residence: &Residence, hub: &HubKey) -> Option<Known> {
        self.known.get(&self.home(position, residence, hub)).cloned()
    }

    /// Remembers those of a hub.
    pub(super) fn remember(
        &mut self,
        position: usize,
        residence: &Residence,
        hub: &HubKey,
        made: Vec<Arc<Value>>,
    ) -> Known {
        let made: Known = made.into();
        self.known.insert(self.home(position, residence, hub), Arc::clone(&made));
        made
    }

    /// The random numbers from which those of a hub are made: the same in all templates that have the name.
    pub(super) fn random(&self, position: usize, residence: &Residence, hub: &HubKey) -> Rng {
        let (_, _, account, region) = self.home(position, residence, hub);
        let account = account.map(|account| account.to_string()).unwrap_or_default();
        let region = region.map(|region| region.to_string()).unwrap_or_default();
        random(&[&self.seed.to_string(), "residents", &residence.name, &account, &region])
    }
}

/// Random numbers that words decide.
pub(super) fn random(words: &[&str]) -> Rng {
    let digest = Sha256::digest(words.join("\n"));
    Rng::with_seed(digest.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte)))
}

//! Security scores that are computed once a day (SCO-12).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::aggregator::Aggregator;
use super::clock::Timestamp;
use super::hub::HubKey;
use super::sync::Mutex;

/// The daily scores of all hubs in which they have been requested.
#[derive(Debug, Default)]
pub struct DailyScores(Mutex<BTreeMap<HubKey, DailyScore>>);

/// The scores that a hub shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DailyScore {
    /// Time of the next computation.
    pub next: Timestamp,
    /// The aggregator whose Regions the scores cover.
    pub aggregator: Option<Aggregator>,
    /// The last result as JSON; `None` before the first computation.
    pub computed: Option<Arc<str>>,
}

impl Clone for DailyScores {
    fn clone(&self) -> Self {
        DailyScores(Mutex::new(self.0.lock().clone()))
    }
}

impl DailyScores {
    /// The scores of all hubs.
    pub(super) fn list(&self) -> Vec<(HubKey, DailyScore)> {
        self.0.lock().iter().map(|(key, score)| (key.clone(), score.clone())).collect()
    }

    /// The scores of a hub, if they have been requested before.
    pub fn get(&self, key: &HubKey) -> Option<DailyScore> {
        self.0.lock().get(key).cloned()
    }

    /// Stores the scores of a hub.
    pub fn put(&self, key: HubKey, score: DailyScore) {
        self.0.lock().insert(key, score);
    }

    /// Removes the scores of a hub.
    pub fn forget(&self, key: &HubKey) {
        self.0.lock().remove(key);
    }
}

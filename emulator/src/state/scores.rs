//! Security scores that are computed once a day (SCO-12).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::aggregator::Aggregator;
use super::clock::Timestamp;
use super::hub::HubKey;
use super::sync::Mutex;

/// The daily scores of all hubs in which they have been requested.
#[derive(Debug, Default)]
pub struct DailyScores {
    scores: Mutex<BTreeMap<HubKey, DailyScore>>,
    /// The hubs whose scores have changed since the last record of changes.
    changed: Mutex<BTreeSet<HubKey>>,
}

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
        DailyScores::of(self.scores.lock().clone())
    }
}

impl DailyScores {
    /// The scores of all hubs.
    pub(super) fn list(&self) -> Vec<(HubKey, DailyScore)> {
        self.scores.lock().iter().map(|(key, score)| (key.clone(), score.clone())).collect()
    }

    /// Daily scores with these values.
    pub(super) fn of(scores: BTreeMap<HubKey, DailyScore>) -> DailyScores {
        DailyScores { scores: Mutex::new(scores), changed: Mutex::default() }
    }

    /// The scores that have changed since the last call of this function; `None` for removed ones.
    pub(super) fn take_changed(&self) -> BTreeMap<HubKey, Option<DailyScore>> {
        let changed = std::mem::take(&mut *self.changed.lock());
        let scores = self.scores.lock();
        changed.into_iter().map(|key| (key.clone(), scores.get(&key).cloned())).collect()
    }

    /// Makes [`DailyScores::take_changed`] return these again.
    pub(super) fn note_changed(&self, hubs: impl Iterator<Item = HubKey>) {
        self.changed.lock().extend(hubs);
    }

    /// The scores of a hub, if they have been requested before.
    pub fn get(&self, key: &HubKey) -> Option<DailyScore> {
        self.scores.lock().get(key).cloned()
    }

    /// Stores the scores of a hub.
    pub fn put(&self, key: HubKey, score: DailyScore) {
        self.changed.lock().insert(key.clone());
        self.scores.lock().insert(key, score);
    }

    /// Removes the scores of a hub.
    pub fn forget(&self, key: &HubKey) {
        self.changed.lock().insert(key.clone());
        self.scores.lock().remove(key);
    }
}

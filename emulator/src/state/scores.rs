//! Security scores that are computed once a day and kept until the next time (SCO-12).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::aggregator::Aggregator;
use super::clock::Timestamp;
use super::hub::HubKey;
use super::sync::Mutex;

/// The daily scores of all hubs from which somebody has looked at them.
#[derive(Debug, Default)]
pub struct DailyScores(Mutex<BTreeMap<HubKey, DailyScore>>);

/// The scores that are shown in a hub.
#[derive(Clone, Debug)]
pub struct DailyScore {
    /// When they are computed next.
    pub next: Timestamp,
    /// The aggregator that they are over.
    pub aggregator: Option<Aggregator>,
    /// What was computed last, as JSON; none before the first time.
    pub computed: Option<Arc<str>>,
}

impl DailyScores {
    /// The scores of a hub, if somebody has looked.
    pub fn get(&self, key: &HubKey) -> Option<DailyScore> {
        self.0.lock().get(key).cloned()
    }

    /// Keeps the scores of a hub.
    pub fn put(&self, key: HubKey, score: DailyScore) {
        self.0.lock().insert(key, score);
    }

    /// Forgets the scores of a hub.
    pub fn forget(&self, key: &HubKey) {
        self.0.lock().remove(key);
    }
}

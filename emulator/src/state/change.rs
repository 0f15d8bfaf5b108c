//! What a transaction changed: one list that journal and logs read. Events are made of [`super::Written`].

use super::hub::HubKey;
use super::names::{Place, Region};

/// One thing that changed.
#[derive(Clone, Debug)]
pub enum Change {
    /// A hub was enabled, disabled or given other settings or tags; it reads so in the world.
    Hub(HubKey),
    /// All that was kept of a hub is gone.
    HubForgotten(HubKey),
    /// Relations between accounts changed.
    Directory,
    /// Declared resources changed.
    Resources,
    /// Findings were stored or replaced, in this order.
    Findings {
        /// Where.
        place: Place,
        /// Which, by their numbers.
        stored: Vec<StoredFinding>,
    },
    /// Findings expired, or went with their hub.
    FindingsDropped {
        /// Their region.
        region: Region,
        /// How many.
        count: usize,
    },
    /// Replicas of findings were left in a home region, or gave way to the findings themselves.
    Replicas(Place),
}

/// A finding that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredFinding {
    /// The number that it got when it was first stored.
    pub number: u64,
    /// Whether that was now.
    pub is_new: bool,
}

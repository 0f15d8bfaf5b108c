//! What a transaction changed: one list that events, history, journal and logs read.

use bytes::Bytes;

use super::hub::HubKey;
use super::names::Region;
use super::world::FindingKey;

/// One thing that changed. Findings are shared bytes; whoever needs a difference makes it when it is read.
#[derive(Clone, Debug)]
pub enum Change {
    /// A hub was enabled, disabled or given other settings or tags; it reads so in the world.
    Hub(HubKey),
    /// All that was kept of a hub is gone.
    HubForgotten(HubKey),
    /// Relations between accounts changed.
    Directory,
    /// A finding was stored or replaced.
    Finding {
        /// Its key.
        key: FindingKey,
        /// What was stored before.
        before: Option<Bytes>,
        /// What is stored now.
        after: Bytes,
    },
    /// Findings expired, or went with their hub.
    FindingsDropped {
        /// Their region.
        region: Region,
        /// How many.
        count: usize,
    },
}

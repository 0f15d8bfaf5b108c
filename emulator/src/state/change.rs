//! The changes made by a transaction, for logs. Events are derived from [`super::FindingWrites`] instead.

use super::hub::HubKey;
use super::names::{Region, TableKey};

/// A change made by a transaction.
#[derive(Clone, Debug)]
pub enum Change {
    /// A hub was enabled, disabled, or had its settings or tags changed. The new state is in the world.
    Hub(HubKey),
    /// A V2 hub was enabled, disabled or changed, or its data was deleted.
    HubV2(HubKey),
    /// All data of a hub was deleted.
    HubForgotten(HubKey),
    /// Relations between accounts changed.
    Directory,
    /// Declared resources changed.
    Resources,
    /// Findings were created or replaced, in this order.
    Findings {
        /// The table they are stored in.
        table: TableKey,
        /// The numbers of the findings.
        stored: Vec<StoredFinding>,
    },
    /// Findings expired, or were deleted with their hub.
    FindingsDropped {
        /// The Region they were stored in.
        region: Region,
        /// The number of findings.
        count: usize,
    },
    /// Replicas were stored in a home Region, or were superseded by the findings themselves.
    Replicas(TableKey),
}

/// A finding that was created or replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredFinding {
    /// The sequence number it received when it was created.
    pub number: u64,
    /// True if this write created it.
    pub is_new: bool,
}

//! Counters of events since the start of the process, for the metrics.

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A finding was created or updated.
    Finding,
    /// A finding in OCSF was created or updated.
    Ocsf,
    /// A user sent a finding to a custom action.
    Selected,
    /// A user sent insight results to a custom action.
    Results,
}

impl EventKind {
    /// All kinds.
    pub const ALL: [EventKind; 4] = [EventKind::Finding, EventKind::Ocsf, EventKind::Selected, EventKind::Results];
}

/// Counters of events, which continue across resets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventCounts {
    sent: [u64; EventKind::ALL.len()],
    /// The number of events that were dropped to make space for newer ones.
    pub dropped: u64,
}

impl EventCounts {
    /// The number of events of a kind that were sent.
    pub fn sent(&self, kind: EventKind) -> u64 {
        self.sent.get(kind as usize).copied().unwrap_or_default()
    }

    /// Counts an event that was sent.
    pub(super) fn add(&mut self, kind: EventKind) {
        if let Some(sent) = self.sent.get_mut(kind as usize) {
            *sent += 1;
        }
    }
}

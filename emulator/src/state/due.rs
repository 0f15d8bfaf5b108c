//! What AWS does later: an ordered set of due times.

use std::collections::BTreeSet;

use super::clock::Timestamp;
use super::hub::HubKey;
use super::names::{AccountId, Region};

/// Something that happens at a time of the world's clock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// The archived findings of a hub that was disabled then are dropped (HUB-16).
    DropArchivedFindings(HubKey, Timestamp),
    /// An account that was closed then is forgotten, with all that was kept of it (RET-11).
    ForgetAccount(AccountId, Timestamp),
    /// A standard that a hub has been enabling or disabling since then is enabled or gone (STD-63); one that has been
    /// incomplete since then tries again (STD-61).
    SettleStandard(HubKey, &'static str, Timestamp),
    /// Controls of a hub are checked.
    Check(HubKey, CheckScope),
    /// The checks of a security control that was updated then use its parameters (SEC-36).
    SettleControl(HubKey, &'static str, Timestamp),
    /// A target of a configuration policy, and all below it, are brought to what governs them (CCF-27).
    SettleAssociations(String),
    /// Findings of a region that have expired are dropped (RET-01).
    SweepFindings(Region),
    /// A hub that was disabled then is forgotten, with all that was kept of it (HUB-16).
    ForgetHub(HubKey, Timestamp),
}

/// Which controls of a hub are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckScope {
    /// All of them.
    All,
    /// All of them, since the hub makes its findings in another way: those of the old way are archived at once (FND-51).
    Generator,
    /// Those of a standard, by its short name.
    Standard(&'static str),
    /// This one.
    Control(&'static str),
    /// Those that look at a type and are checked when a resource of it changes (RES-10).
    Changed(&'static str),
    /// All that look at a type.
    Type(&'static str),
}

/// The ordered set.
#[derive(Debug, Default)]
pub(super) struct DueSet(BTreeSet<(Timestamp, Due)>);

impl DueSet {
    pub(super) fn insert(&mut self, at: Timestamp, due: Due) {
        self.0.insert((at, due));
    }

    /// Takes the first entry that is due at `now`.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<(Timestamp, Due)> {
        self.0.first().filter(|(at, _)| *at <= now)?;
        self.0.pop_first()
    }

    /// Takes the first entry if it is due at `now` and wanted.
    pub(super) fn take_if(&mut self, now: Timestamp, is_wanted: impl Fn(&Due) -> bool) -> Option<Due> {
        self.0.first().filter(|(at, due)| *at <= now && is_wanted(due))?;
        self.0.pop_first().map(|(_, due)| due)
    }

    /// Whether an entry is in it, at whatever time.
    pub(super) fn has(&self, due: &Due) -> bool {
        self.0.iter().any(|(_, other)| other == due)
    }

    /// When the first entry is due.
    pub(super) fn first(&self) -> Option<Timestamp> {
        self.0.first().map(|(at, _)| *at)
    }
}

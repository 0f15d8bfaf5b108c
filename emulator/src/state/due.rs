//! What AWS does later: an ordered set of due times.

use imbl::OrdSet;

use super::clock::Timestamp;
use super::hub::HubKey;
use super::names::{AccountId, Region};

/// Something that happens at a time of the world's clock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// A security control is added to a standard (SEC-50).
    AddControl(&'static str, &'static str),
    /// The archived findings of a hub that was disabled then are dropped (HUB-16).
    DropArchivedFindings(HubKey, Timestamp),
    /// An account that was closed then is forgotten, with all that was kept of it (RET-11).
    ForgetAccount(AccountId, Timestamp),
    /// A standard that a hub has been enabling or disabling since then is enabled or gone (STD-63); one that has been
    /// incomplete since then tries again (STD-61).
    SettleStandard(HubKey, &'static str, Timestamp),
    /// In a standard of a hub, a control that was added then is enabled (SEC-50).
    EnableControl(HubKey, &'static str, &'static str, Timestamp),
    /// Controls of a hub are checked.
    Check(HubKey, CheckScope),
    /// The checks of a security control that was updated then use its parameters (SEC-36).
    SettleControl(HubKey, &'static str, Timestamp),
    /// A target of a configuration policy, and all below it, are brought to what governs them (CCF-27).
    SettleAssociations(String),
    /// The daily scores that are shown in a hub are computed (SCO-12).
    ComputeScores(HubKey),
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

/// What is due later, in order of time.
#[derive(Clone, Debug, Default)]
pub(super) struct DueSet {
    /// Persistent, so that a fork of the world shares it.
    entries: OrdSet<(Timestamp, Due)>,
    /// When the entry was due that is being done now. Until it is done, it counts as due.
    taken: Option<Timestamp>,
}

impl DueSet {
    pub(super) fn insert(&mut self, at: Timestamp, due: Due) {
        self.entries.insert((at, due));
    }

    /// Takes the first entry that is due at `now`, to be done by the caller; the entry taken before is done.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<(Timestamp, Due)> {
        let is_due = self.entries.get_min().is_some_and(|(at, _)| *at <= now);
        let entry = if is_due { self.entries.remove_min() } else { None };
        self.taken = entry.as_ref().map(|(at, _)| *at);
        entry
    }

    /// The entry that was taken is done.
    pub(super) fn done(&mut self) {
        self.taken = None;
    }

    /// Takes the checks of a hub that are first in order and due at exactly this time.
    pub(super) fn take_checks(&mut self, at: Timestamp, hub: &HubKey) -> Vec<CheckScope> {
        let mut scopes = Vec::new();
        while let Some((first, Due::Check(other, scope))) = self.entries.get_min() {
            if *first != at || other != hub {
                break;
            }
            scopes.push(*scope);
            self.entries.remove_min();
        }
        scopes
    }

    /// Whether an entry is in it, at whatever time.
    pub(super) fn has(&self, due: &Due) -> bool {
        self.entries.iter().any(|(_, other)| other == due)
    }

    /// When the first entry is due, the one that is being done included.
    pub(super) fn first(&self) -> Option<Timestamp> {
        self.taken.or_else(|| self.entries.get_min().map(|(at, _)| *at))
    }
}

//! Work that AWS does asynchronously: a queue ordered by due time.

use imbl::OrdSet;
use serde::{Deserialize, Serialize};

use super::clock::Timestamp;
use super::hub::HubKey;
use super::interned;
use super::names::{AccountId, Name, Region};

/// Work that is due at a time of the world's clock. The `Timestamp` in a variant identifies its cause, so that an entry
/// whose cause was undone or replaced is ignored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// Add a security control to a standard (SEC-50).
    AddControl(#[serde(deserialize_with = "interned::read")] Name, #[serde(deserialize_with = "interned::read")] Name),
    /// Delete the archived findings of a hub that was disabled at this time (HUB-16).
    DropArchivedFindings(HubKey, Timestamp),
    /// Delete an account that was closed at this time, with all of its data (RET-11).
    ForgetAccount(AccountId, Timestamp),
    /// End a job that exports findings from the V2 hub of an account and Region (EXV-08).
    FinishExport(HubKey, String),
    /// Finish a request to create an account of the organization.
    FinishCreation(String),
    /// Finish enabling or disabling a standard that has been in progress since this time (STD-63), or retry one that
    /// has been incomplete since then (STD-61).
    SettleStandard(HubKey, #[serde(deserialize_with = "interned::read")] Name, Timestamp),
    /// Enable a control that was added to a standard of a hub at this time (SEC-50).
    EnableControl(
        HubKey,
        #[serde(deserialize_with = "interned::read")] Name,
        #[serde(deserialize_with = "interned::read")] Name,
        Timestamp,
    ),
    /// Finish the creation, change or deletion of a connector, by its ID, that began at this time (CNV-05).
    SettleConnector(HubKey, String, Timestamp),
    /// Let the connector with this ARN create a ticket for the finding with this `metadata.uid` (ARV-10).
    CreateTicket(String, String),
    /// Run checks of a hub.
    Check(HubKey, CheckScope),
    /// Make checks use the new parameters of a security control that was updated at this time (SEC-36).
    SettleControl(HubKey, #[serde(deserialize_with = "interned::read")] Name, Timestamp),
    /// Apply the governing policies to a target and everything below it (CCF-27).
    SettleAssociations(String),
    /// Compute the daily scores that a hub shows (SCO-12).
    ComputeScores(HubKey),
    /// Compute the exposures of a Region whose findings or resources have changed (OCF-34).
    ComputeExposures(Region),
    /// Delete the expired findings of a Region (RET-01).
    SweepFindings(Region),
    /// Delete a hub that was disabled at this time, with all of its data (HUB-16).
    ForgetHub(HubKey, Timestamp),
}

/// The controls of a hub to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckScope {
    /// All of them.
    All,
    /// All of them, because the hub now generates its findings differently. Findings in the old format are archived at
    /// once (FND-51).
    Generator,
    /// The controls of a standard, by short name.
    Standard(#[serde(deserialize_with = "interned::read")] Name),
    /// This one.
    Control(#[serde(deserialize_with = "interned::read")] Name),
    /// Change-triggered controls of a resource type, after a resource of the type changed (RES-10).
    Changed(#[serde(deserialize_with = "interned::read")] Name),
    /// All controls of a resource type.
    Type(#[serde(deserialize_with = "interned::read")] Name),
}

/// Pending work, ordered by due time.
#[derive(Clone, Debug, Default)]
pub(super) struct DueSet {
    /// A persistent map, so that forks of the world share it.
    entries: OrdSet<(Timestamp, Due)>,
    /// Due time of the entry in progress. It counts as due until it is done.
    in_progress: Option<Timestamp>,
}

impl DueSet {
    pub(super) fn insert(&mut self, at: Timestamp, due: Due) {
        self.entries.insert((at, due));
    }

    /// All entries, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = &(Timestamp, Due)> {
        self.entries.iter()
    }

    /// Removes the first entry that is due at `now`, for the caller to process. The previously taken entry counts as
    /// done.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<(Timestamp, Due)> {
        let is_due = self.entries.get_min().is_some_and(|(at, _)| *at <= now);
        let entry = if is_due { self.entries.remove_min() } else { None };
        self.in_progress = entry.as_ref().map(|(at, _)| *at);
        entry
    }

    /// Marks the entry in progress as done.
    pub(super) fn done(&mut self) {
        self.in_progress = None;
    }

    /// Removes the checks of a hub that are first in the queue and due at exactly this time.
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

    /// Removes the pending computations of exposures, which may be due at any time.
    pub(super) fn take_exposures(&mut self) -> Vec<(Timestamp, Due)> {
        let is_one = |(_, due): &&(Timestamp, Due)| matches!(due, Due::ComputeExposures(_));
        let taken: Vec<_> = self.entries.iter().filter(is_one).cloned().collect();
        for entry in &taken {
            self.entries.remove(entry);
        }
        taken
    }

    /// Returns whether an entry is pending, at any time.
    pub(super) fn has(&self, due: &Due) -> bool {
        self.entries.iter().any(|(_, other)| other == due)
    }

    /// Due time of the first entry, including the one in progress.
    pub(super) fn first(&self) -> Option<Timestamp> {
        self.in_progress.or_else(|| self.entries.get_min().map(|(at, _)| *at))
    }
}

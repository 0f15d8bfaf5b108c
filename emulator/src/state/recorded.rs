//! Recording of the changes of a world.

use std::sync::Arc;

use super::change_log::ChangeLog;
use super::clock::{Clock, Timestamp};
use super::document::SessionDocument;
use super::due::Due;
use super::events::Events;
use super::findings::Findings;
use super::held::HeldRelations;
use super::names::{Region, TableKey};
use super::recording::{Recording, SavedClock};
use super::relations::Relations;
use super::sync::RwLock;
use super::sync::atomic::{AtomicU64, Ordering};
use super::world::World;

impl World {
    /// The number of the next finding.
    pub(super) fn next_finding(&self) -> u64 {
        self.sequence.load(Ordering::Acquire)
    }

    /// Pending work, in order.
    pub fn pending(&self) -> Vec<(Timestamp, Due)> {
        self.due.lock().entries().cloned().collect()
    }

    /// The open sessions of roles.
    pub(super) fn session_documents(&self) -> Vec<SessionDocument> {
        let document = |(access_key, credential, ends_at)| SessionDocument { access_key, credential, ends_at };
        self.sessions.list().into_iter().map(document).collect()
    }

    /// The Regions whose findings have changed since exposures were computed.
    pub(super) fn changed_since_exposures(&self) -> Vec<Region> {
        self.exposures.pending()
    }

    /// Sets the parts of a new world that are otherwise only changed by transactions.
    pub(super) fn restore(
        &mut self,
        relations: Relations,
        next_finding: u64,
        pending: Vec<(Timestamp, Due)>,
        changed_since_exposures: &[Region],
    ) {
        self.relations = RwLock::new(Arc::new(relations));
        self.sequence = AtomicU64::new(next_finding);
        for region in changed_since_exposures {
            self.exposures.restore(region.clone());
        }
        self.schedule(pending, false);
    }

    /// Makes this world report its changes. Must be called before the world is used.
    pub fn set_change_log(&mut self, log: Option<Arc<dyn ChangeLog>>) {
        self.change_log = log;
    }

    /// The log to which this world reports its changes.
    pub fn change_log(&self) -> Option<&Arc<dyn ChangeLog>> {
        self.change_log.as_ref()
    }

    /// The number of the last event; 0 if events are disabled.
    pub fn last_event(&self) -> u64 {
        self.events.as_ref().map(Events::last).unwrap_or_default()
    }

    /// A fork whose clock continues like this one's. It does not emit events or export objects.
    pub(super) fn fork_with_clock(&self, held: &HeldRelations<'_>) -> World {
        self.fork(held, Clock::restored(self.clock.mode(), Some(self.clock.start())))
    }

    /// The current findings of a table; `None` if the table does not exist.
    pub(super) fn share_findings(&self, table: &TableKey) -> Option<Arc<Findings>> {
        self.find_table(table).map(|findings| Arc::clone(&findings.read()))
    }

    /// Puts back pending work that was taken and not done.
    pub(super) fn put_back(&self, entries: Vec<(Timestamp, Due)>) {
        let mut due = self.due.lock();
        for (at, entry) in entries {
            due.insert(at, entry);
        }
        due.done();
        self.update_first_due(&due);
    }

    /// Returns whether changes are recorded.
    pub fn is_recorded(&self) -> bool {
        self.change_log().is_some()
    }

    /// Returns whether changes can be made: they are not recorded, or the log has space for them.
    pub fn may_write(&self) -> bool {
        self.change_log().is_none_or(|log| log.may_write())
    }

    /// A recording of a transaction, if changes are recorded.
    pub(super) fn start_recording(&self) -> Option<Recording> {
        self.is_recorded().then(Recording::default)
    }

    /// Appends a record. Must be called while the writers' lock is held. Returns whether it was written.
    pub(super) fn record(&self, mut recording: Recording) -> bool {
        let Some(log) = self.change_log() else { return true };
        let daily = self.daily_scores.as_ref();
        recording.head.scores = daily.map(super::scores::DailyScores::take_changed).unwrap_or_default();
        if recording.is_empty() {
            return true;
        }
        (_, recording.head.ids) = self.ids.position();
        recording.head.sequence = self.next_finding();
        let scores = recording.head.scores.clone();
        let record = recording.finish();
        let is_written = log.append(self.epoch(), &record.parts());
        record.recycle();
        if let (Some(daily), false) = (daily, is_written) {
            daily.note_changed(scores.into_keys());
        }
        is_written
    }

    /// Changes the clock and schedules the pending work that `work` returns for the new time. Returns false if that could
    /// not be recorded, in which case nothing changes.
    pub fn change_clock(
        &self,
        change: impl FnOnce(&Clock),
        work: impl FnOnce(Timestamp) -> Vec<(Timestamp, Due)>,
    ) -> bool {
        let held = self.lock_relations();
        // Calls see the new time only after it was recorded.
        let next = Clock::restored(self.clock.mode(), Some(self.clock.start()));
        change(&next);
        let due = work(next.now());
        if let Some(mut recording) = self.start_recording() {
            recording.head.clock = Some(SavedClock::of(&next));
            recording.head.due.clone_from(&due);
            if !self.record(recording) {
                return false;
            }
        }
        self.schedule(due, false);
        self.clock.set_mode(next.mode());
        drop(held);
        true
    }

    /// Calls `cut` while writers are locked out. Returns its result with a fork of the world at that moment; `None` if
    /// `cut` fails.
    pub fn cut<R>(&self, cut: impl FnOnce() -> Option<R>) -> Option<(World, R)> {
        let held = self.lock_relations();
        let result = cut()?;
        Some((self.fork_with_clock(&held), result))
    }

    /// Calls `replace` while writers are locked out.
    pub fn while_unchanged<R>(&self, replace: impl FnOnce() -> R) -> R {
        let held = self.lock_relations();
        let result = replace();
        drop(held);
        result
    }
}

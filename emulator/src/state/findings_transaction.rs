//! Writing findings, without a say over relations and hubs.

use std::collections::BTreeSet;

use securityhub_engine::{Filter, Key, Scope};

use super::change::Change;
use super::clock::Timestamp;
use super::due::Due;
use super::events::Draft;
use super::findings::{FindingWriter, Findings};
use super::held::HeldRelations;
use super::names::{Place, Region};
use super::world::World;
use crate::invariant::Invariant;

/// How many expired findings are removed under one lock.
const EXPIRED_AT_A_TIME: usize = 4096;

/// Writes findings at once, each wholly, under their table's lock, since AWS accepts them one by one. It does not wait
/// for writers of hubs and relations, so it neither lends nor stages these; a [`super::Transaction`] does.
///
/// A table is locked within a closure. The transaction is borrowed meanwhile, so that the closure cannot wait for the
/// writers' lock, which comes before those of tables.
pub struct FindingsTransaction<'w> {
    pub(super) world: &'w World,
    /// Held to the end, once relations must stay as they are.
    held: Option<HeldRelations<'w>>,
    due: Vec<(Timestamp, Due)>,
    drafts: Vec<Draft>,
    pub(super) changes: Vec<Change>,
    /// When what this transaction does was due; its events are of that time.
    pub(super) due_at: Option<Timestamp>,
}

impl<'w> FindingsTransaction<'w> {
    pub(super) fn new(world: &'w World, held: Option<HeldRelations<'w>>) -> Self {
        FindingsTransaction { world, held, due: Vec::new(), drafts: Vec::new(), changes: Vec::new(), due_at: None }
    }

    /// Waits for the writer of hubs and relations before this, and keeps others waiting to the end: what is read of them
    /// from now on stays so.
    pub fn hold_relations(&mut self) -> &HeldRelations<'w> {
        self.held.get_or_insert_with(|| self.world.hold_relations())
    }

    /// Stages something that happens later.
    pub fn put_due(&mut self, at: Timestamp, due: Due) {
        self.due.push((at, due));
    }

    /// Stages an event that follows from no finding that is written.
    pub fn tell(&mut self, draft: Draft) {
        self.drafts.push(draft);
    }

    /// Writes the findings of a place under its lock, and notes them for the events that follow.
    pub fn edit_findings<R>(&mut self, place: impl Into<Place>, edit: impl FnOnce(&mut FindingWriter<'_>) -> R) -> R {
        let (place, world, due_at) = (place.into(), self.world, self.due_at);
        let (result, stored) = world.edit_findings(&place, |findings, sequence| {
            let mut writer = FindingWriter::new(findings, sequence, world.begin_note(&place, due_at));
            let result = edit(&mut writer);
            let (stored, written) = writer.finish();
            world.note_written(written);
            (result, stored)
        });
        if !stored.is_empty() {
            self.changes.push(Change::Findings { place, stored });
        }
        result
    }

    /// Changes findings of several places step by step, under the locks of all; none may be added. Events follow in the
    /// order of the steps, whatever the place of a finding is. The set is in the
    /// order in which locks are taken, and `step` gets a writer for each place in that order.
    pub fn edit_findings_in_steps<S>(
        &mut self,
        places: &BTreeSet<Place>,
        steps: impl Iterator<Item = S>,
        mut step: impl FnMut(&mut [FindingWriter<'_>], S),
    ) {
        let (world, due_at) = (self.world, self.due_at);
        let stored = world.edit_together(places, |findings, sequence| {
            let note = |place| world.begin_note(place, due_at);
            let of_places = findings.iter_mut().zip(places);
            let mut writers: Vec<FindingWriter<'_>> =
                of_places.map(|(findings, place)| FindingWriter::new(findings, sequence, note(place))).collect();
            for input in steps {
                step(&mut writers, input);
                for (writer, place) in writers.iter_mut().zip(places) {
                    world.note_written(writer.take_note(note(place)));
                }
            }
            writers.into_iter().map(|writer| writer.finish().0).collect::<Vec<_>>()
        });
        let changed = places.iter().cloned().zip(stored).filter(|(_, stored)| !stored.is_empty());
        self.changes.extend(changed.map(|(place, stored)| Change::Findings { place, stored }));
    }

    /// Drops those findings of a region, replicas among them, that `drops` says of their documents.
    pub fn drop_findings(&mut self, region: &Region, drops: impl Fn(&[u8]) -> bool) {
        self.remove_findings(region, |_| true, |findings| findings.remove_where(&drops));
    }

    /// Drops the findings of a region, replicas among them, that have expired at `now`. Their table is locked for a few
    /// thousand of them at a time, so that other calls go on meanwhile.
    pub fn drop_expired(&mut self, region: &Region, now: Timestamp) {
        let may_have_expired = |findings: &Findings| findings.table().first_end() <= now.as_millisecond();
        let remove = |findings: &mut Findings| findings.remove_expired(now, EXPIRED_AT_A_TIME);
        while self.remove_findings(region, may_have_expired, remove) > 0 {}
    }

    /// Removes findings of a Region and replicas in it, from the tables that `is_wanted` says.
    fn remove_findings(
        &mut self,
        region: &Region,
        is_wanted: impl Fn(&Findings) -> bool,
        remove: impl Fn(&mut Findings) -> usize,
    ) -> usize {
        let replicas = self.world.replica_places().into_iter().filter(|place| place.region == *region);
        let places = std::iter::once(Place::from(region)).chain(replicas);
        let places = places.filter(|place| self.world.read_findings(place.clone(), &is_wanted) == Some(true));
        let count = places.map(|place| self.world.edit_findings(&place, |findings, _| remove(findings))).sum();
        if count > 0 {
            self.changes.push(Change::FindingsDropped { region: region.clone(), count });
        }
        count
    }

    /// Sets those findings of a region that satisfy a filter aside, each until it is written again.
    pub fn set_findings_aside(&mut self, region: &Region, filter: &Filter) {
        self.world.edit_findings(&Place::from(region), |findings, _| findings.set_aside(filter));
    }

    /// Leaves replicas in `place`: of those findings of its origin that satisfy a filter and are not set aside, as they
    /// are now, with their numbers and what is kept beside them. Where there is one of a finding already, it is replaced.
    /// `key` gives the key of a document.
    pub fn leave_replicas(&mut self, place: &Place, filter: &Filter, key: impl Fn(&[u8]) -> Option<Key>) {
        let Some(origin) = place.origin.as_ref().or_report("replicas have an origin") else { return };
        let left = self.world.read_findings(origin, |findings| {
            let slots = findings.table().within(Scope::NotAside).matching(filter);
            if !slots.is_empty() {
                // Nobody else holds the locks of two tables.
                self.world.edit_findings(place, |replicas, _| replicas.add(findings, &slots, key));
            }
            !slots.is_empty()
        });
        if left == Some(true) {
            self.changes.push(Change::Replicas(place.clone()));
        }
    }

    /// Drops the replicas of these findings.
    pub fn drop_replicas(&mut self, place: &Place, keys: &[Key]) {
        let count = self.world.edit_findings(place, |replicas, _| replicas.remove(keys));
        if count > 0 {
            self.changes.push(Change::Replicas(place.clone()));
        }
    }

    /// Tells the events that follow, makes what was staged due, and gives what changed.
    pub fn commit(self) -> Vec<Change> {
        self.world.tell(self.drafts, self.due_at);
        // Last, since a call that finds nothing due does not wait for this transaction.
        self.world.put_due(self.due, self.due_at.is_some());
        self.changes
    }
}

//! Transactions on findings only.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use securityhub_engine::{Filter, Key, Layer, Scope};

use super::change::Change;
use super::clock::Timestamp;
use super::document::RowChange;
use super::due::Due;
use super::events::Draft;
use super::findings::{FindingWriter, Findings, Undo};
use super::held::HeldRelations;
use super::names::{Region, TableKey};
use super::recording::Recording;
use super::relations::Relations;
use super::test_tag::TestTag;
use super::world::World;
use crate::invariant::Invariant;

/// Maximum number of expired findings removed while holding the lock.
const EXPIRED_AT_A_TIME: usize = 4096;

/// Writes findings immediately, each atomically, under their table's lock, because AWS accepts them one by one. It does
/// not wait for writers of hubs and relations, and therefore cannot read or stage those; a [`super::Transaction`] can.
///
/// A transaction that is dropped without a commit, for example by a panic, undoes its writes (CPL-11). So does one that
/// cannot be recorded (CPL-75). Without a log, other transactions may write to the same tables in the meantime; the
/// writes to these tables are then not undone.
///
/// A table is locked while a closure runs. The closure cannot acquire the writers' lock, which comes before those of
/// tables, because the transaction is borrowed meanwhile.
pub struct FindingsTransaction<'w> {
    pub(super) world: &'w World,
    /// The writers' lock, held to the end once relations must not change.
    held: Option<HeldRelations<'w>>,
    due: Vec<(Timestamp, Due)>,
    drafts: Vec<Draft>,
    pub(super) changes: Vec<Change>,
    /// Due time of the pending work that this transaction does. Its events get this time.
    pub(super) due_at: Option<Timestamp>,
    /// The tag of the call that this transaction belongs to.
    test: Option<TestTag>,
    /// Pending work that this transaction has taken.
    pub(super) taken: Vec<(Timestamp, Due)>,
    /// The recording; `None` if changes are not recorded.
    pub(super) recording: Option<Recording>,
    /// The information to undo the writes, by table.
    undo: BTreeMap<TableKey, Undo>,
    /// The number that distinguishes its writes for events.
    number: u64,
}

impl World {
    /// Starts a transaction on findings only. It does not wait for writers of hubs.
    pub fn write_findings(&self) -> FindingsTransaction<'_> {
        FindingsTransaction::new(self, None)
    }
}

impl<'w> FindingsTransaction<'w> {
    pub(super) fn new(world: &'w World, held: Option<HeldRelations<'w>>) -> Self {
        FindingsTransaction {
            world,
            held,
            due: Vec::new(),
            drafts: Vec::new(),
            changes: Vec::new(),
            due_at: None,
            test: None,
            taken: Vec::new(),
            recording: world.start_recording(),
            undo: BTreeMap::new(),
            number: world.start_transaction(),
        }
    }

    /// Sets the tag of the call, which is stored with its events. Must be called before the first change.
    pub fn tag(&mut self, test: Option<TestTag>) {
        self.test = test;
    }

    /// Prepares the transaction for a change; must be called before the first one. If changes are recorded, waits for
    /// other writers, because records must have the order of the changes and a record contains all changes of a
    /// transaction.
    fn begin(&mut self) {
        if self.recording.is_some() {
            self.lock_relations();
        }
    }

    /// Locks out other writers of hubs and relations until the end of the transaction, so that what is read of them
    /// stays valid.
    pub fn lock_relations(&mut self) -> &HeldRelations<'w> {
        self.held.get_or_insert_with(|| self.world.lock_relations())
    }

    /// Stages pending work.
    pub fn schedule(&mut self, at: Timestamp, due: Due) {
        self.due.push((at, due));
    }

    /// Stages an event that is not derived from a written finding.
    pub fn emit(&mut self, draft: Draft) {
        self.drafts.push(draft);
    }

    /// Writes to a table of findings under its lock and records the writes for events.
    pub fn edit_findings<R>(
        &mut self,
        table: impl Into<TableKey>,
        edit: impl FnOnce(&mut FindingWriter<'_>) -> R,
    ) -> R {
        self.begin();
        let (table, world, due_at, test) = (table.into(), self.world, self.due_at, self.test.as_ref());
        let (recording, undo) = (&mut self.recording, self.undo.remove(&table).unwrap_or_default());
        let edited = world.edit_findings(&table, |findings, sequence| {
            let written = world.begin_writes(&table, due_at, test, self.number);
            let mut writer = FindingWriter::new(findings, sequence, written, recording.is_some(), undo);
            let result = catch_unwind(AssertUnwindSafe(|| edit(&mut writer)));
            if let (Some(recording), Ok(_)) = (recording, &result) {
                writer.add_to(recording, &table);
            }
            let (stored, written, undo) = writer.finish();
            match result {
                Ok(result) => {
                    world.record_writes(written);
                    Ok((result, stored, undo))
                }
                Err(panic) => {
                    findings.undo(undo);
                    Err(panic)
                }
            }
        });
        let (result, stored, undo) = edited.unwrap_or_else(|panic| resume_unwind(panic));
        self.undo.insert(table.clone(), undo);
        if !stored.is_empty() {
            self.changes.push(Change::Findings { table, stored });
        }
        result
    }

    /// Changes findings of several tables step by step, holding all of their locks. Findings must not be added. Events
    /// follow the order of steps, whichever table a finding is in. Tables are locked in the order of the set, and
    /// `step` receives their writers in this order.
    pub fn edit_findings_in_steps<S>(
        &mut self,
        tables: &BTreeSet<TableKey>,
        steps: impl Iterator<Item = S>,
        mut step: impl FnMut(&mut [FindingWriter<'_>], S),
    ) {
        self.begin();
        let (world, due_at, test, number) = (self.world, self.due_at, self.test.as_ref(), self.number);
        let recording = &mut self.recording;
        let undos: Vec<Undo> = tables.iter().map(|table| self.undo.remove(table).unwrap_or_default()).collect();
        let edited = world.edit_together(tables, |findings, sequence| {
            let note = |table| world.begin_writes(table, due_at, test, number);
            let is_recorded = recording.is_some();
            let of_tables = findings.iter_mut().zip(tables).zip(undos);
            let mut writers: Vec<FindingWriter<'_>> = of_tables
                .map(|((findings, table), undo)| FindingWriter::new(findings, sequence, note(table), is_recorded, undo))
                .collect();
            let result = catch_unwind(AssertUnwindSafe(|| {
                for input in steps {
                    step(&mut writers, input);
                    for (writer, table) in writers.iter_mut().zip(tables) {
                        world.record_writes(writer.take_writes(note(table)));
                    }
                }
            }));
            if let (Some(recording), Ok(())) = (recording, &result) {
                writers.iter().zip(tables).for_each(|(writer, table)| writer.add_to(recording, table));
            }
            let ended: Vec<_> = writers.into_iter().map(FindingWriter::finish).collect();
            if let Err(panic) = result {
                findings.iter_mut().zip(ended).for_each(|(findings, (_, _, undo))| _ = findings.undo(undo));
                return Err(panic);
            }
            Ok(ended)
        });
        let edited = edited.unwrap_or_else(|panic| resume_unwind(panic));
        for (table, (stored, _, undo)) in tables.iter().zip(edited) {
            self.undo.insert(table.clone(), undo);
            if !stored.is_empty() {
                self.changes.push(Change::Findings { table: table.clone(), stored });
            }
        }
    }

    /// Changes a whole table, so that the change can be undone.
    fn edit_table<R>(&mut self, table: &TableKey, edit: impl FnOnce(&mut Findings) -> R) -> R {
        let undo = self.undo.entry(table.clone()).or_default();
        let findings = self.world.share_findings(table).unwrap_or_else(|| self.world.new_table());
        undo.begin(&findings);
        undo.save_table(findings);
        self.world.edit_findings(table, |findings, _| {
            let result = edit(findings);
            undo.end(findings);
            result
        })
    }

    /// Deletes the findings of a Region, including replicas, for whose documents `drops` returns true.
    pub fn drop_findings(&mut self, region: &Region, drops: impl Fn(&[u8]) -> bool) {
        let tables = self.tables_of(TableKey::from(region));
        self.remove_findings(region, &tables, |_| true, |findings| findings.remove_where(&drops));
    }

    /// Deletes the findings of a Region, including replicas, that exist only in OCSF and for whose documents `drops`
    /// returns true.
    pub fn drop_ocsf_only(&mut self, region: &Region, drops: impl Fn(&[u8]) -> bool) {
        let tables = self.tables_of(TableKey::ocsf_only(region));
        self.remove_findings(region, &tables, |_| true, |findings| findings.remove_where(&drops));
    }

    /// Deletes the findings of a Region that have expired at `now`, including replicas and findings that exist only in
    /// OCSF. The lock is released every few thousand findings, so that other calls are not held up.
    pub fn drop_expired(&mut self, region: &Region, now: Timestamp) {
        let may_have_expired = |findings: &Findings| findings.table().first_end() <= now.as_millisecond();
        let remove = |findings: &mut Findings| findings.remove_expired(now, EXPIRED_AT_A_TIME);
        let own = [TableKey::from(region), TableKey::ocsf_only(region)];
        let tables: Vec<TableKey> = own.into_iter().flat_map(|own| self.tables_of(own)).collect();
        while self.remove_findings(region, &tables, may_have_expired, remove) > 0 {}
    }

    /// A Region's own table of findings, and the tables of replicas of such findings in the Region.
    fn tables_of(&self, own: TableKey) -> Vec<TableKey> {
        let is_of_kind = |table: &TableKey| table.region == own.region && table.is_ocsf_only == own.is_ocsf_only;
        let replicas: Vec<TableKey> = self.world.replica_tables().into_iter().filter(is_of_kind).collect();
        std::iter::once(own).chain(replicas).collect()
    }

    /// Removes findings of a Region from those of `tables` that `is_wanted` selects.
    fn remove_findings(
        &mut self,
        region: &Region,
        tables: &[TableKey],
        is_wanted: impl Fn(&Findings) -> bool,
        remove: impl Fn(&mut Findings) -> Vec<u64>,
    ) -> usize {
        self.begin();
        let mut count = 0;
        for table in tables {
            if self.world.read_findings(table, &is_wanted) == Some(true) {
                let removed = self.edit_table(table, &remove);
                count += removed.len();
                self.recording.iter_mut().for_each(|recording| recording.remove(table, &removed));
            }
        }
        if count > 0 {
            self.changes.push(Change::FindingsDropped { region: region.clone(), count });
        }
        count
    }

    /// Hides the findings of a table that satisfy a filter: in the first layer from home Regions of the classic half, in
    /// the second from those of the V2 half. A finding stays hidden until it is written again.
    pub fn hide_findings(&mut self, table: &TableKey, layer: Layer, filter: &Filter) {
        self.begin();
        let hidden = self.edit_table(table, |findings| findings.hide(layer, filter));
        self.recording.iter_mut().for_each(|recording| recording.hide(table, layer, &hidden));
    }

    /// Stores replicas in `table` of the findings of its source that satisfy a filter and are not hidden from its half,
    /// with their current documents, sequence numbers and metadata. Existing replicas of the same findings are replaced. `key`
    /// extracts the key of a document.
    pub fn store_replicas(&mut self, table: &TableKey, filter: &Filter, key: impl Fn(&[u8]) -> Option<Key>) {
        let Some(source) = table.source().or_report("replicas have an origin") else { return };
        self.begin();
        let layer = if table.viewer.is_some() { Layer::Second } else { Layer::First };
        // This reads a snapshot, so that the locks of two tables are never held together.
        let Some(findings) = self.world.share_findings(&source) else { return };
        let slots = findings.table().within(Scope::Visible(layer)).matching(filter);
        if slots.is_empty() {
            return;
        }
        self.edit_table(table, |replicas| replicas.add(&findings, &slots, key));
        self.recording.iter_mut().for_each(|recording| recording.add(table, &findings, &slots));
        self.changes.push(Change::Replicas(table.clone()));
    }

    /// Drops the replicas of these findings.
    pub fn drop_replicas(&mut self, table: &TableKey, keys: &[Key]) {
        self.begin();
        let removed = self.edit_table(table, |replicas| replicas.remove(keys));
        self.recording.iter_mut().for_each(|recording| recording.remove(table, &removed));
        if !removed.is_empty() {
            self.changes.push(Change::Replicas(table.clone()));
        }
    }

    /// Records the changes, emits the events, adds the staged pending work, and returns the changes. If the changes
    /// cannot be recorded, the transaction is undone.
    pub fn commit(mut self) -> Vec<Change> {
        if self.recording.is_some() && !(self.due.is_empty() && self.changes.is_empty() && self.held.is_none()) {
            self.begin();
        }
        let relations = self.world.relations();
        if self.record(&relations, Vec::new()) { self.finish() } else { Vec::new() }
    }

    /// Records the changes, after which the relations are `relations`. Returns false if that fails; the transaction is
    /// then undone.
    pub(super) fn record(&mut self, relations: &Relations, rows: Vec<RowChange>) -> bool {
        #[cfg(test)]
        self.world.call_hook();
        let exposures = self.world.note_for_exposures(&self.changes, self.due_at, relations);
        let Some(mut recording) = self.recording.take() else {
            self.due.extend(exposures);
            return true;
        };
        recording.relations(rows);
        recording.head.due = [&self.due[..], &exposures[..]].concat();
        recording.head.done.clone_from(&self.taken);
        let is_recorded = self.world.record(recording);
        if is_recorded {
            self.due.extend(exposures);
        } else {
            self.roll_back();
            let taken = std::mem::take(&mut self.taken);
            self.world.forget_exposures(&exposures, &taken);
            self.world.put_back(taken);
        }
        is_recorded
    }

    /// Emits the events, adds the staged pending work, and returns the changes.
    pub(super) fn finish(mut self) -> Vec<Change> {
        self.undo.clear();
        self.taken.clear();
        self.world.emit(std::mem::take(&mut self.drafts), self.due_at, self.test.as_ref());
        // This comes last: a call that finds nothing due does not wait for this transaction.
        self.world.schedule(std::mem::take(&mut self.due), self.due_at.is_some());
        std::mem::take(&mut self.changes)
    }

    /// Undoes the writes.
    fn roll_back(&mut self) {
        self.world.discard_writes(self.number);
        for (table, undo) in std::mem::take(&mut self.undo) {
            self.world.edit_findings(&table, |findings, _| findings.undo(undo));
        }
    }

    /// Drops the pending work that this transaction has taken, because work that panicked would panic again.
    fn drop_work(&mut self) {
        let taken = std::mem::take(&mut self.taken);
        if taken.is_empty() {
            return;
        }
        self.world.schedule(Vec::new(), true);
        if let Some(mut recording) = self.world.start_recording() {
            recording.head.done = taken;
            self.world.record(recording);
        }
    }
}

/// Undoes a transaction that was not committed.
impl Drop for FindingsTransaction<'_> {
    fn drop(&mut self) {
        if self.undo.is_empty() && self.taken.is_empty() {
            return;
        }
        // Another panic during a panic would end the process.
        _ = catch_unwind(AssertUnwindSafe(|| {
            self.roll_back();
            self.drop_work();
        }));
    }
}

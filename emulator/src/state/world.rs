//! The whole state of the process, and how it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use securityhub_engine::{Derive as DeriveForm, Field, FieldId, FieldKind, Filter, Schema};
use securityhub_fixtures::fields::{FILTER_FIELDS, FilterField, FilterKind, OCSF_FIELDS};

use super::change::Change;
use super::change_log::ChangeLog;
use super::clock::{Clock, Timestamp};
use super::delays::Delays;
use super::directory::{Credential, Directory, Principal};
use super::due::{CheckScope, Due, DueSet};
use super::event_sink::EventSink;
use super::events::Events;
use super::export_job::ExportSink;
use super::exposures::{Changed, Exposures, Signals};
use super::fault::WorldFaults;
use super::findings::Findings;
use super::held::HeldRelations;
use super::hub::{Hub, HubKey};
use super::hub_v2::HubV2;
use super::ids::IdSource;
use super::inventory::{Inventories, Inventory, InventorySource};
use super::locked_findings::LockedFindings;
use super::names::{AccountId, Region, TableKey};
use super::relations::Relations;
use super::resources::Resources;
use super::scores::DailyScores;
use super::sessions::{SESSION_KEY, Sessions};
use super::settings_v2::SettingsV2;
use super::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use super::sync::{Mutex, MutexGuard, RwLock, SharedMap};
use crate::ocsf::{Converter, Settings};

mod emitting;

/// The whole state of the process.
pub struct World {
    /// The name of its scenario, if it has one.
    pub name: Option<String>,
    /// The clock.
    pub clock: Clock,
    /// The number of worlds that preceded this one in the process.
    epoch: u64,
    /// Simulated delays of asynchronous AWS work.
    pub delays: Delays,
    /// Security scores that are computed once a day; `None` if they are computed on every read.
    pub daily_scores: Option<DailyScores>,
    /// Settings of the V2 half.
    pub v2_settings: SettingsV2,
    /// The sinks of events that its scenario declares, by name. They are valid.
    pub event_sinks: Arc<BTreeMap<String, EventSink>>,
    /// The source of resource IDs.
    pub ids: IdSource,
    /// Faults and rate limits.
    pub faults: WorldFaults,
    /// Held by the writer of hubs and relations, so that what it has read is still valid when it commits.
    writers: Mutex<()>,
    /// Relations, hubs and declared resources, published as one value.
    pub(super) relations: RwLock<Arc<Relations>>,
    /// Sessions of roles. They are opened without a transaction, because relations do not depend on them.
    pub(super) sessions: Sessions,
    pub(super) findings: SharedMap<Region, Arc<LockedFindings>>,
    /// Findings that exist only in OCSF. Most worlds have none.
    pub(super) ocsf_only: SharedMap<Region, Arc<LockedFindings>>,
    /// The number of findings, so that counting them does not need the locks of tables.
    pub(super) finding_count: AtomicUsize,
    /// Replicas of other Regions' findings in home Regions. Most worlds have none.
    pub(super) replicas: RwLock<BTreeMap<TableKey, Arc<LockedFindings>>>,
    pub(super) schema: Arc<Schema>,
    /// Converts findings to OCSF.
    pub(super) ocsf: Arc<Converter>,
    /// Inventories that were computed from findings.
    inventories: Inventories,
    pub(super) exposures: Exposures,
    pub(super) due: Mutex<DueSet>,
    /// Due time of the first entry of `due` in milliseconds, so that a call can check it without the lock.
    first_due: AtomicI64,
    /// Incremented when relations change and when pending work is done.
    revision: AtomicU64,
    /// The next sequence number. Findings are numbered in the order of creation, across accounts and Regions (SRT-08).
    pub(super) sequence: AtomicU64,
    /// Events sent to hubs; `None` if events are disabled or the world is still being set up.
    pub(super) events: Option<Events>,
    /// Writes exported objects; `None` if jobs keep their output.
    export_sink: Option<ExportSink>,
    /// This world, if it is served.
    this: Weak<World>,
    /// Receives records of changes; `None` if they are lost at the end of the process.
    pub(super) change_log: Option<Arc<dyn ChangeLog>>,
    /// Called before each commit, for tests that panic there.
    #[cfg(test)]
    pub(crate) hook: Mutex<Option<Box<dyn Fn() + Send>>>,
}

impl Default for World {
    fn default() -> Self {
        World::new(Clock::default(), 0)
    }
}

impl World {
    /// An empty world.
    pub fn new(clock: Clock, seed: u64) -> World {
        let ocsf = Arc::new(Converter::default());
        World {
            name: None,
            clock,
            epoch: 0,
            delays: Delays::default(),
            daily_scores: None,
            v2_settings: SettingsV2::default(),
            event_sinks: Arc::default(),
            ids: IdSource::new(seed),
            faults: WorldFaults::default(),
            writers: Mutex::default(),
            relations: RwLock::default(),
            sessions: Sessions::default(),
            findings: SharedMap::new(),
            ocsf_only: SharedMap::new(),
            finding_count: AtomicUsize::new(0),
            replicas: RwLock::default(),
            schema: schema(&ocsf),
            ocsf,
            inventories: Inventories::default(),
            exposures: Exposures::default(),
            due: Mutex::default(),
            first_due: AtomicI64::new(i64::MAX),
            revision: AtomicU64::new(0),
            sequence: AtomicU64::new(0),
            events: None,
            export_sink: None,
            this: Weak::new(),
            change_log: None,
            #[cfg(test)]
            hook: Mutex::default(),
        }
    }

    /// The world that can also be reached from threads that outlive a call ([`World::this`]).
    pub fn shared(mut self) -> Arc<World> {
        Arc::new_cyclic(|this| {
            self.this = this.clone();
            self
        })
    }

    /// This world, for work after the end of a call. Leads nowhere if the world was not made by [`World::shared`].
    pub fn this(&self) -> Weak<World> {
        self.this.clone()
    }

    /// A fork of this world, with the clock at its start. It does not emit events yet.
    #[must_use]
    pub fn restarted(&self) -> World {
        self.fork(&self.lock_relations(), self.clock.restarted())
    }

    /// A fork of this world whose clock starts at the current time. It does not emit events yet.
    #[must_use]
    pub fn saved(&self) -> World {
        self.fork(&self.lock_relations(), self.clock.from_now())
    }

    /// A fork of this world to read from while others write to this world. It emits no events and exports nothing.
    pub(super) fn snapshot(&self, held: &HeldRelations<'_>) -> World {
        self.fork(held, Clock::frozen(self.clock.now()))
    }

    /// A fork shares everything that neither side has written since, so forking takes the same time regardless of the
    /// size of the world.
    pub(super) fn fork(&self, held: &HeldRelations<'_>, clock: Clock) -> World {
        let share = |stored: &Arc<LockedFindings>| LockedFindings::new(Arc::clone(&stored.read()));
        World {
            name: self.name.clone(),
            clock,
            epoch: self.epoch,
            delays: self.delays,
            daily_scores: self.daily_scores.clone(),
            v2_settings: self.v2_settings,
            event_sinks: Arc::clone(&self.event_sinks),
            ids: self.ids.fork(),
            faults: self.faults.fork(),
            writers: Mutex::default(),
            relations: RwLock::new(held.relations()),
            sessions: self.sessions.fork(),
            finding_count: AtomicUsize::new(self.finding_count.load(Ordering::Relaxed)),
            findings: self.findings.iter().map(|it| (it.key().clone(), share(it.value()))).collect(),
            ocsf_only: self.ocsf_only.iter().map(|it| (it.key().clone(), share(it.value()))).collect(),
            replicas: RwLock::new(self.replicas.read().iter().map(|(table, it)| (table.clone(), share(it))).collect()),
            schema: Arc::clone(&self.schema),
            ocsf: Arc::clone(&self.ocsf),
            inventories: Inventories::default(),
            exposures: self.exposures.fork(),
            due: Mutex::new(self.due.lock().clone()),
            first_due: AtomicI64::new(self.first_due.load(Ordering::Acquire)),
            revision: AtomicU64::new(0),
            sequence: AtomicU64::new(self.sequence.load(Ordering::Acquire)),
            events: None,
            export_sink: None,
            this: Weak::new(),
            change_log: None,
            #[cfg(test)]
            hook: Mutex::default(),
        }
    }

    #[cfg(test)]
    pub(super) fn call_hook(&self) {
        if let Some(hook) = &*self.hook.lock() {
            hook();
        }
    }

    /// Distinguishes this world from earlier ones of the process. Tokens of one world are not valid in another.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Sets [`World::epoch`]. To be called before the world is used.
    pub fn set_epoch(&mut self, epoch: u64) {
        self.epoch = epoch;
    }

    /// Makes jobs write exported objects with `sink`. Must be called before the world is used.
    pub fn set_export_sink(&mut self, sink: Option<ExportSink>) {
        self.export_sink = sink;
    }

    /// The function that writes exported objects; `None` if jobs keep their output.
    pub fn export_sink(&self) -> Option<&ExportSink> {
        self.export_sink.as_ref()
    }

    /// A snapshot of relations, hubs and declared resources. A call that reads several of them takes one snapshot.
    pub fn relations(&self) -> Arc<Relations> {
        Arc::clone(&self.relations.read())
    }

    /// The current relations between accounts.
    pub fn directory(&self) -> Arc<Directory> {
        Arc::clone(self.relations.read().directory())
    }

    /// Opens a session of a role. The access key must begin with [`SESSION_KEY`].
    pub fn open_session(&self, access_key: String, credential: Credential, ends_at: Timestamp, now: Timestamp) {
        self.sessions.open(access_key, credential, ends_at, now);
    }

    /// The credential of an access key: one that the scenario lists, or that of a session that has not expired.
    pub fn credential(&self, access_key: &str, now: Timestamp) -> Option<Credential> {
        self.directory().credentials.get(access_key).cloned().or_else(|| self.sessions.get(access_key, now))
    }

    /// The principal of an access key: that of its credential; otherwise the local user of the account if the key is an
    /// account ID; otherwise the local user of the default account. `None` if the key belongs to an expired session.
    pub fn principal(&self, access_key: &str, default_account: AccountId, now: Timestamp) -> Option<Principal> {
        if let Some(credential) = self.credential(access_key, now) {
            return Some(credential.principal);
        }
        let is_over = access_key.starts_with(SESSION_KEY);
        (!is_over).then(|| Principal::local_user(AccountId::parse(access_key).unwrap_or(default_account)))
    }

    /// The current declared resources.
    pub fn resources(&self) -> Option<Arc<Resources>> {
        self.relations.read().resources().cloned()
    }

    /// Returns whether any account has ever enabled a V2 hub.
    pub fn has_hubs_v2(&self) -> bool {
        self.relations.read().hubs_v2().next().is_some()
    }

    /// The current state of a hub, enabled or dormant.
    pub fn hub(&self, key: &HubKey) -> Option<Arc<Hub>> {
        self.relations.read().hub(key).cloned()
    }

    /// The current state of a V2 hub, enabled or dormant.
    pub fn hub_v2(&self, key: &HubKey) -> Option<Arc<HubV2>> {
        self.relations.read().hub_v2(key).cloned()
    }

    /// The Regions in which findings have ever been stored.
    pub fn finding_regions(&self) -> BTreeSet<Region> {
        self.findings.iter().map(|findings| findings.key().clone()).collect()
    }

    /// The inventory of a source. It is computed unless an earlier call has kept it.
    pub fn inventory(
        &self,
        source: InventorySource,
        now: Timestamp,
        compute: impl FnOnce() -> Inventory,
    ) -> Arc<Inventory> {
        if let Some(known) = self.inventories.get(&source, now) {
            return known;
        }
        let inventory = Arc::new(compute());
        self.inventories.keep(source, &inventory);
        inventory
    }

    /// The number of inventories that are kept.
    #[cfg(test)]
    pub fn kept_inventories(&self) -> usize {
        self.inventories.count()
    }

    /// Records the changes that exposures depend on, and returns the due entries that compute the exposures. Worlds
    /// without V2 hubs skip this.
    pub(super) fn note_for_exposures(
        &self,
        changes: &[Change],
        due_at: Option<Timestamp>,
        relations: &Relations,
    ) -> Vec<(Timestamp, Due)> {
        if changes.is_empty() || relations.hubs_v2().next().is_none() {
            return Vec::new();
        }
        let now = due_at.unwrap_or_else(|| self.clock.now());
        let at = now.checked_add(self.delays.exposures).unwrap_or(Timestamp::MAX);
        let regions = self.exposures.note(changes, relations);
        regions.into_iter().map(|region| (at, Due::ComputeExposures(region))).collect()
    }

    /// Undoes [`World::note_for_exposures`] and the computations in `taken`, which were not recorded.
    pub(super) fn forget_exposures(&self, noted: &[(Timestamp, Due)], taken: &[(Timestamp, Due)]) {
        for (_, due) in noted {
            if let Due::ComputeExposures(region) = due {
                self.exposures.forget(region);
            }
        }
        for (_, due) in taken {
            if let Due::ComputeExposures(region) = due {
                self.exposures.restore(region.clone());
            }
        }
    }

    /// The changes in a Region since the last call of this function.
    pub fn take_changed(&self, region: &Region) -> Changed {
        self.exposures.take(region)
    }

    /// The signals that the last computation of exposures read from findings and declared resources of a Region.
    pub fn signals(&self, region: &Region) -> Option<Arc<Signals>> {
        self.exposures.signals(region)
    }

    /// Keeps signals for the next computation.
    pub fn keep_signals(&self, region: &Region, signals: Signals) {
        self.exposures.keep(region, signals);
    }

    /// The Regions in which findings that exist only in OCSF have ever been stored.
    pub fn ocsf_only_regions(&self) -> BTreeSet<Region> {
        self.ocsf_only.iter().map(|findings| findings.key().clone()).collect()
    }

    /// The Regions with findings of any kind, including replicas.
    pub fn table_regions(&self) -> BTreeSet<Region> {
        let of_replicas = self.replica_tables().into_iter().map(|table| table.region);
        self.finding_regions().into_iter().chain(self.ocsf_only_regions()).chain(of_replicas).collect()
    }

    /// The tables of replicas that are not empty.
    pub fn replica_tables(&self) -> Vec<TableKey> {
        let each = |(table, findings): (&TableKey, &Arc<LockedFindings>)| (table.clone(), Arc::clone(findings));
        let mut tables: Vec<_> = self.replicas.read().iter().map(each).collect();
        tables.retain(|(_, findings)| !findings.read().table().is_empty());
        tables.into_iter().map(|(table, _)| table).collect()
    }

    /// The number of stored findings, without replicas.
    pub fn finding_count(&self) -> usize {
        self.finding_count.load(Ordering::Relaxed)
    }

    /// The filterable fields of a finding, in ASFF and derived from it in OCSF.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The converter of findings to OCSF.
    pub fn ocsf(&self) -> &Converter {
        &self.ocsf
    }

    /// Sets how findings are converted to OCSF. Must be called before the world has findings.
    pub fn set_ocsf(&mut self, settings: Settings) {
        self.ocsf = Arc::new(Converter { settings });
        self.schema = schema(&self.ocsf);
    }

    /// Reads a table of findings under its lock; `None` if there is no such table.
    pub fn read_findings<R>(&self, table: impl Into<TableKey>, read: impl FnOnce(&Findings) -> R) -> Option<R> {
        let findings = self.find_table(&table.into())?;
        let findings = findings.read();
        Some(read(&findings))
    }

    /// Like [`World::read_findings`], for a query with `filter` that sorts or groups by `fields`. Missing columns are
    /// built first, without blocking writers.
    pub fn query_findings<R>(
        &self,
        table: &TableKey,
        filter: &Filter,
        fields: &[FieldId],
        read: impl FnOnce(&Findings) -> R,
    ) -> Option<R> {
        let findings = self.find_table(table)?;
        findings.build_columns(filter, fields);
        let findings = findings.read();
        Some(read(&findings))
    }

    /// The findings of a table as they are now, with the columns of `filter`; `None` if there is no such table. A reader
    /// that works on many findings takes a snapshot, because writers would wait for one that holds the lock.
    pub fn snapshot_of_findings(&self, table: &TableKey, filter: &Filter) -> Option<Arc<Findings>> {
        let findings = self.find_table(table)?;
        findings.build_columns(filter, &[]);
        let snapshot = Arc::clone(&findings.read());
        Some(snapshot)
    }

    /// The current findings of a table, without columns; `None` if the table does not exist.
    pub fn frozen_findings(&self, table: &TableKey) -> Option<Arc<Findings>> {
        let findings = self.find_table(table)?;
        let frozen = Arc::clone(&findings.read());
        Some(frozen)
    }

    /// Like [`World::read_findings`], but returns `None` if a writer holds the lock.
    pub fn try_read_findings<R>(&self, table: &TableKey, read: impl FnOnce(&Findings) -> R) -> Option<R> {
        let findings = self.find_table(table)?;
        let findings = findings.try_read()?;
        Some(read(&findings))
    }

    /// The table of findings, if anything was ever written to it.
    pub(super) fn find_table(&self, table: &TableKey) -> Option<Arc<LockedFindings>> {
        match table.origin {
            None if table.is_ocsf_only => self.ocsf_only.get(&table.region).map(|stored| Arc::clone(&stored)),
            None => self.findings.get(&table.region).map(|stored| Arc::clone(&stored)),
            Some(_) => self.replicas.read().get(table).map(Arc::clone),
        }
    }

    /// Waits for the current writer of hubs and relations, and locks out others.
    pub(super) fn lock_relations(&self) -> HeldRelations<'_> {
        HeldRelations::new(self.writers.lock(), || self.relations())
    }

    /// Returns whether work is due at `now` or in progress.
    pub fn is_due(&self, now: Timestamp) -> bool {
        now.as_millisecond() >= self.first_due.load(Ordering::Acquire)
    }

    /// The real time until work is due; `None` if no work is pending or the clock is frozen.
    pub fn time_to_due(&self) -> Option<Duration> {
        let first = self.first_due.load(Ordering::Acquire);
        let left = first.saturating_sub(self.clock.now().as_millisecond()).max(0).unsigned_abs();
        (first < i64::MAX && !self.clock.is_frozen()).then(|| Duration::from_millis(left + 1))
    }

    /// Takes the next entry that is due. The writers' lock ensures that entries are processed one at a time and in
    /// order. [`World::is_due`] stays true until the transaction commits.
    pub(super) fn take_due(&self, now: Timestamp, _: &HeldRelations<'_>) -> Option<(Timestamp, Due)> {
        let mut due = self.due.lock();
        let entry = due.take(now);
        self.update_first_due(&due);
        entry
    }

    pub(super) fn take_checks(&self, at: Timestamp, hub: &HubKey, _: &HeldRelations<'_>) -> Vec<CheckScope> {
        self.due.lock().take_checks(at, hub)
    }

    pub(super) fn take_exposures(&self, _: &HeldRelations<'_>) -> Vec<(Timestamp, Due)> {
        let mut due = self.due.lock();
        let taken = due.take_exposures();
        self.update_first_due(&due);
        taken
    }

    /// Returns whether the same work is pending.
    pub fn has_due(&self, due: &Due) -> bool {
        self.due.lock().has(due)
    }

    /// Adds the pending work that a transaction staged. `has_done` is true if the transaction had taken an entry, which
    /// is now done.
    pub(super) fn schedule(&self, entries: Vec<(Timestamp, Due)>, has_done: bool) {
        if entries.is_empty() && !has_done {
            return;
        }
        let mut due = self.due.lock();
        for (at, entry) in entries {
            due.insert(at, entry);
        }
        if has_done {
            due.done();
            self.revision.fetch_add(1, Ordering::AcqRel);
        }
        self.update_first_due(&due);
    }

    pub(super) fn update_first_due(&self, due: &MutexGuard<'_, DueSet>) {
        let first = due.first().map_or(i64::MAX, Timestamp::as_millisecond);
        self.first_due.store(first, Ordering::Release);
    }

    /// Publishes what a transaction staged, in one step.
    pub(super) fn publish(&self, relations: Relations, _: &HeldRelations<'_>) {
        let mut published = self.relations.write();
        // Incremented under the write lock: a reader that reads the counter before the relations sees either both
        // changes or none.
        self.revision.fetch_add(1, Ordering::AcqRel);
        *published = Arc::new(relations);
    }

    /// A counter that is incremented when relations change or pending work is done. A caller that finds the same value
    /// before and after reading, and nothing due afterwards, has read a consistent state.
    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    /// Writes to a table of findings under its lock.
    pub(super) fn edit_findings<R>(&self, table: &TableKey, edit: impl FnOnce(&mut Findings, &AtomicU64) -> R) -> R {
        let findings = self.table(table);
        let mut findings = findings.write();
        let before = findings.table().len();
        let result = edit(Arc::make_mut(&mut findings), &self.sequence);
        if table.origin.is_none() {
            // Wrapping subtraction: adding the difference modulo 2^64 also handles a decrease.
            self.finding_count.fetch_add(findings.table().len().wrapping_sub(before), Ordering::Relaxed);
        }
        result
    }

    /// Changes findings of several tables while holding all of their locks, which are taken in the order of the set.
    /// Findings must not be added or removed.
    pub(super) fn edit_together<R>(
        &self,
        tables: &BTreeSet<TableKey>,
        edit: impl FnOnce(&mut [&mut Findings], &AtomicU64) -> R,
    ) -> R {
        let stored: Vec<Arc<LockedFindings>> = tables.iter().map(|table| self.table(table)).collect();
        let mut locked: Vec<_> = stored.iter().map(|findings| findings.write()).collect();
        let mut findings: Vec<&mut Findings> = locked.iter_mut().map(|findings| Arc::make_mut(findings)).collect();
        edit(&mut findings, &self.sequence)
    }

    /// An empty table of findings.
    pub(super) fn new_table(&self) -> Arc<Findings> {
        Arc::new(Findings::new(Arc::clone(&self.schema)))
    }

    /// The table of findings, created if it does not exist.
    fn table(&self, table: &TableKey) -> Arc<LockedFindings> {
        let empty = || LockedFindings::new(self.new_table());
        match table.origin {
            None if table.is_ocsf_only => {
                Arc::clone(&*self.ocsf_only.entry(table.region.clone()).or_insert_with(empty))
            }
            None => Arc::clone(&*self.findings.entry(table.region.clone()).or_insert_with(empty)),
            Some(_) => Arc::clone(self.replicas.write().entry(table.clone()).or_insert_with(empty)),
        }
    }
}

fn schema(ocsf: &Arc<Converter>) -> Arc<Schema> {
    let field = |field: &FilterField| Field {
        name: field.name,
        path: field.path,
        kind: match field.kind {
            FilterKind::String => FieldKind::String,
            FilterKind::Number => FieldKind::Number,
            FilterKind::Date => FieldKind::Date,
            FilterKind::Map => FieldKind::Map,
            FilterKind::Ip => FieldKind::Ip,
            FilterKind::Keyword => FieldKind::Keyword,
            FilterKind::Boolean => FieldKind::Boolean,
        },
    };
    let stored: Vec<Field> = FILTER_FIELDS.iter().map(field).collect();
    let derived: Vec<Field> = OCSF_FIELDS.iter().map(|of_ocsf| field(&of_ocsf.field)).collect();
    Arc::new(Schema::new(&stored).with_derived(Arc::clone(ocsf) as Arc<dyn DeriveForm>, &derived))
}

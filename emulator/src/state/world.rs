//! Everything that a process holds, and how it is read.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use dashmap::DashMap;
use parking_lot::{Mutex, MutexGuard, RwLock};
use securityhub_engine::{Field, FieldKind, Schema};
use securityhub_fixtures::fields::{FILTER_FIELDS, FilterKind};

use super::clock::{Clock, Timestamp};
use super::delays::Delays;
use super::directory::Directory;
use super::due::{Due, DueSet};
use super::findings::Findings;
use super::hub::{Hub, HubKey};
use super::ids::IdSource;
use super::names::Region;
use super::resources::Resources;
use super::transaction::Transaction;

/// Everything that a process holds.
pub struct World {
    /// The one clock.
    pub clock: Clock,
    /// How long what AWS does later takes.
    pub delays: Delays,
    /// What the scenario declares of resources; without it no control is checked.
    pub resources: Option<Resources>,
    /// The one source of ids of resources.
    pub ids: IdSource,
    /// One writer of relations and hubs at a time: what it read is still so when it commits.
    writers: Mutex<()>,
    directory: RwLock<Arc<Directory>>,
    hubs: DashMap<HubKey, Arc<Hub>>,
    findings: DashMap<Region, Arc<RwLock<Findings>>>,
    schema: Arc<Schema>,
    due: Mutex<DueSet>,
    /// When the first entry of `due` is due, in milliseconds, so that a call need not lock to see it.
    first_due: AtomicI64,
    /// Numbers findings in the order in which they are first stored, over all accounts and regions (SRT-08).
    sequence: AtomicU64,
}

impl Default for World {
    fn default() -> Self {
        World::new(Clock::default(), 0)
    }
}

impl World {
    /// An empty world.
    pub fn new(clock: Clock, seed: u64) -> World {
        World {
            clock,
            delays: Delays::default(),
            resources: None,
            ids: IdSource::new(seed),
            writers: Mutex::default(),
            directory: RwLock::default(),
            hubs: DashMap::new(),
            findings: DashMap::new(),
            schema: Arc::new(Schema::new(&fields())),
            due: Mutex::default(),
            first_due: AtomicI64::new(i64::MAX),
            sequence: AtomicU64::new(0),
        }
    }

    /// The relations, as they are now.
    pub fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.read())
    }

    /// A hub, enabled or dormant.
    pub fn hub(&self, key: &HubKey) -> Option<Arc<Hub>> {
        self.hubs.get(key).map(|hub| Arc::clone(&hub))
    }

    /// How many hubs are kept, dormant ones included.
    pub fn hub_count(&self) -> usize {
        self.hubs.len()
    }

    /// The regions that hubs are kept in, dormant ones included.
    pub fn hub_regions(&self) -> BTreeSet<Region> {
        self.hubs.iter().map(|hub| hub.key().region.clone()).collect()
    }

    /// How many findings are stored.
    pub fn finding_count(&self) -> usize {
        let regions: Vec<_> = self.findings.iter().map(|findings| Arc::clone(&findings)).collect();
        regions.iter().map(|findings| findings.read().table().len()).sum()
    }

    /// The filterable fields of a finding.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Reads a region's findings under its lock; `None` when the region has none.
    pub fn read_findings<R>(&self, region: &Region, read: impl FnOnce(&Findings) -> R) -> Option<R> {
        let findings = Arc::clone(&*self.findings.get(region)?);
        let findings = findings.read();
        Some(read(&findings))
    }

    /// Starts a transaction on hubs and relations; it waits for the one before.
    pub fn write(&self) -> Transaction<'_> {
        Transaction::new(self, Some(self.writers.lock()))
    }

    /// Starts a transaction on findings alone; it does not wait for writers of hubs.
    pub fn write_findings(&self) -> Transaction<'_> {
        Transaction::new(self, None)
    }

    /// Takes the next thing that is due at `now`.
    pub fn take_due(&self, now: Timestamp) -> Option<(Timestamp, Due)> {
        if now.as_millisecond() < self.first_due.load(Ordering::Acquire) {
            return None;
        }
        let mut due = self.due.lock();
        let taken = due.take(now);
        self.note_first_due(&due);
        taken
    }

    pub(super) fn put_due(&self, entries: Vec<(Timestamp, Due)>) {
        if entries.is_empty() {
            return;
        }
        let mut due = self.due.lock();
        for (at, entry) in entries {
            due.insert(at, entry);
        }
        self.note_first_due(&due);
    }

    fn note_first_due(&self, due: &MutexGuard<'_, DueSet>) {
        let first = due.first().map_or(i64::MAX, Timestamp::as_millisecond);
        self.first_due.store(first, Ordering::Release);
    }

    pub(super) fn replace_directory(&self, directory: Directory) {
        *self.directory.write() = Arc::new(directory);
    }

    pub(super) fn put_hub(&self, key: HubKey, hub: Arc<Hub>) {
        self.hubs.insert(key, hub);
    }

    pub(super) fn remove_hub(&self, key: &HubKey) {
        self.hubs.remove(key);
    }

    /// Writes a region's findings under its lock.
    pub(super) fn edit_findings<R>(&self, region: &Region, edit: impl FnOnce(&mut Findings, &AtomicU64) -> R) -> R {
        let findings = Arc::clone(
            &*self
                .findings
                .entry(region.clone())
                .or_insert_with(|| Arc::new(RwLock::new(Findings::new(Arc::clone(&self.schema))))),
        );
        let mut findings = findings.write();
        edit(&mut findings, &self.sequence)
    }
}

fn fields() -> Vec<Field> {
    let field = |field: &securityhub_fixtures::fields::FilterField| Field {
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
    FILTER_FIELDS.iter().map(field).collect()
}

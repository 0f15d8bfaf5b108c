//! Everything that a process holds, and how it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use securityhub_engine::{Field, FieldId, FieldKind, Filter, Schema};
use securityhub_fixtures::fields::{FILTER_FIELDS, FilterKind};

use super::clock::{Clock, Timestamp};
use super::delays::Delays;
use super::directory::{Credential, Directory, Principal};
use super::due::{CheckScope, Due, DueSet};
use super::events::{Derive, Draft, Event, EventPage, Events};
use super::findings::Findings;
use super::findings_transaction::FindingsTransaction;
use super::held::HeldRelations;
use super::hub::{Hub, HubKey};
use super::ids::IdSource;
use super::names::{AccountId, Place, Region};
use super::relations::Relations;
use super::resources::Resources;
use super::scores::DailyScores;
use super::sessions::{SESSION_KEY, Sessions};
use super::stored::Stored;
use super::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use super::sync::{Mutex, MutexGuard, RwLock, SharedMap};
use super::transaction::Transaction;
use super::written::Written;

/// Everything that a process holds.
pub struct World {
    /// The one clock.
    pub clock: Clock,
    /// Counts the worlds of the process before this one.
    epoch: u64,
    /// How long what AWS does later takes.
    pub delays: Delays,
    /// Security scores that are computed once a day; none where they are computed when they are read.
    pub daily_scores: Option<DailyScores>,
    /// The one source of ids of resources.
    pub ids: IdSource,
    /// One writer of relations and hubs at a time: what it read is still so when it commits.
    writers: Mutex<()>,
    /// Relations, hubs and declared resources, published as one value.
    relations: RwLock<Arc<Relations>>,
    /// Sessions of roles; they are opened without a transaction, since no relation depends on them.
    sessions: Sessions,
    findings: SharedMap<Region, Arc<Stored>>,
    /// How many findings there are, so that whoever only counts them does not wait for their locks.
    finding_count: AtomicUsize,
    /// Replicas that regions left in home regions; most worlds have none.
    replicas: RwLock<BTreeMap<Place, Arc<Stored>>>,
    schema: Arc<Schema>,
    due: Mutex<DueSet>,
    /// When the first entry of `due` is due, in milliseconds, so that a call need not lock to see it.
    first_due: AtomicI64,
    /// Counts changes of relations and entries of `due` that were done.
    moment: AtomicU64,
    /// Numbers findings in the order in which they are first stored, over all accounts and regions (SRT-08).
    sequence: AtomicU64,
    /// What hubs are told; none where nobody looks, and while a world is set up.
    events: Option<Events>,
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
            epoch: 0,
            delays: Delays::default(),
            daily_scores: None,
            ids: IdSource::new(seed),
            writers: Mutex::default(),
            relations: RwLock::default(),
            sessions: Sessions::default(),
            findings: SharedMap::new(),
            finding_count: AtomicUsize::new(0),
            replicas: RwLock::default(),
            schema: Arc::new(Schema::new(&fields())),
            due: Mutex::default(),
            first_due: AtomicI64::new(i64::MAX),
            moment: AtomicU64::new(0),
            sequence: AtomicU64::new(0),
            events: None,
        }
    }

    /// A world that begins as this one is, at the start of its clock, and goes on apart from it. It makes no events yet.
    ///
    /// It shares all that neither of both writes, so that it costs the same whatever the world holds.
    #[must_use]
    pub fn restarted(&self) -> World {
        let held = self.hold_relations();
        let share = |stored: &Arc<Stored>| Stored::new(Arc::clone(&stored.read()));
        World {
            clock: self.clock.restarted(),
            epoch: self.epoch,
            delays: self.delays,
            // Nobody has looked at the scores of a world that begins.
            daily_scores: self.daily_scores.as_ref().map(|_| DailyScores::default()),
            ids: self.ids.fork(),
            writers: Mutex::default(),
            relations: RwLock::new(held.relations()),
            sessions: Sessions::default(),
            finding_count: AtomicUsize::new(self.finding_count.load(Ordering::Relaxed)),
            findings: self.findings.iter().map(|it| (it.key().clone(), share(it.value()))).collect(),
            replicas: RwLock::new(self.replicas.read().iter().map(|(place, it)| (place.clone(), share(it))).collect()),
            schema: Arc::clone(&self.schema),
            due: Mutex::new(self.due.lock().clone()),
            first_due: AtomicI64::new(self.first_due.load(Ordering::Acquire)),
            moment: AtomicU64::new(0),
            sequence: AtomicU64::new(self.sequence.load(Ordering::Acquire)),
            events: None,
        }
    }

    /// Tells this world from those that the process held before: tokens of one are not good for another.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Sets [`World::epoch`], before the world is used.
    pub fn set_epoch(&mut self, epoch: u64) {
        self.epoch = epoch;
    }

    /// From now on makes events of what is written, and keeps the newest `most` of them; 0 makes none. Their numbers
    /// begin after `after`.
    pub fn make_events(&mut self, most: usize, derive: Derive, after: u64) {
        self.events = (most > 0).then(|| Events::new(most, derive, after));
    }

    /// Whether events are made.
    pub fn makes_events(&self) -> bool {
        self.events.is_some()
    }

    /// Up to `most` events after a number that are meant, oldest first.
    pub fn events(&self, after: u64, most: usize, is_meant: impl Fn(&Event) -> bool) -> EventPage {
        self.events.as_ref().map(|events| events.page(after, most, is_meant)).unwrap_or_default()
    }

    /// Makes no events from now on, also not of calls that have begun; gives the number of the last one. The world that
    /// follows this one numbers its events from there.
    pub fn close_events(&self) -> u64 {
        self.events.as_ref().map(Events::close).unwrap_or_default()
    }

    /// Takes all events that are kept, oldest first; their numbers do not come back.
    pub fn take_events(&self) -> Vec<Event> {
        self.events.as_ref().map(Events::take).unwrap_or_default()
    }

    /// A note of findings of a place that are written, if events are made.
    pub(super) fn begin_note(&self, place: &Place, due_at: Option<Timestamp>) -> Option<Written> {
        self.events.as_ref().map(|events| events.begin(place.clone(), due_at.unwrap_or_else(|| self.clock.now())))
    }

    /// Notes what was written. To be called under the lock of its table.
    pub(super) fn note_written(&self, written: Option<Written>) {
        if let (Some(events), Some(written)) = (&self.events, written) {
            events.note(written);
        }
    }

    pub(super) fn tell(&self, drafts: Vec<Draft>, due_at: Option<Timestamp>) {
        if let Some(events) = &self.events {
            events.tell(self, drafts, due_at.unwrap_or_else(|| self.clock.now()));
        }
    }

    /// Relations, hubs and declared resources at this moment. A call that looks at several of them takes this once.
    pub fn relations(&self) -> Arc<Relations> {
        Arc::clone(&self.relations.read())
    }

    /// The relations between accounts at this moment.
    pub fn directory(&self) -> Arc<Directory> {
        Arc::clone(self.relations.read().directory())
    }

    /// Opens a session of a role under an access key that begins with [`SESSION_KEY`].
    pub fn open_session(&self, access_key: String, credential: Credential, ends_at: Timestamp, now: Timestamp) {
        self.sessions.open(access_key, credential, ends_at, now);
    }

    /// The credential of an access key: one that the scenario lists, or a session that is not over.
    pub fn credential(&self, access_key: &str, now: Timestamp) -> Option<Credential> {
        self.directory().credentials.get(access_key).cloned().or_else(|| self.sessions.get(access_key, now))
    }

    /// The principal of an access key: of its credential, else the local user of the account whose twelve digits it is,
    /// else of the default account. `None` when the key belongs to a session that is over.
    pub fn principal(&self, access_key: &str, default_account: AccountId, now: Timestamp) -> Option<Principal> {
        if let Some(credential) = self.credential(access_key, now) {
            return Some(credential.principal);
        }
        let is_over = access_key.starts_with(SESSION_KEY);
        (!is_over).then(|| Principal::local_user(AccountId::parse(access_key).unwrap_or(default_account)))
    }

    /// The declared resources at this moment.
    pub fn resources(&self) -> Option<Arc<Resources>> {
        self.relations.read().resources().cloned()
    }

    /// A hub at this moment, enabled or dormant.
    pub fn hub(&self, key: &HubKey) -> Option<Arc<Hub>> {
        self.relations.read().hub(key).cloned()
    }

    /// The Regions that findings were written in; all of them may have gone since.
    pub fn finding_regions(&self) -> BTreeSet<Region> {
        self.findings.iter().map(|findings| findings.key().clone()).collect()
    }

    /// Where there are replicas of other regions' findings.
    pub fn replica_places(&self) -> Vec<Place> {
        let each = |(place, findings): (&Place, &Arc<Stored>)| (place.clone(), Arc::clone(findings));
        let mut places: Vec<_> = self.replicas.read().iter().map(each).collect();
        places.retain(|(_, findings)| !findings.read().table().is_empty());
        places.into_iter().map(|(place, _)| place).collect()
    }

    /// How many findings are stored, replicas not counted.
    pub fn finding_count(&self) -> usize {
        self.finding_count.load(Ordering::Relaxed)
    }

    /// The filterable fields of a finding.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Reads the findings of a place under its lock; `None` when it has none.
    pub fn read_findings<R>(&self, place: impl Into<Place>, read: impl FnOnce(&Findings) -> R) -> Option<R> {
        let findings = self.find_stored(&place.into())?;
        let findings = findings.read();
        Some(read(&findings))
    }

    /// [`World::read_findings`] for a question that a filter asks, with `fields` that it sorts or groups by. Columns that
    /// it needs first are built without holding writers up.
    pub fn query_findings<R>(
        &self,
        place: &Place,
        filter: &Filter,
        fields: &[FieldId],
        read: impl FnOnce(&Findings) -> R,
    ) -> Option<R> {
        let findings = self.find_stored(place)?;
        findings.build_columns(filter, fields);
        let findings = findings.read();
        Some(read(&findings))
    }

    /// [`World::read_findings`] if no writer holds the findings now.
    pub fn try_read_findings<R>(&self, place: &Place, read: impl FnOnce(&Findings) -> R) -> Option<R> {
        let findings = self.find_stored(place)?;
        let findings = findings.try_read()?;
        Some(read(&findings))
    }

    /// The findings of a place behind their lock, if any were ever written there.
    fn find_stored(&self, place: &Place) -> Option<Arc<Stored>> {
        match place.origin {
            None => self.findings.get(&place.region).map(|stored| Arc::clone(&stored)),
            Some(_) => self.replicas.read().get(place).map(Arc::clone),
        }
    }

    /// Starts a transaction on hubs and relations; it waits for the one before.
    pub fn write(&self) -> Transaction<'_> {
        Transaction::new(self, self.hold_relations())
    }

    /// Waits for the writer of hubs and relations, and keeps others waiting.
    pub(super) fn hold_relations(&self) -> HeldRelations<'_> {
        HeldRelations::new(self.writers.lock(), || self.relations())
    }

    /// Starts a transaction on findings alone; it does not wait for writers of hubs.
    pub fn write_findings(&self) -> FindingsTransaction<'_> {
        FindingsTransaction::new(self, None)
    }

    /// Whether something is due at `now`, or is being done that was.
    pub fn is_due(&self, now: Timestamp) -> bool {
        now.as_millisecond() >= self.first_due.load(Ordering::Acquire)
    }

    /// Takes the next entry that is due, under the writers' lock, so that entries are done one after the other and in
    /// order; [`World::is_due`] stays true until the taker commits.
    pub(super) fn take_due(&self, now: Timestamp, _: &HeldRelations<'_>) -> Option<(Timestamp, Due)> {
        let mut due = self.due.lock();
        let taken = due.take(now);
        self.note_first_due(&due);
        taken
    }

    pub(super) fn take_checks(&self, at: Timestamp, hub: &HubKey, _: &HeldRelations<'_>) -> Vec<CheckScope> {
        self.due.lock().take_checks(at, hub)
    }

    /// Whether the same is due later.
    pub fn has_due(&self, due: &Due) -> bool {
        self.due.lock().has(due)
    }

    /// Adds what a transaction staged; `has_done` says that the transaction did what it had taken.
    pub(super) fn put_due(&self, entries: Vec<(Timestamp, Due)>, has_done: bool) {
        if entries.is_empty() && !has_done {
            return;
        }
        let mut due = self.due.lock();
        for (at, entry) in entries {
            due.insert(at, entry);
        }
        if has_done {
            due.done();
            self.moment.fetch_add(1, Ordering::AcqRel);
        }
        self.note_first_due(&due);
    }

    fn note_first_due(&self, due: &MutexGuard<'_, DueSet>) {
        let first = due.first().map_or(i64::MAX, Timestamp::as_millisecond);
        self.first_due.store(first, Ordering::Release);
    }

    /// Publishes what a transaction staged, in one step.
    pub(super) fn publish(&self, relations: Relations, _: &HeldRelations<'_>) {
        let mut published = self.relations.write();
        // Who counts before it reads sees neither or both.
        self.moment.fetch_add(1, Ordering::AcqRel);
        *published = Arc::new(relations);
    }

    /// A number that goes up as soon as relations change or something that was due is done. Who finds the same before
    /// and after it reads, and nothing due after, has read one state of them.
    pub fn moment(&self) -> u64 {
        self.moment.load(Ordering::Acquire)
    }

    /// Writes the findings of a place under its lock.
    pub(super) fn edit_findings<R>(&self, place: &Place, edit: impl FnOnce(&mut Findings, &AtomicU64) -> R) -> R {
        let findings = self.stored(place);
        let mut findings = findings.write();
        let before = findings.table().len();
        let result = edit(Arc::make_mut(&mut findings), &self.sequence);
        if place.origin.is_none() {
            // Modulo 2^64, so that a difference below zero takes away.
            self.finding_count.fetch_add(findings.table().len().wrapping_sub(before), Ordering::Relaxed);
        }
        result
    }

    /// Changes findings of several places, none of which is added or removed, under all their locks, which are
    /// taken in the order of the set.
    pub(super) fn edit_together<R>(
        &self,
        places: &BTreeSet<Place>,
        edit: impl FnOnce(&mut [&mut Findings], &AtomicU64) -> R,
    ) -> R {
        let tables: Vec<Arc<Stored>> = places.iter().map(|place| self.stored(place)).collect();
        let mut locked: Vec<_> = tables.iter().map(|findings| findings.write()).collect();
        let mut findings: Vec<&mut Findings> = locked.iter_mut().map(|findings| Arc::make_mut(findings)).collect();
        edit(&mut findings, &self.sequence)
    }

    /// The findings of a place; empty ones are put there first if there are none.
    fn stored(&self, place: &Place) -> Arc<Stored> {
        let empty = || Stored::new(Arc::new(Findings::new(Arc::clone(&self.schema))));
        match place.origin {
            None => Arc::clone(&*self.findings.entry(place.region.clone()).or_insert_with(empty)),
            Some(_) => Arc::clone(self.replicas.write().entry(place.clone()).or_insert_with(empty)),
        }
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

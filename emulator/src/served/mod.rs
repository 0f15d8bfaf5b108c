//! The world being served, its reset and its snapshots, shared by the service and its control plane.

use std::sync::{Arc, OnceLock};

use crate::domain::events;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::metrics::{LogCounters, Metrics};
use crate::sinks::Sinks;
use crate::state::sync::{Mutex, RwLock, thread};
use crate::state::{AccountId, ExportSink, World};

pub mod difference;
mod listener;
pub mod news;
pub mod snapshots;

use listener::Listener;
use news::{News, Topic};
use snapshots::Snapshots;

/// A world that can be reset, together with health information about its service. Clones share it.
#[derive(Clone)]
pub struct ServedWorld(Arc<Inner>);

struct Inner {
    world: RwLock<Arc<World>>,
    /// The world as loaded from the scenario. It is never written to, but another scenario can replace it.
    start: RwLock<Arc<World>>,
    snapshots: Snapshots,
    news: News,
    sinks: Arc<Sinks>,
    faults: Faults,
    journal: Journal,
    /// Number of events to keep.
    events: usize,
    /// The account of unknown access keys, unless the scenario sets one.
    default_account: AccountId,
    /// Whether the signatures of AWS clients are verified.
    verifies_signatures: bool,
    /// The ID of the last request that panicked.
    last_panic: Mutex<Option<String>>,
    log: LogCounters,
    metrics: Arc<Metrics>,
    /// The certificate in PEM of the authority that issued the server's certificate.
    certificate_authority: OnceLock<String>,
    /// Writes the objects that jobs export.
    export_sink: Option<ExportSink>,
}

impl ServedWorld {
    /// Serves a copy of `start` that keeps up to `events` events, and calls in up to `journal` bytes. Unknown access keys belong to `default_account`,
    /// unless the scenario sets another account. Jobs write their output with `export_sink`; without a sink, they keep
    /// it in memory.
    pub fn new(
        start: World,
        (events, journal): (usize, usize),
        (default_account, verifies_signatures): (AccountId, bool),
        log: LogCounters,
        export_sink: Option<ExportSink>,
    ) -> ServedWorld {
        let news = News::default();
        let sinks = Arc::new(Sinks::new(Arc::clone(news.signal(Topic::Sinks))));
        let served = Inner {
            world: RwLock::default(),
            start: RwLock::new(Arc::new(start)),
            snapshots: Snapshots::default(),
            news,
            sinks,
            faults: Faults::default(),
            journal: Journal::new(journal),
            events,
            default_account,
            verifies_signatures,
            last_panic: Mutex::default(),
            log,
            metrics: Arc::default(),
            certificate_authority: OnceLock::new(),
            export_sink,
        };
        let served = ServedWorld(Arc::new(served));
        served.reset();
        served
    }

    /// The current world.
    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.0.world.read())
    }

    /// The account of access keys that are neither an account ID nor listed in the scenario.
    pub fn default_account(&self) -> AccountId {
        self.world().directory().default_account.unwrap_or(self.0.default_account)
    }

    /// Whether the signatures of AWS clients are verified.
    pub fn verifies_signatures(&self) -> bool {
        self.0.verifies_signatures
    }

    /// Resets the world to the scenario's, or to an empty one. This takes the same time regardless of the size of the
    /// world.
    pub fn reset(&self) {
        let start = Arc::clone(&self.0.start.read());
        self.replace(start.restarted());
        self.0.faults.restart(&start);
    }

    /// The snapshots.
    pub fn snapshots(&self) -> &Snapshots {
        &self.0.snapshots
    }

    /// The faults in force.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// The journal of API calls.
    pub fn journal(&self) -> &Journal {
        &self.0.journal
    }

    /// Signals for calls that wait.
    pub fn news(&self) -> &News {
        &self.0.news
    }

    /// The sinks of events.
    pub fn sinks(&self) -> &Arc<Sinks> {
        &self.0.sinks
    }

    /// Returns to a snapshot, to the start or to an empty world; kept events stay. Returns whether the snapshot exists
    /// (CPL-52, CPL-55).
    pub fn restore(&self, name: &str) -> bool {
        self.stored(name).map(|world| self.take_over(world, World::continue_events)).is_some()
    }

    /// A copy of a snapshot, of the start or of an empty world; `None` if there is no such snapshot.
    pub fn stored(&self, name: &str) -> Option<World> {
        match name {
            snapshots::START => Some(self.0.start.read().restarted()),
            snapshots::EMPTY => Some(World::default()),
            name => self.0.snapshots.world(name).map(|world| world.restarted()),
        }
    }

    /// Replaces the start and resets the world to it.
    pub fn load(&self, start: World) {
        *self.0.start.write() = Arc::new(start);
        self.reset();
    }

    /// Replaces the world by one that contains it; the start and the kept events stay.
    pub fn lay(&self, world: World) {
        self.take_over(world, World::continue_events);
    }

    /// Replaces the world by an empty one.
    pub fn empty(&self) {
        self.replace(World::default());
        self.0.faults.remove(|_| true);
    }

    /// Replaces the current world. Events start from now on (EVT-08); numbering continues, so a client following the
    /// stream keeps its cursor. Sinks become those of the new world, with empty queues, and the
    /// calls of the journal are forgotten (CPL-55).
    pub fn replace(&self, world: World) {
        self.take_over(world, |world, before| {
            self.0.journal.forget(world.epoch());
            let signal = Arc::clone(self.0.news.signal(Topic::Events));
            let listener = Arc::new(Listener::new(Arc::clone(&self.0.sinks), signal));
            world.enable_events(self.0.events, events::derive, before.close_events(), Some(listener));
            world.continue_event_counts(before);
            self.0.sinks.load(&world.event_sinks);
        });
    }

    /// Replaces the current world. `connect` connects the events of the new world and the one before it.
    fn take_over(&self, mut world: World, connect: impl FnOnce(&mut World, &World)) {
        let mut current = self.0.world.write();
        world.set_epoch(current.epoch() + 1);
        self.0.faults.limit_rates_as_in(&world);
        connect(&mut world, &current);
        world.set_export_sink(self.0.export_sink.clone());
        let before = std::mem::replace(&mut *current, Arc::new(world));
        drop(current);
        // Freeing the memory of many findings takes time that no caller needs to wait for.
        _ = thread::Builder::new().spawn(move || drop(before));
    }

    /// Records that a request panicked. Its changes of the world may be incomplete.
    pub fn record_panic(&self, request_id: &str) {
        *self.0.last_panic.lock() = Some(request_id.to_owned());
        self.0.metrics.panicked();
    }

    /// The ID of the last request that panicked.
    pub fn last_panic(&self) -> Option<String> {
        self.0.last_panic.lock().clone()
    }

    /// The counters of the log.
    pub fn log(&self) -> &LogCounters {
        &self.0.log
    }

    /// The metrics.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.0.metrics
    }

    /// Sets the certificate, in PEM, of the authority that issued the server's certificate. Later calls have no effect.
    pub fn set_certificate_authority(&self, certificate: &str) {
        _ = self.0.certificate_authority.set(certificate.to_owned());
    }

    /// The certificate, in PEM, of the authority that issued the server's certificate; `None` without one (CPL-112).
    pub fn certificate_authority(&self) -> Option<&str> {
        self.0.certificate_authority.get().map(String::as_str)
    }
}

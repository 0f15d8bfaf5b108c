//! The world being served, its reset and its snapshots, shared by the service and its control plane.

use std::sync::{Arc, OnceLock};

use crate::domain::events;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::metrics::{LogCounters, Metrics};
use crate::sinks::Sinks;
use crate::state::sync::{Mutex, RwLock, thread};
use crate::state::{AccountId, ChangeLog, ExportSink, NewWorld, Numbers, SavedClock, World};

mod additions;
mod calls;
pub mod change_store;
pub mod difference;
mod listener;
pub mod notifications;
mod persistence;
pub mod replay;
pub mod snapshots;

pub use additions::{Base, Extended};
pub use calls::CallKind;
use calls::Calls;
use change_store::ChangeStore;
use listener::Listener;
use notifications::{Notifications, Topic};
pub use persistence::{Persistence, Resumed};
use snapshots::Snapshots;

/// A world that can be reset, together with health information about its service. Clones share it.
#[derive(Clone)]
pub struct ServedWorld(Arc<Inner>);

struct Inner {
    world: RwLock<Arc<World>>,
    /// The world as loaded from the scenario. It is never written to, but another scenario can replace it.
    start: RwLock<Arc<World>>,
    /// Held while the world is replaced, so that the world, the start and the faults stem from the same replacement.
    replacing: Mutex<()>,
    calls: Calls,
    snapshots: Snapshots,
    /// The data directory; `None` if the state is lost at the end of the process.
    change_store: Option<Arc<ChangeStore>>,
    /// Numbers that earlier processes have used.
    used: Numbers,
    notifications: Notifications,
    sinks: Arc<Sinks>,
    faults: Faults,
    journal: Journal,
    /// Number of events to keep.
    events: usize,
    /// The account of unknown access keys, unless the scenario sets one.
    default_account: AccountId,
    /// True if the signatures of AWS clients are verified.
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
    /// Serves a copy of `start`. Up to `events` events and up to `journal` bytes of recorded calls are stored. Unknown
    /// access keys belong to `default_account`, unless the scenario sets another account. Jobs write their output with
    /// `export_sink`; without a sink, it stays in memory.
    pub fn new(
        start: World,
        (events, journal): (usize, usize),
        (default_account, verifies_signatures): (AccountId, bool),
        log: LogCounters,
        export_sink: Option<ExportSink>,
        persistence: Option<Persistence>,
    ) -> ServedWorld {
        let Persistence { change_store, world, used } = persistence.unwrap_or_default();
        let notifications = Notifications::default();
        let sinks = Arc::new(Sinks::new(Arc::clone(notifications.signal(Topic::Sinks))));
        let served = Inner {
            world: RwLock::default(),
            start: RwLock::new(Arc::new(start)),
            replacing: Mutex::default(),
            calls: Calls::default(),
            snapshots: Snapshots::default(),
            change_store,
            used,
            notifications,
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
        match world {
            Some(world) => served.resume(world),
            None => _ = served.reset(),
        }
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

    /// Returns whether the signatures of AWS clients are verified.
    pub fn verifies_signatures(&self) -> bool {
        self.0.verifies_signatures
    }

    /// Resets the world to the start. This takes the same time regardless of the size of the world. Returns false if
    /// that could not be recorded, in which case the world is unchanged.
    #[must_use]
    pub fn reset(&self) -> bool {
        let _replacing = self.0.replacing.lock();
        let start = Arc::clone(&self.0.start.read());
        let is_replaced = self.replace(start.restarted(), NewWorld::Start);
        if is_replaced {
            self.0.faults.restart(&start);
        }
        is_replaced
    }

    /// The snapshots.
    pub fn snapshots(&self) -> &Snapshots {
        &self.0.snapshots
    }

    /// The active faults.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// The journal of API calls.
    pub fn journal(&self) -> &Journal {
        &self.0.journal
    }

    /// Signals for calls that wait.
    pub fn notifications(&self) -> &Notifications {
        &self.0.notifications
    }

    /// The sinks of events.
    pub fn sinks(&self) -> &Arc<Sinks> {
        &self.0.sinks
    }

    /// Returns to a snapshot, to the start or to an empty world. Stored events are not removed (CPL-52, CPL-55).
    /// Returns `None` if the snapshot does not exist, and false if the change could not be recorded, in which case the
    /// world is unchanged.
    pub fn restore(&self, name: &str) -> Option<bool> {
        let _replacing = self.0.replacing.lock();
        let world = self.stored(name)?;
        let Some(by) = self.new_world(name, &world) else { return Some(false) };
        Some(self.take_over(world, by, World::continue_events))
    }

    /// A copy of a snapshot, of the start or of an empty world; `None` if the snapshot does not exist.
    pub fn stored(&self, name: &str) -> Option<World> {
        match name {
            snapshots::START => Some(self.0.start.read().restarted()),
            snapshots::EMPTY => Some(World::default()),
            name => self.0.snapshots.world(name).map(|world| world.restarted()),
        }
    }

    /// Replaces the start and resets the world to it. Returns false if that could not be recorded, in which case both
    /// are unchanged.
    #[must_use]
    pub fn load(&self, start: World) -> bool {
        let start = Arc::new(start);
        let Some(by) = self.written(&start, NewWorld::NewStart) else { return false };
        let _replacing = self.0.replacing.lock();
        let is_replaced = self.replace(start.restarted(), by);
        if is_replaced {
            self.0.faults.restart(&start);
            *self.0.start.write() = start;
        }
        is_replaced
    }

    /// Replaces the world by an empty one. Returns false if that could not be recorded, in which case the world is
    /// unchanged.
    #[must_use]
    pub fn empty(&self) -> bool {
        let _replacing = self.0.replacing.lock();
        let is_replaced = self.replace(World::default(), NewWorld::Empty);
        if is_replaced {
            self.0.faults.remove(|_| true);
        }
        is_replaced
    }

    /// Replaces the current world. The new world emits events from now on (EVT-08); numbering continues, so a client
    /// following the stream keeps its cursor. Sinks become those of the new world, with empty queues, and recorded
    /// calls are deleted (CPL-55).
    #[must_use]
    pub fn replace(&self, world: World, by: NewWorld) -> bool {
        let is_empty = by == NewWorld::Empty;
        self.take_over(world, by, |world, before| {
            self.connect(world, before);
            if is_empty {
                self.0.sinks.clear();
            } else {
                self.0.sinks.load(&world.event_sinks);
            }
        })
    }

    /// Enables the events of a new world, with numbers after those of the one before it.
    fn connect(&self, world: &mut World, before: &World) {
        self.0.journal.clear(world.epoch());
        let signal = Arc::clone(self.0.notifications.signal(Topic::Events));
        let listener = Arc::new(Listener::new(Arc::clone(&self.0.sinks), signal));
        let last = before.close_events().max(self.0.used.events);
        world.enable_events(self.0.events, events::derive, last, Some(listener));
        world.continue_event_counts(before);
    }

    /// Replaces the current world. `connect` connects the events of the new world with those of the old one.
    fn take_over(&self, mut world: World, by: NewWorld, connect: impl FnOnce(&mut World, &World)) -> bool {
        let Some(store) = &self.0.change_store else {
            self.swap(world, connect);
            return true;
        };
        let clock = SavedClock::of(&world.clock);
        world.set_change_log(Some(Arc::clone(store) as Arc<dyn ChangeLog>));
        let mut next = Some((world, connect));
        loop {
            let current = self.world();
            // Writers of the current world are locked out, so that their records precede the replacement or are
            // ignored.
            let replaced = current.while_unchanged(|| {
                if !Arc::ptr_eq(&current, &self.0.world.read()) {
                    return None;
                }
                let is_recorded = store.replace(by.clone(), clock, current.epoch() + 1);
                if let Some((world, connect)) = next.take().filter(|_| is_recorded) {
                    self.swap(world, connect);
                }
                Some(is_recorded)
            });
            if let Some(is_replaced) = replaced {
                return is_replaced;
            }
        }
    }

    fn swap(&self, mut world: World, connect: impl FnOnce(&mut World, &World)) {
        let mut current = self.0.world.write();
        world.set_epoch(current.epoch() + 1);
        self.0.faults.set_rate_limits_of(&world);
        connect(&mut world, &current);
        world.set_export_sink(self.0.export_sink.clone());
        let before = std::mem::replace(&mut *current, world.shared());
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

//! Sinks: receivers outside of the emulator to which it delivers its events.
//!
//! A [`Sink`] has a [`Definition`] and a queue. `Sinks::receive` queues each event when it is emitted. The task
//! [`Sinks::deliver`] compares queued events with patterns and sends them to webhooks, files and EventBridge, so a sink
//! never delays a call. The content of events and the choice of their receivers do not belong here.

mod announcement;
mod channel;
mod client;
mod definition;
mod delivery;
mod eventbridge;
mod file;
mod outcome;
mod queue;
mod sink;
#[cfg(test)]
mod tests;
mod totals;
mod webhook;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

pub use announcement::{Announcements, KINDS as ANNOUNCEMENT_TYPES, Text as AnnouncementText};
pub use definition::{Definition, FilesBelow, Mistake};
pub use queue::Announcement;
pub use sink::{Sink, State};
use totals::DeletedTotals;
pub use totals::Totals;

use crate::http_client::tls::Trust;
use crate::invariant::Invariant;
use crate::path_name;
use crate::state::sync::{Mutex, RwLock};
use crate::state::{Event, EventSink, IdSource};

/// Maximum number of sinks.
pub const MAX: usize = 100;

/// The sinks of an emulator, by name.
#[derive(Debug)]
pub struct Sinks {
    all: RwLock<BTreeMap<String, Arc<Sink>>>,
    announcements: Announcements,
    deleted: DeletedTotals,
    /// Wakes the task that delivers.
    woken: Notify,
    /// Wakes calls that wait for a change of a sink.
    changed: Arc<Notify>,
    /// Sinks that the program adds after each reset, in addition to those of the scenario.
    own: Mutex<BTreeMap<String, Definition>>,
    /// The directory below which control-plane calls may create files.
    directory: OnceLock<PathBuf>,
    /// The certificate authorities that receivers with HTTPS may use.
    trust: OnceLock<Trust>,
}

/// The reason why a sink was not saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutError {
    /// The name is too long, or contains a character that is not allowed.
    Name,
    /// The maximum number of sinks is reached.
    TooMany,
}

impl fmt::Display for PutError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            PutError::Name => return write!(formatter, "invalid sink name; expected {}", path_name::EXPECTED),
            PutError::TooMany => "the maximum of 100 sinks is reached; delete one first",
        })
    }
}

impl Sinks {
    /// Creates an empty collection. `changed` wakes calls that wait for a change of a sink.
    pub fn new(changed: Arc<Notify>) -> Sinks {
        Sinks {
            all: RwLock::default(),
            announcements: Announcements::default(),
            deleted: DeletedTotals::default(),
            woken: Notify::new(),
            changed,
            own: Mutex::default(),
            directory: OnceLock::new(),
            trust: OnceLock::new(),
        }
    }

    /// Allows control-plane calls to name files below a directory. Only the first call has an effect.
    pub fn allow_files(&self, directory: PathBuf) {
        _ = self.directory.set(directory);
    }

    /// Trusts further certificate authorities of receivers with HTTPS. Only the first call has an effect.
    pub fn trust_also(&self, trust: Trust) {
        _ = self.trust.set(trust);
    }

    fn trust(&self) -> Trust {
        self.trust.get_or_init(Trust::default).clone()
    }

    /// The files that a control-plane call may name.
    pub fn files(&self) -> FilesBelow<'_> {
        FilesBelow::Directory(self.directory.get().map(PathBuf::as_path))
    }

    /// Adds a sink, or changes the definition of the sink with this name and preserves its queue. Returns whether it is
    /// new.
    ///
    /// # Errors
    /// [`PutError`]; no sink is changed.
    pub fn put(&self, name: &str, definition: Definition) -> Result<bool, PutError> {
        if !path_name::is_valid(name) {
            return Err(PutError::Name);
        }
        let mut all = self.all.write();
        let is_new = !all.contains_key(name);
        if is_new && all.len() >= MAX {
            return Err(PutError::TooMany);
        }
        match all.get(name) {
            Some(sink) => sink.redefine(definition),
            None => _ = all.insert(name.to_owned(), Arc::new(Sink::new(name, definition))),
        }
        drop(all);
        self.woken.notify_one();
        Ok(is_new)
    }

    /// Returns the sink of this name.
    pub fn get(&self, name: &str) -> Option<Arc<Sink>> {
        self.all.read().get(name).cloned()
    }

    /// All sinks, sorted by name.
    pub fn list(&self) -> Vec<Arc<Sink>> {
        self.all.read().values().cloned().collect()
    }

    /// Deletes a sink and its queue. Returns whether it existed.
    pub fn delete(&self, name: &str) -> bool {
        let deleted = self.all.write().remove(name);
        if let Some(sink) = &deleted {
            sink.remove();
            self.deleted.add(sink);
            self.changed.notify_waiters();
        }
        deleted.is_some()
    }

    /// Adds a sink now and after each reset to the start.
    ///
    /// # Errors
    /// [`PutError`]; no sink is changed.
    pub fn put_at_start(&self, name: &str, definition: Definition) -> Result<(), PutError> {
        self.put(name, definition.clone())?;
        self.own.lock().insert(name.to_owned(), definition);
        Ok(())
    }

    /// Replaces all sinks by those that a scenario declares, which are valid, and those of the program. Queued messages
    /// are dropped.
    pub fn load(&self, declared: &BTreeMap<String, EventSink>) {
        let sink = |(name, declared): (&String, &EventSink)| {
            let checked = Definition::new(declared.clone(), FilesBelow::Anywhere(Path::new("")));
            let definition = checked.or_report("the sinks of a world are valid")?;
            Some((name.clone(), Arc::new(Sink::new(name, definition))))
        };
        let mut loaded: BTreeMap<_, _> = declared.iter().filter_map(sink).collect();
        for (name, definition) in &*self.own.lock() {
            loaded.insert(name.clone(), Arc::new(Sink::new(name, definition.clone())));
        }
        self.replace(loaded);
    }

    /// Deletes all sinks and their queues.
    pub fn clear(&self) {
        self.replace(BTreeMap::new());
    }

    fn replace(&self, sinks: BTreeMap<String, Arc<Sink>>) {
        let before = std::mem::replace(&mut *self.all.write(), sinks);
        for sink in before.values() {
            sink.remove();
            self.deleted.add(sink);
        }
        self.changed.notify_waiters();
    }

    /// Delivery counters by name of the sink, including deleted sinks.
    pub fn totals(&self) -> BTreeMap<String, Totals> {
        self.deleted.with(self.list().iter().map(|sink| &**sink))
    }

    /// Returns whether any sink is enabled.
    pub fn any_enabled(&self) -> bool {
        self.all.read().values().any(|sink| sink.is_enabled())
    }

    /// Queues emitted events in order. `ids` is the source of their IDs.
    pub fn receive(&self, events: &[Event], ids: &IdSource) {
        let ids = Arc::new(ids.fork());
        let received = self.all.read().values().filter(|sink| sink.receive(events, &ids)).count();
        if received > 0 {
            self.woken.notify_one();
        }
    }

    /// Queues announcements for the sinks that receive them, and stores them for streams.
    pub fn announce(&self, announcements: Vec<Announcement>) {
        let sinks = self.list();
        for announcement in announcements.into_iter().map(Arc::new) {
            let receives = |sink: &&Arc<Sink>| sink.definition().receives_announcements(&announcement.region);
            for sink in sinks.iter().filter(receives) {
                sink.announce(queue::Message::Announcement(Arc::clone(&announcement)));
            }
            self.announcements.store(announcement);
        }
        self.woken.notify_one();
    }

    /// The announcements for streams.
    pub fn announcements(&self) -> &Announcements {
        &self.announcements
    }

    /// Returns whether no sink can deliver further messages.
    fn are_idle(&self) -> bool {
        self.list().iter().all(|sink| sink.is_idle())
    }
}

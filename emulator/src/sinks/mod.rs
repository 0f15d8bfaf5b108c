//! Sinks: where the emulator delivers its events, besides keeping them.
//!
//! A [`Sink`] has a [`Definition`] and a queue. `Sinks::receive` gets each event when it is emitted, and only queues it;
//! the task [`Sinks::deliver`] compares queued events with patterns and sends them to webhooks, files and EventBridge.
//! So a sink never delays a call. What an event contains, and who receives it, does not belong here.

mod announcement;
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
use totals::Past;
pub use totals::Totals;

use crate::invariant::Invariant;
use crate::state::sync::RwLock;
use crate::state::{Event, EventSink, IdSource};

/// Maximum number of sinks.
pub const MAX: usize = 100;
/// Maximum length of a name.
const MAX_NAME: usize = 64;

/// The sinks of an emulator, by name.
#[derive(Debug)]
pub struct Sinks {
    all: RwLock<BTreeMap<String, Arc<Sink>>>,
    announcements: Announcements,
    past: Past,
    /// Wakes the task that delivers.
    woken: Notify,
    /// Wakes calls that wait for a change of a sink.
    changed: Arc<Notify>,
    /// The directory of the files that calls may name.
    directory: OnceLock<PathBuf>,
}

/// A sink that is not saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutError {
    /// The name has other characters than allowed, or too many.
    Name,
    /// There are too many sinks.
    TooMany,
}

impl fmt::Display for PutError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            PutError::Name => "the name of a sink has 1 to 64 characters: letters, digits, '.', '_' and '-'",
            PutError::TooMany => "there are 100 sinks; delete one first",
        })
    }
}

/// Whether a name of a sink is valid.
pub fn is_name(name: &str) -> bool {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || ['.', '_', '-'].contains(&letter);
    !name.is_empty() && name.len() <= MAX_NAME && name.chars().all(is_allowed)
}

impl Sinks {
    /// No sinks. `changed` wakes calls that wait for a change of a sink.
    pub fn new(changed: Arc<Notify>) -> Sinks {
        Sinks {
            all: RwLock::default(),
            announcements: Announcements::default(),
            past: Past::default(),
            woken: Notify::new(),
            changed,
            directory: OnceLock::new(),
        }
    }

    /// Lets calls name files below a directory. Later calls have no effect.
    pub fn allow_files(&self, directory: PathBuf) {
        _ = self.directory.set(directory);
    }

    /// The files that a call may name.
    pub fn files(&self) -> FilesBelow<'_> {
        FilesBelow::Directory(self.directory.get().map(PathBuf::as_path))
    }

    /// Adds a sink, or changes the one with this name, whose queue stays. Returns whether it is new.
    ///
    /// # Errors
    /// [`PutError`]. Nothing is changed then.
    pub fn put(&self, name: &str, definition: Definition) -> Result<bool, PutError> {
        if !is_name(name) {
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

    /// A sink.
    pub fn get(&self, name: &str) -> Option<Arc<Sink>> {
        self.all.read().get(name).cloned()
    }

    /// All sinks by name.
    pub fn list(&self) -> Vec<Arc<Sink>> {
        self.all.read().values().cloned().collect()
    }

    /// Deletes a sink and its queue. Returns whether it existed.
    pub fn delete(&self, name: &str) -> bool {
        let deleted = self.all.write().remove(name);
        if let Some(sink) = &deleted {
            sink.remove();
            self.past.keep(sink);
            self.changed.notify_waiters();
        }
        deleted.is_some()
    }

    /// Replaces all sinks by those of a scenario, which were checked. Queues are dropped.
    pub fn load(&self, declared: &BTreeMap<String, EventSink>) {
        let sink = |(name, declared): (&String, &EventSink)| {
            let checked = Definition::new(declared.clone(), FilesBelow::Anywhere(Path::new("")));
            let definition = checked.or_report("the sinks of a world are valid")?;
            Some((name.clone(), Arc::new(Sink::new(name, definition))))
        };
        let loaded = declared.iter().filter_map(sink).collect();
        let before = std::mem::replace(&mut *self.all.write(), loaded);
        for sink in before.values() {
            sink.remove();
            self.past.keep(sink);
        }
        self.changed.notify_waiters();
    }

    /// The numbers of deliveries by name of the sink, including sinks that were deleted.
    pub fn totals(&self) -> BTreeMap<String, Totals> {
        self.past.with(self.list().iter().map(|sink| &**sink))
    }

    /// Whether any sink receives events.
    pub fn are_open(&self) -> bool {
        self.all.read().values().any(|sink| sink.is_enabled())
    }

    /// Queues events that were emitted, in order. `ids` is the source of their IDs.
    pub fn receive(&self, events: &[Event], ids: &IdSource) {
        let ids = Arc::new(ids.fork());
        let received = self.all.read().values().filter(|sink| sink.receive(events, &ids)).count();
        if received > 0 {
            self.woken.notify_one();
        }
    }

    /// Queues announcements for the sinks that get them, and keeps them for streams.
    pub fn announce(&self, announcements: Vec<Announcement>) {
        let sinks = self.list();
        for announcement in announcements.into_iter().map(Arc::new) {
            let wants = |sink: &&Arc<Sink>| sink.definition().wants_announcements(&announcement.region);
            for sink in sinks.iter().filter(wants) {
                sink.announce(queue::Message::Announcement(Arc::clone(&announcement)));
            }
            self.announcements.keep(announcement);
        }
        self.woken.notify_one();
    }

    /// The announcements for streams.
    pub fn announcements(&self) -> &Announcements {
        &self.announcements
    }

    /// Whether no sink that can deliver has messages.
    fn are_idle(&self) -> bool {
        self.list().iter().all(|sink| sink.state().queued == 0 || !sink.is_enabled())
    }
}

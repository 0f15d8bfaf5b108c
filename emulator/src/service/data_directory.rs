//! A service whose state is stored in a data directory.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use super::{Service, Settings, start_of};
use crate::domain::due;
use crate::durable::{Durability, Error, Folder, Source};
use crate::scenario::{Diagnostics, Scenario};
use crate::served::{Persistence, Resumed};

/// A data directory.
#[derive(Clone, Debug)]
pub struct DataDirectory {
    /// Path of the directory, which is created if it does not exist.
    pub path: PathBuf,
    /// The kind of crash that acknowledged calls survive.
    pub durability: Durability,
    /// True if damaged files are truncated at the damage.
    pub recovers: bool,
}

/// A service with a data directory.
pub struct OpenedService {
    /// The service.
    pub service: Service,
    /// Notes and warnings about the directory, for the user.
    pub notes: Vec<String>,
}

/// The reason why a service with a data directory cannot start.
#[derive(Debug)]
pub enum OpenError {
    /// The scenario has errors.
    Scenario(Diagnostics),
    /// The directory cannot be used.
    Directory(Error),
    /// The directory cannot be written.
    Unwritable(PathBuf),
}

impl fmt::Display for OpenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Scenario(errors) => errors.fmt(formatter),
            OpenError::Directory(error) => error.fmt(formatter),
            OpenError::Unwritable(path) => write!(formatter, "cannot write to {}", path.display()),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        OpenError::Directory(error)
    }
}

impl Service {
    /// Opens a data directory and continues with its state. An empty directory is filled from the scenario.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(
        settings: Settings,
        scenario: Option<Scenario>,
        directory: &DataDirectory,
    ) -> Result<OpenedService, OpenError> {
        let DataDirectory { path, durability, recovers } = directory;
        let folder = Folder::open(path)?;
        let note = scenario.as_ref().and_then(|scenario| note(&folder, scenario));
        let mut notes: Vec<String> = Vec::new();
        let service = match Resumed::read(folder, *durability, *recovers)? {
            Ok(Resumed { start, persistence, warnings }) => {
                notes.extend(warnings.into_iter().map(|warning| format!("warning: {warning}")));
                notes.extend(note);
                Service::with(settings, scenario.as_ref(), start, Some(persistence))
            }
            Err(folder) => {
                let start = scenario.as_ref().map(start_of).transpose().map_err(OpenError::Scenario)?;
                let start = start.unwrap_or_default();
                let source = scenario.as_ref().map(source);
                let persistence = Persistence::fill(folder, *durability, source, &start)?;
                Service::with(settings, scenario.as_ref(), start, Some(persistence))
            }
        };
        if service.0.served.cannot_write() {
            return Err(OpenError::Unwritable(path.clone()));
        }
        // Work that a killed process has left pending belongs to its last call.
        let world = service.world();
        _ = catch_unwind(AssertUnwindSafe(|| due::run(&world, world.clock.now())));
        service.0.served.start_compaction();
        Ok(OpenedService { service, notes })
    }

    /// Writes all changes to the data directory and releases it; without a data directory, does nothing. Calls that write
    /// fail from now on. Returns false if a change could not be written.
    pub fn close(&self) -> bool {
        self.0.served.close()
    }
}

/// The names of the files of a scenario, and a hash of their texts.
fn source(scenario: &Scenario) -> Source {
    let names: Vec<String> = scenario.paths().iter().map(|path| path.display().to_string()).collect();
    Source { name: names.join(", "), digest: scenario.digest() }
}

/// The note that a scenario is not loaded because the directory is not empty.
fn note(folder: &Folder, scenario: &Scenario) -> Option<String> {
    if folder.is_empty() {
        return None;
    }
    let path = folder.path().display();
    let given = source(scenario);
    Some(match folder.source() {
        Some(source) if source.digest == given.digest => {
            format!("{path} is not empty, so its state is used and the scenario is not loaded")
        }
        Some(source) => format!(
            "{path} is not empty, so its state is used and the scenario is not loaded; {} differs from the scenario \
             that filled the directory ({})",
            given.name, source.name
        ),
        None => format!(
            "{path} is not empty, so its state is used and {} is not loaded; the directory was filled without a scenario",
            given.name
        ),
    })
}

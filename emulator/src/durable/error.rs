//! The reasons why a data directory cannot be used.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest;

/// A damaged place of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The offset in the file.
    pub offset: u64,
    /// The damage.
    pub what: &'static str,
}

/// The reason why a data directory cannot be used.
#[derive(Debug)]
pub enum Error {
    /// Another process uses it.
    InUse {
        /// The directory.
        folder: PathBuf,
        /// The other process, if its lock file names it.
        process: Option<u32>,
    },
    /// It was written in another format.
    Version {
        /// The directory.
        folder: PathBuf,
        /// The version of its format.
        found: u64,
        /// The version that this program reads and writes.
        known: u64,
    },
    /// A file is damaged.
    Damaged {
        /// The file.
        file: PathBuf,
        /// The damaged place.
        damage: Damage,
    },
    /// Files are whole, but do not describe a state.
    Content {
        /// The mistake.
        message: String,
    },
    /// An operation of the file system has failed.
    Io {
        /// The operation, such as `open`.
        action: &'static str,
        /// The file.
        file: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
}

impl Error {
    /// Adds the operation and the file to an error of the system.
    pub(super) fn io(action: &'static str, file: &Path) -> impl FnOnce(io::Error) -> Error {
        move |error| Error::Io { action, file: file.to_owned(), error }
    }

    /// Adds the file to a damaged place.
    pub fn damaged(file: &Path) -> impl FnOnce(Damage) -> Error {
        move |damage| Error::Damaged { file: file.to_owned(), damage }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::InUse { folder, process: Some(process) } => {
                write!(formatter, "{} is in use by process {process}", folder.display())
            }
            Error::InUse { folder, process: None } => {
                write!(formatter, "{} is in use by another process", folder.display())
            }
            Error::Version { folder, found, known } => write!(
                formatter,
                "{} has format version {found}, but this program uses format version {known}; start the version of the \
                 program that wrote it, or use another directory",
                folder.display()
            ),
            Error::Damaged { file, damage: Damage { offset, what } } => {
                write!(
                    formatter,
                    "{} is damaged at offset {offset}: {what}; restore it from a backup",
                    file.display()
                )?;
                // Without the manifest it is not known which files belong together.
                if file.ends_with(manifest::NAME) {
                    return Ok(());
                }
                formatter.write_str(", or start with --recover to drop everything from that offset on")
            }
            Error::Content { message } => write!(formatter, "the data directory has no valid content: {message}"),
            Error::Io { action, file, error } => write!(formatter, "cannot {action} {}: {error}", file.display()),
        }
    }
}

impl std::error::Error for Error {}

//! The reasons why a data directory cannot be used.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest;

/// A damaged position in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The offset in the file.
    pub offset: u64,
    /// Description of the damage, for the error message.
    pub problem: &'static str,
}

/// The reason why a data directory cannot be used.
#[derive(Debug)]
pub enum Error {
    /// The path is that of a file.
    NotADirectory(PathBuf),
    /// Another process uses it.
    InUse {
        /// The directory.
        folder: PathBuf,
        /// ID of the other process, if the lock file contains it.
        process: Option<u32>,
    },
    /// The directory was written in another format.
    Version {
        /// The directory.
        folder: PathBuf,
        /// Format version of the directory.
        found: u64,
        /// Format version of this program.
        known: u64,
    },
    /// A file is damaged.
    Damaged {
        /// The file.
        file: PathBuf,
        /// The damaged position.
        damage: Damage,
    },
    /// The files are intact, but their content is not a valid state.
    Content {
        /// Description of the invalid content.
        message: String,
    },
    /// An operation of the file system has failed.
    Io {
        /// The operation, such as `open`.
        action: &'static str,
        /// The file.
        file: PathBuf,
        /// The error of the operating system.
        error: io::Error,
    },
}

impl Error {
    /// Adds the operation and the file to an I/O error.
    pub(super) fn io(action: &'static str, file: &Path) -> impl FnOnce(io::Error) -> Error {
        move |error| Error::Io { action, file: file.to_owned(), error }
    }

    /// Adds the file to the description of its damage.
    pub fn damaged(file: &Path) -> impl FnOnce(Damage) -> Error {
        move |damage| Error::Damaged { file: file.to_owned(), damage }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotADirectory(path) => write!(formatter, "{} is not a directory", path.display()),
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
            Error::Damaged { file, damage: Damage { offset, problem } } => {
                write!(
                    formatter,
                    "{} is damaged at offset {offset}: {problem}; restore it from a backup",
                    file.display()
                )?;
                // Recovery needs the manifest, which names the other files.
                if file.ends_with(manifest::NAME) {
                    return Ok(());
                }
                formatter.write_str(", or start with --recover to drop everything from that offset on")
            }
            Error::Content { message } => write!(formatter, "the content of the data directory is invalid: {message}"),
            Error::Io { action, file, error } => write!(formatter, "cannot {action} {}: {error}", file.display()),
        }
    }
}

impl std::error::Error for Error {}

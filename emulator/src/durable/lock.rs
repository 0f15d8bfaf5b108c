//! The lock of a data directory.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use super::error::Error;
use super::files;

const NAME: &str = "lock";

/// The lock of a data directory. The operating system releases it when the process ends for any reason.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Locks a directory.
    ///
    /// # Errors
    /// [`Error::InUse`] if another process has locked it.
    pub(super) fn take(folder: &Path) -> Result<Lock, Error> {
        let path = folder.join(NAME);
        let mut file = files::private().truncate(false).open(&path).map_err(Error::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                _ = file.read_to_string(&mut text);
                Err(Error::InUse { folder: folder.to_owned(), process: text.trim().parse().ok() })
            }
            Err(TryLockError::Error(error)) => Err(Error::io("lock", &path)(error)),
        }
    }

    /// Releases the lock.
    pub(super) fn release(&self) {
        _ = self.0.unlock();
    }

    /// Writes the ID of this process to the lock file, for the error message of another process.
    pub(super) fn write_process_id(&mut self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(NAME);
        let mut write = || {
            self.0.set_len(0)?;
            self.0.rewind()?;
            writeln!(self.0, "{}", std::process::id())
        };
        write().map_err(Error::io("write", &path))
    }
}

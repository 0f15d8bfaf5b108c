//! The log: records of changes, appended to segments.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::Durability;
use super::disk::Disk;
use super::error::Error;
use super::files;
use super::frame;

/// Number of bytes that are reserved at a time, so that most calls do not need a system call.
const CHUNK: u64 = 4 * 1024 * 1024;

/// Number of bytes that stay reserved for small records outside calls, such as the numbers of recorded calls.
const SPARE: u64 = 64 * 1024;

/// The log of changes. Appending is thread-safe; records are in the order of the calls of [`Log::append`].
pub(super) struct Log {
    folder: PathBuf,
    disk: Box<dyn Disk>,
    durability: Durability,
    active: Mutex<Active>,
    /// True if the last attempt to write or to reserve space has failed.
    has_failed: AtomicBool,
    synced: Mutex<Synced>,
    sync_ended: Condvar,
}

/// The segment to which records are appended.
struct Active {
    number: u64,
    file: Arc<File>,
    salt: u64,
    /// The end of the last complete record.
    end: u64,
    /// The end of the space that the file system has reserved.
    reserved: u64,
    /// The space that calls in progress have reserved.
    promised: u64,
    /// True if an incomplete record may follow `end`.
    is_torn: bool,
    /// The number of bytes in earlier segments since the start of the process.
    before: u64,
}

/// The progress of writing to the disk.
#[derive(Default)]
struct Synced {
    /// All records up to this position are on the disk.
    position: u64,
    is_in_progress: bool,
}

impl Active {
    /// The number of bytes appended since the start of the process.
    fn position(&self) -> u64 {
        self.before + self.end
    }
}

/// The size of a record in the log.
fn size_of(body: &[u8]) -> u64 {
    (frame::HEADER + body.len()) as u64
}

/// Creates a segment. An existing file of the same name is left over from a failed rotation and has no records.
fn create(folder: &Path, number: u64, disk: &dyn Disk) -> Result<(Arc<File>, u64), Error> {
    let path = folder.join(files::log_name(number));
    let file = files::private().truncate(true).open(&path).map_err(Error::io("create", &path))?;
    let salt = fastrand::u64(..);
    disk.write(&file, &frame::file_header(salt), 0).map_err(Error::io("write", &path))?;
    Ok((Arc::new(file), salt))
}

impl Log {
    /// Opens the log with a new segment.
    pub(super) fn start(
        folder: PathBuf,
        number: u64,
        durability: Durability,
        disk: Box<dyn Disk>,
    ) -> Result<Log, Error> {
        let (file, salt) = create(&folder, number, &*disk)?;
        let end = frame::FILE_HEADER as u64;
        let active = Active { number, file, salt, end, reserved: end, promised: SPARE, is_torn: false, before: 0 };
        let log = Log {
            folder,
            disk,
            durability,
            active: Mutex::new(active),
            has_failed: AtomicBool::new(false),
            synced: Mutex::default(),
            sync_ended: Condvar::new(),
        };
        files::sync_folder(&log.folder)?;
        Ok(log)
    }

    /// Returns whether the last attempt to write or to reserve space has failed.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    /// The number of the current segment, and its size.
    pub(super) fn segment(&self) -> (u64, u64) {
        let active = self.active.lock();
        (active.number, active.end)
    }

    /// Reserves space for the records of a call. Returns false if the disk is full. After success, the caller must call
    /// [`Log::release`].
    pub(super) fn reserve(&self, bytes: u64) -> bool {
        let mut active = self.active.lock();
        let reserved = Self::remove_torn(&mut active).and_then(|()| {
            let wanted = active.end + active.promised + bytes;
            self.extend(&mut active, wanted)
        });
        self.note(&reserved, "reserve space in");
        if reserved.is_ok() {
            active.promised += bytes;
        }
        reserved.is_ok()
    }

    /// Ends a reservation.
    pub(super) fn release(&self, bytes: u64) {
        let mut active = self.active.lock();
        active.promised = active.promised.saturating_sub(bytes);
    }

    /// Appends a record and returns the position after it.
    ///
    /// # Errors
    /// The record was not written.
    pub(super) fn append(&self, body: &[u8]) -> Result<u64, ()> {
        let mut active = self.active.lock();
        let written = Self::remove_torn(&mut active).and_then(|()| self.write(&mut active, body));
        self.note(&written, "write to");
        written.map(|()| active.position()).map_err(|_| ())
    }

    /// Syncs the log up to a position if the durability requires it. Returns false if that fails.
    pub(super) fn make_durable(&self, position: u64) -> bool {
        match self.durability {
            Durability::Process => true,
            Durability::Disk => self.sync(position),
        }
    }

    /// Waits until all records up to a position are on the disk. Concurrent callers share one sync.
    pub(super) fn sync(&self, position: u64) -> bool {
        let mut synced = self.synced.lock();
        loop {
            if synced.position >= position {
                return true;
            }
            if synced.is_in_progress {
                self.sync_ended.wait(&mut synced);
                continue;
            }
            synced.is_in_progress = true;
            let outcome = MutexGuard::unlocked(&mut synced, || self.sync_now());
            synced.is_in_progress = false;
            self.note(&outcome, "sync");
            let is_done = outcome.map(|reached| synced.position = synced.position.max(reached)).is_ok();
            self.sync_ended.notify_all();
            if !is_done {
                return false;
            }
        }
    }

    /// Syncs the current segment and returns the position up to which the log is on the disk. Earlier segments were
    /// synced when they ended.
    fn sync_now(&self) -> io::Result<u64> {
        let (file, position) = {
            let active = self.active.lock();
            (Arc::clone(&active.file), active.position())
        };
        self.disk.sync(&file)?;
        Ok(position)
    }

    /// Writes and syncs all records. Returns whether that succeeded.
    pub(super) fn flush(&self) -> bool {
        let mut active = self.active.lock();
        let written = Self::remove_torn(&mut active);
        self.note(&written, "write to");
        let position = active.position();
        // Frees reserved space that is not used.
        _ = active.file.set_len(active.end);
        active.reserved = active.end;
        drop(active);
        written.is_ok() && self.sync(position)
    }

    /// Ends the current segment, starts the next one and returns its number.
    pub(super) fn rotate(&self) -> Result<u64, Error> {
        let mut active = self.active.lock();
        let path = self.path(&active);
        Self::remove_torn(&mut active).map_err(Error::io("write", &path))?;
        if self.durability == Durability::Disk {
            self.disk.sync(&active.file).map_err(Error::io("sync", &path))?;
        }
        let (file, salt) = create(&self.folder, active.number + 1, &*self.disk)?;
        if self.durability == Durability::Disk {
            self.disk.sync(&file).map_err(Error::io("sync", &path))?;
            files::sync_folder(&self.folder)?;
        }
        // Frees reserved space that is not used.
        active.file.set_len(active.end).map_err(Error::io("truncate", &path))?;
        let end = frame::FILE_HEADER as u64;
        active.before = active.position();
        active.number += 1;
        (active.file, active.salt, active.end, active.reserved) = (file, salt, end, end);
        active.is_torn = false;
        Ok(active.number)
    }

    fn path(&self, active: &Active) -> PathBuf {
        self.folder.join(files::log_name(active.number))
    }

    /// Removes an incomplete record.
    fn remove_torn(active: &mut Active) -> io::Result<()> {
        if active.is_torn {
            active.file.set_len(active.end)?;
            active.is_torn = false;
            active.reserved = active.end;
        }
        Ok(())
    }

    fn write(&self, active: &mut Active, body: &[u8]) -> io::Result<()> {
        let after = active.end + size_of(body);
        self.extend(active, after)?;
        let header = frame::header(active.salt, active.end, body);
        active.is_torn = true;
        self.disk.write(&active.file, &header, active.end)?;
        self.disk.write(&active.file, body, active.end + header.len() as u64)?;
        active.is_torn = false;
        active.end = after;
        Ok(())
    }

    /// Reserves space up to an offset, rounded up to a multiple of [`CHUNK`] if the disk has enough space.
    fn extend(&self, active: &mut Active, wanted: u64) -> io::Result<()> {
        if wanted <= active.reserved {
            return Ok(());
        }
        let from = active.reserved.max(active.end);
        let reserve = |to: u64| self.disk.reserve(&active.file, from, to - from).map(|()| to);
        active.reserved = reserve(wanted.next_multiple_of(CHUNK)).or_else(|_| reserve(wanted))?;
        Ok(())
    }

    /// Stores whether the last attempt has failed, and logs each change.
    fn note<T>(&self, outcome: &io::Result<T>, action: &str) {
        let failed = outcome.is_err();
        if self.has_failed.swap(failed, Ordering::Relaxed) == failed {
            return;
        }
        let folder = self.folder.display();
        if let Err(error) = outcome {
            tracing::error!("cannot {action} {folder}: {error}; calls that write fail until this succeeds");
        } else {
            tracing::info!("{folder} can be written again");
        }
    }
}

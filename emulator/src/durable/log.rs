//! The log: records of changes, appended to segments.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::Durability;
use super::disk::Disk;
use super::error::Error;
use super::files;
use super::frame;

/// Number of bytes that are reserved at a time, so that most calls do not need a system call.
const CHUNK: u64 = 16 * 1024 * 1024;

/// Number of bytes that stay reserved for small records outside calls, such as the numbers of recorded calls.
const SPARE: i64 = 64 * 1024;

/// The log of changes. Appending is thread-safe; records are in the order of the calls of [`Log::append`].
pub(super) struct Log {
    folder: PathBuf,
    disk: Box<dyn Disk>,
    durability: Durability,
    active: Mutex<Active>,
    /// The number of reserved bytes after the last record that are promised to no call. It may be negative after a
    /// segment has ended.
    room: AtomicI64,
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

    /// The number of reserved bytes after the last record.
    fn free(&self) -> i64 {
        signed(self.reserved) - signed(self.end)
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// The size of a record in the log.
fn size_of(body: &[&[u8]]) -> u64 {
    (frame::HEADER + body.iter().map(|part| part.len()).sum::<usize>()) as u64
}

/// Creates a segment. An existing file of the same name is left over from a failed rotation and has no records.
fn create(folder: &Path, number: u64, disk: &dyn Disk) -> Result<(Arc<File>, u64), Error> {
    let path = folder.join(files::log_name(number));
    let file = files::private().truncate(true).open(&path).map_err(Error::io("create", &path))?;
    let salt = fastrand::u64(..);
    disk.write(&file, &[&frame::file_header(salt)], 0).map_err(Error::io("write", &path))?;
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
        let active = Active { number, file, salt, end, reserved: end, is_torn: false, before: 0 };
        let log = Log {
            folder,
            disk,
            durability,
            active: Mutex::new(active),
            room: AtomicI64::new(-SPARE),
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
    /// [`Log::release`]. Most calls do not wait for a record that is being written.
    pub(super) fn reserve(&self, bytes: u64) -> bool {
        if !self.has_failed() && self.promise(bytes) {
            return true;
        }
        let mut active = self.active.lock();
        let reserved = self.remove_torn(&mut active).and_then(|()| {
            while !self.promise(bytes) {
                let missing = signed(bytes) - self.room.load(Ordering::Acquire);
                let wanted = active.reserved + u64::try_from(missing).unwrap_or_default();
                self.extend(&mut active, wanted)?;
            }
            Ok(())
        });
        self.note(&reserved, "reserve space in");
        reserved.is_ok()
    }

    /// Promises space to a call if that much is reserved.
    fn promise(&self, bytes: u64) -> bool {
        let bytes = signed(bytes);
        let promised = |room: i64| (room >= bytes).then(|| room - bytes);
        self.room.fetch_update(Ordering::AcqRel, Ordering::Acquire, promised).is_ok()
    }

    /// Ends a reservation.
    pub(super) fn release(&self, bytes: u64) {
        self.room.fetch_add(signed(bytes), Ordering::AcqRel);
    }

    /// Sets the ends of the records and of the reserved space.
    fn set_ends(&self, active: &mut Active, end: u64, reserved: u64) {
        let before = active.free();
        (active.end, active.reserved) = (end, reserved);
        self.room.fetch_add(active.free() - before, Ordering::AcqRel);
    }

    /// Appends a record that consists of these parts, and returns the position after it.
    ///
    /// # Errors
    /// The record was not written.
    pub(super) fn append(&self, body: &[&[u8]]) -> Result<u64, ()> {
        let mut active = self.active.lock();
        let written = self.remove_torn(&mut active).and_then(|()| self.write(&mut active, body));
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
        let written = self.remove_torn(&mut active);
        self.note(&written, "write to");
        let position = active.position();
        // Frees reserved space that is not used.
        let end = active.end;
        _ = active.file.set_len(end);
        self.set_ends(&mut active, end, end);
        drop(active);
        written.is_ok() && self.sync(position)
    }

    /// Ends the current segment, starts the next one and returns its number.
    pub(super) fn rotate(&self) -> Result<u64, Error> {
        let mut active = self.active.lock();
        let path = self.path(&active);
        self.remove_torn(&mut active).map_err(Error::io("write", &path))?;
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
        (active.file, active.salt) = (file, salt);
        self.set_ends(&mut active, end, end);
        active.is_torn = false;
        Ok(active.number)
    }

    fn path(&self, active: &Active) -> PathBuf {
        self.folder.join(files::log_name(active.number))
    }

    /// Removes an incomplete record.
    fn remove_torn(&self, active: &mut Active) -> io::Result<()> {
        if active.is_torn {
            let end = active.end;
            active.file.set_len(end)?;
            active.is_torn = false;
            self.set_ends(active, end, end);
        }
        Ok(())
    }

    fn write(&self, active: &mut Active, body: &[&[u8]]) -> io::Result<()> {
        let after = active.end + size_of(body);
        self.extend(active, after)?;
        let header = frame::header(active.salt, active.end, body);
        active.is_torn = true;
        let parts: Vec<&[u8]> = std::iter::once(&header[..]).chain(body.iter().copied()).collect();
        self.disk.write(&active.file, &parts, active.end)?;
        active.is_torn = false;
        let reserved = active.reserved;
        self.set_ends(active, after, reserved);
        Ok(())
    }

    /// Reserves space up to an offset, rounded up to a multiple of [`CHUNK`] if the disk has enough space.
    fn extend(&self, active: &mut Active, wanted: u64) -> io::Result<()> {
        if wanted <= active.reserved {
            return Ok(());
        }
        let from = active.reserved.max(active.end);
        let reserve = |to: u64| self.disk.reserve(&active.file, from, to - from).map(|()| to);
        let reserved = reserve(wanted.next_multiple_of(CHUNK)).or_else(|_| reserve(wanted))?;
        let end = active.end;
        self.set_ends(active, end, reserved);
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

//! The log: records of changes, appended to segments.

use std::collections::VecDeque;
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

/// Size of the space that is reserved at once, so that most calls find space without asking the file system.
const CHUNK: u64 = 4 * 1024 * 1024;

/// The log of changes. Appending is thread-safe; the order of records is that of the calls of [`Log::append`].
pub(super) struct Log {
    folder: PathBuf,
    disk: Box<dyn Disk>,
    durability: Durability,
    active: Mutex<Active>,
    /// Whether the last attempt to write or to reserve space has failed.
    has_failed: AtomicBool,
    synced: Mutex<Synced>,
    sync_ended: Condvar,
}

/// The segment to which records are appended.
struct Active {
    number: u64,
    file: Arc<File>,
    salt: u64,
    /// The end of the last whole record.
    end: u64,
    /// The end of the space that the file system has reserved.
    reserved: u64,
    /// The space that calls in progress have reserved.
    promised: u64,
    /// Whether a record that was written in part may follow `end`.
    is_torn: bool,
    /// Records that could not be written, although what they describe has happened. They are written before others.
    unwritten: VecDeque<Vec<u8>>,
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

    fn unwritten_size(&self) -> u64 {
        self.unwritten.iter().map(|body| size_of(body)).sum()
    }
}

/// The size of a record in the log.
fn size_of(body: &[u8]) -> u64 {
    (frame::HEADER + body.len()) as u64
}

/// Creates a segment. A file of the same name has no records, since the process that created it ended before.
fn create(folder: &Path, number: u64, disk: &dyn Disk) -> Result<(Arc<File>, u64), Error> {
    let path = folder.join(files::log_name(number));
    let file = files::private().truncate(true).open(&path).map_err(Error::io("create", &path))?;
    let salt = fastrand::u64(..);
    disk.write(&file, &frame::file_header(salt), 0).map_err(Error::io("write", &path))?;
    Ok((Arc::new(file), salt))
}

impl Log {
    /// Starts a segment of a log.
    pub(super) fn start(
        folder: PathBuf,
        number: u64,
        durability: Durability,
        disk: Box<dyn Disk>,
    ) -> Result<Log, Error> {
        let (file, salt) = create(&folder, number, &*disk)?;
        let end = frame::FILE_HEADER as u64;
        let active = Active {
            number,
            file,
            salt,
            end,
            reserved: end,
            promised: 0,
            is_torn: false,
            unwritten: VecDeque::new(),
            before: 0,
        };
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

    /// Whether the last attempt to write or to reserve space has failed.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    /// The number of the current segment, and its size.
    pub(super) fn segment(&self) -> (u64, u64) {
        let active = self.active.lock();
        (active.number, active.end)
    }

    /// Reserves space for what a call will append. Returns whether there is space; then [`Log::release`] has to follow.
    /// Records that could not be written before are written first.
    pub(super) fn reserve(&self, bytes: u64) -> bool {
        let mut active = self.active.lock();
        let reserved = self.catch_up(&mut active).and_then(|()| {
            let wanted = active.end + active.promised + bytes;
            self.extend(&mut active, wanted)
        });
        self.note(&reserved, "reserve space for");
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
    /// The record was not written. If what it describes `has_happened`, it is kept and written before the next one.
    pub(super) fn append(&self, body: Vec<u8>, has_happened: bool) -> Result<u64, ()> {
        let mut active = self.active.lock();
        let written = self.catch_up(&mut active).and_then(|()| self.write(&mut active, &body));
        self.note(&written, "write to");
        if written.is_ok() {
            return Ok(active.position());
        }
        if has_happened {
            active.unwritten.push_back(body);
        }
        Err(())
    }

    /// Makes sure that everything up to a position survives as long as the durability requires. Returns whether it does.
    pub(super) fn settle(&self, position: u64) -> bool {
        match self.durability {
            Durability::Process => true,
            Durability::Disk => self.sync(position),
        }
    }

    /// Waits until everything up to a position is on the disk. Of the calls that wait at the same time one syncs for
    /// all.
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

    /// Writes the current segment to the disk and returns the position that is safe then. Earlier segments were written
    /// when they ended.
    fn sync_now(&self) -> io::Result<u64> {
        let (file, position) = {
            let active = self.active.lock();
            (Arc::clone(&active.file), active.position())
        };
        self.disk.sync(&file)?;
        Ok(position)
    }

    /// Everything that was appended so far is written and synced. Returns whether that succeeded.
    pub(super) fn flush(&self) -> bool {
        let mut active = self.active.lock();
        let written = self.catch_up(&mut active);
        self.note(&written, "write to");
        let position = active.position();
        // Space that was reserved and is not needed any more.
        _ = active.file.set_len(active.end);
        active.reserved = active.end;
        drop(active);
        written.is_ok() && self.sync(position)
    }

    /// Ends the current segment and starts the next one, whose number is returned.
    pub(super) fn rotate(&self) -> Result<u64, Error> {
        let mut active = self.active.lock();
        let path = self.path(&active);
        self.catch_up(&mut active).map_err(Error::io("write", &path))?;
        if self.durability == Durability::Disk {
            self.disk.sync(&active.file).map_err(Error::io("sync", &path))?;
        }
        let (file, salt) = create(&self.folder, active.number + 1, &*self.disk)?;
        if self.durability == Durability::Disk {
            self.disk.sync(&file).map_err(Error::io("sync", &path))?;
            files::sync_folder(&self.folder)?;
        }
        // Frees what was reserved and not needed.
        active.file.set_len(active.end).map_err(Error::io("cut", &path))?;
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

    /// Cuts a record that was written in part, and writes records that could not be written before.
    fn catch_up(&self, active: &mut Active) -> io::Result<()> {
        if active.is_torn {
            active.file.set_len(active.end)?;
            active.is_torn = false;
            active.reserved = active.end;
        }
        while let Some(body) = active.unwritten.pop_front() {
            if let Err(error) = self.write(active, &body) {
                active.unwritten.push_front(body);
                return Err(error);
            }
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

    /// Reserves space up to an offset: more than is needed now, or just as much if there is not more.
    fn extend(&self, active: &mut Active, wanted: u64) -> io::Result<()> {
        let wanted = wanted + active.unwritten_size();
        if wanted <= active.reserved {
            return Ok(());
        }
        let from = active.reserved.max(active.end);
        let reserve = |to: u64| self.disk.reserve(&active.file, from, to - from).map(|()| to);
        active.reserved = reserve(wanted.next_multiple_of(CHUNK)).or_else(|_| reserve(wanted))?;
        Ok(())
    }

    /// Remembers whether the last attempt has failed, and logs when that changes.
    fn note<T>(&self, outcome: &io::Result<T>, action: &str) {
        let failed = outcome.is_err();
        if self.has_failed.swap(failed, Ordering::Relaxed) == failed {
            return;
        }
        let folder = self.folder.display();
        if let Err(error) = outcome {
            tracing::error!("cannot {action} {folder}: {error}; calls that write fail until this succeeds");
        } else {
            tracing::info!("can write to {folder} again");
        }
    }
}

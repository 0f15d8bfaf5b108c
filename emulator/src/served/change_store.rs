//! Records and snapshots of the served world in a data directory.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::durable::{Durability, Error, Store};
use crate::state::{ChangeLog, NewWorld, Numbers, Replacement, SavedClock, World};

/// The number of event or journal numbers that are reserved in advance.
const MARGIN: u64 = 20_000;
/// The space that is reserved for each call in addition to that for its body, in bytes.
const SPACE: u64 = 1024 * 1024;
/// The space that is reserved for each byte of a body. Stored documents are longer than those that clients send.
const GROWTH: u64 = 4;
/// Space is reserved in multiples of this number of bytes.
const STEP: u64 = 64 * 1024;
/// The size of obsolete files below which no snapshot is written, in bytes.
const SLACK: u64 = 32 * 1024 * 1024;

thread_local! {
    /// The position after the last record of the current thread's call.
    static POSITION: Cell<u64> = const { Cell::new(0) };
    /// True if a record of the current thread's call could not be written.
    static HAS_FAILED: Cell<bool> = const { Cell::new(false) };
}

/// Writes the changes of the served world to a data directory.
pub struct ChangeStore {
    store: Store,
    /// The epoch of the world whose changes are recorded.
    epoch: AtomicU64,
    /// The greatest event and journal numbers that the log reserves.
    allowed: Mutex<Numbers>,
    /// The first segment after a replacement of the world, if earlier files have not been removed yet.
    replaced_in: Mutex<Option<u64>>,
    /// The size of a snapshot without its findings.
    size_of_rest: AtomicU64,
    /// True if a snapshot is needed regardless of the file sizes.
    is_due: AtomicBool,
    is_closed: AtomicBool,
}

/// Reserved space for the records of a call.
pub struct Reservation<'s>(&'s ChangeStore, u64);

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let Reservation(store, bytes) = self;
        store.store.release(*bytes);
    }
}

impl ChangeStore {
    /// Records changes in a directory. `allowed` are the greatest numbers that its log reserves. With `is_due`, the
    /// next [`ChangeStore::compact`] writes a snapshot.
    pub fn new(store: Store, allowed: Numbers, size_of_rest: u64, is_due: bool) -> ChangeStore {
        ChangeStore {
            store,
            epoch: AtomicU64::new(0),
            allowed: Mutex::new(allowed),
            replaced_in: Mutex::default(),
            size_of_rest: AtomicU64::new(size_of_rest),
            is_due: AtomicBool::new(is_due),
            is_closed: AtomicBool::new(false),
        }
    }

    /// Starts to record the changes of the world with this epoch.
    pub fn resume(&self, epoch: u64) {
        self.epoch.store(epoch, Ordering::Release);
    }

    /// Writes the start again after its snapshot was damaged. The next [`ChangeStore::compact`] adds it to the
    /// manifest.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn replace_start(&self, start: &World) -> Result<(), Error> {
        let name = self.write_snapshot(start)?;
        self.store.pin(self.store.segment().0, &name, true);
        self.is_due.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// The durability of acknowledged calls.
    pub fn durability(&self) -> Durability {
        self.store.durability()
    }

    /// Returns whether the last attempt to write has failed.
    pub fn has_failed(&self) -> bool {
        self.store.has_failed()
    }

    /// Reserves space for a call with a body of this size. `None` if the disk is full; the call must then be refused.
    pub fn reserve(&self, body: usize) -> Option<Reservation<'_>> {
        let bytes = (SPACE + GROWTH * body as u64 + 1).next_multiple_of(STEP);
        // The reservation is created only after success, because dropping it releases the space.
        (!self.is_closed() && self.store.reserve(bytes)).then(|| Reservation(self, bytes))
    }

    /// Resets the state of the current thread for a new call.
    pub fn begin_call(&self) {
        POSITION.set(0);
        HAS_FAILED.set(false);
    }

    /// Waits until the records of the current thread's call are durable. Returns false if a record could not be written
    /// or synced.
    pub fn end_call(&self) -> bool {
        let (position, has_failed) = (POSITION.replace(0), HAS_FAILED.replace(false));
        !has_failed && (position == 0 || self.store.make_durable(position))
    }

    /// Records that a world with this epoch and clock replaces the current one, whose writers must be locked out.
    /// Returns whether that was recorded.
    pub fn replace(&self, by: NewWorld, clock: SavedClock, epoch: u64) -> bool {
        let snapshot = match &by {
            NewWorld::Snapshot(name) => Some((name.clone(), false)),
            NewWorld::NewStart(name) => Some((name.clone(), true)),
            NewWorld::Start | NewWorld::Empty => None,
        };
        let is_written = self.cut().is_some_and(|segment| {
            let is_written = self.write(&[&Replacement { by, clock }.record()]);
            if is_written {
                if let Some((name, is_start)) = &snapshot {
                    self.store.pin(segment, name, *is_start);
                }
                *self.replaced_in.lock() = Some(segment);
                self.epoch.store(epoch, Ordering::Release);
            }
            is_written
        });
        if let (Some((name, _)), false) = (snapshot, is_written) {
            self.store.drop_snapshot(&name);
        }
        is_written
    }

    /// Writes a snapshot of a world and returns its name.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write_snapshot(&self, world: &World) -> Result<String, Error> {
        let mut first = None;
        let name = self.store.write_snapshot(|snapshot| {
            world.write_parts(|part| {
                first.get_or_insert(part.len());
                snapshot.add(part)
            })
        })?;
        self.size_of_rest.store(first.unwrap_or_default() as u64, Ordering::Relaxed);
        Ok(name)
    }

    /// Removes a snapshot that no record refers to.
    pub fn drop_snapshot(&self, name: &str) {
        self.store.drop_snapshot(name);
    }

    /// Reserves journal numbers up to this one, and more in advance.
    pub fn reach_request(&self, number: u64) {
        self.reach(|allowed| &mut allowed.requests, number);
    }

    /// Returns whether the number is reserved.
    fn reach(&self, of: impl Fn(&mut Numbers) -> &mut u64, number: u64) -> bool {
        let mut allowed = self.allowed.lock();
        if number + MARGIN / 2 <= *of(&mut allowed) {
            return true;
        }
        let mut next = *allowed;
        *of(&mut next) = number + MARGIN;
        if !self.is_closed() && self.store.append(&[&next.record()]).is_ok() {
            *allowed = next;
        }
        number <= *of(&mut allowed)
    }

    /// Starts a segment of the log with a record of the allowed numbers, and returns its number.
    fn cut(&self) -> Option<u64> {
        let allowed = self.allowed.lock();
        let rotated = (!self.is_closed()).then(|| self.store.rotate())?;
        let segment = rotated.inspect_err(|error| tracing::error!(%error, "cannot start a segment of the log")).ok();
        let is_written = segment.is_some() && self.write(&[&allowed.record()]);
        HAS_FAILED.set(HAS_FAILED.get() || !is_written);
        segment.filter(|_| is_written)
    }

    fn write(&self, record: &[&[u8]]) -> bool {
        if self.is_closed() {
            HAS_FAILED.set(true);
            return false;
        }
        let written = self.store.append(record);
        match written {
            Ok(position) => POSITION.set(position),
            Err(()) => HAS_FAILED.set(true),
        }
        written.is_ok()
    }

    fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// Removes obsolete files, and writes a snapshot if the files are much larger than a snapshot. Returns false if the
    /// directory is closed.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn compact(&self, world: impl FnOnce() -> std::sync::Arc<World>) -> Result<bool, Error> {
        if self.is_closed() {
            return Ok(false);
        }
        let replaced_in = self.replaced_in.lock().take();
        if let Some(segment) = replaced_in {
            self.store.install(None, segment, None)?;
        }
        let world = world();
        let needed = world.size_of_findings() + self.size_of_rest.load(Ordering::Relaxed);
        if self.store.size_without_start() <= 2 * needed + SLACK && !self.is_due.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let is_current = || world.epoch() == self.epoch.load(Ordering::Acquire);
        let Some((fork, segment)) = world.cut(|| if is_current() { self.cut() } else { None }) else {
            let message = "cannot start a segment of the log".to_owned();
            return if is_current() { Err(Error::Content { message }) } else { Ok(true) };
        };
        let name = self.write_snapshot(&fork)?;
        self.store.install(Some(name), segment, None)?;
        self.is_due.store(false, Ordering::Relaxed);
        Ok(true)
    }

    /// Writes and syncs all records and releases the directory. `events` is the number of the last event, `requests`
    /// that of the last entry of the journal. Returns whether that succeeded.
    pub fn close(&self, events: u64, requests: u64) -> bool {
        if self.is_closed.swap(true, Ordering::AcqRel) {
            return true;
        }
        let numbers = Numbers { events, requests };
        // This record may lower the reserved numbers, because it is the last one.
        let is_written = self.store.append(&[&numbers.record()]).is_ok();
        self.store.close() && is_written
    }
}

impl ChangeLog for ChangeStore {
    fn append(&self, epoch: u64, record: &[&[u8]]) -> bool {
        // The world that made the record was replaced.
        if epoch != self.epoch.load(Ordering::Acquire) {
            return true;
        }
        self.write(record)
    }

    fn may_write(&self) -> bool {
        self.reserve(0).is_some()
    }

    fn reach_event(&self, number: u64) -> bool {
        self.reach(|allowed| &mut allowed.events, number)
    }
}

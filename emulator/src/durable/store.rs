//! A data directory in use.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::Durability;
use super::disk::{Disk, Machine};
use super::error::{Damage, Error};
use super::files::{self, Kind};
use super::frame::{self, Tail};
use super::lock::Lock;
use super::log::Log;
use super::manifest::{self, FORMAT, Manifest, Source};
use super::snapshot::{SnapshotReader, SnapshotWriter};

/// A locked data directory whose content has not been read yet.
pub struct Folder {
    path: PathBuf,
    /// The lock, which is released when it is dropped.
    lock: Lock,
    manifest: Option<Manifest>,
}

/// The content of a data directory.
pub struct Contents {
    /// The name of the snapshot of the start.
    pub start: String,
    /// The name of the snapshot of the world; `None` if the log begins with a replacement of the world.
    pub world: Option<String>,
    segments: Vec<Segment>,
    /// Warnings for the user about dropped data.
    pub warnings: Vec<String>,
}

/// A segment of the log.
struct Segment {
    number: u64,
    path: PathBuf,
    bytes: Vec<u8>,
    bodies: Vec<Range<usize>>,
}

/// A record of the log.
#[derive(Clone, Copy)]
pub struct Record<'c> {
    /// The number of its segment.
    pub segment: u64,
    /// The file that contains it.
    pub file: &'c Path,
    /// Its offset in the file.
    pub offset: u64,
    /// Its content.
    pub body: &'c [u8],
}

impl Contents {
    /// The records of the log, oldest first.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.segments.iter().flat_map(|segment| {
            segment.bodies.iter().filter_map(|range| {
                let body = segment.bytes.get(range.clone())?;
                let offset = (range.start - frame::HEADER) as u64;
                Some(Record { segment: segment.number, file: &segment.path, offset, body })
            })
        })
    }
}

impl Folder {
    /// Locks a directory, which is created if it does not exist.
    ///
    /// # Errors
    /// [`Error`]. The directory is unchanged if another process uses it or if it has another format.
    pub fn open(path: &Path) -> Result<Folder, Error> {
        files::create_folder(path)?;
        // The version is checked before anything is written.
        Manifest::read(path)?;
        let mut lock = Lock::take(path)?;
        let manifest = Manifest::read(path)?;
        lock.write_process_id(path)?;
        let files = files::list(path)?;
        // A directory without a manifest was not filled completely. The log is started after the manifest is written.
        if manifest.is_none() && files.iter().any(|(_, kind)| matches!(kind, Kind::Log(_))) {
            let damage = Damage { offset: 0, problem: "the file is missing, although a log exists" };
            return Err(Error::damaged(&path.join(manifest::NAME))(damage));
        }
        for (file, kind) in files {
            if kind == Kind::Temporary || manifest.is_none() {
                files::remove(&file);
            }
        }
        Ok(Folder { path: path.to_owned(), lock, manifest })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether the directory is empty.
    pub fn is_empty(&self) -> bool {
        self.manifest.is_none()
    }

    /// The source of the start.
    pub fn source(&self) -> Option<&Source> {
        self.manifest.as_ref()?.source.as_ref()
    }

    /// Reads the content. Returns `None` if the directory is empty. An incomplete record is removed, with a warning.
    /// With `recovers`, a damaged file is truncated at the damage.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Io`].
    pub fn read(&self, recovers: bool) -> Result<Option<Contents>, Error> {
        let Some(manifest) = &self.manifest else { return Ok(None) };
        let mut warnings = Vec::new();
        let segments = self.segments((manifest.log, manifest.last_log), recovers, &mut warnings)?;
        Ok(Some(Contents { start: manifest.start.clone(), world: manifest.world.clone(), segments, warnings }))
    }

    /// Reads a snapshot by its name.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Io`].
    pub fn snapshot(&self, name: &str) -> Result<SnapshotReader, Error> {
        SnapshotReader::open(&self.path.join(name))
    }

    /// Reads the segments of the log from the number `first` on. Those up to `known` must exist.
    fn segments(
        &self,
        (first, known): (u64, u64),
        recovers: bool,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<Segment>, Error> {
        let of_log = |(path, kind)| if let Kind::Log(number) = kind { Some((number, path)) } else { None };
        let mut found: Vec<(u64, PathBuf)> = files::list(&self.path)?.into_iter().filter_map(of_log).collect();
        found.retain(|(number, _)| *number >= first);
        found.sort_unstable();
        let next = found.last().map_or(first, |(number, _)| number + 1);
        if next <= known {
            let missing = self.path.join(files::log_name(next));
            if !recovers {
                let damage = Damage { offset: 0, problem: "the file is missing" };
                return Err(Error::damaged(&missing)(damage));
            }
            warnings.push(format!("{}: the file is missing, so its records are lost", missing.display()));
        }
        let mut segments = Vec::new();
        for ((number, path), expected) in found.into_iter().zip(first..) {
            if number != expected {
                let missing = self.path.join(files::log_name(expected));
                let damage = Damage { offset: 0, problem: "the file is missing, although later segments exist" };
                return Err(Error::damaged(&missing)(damage));
            }
            let bytes = std::fs::read(&path).map_err(Error::io("read", &path))?;
            let frames = frame::read(&bytes).map_err(Error::damaged(&path))?;
            let (end, dropped) = (frames.end, bytes.len() - frames.end);
            let is_damaged = frames.tail == Tail::Damaged || (frames.tail == Tail::Torn && number + 1 != next);
            if is_damaged && !recovers {
                let damage = Damage { offset: end as u64, problem: "the checksum of a record does not match" };
                return Err(Error::damaged(&path)(damage));
            }
            if frames.tail == Tail::Empty {
                free_reserved(&path, end);
            } else {
                truncate(&path, end)?;
                let reason = if is_damaged { "a record is damaged" } else { "the last record is incomplete" };
                warnings.push(format!("{}: dropped {dropped} bytes at the end, because {reason}", path.display()));
            }
            segments.push(Segment { number, path, bytes, bodies: frames.bodies });
            if is_damaged {
                self.drop_segments(number + 1..next, warnings);
                break;
            }
        }
        Ok(segments)
    }

    /// Drops segments after a damaged record.
    fn drop_segments(&self, numbers: impl Iterator<Item = u64>, warnings: &mut Vec<String>) {
        for number in numbers {
            let path = self.path.join(files::log_name(number));
            files::remove(&path);
            warnings.push(format!("{}: dropped the file, because an earlier record is damaged", path.display()));
        }
    }

    /// Fills the directory with a start, whose parts `write` adds. The log must then begin with a replacement of the
    /// world.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn fill(
        self,
        durability: Durability,
        source: Option<Source>,
        write: impl FnOnce(&mut SnapshotWriter) -> Result<(), Error>,
    ) -> Result<Store, Error> {
        let start = files::snapshot_name(1);
        SnapshotWriter::write(self.path.join(&start), write)?;
        let manifest = Manifest {
            format: FORMAT,
            program: version(),
            start: start.clone(),
            world: None,
            log: 1,
            last_log: 0,
            source,
        };
        manifest.write(&self.path)?;
        self.store(durability, (manifest.clone(), manifest), Vec::new(), Box::new(Machine))
    }

    /// Opens the directory for writing after its content was read. `start` is the snapshot of the current start, and
    /// `pins` are the snapshots that records refer to, with the numbers of their segments.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn resume(self, durability: Durability, start: String, pins: Vec<(u64, String)>) -> Result<Store, Error> {
        self.resume_on(durability, start, pins, Box::new(Machine))
    }

    pub(super) fn resume_on(
        mut self,
        durability: Durability,
        start: String,
        pins: Vec<(u64, String)>,
        disk: Box<dyn Disk>,
    ) -> Result<Store, Error> {
        let log = files::list(&self.path)?.into_iter().filter_map(|(_, kind)| match kind {
            Kind::Log(number) => Some(number),
            _ => None,
        });
        let next = log.max().map_or(1, |number| number + 1);
        let on_disk = self.manifest.take();
        let first = on_disk.as_ref().map_or(next, |manifest| manifest.log);
        let world = on_disk.as_ref().and_then(|manifest| manifest.world.clone());
        let source = on_disk.as_ref().and_then(|manifest| manifest.source.clone());
        let manifest = Manifest { format: FORMAT, program: version(), start, world, log: first, last_log: 0, source };
        let on_disk = on_disk.unwrap_or_else(|| manifest.clone());
        self.store(durability, (on_disk, manifest), pins, disk)
    }

    /// Starts the next segment of the log, and adds it to the manifest on the disk. `manifest` is the next one.
    fn store(
        self,
        durability: Durability,
        (on_disk, mut manifest): (Manifest, Manifest),
        pins: Vec<(u64, String)>,
        disk: Box<dyn Disk>,
    ) -> Result<Store, Error> {
        let (mut log, mut snapshot) = (manifest.log.saturating_sub(1), 0);
        for (_, kind) in files::list(&self.path)? {
            match kind {
                Kind::Log(number) => log = log.max(number),
                Kind::Snapshot(number) => snapshot = snapshot.max(number),
                Kind::Temporary => {}
            }
        }
        let log = Log::start(self.path.clone(), log + 1, durability, disk)?;
        manifest.last_log = log.segment().0;
        Manifest { last_log: manifest.last_log, ..on_disk }.write(&self.path)?;
        let last_snapshot = AtomicU64::new(snapshot);
        let state = Mutex::new(Files { manifest, pins, unreferenced: Vec::new() });
        let store = Store { path: self.path, log, durability, state, last_snapshot, lock: self.lock };
        store.clean(&store.state.lock());
        Ok(store)
    }
}

/// Frees the space after the end of a file, which a killed process has reserved. If that fails, it stays reserved.
fn free_reserved(path: &Path, end: usize) {
    _ = std::fs::OpenOptions::new().write(true).open(path).and_then(|file| file.set_len(end as u64));
}

/// Truncates a file and syncs it.
fn truncate(path: &Path, end: usize) -> Result<(), Error> {
    let change = || {
        let file = std::fs::OpenOptions::new().write(true).open(path)?;
        file.set_len(end as u64)?;
        file.sync_all()
    };
    change().map_err(Error::io("truncate", path))
}

fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// A data directory in use.
pub struct Store {
    path: PathBuf,
    log: Log,
    durability: Durability,
    state: Mutex<Files>,
    /// The number of the newest snapshot.
    last_snapshot: AtomicU64,
    lock: Lock,
}

/// The files in use.
struct Files {
    /// The next manifest to write. Its start may be newer than that of the manifest on the disk.
    manifest: Manifest,
    /// Snapshots that records of the log refer to, with the numbers of their segments.
    pins: Vec<(u64, String)>,
    /// Snapshots to which no record and no manifest refers yet.
    unreferenced: Vec<String>,
}

impl Store {
    /// The durability of acknowledged calls.
    pub fn durability(&self) -> Durability {
        self.durability
    }

    /// Returns whether the last attempt to write has failed.
    pub fn has_failed(&self) -> bool {
        self.log.has_failed()
    }

    /// Reserves space for the records of a call. Returns false if the disk is full. After success, the caller must call
    /// [`Store::release`].
    pub fn reserve(&self, bytes: u64) -> bool {
        self.log.reserve(bytes)
    }

    /// Ends a reservation.
    pub fn release(&self, bytes: u64) {
        self.log.release(bytes);
    }

    /// Appends a record that consists of these parts, and returns the position after it, for [`Store::make_durable`].
    ///
    /// # Errors
    /// The record was not written.
    #[allow(clippy::result_unit_err, reason = "the error was logged")]
    pub fn append(&self, record: &[&[u8]]) -> Result<u64, ()> {
        self.log.append(record)
    }

    /// Syncs the log up to a position if the durability requires it. Returns false if that fails.
    pub fn make_durable(&self, position: u64) -> bool {
        self.log.make_durable(position)
    }

    /// Writes and syncs all records, for the end of the process. Returns whether that succeeded.
    pub fn flush(&self) -> bool {
        self.log.flush()
    }

    /// Starts the next segment of the log and returns its number. Writers must be locked out, so that a snapshot can
    /// replace all earlier segments.
    ///
    /// # Errors
    /// [`Error::Io`]. The log then stays in the current segment.
    pub fn rotate(&self) -> Result<u64, Error> {
        self.log.rotate()
    }

    /// The number of the current segment, and its size.
    pub fn segment(&self) -> (u64, u64) {
        self.log.segment()
    }

    /// Writes a snapshot and returns its name, for [`Store::install`], [`Store::pin`] or [`Store::drop_snapshot`].
    ///
    /// # Errors
    /// [`Error::Io`]. The snapshot is then removed.
    pub fn write_snapshot(
        &self,
        write: impl FnOnce(&mut SnapshotWriter) -> Result<(), Error>,
    ) -> Result<String, Error> {
        let name = files::snapshot_name(self.last_snapshot.fetch_add(1, Ordering::Relaxed) + 1);
        self.state.lock().unreferenced.push(name.clone());
        let written = SnapshotWriter::write(self.path.join(&name), write);
        written.map(|_| name.clone()).inspect_err(|_| self.drop_snapshot(&name))
    }

    /// Removes a snapshot to which no record refers.
    pub fn drop_snapshot(&self, name: &str) {
        self.state.lock().unreferenced.retain(|other| other != name);
        files::remove(&self.path.join(name));
    }

    /// Registers that a record of a segment refers to a snapshot. With `is_start`, the snapshot is also the new start.
    pub fn pin(&self, segment: u64, snapshot: &str, is_start: bool) {
        let mut state = self.state.lock();
        state.unreferenced.retain(|other| other != snapshot);
        state.pins.push((segment, snapshot.to_owned()));
        if is_start {
            snapshot.clone_into(&mut state.manifest.start);
        }
    }

    /// Writes a manifest that names a snapshot of the world and `log`, the first segment after it, and removes files
    /// that are no longer needed. Without a snapshot, the segment must begin with a replacement of the world.
    ///
    /// # Errors
    /// [`Error::Io`]. The old manifest, which gives the same state, then stays in place.
    pub fn install(&self, world: Option<String>, log: u64, source: Option<Source>) -> Result<(), Error> {
        let mut state = self.state.lock();
        let source = source.or_else(|| state.manifest.source.clone());
        let last_log = state.manifest.last_log.max(log);
        let manifest = Manifest { world, log, last_log, source, ..state.manifest.clone() };
        manifest.write(&self.path)?;
        state.manifest = manifest;
        state.pins.retain(|(segment, _)| *segment >= log);
        let Files { manifest, unreferenced, .. } = &mut *state;
        unreferenced.retain(|other| manifest.world.as_ref() != Some(other));
        self.clean(&state);
        Ok(())
    }

    /// The total size of the files, except for the start and reserved space.
    pub fn size_without_start(&self) -> u64 {
        let start = self.path.join(&self.state.lock().manifest.start);
        let files = files::list(&self.path).unwrap_or_default().into_iter().filter(|(file, _)| *file != start);
        files.filter_map(|(file, _)| Some(std::fs::metadata(file).ok()?.len())).sum()
    }

    /// Writes and syncs all records and releases the lock. Returns whether that succeeded.
    pub fn close(&self) -> bool {
        let is_written = self.log.flush();
        let is_synced = self.sync().inspect_err(|error| tracing::error!(%error, "cannot sync the data directory"));
        self.lock.release();
        is_written && is_synced.is_ok()
    }

    /// Syncs the earlier segments of the log and the directory.
    fn sync(&self) -> Result<(), Error> {
        for (file, kind) in files::list(&self.path)? {
            if matches!(kind, Kind::Log(_)) {
                std::fs::File::open(&file).and_then(|file| file.sync_data()).map_err(Error::io("sync", &file))?;
            }
        }
        files::sync_folder(&self.path)
    }

    /// Removes files that are not needed.
    fn clean(&self, state: &Files) {
        let Files { manifest, pins, unreferenced } = state;
        // After a load, the manifest on the disk names the old start until [`Store::install`] replaces it.
        let on_disk = Manifest::read(&self.path).ok().flatten();
        let starts = [Some(&manifest.start), on_disk.as_ref().map(|manifest| &manifest.start)];
        let worlds = [manifest.world.as_ref(), on_disk.as_ref().and_then(|manifest| manifest.world.as_ref())];
        let of_records = pins.iter().map(|(_, pin)| pin).chain(unreferenced);
        let names: BTreeSet<&String> = starts.into_iter().chain(worlds).flatten().chain(of_records).collect();
        for (file, kind) in files::list(&self.path).unwrap_or_default() {
            let is_needed = match kind {
                Kind::Log(number) => number >= manifest.log,
                Kind::Snapshot(number) => names.contains(&files::snapshot_name(number)),
                Kind::Temporary => true,
            };
            if !is_needed {
                files::remove(&file);
            }
        }
    }
}

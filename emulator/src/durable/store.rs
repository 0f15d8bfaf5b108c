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
use super::frame::{self, Rest};
use super::lock::Lock;
use super::log::Log;
use super::manifest::{self, FORMAT, Manifest, Source};
use super::snapshot::{SnapshotReader, SnapshotWriter};

/// A locked data directory whose content has not been read yet.
pub struct Folder {
    path: PathBuf,
    /// Released when it is dropped.
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
    /// What was dropped, for the user.
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
        lock.sign(path)?;
        let files = files::list(path)?;
        // Without a manifest, the process that was to fill the directory ended before it had done so. The log is only
        // started after that.
        if manifest.is_none() && files.iter().any(|(_, kind)| matches!(kind, Kind::Log(_))) {
            let damage = Damage { offset: 0, what: "the file is missing, although there is a log" };
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

    /// Whether it has no content.
    pub fn is_empty(&self) -> bool {
        self.manifest.is_none()
    }

    /// What its start was made from.
    pub fn source(&self) -> Option<&Source> {
        self.manifest.as_ref()?.source.as_ref()
    }

    /// Reads the content; `None` if there is none. A record that was written in part is cut, with a warning. With
    /// `recovers`, a damaged file is cut before the damaged place.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Io`].
    pub fn read(&self, recovers: bool) -> Result<Option<Contents>, Error> {
        let Some(manifest) = &self.manifest else { return Ok(None) };
        let mut warnings = Vec::new();
        let segments = self.segments(manifest.log, recovers, &mut warnings)?;
        Ok(Some(Contents { start: manifest.start.clone(), world: manifest.world.clone(), segments, warnings }))
    }

    /// Reads a snapshot by its name.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Io`].
    pub fn snapshot(&self, name: &str) -> Result<SnapshotReader, Error> {
        SnapshotReader::open(&self.path.join(name))
    }

    fn segments(&self, first: u64, recovers: bool, warnings: &mut Vec<String>) -> Result<Vec<Segment>, Error> {
        let of_log = |(path, kind)| if let Kind::Log(number) = kind { Some((number, path)) } else { None };
        let mut found: Vec<(u64, PathBuf)> = files::list(&self.path)?.into_iter().filter_map(of_log).collect();
        found.retain(|(number, _)| *number >= first);
        found.sort_unstable();
        let last = found.last().map_or(first, |(number, _)| *number);
        let mut segments = Vec::new();
        for ((number, path), expected) in found.into_iter().zip(first..) {
            if number != expected {
                let missing = self.path.join(files::log_name(expected));
                let damage = Damage { offset: 0, what: "the file is missing, although later segments exist" };
                return Err(Error::damaged(&missing)(damage));
            }
            let bytes = std::fs::read(&path).map_err(Error::io("read", &path))?;
            let frames = frame::read(&bytes).map_err(Error::damaged(&path))?;
            let (end, dropped) = (frames.end, bytes.len() - frames.end);
            let is_damaged = frames.rest == Rest::Damaged || (frames.rest == Rest::Torn && number != last);
            if is_damaged && !recovers {
                let damage = Damage { offset: end as u64, what: "the checksum of a record does not match" };
                return Err(Error::damaged(&path)(damage));
            }
            if frames.rest != Rest::Nothing {
                cut(&path, end)?;
                let reason =
                    if is_damaged { "a record is damaged" } else { "the last record was not written completely" };
                warnings.push(format!("{}: dropped {dropped} bytes at its end, because {reason}", path.display()));
            }
            segments.push(Segment { number, path, bytes, bodies: frames.bodies });
            if is_damaged {
                self.drop_segments(number + 1..=last, warnings);
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
            warnings.push(format!("{}: dropped, because a record before it is damaged", path.display()));
        }
    }

    /// Fills the directory with the start that `write` writes. The log must then begin with a replacement of the world.
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
        let manifest =
            Manifest { format: FORMAT, program: version(), start: start.clone(), world: None, log: 1, source };
        manifest.write(&self.path)?;
        self.store(durability, manifest, Vec::new(), Box::new(Machine))
    }

    /// Continues to use the directory after its content was read. `start` is the snapshot of the current start, and
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
        let manifest = self.manifest.take();
        let first = manifest.as_ref().map_or(next, |manifest| manifest.log);
        let world = manifest.as_ref().and_then(|manifest| manifest.world.clone());
        let source = manifest.and_then(|manifest| manifest.source);
        let manifest = Manifest { format: FORMAT, program: version(), start, world, log: first, source };
        self.store(durability, manifest, pins, disk)
    }

    fn store(
        self,
        durability: Durability,
        manifest: Manifest,
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
        let last_snapshot = AtomicU64::new(snapshot);
        let state = Mutex::new(Files { manifest, pins, unnamed: Vec::new() });
        let store = Store { path: self.path, log, durability, state, last_snapshot, lock: self.lock };
        store.clean(&store.state.lock());
        Ok(store)
    }
}

/// Cuts a file.
fn cut(path: &Path, end: usize) -> Result<(), Error> {
    let cut = || {
        let file = std::fs::OpenOptions::new().write(true).open(path)?;
        file.set_len(end as u64)?;
        file.sync_all()
    };
    cut().map_err(Error::io("cut", path))
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

/// The files that are needed.
struct Files {
    /// The manifest to be written next, whose start may be newer than that of the manifest on the disk.
    manifest: Manifest,
    /// Snapshots that records of the log refer to, with the numbers of their segments.
    pins: Vec<(u64, String)>,
    /// Snapshots that nothing refers to yet.
    unnamed: Vec<String>,
}

impl Store {
    /// What acknowledged calls survive.
    pub fn durability(&self) -> Durability {
        self.durability
    }

    /// Whether the last attempt to write has failed.
    pub fn has_failed(&self) -> bool {
        self.log.has_failed()
    }

    /// Reserves space for what a call will append. Returns whether there is space; then [`Store::release`] has to
    /// follow.
    pub fn reserve(&self, bytes: u64) -> bool {
        self.log.reserve(bytes)
    }

    /// Ends a reservation.
    pub fn release(&self, bytes: u64) {
        self.log.release(bytes);
    }

    /// Appends a record and returns the position after it, for [`Store::settle`].
    ///
    /// # Errors
    /// The record was not written. If what it describes `has_happened`, it is kept and written before the next one.
    #[allow(clippy::result_unit_err, reason = "the reason was logged")]
    pub fn append(&self, record: Vec<u8>, has_happened: bool) -> Result<u64, ()> {
        self.log.append(record, has_happened)
    }

    /// Makes sure that everything up to a position survives as long as the durability requires. Returns whether it does.
    pub fn settle(&self, position: u64) -> bool {
        self.log.settle(position)
    }

    /// Writes and syncs everything, for the end of the process. Returns whether that succeeded.
    pub fn flush(&self) -> bool {
        self.log.flush()
    }

    /// Ends the current segment of the log and returns the number of the next one. To be called while nothing is
    /// appended, so that the segments before contain everything up to a cut of the state.
    ///
    /// # Errors
    /// [`Error::Io`]. The current segment goes on then.
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
    /// [`Error::Io`]. There is no snapshot then.
    pub fn write_snapshot(
        &self,
        write: impl FnOnce(&mut SnapshotWriter) -> Result<(), Error>,
    ) -> Result<String, Error> {
        let name = files::snapshot_name(self.last_snapshot.fetch_add(1, Ordering::Relaxed) + 1);
        self.state.lock().unnamed.push(name.clone());
        let written = SnapshotWriter::write(self.path.join(&name), write);
        written.map(|_| name.clone()).inspect_err(|_| self.drop_snapshot(&name))
    }

    /// Removes a snapshot that is not needed after all.
    pub fn drop_snapshot(&self, name: &str) {
        self.state.lock().unnamed.retain(|other| other != name);
        files::remove(&self.path.join(name));
    }

    /// Notes that a record of a segment refers to a snapshot, which is also the start from now on if it `is_start`.
    pub fn pin(&self, segment: u64, snapshot: &str, is_start: bool) {
        let mut state = self.state.lock();
        state.unnamed.retain(|other| other != snapshot);
        state.pins.push((segment, snapshot.to_owned()));
        if is_start {
            snapshot.clone_into(&mut state.manifest.start);
        }
    }

    /// Makes a snapshot of the world and the segments from `log` on the state at the next start, and removes files that
    /// are not needed any more. Without a snapshot, the segment begins with a replacement of the world.
    ///
    /// # Errors
    /// [`Error::Io`]. The state at the next start is the same then, from other files.
    pub fn install(&self, world: Option<String>, log: u64, source: Option<Source>) -> Result<(), Error> {
        let mut state = self.state.lock();
        let source = source.or_else(|| state.manifest.source.clone());
        let manifest = Manifest { world, log, source, ..state.manifest.clone() };
        manifest.write(&self.path)?;
        state.manifest = manifest;
        state.pins.retain(|(segment, _)| *segment >= log);
        let Files { manifest, unnamed, .. } = &mut *state;
        unnamed.retain(|other| manifest.world.as_ref() != Some(other));
        self.clean(&state);
        Ok(())
    }

    /// The size of the files without the start and without space that is reserved.
    pub fn size_without_start(&self) -> u64 {
        let start = self.path.join(&self.state.lock().manifest.start);
        let files = files::list(&self.path).unwrap_or_default().into_iter().filter(|(file, _)| *file != start);
        files.filter_map(|(file, _)| Some(std::fs::metadata(file).ok()?.len())).sum()
    }

    /// Writes and syncs everything, and lets other processes use the directory. Returns whether that succeeded.
    pub fn close(&self) -> bool {
        let is_written = self.log.flush();
        let is_synced = self.sync().inspect_err(|error| tracing::error!(%error, "cannot sync the data directory"));
        self.lock.release();
        is_written && is_synced.is_ok()
    }

    /// Writes the earlier segments of the log and the names of files to the disk.
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
        let Files { manifest, pins, unnamed } = state;
        // The manifest on the disk may name another start than the one in memory, and then refers to it by a record.
        let on_disk = Manifest::read(&self.path).ok().flatten();
        let starts = [Some(&manifest.start), on_disk.as_ref().map(|manifest| &manifest.start)];
        let worlds = [manifest.world.as_ref(), on_disk.as_ref().and_then(|manifest| manifest.world.as_ref())];
        let of_records = pins.iter().map(|(_, pin)| pin).chain(unnamed);
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

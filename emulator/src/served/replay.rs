//! Reads the world and the start of a data directory.

use crate::durable::{Contents, Damage, Error, Folder, Record as Place, SnapshotReader};
use crate::state::{NewWorld, Numbers, Record, Recovery, Replacement, World};

/// The state that a data directory contains.
pub struct Replayed {
    /// The world at the end of the log.
    pub world: World,
    /// The start.
    pub start: World,
    /// The snapshot of the start.
    pub start_name: String,
    /// The greatest event and journal numbers that the log reserves.
    pub numbers: Numbers,
    /// Snapshots that records refer to, with the numbers of their segments.
    pub pins: Vec<(u64, String)>,
    /// Warnings for the user about dropped data.
    pub warnings: Vec<String>,
    /// The size of the snapshot of the world without its findings.
    pub size_of_rest: u64,
    /// True if the snapshot of the start was damaged.
    pub is_start_damaged: bool,
}

/// The content of a snapshot.
struct SnapshotContent {
    recovery: Recovery,
    /// The size of the first part, which does not contain findings.
    first_part: u64,
    /// A warning about dropped data.
    warning: Option<String>,
}

/// The records of a log, by purpose.
struct Log<'c> {
    /// The last replacement of the world.
    replacement: Option<Replacement>,
    /// The records of changes after it.
    changes: Vec<Place<'c>>,
    numbers: Numbers,
    start_name: String,
    pins: Vec<(u64, String)>,
}

/// Reads a data directory; `None` if it is empty. With `recovers`, damaged files are truncated at the damage.
///
/// # Errors
/// [`Error`].
pub fn read(folder: &Folder, recovers: bool) -> Result<Option<Replayed>, Error> {
    let Some(contents) = folder.read(recovers)? else { return Ok(None) };
    let log = log(&contents)?;
    let base = match log.replacement.as_ref().map(|replacement| &replacement.by) {
        Some(NewWorld::Snapshot(name) | NewWorld::NewStart(name)) => Some(name.clone()),
        Some(NewWorld::Start) => Some(log.start_name.clone()),
        Some(NewWorld::Empty) => None,
        None => Some(contents.world.clone().unwrap_or_else(|| log.start_name.clone())),
    };
    // The world and the start are read in parallel.
    let (world, start) = std::thread::scope(|scope| {
        let start = scope.spawn(|| snapshot(folder, Some(&log.start_name), recovers));
        let world = snapshot(folder, base.as_deref(), recovers).and_then(|read| replay(read, &log));
        (world, start.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let ((world, world_warning, size_of_rest), start) = (world?, start?);
    let is_start_damaged = start.warning.is_some();
    let mut warnings = contents.warnings.clone();
    warnings.extend(world_warning);
    warnings.extend(start.warning.filter(|warning| !warnings.contains(warning)));
    let start = finish(folder, start.recovery, &log.start_name)?;
    let Log { numbers, start_name, pins, .. } = log;
    Ok(Some(Replayed { world, start, start_name, numbers, pins, warnings, size_of_rest, is_start_damaged }))
}

/// Sorts the records of a log.
fn log(contents: &Contents) -> Result<Log<'_>, Error> {
    let mut log = Log {
        replacement: None,
        changes: Vec::new(),
        numbers: Numbers::default(),
        start_name: contents.start.clone(),
        pins: Vec::new(),
    };
    for place in contents.records() {
        if Record::is_of_changes(place.body) {
            log.changes.push(place);
            continue;
        }
        match Record::read(place.body) {
            Some(Record::Replacement(replacement)) => {
                match &replacement.by {
                    NewWorld::Snapshot(name) => log.pins.push((place.segment, name.clone())),
                    NewWorld::NewStart(name) => {
                        log.pins.push((place.segment, name.clone()));
                        log.start_name.clone_from(name);
                    }
                    NewWorld::Start | NewWorld::Empty => {}
                }
                log.changes.clear();
                log.replacement = Some(replacement);
            }
            // The last record of a process that exited normally has the exact numbers.
            Some(Record::Numbers(numbers)) => log.numbers = numbers,
            Some(Record::Changes(_)) | None => return Err(invalid(place)),
        }
    }
    Ok(log)
}

fn invalid(place: Place<'_>) -> Error {
    let damage = Damage { offset: place.offset, problem: "the content of a record is invalid" };
    Error::damaged(place.file)(damage)
}

/// Reads a snapshot. Without a name, the world is empty.
fn snapshot(folder: &Folder, name: Option<&str>, recovers: bool) -> Result<SnapshotContent, Error> {
    let mut read = SnapshotContent { recovery: Recovery::default(), first_part: 0, warning: None };
    let Some(name) = name else { return Ok(read) };
    let parts = folder.snapshot(name).and_then(|mut reader| parts(&mut reader, &mut read));
    match parts {
        Err(Error::Damaged { file, damage: Damage { offset, problem } }) if recovers => {
            let file = file.display();
            read.warning = Some(format!("{file}: dropped everything from offset {offset} on, because {problem}"));
            Ok(read)
        }
        parts => parts.map(|()| read),
    }
}

fn parts(reader: &mut SnapshotReader, read: &mut SnapshotContent) -> Result<(), Error> {
    loop {
        let offset = reader.offset();
        let Some(part) = reader.next_part()? else { return Ok(()) };
        if read.first_part == 0 {
            read.first_part = part.len() as u64;
        }
        let damage = Damage { offset, problem: "the content of a part is invalid" };
        read.recovery.add_part(part).ok_or_else(|| Error::damaged(reader.path())(damage))?;
    }
}

/// Applies the log to a snapshot of the world. Returns the world with the warning and the size of the snapshot.
fn replay(read: SnapshotContent, log: &Log<'_>) -> Result<(World, Option<String>, u64), Error> {
    let SnapshotContent { mut recovery, first_part, warning } = read;
    if let Some(replacement) = &log.replacement {
        recovery.set_clock(replacement.clock);
    }
    for place in &log.changes {
        let Some(Record::Changes(changes)) = Record::read(place.body) else { return Err(invalid(*place)) };
        recovery.apply(changes).ok_or_else(|| invalid(*place))?;
    }
    let world = recovery.finish().map_err(|error| Error::Content { message: error.to_string() })?;
    Ok((world, warning, first_part))
}

fn finish(folder: &Folder, recovery: Recovery, name: &str) -> Result<World, Error> {
    let file = folder.path().join(name);
    recovery.finish().map_err(|error| Error::Content { message: format!("{}: {error}", file.display()) })
}

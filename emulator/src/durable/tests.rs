//! Tests of data directories after crashes, on a disk that becomes full, and with two processes.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::disk::{Disk, Machine};
use super::*;

fn fill(path: &Path) -> Store {
    let folder = Folder::open(path).unwrap();
    assert!(folder.is_empty());
    folder.fill(Durability::Process, None, |start| start.add(b"start")).unwrap()
}

fn open(path: &Path, recovers: bool) -> Result<(Folder, Contents), Error> {
    let folder = Folder::open(path)?;
    let contents = folder.read(recovers)?.unwrap();
    Ok((folder, contents))
}

fn reopen(path: &Path, durability: Durability) -> Store {
    let (folder, contents) = open(path, false).unwrap();
    folder.resume(durability, contents.start, Vec::new()).unwrap()
}

fn records(path: &Path) -> Vec<String> {
    texts(&open(path, false).unwrap().1)
}

fn texts(contents: &Contents) -> Vec<String> {
    contents.records().map(|record| String::from_utf8_lossy(record.body).into_owned()).collect()
}

fn append(store: &Store, texts: &[&str]) {
    for text in texts {
        store.append(&[text.as_bytes()]).unwrap();
    }
}

/// The only segment of the log with records.
fn segment(path: &Path) -> PathBuf {
    path.join("log-00000001")
}

/// A disk that limits the size of the log.
struct LimitedDisk {
    limit: Arc<AtomicU64>,
    can_reserve: bool,
}

impl Disk for LimitedDisk {
    fn write(&self, file: &File, parts: &[&[u8]], offset: u64) -> io::Result<()> {
        let bytes = parts.concat();
        let limit = self.limit.load(Ordering::Relaxed);
        let space = usize::try_from(limit.saturating_sub(offset)).unwrap();
        Machine.write(file, &[&bytes[..bytes.len().min(space)]], offset)?;
        if space < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn reserve(&self, _: &File, offset: u64, length: u64) -> io::Result<()> {
        let fits = !self.can_reserve || offset + length <= self.limit.load(Ordering::Relaxed);
        if fits { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
    }

    fn sync(&self, _: &File) -> io::Result<()> {
        Ok(())
    }
}

/// Rules: CPL-70.
#[test]
fn the_parts_of_a_record_are_stored_as_one() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a");
    let store = fill(&path);
    // More parts than Linux writes at once.
    let parts: Vec<String> = (0..3000).map(|part| format!("{part},")).collect();
    let slices: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
    store.append(&slices).unwrap();
    store.append(&[b"", b"one ", b"", b"two"]).unwrap();
    drop(store);
    assert_eq!(records(&path), [parts.concat(), "one two".to_owned()]);
}

/// Rules: CPL-70.
#[test]
fn records_survive_and_files_are_private() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a/b");
    let store = fill(&path);
    append(&store, &["1", "2"]);
    drop(store);
    assert_eq!(records(&path), ["1", "2"]);
    let store = reopen(&path, Durability::Disk);
    let position = store.append(&[b"3"]).unwrap();
    assert!(store.make_durable(position) && store.flush());
    drop(store);
    assert_eq!(records(&path), ["1", "2", "3"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        for file in fs::read_dir(&path).unwrap() {
            assert_eq!(mode(&file.unwrap().path()), 0o600);
        }
    }
}

/// Rules: CPL-72.
#[test]
fn a_torn_record_is_removed_with_a_warning() {
    let root = tempfile::tempdir().unwrap();
    append(&fill(root.path()), &["first", "second"]);
    let whole = fs::read(segment(root.path())).unwrap();
    let ends = [24, 24 + 16 + 5, whole.len()];
    for length in 0..=whole.len() {
        fs::write(segment(root.path()), &whole[..length]).unwrap();
        let (_, contents) = open(root.path(), false).unwrap();
        let count = ends.iter().skip(1).filter(|end| **end <= length).count();
        assert_eq!(texts(&contents), ["first", "second"][..count], "{length} bytes");
        let is_cut = length > 0 && !ends.contains(&length);
        assert_eq!(contents.warnings.len(), usize::from(is_cut), "{length} bytes: {:?}", contents.warnings);
        let cut = fs::metadata(segment(root.path())).unwrap().len();
        assert!(cut == 0 || ends.contains(&usize::try_from(cut).unwrap()), "{length} bytes: cut to {cut}");
    }
    fs::write(segment(root.path()), &whole[..whole.len() - 2]).unwrap();
    let warning = open(root.path(), false).unwrap().1.warnings.concat();
    assert!(warning.contains("dropped 20 bytes"), "{warning}");
    let store = reopen(root.path(), Durability::Process);
    append(&store, &["third"]);
    drop(store);
    assert_eq!(records(root.path()), ["first", "third"]);
}

/// Rules: CPL-72.
#[test]
fn a_damaged_record_is_an_error_and_can_be_removed() {
    let root = tempfile::tempdir().unwrap();
    append(&fill(root.path()), &["first", "second", "third"]);
    append(&reopen(root.path(), Durability::Process), &["fourth"]);
    let mut bytes = fs::read(segment(root.path())).unwrap();
    bytes[24 + 16 + 5 + 16] ^= 1;
    fs::write(segment(root.path()), bytes).unwrap();
    let error = open(root.path(), false).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("log-00000001 is damaged at offset 45: "), "{error}");
    let (folder, contents) = open(root.path(), true).unwrap();
    assert_eq!(texts(&contents), ["first"]);
    assert_eq!(contents.warnings.len(), 2, "{:?}", contents.warnings);
    drop(folder.resume(Durability::Process, contents.start, Vec::new()).unwrap());
    assert_eq!(records(root.path()), ["first"]);
}

/// Rules: CPL-72.
#[test]
fn a_torn_record_is_damage_if_later_segments_exist() {
    let root = tempfile::tempdir().unwrap();
    append(&fill(root.path()), &["first", "second"]);
    append(&reopen(root.path(), Durability::Process), &["third"]);
    let bytes = fs::read(segment(root.path())).unwrap();
    fs::write(segment(root.path()), &bytes[..bytes.len() - 1]).unwrap();
    assert!(matches!(open(root.path(), false).map(|_| ()), Err(Error::Damaged { .. })));
    fs::remove_file(segment(root.path())).unwrap();
    let error = open(root.path(), false).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("log-00000001 is damaged at offset 0: the file is missing"), "{error}");
}

/// Rules: CPL-72.
#[test]
fn a_missing_segment_is_damage_even_if_it_is_the_last_one() {
    let root = tempfile::tempdir().unwrap();
    append(&fill(root.path()), &["first"]);
    append(&reopen(root.path(), Durability::Process), &["second"]);
    let last = root.path().join("log-00000002");
    let whole = fs::read(&last).unwrap();
    fs::remove_file(&last).unwrap();
    let error = open(root.path(), false).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("log-00000002 is damaged at offset 0: the file is missing"), "{error}");
    fs::write(&last, whole).unwrap();
    assert_eq!(records(root.path()), ["first", "second"]);
    for number in [1, 2] {
        fs::remove_file(root.path().join(format!("log-0000000{number}"))).unwrap();
    }
    let error = open(root.path(), false).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("log-00000001 is damaged at offset 0: the file is missing"), "{error}");
    let (folder, contents) = open(root.path(), true).unwrap();
    assert!(texts(&contents).is_empty());
    assert!(contents.warnings.concat().contains("log-00000001: the file is missing"), "{:?}", contents.warnings);
    append(&folder.resume(Durability::Process, contents.start, Vec::new()).unwrap(), &["third"]);
    assert_eq!(records(root.path()), ["third"]);
}

/// Rules: CPL-78.
#[cfg(target_os = "linux")]
#[test]
fn space_that_a_killed_process_has_reserved_is_freed_by_the_next_one() {
    use std::os::unix::fs::MetadataExt as _;
    let root = tempfile::tempdir().unwrap();
    let size = || fs::metadata(segment(root.path())).unwrap().blocks() * 512;
    let store = fill(root.path());
    assert!(store.reserve(1000));
    append(&store, &["first"]);
    if size() < 1024 * 1024 {
        return; // The file system does not reserve space.
    }
    // As when the process is killed, the store is not closed.
    drop(store);
    drop(reopen(root.path(), Durability::Process));
    assert!(size() <= 64 * 1024, "{}", size());
}

/// Rules: CPL-72.
#[test]
fn a_damaged_snapshot_is_an_error_at_its_offset() {
    let root = tempfile::tempdir().unwrap();
    let store = fill(root.path());
    let write = |snapshot: &mut SnapshotWriter| [b"one", b"two"].iter().try_for_each(|part| snapshot.add(*part));
    let name = store.write_snapshot(write).unwrap();
    let log = store.rotate().unwrap();
    store.install(Some(name.clone()), log, None).unwrap();
    drop(store);
    let path = root.path().join(&name);
    let whole = fs::read(&path).unwrap();
    let folder = Folder::open(root.path()).unwrap();
    // Returns the parts before the damage, and the error.
    let read = || {
        let mut parts = Vec::new();
        let mut reader = match folder.snapshot(&name) {
            Ok(reader) => reader,
            Err(error) => return (parts, Some(error.to_string())),
        };
        loop {
            match reader.next_part() {
                Ok(Some(part)) => parts.push(part),
                Ok(None) => return (parts, None),
                Err(error) => return (parts, Some(error.to_string())),
            }
        }
    };
    assert_eq!(read(), (vec![b"one".to_vec(), b"two".to_vec()], None));
    let starts = [0, 24, 24 + 19, 24 + 2 * 19];
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let (parts, error) = read();
        let error = error.unwrap();
        let count = starts.iter().skip(2).filter(|start| **start <= length).count();
        assert_eq!(parts.len(), count, "{length} bytes: {error}");
        assert!(error.contains(&name) && error.contains("--recover"), "{length} bytes: {error}");
    }
    for offset in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[offset] ^= 0x10;
        fs::write(&path, &damaged).unwrap();
        let (parts, error) = read();
        let error = error.unwrap();
        let at = starts.iter().rfind(|start| **start <= offset).unwrap();
        assert!(error.contains(&format!("is damaged at offset {at}: ")), "{offset}: {error}");
        assert_eq!(parts.len(), starts.iter().skip(2).filter(|start| **start <= offset).count());
    }
}

/// Rules: CPL-73.
#[test]
fn a_directory_cannot_be_opened_twice() {
    let root = tempfile::tempdir().unwrap();
    let store = fill(root.path());
    let error = Folder::open(root.path()).map(|_| ()).unwrap_err().to_string();
    assert_eq!(error, format!("{} is in use by process {}", root.path().display(), std::process::id()));
    append(&store, &["1"]);
    drop(store);
    assert_eq!(records(root.path()), ["1"]);
}

/// Rules: CPL-74.
#[test]
fn a_directory_of_another_format_is_refused_and_stays_unchanged() {
    let root = tempfile::tempdir().unwrap();
    append(&fill(root.path()), &["1"]);
    let manifest = root.path().join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let newer = text.replace("\"format\": 1", "\"format\": 2");
    assert_ne!(text, newer);
    fs::write(&manifest, &newer).unwrap();
    fs::write(root.path().join("lock"), "old\n").unwrap();
    let error = Folder::open(root.path()).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("has format version 2, but this program uses format version 1"), "{error}");
    assert_eq!(fs::read_to_string(root.path().join("lock")).unwrap(), "old\n");
    assert_eq!(fs::read_to_string(&manifest).unwrap(), newer);
    fs::write(&manifest, text.replace("snapshot-", "snapshoT-")).unwrap();
    let error = Folder::open(root.path()).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("manifest.json is damaged at offset 0: the checksum"), "{error}");
    assert!(!error.contains("--recover"), "{error}");
    fs::remove_file(&manifest).unwrap();
    let error = Folder::open(root.path()).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("manifest.json is damaged at offset 0: the file is missing"), "{error}");
}

/// Rules: CPL-75.
#[test]
fn a_full_disk_is_detected_before_a_call_and_writing_continues_later() {
    let root = tempfile::tempdir().unwrap();
    drop(fill(root.path()));
    let limit = Arc::new(AtomicU64::new(40_000_000));
    let (folder, contents) = open(root.path(), false).unwrap();
    let disk = LimitedDisk { limit: Arc::clone(&limit), can_reserve: true };
    let store = folder.resume_on(Durability::Process, contents.start, Vec::new(), Box::new(disk)).unwrap();
    assert!(store.reserve(1000));
    append(&store, &["1"]);
    store.release(1000);
    limit.store(100, Ordering::Relaxed);
    // The space that is already reserved suffices.
    assert!(store.reserve(1000));
    assert!(!store.reserve(20_000_000) && store.has_failed());
    store.release(1000);
    limit.store(80_000_000, Ordering::Relaxed);
    assert!(store.reserve(20_000_000) && !store.has_failed());
    append(&store, &["2"]);
    drop(store);
    assert_eq!(records(root.path()), ["1", "2"]);
}

/// Rules: CPL-75.
#[test]
fn an_incomplete_record_is_removed_before_the_next_one() {
    let root = tempfile::tempdir().unwrap();
    drop(fill(root.path()));
    let limit = Arc::new(AtomicU64::new(60));
    let (folder, contents) = open(root.path(), false).unwrap();
    let disk = LimitedDisk { limit: Arc::clone(&limit), can_reserve: false };
    let store = folder.resume_on(Durability::Process, contents.start, Vec::new(), Box::new(disk)).unwrap();
    append(&store, &["1"]);
    assert!(store.append(&[b"second"]).is_err() && store.has_failed());
    limit.store(1000, Ordering::Relaxed);
    append(&store, &["3"]);
    assert!(!store.has_failed());
    drop(store);
    assert_eq!(records(root.path()), ["1", "3"]);
}

/// Rules: CPL-78.
#[test]
fn an_installed_snapshot_replaces_older_files() {
    let root = tempfile::tempdir().unwrap();
    let store = fill(root.path());
    append(&store, &["1"]);
    let names = || {
        let mut names: Vec<String> = files::list(root.path())
            .unwrap()
            .iter()
            .map(|(file, _)| file.file_name().unwrap().display().to_string())
            .collect();
        names.sort();
        names
    };
    let cut = store.rotate().unwrap();
    append(&store, &["2"]);
    let world = store.write_snapshot(|snapshot| snapshot.add(b"world")).unwrap();
    // The process crashes before the snapshot is installed.
    assert_eq!(names(), ["log-00000001", "log-00000002", "snapshot-00000001", "snapshot-00000002"]);
    let restored = store.write_snapshot(|snapshot| snapshot.add(b"restored")).unwrap();
    store.pin(store.segment().0, &restored, false);
    store.install(Some(world), cut, None).unwrap();
    assert_eq!(names(), ["log-00000002", "snapshot-00000001", "snapshot-00000002", "snapshot-00000003"]);
    let cut = store.rotate().unwrap();
    let loaded = store.write_snapshot(|snapshot| snapshot.add(b"loaded")).unwrap();
    store.pin(cut, &loaded, true);
    store.install(None, cut, None).unwrap();
    assert_eq!(names(), ["log-00000003", "snapshot-00000004"]);
    drop(store);
    let (_, contents) = open(root.path(), false).unwrap();
    assert_eq!((contents.start.as_str(), contents.world.is_none()), ("snapshot-00000004", true));
}

#[test]
fn a_directory_that_was_not_filled_completely_counts_as_empty() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("snapshot-00000001.tmp"), "half").unwrap();
    fs::write(root.path().join("snapshot-00000001"), "whole").unwrap();
    fs::write(root.path().join("notes.txt"), "of the user").unwrap();
    drop(fill(root.path()));
    assert!(root.path().join("notes.txt").exists() && !root.path().join("snapshot-00000001.tmp").exists());
}

/// Rules: CPL-71.
#[test]
fn many_calls_share_a_sync() {
    struct CountingDisk(Arc<AtomicU64>);
    impl Disk for CountingDisk {
        fn write(&self, file: &File, parts: &[&[u8]], offset: u64) -> io::Result<()> {
            Machine.write(file, parts, offset)
        }
        fn reserve(&self, _: &File, _: u64, _: u64) -> io::Result<()> {
            Ok(())
        }
        fn sync(&self, _: &File) -> io::Result<()> {
            self.0.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(std::time::Duration::from_millis(20));
            Ok(())
        }
    }
    let root = tempfile::tempdir().unwrap();
    drop(fill(root.path()));
    let count = Arc::new(AtomicU64::new(0));
    let (folder, contents) = open(root.path(), false).unwrap();
    let disk = Box::new(CountingDisk(Arc::clone(&count)));
    let store = folder.resume_on(Durability::Disk, contents.start, Vec::new(), disk).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| {
                let position = store.append(&[b"record"]).unwrap();
                assert!(store.make_durable(position));
            });
        }
    });
    let syncs = count.load(Ordering::Relaxed);
    assert!((1..40).contains(&syncs), "{syncs} syncs for 50 records");
}

//! Names, permissions and atomic replacement of the files in a data directory.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::error::Error;

/// File name extension of a file that is being written.
const TEMPORARY: &str = "tmp";

/// Creates a directory that only its owner can read, unless it exists.
pub(super) fn create_folder(folder: &Path) -> Result<(), Error> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(folder).map_err(|error| {
        let is_other = folder.exists() && !folder.is_dir();
        if is_other { Error::NotADirectory(folder.to_owned()) } else { Error::io("create", folder)(error) }
    })
}

/// Options to create a file that only its owner can read.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    #[cfg(unix)]
    options.mode(0o600);
    options
}

/// Syncs the entries of a directory to the disk.
pub(super) fn sync_folder(folder: &Path) -> Result<(), Error> {
    // Only Unix can open a directory to sync it.
    if cfg!(not(unix)) {
        return Ok(());
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io("sync", folder))
}

/// The path at which a file is written before it is renamed.
pub(super) fn temporary(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(TEMPORARY);
    file.with_file_name(name)
}

/// Syncs a written file and renames it to its final name. Even after a power loss, the file is complete or absent.
pub(super) fn put_in_place(written: &File, file: &Path) -> Result<(), Error> {
    written.sync_all().map_err(Error::io("sync", file))?;
    std::fs::rename(temporary(file), file).map_err(Error::io("rename", file))?;
    sync_folder(file.parent().unwrap_or(Path::new(".")))
}

/// Replaces a small file atomically.
pub(super) fn replace(file: &Path, content: &[u8]) -> Result<(), Error> {
    let temporary = temporary(file);
    let written = (|| -> io::Result<File> {
        let mut written = private().truncate(true).open(&temporary)?;
        written.write_all(content)?;
        Ok(written)
    })();
    let written = written.map_err(Error::io("write", file))?;
    put_in_place(&written, file).inspect_err(|_| remove(&temporary))
}

/// Removes a file that is no longer needed. If that fails, the next start removes it.
pub(super) fn remove(file: &Path) {
    _ = std::fs::remove_file(file);
}

/// The kind of a file, according to its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A segment of the log, with its number.
    Log(u64),
    /// A snapshot, with its number.
    Snapshot(u64),
    /// A file that was being written when the process ended.
    Temporary,
}

/// Parses the name of a file. Returns `None` for files that this program has not written.
pub(super) fn kind(name: &OsStr) -> Option<Kind> {
    let name = name.to_str()?;
    if let Some(whole) = name.strip_suffix(TEMPORARY).and_then(|name| name.strip_suffix('.')) {
        let is_ours = whole == super::manifest::NAME || kind(OsStr::new(whole)).is_some();
        return is_ours.then_some(Kind::Temporary);
    }
    let number = |start: &str| name.strip_prefix(start)?.parse().ok();
    number("log-").map(Kind::Log).or_else(|| number("snapshot-").map(Kind::Snapshot))
}

/// The name of a segment of the log.
pub(super) fn log_name(number: u64) -> String {
    format!("log-{number:08}")
}

/// The name of a snapshot.
pub(super) fn snapshot_name(number: u64) -> String {
    format!("snapshot-{number:08}")
}

/// Lists the files of a directory that this program has written.
pub(super) fn list(folder: &Path) -> Result<Vec<(PathBuf, Kind)>, Error> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let entry = entry.map_err(Error::io("read", folder))?;
        files.extend(kind(&entry.file_name()).map(|kind| (entry.path(), kind)));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_this_program_are_recognized() {
        let kind = |name: &str| super::kind(OsStr::new(name));
        assert_eq!(kind(&log_name(3)), Some(Kind::Log(3)));
        assert_eq!(kind(&snapshot_name(12)), Some(Kind::Snapshot(12)));
        assert_eq!(kind("snapshot-00000012.tmp"), Some(Kind::Temporary));
        assert_eq!(kind("manifest.json.tmp"), Some(Kind::Temporary));
        for other in ["lost+found", "log-", "log-a", "notes.tmp", "ca.pem", "lock", "manifest.json"] {
            assert_eq!(kind(other), None, "{other}");
        }
    }
}

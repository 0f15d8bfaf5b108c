//! Snapshot files: a sequence of frames that ends with an empty frame.

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::error::{Damage, Error};
use super::files;
use super::frame;

/// Size of the buffer of a writer.
const BUFFER: usize = 1024 * 1024;

/// Writes a snapshot under a temporary name and renames it at the end, so that a snapshot is never incomplete.
pub struct SnapshotWriter {
    file: BufWriter<File>,
    path: PathBuf,
    salt: u64,
    offset: u64,
}

impl SnapshotWriter {
    pub(super) fn create(path: PathBuf) -> Result<SnapshotWriter, Error> {
        let temporary = files::temporary(&path);
        let file = files::private().truncate(true).open(&temporary).map_err(Error::io("create", &temporary))?;
        let salt = fastrand::u64(..);
        let mut file = BufWriter::with_capacity(BUFFER, file);
        file.write_all(&frame::file_header(salt)).map_err(Error::io("write", &path))?;
        Ok(SnapshotWriter { file, path, salt, offset: frame::FILE_HEADER as u64 })
    }

    /// Adds a part, which must not be empty.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn add(&mut self, part: &[u8]) -> Result<(), Error> {
        let header = frame::header(self.salt, self.offset, &[part]);
        let written = self.file.write_all(&header).and_then(|()| self.file.write_all(part));
        written.map_err(Error::io("write", &self.path))?;
        self.offset += (header.len() + part.len()) as u64;
        Ok(())
    }

    /// Completes and renames the snapshot, and returns its size.
    pub(super) fn finish(mut self) -> Result<u64, Error> {
        self.add(&[])?;
        self.file.flush().map_err(Error::io("write", &self.path))?;
        files::put_in_place(self.file.get_ref(), &self.path)?;
        Ok(self.offset)
    }

    /// Creates a snapshot, whose parts `write` adds. The file is removed after an error.
    pub(super) fn write(
        path: PathBuf,
        write: impl FnOnce(&mut SnapshotWriter) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let temporary = files::temporary(&path);
        let written = SnapshotWriter::create(path).and_then(|mut writer| {
            write(&mut writer)?;
            writer.finish()
        });
        written.inspect_err(|_| files::remove(&temporary))
    }
}

/// Reads the parts of a snapshot in order.
pub struct SnapshotReader {
    file: File,
    path: PathBuf,
    salt: u64,
    offset: u64,
    size: u64,
}

impl SnapshotReader {
    pub(super) fn open(path: &Path) -> Result<SnapshotReader, Error> {
        let mut file = File::open(path).map_err(Error::io("open", path))?;
        let size = file.metadata().map_err(Error::io("read", path))?.len();
        let mut header = [0; frame::FILE_HEADER];
        let damage = Damage { offset: 0, problem: "the header is damaged" };
        let read = file.read_exact(&mut header).ok().and_then(|()| frame::salt(&header));
        let salt = read.ok_or_else(|| Error::damaged(path)(damage))?;
        Ok(SnapshotReader { file, path: path.to_owned(), salt, offset: frame::FILE_HEADER as u64, size })
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The offset of the next part.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next part; `None` after the last one.
    ///
    /// # Errors
    /// [`Error::Damaged`], also if the end of the snapshot is missing; [`Error::Io`].
    pub fn next_part(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let offset = self.offset;
        let damaged = |problem| Error::damaged(&self.path)(Damage { offset, problem });
        let left = self.size.saturating_sub(offset);
        let mut header = [0; frame::HEADER];
        if left < header.len() as u64 {
            return Err(damaged("the end of the snapshot is missing"));
        }
        self.file.read_exact(&mut header).map_err(Error::io("read", &self.path))?;
        let length = frame::length(&header).filter(|length| *length <= left - header.len() as u64);
        let length = length.and_then(|length| usize::try_from(length).ok());
        let mut part = vec![0; length.ok_or_else(|| damaged("the length of a part is invalid"))?];
        self.file.read_exact(&mut part).map_err(Error::io("read", &self.path))?;
        if frame::header(self.salt, offset, &[&part]) != header {
            return Err(damaged("the checksum of a part does not match"));
        }
        self.offset += (header.len() + part.len()) as u64;
        Ok((!part.is_empty()).then_some(part))
    }
}

//! The manifest: the file that names the other files of the state.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::checksum::crc32c;
use super::error::{Damage, Error};
use super::files;

/// The version of the format of all files. It is incremented when older programs can no longer read a file.
pub(super) const FORMAT: u64 = 1;

/// The name of the manifest.
pub(super) const NAME: &str = "manifest.json";

/// The files of the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The format version, which is read before the other members. See [`FORMAT`].
    pub(super) format: u64,
    /// The version of the program that wrote it.
    pub(super) program: String,
    /// The snapshot of the start.
    pub(super) start: String,
    /// The snapshot of the world to which the log is applied; `None` if the log begins with a replacement of the world.
    pub(super) world: Option<String>,
    /// The number of the first segment of the log.
    pub(super) log: u64,
    /// A segment that exists, as all between it and the first do; 0 before there is one. Later ones may exist as well.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) last_log: u64,
    /// The source of the start, to report that another scenario was given.
    pub(super) source: Option<Source>,
}

/// The source of a start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// A description, such as the names of its files.
    pub name: String,
    /// A hash of its content.
    pub digest: String,
}

/// The manifest with its checksum, as stored.
#[derive(Serialize, Deserialize)]
struct Sealed<M> {
    /// CRC32C of the compact JSON of `manifest`, in hexadecimal.
    checksum: String,
    manifest: M,
}

/// The part of a manifest that every version of the program can read.
#[derive(Deserialize)]
struct AnyVersion {
    format: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Manifest {
    /// Reads the manifest of a directory. Returns `None` if the directory does not have one.
    ///
    /// # Errors
    /// [`Error::Version`], [`Error::Damaged`], [`Error::Io`].
    pub(super) fn read(folder: &Path) -> Result<Option<Manifest>, Error> {
        let path = folder.join(NAME);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("read", &path)(error)),
        };
        if let Ok(Sealed { manifest: AnyVersion { format: found }, .. }) = serde_json::from_slice(&text)
            && found != FORMAT
        {
            return Err(Error::Version { folder: folder.to_owned(), found, known: FORMAT });
        }
        let damaged = |problem| Error::damaged(&path)(Damage { offset: 0, problem });
        let sealed: Sealed<Manifest> = serde_json::from_slice(&text).map_err(|_| damaged("the manifest is invalid"))?;
        if sealed.checksum != checksum(&sealed.manifest) {
            return Err(damaged("the checksum does not match"));
        }
        Ok(Some(sealed.manifest))
    }

    /// Replaces the manifest of a directory.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        let sealed = Sealed { checksum: checksum(self), manifest: self };
        let mut text = serde_json::to_vec_pretty(&sealed).unwrap_or_default();
        text.push(b'\n');
        files::replace(&folder.join(NAME), &text)
    }
}

fn checksum(manifest: &Manifest) -> String {
    format!("{:08x}", crc32c([&serde_json::to_vec(manifest).unwrap_or_default()[..]]))
}

//! Writes exported objects to a directory.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::state::ExportFailure;

/// Writes an object below a directory, by bucket and key.
pub(super) fn write(directory: &Path, object: &str, exported: &[u8]) -> Result<(), ExportFailure> {
    let path = path_in(directory, object);
    write_file(&path, exported)
        .map_err(|error| ExportFailure::internal(format!("cannot write {}: {error}", path.display())))
}

/// The path of an object. Callers choose the keys, so parts such as `..` that would lead out of the directory are
/// removed.
fn path_in(directory: &Path, object: &str) -> PathBuf {
    let steps = Path::new(object).components().filter(|step| matches!(step, Component::Normal(_)));
    directory.join(steps.collect::<PathBuf>())
}

/// Writes a temporary file and renames it, so that no reader sees a partial one.
fn write_file(path: &Path, exported: &[u8]) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let temporary = path.with_extension("tmp");
    fs::write(&temporary, exported)?;
    fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: EXV-08.
    #[test]
    fn a_key_cannot_leave_the_directory() {
        for (object, path) in [
            ("bucket/a/job/findings.csv", "/out/bucket/a/job/findings.csv"),
            ("bucket/../../etc/job/findings.csv", "/out/bucket/etc/job/findings.csv"),
            ("/etc/./passwd", "/out/etc/passwd"),
        ] {
            assert_eq!(path_in(Path::new("/out"), object), Path::new(path));
        }
    }
}

//! Writes the objects that jobs export to a directory.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::state::ExportSink;

/// Writes objects below a directory, by bucket and key.
pub(super) fn sink(directory: PathBuf) -> ExportSink {
    Arc::new(move |object, exported| {
        let path = path_in(&directory, object);
        write(&path, exported).map_err(|error| format!("cannot write {}: {error}", path.display()))
    })
}

/// The path of an object. Callers choose the keys, so parts such as `..` that would lead out of the directory are
/// removed.
fn path_in(directory: &Path, object: &str) -> PathBuf {
    let steps = Path::new(object).components().filter(|step| matches!(step, Component::Normal(_)));
    directory.join(steps.collect::<PathBuf>())
}

/// Writes a temporary file and renames it, so that no reader sees a partial one.
fn write(path: &Path, exported: &[u8]) -> std::io::Result<()> {
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

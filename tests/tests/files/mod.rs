//! The files of the repository, for tests that read them.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the repository.
pub struct File {
    /// Its path relative to the root, with slashes.
    pub path: String,
    /// Its content.
    pub text: String,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All files in a directory with these extensions, sorted by path, except build output, hidden directories and symbolic
/// links, which lead to other files of the repository.
pub fn with_extension(folder: &str, extensions: &[&str]) -> Vec<File> {
    let mut files = Vec::new();
    collect(&root().join(folder), folder, extensions, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!files.is_empty(), "{folder} has no {extensions:?}");
    files
}

fn collect(folder: &Path, path: &str, extensions: &[&str], files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{path}: {error}")) {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            if !name.starts_with('.') && !["target", "node_modules", "__pycache__"].contains(&name.as_str()) {
                collect(&entry.path(), &below, extensions, files);
            }
        } else if kind.is_file() && extensions.contains(&name.rsplit('.').next().unwrap_or_default()) {
            // A file that another run has just removed does not matter.
            if let Ok(text) = fs::read_to_string(entry.path()) {
                files.push(File { path: below, text });
            }
        }
    }
}

//! Reads files, finds those that a pattern names, and keeps their texts, so that a mistake can show its line.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostic::Diagnostic;

/// Texts that were read, in the order in which they were.
#[derive(Clone, Debug, Default)]
pub(super) struct Files(Vec<File>);

/// One text.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// As the user wrote it, or as the pattern that he wrote found it.
    pub(super) path: PathBuf,
    /// All of it.
    pub(super) text: Arc<str>,
}

/// A text among [`Files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileId(usize);

/// A stretch of a text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The text.
    pub(super) file: FileId,
    /// Its first byte.
    pub(super) start: usize,
    /// Behind its last byte.
    pub(super) end: usize,
}

impl Files {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or is no UTF-8.
    pub(super) fn read(&mut self, path: &Path) -> Result<FileId, Box<Diagnostic>> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|error| Box::new(Diagnostic::of_file(&name, format!("cannot read the file: {error}"))))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let line = error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|byte| **byte == b'\n');
            Box::new(Diagnostic::of_file(&name, format!("line {} is not UTF-8", line.count() + 1)))
        })?;
        // A byte order mark would shift every column.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        self.0.push(File { path: path.to_owned(), text: text.into() });
        Ok(FileId(self.0.len() - 1))
    }

    /// Adds a text that comes from no file, under a name.
    pub(super) fn add(&mut self, name: &str, text: &str) -> FileId {
        self.0.push(File { path: PathBuf::from(name), text: text.into() });
        FileId(self.0.len() - 1)
    }

    /// A text that was read.
    pub(super) fn get(&self, id: FileId) -> Option<&File> {
        self.0.get(id.0)
    }

    /// Paths that a pattern names, sorted; it is relative to the folder of the file that writes it.
    ///
    /// # Errors
    /// What is wrong with the pattern.
    pub(super) fn find(&self, pattern: &str, written_in: FileId) -> Result<Vec<PathBuf>, String> {
        let folder = glob::Pattern::escape(&self.folder(written_in).to_string_lossy());
        let pattern = Path::new(&folder).join(pattern);
        let found = glob::glob(&pattern.to_string_lossy()).map_err(|error| error.msg.to_owned())?;
        // What cannot be listed is not there; reading what was found tells its own mistakes.
        let mut paths: Vec<PathBuf> = found.filter_map(Result::ok).filter(|path| path.is_file()).collect();
        paths.sort();
        Ok(paths)
    }

    /// A path that is relative to the folder of the file that writes it.
    pub(super) fn beside(&self, path: &str, written_in: FileId) -> PathBuf {
        self.folder(written_in).join(path)
    }

    /// Files in the folder of a path, as the file that writes the path would write them.
    pub(super) fn near(&self, path: &str, written_in: FileId) -> Vec<String> {
        let folder = Path::new(path).parent().unwrap_or(Path::new(""));
        let here = self.folder(written_in).join(folder);
        let here = if here.as_os_str().is_empty() { Path::new(".") } else { &here };
        let entries = std::fs::read_dir(here).into_iter().flatten().filter_map(Result::ok);
        let files = entries.filter(|entry| entry.path().is_file());
        files.map(|entry| folder.join(entry.file_name()).display().to_string()).collect()
    }

    fn folder(&self, file: FileId) -> &Path {
        self.get(file).and_then(|file| file.path.parent()).unwrap_or(Path::new(""))
    }
}

impl Place {
    /// A stretch of a text.
    pub(super) fn new(file: FileId, start: usize, end: usize) -> Place {
        Place { file, start, end }
    }

    /// The place as numbers, for the way through serde.
    pub(super) fn numbers(self) -> [usize; 3] {
        [self.file.0, self.start, self.end]
    }

    /// The place of [`Place::numbers`].
    pub(super) fn from_numbers([file, start, end]: [usize; 3]) -> Place {
        Place { file: FileId(file), start, end }
    }
}

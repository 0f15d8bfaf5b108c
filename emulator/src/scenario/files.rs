//! Reads files, resolves patterns, and stores the texts so that errors can show their lines.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::builtin;
use super::diagnostic::Diagnostic;
use super::state_lines;
use crate::suggest;

/// The texts that were read, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    all: Vec<File>,
    /// The files of a request, by their paths relative to its scenario, which cannot refer to other files; `None` if the
    /// scenario is not from a request.
    sent: Option<SentFiles>,
    /// True if the scenario is from a request without files.
    is_alone: bool,
}

type SentFiles = Arc<BTreeMap<PathBuf, Arc<str>>>;

/// The scenario of a request, and the files to which it can refer.
#[derive(Clone, Debug)]
pub struct Sent {
    text: String,
    files: Option<SentFiles>,
}

impl Sent {
    /// A scenario with the texts of files by their paths relative to the scenario.
    pub fn with_files(text: String, files: BTreeMap<String, String>) -> Sent {
        let files = files.into_iter().map(|(path, text)| (plain(Path::new(&path)), text.into()));
        Sent { text, files: Some(Arc::new(files.collect())) }
    }
}

/// A scenario without files.
impl From<&str> for Sent {
    fn from(text: &str) -> Sent {
        Sent { text: text.to_owned(), files: None }
    }
}

/// A path without `.` components.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|component| *component != Component::CurDir).collect()
}

/// A text.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// The path as written by the user, or as matched by the user's pattern.
    pub(super) path: PathBuf,
    /// The whole text.
    pub(super) text: Arc<str>,
    /// The text without the findings of an exported state, which are read line by line.
    pub(super) parsed: Arc<str>,
    /// The ranges of these findings.
    pub(super) findings: Arc<Vec<Range<usize>>>,
}

impl File {
    fn new(path: PathBuf, text: Arc<str>) -> File {
        let findings = state_lines::find(&text);
        let parsed = if findings.is_empty() { Arc::clone(&text) } else { state_lines::mask(&text, &findings).into() };
        File { path, text, parsed, findings: Arc::new(findings) }
    }
}

/// The index of a text in [`Files`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileId(usize);

/// A range of bytes in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    /// The text.
    pub(super) file: FileId,
    /// Its first byte.
    pub(super) start: usize,
    /// The position after its last byte.
    pub(super) end: usize,
}

impl Files {
    /// Reads a file.
    ///
    /// # Errors
    /// The file cannot be read or is not UTF-8.
    pub(super) fn read(&mut self, path: &Path) -> Result<FileId, Box<Diagnostic>> {
        let name = path.display().to_string();
        if let Some(sent) = &self.sent {
            let text = sent.get(&plain(path)).cloned();
            let missing = || Box::new(Diagnostic::of_file(&name, "the request does not contain the file"));
            return text.ok_or_else(missing).map(|text| self.add(&name, &text));
        }
        if let Some(text) = builtin::read(path) {
            return text.map(|text| self.add(&name, &text));
        }
        if path.is_dir() {
            return Err(Box::new(of_directory(path, &name)));
        }
        let bytes = std::fs::read(path).map_err(|error| {
            let cannot = Diagnostic::of_file(&name, format!("cannot read the file: {error}"));
            Box::new(cannot.suggest(similar_file(path)))
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let line = error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|byte| **byte == b'\n');
            Box::new(Diagnostic::of_file(&name, format!("line {} is not UTF-8", line.count() + 1)))
        })?;
        // A byte order mark would shift all columns.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        self.all.push(File::new(path.to_owned(), text.into()));
        Ok(FileId(self.all.len() - 1))
    }

    /// Adds a text that does not come from a file, with a name.
    pub(super) fn add(&mut self, name: &str, text: &str) -> FileId {
        self.all.push(File::new(PathBuf::from(name), text.into()));
        FileId(self.all.len() - 1)
    }

    /// Adds the scenario of a request.
    pub(super) fn add_sent(&mut self, name: &str, sent: &Sent) -> FileId {
        self.is_alone = sent.files.is_none();
        self.sent = Some(sent.files.clone().unwrap_or_default());
        self.add(name, &sent.text)
    }

    /// Whether the scenario is from a request without files.
    pub(super) fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// Whether a file exists.
    pub(super) fn has(&self, path: &Path) -> bool {
        match &self.sent {
            Some(sent) => sent.contains_key(&plain(path)),
            None => builtin::read(path).map_or_else(|| path.is_file(), |text| text.is_ok()),
        }
    }

    /// A text.
    pub(super) fn get(&self, id: FileId) -> Option<&File> {
        self.all.get(id.0)
    }

    /// All texts, in the order in which they were read.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&Path, &Arc<str>)> {
        self.all.iter().map(|file| (file.path.as_path(), &file.text))
    }

    /// The paths of all texts.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.all.iter().map(|file| file.path.clone()).collect()
    }

    /// A hash of all texts, in hexadecimal.
    pub(super) fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for file in &self.all {
            digest.update((file.text.len() as u64).to_be_bytes());
            digest.update(file.text.as_bytes());
        }
        hex::encode(digest.finalize())
    }

    /// The sorted paths that match a pattern, relative to the directory of the file that contains the pattern.
    ///
    /// # Errors
    /// The syntax error of the pattern.
    pub(super) fn find(&self, pattern: &str, written_in: FileId) -> Result<Vec<PathBuf>, String> {
        if let Some(sent) = &self.sent {
            return matching(pattern, sent.keys().cloned());
        }
        if self.is_builtin(written_in) {
            let paths = matching(pattern, builtin::paths())?;
            return Ok(paths.iter().map(|path| builtin::with_prefix(path)).collect());
        }
        let folder = glob::Pattern::escape(&self.folder(written_in).to_string_lossy());
        let pattern = Path::new(&folder).join(pattern);
        let found = glob::glob(&pattern.to_string_lossy()).map_err(|error| error.msg.to_owned())?;
        // Entries that cannot be listed are skipped; files that cannot be read are reported when they are read.
        let mut paths: Vec<PathBuf> = found.filter_map(Result::ok).filter(|path| path.is_file()).collect();
        paths.sort();
        Ok(paths)
    }

    /// Resolves a path relative to the directory of the file that contains it. A path in a built-in scenario that is not
    /// that of a built-in file is relative to the current directory.
    pub(super) fn resolve(&self, path: &str, written_in: FileId) -> PathBuf {
        let of_builtin = builtin::with_prefix(Path::new(path));
        if self.is_builtin(written_in) && builtin::read(&of_builtin).is_some_and(|text| text.is_ok()) {
            return of_builtin;
        }
        self.folder(written_in).join(path)
    }

    /// Files in the directory of a path, spelled relative to the file that contains the path.
    pub(super) fn files_near(&self, path: &str, written_in: FileId) -> Vec<String> {
        if let Some(sent) = &self.sent {
            return sent.keys().map(|path| path.display().to_string()).collect();
        }
        let folder = Path::new(path).parent().unwrap_or(Path::new(""));
        let here = self.folder(written_in).join(folder);
        let here = if here.as_os_str().is_empty() { Path::new(".") } else { &here };
        let entries = std::fs::read_dir(here).into_iter().flatten().filter_map(Result::ok);
        let files = entries.filter(|entry| entry.path().is_file());
        files.map(|entry| folder.join(entry.file_name()).display().to_string()).collect()
    }

    /// Whether a file is one that the program carries. All scenarios among them are in one folder.
    fn is_builtin(&self, file: FileId) -> bool {
        self.get(file).is_some_and(|file| builtin::is_builtin(&file.path))
    }

    fn folder(&self, file: FileId) -> &Path {
        self.get(file).and_then(|file| file.path.parent()).unwrap_or(Path::new(""))
    }
}

/// The paths that match a pattern.
///
/// # Errors
/// The syntax error of the pattern.
fn matching(pattern: &str, paths: impl Iterator<Item = PathBuf>) -> Result<Vec<PathBuf>, String> {
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::default() };
    let pattern = glob::Pattern::new(&plain(Path::new(pattern)).to_string_lossy());
    let pattern = pattern.map_err(|error| error.msg.to_owned())?;
    Ok(paths.filter(|path| pattern.matches_path_with(path, options)).collect())
}

/// The file in the same directory that the user probably meant when naming a missing one.
fn similar_file(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    let wrong = path.file_name()?.to_str()?;
    let near = suggest::nearest(wrong, names.iter().map(String::as_str).filter(|name| *name != wrong))?;
    Some(path.with_file_name(near).display().to_string())
}

/// Maximum number of files of a directory that a message names.
const MAX_NAMED: usize = 3;

/// The error for a path that is a directory. It names scenarios in that directory.
fn of_directory(path: &Path, name: &str) -> Diagnostic {
    let entries = std::fs::read_dir(path).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|it| it == "yaml" || it == "yml");
    let mut files: Vec<PathBuf> = entries.filter(is_yaml).collect();
    files.sort();
    let named: Vec<String> = files.iter().take(MAX_NAMED).map(|file| file.display().to_string()).collect();
    let such_as = if named.is_empty() { String::new() } else { format!(", such as {}", named.join(" or ")) };
    Diagnostic::of_file(name, "the scenario is a directory").expected(format!("a file{such_as}"))
}

impl Span {
    /// A range of a text.
    pub(super) fn new(file: FileId, start: usize, end: usize) -> Span {
        Span { file, start, end }
    }

    /// The span as numbers, to pass it through serde.
    pub(super) fn numbers(self) -> [usize; 3] {
        [self.file.0, self.start, self.end]
    }

    /// The inverse of [`Span::numbers`].
    pub(super) fn from_numbers([file, start, end]: [usize; 3]) -> Span {
        Span { file: FileId(file), start, end }
    }
}

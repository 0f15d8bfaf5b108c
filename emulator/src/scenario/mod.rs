//! Scenario files: the initial state of the emulator, in YAML or JSON.
//!
//! Contents: reading files, reporting all of their errors at once with their locations, and building a world from them
//! through the same domain functions as the API. Rules of Security Hub and HTTP do not belong here.
//!
//! A file is processed in these steps: [`files`] reads it → [`parse`] builds a tree → [`shape`] compares the tree with
//! the schema and removes what does not match → serde reads the sections' structs from the rest ([`spanned`]) →
//! [`sections`] check the merged files → [`Scenario::build`] applies them, as often as needed. To add a key, add a
//! field to its section with a doc comment, which becomes the description in the schema, then its check and its apply.
//!
//! All steps run even after errors, on the parts without errors, so that one run reports everything. [`lost`] knows the
//! parts with errors: errors that may merely result from them are not reported. A required key is therefore an `Option`
//! with `#[schemars(with = …)]`.
//!
//! The parser's tree and that of [`spanned`] are separate: `serde_saphyr::Spanned` provides the span of each value, but
//! does not accept a seed, so a value being read does not know its file and text, which spans and keys need. A single
//! tree would have to get them from a thread-local variable, which is less clear than a second tree.
//!
//! [`entries`] reads entries that are sent at run time, and [`export`] writes the state of a world as a scenario.
//!
//! Several files are merged in the given order. `name`, `clock`, `seed`, `regions`, `default_account`, `organization`
//! and `quotas` of a later file replace earlier ones as a whole; `accounts`, `credentials`, `policies` and
//! `event_sinks` are replaced key by key; `hubs`, `aggregators` and `findings` are appended, and the later entry wins
//! for a hub or an aggregator that is listed twice.

mod base;
pub mod builtin;
mod check;
mod diagnostic;
pub mod entries;
pub mod export;
mod files;
pub mod folder;
pub mod initial;
mod lost;
mod mistakes;
mod parse;
mod progress;
mod sections;
mod shape;
mod spanned;
mod state_lines;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use self::base::Base;
use self::check::Check;
pub use self::diagnostic::{Diagnostic, Diagnostics, Position, Severity};
pub use self::files::Sent;
use self::files::{FileId, Files, Span};
pub use self::mistakes::Mistake;
pub use self::progress::Progress;
pub use self::sections::snake_case;
use self::spanned::Node;
use crate::domain::due;
use crate::domain::overview::FindingCounts;
use crate::state::World;

/// A valid scenario.
#[derive(Debug)]
pub struct Scenario {
    valid: sections::Valid,
    files: Files,
    warnings: Diagnostics,
    progress: Arc<Progress>,
}

/// A part of a scenario.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file in YAML or JSON, or the path `builtin:NAME` of a scenario that the program carries.
    File(PathBuf),
    /// The text of a file. Its paths are relative to the current directory.
    Text(String),
}

/// Loads files and merges them in order.
///
/// # Errors
/// All errors of all files, including those that are only found when the world is built.
pub fn load(paths: &[PathBuf]) -> Result<Scenario, Diagnostics> {
    let sources: Vec<Source> = paths.iter().cloned().map(Source::File).collect();
    load_sources(&sources)
}

/// Loads files and texts and merges them in order.
///
/// # Errors
/// The errors of [`load`].
pub fn load_sources(sources: &[Source]) -> Result<Scenario, Diagnostics> {
    let schema = schema();
    let mut check = Check::default();
    let mut written = sections::Declared::default();
    for source in sources {
        let file = match source {
            Source::File(path) => check.files.read(path),
            Source::Text(text) => Ok(check.files.add("scenario", text)),
        };
        match file {
            Ok(file) => written.add(read(file, &schema, &mut check)),
            Err(diagnostic) => {
                check.push(*diagnostic);
                check.lose(&[]);
            }
        }
    }
    checked(written, check)
}

/// The text of a scenario file, or of a scenario that the program carries.
///
/// # Errors
/// It cannot be read.
pub fn text(path: &Path) -> Result<Arc<str>, Diagnostics> {
    let mut files = Files::default();
    let file = files.read(path).map_err(|diagnostic| Diagnostics::sorted(vec![*diagnostic]))?;
    Ok(files.get(file).map(|file| Arc::clone(&file.text)).unwrap_or_default())
}

/// The texts of a scenario file and of the files to which it refers, by their paths relative to the folder of the scenario.
/// The scenario need not be valid. Empty if it cannot be read.
pub fn texts(path: &Path) -> Vec<(PathBuf, Arc<str>)> {
    let mut check = Check::default();
    let Ok(file) = check.files.read(path) else { return Vec::new() };
    let mut written = sections::Declared::default();
    written.add(read(file, &schema(), &mut check));
    written.check(&mut check);
    let folder = path.parent().unwrap_or(Path::new(""));
    let relative = |path: &Path| match builtin::relative(path) {
        Some(path) => path.into(),
        None => path.strip_prefix(folder).unwrap_or(path).to_owned(),
    };
    check.files.texts().map(|(path, text)| (relative(path), Arc::clone(text))).collect()
}

/// Reads the scenario of a request (CPL-63). It can only refer to files of the request.
///
/// # Errors
/// All mistakes, including those that are only found when the world is built.
pub fn read_sent(sent: &Sent) -> Result<Scenario, Vec<Mistake>> {
    read_with(sent, Check::default())
}

/// Reads the scenario of a request that is added to a world (CPL-63). It can refer to the hubs, accounts, Regions and
/// connectors of the world.
///
/// # Errors
/// All mistakes, including those that are only found when the world is built.
pub fn read_addition(sent: &Sent, base: &World) -> Result<Scenario, Vec<Mistake>> {
    read_with(sent, Check { base: Some(Base::of(base)), ..Check::default() })
}

fn read_with(sent: &Sent, mut check: Check) -> Result<Scenario, Vec<Mistake>> {
    let file = check.files.add_sent(mistakes::SCENARIO, sent);
    let mut written = sections::Declared::default();
    written.add(read(file, &schema(), &mut check));
    let files = check.files.clone();
    checked(written, check).map_err(|diagnostics| mistakes::of(&files, &diagnostics))
}

/// Checks all sections.
fn checked(written: sections::Declared, mut check: Check) -> Result<Scenario, Diagnostics> {
    let valid = written.check(&mut check);
    let (has_errors, is_full) = (check.has_errors(), check.is_full());
    let Check { files, mut diagnostics, .. } = check;
    if has_errors && !is_full {
        diagnostics.extend(valid.world(&files, &Progress::default()).err().into_iter().flatten());
    }
    let diagnostics = Diagnostics::sorted(diagnostics);
    if has_errors {
        Err(diagnostics)
    } else {
        Ok(Scenario { valid, files, warnings: diagnostics, progress: Arc::default() })
    }
}

/// The content of a file, as far as it matches the schema.
fn read(file: FileId, schema: &Value, check: &mut Check) -> sections::Declared {
    let Some(node) = tree(file, check) else { return sections::Declared::default() };
    let is_empty = matches!(node.content, spanned::Content::Null);
    let Some(node) = shape::fit(schema, node, check) else {
        if !is_empty {
            check.lose(&[]);
        }
        return sections::Declared::default();
    };
    sections::Declared::deserialize(&node).unwrap_or_else(|error| {
        // The shape check removes everything that serde would refuse. If it ever misses something, the user sees
        // serde's message.
        check.push(check.at(Span::new(file, 0, 0), error.to_string()));
        check.lose(&[]);
        sections::Declared::default()
    })
}

/// The tree of a file. If the text is invalid, the tree has the sections that are valid by themselves.
fn tree(file: FileId, check: &mut Check) -> Option<Node> {
    let error = match parse::text(&check.files, file) {
        Ok(node) => return Some(node),
        Err(error) => error,
    };
    let text = check.files.get(file).map(|file| file.parsed.clone())?;
    let mut entries = Vec::new();
    let mut errors = Vec::new();
    for (key, range) in parse::sections(&text) {
        match parse::piece(&check.files, file, range) {
            Ok(Node { content: spanned::Content::Map(read), .. }) => entries.extend(read),
            Ok(_) => check.lose(&[key]),
            Err(error) => {
                check.lose(&[key]);
                errors.push(*error);
            }
        }
    }
    // An anchor may be defined in another section.
    errors.retain(|error| !error.message.contains("anchor") && !error.message.contains("alias"));
    if errors.is_empty() || entries.is_empty() {
        check.push(*error);
        check.lose(&[]);
        return None;
    }
    check.diagnostics.extend(errors);
    Some(Node { span: Span::new(file, 0, text.len()), content: spanned::Content::Map(entries) })
}

/// All errors of files, including those found only when the world is built; otherwise the warnings.
pub fn check(paths: &[PathBuf]) -> Diagnostics {
    inspect(paths).diagnostics
}

/// The result of checking files as one scenario.
#[derive(Debug)]
pub struct Inspection {
    /// All errors and warnings.
    pub diagnostics: Diagnostics,
    /// The content of the world, as `serve` has it at its start; `None` after errors.
    pub content: Option<Content>,
}

/// The numbers of enabled hubs and of findings of a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Content {
    /// Hubs of the classic half.
    pub hubs: usize,
    /// V2 hubs.
    pub hubs_v2: usize,
    /// Findings.
    pub findings: FindingCounts,
}

/// Checks files, which are merged in order, and counts what they declare.
pub fn inspect(paths: &[PathBuf]) -> Inspection {
    let built = load(paths).and_then(|scenario| scenario.build().map(|world| (world, scenario.warnings)));
    match built {
        Ok((world, diagnostics)) => {
            due::run(&world, world.clock.now());
            let relations = world.relations();
            let hubs_v2 = relations.enabled_hubs_v2().count();
            let content = Content { hubs: relations.hub_count(), hubs_v2, findings: FindingCounts::of(&world) };
            Inspection { diagnostics, content: Some(content) }
        }
        Err(diagnostics) => Inspection { diagnostics, content: None },
    }
}

/// The JSON Schema of scenario files.
pub fn schema() -> Value {
    schemars::schema_for!(sections::Declared).to_value()
}

impl Scenario {
    /// Its name, if present.
    pub fn name(&self) -> Option<&str> {
        self.valid.name.as_deref()
    }

    /// Warnings about parts without effect.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// Reports the progress of building worlds to `progress`.
    #[must_use]
    pub fn with_progress(self, progress: Arc<Progress>) -> Scenario {
        Scenario { progress, ..self }
    }

    /// The paths of all files that were read.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.files.paths()
    }

    /// A hash of the texts of all files, in hexadecimal.
    pub fn digest(&self) -> String {
        self.files.digest()
    }

    /// Builds a new world from it.
    ///
    /// # Errors
    /// Errors that only the domain detects, such as a finding that Security Hub would refuse.
    pub fn build(&self) -> Result<World, Diagnostics> {
        self.valid.world(&self.files, &self.progress).map_err(Diagnostics::sorted)
    }

    /// Builds a world from it: a new one, or a copy of `base` with the scenario applied to it. No other code may write to
    /// `base` meanwhile.
    ///
    /// # Errors
    /// Mistakes that only the domain detects.
    pub fn build_over(&self, base: Option<&World>) -> Result<World, Vec<Mistake>> {
        let built = match base {
            Some(base) => self.valid.world_over(base, &self.files, &self.progress),
            None => self.valid.world(&self.files, &self.progress),
        };
        built.map_err(|diagnostics| mistakes::of(&self.files, &Diagnostics::sorted(diagnostics)))
    }
}

//! Scenario files: what there is when the emulator starts, written in YAML or JSON.
//!
//! What lives here: reading files, telling every mistake of them at once with its place, and making a world of them
//! through the same domain functions as the API. What may not: rules of Security Hub, HTTP.
//!
//! The way of a file: [`files`] reads it → [`parse`] makes a tree of it → [`shape`] compares the tree with the schema
//! and takes out what does not fit → serde reads the sections' structs from the rest ([`spanned`]) → [`sections`] check
//! them all, files laid over each other → [`Scenario::build`] applies them, as often as it is asked. A key is added in
//! its section: a field with a doc comment, which is the schema's description; its check; its apply.
//!
//! The parser's tree and that of [`spanned`] are two: `serde_saphyr::Spanned` gives each value's span, but it takes no
//! seed, so that a value being read does not know its file and its text, which places and keys need. One tree would have
//! to get them from a thread-local variable, which hides more than the second tree costs.
//!
//! [`entries`] reads entries that come alone, at run time.
//!
//! Several files are laid over each other in the order given. `name`, `clock`, `seed`, `regions`, `default_account`,
//! `organization` and `quotas` of a later file replace the earlier ones, each as a whole; `accounts`, `credentials` and
//! `policies` are replaced key by key; `hubs`, `aggregators` and `findings` are added, and of a hub or an aggregator that
//! two files list the later file's entry counts.

mod check;
mod diagnostic;
pub mod entries;
mod files;
mod parse;
mod sections;
mod shape;
mod spanned;
mod suggest;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use self::check::Check;
pub use self::diagnostic::{Diagnostic, Diagnostics, Position, Severity};
use self::files::{FileId, Files, Place};
use crate::state::World;

/// A scenario without mistakes.
#[derive(Debug)]
pub struct Scenario {
    valid: sections::Valid,
    files: Files,
    warnings: Diagnostics,
}

/// Loads files, laid over each other in their order.
///
/// # Errors
/// Every mistake of every file.
pub fn load(paths: &[PathBuf]) -> Result<Scenario, Diagnostics> {
    let schema = schema();
    let mut check = Check::default();
    let mut written = sections::Declared::default();
    for path in paths {
        match check.files.read(path) {
            Ok(file) => written.add(read(file, &schema, &mut check)),
            Err(mistake) => check.push(*mistake),
        }
    }
    let valid = written.check(&mut check);
    let Check { files, mistakes } = check;
    let told = Diagnostics::sorted(mistakes);
    if told.has_mistakes() { Err(told) } else { Ok(Scenario { valid, files, warnings: told }) }
}

/// What a file says, as far as it fits the schema.
fn read(file: FileId, schema: &Value, check: &mut Check) -> sections::Declared {
    let node = match parse::text(&check.files, file) {
        Ok(node) => node,
        Err(mistake) => {
            check.push(*mistake);
            return sections::Declared::default();
        }
    };
    let Some(node) = shape::fit(&check.files, schema, node, &mut check.mistakes) else {
        return sections::Declared::default();
    };
    sections::Declared::deserialize(&node).unwrap_or_else(|error| {
        // The shape check leaves nothing that serde refuses; should it ever, the user is told what serde says.
        check.push(check.at(Place::new(file, 0, 0), error.to_string()));
        sections::Declared::default()
    })
}

/// All mistakes of files, those included that show only when their world is built; else their warnings.
pub fn check(paths: &[PathBuf]) -> Diagnostics {
    match load(paths).and_then(|scenario| scenario.build().map(|_| scenario.warnings)) {
        Ok(told) | Err(told) => told,
    }
}

/// The JSON Schema of scenario files.
pub fn schema() -> Value {
    schemars::schema_for!(sections::Declared).to_value()
}

impl Scenario {
    /// Its name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.valid.name.as_deref()
    }

    /// What in it has no effect.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// Makes a fresh world of it.
    ///
    /// # Errors
    /// What the domain refuses, such as a finding that Security Hub would not import.
    pub fn build(&self) -> Result<World, Diagnostics> {
        self.valid.world(&self.files).map_err(Diagnostics::sorted)
    }
}

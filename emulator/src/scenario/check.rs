//! Shared by the checks of all sections: the errors found so far, and account IDs.

use std::borrow::Cow;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use super::base::Base;
use super::diagnostic::{Diagnostic, MAX_DIAGNOSTICS, Severity};
use super::files::{Files, Span};
use super::lost::Lost;
use super::spanned::Spanned;
use crate::state::AccountId;
use crate::suggest;

/// Collects the errors and warnings of a scenario.
#[derive(Debug, Default)]
pub(super) struct Check {
    /// The files read so far.
    pub(super) files: Files,
    /// The errors and warnings found so far.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The parts that could not be read or are wrong.
    pub(super) lost: Lost,
    /// The world that the scenario is added to.
    pub(super) base: Option<Base>,
}

impl Check {
    /// A new error at a span, not yet pushed.
    pub(super) fn at(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(&self.files, span, message)
    }

    /// Returns whether the maximum number of errors has been reached.
    pub(super) fn is_full(&self) -> bool {
        self.diagnostics.len() >= MAX_DIAGNOSTICS
    }

    /// Returns whether an error was found, and not only warnings.
    pub(super) fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Adds an error or a warning.
    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Notes that a part is wrong, so that errors that may follow from it are not reported.
    pub(super) fn lose(&mut self, path: &[&str]) {
        self.lost.add(path.iter().map(|part| (*part).to_owned()).collect(), Vec::new());
    }

    /// Returns whether a part could not be read or is wrong, as a whole or in part.
    pub(super) fn is_lost(&self, path: &[&str]) -> bool {
        self.lost.contains(path)
    }

    /// Parses an account ID.
    pub(super) fn account(&mut self, written: &Spanned<String>) -> Option<AccountId> {
        let account = AccountId::parse(&written.value);
        if account.is_none() {
            let message = format!("`{}` is not a valid account ID", written.value);
            self.push(self.at(written.span, message).expected("12 digits"));
        }
        account
    }

    /// The files that match a pattern. There is at least one, unless an error was reported. `such_as` is an example for
    /// the message.
    pub(super) fn find(&mut self, pattern: &Spanned<String>, such_as: &str) -> Vec<PathBuf> {
        if self.refuses_file(pattern.span) {
            return Vec::new();
        }
        let found = self.files.find(&pattern.value, pattern.span.file);
        match &found {
            Err(error) => {
                let message = format!("`{}` is not a valid file pattern: {error}", pattern.value);
                let expected = format!("a path, or a pattern such as {such_as}");
                self.push(self.at(pattern.span, message).expected(expected));
            }
            Ok(paths) if paths.is_empty() => {
                let diagnostic = self.at(pattern.span, format!("no file matches `{}`", pattern.value));
                let near = self.files.files_near(&pattern.value, pattern.span.file);
                let nearest = suggest::nearest(&pattern.value, near.iter().map(String::as_str));
                self.push(diagnostic.expected("a path relative to the directory of this file").suggest(nearest));
            }
            Ok(_) => {}
        }
        found.unwrap_or_default()
    }

    /// Returns whether the scenario is from a request without files, and reports a reference to a file in it.
    pub(super) fn refuses_file(&mut self, span: Span) -> bool {
        if self.files.is_alone() {
            let diagnostic = self.at(span, "the scenario of a request cannot refer to files");
            self.push(diagnostic.expected("the content of the file; `securityhub-local scenario load` inserts it"));
        }
        self.files.is_alone()
    }

    /// `line 3`, or `line 3 of other.yaml`: a reference to `span` from an error at `seen_from`.
    pub(super) fn line(&self, span: Span, seen_from: Span) -> String {
        let there = self.at(span, "");
        let line = there.position.map_or(1, |position| position.line);
        if span.file == seen_from.file { format!("line {line}") } else { format!("line {line} of {}", there.file) }
    }
}

/// The text of an account ID. In YAML the quotes are optional.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct AccountText(pub(super) Spanned<String>);

impl JsonSchema for AccountText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Account".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"], "pattern": ACCOUNT_PATTERN })
    }
}

const ACCOUNT_PATTERN: &str = "^[0-9]{12}$";

/// Declares in the schema that the keys of a map are account IDs.
pub(super) fn account_keys(schema: &mut Schema) {
    schema.insert("propertyNames".to_owned(), serde_json::json!({ "pattern": ACCOUNT_PATTERN }));
}

/// Declares in the schema that a value must not be null, although the key is optional.
pub(super) fn not_null(schema: &mut Schema) {
    let is_null = |value: &Value| value == "null" || value.get("type").is_some_and(|name| name == "null");
    for keyword in ["type", "anyOf"] {
        let Some(Value::Array(alternatives)) = schema.get_mut(keyword) else { continue };
        alternatives.retain(|alternative| !is_null(alternative));
        if let [only] = &mut alternatives[..] {
            let only = only.take();
            schema.remove(keyword);
            match only {
                Value::Object(members) => members.into_iter().for_each(|(name, value)| _ = schema.insert(name, value)),
                only => _ = schema.insert(keyword.to_owned(), only),
            }
        }
    }
}

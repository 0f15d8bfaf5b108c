//! What the checks of all sections share: the mistakes so far, and the account ids that most sections write.

use std::borrow::Cow;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use super::diagnostic::{Diagnostic, MOST_DIAGNOSTICS};
use super::files::{Files, Place};
use super::spanned::Spanned;
use super::suggest;
use crate::state::AccountId;

/// The mistakes and warnings of a scenario, collected.
#[derive(Debug, Default)]
pub(super) struct Check {
    /// What was read.
    pub(super) files: Files,
    /// What is wrong with it.
    pub(super) mistakes: Vec<Diagnostic>,
}

impl Check {
    /// A mistake at a place, to be told more of and pushed.
    pub(super) fn at(&self, place: Place, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(&self.files, place, message)
    }

    /// Whether so many mistakes were found that no more are looked for.
    pub(super) fn is_full(&self) -> bool {
        self.mistakes.len() >= MOST_DIAGNOSTICS
    }

    /// Adds a mistake, or a warning.
    pub(super) fn push(&mut self, mistake: Diagnostic) {
        self.mistakes.push(mistake);
    }

    /// Reads an account id.
    pub(super) fn account(&mut self, written: &Spanned<String>) -> Option<AccountId> {
        let account = AccountId::parse(&written.value);
        if account.is_none() {
            let message = format!("`{}` is no account id", written.value);
            self.push(self.at(written.place, message).expected("twelve digits"));
        }
        account
    }

    /// The files that a pattern names, at least one unless a mistake is told; `such_as` shows what it may look like.
    pub(super) fn find(&mut self, pattern: &Spanned<String>, such_as: &str) -> Vec<PathBuf> {
        let found = self.files.find(&pattern.value, pattern.place.file);
        match &found {
            Err(error) => {
                let message = format!("`{}` is no pattern of files: {error}", pattern.value);
                let expected = format!("a path, or a pattern such as {such_as}");
                self.push(self.at(pattern.place, message).expected(expected));
            }
            Ok(paths) if paths.is_empty() => {
                let mistake = self.at(pattern.place, format!("no file fits `{}`", pattern.value));
                let near = self.files.near(&pattern.value, pattern.place.file);
                let nearest = suggest::nearest(&pattern.value, near.iter().map(String::as_str));
                self.push(mistake.expected("a file, relative to the folder of this one").suggest(nearest));
            }
            Ok(_) => {}
        }
        found.unwrap_or_default()
    }

    /// `line 3`, or `line 3 of other.yaml`: where something is that a mistake at `seen_from` speaks of.
    pub(super) fn line(&self, place: Place, seen_from: Place) -> String {
        let there = self.at(place, "");
        let line = there.position.map_or(1, |position| position.line);
        if place.file == seen_from.file { format!("line {line}") } else { format!("line {line} of {}", there.file) }
    }
}

/// An account id as it is written. In YAML it may lack its quotes.
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

/// Says of a map in the schema that its keys are account ids.
pub(super) fn account_keys(schema: &mut Schema) {
    schema.insert("propertyNames".to_owned(), serde_json::json!({ "pattern": ACCOUNT_PATTERN }));
}

/// Says of a key in the schema that it cannot be empty, though it may be left out.
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

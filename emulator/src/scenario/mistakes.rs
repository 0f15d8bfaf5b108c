//! Mistakes in the scenario of a request, with their paths (CPL-63).

use std::fmt::Write as _;

use super::diagnostic::{Diagnostic, Diagnostics, Severity};
use super::files::{FileId, Files};
use super::parse;
use super::spanned::{Content, Node};

/// A mistake in the scenario of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Line number, from 1; `None` if the mistake concerns the whole scenario.
    pub line: Option<usize>,
    /// Column number in characters, from 1.
    pub column: Option<usize>,
    /// The path of the value, such as `hubs[0].account`; `None` if the text cannot be parsed.
    pub path: Option<String>,
    /// The problem, what was expected, and the most similar name.
    pub message: String,
}

/// The name of the scenario of a request. It is not the path of a file.
pub(super) const SCENARIO: &str = "scenario";

/// The errors among the diagnostics of the scenario, which is the first text of `files`, and of its files.
pub(super) fn of(files: &Files, diagnostics: &Diagnostics) -> Vec<Mistake> {
    let file = FileId::default();
    let tree = parse::text(files, file).ok();
    let path = |diagnostic: &Diagnostic| {
        let offset = diagnostic.offset()?;
        let findings = files.get(file).map(|file| file.findings.as_slice()).unwrap_or_default();
        if let Some(position) = findings.iter().position(|range| range.contains(&offset)) {
            return Some(format!("state.findings[{position}]"));
        }
        tree.as_ref().map(|tree| path_at(tree, offset))
    };
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    let mistake = |diagnostic: &Diagnostic| {
        let is_in_file = ![SCENARIO, ""].contains(&diagnostic.file.as_str());
        let message = diagnostic.in_a_line();
        Mistake {
            line: diagnostic.position.as_ref().map(|position| position.line),
            column: diagnostic.position.as_ref().map(|position| position.column),
            path: if is_in_file { None } else { path(diagnostic) },
            message: if is_in_file { format!("{}: {message}", diagnostic.file) } else { message },
        }
    };
    errors.map(mistake).collect()
}

/// The path of the innermost value that begins at `offset` or before it.
fn path_at(tree: &Node, offset: usize) -> String {
    let (mut node, mut path) = (tree, String::new());
    loop {
        match &node.content {
            Content::Map(entries) => {
                let Some((key, value)) = entries.iter().rfind(|(key, _)| key.span.start <= offset) else { break };
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&key.value);
                if offset < value.span.start {
                    break;
                }
                node = value;
            }
            Content::List(items) => {
                let Some(position) = items.iter().rposition(|item| item.span.start <= offset) else { break };
                _ = write!(path, "[{position}]");
                let Some(item) = items.get(position) else { break };
                node = item;
            }
            _ => break,
        }
    }
    path
}

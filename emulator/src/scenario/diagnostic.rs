//! Errors and warnings of a scenario, displayed like those of a compiler: message, location, expectation, suggestion.

use std::fmt;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::{Value, json};

use super::files::{Files, Span};
use crate::invariant::Invariant;

/// Maximum number of errors and warnings of a scenario. Each one shows its line, so the output of a long malformed text
/// would grow with the product of its length and the number of errors.
pub(super) const MAX_DIAGNOSTICS: usize = 100;

/// An error or a warning.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The severity.
    pub severity: Severity,
    /// The file, as named by the user.
    pub file: String,
    /// The location in the file; `None` if it concerns the whole file.
    pub position: Option<Position>,
    /// The problem.
    pub message: String,
    /// The expected value.
    pub expected: Option<String>,
    /// The most similar valid name.
    pub suggestion: Option<String>,
}

/// The severity of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The scenario cannot be loaded.
    Error,
    /// The scenario can be loaded, but some part of it has no effect.
    Warning,
}

/// The location of a diagnostic.
#[derive(Clone, Debug)]
pub struct Position {
    /// Line number, from 1.
    pub line: usize,
    /// Column number in characters, from 1.
    pub column: usize,
    text: Arc<str>,
    start: usize,
    end: usize,
}

/// All errors and warnings, sorted by file and location.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostic {
    /// An error that concerns a whole file.
    pub(super) fn of_file(file: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            file: file.to_owned(),
            position: None,
            message: message.into(),
            expected: None,
            suggestion: None,
        }
    }

    /// An error at a span.
    pub(super) fn at(files: &Files, span: Span, message: impl Into<String>) -> Diagnostic {
        let Some(file) = files.get(span.file) else { return Diagnostic::of_file("", message) };
        Diagnostic {
            position: Some(Position::new(&file.text, span)),
            ..Diagnostic::of_file(&file.path.display().to_string(), message)
        }
    }

    /// Adds the expected value.
    pub(super) fn expected(mut self, expected: impl Into<String>) -> Diagnostic {
        self.expected = Some(expected.into());
        self
    }

    /// Adds the most similar valid name, if there is one.
    pub(super) fn suggest(mut self, word: Option<impl Into<String>>) -> Diagnostic {
        self.suggestion = word.map(Into::into);
        self
    }

    /// Turns it into a warning.
    pub(super) fn warning(mut self) -> Diagnostic {
        self.severity = Severity::Warning;
        self
    }

    /// `{"severity", "file", "line", "column", "message", "expected", "suggestion"}`, with null for missing values.
    pub fn to_json(&self) -> Value {
        json!({
            "severity": self.severity.name(),
            "file": self.file,
            "line": self.position.as_ref().map(|position| position.line),
            "column": self.position.as_ref().map(|position| position.column),
            "message": self.message,
            "expected": self.expected,
            "suggestion": self.suggestion,
        })
    }

    /// The message with the expected value and the suggestion, on one line.
    pub(super) fn in_a_line(&self) -> String {
        let Diagnostic { message, expected, suggestion, .. } = self;
        let expected = expected.as_ref().map(|text| format!(", expected {text}"));
        let suggestion = suggestion.as_ref().map(|word| format!(", did you mean `{word}`?"));
        let part = |text: Option<String>| text.unwrap_or_default();
        format!("{message}{}{}", part(expected), part(suggestion))
    }

    /// The offset of its location in the text, in bytes.
    pub(super) fn offset(&self) -> Option<usize> {
        self.position.as_ref().map(|position| position.start)
    }

    fn report(&self) -> Group<'_> {
        let level = if self.severity == Severity::Warning { Level::WARNING } else { Level::ERROR };
        let title = level.primary_title(&*self.message);
        let mut group = match &self.position {
            Some(position) => {
                let shown = position.shown();
                let mark = AnnotationKind::Primary.span(position.start - shown.start..position.end - shown.start);
                let text = position.text.get(shown).or_report("a span is a range of its file").unwrap_or_default();
                title.element(Snippet::source(text).line_start(position.line).path(&*self.file).annotation(mark))
            }
            None => title.element(annotate_snippets::Origin::path(&*self.file)),
        };
        if let Some(expected) = &self.expected {
            group = group.element(Level::NOTE.with_name(Some("expected")).message(&**expected));
        }
        if let Some(suggestion) = &self.suggestion {
            group = group.element(Level::HELP.message(format!("did you mean `{suggestion}`?")));
        }
        group
    }
}

impl Severity {
    fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

impl Position {
    fn new(text: &Arc<str>, span: Span) -> Position {
        let start = char_start(text, span.start);
        let before = text.get(..start).or_report("a span is a range of its file").unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let line_end = line_end(text, start);
        // A range that spans several lines is shown by its first line.
        let end = char_start(text, span.end.min(line_end)).max(start);
        Position {
            line: memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1,
            column: before
                .get(line_start..)
                .or_report("a line begins after a line feed")
                .unwrap_or_default()
                .chars()
                .count()
                + 1,
            text: Arc::clone(text),
            start,
            end,
        }
    }

    /// The line of the position, without its line break.
    fn shown(&self) -> std::ops::Range<usize> {
        let start = self.text.get(..self.start).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        start..line_end(&self.text, self.start)
    }
}

/// The end of the line that contains a byte. The text may be a single long line.
fn line_end(text: &str, start: usize) -> usize {
    let rest = text.get(start..).or_report("a span is a range of its file").unwrap_or_default();
    memchr::memchr2(b'\n', b'\r', rest.as_bytes()).map_or(text.len(), |end| start + end)
}

/// The start of the character that contains the byte.
fn char_start(text: &str, byte: usize) -> usize {
    (0..=byte.min(text.len()))
        .rev()
        .find(|byte| text.is_char_boundary(*byte))
        .or_report("a text has a character boundary at its start")
        .unwrap_or_default()
}

impl Diagnostics {
    /// Sorts by file, in the order in which files were first named, and by location.
    pub(super) fn sorted(mut diagnostics: Vec<Diagnostic>) -> Diagnostics {
        let mut files: Vec<String> = Vec::new();
        for diagnostic in &diagnostics {
            if !files.contains(&diagnostic.file) {
                files.push(diagnostic.file.clone());
            }
        }
        diagnostics.sort_by_key(|diagnostic| {
            let file = files.iter().position(|file| *file == diagnostic.file);
            (file, diagnostic.position.as_ref().map(|position| position.start))
        });
        Diagnostics(diagnostics)
    }

    /// Each one with its line.
    pub fn details(&self) -> String {
        let renderer = Renderer::plain();
        let texts = self.0.iter().map(|diagnostic| renderer.render(&[diagnostic.report()]) + "\n\n");
        texts.collect()
    }

    /// `2 errors and 1 warning`; empty if there are none.
    pub fn counts(&self) -> String {
        let nouns = [("error", Severity::Error), ("warning", Severity::Warning)];
        let counts = nouns.map(|(noun, severity)| (noun, self.count(severity)));
        let counted = counts.iter().filter(|(_, count)| *count > 0);
        let counted: Vec<String> =
            counted.map(|(name, count)| format!("{count} {name}{}", if *count == 1 { "" } else { "s" })).collect();
        let at_least = if self.0.len() >= MAX_DIAGNOSTICS { "at least " } else { "" };
        if counted.is_empty() { String::new() } else { format!("{at_least}{}", counted.join(" and ")) }
    }

    /// Returns whether there are no errors or warnings.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether there are errors, and not only warnings.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    fn count(&self, severity: Severity) -> usize {
        self.0.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    /// All errors and warnings.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// All of them on one line, for places that cannot show the text.
    pub fn in_a_line(&self) -> String {
        let lines = self.0.iter().map(|diagnostic| {
            let position = diagnostic.position.as_ref();
            let location = position.map(|it| format!("line {}, column {}: ", it.line, it.column));
            format!("{}{}", location.unwrap_or_default(), diagnostic.in_a_line())
        });
        lines.collect::<Vec<_>>().join("; ")
    }

    /// `[{"severity", "file", "line", "column", "message", "expected", "suggestion"}]`, with null for missing values.
    pub fn to_json(&self) -> Value {
        self.0.iter().map(Diagnostic::to_json).collect()
    }
}

/// Prints each diagnostic with its line, and then the total number unless nothing could be read.
impl fmt::Display for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.details())?;
        if self.0.iter().all(|diagnostic| diagnostic.position.is_none()) {
            return Ok(());
        }
        let counts = self.counts();
        if counts.is_empty() { Ok(()) } else { write!(formatter, "The scenario has {counts}.") }
    }
}

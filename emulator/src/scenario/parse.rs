//! Parses YAML, and therefore JSON, into a tree of [`Node`]s.

use std::cell::Cell;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use super::diagnostic::Diagnostic;
use super::files::{FileId, Files, Span};
use super::spanned::{Content, Node, Spanned};
use crate::invariant::Invariant;

/// Parses a text.
///
/// # Errors
/// The first syntax error.
pub(super) fn text(files: &Files, file: FileId) -> Result<Node, Box<Diagnostic>> {
    let length = files.get(file).map_or(0, |file| file.parsed.len());
    piece(files, file, 0..length)
}

/// Parses a part of a text that is a value by itself.
///
/// # Errors
/// The first syntax error.
pub(super) fn piece(files: &Files, file: FileId, piece: Range<usize>) -> Result<Node, Box<Diagnostic>> {
    let start = piece.start;
    let Some(text) = files.get(file).and_then(|file| file.parsed.get(piece)) else {
        return Err(Box::new(Diagnostic::of_file("", "the file was not read")));
    };
    let source = Source { file, text, start };
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        with_snippet: false,
    };
    let whole = source.span(0, text.len());
    match serde_saphyr::from_str_with_options::<Option<Raw>>(text, options) {
        Ok(raw) => Ok(raw.map_or(Node { span: whole, content: Content::Null }, |raw| raw.node(&source))),
        Err(error) => {
            let location = error.location();
            let span = location.map_or(whole, |location| source.located(location));
            Err(Box::new(Diagnostic::at(files, span, format!("invalid YAML: {}", syntax_error(&error)))))
        }
    }
}

/// The sections of a text in block style, by their keys: what begins with an unindented key. They are used if the whole
/// text is invalid.
pub(super) fn sections(text: &str) -> Vec<(&str, Range<usize>)> {
    let mut sections: Vec<(&str, Range<usize>)> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let key = line.split_once(':').map(|(key, _)| key).filter(|key| !key.is_empty() && key.bytes().all(is_of_key));
        match (key, sections.last_mut()) {
            (Some(key), _) => sections.push((key, start..start + line.len())),
            (None, Some((_, range))) => range.end += line.len(),
            (None, None) => {}
        }
        start += line.len();
    }
    sections
}

/// Returns whether a byte can be part of a section's key.
fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The parser's message without the location, which the diagnostic has already.
fn syntax_error(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let text = text.lines().next().unwrap_or_default();
    let text = text.strip_prefix("error: ").unwrap_or(text);
    // The rest addresses programmers who call the parser.
    let text = text.split_once("; use ").map_or(text, |(text, _)| text);
    let cut = text.find(" at line ").unwrap_or(text.len());
    text.get(..cut).or_report("a text that is found begins at a character").unwrap_or_default().to_owned()
}

/// The part of a text that is parsed, and its offset.
struct Source<'t> {
    file: FileId,
    text: &'t str,
    start: usize,
}

impl Source<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.start.saturating_add(start), self.start.saturating_add(end))
    }

    fn located(&self, location: serde_saphyr::Location) -> Span {
        let span = location.span();
        if let (Some(start), Some(length)) = (span.byte_offset(), span.byte_len()) {
            let (start, length) = (usize::try_from(start).unwrap_or(0), usize::try_from(length).unwrap_or(0));
            // The span of an omitted value is empty, possibly at the end of the text.
            let end = self.text.len().min(start.saturating_add(length.max(1)));
            let end = (end..self.text.len()).find(|end| self.text.is_char_boundary(*end)).unwrap_or(self.text.len());
            return self.span(start.min(end), end);
        }
        // The parser counts lines and columns from 1.
        let line = usize::try_from(location.line()).unwrap_or(1).saturating_sub(1);
        let column = usize::try_from(location.column()).unwrap_or(1).saturating_sub(1);
        let before: usize = self.text.split_inclusive('\n').take(line).map(str::len).sum();
        let rest = self.text.get(before..).or_report("a span is a range of its file").unwrap_or_default();
        let start = before + rest.char_indices().nth(column).map_or(rest.len(), |(byte, _)| byte);
        self.span(start, start + 1)
    }

    fn source_text(&self, span: Span) -> String {
        let text = self.text.get(span.start.saturating_sub(self.start)..span.end.saturating_sub(self.start));
        text.or_report("a span is a range of its file").unwrap_or_default().trim().to_owned()
    }
}

/// A value as delivered by the parser.
struct Raw(serde_saphyr::Spanned<RawContent>);

enum RawContent {
    Null,
    Boolean(bool),
    Integer(i128),
    Number(f64),
    Text(String),
    List(Vec<Raw>),
    Map(Vec<(Raw, Raw)>),
}

impl Raw {
    fn node(self, source: &Source<'_>) -> Node {
        let span = source.located(self.0.defined);
        let content = match self.0.value {
            RawContent::Null => Content::Null,
            RawContent::Boolean(value) => Content::Boolean(value),
            RawContent::Integer(value) => Content::Integer(value, source.source_text(span)),
            RawContent::Number(value) => Content::Number(value),
            RawContent::Text(value) => Content::Text(value),
            RawContent::List(items) => Content::List(items.into_iter().map(|item| item.node(source)).collect()),
            RawContent::Map(entries) => {
                let entry = |(key, value): (Raw, Raw)| (key.key(source), value.node(source));
                Content::Map(entries.into_iter().map(entry).collect())
            }
        };
        Node { span, content }
    }

    /// Keys are always texts: `222222222222:` does not need quotes.
    fn key(self, source: &Source<'_>) -> Spanned<String> {
        let Node { span, content } = self.node(source);
        let value = match content {
            Content::Text(value) => value,
            _ => source.source_text(span),
        };
        Spanned { value, span }
    }
}

/// Maximum nesting depth, including expanded aliases. A scenario needs half of it. The parser's own limit does not
/// count levels inside aliases, and each level needs much stack.
const DEPTH: usize = 24;

thread_local! {
    /// The nesting depth of the value that this thread is reading.
    static DEPTH_NOW: Cell<usize> = const { Cell::new(0) };
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let depth = DEPTH_NOW.get();
        if depth == DEPTH {
            return Err(de::Error::custom(format!("values are nested more than {DEPTH} levels deep")));
        }
        DEPTH_NOW.set(depth + 1);
        let raw = serde_saphyr::Spanned::deserialize(deserializer).map(Raw);
        DEPTH_NOW.set(depth);
        raw
    }
}

impl<'de> Deserialize<'de> for RawContent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = RawContent;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<RawContent, E> {
        Ok(RawContent::Null)
    }

    fn visit_none<E>(self) -> Result<RawContent, E> {
        Ok(RawContent::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<RawContent, E> {
        Ok(RawContent::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<RawContent, E> {
        Ok(RawContent::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<RawContent, E> {
        Ok(RawContent::Integer(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<RawContent, E> {
        Ok(RawContent::Integer(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<RawContent, E> {
        Ok(RawContent::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<RawContent, E> {
        Ok(RawContent::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<RawContent, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(RawContent::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawContent, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(RawContent::Map(entries))
    }
}

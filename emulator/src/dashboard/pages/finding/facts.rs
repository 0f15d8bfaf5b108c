//! Facts: terms with values of several kinds, and beside them the values of the provider where customers have changed
//! them.

use askama::Template;
use serde_json::Value;

use crate::dashboard::text::{ABSENT, Time};

/// Maximum number of characters of a value.
const CHARACTERS: usize = 2_000;

/// A part of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A text.
    Text(String),
    /// A name that a program understands.
    Code(String),
    /// A time.
    Time(Time),
    /// The label of a severity.
    Severity(String),
    /// A text with a link within the dashboard.
    Link(String, String),
    /// A link to another site.
    External(String),
}

/// A term with its values, one a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) term: String,
    pub(super) values: Vec<Piece>,
    /// The value of the provider, if a customer has changed it.
    pub(super) provider: Option<String>,
}

impl Fact {
    pub(super) fn new(term: &str, values: Vec<Piece>) -> Fact {
        Fact { term: term.to_owned(), values, provider: None }
    }

    /// A fact with the provider's value, if it differs.
    pub(super) fn with_provider(term: &str, value: &Value, provider: &Value) -> Fact {
        let differs = !provider.is_null() && provider != value;
        Fact { provider: differs.then(|| plain(provider)), ..Fact::new(term, pieces(value)) }
    }
}

/// Facts under a heading.
#[derive(Template)]
#[template(path = "pages/finding/facts.html")]
pub(super) struct Group {
    pub(super) id: &'static str,
    pub(super) heading: &'static str,
    pub(super) facts: Vec<Fact>,
}

impl Group {
    /// A group of the facts that have a value.
    pub(super) fn new(id: &'static str, heading: &'static str, facts: Vec<Fact>) -> Group {
        let facts = facts.into_iter().filter(|fact| !fact.values.is_empty() || fact.provider.is_some()).collect();
        Group { id, heading, facts }
    }
}

/// A value as text, on one line.
pub(super) fn plain(value: &Value) -> String {
    let text = match value {
        Value::Null => ABSENT.to_owned(),
        Value::Bool(value) => crate::dashboard::text::yes_no(*value).to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    cut(&text)
}

/// A text without what exceeds the length that is shown.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The number of bytes of a text in HTML.
pub(super) fn size(text: &str) -> usize {
    let of_letter = |letter: u8| if b"&<>\"'".contains(&letter) { "&#34;".len() } else { 1 };
    text.bytes().map(of_letter).sum()
}

/// The pieces of a value; none if it is absent.
pub(super) fn pieces(value: &Value) -> Vec<Piece> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(list) => list.iter().map(|value| Piece::Text(plain(value))).collect(),
        other => vec![Piece::Text(plain(other))],
    }
}

/// A name that a program understands; none if it is absent.
pub(super) fn code(value: &Value) -> Vec<Piece> {
    value.as_str().map(|text| Piece::Code(cut(text))).into_iter().collect()
}

/// A time; a text if it is not one.
pub(super) fn time(value: &Value) -> Vec<Piece> {
    let piece = |text: &str| Time::parse(text).map_or_else(|| Piece::Text(cut(text)), Piece::Time);
    value.as_str().map(piece).into_iter().collect()
}

/// The label of a severity.
pub(super) fn severity(value: &Value) -> Vec<Piece> {
    value.as_str().map(|label| Piece::Severity(label.to_owned())).into_iter().collect()
}

/// An address of another site, as a link if a browser may follow it.
pub(super) fn external(value: &Value) -> Vec<Piece> {
    let is_safe = |text: &str| {
        let scheme = text.split("://").next().unwrap_or_default().to_ascii_lowercase();
        text.contains("://") && ["http", "https"].contains(&scheme.as_str())
    };
    let piece = |text: &str| if is_safe(text) { Piece::External(text.to_owned()) } else { Piece::Text(cut(text)) };
    value.as_str().map(piece).into_iter().collect()
}

//! Patterns for names of operations.

use std::fmt;

/// A name, or the beginning of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamePattern {
    /// Exactly this name.
    Exactly(String),
    /// All names with this prefix.
    Prefix(String),
}

impl NamePattern {
    /// Reads a name, or a prefix followed by `*`.
    pub fn parse(text: &str) -> NamePattern {
        match text.strip_suffix('*') {
            Some(prefix) => NamePattern::Prefix(prefix.to_owned()),
            None => NamePattern::Exactly(text.to_owned()),
        }
    }

    /// Returns whether a name matches.
    pub fn matches(&self, name: &str) -> bool {
        match self {
            NamePattern::Exactly(text) => text == name,
            NamePattern::Prefix(prefix) => name.starts_with(prefix.as_str()),
        }
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NamePattern::Exactly(text) => formatter.write_str(text),
            NamePattern::Prefix(prefix) => write!(formatter, "{prefix}*"),
        }
    }
}

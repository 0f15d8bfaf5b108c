//! Mistakes in rules: the path, the wrong word, and the most similar valid word (CPL-33).

use std::fmt;

use crate::suggest;

/// A mistake in a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The path of the wrong member in the rule, such as `Error.Code`; empty for the rule itself.
    pub path: String,
    /// The message, which does not depend on the path.
    pub message: String,
}

impl Mistake {
    /// Creates a mistake in a member.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Mistake {
        Mistake { path: path.into(), message: message.into() }
    }

    /// Adds `outer` before the path.
    #[must_use]
    pub fn inside(mut self, outer: &str) -> Mistake {
        self.path = match (outer, self.path.as_str()) {
            ("", _) => self.path,
            (_, "") => outer.to_owned(),
            (_, path) if path.starts_with(['[', '.']) => format!("{outer}{path}"),
            (_, path) => format!("{outer}.{path}"),
        };
        self
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => formatter.write_str(&self.message),
            path => write!(formatter, "member '{path}': {}", self.message),
        }
    }
}

/// The text `; did you mean 'x'?` with the most similar known name; empty if no name is similar.
pub(super) fn nearest<'n>(wrong: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    suggest::nearest(wrong, known).map(|name| format!("; did you mean '{name}'?")).unwrap_or_default()
}

//! Texts of policies with wildcards and variables: parsing and matching.

use super::keys::Keys;
use crate::invariant::Invariant;
use crate::state::{Pattern, Piece};

/// The special characters of a text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Syntax {
    /// `*` and `?`
    pub wildcards: bool,
    /// `${key}`, which policies of version 2012-10-17 support.
    pub variables: bool,
}

/// One character of a pattern whose variables have been replaced by their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Glyph {
    Character(char),
    One,
    Many,
}

/// Parses a text of a policy.
pub fn read(text: &str, signs: Syntax) -> Pattern {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (piece, length) = match first {
            '*' if signs.wildcards => (Piece::Many, 1),
            '?' if signs.wildcards => (Piece::One, 1),
            '$' if signs.variables => variable(rest).unwrap_or((Piece::Text("$".to_owned()), 1)),
            other => (Piece::Text(other.to_string()), other.len_utf8()),
        };
        match (pieces.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
            (_, piece) => pieces.push(piece),
        }
        rest = rest.get(length..).or_report("a piece is a part of its pattern").unwrap_or_default();
    }
    Pattern(pieces)
}

/// The variable at the start of a text, with its length. `${*}`, `${?}` and `${$}` are the characters themselves.
fn variable(text: &str) -> Option<(Piece, usize)> {
    let inner = text.strip_prefix("${")?;
    let end = inner.find('}')?;
    let inner = inner.get(..end)?;
    let piece = match inner.split_once(',') {
        None if matches!(inner, "*" | "?" | "$") => Piece::Text(inner.to_owned()),
        None => Piece::Variable { key: inner.trim().to_owned(), default: None },
        Some((key, default)) => {
            let default = default.trim().strip_prefix('\'')?.strip_suffix('\'')?;
            Piece::Variable { key: key.trim().to_owned(), default: Some(default.to_owned()) }
        }
    };
    Some((piece, end + "${}".len()))
}

/// Returns whether a pattern has variables, so that its meaning depends on the request.
pub fn has_variables(pattern: &Pattern) -> bool {
    pattern.0.iter().any(|piece| matches!(piece, Piece::Variable { .. }))
}

/// The text of a pattern; `None` if the request lacks the key of a variable.
pub fn text(pattern: &Pattern, keys: &Keys) -> Option<String> {
    let glyphs = glyphs(pattern, keys)?;
    let character = |glyph| match glyph {
        Glyph::Character(character) => character,
        Glyph::One => '?',
        Glyph::Many => '*',
    };
    Some(glyphs.into_iter().map(character).collect())
}

/// Returns whether a pattern matches the whole text. If the request lacks the key of a variable, nothing matches.
pub fn matches_text(pattern: &Pattern, keys: &Keys, text: &str) -> bool {
    glyphs(pattern, keys).is_some_and(|glyphs| glob(&glyphs, text, |one, other| one == other))
}

/// Returns whether a pattern matches one of the actions, ignoring case.
pub fn matches_action<'a>(pattern: &Pattern, keys: &Keys, actions: impl IntoIterator<Item = &'a str>) -> bool {
    let same = |one: char, other: char| one.eq_ignore_ascii_case(&other);
    let any_matches = |glyphs: Vec<Glyph>| actions.into_iter().any(|action| glob(&glyphs, action, same));
    glyphs(pattern, keys).is_some_and(any_matches)
}

/// Returns whether a pattern matches an ARN. Each of the six parts is matched separately, so `*` does not match across
/// a colon. A pattern with fewer parts, such as `*`, is matched against the whole text (`inferred`).
pub fn matches_arn(pattern: &Pattern, keys: &Keys, text: &str) -> bool {
    let Some(glyphs) = glyphs(pattern, keys) else { return false };
    let parts: Vec<&[Glyph]> = glyphs.splitn(6, |glyph| *glyph == Glyph::Character(':')).collect();
    let texts: Vec<&str> = text.splitn(6, ':').collect();
    let same = |one: char, other: char| one == other;
    if parts.len() < 6 {
        return glob(&glyphs, text, same);
    }
    texts.len() == parts.len() && parts.into_iter().zip(texts).all(|(part, text)| glob(part, text, same))
}

fn glyphs(pattern: &Pattern, keys: &Keys) -> Option<Vec<Glyph>> {
    let mut glyphs = Vec::new();
    for piece in &pattern.0 {
        match piece {
            Piece::Text(text) => glyphs.extend(text.chars().map(Glyph::Character)),
            Piece::One => glyphs.push(Glyph::One),
            Piece::Many => glyphs.push(Glyph::Many),
            // The value of a variable is literal text, even if it contains `*`.
            Piece::Variable { key, default } => {
                let value = keys.single(key).or(default.as_deref())?;
                glyphs.extend(value.chars().map(Glyph::Character));
            }
        }
    }
    Some(glyphs)
}

/// Returns whether glyphs match a text. A `*` first matches as little as possible, and one character more each time the
/// rest does not match.
fn glob(glyphs: &[Glyph], text: &str, same: impl Fn(char, char) -> bool) -> bool {
    let (mut position, mut rest) = (0, text.chars());
    // After a mismatch, matching continues with the glyph after the last `*`, at the next position of the text.
    let mut again = None;
    loop {
        let mut remaining = rest.clone();
        let Some(found) = remaining.next() else { break };
        let is_match = match glyphs.get(position) {
            Some(Glyph::Many) => {
                position += 1;
                again = Some((position, remaining));
                continue;
            }
            Some(Glyph::One) => true,
            Some(Glyph::Character(wanted)) => same(*wanted, found),
            None => false,
        };
        if is_match {
            (position, rest) = (position + 1, remaining);
        } else if let Some((start, from)) = &mut again {
            (position, rest) = (*start, from.clone());
            from.next();
        } else {
            return false;
        }
    }
    glyphs.iter().skip(position).all(|glyph| *glyph == Glyph::Many)
}

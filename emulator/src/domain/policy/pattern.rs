//! Texts of policies with wildcards and variables: read, and compared with what a request has.

use super::keys::Keys;
use crate::invariant::Invariant;
use crate::state::{Pattern, Piece};

/// What stands for other texts in a text of a policy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signs {
    /// `*` and `?`
    pub wildcards: bool,
    /// `${key}`, which policies of 2012-10-17 have.
    pub variables: bool,
}

/// One character of a pattern whose variables have their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Glyph {
    Character(char),
    One,
    Many,
}

/// Reads a text of a policy.
pub fn read(text: &str, signs: Signs) -> Pattern {
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

/// The variable that a text begins with, and its length. `${*}`, `${?}` and `${$}` are the signs themselves.
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

/// Whether a pattern has variables, so that only a request shows what it says.
pub fn has_variables(pattern: &Pattern) -> bool {
    pattern.0.iter().any(|piece| matches!(piece, Piece::Variable { .. }))
}

/// The text of a pattern; `None` where the request lacks a variable's key.
pub fn text(pattern: &Pattern, keys: &Keys) -> Option<String> {
    let glyphs = glyphs(pattern, keys)?;
    let character = |glyph| match glyph {
        Glyph::Character(character) => character,
        Glyph::One => '?',
        Glyph::Many => '*',
    };
    Some(glyphs.into_iter().map(character).collect())
}

/// Whether all of a text fits. A pattern with a variable whose key the request lacks fits nothing.
pub fn fits(pattern: &Pattern, keys: &Keys, text: &str) -> bool {
    glyphs(pattern, keys).is_some_and(|glyphs| glob(&glyphs, text, |one, other| one == other))
}

/// Whether all of one of the actions fits, whatever its letter case.
pub fn fits_action<'a>(pattern: &Pattern, keys: &Keys, actions: impl IntoIterator<Item = &'a str>) -> bool {
    let same = |one: char, other: char| one.eq_ignore_ascii_case(&other);
    let fits = |glyphs: Vec<Glyph>| actions.into_iter().any(|action| glob(&glyphs, action, same));
    glyphs(pattern, keys).is_some_and(fits)
}

/// Whether an ARN fits: each of its six parts fits its own part of the pattern, so that `*` does not reach beyond a
/// colon. A pattern of fewer parts, such as `*`, is compared as any text is (inferred).
pub fn fits_arn(pattern: &Pattern, keys: &Keys, text: &str) -> bool {
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
            // What a variable stands for is text, also where it has a `*`.
            Piece::Variable { key, default } => {
                let value = keys.single(key).or(default.as_deref())?;
                glyphs.extend(value.chars().map(Glyph::Character));
            }
        }
    }
    Some(glyphs)
}

/// Whether glyphs spell a text. A `*` takes as little as it can, and a character more when what follows does not fit.
fn glob(glyphs: &[Glyph], text: &str, same: impl Fn(char, char) -> bool) -> bool {
    let (mut position, mut rest) = (0, text.chars());
    // Behind the last `*`, and the text that begins there next.
    let mut again = None;
    loop {
        let mut behind = rest.clone();
        let Some(found) = behind.next() else { break };
        let fits = match glyphs.get(position) {
            Some(Glyph::Many) => {
                position += 1;
                again = Some((position, behind));
                continue;
            }
            Some(Glyph::One) => true,
            Some(Glyph::Character(wanted)) => same(*wanted, found),
            None => false,
        };
        if fits {
            (position, rest) = (position + 1, behind);
        } else if let Some((start, from)) = &mut again {
            (position, rest) = (*start, from.clone());
            from.next();
        } else {
            return false;
        }
    }
    glyphs.iter().skip(position).all(|glyph| *glyph == Glyph::Many)
}

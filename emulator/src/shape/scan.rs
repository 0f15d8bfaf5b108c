//! Fast path: determines in one pass, without building a tree, whether a JSON value is faultless, that is, satisfies
//! its shape.
//!
//! It accepts only text that [`read`](super::read) would accept unchanged: no unknown or repeated members, no nulls,
//! and no violations of the shape. It rejects anything else, and the caller then reads the text with
//! [`read`](super::read), which reports each violation. Findings arrive by the hundred thousand, and nearly all of them
//! are faultless.

use std::borrow::Cow;
use std::ops::Range;

use securityhub_engine::{date, json};
use securityhub_fixtures::Pattern;
use securityhub_fixtures::model::{Flavour, Kind, Member, ORDER, ShapeId, StringShape, Structure};

use super::read::has_format;

mod bytes;

use bytes::Copied;

/// Maximum nesting depth; no finding is nested deeper.
const MAX_DEPTH: u32 = 40;
/// Maximum number of members of a structure; no structure of the model has more.
const MAX_MEMBERS: usize = 256;
/// Longer strings are subject to limits beyond their shape (IMP-35).
const LONG_STRING: usize = 32_768;
/// Above this many keys, leave the fast path: the search for repeated keys compares each key with all previous ones.
const MANY_KEYS: usize = 64;

/// A faultless structure.
#[derive(Clone, Debug)]
pub struct Scanned<'t> {
    /// Its text without whitespace between tokens; borrowed if there was none.
    pub text: Cow<'t, str>,
    /// Its members, in the order of the text.
    pub members: Vec<Span>,
}

/// A member of a faultless structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its position in the model.
    pub position: u16,
    /// The range of its value in the text.
    pub range: Range<usize>,
    /// The members that its value has, as bits for the first 64 positions in the model. If the value is a list of
    /// structures, only members that all of them have are included.
    pub present: u64,
}

/// Scans structures, and remembers the member that followed each member. Senders write members in a fixed order, and
/// comparing bytes with the expected name is cheaper than looking up a name.
#[derive(Debug)]
pub struct Scanner {
    /// For each member, one plus the position of the member that last followed it; 0 if none did.
    successors: Vec<u16>,
    /// A buffer for a text without whitespace.
    compacted: Copied,
}

impl Default for Scanner {
    fn default() -> Scanner {
        Scanner { successors: vec![0; ORDER], compacted: Copied::default() }
    }
}

impl Scanner {
    /// Scans the structure at `at` and returns it with the position after it. `None` if it is not plainly faultless.
    pub fn structure<'t>(&mut self, shape: ShapeId, text: &'t str, at: usize) -> Option<(Scanned<'t>, usize)> {
        let Kind::Structure(structure) = &shape.shape().kind else { return None };
        self.compacted.clear();
        let mut walk = Walk {
            text,
            start: at,
            successors: &mut self.successors,
            depth: 0,
            present: 0,
            keys: Vec::new(),
            compacted: &mut self.compacted,
            copied: at,
            blanks: 0,
        };
        let mut members = Vec::with_capacity(32);
        let end = walk.structure(structure, at, &mut |span| members.push(span))?;
        Some((Scanned { text: walk.finish(end)?, members }, end))
    }
}

struct Walk<'s, 't> {
    text: &'t str,
    /// The start of the scanned structure.
    start: usize,
    successors: &'s mut [u16],
    depth: u32,
    /// [`Span::present`] of the value that was read last.
    present: u64,
    /// The keys of the map that is being read.
    keys: Vec<&'t str>,
    /// The text up to `copied`, without whitespace between tokens.
    compacted: &'s mut Copied,
    copied: usize,
    /// The number of whitespace characters skipped so far.
    blanks: usize,
}

impl<'t> Walk<'_, 't> {
    fn bytes(&self) -> &'t [u8] {
        self.text.as_bytes()
    }

    /// The text of the structure, which ends at `end`.
    fn finish(self, end: usize) -> Option<Cow<'t, str>> {
        if self.blanks == 0 {
            return self.text.get(self.start..end).map(Cow::Borrowed);
        }
        self.compacted.append(self.bytes(), self.copied, end);
        std::str::from_utf8(self.compacted.as_bytes()).ok().map(|text| Cow::Owned(text.to_owned()))
    }

    /// The position of the next token.
    #[inline]
    fn token(&mut self, at: usize) -> usize {
        match self.bytes().get(at) {
            Some(b' ' | b'\n' | b'\r' | b'\t') => self.leave_out_blanks(at),
            _ => at,
        }
    }

    fn leave_out_blanks(&mut self, at: usize) -> usize {
        let end = bytes::blanks(self.bytes(), at);
        self.compacted.append(self.bytes(), self.copied, at);
        self.blanks += end - at;
        self.copied = end;
        end
    }

    /// Converts a position in the text to one in the text without whitespace.
    fn place(&self, at: usize) -> usize {
        at - self.start - self.blanks
    }

    /// Scans the value at `at` and returns the position after it.
    fn value(&mut self, shape: ShapeId, at: usize) -> Option<usize> {
        match &shape.shape().kind {
            Kind::String(string) => self.string(string, at),
            Kind::Structure(structure) => self.nested(|walk| walk.structure(structure, at, &mut |_| {})),
            Kind::List { member, min, max } => self.nested(|walk| walk.list(*member, (*min, *max), at)),
            Kind::Map { key, value, min, max } => self.nested(|walk| walk.map(*key, *value, (*min, *max), at)),
            Kind::Integer { min, max } => self.integer(*min, *max, at),
            Kind::Float { min, max } => self.float(*min, *max, at),
            Kind::Boolean => {
                let rest = self.bytes().get(at..)?;
                let length = if rest.starts_with(b"true") { 4 } else { 5 };
                (length == 4 || rest.starts_with(b"false")).then_some(at + length)
            }
            Kind::Timestamp => {
                let (end, text) = self.text(at)?;
                date::strict(&text).map(|_| end)
            }
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Option<usize>) -> Option<usize> {
        self.depth += 1;
        let end = if self.depth > MAX_DEPTH { None } else { read(self) };
        self.depth -= 1;
        end
    }

    fn structure(&mut self, structure: &'static Structure, at: usize, seen: &mut impl FnMut(Span)) -> Option<usize> {
        if structure.flavour != Flavour::Plain {
            return None;
        }
        let mut present = [0_u64; MAX_MEMBERS / 64];
        let mut required = 0;
        let mut place = structure.order;
        let end = self.members(at, |walk, at| {
            let (position, member, at) = walk.member(structure, place, at)?;
            place = structure.order + 1 + usize::from(position);
            let word = present.get_mut(usize::from(position) / 64)?;
            let bit = 1 << (position % 64);
            if *word & bit != 0 {
                return None;
            }
            *word |= bit;
            required += u16::from(member.required);
            let begin = walk.place(at);
            let end = walk.value(member.shape, at)?;
            seen(Span { position, range: begin..walk.place(end), present: walk.present });
            Some(end)
        })?;
        [self.present, ..] = present;
        (required == structure.required).then_some(end)
    }

    /// The member whose name begins at `at`, its position in the model, and the start of its value. `place` is the
    /// index of the previous member in `successors`.
    #[inline]
    fn member(
        &mut self,
        structure: &'static Structure,
        place: usize,
        at: usize,
    ) -> Option<(u16, &'static Member, usize)> {
        let successor = *self.successors.get(place)?;
        if let Some(position) = successor.checked_sub(1)
            && let Some(member) = structure.members.get(usize::from(position))
            && self.bytes().get(at..)?.starts_with(member.spelled.as_bytes())
        {
            return Some((position, member, self.token(at + member.spelled.len())));
        }
        let (name, at) = self.name(at)?;
        let (position, member) = structure.member(name)?;
        *self.successors.get_mut(place)? = position + 1;
        Some((position, member, at))
    }

    /// The name that begins at `at`, as spelled, and the start of its value.
    fn name(&mut self, at: usize) -> Option<(&'t str, usize)> {
        let end = json::string(self.bytes(), at)?;
        let name = self.text.get(at + 1..end - 1)?;
        let colon = self.token(end);
        (self.bytes().get(colon) == Some(&b':')).then(|| (name, self.token(colon + 1)))
    }

    /// Walks the members of the object at `at`: `member` receives the position of each name and returns the position
    /// after the value.
    #[inline]
    fn members(&mut self, at: usize, mut member: impl FnMut(&mut Self, usize) -> Option<usize>) -> Option<usize> {
        let bytes = self.bytes();
        if bytes.get(at) != Some(&b'{') {
            return None;
        }
        let mut at = self.token(at + 1);
        if bytes.get(at) == Some(&b'}') {
            return Some(at + 1);
        }
        loop {
            let end = member(self, at)?;
            at = self.token(end);
            match bytes.get(at)? {
                b',' => at = self.token(at + 1),
                b'}' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    fn list(&mut self, member: ShapeId, (min, max): (u32, Option<u32>), at: usize) -> Option<usize> {
        let bytes = self.bytes();
        if bytes.get(at) != Some(&b'[') {
            return None;
        }
        let (mut count, mut present) = (0, u64::MAX);
        let mut at = self.token(at + 1);
        if bytes.get(at) != Some(&b']') {
            loop {
                count += 1;
                if max.is_some_and(|max| count > max) {
                    return None;
                }
                let end = self.value(member, at)?;
                present &= self.present;
                at = self.token(end);
                match bytes.get(at)? {
                    b',' => at = self.token(at + 1),
                    b']' => break,
                    _ => return None,
                }
            }
        }
        self.present = present;
        (count >= min).then_some(at + 1)
    }

    fn map(&mut self, key: ShapeId, value: ShapeId, (min, max): (u32, Option<u32>), at: usize) -> Option<usize> {
        let Kind::String(key) = &key.shape().kind else { return None };
        // Nested maps share the list of keys: the keys of the innermost map are at its end.
        let first = self.keys.len();
        let end = self.members(at, |walk, at| {
            let (name, at) = walk.name(at)?;
            // Keys without escapes are equal if their spellings are equal. A key with escapes leaves the fast path.
            let is_plain = !name.bytes().any(|byte| byte == b'\\' || byte < b' ');
            let keys = walk.keys.get(first..)?;
            if !is_plain || keys.len() >= MANY_KEYS || keys.contains(&name) || !string_fits(key, name) {
                return None;
            }
            walk.keys.push(name);
            walk.value(value, at)
        })?;
        let count = u32::try_from(self.keys.len() - first).ok()?;
        self.keys.truncate(first);
        (count >= min && max.is_none_or(|max| count <= max)).then_some(end)
    }

    fn string(&mut self, shape: &StringShape, at: usize) -> Option<usize> {
        let (end, text) = self.text(at)?;
        string_fits(shape, &text).then_some(end)
    }

    /// Reads the string at `at` and returns the position after it.
    #[inline]
    fn text(&self, at: usize) -> Option<(usize, Cow<'t, str>)> {
        let bytes = self.bytes();
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
        let end = bytes::plain(bytes, at + 1);
        match bytes.get(end)? {
            b'"' => {
                let inner = self.text.get(at + 1..end).filter(|inner| inner.len() < LONG_STRING)?;
                Some((end + 1, Cow::Borrowed(inner)))
            }
            b'\\' => self.text_with_escapes(at),
            _ => None,
        }
    }

    #[cold]
    fn text_with_escapes(&self, at: usize) -> Option<(usize, Cow<'t, str>)> {
        let end = json::string(self.bytes(), at)?;
        let inner = self.text.get(at + 1..end - 1)?;
        if inner.len() >= LONG_STRING || inner.bytes().any(|byte| byte < b' ') {
            return None;
        }
        Some((end, json::unescape(inner.as_bytes())?))
    }

    /// A whole number in its plain spelling.
    fn integer(&mut self, min: Option<i64>, max: Option<i64>, at: usize) -> Option<usize> {
        let end = json::value(self.bytes(), at)?;
        let spelled = self.text.get(at..end)?;
        let digits = spelled.strip_prefix('-').unwrap_or(spelled).as_bytes();
        let is_plain = match digits {
            [b'0'] => spelled.len() == 1,
            [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        let value: i64 = spelled.parse().ok().filter(|_| is_plain)?;
        (min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max)).then_some(end)
    }

    /// A number without an exponent, and with no more digits than a double can represent exactly.
    fn float(&mut self, min: Option<f64>, max: Option<f64>, at: usize) -> Option<usize> {
        let end = json::value(self.bytes(), at)?;
        let spelled = self.text.get(at..end).filter(|spelled| spelled.len() <= 16)?;
        let (whole, fraction) =
            spelled.split_once('.').map_or((spelled, None), |(whole, fraction)| (whole, Some(fraction)));
        let is_plain = match whole.strip_prefix('-').unwrap_or(whole).as_bytes() {
            [b'0'] => true,
            [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        let is_fraction = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let value: f64 = spelled.parse().ok().filter(|_| is_plain && fraction.is_none_or(is_fraction))?;
        (min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max)).then_some(end)
    }
}

/// Returns whether a string satisfies its shape.
fn string_fits(shape: &StringShape, text: &str) -> bool {
    // A character takes one to four bytes, so the number of bytes bounds the number of characters.
    let at_least = |min: u32| text.len() / 4 >= min as usize || text.chars().count() >= min as usize;
    let at_most = |max: u32| text.len() <= max as usize || text.chars().count() <= max as usize;
    let is_plain = text.as_bytes().first().is_some_and(u8::is_ascii_graphic);
    (shape.min == 0 || (shape.min == 1 && !text.is_empty()) || at_least(shape.min))
        && shape.max.is_none_or(at_most)
        && match shape.pattern {
            None => true,
            Some(Pattern::NonBlank) if is_plain => true,
            Some(pattern) => pattern.matches(text),
        }
        && (shape.values.is_empty() || shape.values.contains(&text))
        && shape.format.is_none_or(|format| has_format(format, text))
}

#[cfg(test)]
mod tests;

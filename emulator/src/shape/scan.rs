//! The quick yes: whether compact JSON text satisfies its shape without a fault, in one pass and without a tree.
//!
//! It says yes only to text that [`read`](super::read) would take as it stands: no blank, no unknown or repeated
//! member, no null, nothing that breaks the shape. To anything else it says «not surely», and the text is then read
//! with all that it breaks. Findings come in by the hundred thousand and are nearly always faultless.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use securityhub_engine::{date, json};
use securityhub_fixtures::Pattern;
use securityhub_fixtures::model::{Flavour, Kind, Member, ShapeId, StringShape, Structure};

use super::read::has_format;

/// No finding nests deeper.
const MOST_DEPTH: u32 = 40;
/// No structure of the model has more members.
const MOST_MEMBERS: usize = 256;
/// Longer strings are judged by more than their shape (IMP-35).
const LONG_STRING: usize = 32_768;

/// Who writes blanks between tokens, writes some within these first bytes.
const BEGINNING: usize = 64;
/// More keys are not compared one by one.
const MANY_KEYS: usize = 64;

/// A member of a faultless structure.
#[derive(Clone, Debug)]
pub struct Span {
    /// Its position in the model.
    pub position: u16,
    /// The member.
    pub member: &'static Member,
    /// Where its value stands in the text.
    pub range: Range<usize>,
}

/// The members of the structure that begins at `at`, in the order of the text, and the position behind it, if it has
/// no fault.
pub fn structure(shape: ShapeId, text: &str, at: usize) -> Option<(Vec<Span>, usize)> {
    let Kind::Structure(structure) = &shape.shape().kind else { return None };
    let mut spans = Vec::with_capacity(32);
    let mut scanner = Scanner { text, depth: 0 };
    let end = scanner.structure(structure, at, &mut |span| spans.push(span))?;
    Some((spans, end))
}

/// The text without blanks between its tokens, if it begins with some; else itself. Of text that is no JSON, nothing
/// is promised but that it does not become JSON.
pub fn compact(text: &str) -> Cow<'_, str> {
    let start = text.as_bytes();
    let has_blanks = || {
        let mut at = 0;
        while at < BEGINNING {
            match start.get(at) {
                Some(b'"') => at = json::string(start, at).unwrap_or(BEGINNING),
                Some(b' ' | b'\n' | b'\r' | b'\t') => return true,
                Some(_) => at += 1,
                None => return false,
            }
        }
        false
    };
    if has_blanks() { without_blanks(text) } else { Cow::Borrowed(text) }
}

/// A text, with and without the blanks between its tokens.
#[derive(Debug)]
pub struct Compacted<'b> {
    /// As it was sent.
    pub text: &'b str,
    /// Without blanks, if it begins with some.
    first: Cow<'b, str>,
    /// Without those that come later, if anybody asked.
    again: OnceCell<Option<String>>,
}

impl<'b> Compacted<'b> {
    /// A text whose beginning is looked at.
    pub fn new(text: &'b str) -> Compacted<'b> {
        Compacted { text, first: compact(text), again: OnceCell::new() }
    }

    /// Without blanks, if it begins with some; else itself.
    pub fn first(&self) -> &str {
        &self.first
    }

    /// Without blanks, if [`Compacted::first`] has some.
    pub fn again(&self) -> Option<&str> {
        let again = || match (&self.first, without_blanks(self.text)) {
            (Cow::Borrowed(_), Cow::Owned(compacted)) => Some(compacted),
            _ => None,
        };
        self.again.get_or_init(again).as_deref()
    }
}

fn without_blanks(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    let mut compacted: Option<String> = None;
    let (mut at, mut kept) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        if *byte == b'"' {
            let Some(end) = json::string(bytes, at) else { break };
            at = end;
        } else if is_blank(byte) {
            let compacted = compacted.get_or_insert_with(|| String::with_capacity(text.len()));
            compacted.push_str(text.get(kept..at).unwrap_or_default());
            while bytes.get(at).is_some_and(is_blank) {
                at += 1;
            }
            // Two tokens that only a blank kept apart must not become one.
            if needs_blank(compacted.as_bytes().last(), bytes.get(at)) {
                compacted.push(' ');
            }
            kept = at;
        } else {
            at += 1;
        }
    }
    match compacted {
        None => Cow::Borrowed(text),
        Some(mut compacted) => {
            compacted.push_str(text.get(kept..).unwrap_or_default());
            Cow::Owned(compacted)
        }
    }
}

fn needs_blank(before: Option<&u8>, after: Option<&u8>) -> bool {
    let ends = |byte: &u8| matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':');
    before.is_some_and(|byte| !ends(byte)) && after.is_some_and(|byte| !ends(byte))
}

struct Scanner<'t> {
    text: &'t str,
    depth: u32,
}

impl<'t> Scanner<'t> {
    fn bytes(&self) -> &'t [u8] {
        self.text.as_bytes()
    }

    /// Behind the value that begins at `at`.
    fn value(&mut self, shape: ShapeId, at: usize) -> Option<usize> {
        match &shape.shape().kind {
            Kind::String(string) => self.string(string, at),
            Kind::Structure(structure) => self.nested(|scanner| scanner.structure(structure, at, &mut |_| {})),
            Kind::List { member, min, max } => self.nested(|scanner| scanner.list(*member, (*min, *max), at)),
            Kind::Map { key, value, min, max } => self.nested(|scanner| scanner.map(*key, *value, (*min, *max), at)),
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
        let end = if self.depth > MOST_DEPTH { None } else { read(self) };
        self.depth -= 1;
        end
    }

    fn structure(&mut self, structure: &'static Structure, at: usize, seen: &mut dyn FnMut(Span)) -> Option<usize> {
        if structure.flavour != Flavour::Plain || self.bytes().get(at) != Some(&b'{') {
            return None;
        }
        let mut present = [0_u64; MOST_MEMBERS / 64];
        let mut required = 0;
        let end = self.members(at, |scanner, name, at| {
            let (position, member) = structure.member(name)?;
            let word = present.get_mut(usize::from(position) / 64)?;
            let bit = 1 << (position % 64);
            if *word & bit != 0 {
                return None;
            }
            *word |= bit;
            required += u16::from(member.required);
            let end = scanner.value(member.shape, at)?;
            seen(Span { position, member, range: at..end });
            Some(end)
        })?;
        (required == structure.required).then_some(end)
    }

    /// Walks the members of the object at `at`, which has no blank between its tokens.
    fn members(
        &mut self,
        at: usize,
        mut member: impl FnMut(&mut Self, &'t str, usize) -> Option<usize>,
    ) -> Option<usize> {
        let bytes = self.bytes();
        let mut at = at + 1;
        if bytes.get(at) == Some(&b'}') {
            return Some(at + 1);
        }
        loop {
            let end = json::string(bytes, at)?;
            let name = self.text.get(at + 1..end - 1)?;
            if bytes.get(end) != Some(&b':') {
                return None;
            }
            at = member(self, name, end + 1)?;
            match bytes.get(at)? {
                b',' => at += 1,
                b'}' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    fn list(&mut self, member: ShapeId, (min, max): (u32, Option<u32>), at: usize) -> Option<usize> {
        if self.bytes().get(at) != Some(&b'[') {
            return None;
        }
        let mut count = 0;
        let mut at = at + 1;
        if self.bytes().get(at) == Some(&b']') {
            at += 1;
        } else {
            loop {
                count += 1;
                if max.is_some_and(|max| count > max) {
                    return None;
                }
                at = self.value(member, at)?;
                match self.bytes().get(at)? {
                    b',' => at += 1,
                    b']' => break at += 1,
                    _ => return None,
                }
            }
        }
        let end = at;
        (count >= min).then_some(end)
    }

    fn map(&mut self, key: ShapeId, value: ShapeId, (min, max): (u32, Option<u32>), at: usize) -> Option<usize> {
        let Kind::String(key) = &key.shape().kind else { return None };
        if self.bytes().get(at) != Some(&b'{') {
            return None;
        }
        let mut keys: Vec<&str> = Vec::new();
        let end = self.members(at, |scanner, name, at| {
            // Keys that are spelled alike are alike; those with escapes are read with care.
            let is_plain = keys.len() < MANY_KEYS && !name.bytes().any(|byte| byte == b'\\' || byte < b' ');
            if !is_plain || keys.contains(&name) || !string_fits(key, name) {
                return None;
            }
            keys.push(name);
            scanner.value(value, at)
        })?;
        let count = u32::try_from(keys.len()).ok()?;
        (count >= min && max.is_none_or(|max| count <= max)).then_some(end)
    }

    fn string(&mut self, shape: &StringShape, at: usize) -> Option<usize> {
        let (end, text) = self.text(at)?;
        string_fits(shape, &text).then_some(end)
    }

    /// The string that begins at `at`, and the position behind it.
    fn text(&self, at: usize) -> Option<(usize, Cow<'t, str>)> {
        let (end, is_plain) = json::plain_string(self.bytes(), at)?;
        let inner = self.text.get(at + 1..end - 1)?;
        if inner.len() >= LONG_STRING || has_control(inner) {
            return None;
        }
        Some((end, if is_plain { inner.into() } else { json::unescape(inner.as_bytes())? }))
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

    /// A number without exponent, of no more digits than a double tells apart.
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

/// Whether a text has a control character. Every byte is looked at, so that many are compared at once.
fn has_control(text: &str) -> bool {
    text.bytes().fold(u8::MAX, u8::min) < b' '
}

/// Whether a string breaks nothing of its shape.
fn string_fits(shape: &StringShape, text: &str) -> bool {
    // A string has at least a quarter and at most all of its bytes as characters.
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

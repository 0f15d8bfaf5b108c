//! Hand-written JSON in all permitted spellings and some invalid ones.

use serde_json::{Map, Value};

use super::bits::Random;
use super::requests::TEXTS;

/// Maximum nesting depth of replacement values.
const MAX_NESTING: usize = 3_000;
/// Lengths around the limits of strings: of single fields, of ASFF, and beyond.
const LENGTHS: [usize; 9] = [65, 129, 257, 513, 1_025, 2_049, 32_767, 32_768, 250_000];
/// Replacements for values, valid or not.
const UNUSUAL_TEXTS: [&str; 24] = [
    "null",
    "true",
    "\"\"",
    "\" \"",
    "{}",
    "[]",
    "[null]",
    "0",
    "-0",
    "-1",
    "101",
    "1.5",
    "1e2",
    "1e999",
    "-1E+999",
    "01",
    "+1",
    ".5",
    "1.",
    "9223372036854775808",
    "99999999999999999999999999999999999999999999999999",
    "NaN",
    "tru",
    "'a'",
];
/// Replacements inside strings, valid or not.
const IN_STRINGS: [&[u8]; 14] = [
    br"\u0041",
    br"\u00e9",
    br"\ud83d\ude00",
    br"\ud83d",
    br"\ude00\ud83d",
    br"\u0000",
    br"\u12",
    br"\uzzzz",
    br"\x41",
    br"\/\b\f\n\r\t",
    b"\n",
    b"\0",
    b"\xff\xfe",
    b"\xed\xa0\x80",
];

/// The whitespace between tokens.
#[derive(Clone, Copy)]
enum Space {
    None,
    One,
    Lines,
    Any,
}

/// A JSON writer with a random style.
pub(super) struct Writer<'r> {
    random: &'r mut Random,
    text: Vec<u8>,
    space: Space,
    /// One in this many characters is escaped unnecessarily; 0 for none.
    escapes: usize,
    /// One in this many values is invalid; 0 for none.
    faults: usize,
}

/// Writes a value. Usually the text is equivalent to the value; otherwise some of its values, or the text itself, are
/// invalid.
pub(super) fn write(random: &mut Random, value: &Value) -> Vec<u8> {
    let space = [Space::None, Space::None, Space::One, Space::Lines, Space::Any][random.below(5)];
    let escapes = [0, 0, 1, 3, 40][random.below(5)];
    let faults = [0, 0, 0, 200, 60, 15][random.below(6)];
    let mut writer = Writer { random, text: Vec::new(), space, escapes, faults };
    writer.value(value, 0);
    let mut text = writer.text;
    if random.one_in(20) {
        super::mutate(random, &mut text);
    }
    text
}

impl Writer<'_> {
    fn is_at_fault(&mut self) -> bool {
        self.faults > 0 && self.random.one_in(self.faults)
    }

    fn space(&mut self, depth: usize) {
        match self.space {
            Space::None => {}
            Space::One => self.text.push(b' '),
            Space::Lines => {
                self.text.push(b'\n');
                self.text.extend(std::iter::repeat_n(b' ', depth * 2));
            }
            Space::Any => {
                for _ in 0..self.random.below(3) {
                    self.text.push(b" \t\r\n"[self.random.below(4)]);
                }
            }
        }
    }

    fn value(&mut self, value: &Value, depth: usize) {
        if depth > 0 && self.is_at_fault() {
            return self.other();
        }
        match value {
            Value::Object(members) => self.object(members, depth),
            Value::Array(items) => self.array(items, depth),
            Value::String(text) => self.string(text),
            other => self.text.extend_from_slice(other.to_string().as_bytes()),
        }
    }

    fn object(&mut self, members: &Map<String, Value>, depth: usize) {
        self.text.push(b'{');
        let mut is_first = true;
        for (name, value) in members {
            // Omitted, or repeated.
            let times = if self.is_at_fault() { 2 * self.random.below(2) } else { 1 };
            for _ in 0..times {
                self.member(name, value, depth + 1, &mut is_first);
            }
            if self.is_at_fault() {
                self.member("Unknown", value, depth + 1, &mut is_first);
            }
        }
        self.space(depth);
        self.text.push(b'}');
    }

    fn member(&mut self, name: &str, value: &Value, depth: usize, is_first: &mut bool) {
        if !std::mem::take(is_first) {
            self.text.push(b',');
        }
        self.space(depth);
        self.string(name);
        if matches!(self.space, Space::Any) {
            self.space(depth);
        }
        self.text.push(b':');
        if !matches!(self.space, Space::Lines) {
            self.space(depth);
        }
        self.value(value, depth);
    }

    fn array(&mut self, items: &[Value], depth: usize) {
        self.text.push(b'[');
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                self.text.push(b',');
            }
            self.space(depth + 1);
            self.value(item, depth + 1);
        }
        self.space(depth);
        self.text.push(b']');
    }

    fn string(&mut self, text: &str) {
        self.text.push(b'"');
        for character in text.chars() {
            let needs = matches!(character, '"' | '\\' | '\0'..='\u{1f}');
            if needs || self.escapes > 0 && self.random.one_in(self.escapes) {
                self.escape(character);
            } else {
                self.text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        if self.is_at_fault() {
            self.text.extend_from_slice(self.random.pick(&IN_STRINGS));
        }
        self.text.push(b'"');
    }

    /// Escapes by code point, using a surrogate pair if necessary.
    fn escape(&mut self, character: char) {
        for unit in character.encode_utf16(&mut [0; 2]) {
            let escape = if self.random.one_in(2) { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") };
            self.text.extend_from_slice(escape.as_bytes());
        }
    }

    /// Writes a different value from the one that belongs here.
    fn other(&mut self) {
        match self.random.below(8) {
            0 => {
                let character = self.random.pick(&["a", "é", "\u{1F600}", " "]);
                // The longest ones are rare because they are slow.
                let most = if self.random.one_in(10) { LENGTHS.len() } else { LENGTHS.len() - 3 };
                let length = LENGTHS[self.random.below(most)] - self.random.below(2);
                self.string(&character.repeat(length));
            }
            1 => {
                let deepest = if self.random.one_in(10) { MAX_NESTING } else { 200 };
                let depth = self.random.below(deepest);
                let (open, close) = [("[", "]"), ("{\"a\":", "}")][self.random.below(2)];
                let closed = if self.random.one_in(8) { 0 } else { depth };
                let text = format!("{}0{}", open.repeat(depth), close.repeat(closed));
                self.text.extend_from_slice(text.as_bytes());
            }
            2 => self.text.extend_from_slice(self.random.pick(&TEXTS).as_bytes()),
            _ => self.text.extend_from_slice(self.random.pick(&UNUSUAL_TEXTS).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn without_faults_a_text_is_equivalent_to_its_value() {
        let value = json!({ "a": ["é\u{1F600}\"\\\u{0}", 1, -2.5, null, true], "b": { "c": {}, "d": [] } });
        let random = &mut Random::new(3);
        for space in [Space::None, Space::One, Space::Lines, Space::Any] {
            for escapes in [0, 1, 3] {
                let mut writer = Writer { random, text: Vec::new(), space, escapes, faults: 0 };
                writer.value(&value, 0);
                assert_eq!(serde_json::from_slice::<Value>(&writer.text).unwrap(), value);
            }
        }
    }
}

//! Reading of JSON text without building a tree.
//!
//! The text is a document that was valid JSON when it was stored. In invalid text nothing is found, and nothing panics.
//! Each function takes the whole text and a position, and returns the position after what it has read.

pub mod text;

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// The position of the next byte that is not whitespace.
pub fn blanks(json: &[u8], mut at: usize) -> usize {
    while json.get(at).is_some_and(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
    }
    at
}

/// The position after the string whose opening quote is at `at`.
pub fn string(json: &[u8], at: usize) -> Option<usize> {
    Some(plain_string(json, at)?.0)
}

/// The position after the string whose opening quote is at `at`, and whether it contains no escapes.
pub fn plain_string(json: &[u8], at: usize) -> Option<(usize, bool)> {
    if json.get(at) != Some(&b'"') {
        return None;
    }
    let mut at = at + 1;
    let mut is_plain = true;
    loop {
        at = quote_or_escape(json, at)?;
        if json.get(at) == Some(&b'"') {
            return Some((at + 1, is_plain));
        }
        is_plain = false;
        at += 2;
    }
}

/// The position of the next quote or backslash. Most strings are short, so eight bytes are examined at a time.
fn quote_or_escape(json: &[u8], start: usize) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let mut at = start;
    while let Some(chunk) = json.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        let found = zeros(word ^ (ONES * 0x22)) | zeros(word ^ (ONES * 0x5c));
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
        if at - start >= 32 {
            break;
        }
    }
    Some(at + memchr2(b'"', b'\\', json.get(at..)?)?)
}

/// The position after the value that begins at `at`.
pub fn value(json: &[u8], at: usize) -> Option<usize> {
    match json.get(at)? {
        b'"' => string(json, at),
        b'{' | b'[' => container(json, at),
        _ => Some(scalar(json, at)),
    }
}

fn container(json: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        match json.get(at)? {
            b'"' => {
                at = string(json, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// The position after a number, a boolean or null.
fn scalar(json: &[u8], mut at: usize) -> usize {
    let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
    while json.get(at).is_some_and(|byte| !ends(byte)) {
        at += 1;
    }
    at
}

/// Visits the members of the object at `at`: `member` receives the name as spelled, without quotes, and the position of
/// the value, and returns the position after the value.
pub fn members<'j>(
    json: &'j [u8],
    at: usize,
    mut member: impl FnMut(&'j [u8], usize) -> Option<usize>,
) -> Option<usize> {
    let mut at = blanks(json, at + 1);
    if json.get(at) == Some(&b'}') {
        return Some(at + 1);
    }
    loop {
        let end = string(json, at)?;
        let name = json.get(at + 1..end - 1)?;
        let colon = blanks(json, end);
        if json.get(colon) != Some(&b':') {
            return None;
        }
        at = blanks(json, member(name, blanks(json, colon + 1))?);
        match json.get(at)? {
            b',' => at = blanks(json, at + 1),
            b'}' => return Some(at + 1),
            _ => return None,
        }
    }
}

/// Visits the elements of the array at `at`: `element` receives the position of each and returns the position after it.
pub fn elements(json: &[u8], at: usize, mut element: impl FnMut(usize) -> Option<usize>) -> Option<usize> {
    let mut at = blanks(json, at + 1);
    if json.get(at) == Some(&b']') {
        return Some(at + 1);
    }
    loop {
        at = blanks(json, element(at)?);
        match json.get(at)? {
            b',' => at = blanks(json, at + 1),
            b']' => return Some(at + 1),
            _ => return None,
        }
    }
}

/// The value of a string, given the text between its quotes.
pub fn unescape(inner: &[u8]) -> Option<Cow<'_, str>> {
    if memchr(b'\\', inner).is_none() {
        return std::str::from_utf8(inner).ok().map(Cow::Borrowed);
    }
    let mut spelled = Vec::with_capacity(inner.len() + 2);
    spelled.push(b'"');
    spelled.extend_from_slice(inner);
    spelled.push(b'"');
    serde_json::from_slice(&spelled).ok().map(Cow::Owned)
}

/// Returns whether `found` returns true for any string value at any depth of the value at `at`. Names of members are
/// ignored (FLT-38).
pub fn any_string(json: &[u8], at: usize, found: &mut dyn FnMut(&str) -> bool) -> bool {
    let mut at = at;
    let mut depth = 0_usize;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => {
                let Some(end) = string(json, at) else { return false };
                let is_name = json.get(blanks(json, end)) == Some(&b':');
                if !is_name {
                    let text = json.get(at + 1..end - 1).and_then(unescape);
                    if text.is_some_and(|text| found(&text)) {
                        return true;
                    }
                }
                at = end;
            }
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            _ => at += 1,
        }
        if depth == 0 {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_value_is_found() {
        let end = |text: &str| value(text.as_bytes(), 0);
        assert_eq!(end(r#""a\"b",1"#), Some(6));
        assert_eq!(end(r#""a\\",1"#), Some(5));
        assert_eq!(end(r#"{"a":["}",{}]}x"#), Some(14));
        assert_eq!(end("-1.5e3}"), Some(6));
        assert_eq!(end("true"), Some(4));
        assert_eq!(end(r#"{"a":[1"#), None);
        assert_eq!(end(r#""abc"#), None);
        assert_eq!(end(""), None);
    }

    #[test]
    fn members_and_elements_are_visited_in_order_with_any_whitespace() {
        let text = br#"{ "a" : 1 , "b\u0041" : [ 1 , "x" ] }"#;
        let mut seen = Vec::new();
        let end = members(text, 0, |name, at| {
            let end = value(text, at)?;
            seen.push((String::from_utf8_lossy(name).into_owned(), text[at..end].to_vec()));
            Some(end)
        });
        assert_eq!(end, Some(text.len()));
        assert_eq!(seen, [("a".into(), b"1".to_vec()), ("b\\u0041".into(), br#"[ 1 , "x" ]"#.to_vec())]);
        let mut starts = Vec::new();
        elements(b"[ 1 ,2,[3] ]", 0, |at| {
            starts.push(at);
            value(b"[ 1 ,2,[3] ]", at)
        });
        assert_eq!(starts, [2, 5, 7]);
        assert_eq!(members(b"{\"a\" 1}", 0, |_, at| Some(at)), None);
    }

    #[test]
    fn strings_are_unescaped() {
        assert_eq!(unescape(b"plain").as_deref(), Some("plain"));
        assert_eq!(unescape(br"a\u0042\n").as_deref(), Some("aB\n"));
        assert_eq!(unescape(b"\xff"), None);
        assert_eq!(unescape(br"\ud800"), None);
    }

    /// Rules: FLT-38.
    #[test]
    fn strings_are_found_at_any_depth_except_names() {
        let mut seen = Vec::new();
        let text = r#"{"a":"1","b":{"c":["2",{"d":"3"}]},"e":4} "5""#;
        any_string(text.as_bytes(), 0, &mut |text| {
            seen.push(text.to_owned());
            false
        });
        assert_eq!(seen, ["1", "2", "3"]);
    }
}

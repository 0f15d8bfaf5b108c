//! Reads and writes JSON as text, without building a tree: members of objects, elements of arrays, and strings.
//!
//! Values that are found are slices of the text. Like the functions of [`json`](super), these find nothing in invalid
//! text.

use std::borrow::Cow;

use memchr::memchr;
use serde_json::Value;

/// Writes a string as JSON, with quotes and escapes.
pub fn quoted(text: &str) -> String {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        return Value::from(text).to_string();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    quoted.push_str(text);
    quoted.push('"');
    quoted
}

/// The text of a JSON string; `None` for any other value.
pub fn string(value: &str) -> Option<Cow<'_, str>> {
    super::unescape(value.strip_prefix('"')?.strip_suffix('"')?.as_bytes())
}

/// JSON without the escapes that it does not need: `\/`, and those of letters. Borrowed if there are none.
pub fn respelled(json: &str) -> Cow<'_, str> {
    let Some(first) = needless_escape(json, 0) else { return json.into() };
    let mut respelled = String::with_capacity(json.len());
    let (mut copied, mut next) = (0, Some(first));
    while let Some(at) = next {
        respelled.push_str(json.get(copied..at).unwrap_or_default());
        let end = end_of_escape(json, at);
        let escape = json.get(at..end).unwrap_or_default();
        match super::unescape(escape.as_bytes()).as_deref() {
            Some(text) => {
                let quoted = quoted(text);
                respelled.push_str(quoted.get(1..quoted.len() - 1).unwrap_or_default());
            }
            None => respelled.push_str(escape),
        }
        (copied, next) = (end, needless_escape(json, end));
    }
    respelled.push_str(json.get(copied..).unwrap_or_default());
    respelled.into()
}

/// The position of the next escape that is not a backslash with one other letter, or that is `\/`.
fn needless_escape(json: &str, start: usize) -> Option<usize> {
    let bytes = json.as_bytes();
    let mut at = start;
    loop {
        at += memchr(b'\\', bytes.get(at..)?)?;
        if matches!(bytes.get(at + 1), Some(b'/' | b'u')) {
            return Some(at);
        }
        at += 2;
    }
}

/// The position after the escape at `at`. The two halves of a letter outside of the basic plane are one escape.
fn end_of_escape(json: &str, at: usize) -> usize {
    let unit = |at: usize| {
        json.get(at..at + 6)
            .filter(|escape| escape.starts_with("\\u"))
            .and_then(|escape| u16::from_str_radix(escape.get(2..)?, 16).ok())
    };
    match (unit(at), unit(at + 6)) {
        (None, _) => at + 2,
        (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => at + 12,
        (Some(_), _) => at + 6,
    }
}

/// Visits the members of a JSON object: names as spelled, without quotes, and values as JSON. Visits nothing if the value
/// is not an object.
pub fn each_member<'t>(object: &'t str, mut member: impl FnMut(&'t str, &'t str)) {
    if object.starts_with('{') {
        super::members(object.as_bytes(), 0, |name, at| {
            let end = super::value(object.as_bytes(), at)?;
            member(std::str::from_utf8(name).ok()?, object.get(at..end)?);
            Some(end)
        });
    }
}

/// Visits the elements of a JSON array, as JSON. Visits nothing if the value is not an array.
pub fn each_element<'t>(array: &'t str, mut element: impl FnMut(&'t str)) {
    if array.starts_with('[') {
        super::elements(array.as_bytes(), 0, |at| {
            let end = super::value(array.as_bytes(), at)?;
            element(array.get(at..end)?);
            Some(end)
        });
    }
}

/// Finds the values of several members of a JSON object in one pass. If the text is not an object, all are `None`.
pub fn values_of<'t, const N: usize>(object: Option<&'t str>, names: [&str; N]) -> [Option<&'t str>; N] {
    let mut values = [None; N];
    if let Some(object) = object.filter(|object| object.starts_with('{')) {
        values_at(object, 0, names, &mut values);
    }
    values
}

/// Visits the objects in a JSON array, and passes the values of several of their members. It reads each object once;
/// [`each_element`] and [`values_of`] together would read it twice.
pub fn each_object<'t, const N: usize>(
    array: Option<&'t str>,
    names: [&str; N],
    mut element: impl FnMut([Option<&'t str>; N]),
) {
    let Some(array) = array.filter(|array| array.starts_with('[')) else { return };
    super::elements(array.as_bytes(), 0, |at| {
        if array.as_bytes().get(at) != Some(&b'{') {
            return super::value(array.as_bytes(), at);
        }
        let mut values = [None; N];
        let end = values_at(array, at, names, &mut values)?;
        element(values);
        Some(end)
    });
}

/// Finds the values of members of the object at `at` and returns the position after it.
fn values_at<'t, const N: usize>(
    text: &'t str,
    at: usize,
    names: [&str; N],
    values: &mut [Option<&'t str>; N],
) -> Option<usize> {
    super::members(text.as_bytes(), at, |name, at| {
        let end = super::value(text.as_bytes(), at)?;
        if let Some((_, slot)) = names.iter().zip(values.iter_mut()).find(|(wanted, _)| wanted.as_bytes() == name) {
            *slot = text.get(at..end);
        }
        Some(end)
    })
}

/// The value of a member of a JSON object, as JSON.
pub fn member_of<'t>(object: &'t str, name: &str) -> Option<&'t str> {
    let mut found = None;
    if object.starts_with('{') {
        super::members(object.as_bytes(), 0, |other, at| {
            let end = super::value(object.as_bytes(), at)?;
            if other == name.as_bytes() {
                found = object.get(at..end);
                return None;
            }
            Some(end)
        });
    }
    found
}

/// The members of a JSON object: names as spelled, without quotes, and values as JSON. Empty if the value is not an
/// object.
pub fn members_of(object: &str) -> Vec<(&str, &str)> {
    let mut members = Vec::new();
    each_member(object, |name, value| members.push((name, value)));
    members
}

/// The elements of a JSON array, as JSON. Empty if the value is not an array.
pub fn elements_of(array: &str) -> Vec<&str> {
    let mut elements = Vec::new();
    each_element(array, |element| elements.push(element));
    elements
}

/// A JSON object with these members.
pub fn object<'t>(members: impl IntoIterator<Item = (&'t str, &'t str)>) -> String {
    let mut object = String::with_capacity(256);
    object.push('{');
    for (name, value) in members {
        if object.len() > 1 {
            object.push(',');
        }
        object.push('"');
        object.push_str(name);
        object.push_str("\":");
        object.push_str(value);
    }
    object.push('}');
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_taken_apart_and_put_together() {
        let text = r#"{"a":1,"b":{"c":"d"}}"#;
        assert_eq!(member_of(text, "b"), Some(r#"{"c":"d"}"#));
        assert_eq!(member_of(text, "c"), None);
        assert_eq!(object(members_of(text)), text);
        assert_eq!(elements_of(r#"[1,"]",[2]]"#), ["1", "\"]\"", "[2]"]);
        assert_eq!((members_of("[1]"), elements_of("{}")), (vec![], vec![]));
        assert_eq!(values_of(Some(text), ["b", "x", "a"]), [Some(r#"{"c":"d"}"#), None, Some("1")]);
        assert_eq!((values_of(None, ["a"]), values_of(Some("1"), ["a"])), ([None], [None]));
        let mut found = Vec::new();
        each_object(Some(r#"[{"a":{"b":[]},"b":2},1,{"b":"}"}]"#), ["b"], |[value]| found.extend(value));
        assert_eq!(found, ["2", r#""}""#]);
    }

    #[test]
    fn needless_escapes_are_removed() {
        for (json, expected) in [
            (r#"{"a\/b":"\u00e9 \ud83d\ude00 \\/"}"#, r#"{"a/b":"é 😀 \\/"}"#),
            (r#"["\u0022\u005c\u000a\u0001\u002F"]"#, r#"["\"\\\n\u0001/"]"#),
            (r#""\\u0041""#, r#""\\u0041""#),
            (r#""\ud83d""#, r#""\ud83d""#),
            (r#""\u00"#, r#""\u00"#),
        ] {
            assert_eq!(respelled(json), expected, "{json}");
        }
        assert!(matches!(respelled(r#""a\"\\\n""#), Cow::Borrowed(_)));
    }

    #[test]
    fn strings_are_quoted_and_read() {
        assert_eq!((quoted("é"), quoted("a\"\n")), ("\"é\"".to_owned(), r#""a\"\n""#.to_owned()));
        assert_eq!((string(r#""a\"""#).as_deref(), string("1")), (Some("a\""), None));
    }
}

//! Reads and writes JSON as text, without building a tree: members of objects, elements of arrays, and strings.
//!
//! Values that are found are slices of the text. Like the functions of [`json`](super), these find nothing in invalid
//! text.

use std::borrow::Cow;

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
    fn strings_are_quoted_and_read() {
        assert_eq!((quoted("é"), quoted("a\"\n")), ("\"é\"".to_owned(), r#""a\"\n""#.to_owned()));
        assert_eq!((string(r#""a\"""#).as_deref(), string("1")), (Some("a\""), None));
    }
}

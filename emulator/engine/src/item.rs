//! The values of a field by kind, as compared by tests and stored in columns.

use std::net::IpAddr;

use crate::schema::FieldKind;
use crate::{date, json};

/// One value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Item<'d> {
    Text(&'d str),
    Number(f64),
    Instant {
        text: &'d str,
        instant: date::Instant,
    },
    Address {
        text: &'d str,
        address: IpAddr,
    },
    Entry {
        key: &'d str,
        value: &'d str,
    },
    Boolean(bool),
    /// A string anywhere in the document, for keyword search only.
    Anywhere(&'d str),
}

/// Returns whether `found` returns true for any value in the leaf of a path, given as JSON text. With `pairs`, entries
/// are objects with `name` and `value`, or `Key` and `Value`.
pub(crate) fn any(kind: FieldKind, pairs: bool, leaf: &[u8], found: &mut dyn FnMut(Item<'_>) -> bool) -> bool {
    match kind {
        FieldKind::String => text(leaf, |text| found(Item::Text(text))),
        FieldKind::Date => {
            text(leaf, |text| date::strict(text).is_some_and(|instant| found(Item::Instant { text, instant })))
        }
        FieldKind::Ip => text(leaf, |text| text.parse().is_ok_and(|address| found(Item::Address { text, address }))),
        FieldKind::Number => number(leaf).is_some_and(|number| found(Item::Number(number))),
        FieldKind::Boolean => match leaf {
            b"true" => found(Item::Boolean(true)),
            b"false" => found(Item::Boolean(false)),
            _ => false,
        },
        FieldKind::Map if pairs => any_pair(leaf, found),
        FieldKind::Map => any_entry(leaf, found),
        FieldKind::Keyword => json::any_string(leaf, 0, &mut |text| found(Item::Anywhere(text))),
    }
}

/// Returns whether `found` returns true for the leaf, if it is a string.
fn text(leaf: &[u8], found: impl FnOnce(&str) -> bool) -> bool {
    let inner = leaf.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    inner.and_then(json::unescape).is_some_and(|text| found(&text))
}

/// The leaf, if it is a number. Adding zero turns -0.0 into 0.0.
fn number(leaf: &[u8]) -> Option<f64> {
    if !leaf.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-') {
        return None;
    }
    let number: f64 = std::str::from_utf8(leaf).ok()?.parse().ok()?;
    Some(number + 0.0)
}

fn any_entry(leaf: &[u8], found: &mut dyn FnMut(Item<'_>) -> bool) -> bool {
    let mut is_found = false;
    if leaf.first() == Some(&b'{') {
        json::members(leaf, 0, |key, at| {
            let end = json::value(leaf, at)?;
            let key = json::unescape(key)?;
            is_found = is_found || text(leaf.get(at..end)?, |value| found(Item::Entry { key: &key, value }));
            Some(end)
        });
    }
    is_found
}

fn any_pair(leaf: &[u8], found: &mut dyn FnMut(Item<'_>) -> bool) -> bool {
    let (mut key, mut value) = (None, None);
    if leaf.first() == Some(&b'{') {
        json::members(leaf, 0, |name, at| {
            let end = json::value(leaf, at)?;
            let text = leaf.get(at..end)?.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
            match name {
                b"name" | b"Key" => key = text.and_then(json::unescape),
                b"value" | b"Value" => value = text.and_then(json::unescape),
                _ => {}
            }
            Some(end)
        });
    }
    key.zip(value).is_some_and(|(key, value)| found(Item::Entry { key: &key, value: &value }))
}

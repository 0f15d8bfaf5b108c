//! The values of a field as its kind reads them: what tests compare and columns hold.

use std::net::IpAddr;

use serde_json::{Map, Value};

use crate::date;
use crate::schema::FieldKind;

/// One value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Item<'d> {
    Text(&'d str),
    Number(f64),
    Instant(date::Instant),
    Address {
        text: &'d str,
        address: IpAddr,
    },
    Entry {
        key: &'d str,
        value: &'d str,
    },
    Boolean(bool),
    /// A string from anywhere in the document; what keywords, and nothing else, are looked for in.
    Anywhere(&'d str),
}

/// Whether `found` holds for any value in the leaf of a path. `pairs`: entries are objects of `name` and `value`.
pub(crate) fn any<'d>(kind: FieldKind, pairs: bool, leaf: &'d Value, found: &mut dyn FnMut(Item<'d>) -> bool) -> bool {
    let item = match kind {
        FieldKind::String => leaf.as_str().map(Item::Text),
        // Adding zero makes -0.0 the same number as 0.0.
        FieldKind::Number => leaf.as_f64().map(|number| Item::Number(number + 0.0)),
        FieldKind::Date => leaf.as_str().and_then(date::strict).map(Item::Instant),
        FieldKind::Ip => leaf.as_str().and_then(address),
        FieldKind::Boolean => leaf.as_bool().map(Item::Boolean),
        FieldKind::Map if pairs => leaf.as_object().and_then(pair),
        FieldKind::Map => return leaf.as_object().is_some_and(|map| any_entry(map, found)),
        FieldKind::Keyword => return any_string(leaf, found),
    };
    item.is_some_and(found)
}

fn address(text: &str) -> Option<Item<'_>> {
    Some(Item::Address { text, address: text.parse().ok()? })
}

fn pair(object: &Map<String, Value>) -> Option<Item<'_>> {
    Some(Item::Entry { key: object.get("name")?.as_str()?, value: object.get("value")?.as_str()? })
}

fn any_entry<'d>(map: &'d Map<String, Value>, found: &mut dyn FnMut(Item<'d>) -> bool) -> bool {
    map.iter().any(|(key, value)| value.as_str().is_some_and(|value| found(Item::Entry { key, value })))
}

/// Whether `found` holds for any string below `node`; keys are not looked at (FLT-38).
fn any_string<'d>(node: &'d Value, found: &mut dyn FnMut(Item<'d>) -> bool) -> bool {
    match node {
        Value::String(text) => found(Item::Anywhere(text)),
        Value::Array(elements) => elements.iter().any(|element| any_string(element, found)),
        Value::Object(members) => members.values().any(|member| any_string(member, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

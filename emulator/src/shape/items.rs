//! Items of a list that an operation validates one by one; each is read separately.

use std::borrow::Cow;
use std::collections::BTreeMap;

use securityhub_engine::json;
use securityhub_fixtures::model::{Kind, ShapeId};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::read::{self, Document};
use super::scan::{Scanned, Scanner, Span};

/// The list of a body whose items are validated one by one.
#[derive(Debug)]
pub struct Items<'t> {
    /// The name of the list in the input.
    pub list: &'static str,
    /// The items.
    pub items: Vec<Item<'t>>,
}

/// One item.
#[derive(Debug)]
pub enum Item<'t> {
    /// An item that satisfies its shape.
    Faultless {
        /// Its text without whitespace between tokens.
        text: Cow<'t, str>,
        /// Its members, with the ranges of their values in the text.
        members: Vec<Span>,
    },
    /// An item that was read with its violations; their paths are relative to the item.
    Read(Document<'static>),
}

/// A string member of an item. It walks the text, so it is meant for few members of few items.
pub fn string<'i>(item: &'i Item<'_>, name: &str) -> Option<Cow<'i, str>> {
    let text = match item {
        Item::Read(document) => return document.members.get(name)?.as_str().map(Cow::Borrowed),
        Item::Faultless { text, .. } => text.as_bytes(),
    };
    let mut found = None;
    json::members(text, 0, |other, at| {
        let end = json::value(text, at)?;
        if other == name.as_bytes() {
            found = text.get(at..end);
            return None;
        }
        Some(end)
    });
    json::unescape(found?.strip_prefix(b"\"")?.strip_suffix(b"\"")?)
}

/// An item read by its shape, with its violations. An item that the fast path found faultless is read again, since the
/// fast path does not see unknown members inside filters. `None` only if the item is not one of `list` of `input`.
pub fn document(input: ShapeId, list: &str, item: Item<'_>) -> Option<Document<'static>> {
    match item {
        Item::Read(document) => Some(document),
        Item::Faultless { text, .. } => read::document(list_shape(input, list)?.0, &text).ok(),
    }
}

/// Reads the items of `list` in the body of `input`. `None` if the body is not JSON, has no such list, has more or fewer
/// items than the list may have, or spells the list's name with escapes.
pub(super) fn items<'t>(input: ShapeId, list: &'static str, text: &'t str) -> Option<Items<'t>> {
    let (shape, min, max) = list_shape(input, list)?;
    let bytes = text.as_bytes();
    let start = json::blanks(bytes, 0);
    if bytes.get(start) != Some(&b'{') {
        return None;
    }
    let mut scanner = Scanner::default();
    let mut found: Option<Vec<Item<'t>>> = None;
    let end = json::members(bytes, start, |name, at| {
        if name != list.as_bytes() {
            serde_json::from_str::<IgnoredAny>(&format!("\"{}\"", std::str::from_utf8(name).ok()?)).ok()?;
            return ignored(text, at);
        }
        if bytes.get(at) != Some(&b'[') {
            return None;
        }
        let mut items = Vec::new();
        let end = json::elements(bytes, at, |at| {
            if items.len() == max {
                return None;
            }
            let (item, end) = item(&mut scanner, shape, text, at)?;
            items.push(item);
            Some(end)
        });
        // If a member is repeated, the last one wins.
        found = Some(items);
        end
    })?;
    let items = found.filter(|items| items.len() >= min && items.len() <= max)?;
    (json::blanks(bytes, end) == text.len()).then_some(Items { list, items })
}

/// Slow path: reads the items of JSON text in any spelling. `None` if there is no such list or if it has too few or too
/// many items; the call is then refused.
pub(super) fn spelled_otherwise(input: ShapeId, list: &'static str, text: &str) -> Option<Items<'static>> {
    let (shape, min, max) = list_shape(input, list)?;
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    let items: Vec<&RawValue> = serde_json::from_str(members.get(list)?.get()).ok()?;
    if items.len() < min || items.len() > max {
        return None;
    }
    let read = |item: &RawValue| read::document(shape, item.get()).ok().map(Item::Read);
    Some(Items { list, items: items.into_iter().map(read).collect::<Option<_>>()? })
}

/// Reads the item at `at` and returns it with the position after it.
fn item<'t>(scanner: &mut Scanner, shape: ShapeId, text: &'t str, at: usize) -> Option<(Item<'t>, usize)> {
    if let Some((Scanned { text, members }, end)) = scanner.structure(shape, text, at) {
        return Some((Item::Faultless { text, members }, end));
    }
    let end = json::value(text.as_bytes(), at)?;
    let read = read::document(shape, text.get(at..end)?).ok()?;
    Some((Item::Read(read), end))
}

/// Skips a value that only has to be valid JSON.
fn ignored(text: &str, at: usize) -> Option<usize> {
    let end = json::value(text.as_bytes(), at)?;
    serde_json::from_str::<IgnoredAny>(text.get(at..end)?).ok()?;
    Some(end)
}

/// The shape of the list's items and their minimum and maximum number.
fn list_shape(input: ShapeId, list: &str) -> Option<(ShapeId, usize, usize)> {
    let Kind::Structure(structure) = &input.shape().kind else { return None };
    match &structure.member(list)?.1.shape.shape().kind {
        Kind::List { member, min, max } => Some((*member, *min as usize, max.map_or(usize::MAX, |max| max as usize))),
        _ => None,
    }
}

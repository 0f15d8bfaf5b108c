//! The fields that can be filtered and sorted by.

use std::collections::HashMap;

use crate::item::{self, Item};
use crate::path::{Path, Paths};

/// A filterable field, as a row of the caller's field table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name clients use, such as `ResourceType`.
    pub name: &'static str,
    /// The kind of its values.
    pub kind: FieldKind,
    /// The path of its values: members joined by dots, with `[]` for any element
    /// (`Resources[].Details.AwsEc2Instance.IpV4Addresses[]`). Ignored for [`FieldKind::Keyword`].
    pub path: &'static str,
}

/// The kind of a field's values. Values of another type count as missing (inferred).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// JSON strings.
    String,
    /// JSON numbers, compared as doubles.
    Number,
    /// Strings in a format of [`crate::date::strict`], compared as instants.
    Date,
    /// Strings that contain an IPv4 or IPv6 address. The dialect determines the address family of a filter.
    Ip,
    /// Entries with key and value: an object of strings or, if the path ends in `[]`, objects with `name` and `value`.
    Map,
    /// Every string of the document.
    Keyword,
    /// JSON booleans.
    Boolean,
}

impl FieldKind {
    /// The kind with this name in field tables (`String`, `Number`, …).
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "String" => Self::String,
            "Number" => Self::Number,
            "Date" => Self::Date,
            "Ip" => Self::Ip,
            "Map" => Self::Map,
            "Keyword" => Self::Keyword,
            "Boolean" => Self::Boolean,
            _ => return None,
        })
    }
}

/// The index of a field in one [`Schema`]. In another schema, it selects another field or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId(pub u16);

impl FieldId {
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A field table with parsed paths.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    entries: Vec<Entry>,
    by_name: HashMap<&'static str, FieldId>,
}

#[derive(Clone, Debug)]
struct Entry {
    name: &'static str,
    kind: FieldKind,
    path: Path,
}

impl Schema {
    /// Parses a field table; indexes follow its order. If two rows have the same name, the later one is found by name.
    pub fn new(fields: &[Field]) -> Self {
        let mut schema = Self::default();
        for (number, field) in (0..=u16::MAX).zip(fields) {
            let path = if field.kind == FieldKind::Keyword { Path::default() } else { Path::parse(field.path) };
            schema.entries.push(Entry { name: field.name, kind: field.kind, path });
            schema.by_name.insert(field.name, FieldId(number));
        }
        schema
    }

    /// The field with this name.
    pub fn field(&self, name: &str) -> Option<FieldId> {
        self.by_name.get(name).copied()
    }

    /// The name of a field.
    pub fn name(&self, field: FieldId) -> Option<&'static str> {
        Some(self.entries.get(field.index())?.name)
    }

    /// The kind of a field.
    pub fn kind(&self, field: FieldId) -> Option<FieldKind> {
        Some(self.entries.get(field.index())?.kind)
    }

    /// All fields, in the order of the table.
    pub fn fields(&self) -> impl Iterator<Item = FieldId> + use<> {
        (0..=u16::MAX).take(self.entries.len()).map(FieldId)
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds the path of a field to paths that are followed together.
    pub(crate) fn add_path(&self, field: FieldId, paths: &mut Paths) {
        if let Some(entry) = self.entries.get(field.index()) {
            paths.add(field, entry.kind, &entry.path);
        }
    }

    /// Whether `found` returns true for any value that `document` has at `field`.
    pub(crate) fn any(&self, field: FieldId, document: &[u8], found: &mut dyn FnMut(Item<'_>) -> bool) -> bool {
        if self.kind(field) == Some(FieldKind::Keyword) {
            return item::any(FieldKind::Keyword, false, document, found);
        }
        let mut paths = Paths::default();
        self.add_path(field, &mut paths);
        paths.any(document, &mut |_, item| found(item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_table_order_and_are_found_by_name() {
        let field = |name, kind| Field { name, kind, path: name };
        let schema = Schema::new(&[field("Title", FieldKind::String), field("Confidence", FieldKind::Number)]);
        assert_eq!(schema.field("Confidence"), Some(FieldId(1)));
        assert_eq!(schema.field("title"), None);
        assert_eq!(schema.name(FieldId(0)), Some("Title"));
        assert_eq!(schema.kind(FieldId(1)), Some(FieldKind::Number));
        assert_eq!(schema.kind(FieldId(2)), None);
        assert_eq!(schema.fields().collect::<Vec<_>>(), [FieldId(0), FieldId(1)]);
    }
}

//! The fields that can be filtered and sorted by.

use std::collections::HashMap;
use std::sync::Arc;

use crate::derive::{Derive, Parts, Stored};
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
    derived_by_name: HashMap<&'static str, FieldId>,
    /// The number of fields of stored documents. The fields of the derived form follow.
    stored: usize,
    derive: Option<Arc<dyn Derive>>,
}

#[derive(Clone, Debug)]
struct Entry {
    name: &'static str,
    kind: FieldKind,
    path: Path,
    /// The parts of the derived form that contain the values of the field; `None` for a field of the stored document.
    derived: Option<Parts>,
}

impl Schema {
    /// Parses a field table; indexes follow its order. If two rows have the same name, the later one is found by name.
    pub fn new(fields: &[Field]) -> Self {
        let mut schema = Self::default();
        schema.extend(fields, None);
        schema.stored = schema.entries.len();
        schema
    }

    /// Adds the fields of a derived form.
    #[must_use]
    pub fn with_derived(mut self, derive: Arc<dyn Derive>, fields: &[Field]) -> Self {
        self.extend(fields, Some(&*derive));
        self.derive = Some(derive);
        self
    }

    fn extend(&mut self, fields: &[Field], derive: Option<&dyn Derive>) {
        for field in fields {
            let Ok(number) = u16::try_from(self.entries.len()) else { return };
            let path = if field.kind == FieldKind::Keyword { Path::default() } else { Path::parse(field.path) };
            let derived = derive.map(|derive| derive.parts(field.path));
            let by_name = if derived.is_some() { &mut self.derived_by_name } else { &mut self.by_name };
            by_name.insert(field.name, FieldId(number));
            self.entries.push(Entry { name: field.name, kind: field.kind, path, derived });
        }
    }

    /// Appends the derived form of a document to `derived`. Appends nothing if the schema was built without
    /// [`Schema::with_derived`].
    pub fn derive(&self, stored: Stored<'_>, derived: &mut Vec<u8>) {
        if let Some(derive) = &self.derive {
            derive.derive(stored, Parts::ALL, derived);
        }
    }

    /// The field of stored documents with this name.
    pub fn field(&self, name: &str) -> Option<FieldId> {
        self.by_name.get(name).copied()
    }

    /// The field of the derived form with this name.
    pub fn derived_field(&self, name: &str) -> Option<FieldId> {
        self.derived_by_name.get(name).copied()
    }

    /// The name of a field.
    pub fn name(&self, field: FieldId) -> Option<&'static str> {
        Some(self.entries.get(field.index())?.name)
    }

    /// The kind of a field.
    pub fn kind(&self, field: FieldId) -> Option<FieldKind> {
        Some(self.entries.get(field.index())?.kind)
    }

    /// The fields of stored documents, in the order of their table.
    pub fn fields(&self) -> impl Iterator<Item = FieldId> + use<> {
        self.every_field().take(self.stored)
    }

    /// The fields of the derived form, in the order of their table.
    pub fn derived_fields(&self) -> impl Iterator<Item = FieldId> + use<> {
        self.every_field().skip(self.stored)
    }

    /// The fields of both forms.
    pub(crate) fn every_field(&self) -> impl Iterator<Item = FieldId> + use<> {
        (0..=u16::MAX).take(self.entries.len()).map(FieldId)
    }

    /// The number of fields of stored documents.
    pub fn len(&self) -> usize {
        self.stored
    }

    /// Returns whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A reader of the values of several fields.
    pub(crate) fn reader(&self, fields: impl IntoIterator<Item = FieldId>) -> Reader {
        let mut reader = Reader { derive: self.derive.clone(), ..Reader::default() };
        for field in fields {
            let Some(entry) = self.entries.get(field.index()) else { continue };
            match entry.derived {
                None => reader.stored.add(field, entry.kind, &entry.path),
                Some(parts) => {
                    reader.derived.add(field, entry.kind, &entry.path);
                    reader.parts = reader.parts.and(parts);
                }
            }
        }
        reader
    }

    /// Returns whether `found` returns true for any value that `document` has at `field`. For a field of the derived
    /// form, `document` is the derived form.
    pub(crate) fn any(&self, field: FieldId, document: &[u8], found: &mut dyn FnMut(Item<'_>) -> bool) -> bool {
        if self.kind(field) == Some(FieldKind::Keyword) {
            return item::any(FieldKind::Keyword, false, document, found);
        }
        let mut paths = Paths::default();
        if let Some(entry) = self.entries.get(field.index()) {
            paths.add(field, entry.kind, &entry.path);
        }
        paths.any(document, &mut |_, item| found(item))
    }
}

/// Reads the values of several fields, of stored documents and of their derived form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reader {
    stored: Paths,
    derived: Paths,
    /// The parts of the derived form that contain the values of the fields.
    parts: Parts,
    derive: Option<Arc<dyn Derive>>,
    /// Buffer for the derived form of one document.
    form: Vec<u8>,
}

impl Reader {
    /// Passes each value with its field to `found`.
    pub(crate) fn read(&mut self, stored: Stored<'_>, found: &mut dyn FnMut(FieldId, Item<'_>)) {
        let mut found = |field, item: Item<'_>| {
            found(field, item);
            false
        };
        if !self.stored.is_empty() {
            self.stored.any(stored.document, &mut found);
        }
        if let Some(derive) = self.derive.as_ref().filter(|_| self.parts != Parts::default()) {
            self.form.clear();
            // A cleared slot has no document.
            if !stored.document.is_empty() {
                derive.derive(stored, self.parts, &mut self.form);
            }
            self.derived.any(&self.form, &mut found);
        }
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

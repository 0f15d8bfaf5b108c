//! The columns of a table: built when first asked for, maintained from then on.

use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::Value;

use crate::column::Column;
use crate::schema::{FieldId, Schema};

/// A place for the column of each field.
#[derive(Debug, Default)]
pub(super) struct Columns {
    places: Vec<OnceLock<Column>>,
    /// Held while columns are built, so that readers who need the same ones parse the documents once.
    building: Mutex<()>,
}

impl Columns {
    pub(super) fn new(schema: &Schema) -> Self {
        Self { places: schema.fields().map(|_| OnceLock::new()).collect(), building: Mutex::new(()) }
    }

    /// The column of a field, if it is built.
    pub(super) fn get(&self, field: FieldId) -> Option<&Column> {
        self.places.get(field.index())?.get()
    }

    /// Builds those columns of `fields` that are missing, in one pass over the documents.
    pub(super) fn build<D>(&self, schema: &Schema, fields: &[FieldId], documents: impl FnOnce() -> D)
    where
        D: Iterator<Item = (u32, Value)>,
    {
        if self.missing(schema, fields).is_empty() {
            return;
        }
        let building = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        let mut columns = self.missing(schema, fields);
        if columns.is_empty() {
            return;
        }
        for (slot, document) in documents() {
            for (field, column) in &mut columns {
                fill(column, schema, *field, slot, &document);
            }
        }
        for (field, column) in columns {
            if let Some(place) = self.places.get(field.index()) {
                place.get_or_init(|| column);
            }
        }
        drop(building);
    }

    /// An empty column for each of `fields` that has none yet.
    fn missing(&self, schema: &Schema, fields: &[FieldId]) -> Vec<(FieldId, Column)> {
        let mut fields = fields.to_vec();
        fields.sort_unstable();
        fields.dedup();
        let missing = fields.into_iter().filter(|field| self.get(*field).is_none());
        missing.filter_map(|field| Some((field, Column::new(schema.kind(field)?)))).collect()
    }

    /// Gives a new or cleared slot the values of a document.
    pub(super) fn set(&mut self, schema: &Schema, slot: u32, document: &Value) {
        for (field, column) in self.built() {
            fill(column, schema, field, slot, document);
        }
    }

    /// Empties a slot.
    pub(super) fn clear(&mut self, slot: u32) {
        for (_, column) in self.built() {
            column.clear(slot);
        }
    }

    fn built(&mut self) -> impl Iterator<Item = (FieldId, &mut Column)> {
        let numbered = (0..=u16::MAX).map(FieldId).zip(&mut self.places);
        numbered.filter_map(|(field, place)| Some((field, place.get_mut()?)))
    }
}

fn fill(column: &mut Column, schema: &Schema, field: FieldId, slot: u32, document: &Value) {
    let mut items = Vec::new();
    schema.any(field, document, &mut |item| {
        items.push(item);
        false
    });
    column.set(slot, &items);
}

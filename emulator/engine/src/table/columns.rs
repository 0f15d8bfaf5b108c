//! The columns of a table: built on first use, and maintained from then on.

use std::sync::{Arc, PoisonError};

use super::documents::Documents;
use super::draft::Draft;
use crate::column::Column;
use crate::derive::Stored;
use crate::schema::{FieldId, Reader, Schema};
use crate::sync::{Mutex, OnceLock};

/// A slot for the column of each field. Clones share columns until one of them is written.
#[derive(Debug, Default)]
pub(super) struct Columns {
    positions: Vec<OnceLock<Arc<Column>>>,
    /// A reader for the fields whose columns were built at the last write.
    maintained: Maintained,
    /// Held while columns are built, so that readers that need the same columns parse the documents once.
    building: Mutex<()>,
}

#[derive(Debug, Default)]
struct Maintained {
    columns: usize,
    reader: Reader,
}

impl Clone for Columns {
    fn clone(&self) -> Self {
        Self { positions: self.positions.clone(), ..Self::default() }
    }
}

impl Columns {
    pub(super) fn new(schema: &Schema) -> Self {
        Self { positions: schema.every_field().map(|_| OnceLock::new()).collect(), ..Self::default() }
    }

    /// The column of a field, if it has been built.
    pub(super) fn get(&self, field: FieldId) -> Option<&Column> {
        self.positions.get(field.index())?.get().map(Arc::as_ref)
    }

    /// The fields among `fields` whose columns have not been built, sorted.
    pub(super) fn missing(&self, schema: &Schema, mut fields: Vec<FieldId>) -> Vec<FieldId> {
        fields.sort_unstable();
        fields.dedup();
        fields.retain(|field| self.get(*field).is_none() && schema.kind(*field).is_some());
        fields
    }

    /// Builds the missing columns of `fields` in one pass over the documents.
    pub(super) fn build(&self, schema: &Schema, fields: Vec<FieldId>, documents: &Documents) {
        let missing = self.missing(schema, fields);
        if missing.is_empty() {
            return;
        }
        let building = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        let mut draft = Draft::new(schema, &self.missing(schema, missing), documents.clone());
        draft.catch_up();
        self.install(draft.columns);
        drop(building);
    }

    /// Installs columns. Existing ones are kept.
    pub(super) fn install(&self, columns: Vec<(FieldId, Column)>) {
        for (field, column) in columns {
            if let Some(place) = self.positions.get(field.index()) {
                place.get_or_init(|| Arc::new(column));
            }
        }
    }

    /// Sets the values of a new or cleared slot.
    pub(super) fn set(&mut self, schema: &Schema, slot: u32, stored: Stored<'_>) {
        self.note_maintained(schema);
        if self.maintained.columns == 0 {
            return;
        }
        let positions = &mut self.positions;
        self.maintained.reader.read(stored, &mut |field, item| {
            if let Some(column) = positions.get_mut(field.index()).and_then(OnceLock::get_mut) {
                Arc::make_mut(column).add(slot, item);
            }
        });
    }

    /// Removes the values of a slot.
    pub(super) fn clear(&mut self, slot: u32) {
        self.built().for_each(|column| column.clear(slot));
    }

    /// Keeps only these slots, renumbered from 0 in this order.
    pub(super) fn keep(&mut self, slots: &[u32]) {
        self.built().for_each(|column| column.keep(slots));
    }

    /// Collects the columns that readers have built since the last write.
    fn note_maintained(&mut self, schema: &Schema) {
        let built = self.positions.iter().filter(|place| place.get().is_some()).count();
        if built == self.maintained.columns {
            return;
        }
        let fields = schema.every_field().zip(&self.positions);
        let fields = fields.filter(|(_, place)| place.get().is_some()).map(|(field, _)| field);
        self.maintained = Maintained { columns: built, reader: schema.reader(fields) };
    }

    fn built(&mut self) -> impl Iterator<Item = &mut Column> {
        self.positions.iter_mut().filter_map(OnceLock::get_mut).map(Arc::make_mut)
    }
}

//! Columns that are built outside the table's lock, so that only the readers that need them wait.

use super::Table;
use super::documents::Documents;
use crate::column::Column;
use crate::count::number;
use crate::filter::Filter;
use crate::plan;
use crate::schema::{FieldId, Reader, Schema};

/// Maximum number of changed documents that a table reads itself when it adopts columns.
const FEW: usize = 512;

/// Columns of a snapshot of documents.
#[derive(Debug)]
pub struct Draft {
    pub(super) columns: Vec<(FieldId, Column)>,
    reader: Reader,
    /// The documents whose values the columns contain.
    read: Documents,
    /// The documents to read next.
    next: Documents,
}

impl Draft {
    /// Empty columns of `fields`, which must be sorted.
    pub(super) fn new(schema: &Schema, fields: &[FieldId], documents: Documents) -> Self {
        let column = |field: &FieldId| Some((*field, Column::new(schema.kind(*field)?)));
        let columns = fields.iter().filter_map(column).collect();
        let reader = schema.reader(fields.iter().copied());
        Self { columns, reader, read: Documents::default(), next: documents }
    }

    /// Reads the documents that have changed since the last call; at first, all of them. Does not access the table.
    pub fn catch_up(&mut self) {
        let next = std::mem::take(&mut self.next);
        let read = std::mem::take(&mut self.read);
        self.read_slots(read.differing(&next), &read, &next);
        self.read = next;
    }

    fn read_slots(&mut self, slots: impl Iterator<Item = u32>, before: &Documents, documents: &Documents) {
        let (columns, known) = (&mut self.columns, before.len());
        for slot in slots {
            if (slot as usize) < known {
                for (_, column) in columns.iter_mut() {
                    column.clear(slot);
                }
            }
            self.reader.read(documents.stored(slot), &mut |field, item| {
                let place = columns.binary_search_by_key(&field, |(of, _)| *of);
                if let Some((_, column)) = place.ok().and_then(|place| columns.get_mut(place)) {
                    column.add(slot, item);
                }
            });
        }
        if let Some(last) = documents.len().checked_sub(1) {
            for (_, column) in columns.iter_mut() {
                column.reserve(number(last));
                column.sort();
            }
        }
    }
}

impl Table {
    /// A draft of the missing columns for a query; `None` if all have been built.
    ///
    /// `fields` are the fields that the query sorts or groups by.
    pub fn draft(&self, filter: &Filter, fields: &[FieldId]) -> Option<Draft> {
        let mut fields = fields.to_vec();
        plan::columns(&filter.simplify(), &self.schema, &mut fields);
        let missing = self.columns.missing(&self.schema, fields);
        (!missing.is_empty()).then(|| Draft::new(&self.schema, &missing, self.documents.clone()))
    }

    /// Adopts the columns of a draft. If too much has been written since, returns the draft, which must catch up with
    /// the current state of the table.
    pub fn adopt(&self, mut draft: Draft) -> Option<Draft> {
        let read = std::mem::take(&mut draft.read);
        let slots: Vec<u32> = read.differing(&self.documents).take(FEW + 1).collect();
        if slots.len() > FEW {
            draft.next = self.documents.clone();
            draft.read = read;
            return Some(draft);
        }
        draft.read_slots(slots.into_iter(), &read, &self.documents);
        self.columns.install(draft.columns);
        None
    }
}

//! The documents of a table to which a query applies.

use super::{Slot, Table, at};
use crate::bits::{BLOCK, BitSet, Bits};
use crate::filter::Filter;
use crate::plan::Plan;
use crate::schema::FieldId;

/// The documents of a table to which a query applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All documents.
    All,
    /// Documents that are not hidden in a layer.
    Visible(Layer),
}

/// A set of hidden documents. Each group of readers uses a layer of its own, so hiding a document from one group does
/// not hide it from the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The layer of the first group of readers.
    First,
    /// The layer of the second group of readers.
    Second,
}

/// A table, restricted to a scope, and to a selection if there is one.
#[derive(Clone, Copy, Debug)]
pub struct Part<'t> {
    pub(super) table: &'t Table,
    pub(super) scope: Scope,
    pub(super) selection: Option<&'t Selection>,
}

/// The documents of a part that satisfy a filter, so that several queries evaluate it only once. Belongs to the table as
/// it was when the filter was evaluated.
#[derive(Clone, Debug)]
pub struct Selection(Vec<Bits>);

impl Table {
    /// The part of the table within a scope.
    pub fn within(&self, scope: Scope) -> Part<'_> {
        Part { table: self, scope, selection: None }
    }

    /// Hides in a layer the documents that satisfy `filter`, and returns their slots. A document stays hidden until it is
    /// replaced.
    pub fn hide(&mut self, layer: Layer, filter: &Filter) -> Vec<Slot> {
        let slots = self.within(Scope::All).matching(filter);
        self.hide_slots(layer, &slots);
        slots
    }

    /// Hides documents in a layer.
    pub fn hide_slots(&mut self, layer: Layer, slots: &[Slot]) {
        let [first, second] = &mut self.hidden;
        let hidden = if layer == Layer::First { first } else { second };
        for slot in slots {
            hidden.insert(slot.0);
        }
    }

    /// Hides a document in a layer until it is replaced.
    pub fn hide_slot(&mut self, layer: Layer, slot: Slot) {
        let [first, second] = &mut self.hidden;
        let hidden = if layer == Layer::First { first } else { second };
        hidden.insert(slot.0);
    }

    fn hidden(&self, layer: Layer) -> &BitSet {
        let [first, second] = &self.hidden;
        if layer == Layer::First { first } else { second }
    }
}

impl<'t> Part<'t> {
    /// The documents that satisfy `filter`.
    pub fn selection(&self, filter: &Filter) -> Selection {
        let mut blocks = Vec::with_capacity(self.table.blocks());
        self.each_block(filter, Vec::new(), |_, slots| blocks.push(*slots));
        Selection(blocks)
    }

    /// The part with only the documents of a selection of this part.
    #[must_use]
    pub fn among(self, selection: &'t Selection) -> Part<'t> {
        Part { selection: Some(selection), ..self }
    }
}

impl Part<'_> {
    /// Returns whether the part contains the document of a slot.
    pub fn has(&self, slot: Slot) -> bool {
        let is_hidden = match self.scope {
            Scope::All => false,
            Scope::Visible(layer) => self.table.hidden(layer).contains(slot.0),
        };
        let is_selected = self.selection.is_none_or(|selection| selection.contains(slot));
        self.table.live.contains(slot.0) && !is_hidden && is_selected
    }

    /// The number of documents that satisfy `filter`.
    pub fn count(&self, filter: &Filter) -> usize {
        let mut count = 0;
        self.each_block(filter, Vec::new(), |_, slots| count += slots.count());
        usize::try_from(count).unwrap_or(usize::MAX)
    }

    /// The slots of documents that satisfy `filter`, in order of creation.
    pub fn matching(&self, filter: &Filter) -> Vec<Slot> {
        let mut found = Vec::new();
        self.each_block(filter, Vec::new(), |block, slots| {
            found.extend(slots.positions().map(|position| at(block, position)));
        });
        found
    }

    /// The slots of a block that belong to the part.
    pub(super) fn block(&self, block: usize) -> Bits {
        let live = self.table.live.block(block);
        let visible = match self.scope {
            Scope::All => live,
            Scope::Visible(layer) => live.without(&self.table.hidden(layer).block(block)),
        };
        self.selection.map_or(visible, |selection| visible.and(&selection.block(block)))
    }

    /// Passes the slots that satisfy `filter` to `each`, one block at a time. Builds the columns for the filter and for
    /// `fields`.
    pub(super) fn each_block(&self, filter: &Filter, fields: Vec<FieldId>, mut each: impl FnMut(usize, &Bits)) {
        let (filter, table) = (filter.simplify(), self.table);
        table.build(&filter, fields);
        let plan = Plan::new(&filter, &table.schema, table, table.len() as u64);
        for block in 0..table.blocks() {
            each(block, &plan.passing(table, block, &self.block(block), &mut 0));
        }
    }
}

impl Selection {
    fn block(&self, block: usize) -> Bits {
        self.0.get(block).copied().unwrap_or_default()
    }

    fn contains(&self, slot: Slot) -> bool {
        let slot = slot.0 as usize;
        self.0.get(slot / BLOCK).is_some_and(|block| block.contains(slot % BLOCK))
    }
}

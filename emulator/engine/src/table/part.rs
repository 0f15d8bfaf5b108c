//! Which documents of a table a question is about.

use super::{Slot, Table, at};
use crate::bits::Bits;
use crate::filter::Filter;
use crate::plan::Plan;
use crate::schema::FieldId;

/// Which documents of a table a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    All,
    /// Those that are not set aside.
    NotAside,
}

/// The documents of a table that a question is about.
#[derive(Clone, Copy, Debug)]
pub struct Part<'t> {
    pub(super) table: &'t Table,
    pub(super) scope: Scope,
}

impl Table {
    /// The part of the table that is asked.
    pub fn within(&self, scope: Scope) -> Part<'_> {
        Part { table: self, scope }
    }

    /// Sets the documents that satisfy `filter` aside, each until it is replaced: whoever asks
    /// [`Scope::NotAside`] does not see them meanwhile.
    pub fn set_aside(&mut self, filter: &Filter) {
        for slot in self.within(Scope::All).matching(filter) {
            self.aside.insert(slot.0);
        }
    }
}

impl Part<'_> {
    /// Whether the document of a slot belongs to it.
    pub fn has(&self, slot: Slot) -> bool {
        self.table.live.contains(slot.0) && (self.scope == Scope::All || !self.table.aside.contains(slot.0))
    }

    /// How many documents satisfy `filter`.
    pub fn count(&self, filter: &Filter) -> usize {
        let mut count = 0;
        self.each_block(filter, Vec::new(), |_, slots| count += slots.count());
        usize::try_from(count).unwrap_or(usize::MAX)
    }

    /// Where the documents are that satisfy `filter`, first stored first.
    pub fn matching(&self, filter: &Filter) -> Vec<Slot> {
        let mut found = Vec::new();
        self.each_block(filter, Vec::new(), |block, slots| found.extend(slots.places().map(|place| at(block, place))));
        found
    }

    /// The slots of a block that belong to it.
    pub(super) fn block(&self, block: usize) -> Bits {
        let live = self.table.live.block(block);
        match self.scope {
            Scope::All => live,
            Scope::NotAside => live.without(&self.table.aside.block(block)),
        }
    }

    /// Gives the slots that satisfy `filter`, a block at a time. Builds the columns that it needs, and those of
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

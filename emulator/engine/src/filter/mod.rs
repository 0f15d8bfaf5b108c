//! What is asked: one tree for every dialect.
//!
//! Here live the tree, the tests on single values, the joining of a field's tests ([`combine`]) and the walk over one
//! document ([`matches`]; with what it saw, [`explain`]). Reading a request into the tree is the dialect's business and lives with the caller; how a
//! table answers it is the plan's.

use std::collections::HashSet;
use std::sync::Arc;

use crate::item::Item;
use crate::schema::{FieldId, Schema};

mod address;
pub mod combine;
pub mod explain;
mod range;
mod simplify;
mod text;

pub use address::block;
pub use ipnet::IpNet;
pub use range::{DateRange, NumberRange};
pub use text::{Needle, TextTest, Words};

/// A question about documents.
///
/// A term holds if any value of its field passes the test (FLT-42); a document without a value passes none (FLT-40,
/// FLT-45). Negative comparisons are `Not` of a positive term: no value has it, and missing satisfies (FLT-41, FLT-43).
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Every part holds; without parts: every document.
    All(Vec<Filter>),
    /// At least one part holds; without parts: no document.
    Any(Vec<Filter>),
    /// The part does not hold.
    Not(Box<Filter>),
    /// Some value of the field passes the test.
    Term {
        /// The field whose values are tested.
        field: FieldId,
        /// The test. One that does not fit the kind of the field passes nothing.
        test: Test,
    },
    /// Some string of the field is in the set; for sets too large to be written as terms, such as visible accounts.
    In {
        /// The field, of kind String.
        field: FieldId,
        /// The strings.
        values: Arc<HashSet<String>>,
    },
}

/// A test of one value. Each variant belongs to one kind of field, `Present` to all.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// A string (kind String).
    Text(TextTest),
    /// A number (kind Number).
    Number(NumberRange),
    /// An instant (kind Date).
    Date(DateRange),
    /// An address inside a block, host bits of the block masked off (kind Ip, FLT-36).
    Ip(IpNet),
    /// An entry of a map: its key is exactly this and its value passes (kind Map, FLT-31, FLT-35).
    Entry {
        /// The key, compared byte for byte.
        key: String,
        /// The test of the value that stands under that key in the same map.
        value: TextTest,
    },
    /// A string anywhere in the document holds the needle in any case (kind Keyword, FLT-38).
    Keyword(Needle),
    /// A boolean (kind Boolean). Absent is neither true nor false; see [`Filter::flag`] for the classic rule.
    Boolean(bool),
    /// Any value at all.
    Present,
}

impl Filter {
    /// Holds for every document.
    pub fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// Holds for no document.
    pub fn nothing() -> Self {
        Self::Any(Vec::new())
    }

    /// Some value of `field` passes `test`.
    pub fn term(field: FieldId, test: Test) -> Self {
        Self::Term { field, test }
    }

    /// This filter does not hold.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// The classic boolean filter: true asks for true, false for false or absent (FLT-39).
    pub fn flag(field: FieldId, value: bool) -> Self {
        let is_true = Self::term(field, Test::Boolean(true));
        if value { is_true } else { is_true.negated() }
    }
}

impl Test {
    /// The whole string is `value`.
    pub fn equals(value: impl Into<String>) -> Self {
        Self::Text(TextTest::Equals(value.into()))
    }

    /// The string begins with `value`.
    pub fn prefix(value: impl Into<String>) -> Self {
        Self::Text(TextTest::Prefix(value.into()))
    }

    pub(crate) fn passes(&self, item: Item<'_>) -> bool {
        match (self, item) {
            (Self::Text(wanted), Item::Text(text)) => wanted.passes(text),
            (Self::Number(range), Item::Number(number)) => range.contains(number),
            (Self::Date(range), Item::Instant { instant, .. }) => range.contains(instant),
            (Self::Ip(block), Item::Address { address, .. }) => block.contains(&address),
            (Self::Entry { key, value }, Item::Entry { key: found, value: text }) => key == found && value.passes(text),
            (Self::Keyword(needle), Item::Anywhere(text)) => needle.is_in(text),
            (Self::Boolean(wanted), Item::Boolean(found)) => *wanted == found,
            (Self::Present, _) => true,
            _ => false,
        }
    }
}

/// Whether one document, JSON text, satisfies a filter. A table gives the same answer for the documents it holds.
pub fn matches(filter: &Filter, schema: &Schema, document: &[u8]) -> bool {
    match filter {
        Filter::All(parts) => parts.iter().all(|part| matches(part, schema, document)),
        Filter::Any(parts) => parts.iter().any(|part| matches(part, schema, document)),
        Filter::Not(part) => !matches(part, schema, document),
        Filter::Term { field, test } => schema.any(*field, document, &mut |item| test.passes(item)),
        Filter::In { field, values } => schema.any(*field, document, &mut |item| is_in(values, item)),
    }
}

pub(crate) fn is_in(values: &HashSet<String>, item: Item<'_>) -> bool {
    matches!(item, Item::Text(text) if values.contains(text))
}

#[cfg(test)]
mod tests;

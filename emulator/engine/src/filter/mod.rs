//! Filters: one tree for all dialects.
//!
//! Contents: the tree, the tests of single values, the combination of a field's tests ([`combine`]), and evaluation on
//! a single document ([`matches()`], or [`explain`] with reasons). Each dialect converts requests to the tree and belongs
//! to the caller; the plan decides how a table evaluates it.

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

/// A filter of documents.
///
/// A term holds if any value of its field passes the test (FLT-42). A document without a value passes no test (FLT-40,
/// FLT-45). Negative comparisons are `Not` of a positive term, so that all values are checked and a missing field
/// satisfies them (FLT-41, FLT-43).
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Every part holds. Without parts, it holds for every document.
    All(Vec<Filter>),
    /// At least one part holds. Without parts, it holds for no document.
    Any(Vec<Filter>),
    /// The part does not hold.
    Not(Box<Filter>),
    /// Some value of the field passes the test.
    Term {
        /// The field whose values are tested.
        field: FieldId,
        /// The test. A test of another kind than the field passes nothing.
        test: Test,
    },
    /// Some string of the field is in the set. For sets too large for individual terms, such as visible accounts.
    In {
        /// The field, of kind String.
        field: FieldId,
        /// The strings.
        values: Arc<HashSet<String>>,
    },
}

/// A test of one value. Each variant applies to one kind of field, except `Present`, which applies to all.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// A string (kind String).
    Text(TextTest),
    /// A number (kind Number).
    Number(NumberRange),
    /// An instant (kind Date).
    Date(DateRange),
    /// An address inside a block, ignoring host bits of the block (kind Ip, FLT-36).
    Ip(IpNet),
    /// A map entry with exactly this key, whose value passes (kind Map, FLT-31, FLT-35).
    Entry {
        /// The key, compared byte for byte.
        key: String,
        /// The test of the value under this key in the same map.
        value: TextTest,
    },
    /// A string anywhere in the document contains the needle, ignoring case (kind Keyword, FLT-38).
    Keyword(Needle),
    /// A boolean (kind Boolean). Absent is neither true nor false; see [`Filter::flag`] for the rule of classic
    /// filters.
    Boolean(bool),
    /// Any value.
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

    /// The classic boolean filter: true matches true, false matches false or absent (FLT-39).
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

/// Returns whether a document, given as JSON text, satisfies a filter. A table gives the same result for its documents.
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

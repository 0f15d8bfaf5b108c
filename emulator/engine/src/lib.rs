//! Filters, sorting and paging over findings.
//!
//! A caller describes its fields once ([`Schema`]), stores documents in a [`Table`], queries them with a [`Filter`] and
//! receives a [`Page`]. A query goes from `Filter` (what to find) through `simplify` to the plan (how this table finds
//! it) and to rows; only the plan knows columns. [`filter::matches`] evaluates the same tree on a single document.
//!
//! The central design decision: a document is opaque bytes plus columns. Documents are not read to evaluate a filter,
//! except for keyword search. A field becomes a column when it is first used and is maintained from then on. Rows are
//! found one block of slots at a time, so the search ends when the page is full. Slots are stable: an update replaces
//! the bytes and column values of its slot, so updates affect neither the default order nor paging.
//!
//! Accounts, Regions, HTTP, the JSON of requests and clocks do not belong here. Relative dates are resolved to instants
//! by the caller.

mod bits;
mod blocks;
mod column;
mod count;
pub mod date;
mod derive;
pub mod filter;
mod invariant;
mod item;
pub mod json;
pub mod page;
mod path;
mod plan;
mod schema;
pub mod sort;
mod sync;
mod table;

pub use derive::{Derive, Parts, Stored};
pub use filter::Filter;
pub use page::{Page, Position, Row};
pub use schema::{Field, FieldId, FieldKind, Schema};
pub use sort::{SortKey, SortValue};
pub use table::{
    Batch, Choice, Crossed, Distinct, Draft, Effort, Forms, Group, Intervals, Key, Layer, NEVER, Part, Scope,
    Selection, Slot, Snapshot, Summary, Table, TopGroups,
};

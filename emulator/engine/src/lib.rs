//! Filters, sorting and paging over findings.
//!
//! A caller describes its fields once ([`Schema`]), keeps documents in a [`Table`], asks with a [`Filter`] and
//! receives a [`Page`]. The path of a question is `Filter` (what is asked) → `simplify` → plan (how this table
//! answers it) → rows; only the plan knows columns. The same tree is walked over a single document by
//! [`filter::matches`].
//!
//! The decision that shaped the crate: a document is opaque bytes plus columns. No document is read to decide a
//! filter (keyword search excepted); a field becomes a column when it is first asked for and is maintained from then
//! on. Rows are found a block of slots at a time, so that a page ends the search. Slots are stable: an update replaces the bytes and the column entries of its slot, so neither default order
//! nor a walk over pages is disturbed by updates.
//!
//! What may not live here: accounts, regions, HTTP, request JSON, clocks. Relative dates arrive resolved to instants.

mod bits;
mod blocks;
mod column;
mod count;
pub mod date;
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

pub use filter::Filter;
pub use page::{Page, Position, Row};
pub use schema::{Field, FieldId, FieldKind, Schema};
pub use sort::{SortKey, SortValue};
pub use table::{Batch, Draft, Key, NEVER, Part, Scope, Slot, Snapshot, Table};

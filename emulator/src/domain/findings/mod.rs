//! Findings: who may import them, what is checked, what the service adds, how a re-import meets what is stored,
//! and when they expire.
//!
//! The way of one finding: `origin` (may this sender import it, from that product, for that owner?) → `asff` (is it
//! one?) → `normalise` (what the service adds) → `merge` (onto what is stored) → the table. `delivery` is the way of
//! findings that come from products themselves, by a file or by the control plane.
//!
//! On its way a finding has three forms, so that each step pays only for what it looks at:
//! - [`Item`](crate::shape::items::Item), as it was sent. `shape` reads it once. One without a fault is the text of the
//!   request and where each top-level member stands in it; only one with a fault becomes a tree of values, together with
//!   what it breaks. Used until the batch is admitted, since a refusal of the call must not have changed anything.
//! - [`document::Finding`]: its top-level members, each as JSON text that is borrowed from the request or was made anew.
//!   Used by every rule that adds, compares or merges, since nearly all of a finding passes through untouched.
//! - the stored document: compact JSON in the table, its key first, which is what GetFindings sends byte for byte. Filters
//!   and sorting read the columns that the table makes of it. A rule that changes a stored finding makes a `Finding` of
//!   it, changes that and writes it again.
//!
//! Beside that way: [`filters`] and [`explain`] say which findings a query means and why, [`visibility`] and
//! [`aggregation`] who sees them where, [`automation_rules`] change them on the way in, [`insights`], [`products`] and
//! [`action_targets`] are what a hub keeps about them. What may not live here: controls, accounts and events.

pub mod action_targets;
pub mod aggregation;
pub mod asff;
pub mod automation_rules;
pub mod change;
mod customer;
pub mod delivery;
pub mod document;
pub mod expiry;
pub mod explain;
pub mod filters;
pub mod history;
pub mod import;
pub mod insights;
mod merge;
mod normalise;
mod origin;
pub mod product;
pub mod products;
mod store;
pub mod visibility;

#[cfg(test)]
mod tests;

//! Findings: who may import them, what is checked, what the service adds, how a re-import meets what is stored,
//! and when they expire (findings.md sections 1–3 and 7).
//!
//! The way of one finding: `origin` (may this sender import it, from that product, for that owner?) → `asff` (is it
//! one?) → `normalise` (what the service adds) → `merge` (onto what is stored) → the table. A stored document is what
//! GetFindings sends. On the way a finding is a [`document::Finding`]: its members as text. `delivery` is the way of
//! findings that come from products themselves, by a file or by the control plane.
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

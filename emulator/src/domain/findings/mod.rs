//! Findings: who may import them, what is checked, what the service adds, how a re-import meets what is stored,
//! and when they expire (findings.md sections 1–3 and 7).
//!
//! The way of one finding: `origin` (may this sender import it, from that product, for that owner?) → `asff` (is it
//! one?) → `normalise` (what the service adds) → `merge` (onto what is stored) → the table. A stored document is what
//! GetFindings sends. On the way a finding is a [`document::Finding`]: its members as text. `delivery` is the way of
//! findings that come from products themselves, by a file or by the control plane.

pub mod asff;
pub mod change;
mod customer;
pub mod delivery;
pub mod document;
pub mod expiry;
pub mod history;
pub mod import;
mod merge;
mod normalise;
mod origin;
pub mod product;
mod store;

#[cfg(test)]
mod tests;

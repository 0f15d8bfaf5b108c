//! Findings: who may import them, what is checked, what the service adds, how a re-import meets what is stored,
//! and when they expire (findings.md sections 1–3 and 7).
//!
//! The way of one finding: `product` (may this sender import it?) → `asff` (is it one?) → `normalise` (what the
//! service adds) → `merge` (onto what is stored) → the table. A stored document is what GetFindings sends.

pub mod asff;
pub mod expiry;
pub mod import;
mod merge;
mod normalise;
pub mod product;

#[cfg(test)]
mod tests;

//! Findings in the V2 half: their visibility, filters in OCSF, counts, and customers' changes.
//!
//! A finding is stored once, in ASFF; its OCSF form is derived from the document and an annex ([`crate::ocsf`]). Filters
//! in OCSF run over columns of the derived form, with the same engine as those of the classic half. Findings that exist
//! only in OCSF have tables of their own. Does not contain: the conversion, hubs and settings.

pub mod change;
pub mod critical;
pub mod exports;
pub mod inventory;
pub mod keep;
pub mod lookup;
pub mod native;
pub mod query;
pub mod replicas;
pub mod rule_settings;
pub mod rules;
pub mod statistics;
pub mod trends;
pub mod visibility;

#[cfg(test)]
mod tests;

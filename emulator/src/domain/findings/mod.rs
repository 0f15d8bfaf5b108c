//! Findings: the permission to import them, their checks, the members that the service adds, the merge of a re-import
//! into the stored finding, and expiry.
//!
//! The steps of an import: `origin` (checks whether the sender may import it for its product and owner) → `asff`
//! (validates it) → `normalise` (adds the members of the service) → `merge` (merges it with the stored finding) → the
//! table. `delivery` imports findings that come from products themselves, from a file or the control plane.
//!
//! During an import a finding has three forms, so that each step only processes the parts that it needs:
//! - [`Item`](crate::shape::items::Item), as it was sent. `shape` reads it once. A faultless item is the text of the
//!   request with the position of each top-level member; only a faulty one becomes a tree of values, together with its
//!   violations. It is used until the batch is admitted, because a refused call must not change anything.
//! - [`document::Finding`]: its top-level members, each as JSON text that is borrowed from the request or newly
//!   created. It is used by all rules that add, compare or merge members, because most of a finding passes through
//!   unchanged.
//! - the stored document: compact JSON in the table, beginning with its key, which GetFindings sends byte for byte.
//!   Filters and sorting read the columns that the table builds. A rule that changes a stored finding reads it as a
//!   `Finding`, changes that and writes it back.
//!
//! Besides the import: [`filters`] and [`explain`] determine which findings a query selects and why, [`listing`] sorts
//! and counts them for people, [`counts`] only counts them, [`lookup`] finds single ones, and [`visibility`] and [`aggregation`] determine who sees them in which Region;
//! [`automation_rules`] change findings during the import; [`insights`], [`products`] and [`action_targets`] are
//! settings of a hub; [`restore`] restores worlds with their findings from documents. [`v2`] is the V2 half of Security
//! Hub, which shows the same findings in OCSF. Does not contain: controls, accounts and events.

pub mod action_targets;
pub mod aggregation;
pub mod asff;
pub mod automation_rules;
pub mod change;
pub mod counts;
mod customer;
pub mod delivery;
pub mod document;
pub mod expiry;
pub mod explain;
pub mod filters;
pub mod history;
pub mod import;
pub mod insights;
pub mod listing;
pub mod lookup;
mod merge;
mod names;
mod normalise;
mod origin;
pub mod product;
pub mod products;
pub mod restore;
mod store;
pub mod v2;
pub mod visibility;

#[cfg(test)]
mod tests;

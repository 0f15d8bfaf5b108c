//! JSON against the shapes of the service model.
//!
//! Contents: reading a document by its shape in one pass ([`read`]), a fast path for valid documents ([`scan`]),
//! violations as values ([`Violation`]), AWS's messages for them ([`sentence`]), and the check of responses
//! ([`check`]). HTTP, accounts and rules of Security Hub do not belong here.
//!
//! Violations are rendered only after the gate has decided: a malformed call that policies deny gets a 403.

pub mod check;
pub mod items;
pub mod read;
pub mod scan;
pub mod sentence;
mod violation;

pub(crate) use violation::sort;
pub use violation::{Bound, Rule, Segment, Violation};

#[cfg(test)]
mod tests;

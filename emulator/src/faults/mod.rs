//! Faults: rules that make calls fail or slow them down, to test how clients handle errors (CPL-31 to CPL-41).
//!
//! [`Faults`] is the list of rules, and [`Decision`] its decision about a call. A file for each part of a rule parses
//! and checks it: `selector` the selected calls, `error` errors, `latency` delays, and `partial` failed items, with the
//! table of batch operations in `batches`. [`chaos`] contains the format of LocalStack's faults, and [`rates`] AWS's
//! rate limits. The service and the server carry decisions out. [`Fault`](crate::state::Fault) is plain data and
//! belongs to `state`. [`names`] checks the names
//! of services and operations, here and in the conditions of the journal.

mod batches;
pub mod chaos;
mod chaos_list;
mod decision;
mod error;
mod latency;
mod list;
mod mistake;
pub mod names;
mod partial;
pub mod rates;
mod rule;
mod selector;
#[cfg(test)]
mod tests;

pub use decision::{Decision, Effect, WireFault};
pub use error::FaultAnswer;
pub use list::{Faults, ListError, Place, check};
pub use mistake::Mistake;
pub use partial::Partial;
pub use selector::{FaultContext, Subject};

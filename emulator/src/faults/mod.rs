//! Faults: calls that fail or slow down on purpose, so that tests see how a client copes (CPL-31 to CPL-41).
//!
//! Contents: the list of rules ([`Faults`]) and its decision about a call ([`Decision`]); how rules are read and refused,
//! by members: which calls they select, errors, delays, and partial failures with the table of batch operations; the
//! form in which LocalStack declares faults ([`chaos`]), and AWS's own rate limits ([`rates`]). A decision says what
//! happens; the service and the server carry it out. [`Fault`](crate::state::Fault) is plain data and belongs to
//! `state`.

mod batches;
pub mod chaos;
mod chaos_list;
mod decision;
mod error;
mod latency;
mod list;
mod mistake;
mod partial;
pub mod rates;
mod rule;
mod selector;
#[cfg(test)]
mod tests;

pub use decision::{Decision, Effect, WireFault};
pub use error::FaultAnswer;
pub use list::{Faults, Place, Refused, check};
pub use mistake::Mistake;
pub use partial::Partial;
pub use selector::{Subject, Surroundings};

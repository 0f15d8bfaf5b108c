//! JSON against the shapes of the service model.
//!
//! What lives here: reading a document by its shape in one pass ([`read`]), or seeing quickly that it
//! has no fault ([`scan`]), what it breaks as values
//! ([`Violation`]), the sentences that AWS says of it ([`sentence`]), and the check of an answer
//! ([`check`]). What may not: HTTP, accounts, any rule of Security Hub.
//!
//! A violation stays a value until the gate has spoken: a malformed call that policy denies answers 403.

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

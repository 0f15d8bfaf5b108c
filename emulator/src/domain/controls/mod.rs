//! Controls: their checks, results and scores.
//!
//! Contains: [`standards`] and their controls, [`checks`] that create findings, staging of checks ([`check_request`]),
//! and [`scores`]. Does not contain: enabling and administering hubs, and any write to the tables of findings other
//! than an import.

pub mod check_request;
pub mod checks;
pub mod scores;
pub mod standards;

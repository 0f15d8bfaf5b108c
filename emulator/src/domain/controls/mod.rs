//! Controls: what is checked, and how well that goes.
//!
//! What lives here: [`standards`] and the controls in them, [`checks`] that make findings, how a check is asked for
//! ([`check_request`]), and [`scores`]. What may not: why a hub is on, or who administers it; another way into the tables
//! of findings than their import.

pub mod check_request;
pub mod checks;
pub mod scores;
pub mod standards;

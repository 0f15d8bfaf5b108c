//! Shared by the benches: the servers as processes, lightweight clients, and pairs of rounds.
//!
//! This module measures; what is measured, and with which findings, is up to each bench.

pub(crate) mod bare;
pub(crate) mod child;
pub(crate) mod compare;
pub(crate) mod connection;
pub(crate) mod goal;
pub(crate) mod http;
pub(crate) mod latency;
pub(crate) mod load;
pub(crate) mod memory;
pub(crate) mod organization;
pub(crate) mod size;
pub(crate) mod summary;

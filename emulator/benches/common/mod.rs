//! What the benches share: the two servers as processes, clients that cost little, and pairs of rounds.
//!
//! What lives here measures; what is measured and which findings are sent is each bench's own.

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
pub(crate) mod summary;

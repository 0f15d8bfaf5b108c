//! HTTP in, HTTP out.
//!
//! Contents: the server and admission of callers, routing on the raw path, identity from SigV4, reading of inputs by
//! the service model, and rendering of responses. Rules of Security Hub and state do not belong here.

pub mod admission;
pub mod age;
pub mod answer;
pub mod body;
pub mod encoding;
pub mod failure;
pub mod identity;
pub mod input;
pub mod payload;
pub mod route;
pub mod sent;
pub mod server;
pub mod signature;
pub mod site;
pub mod tls;

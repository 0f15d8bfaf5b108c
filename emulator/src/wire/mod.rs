//! HTTP in, HTTP out.
//!
//! What lives here: the server and whom it lets in, routing on the raw path, identity from SigV4, reading inputs by the service
//! model, rendering answers. What may not: any rule of Security Hub, any state.

pub mod admission;
pub mod age;
pub mod answer;
pub mod body;
pub mod encoding;
pub mod identity;
pub mod input;
pub mod route;
pub mod server;
pub mod signature;
pub mod site;

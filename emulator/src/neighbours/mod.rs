//! Other AWS services on the same port.
use crate::{domain::caller::Caller, state::World};
/// .
pub struct Call<'a> {
    /// .
    pub service: &'a str,
    /// .
    pub caller: &'a Caller,
    /// .
    pub parts: &'a http::request::Parts,
    /// .
    pub body: &'a bytes::Bytes,
    /// .
    pub request_id: &'a str,
}
/// .
pub fn handle(_: &World, _: &Call<'_>) -> http::Response<bytes::Bytes> {
    http::Response::default()
}

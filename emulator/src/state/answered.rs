//! Responses to calls with client tokens, which repeated calls get again.

use bytes::Bytes;
use serde_json::Value;

use super::clock::Timestamp;
use super::hub::HubKey;

/// A client token of an account, in a Region and for an operation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientToken {
    /// The account and Region.
    pub hub: HubKey,
    /// The operation.
    pub operation: &'static str,
    /// The token.
    pub token: String,
}

/// The response to a call with a client token.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The other parameters of the call.
    pub parameters: Value,
    /// The body of the response.
    pub answer: Bytes,
    /// The time of the call.
    pub at: Timestamp,
}

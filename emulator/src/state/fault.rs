//! Declarations of faults in scenarios and calls of the control plane. The module `faults` checks and applies them.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use securityhub_fixtures::Operation;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::clock::Timestamp;
use super::names::{AccountId, Region};
use super::token_buckets::{RateLimit, TokenBuckets};

/// A rule that makes selected calls fail or slows them down (CPL-31). At least one of `Error`, `Wire`, `Partial` and
/// `Latency` is required.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Fault {
    /// ID of the rule: up to 64 letters, digits, `.`, `_` and `-`. Default: `f-` and a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Service whose calls are selected, as in the scope of signatures, or `*` for all. Default: securityhub.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Operation whose calls are selected, a prefix with `*`, or a list of these. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operations>,
    /// Account whose calls are selected. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Region whose calls are selected. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Tag of the test whose calls are selected. Default: all calls, with a tag or without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// Condition on the input of the calls. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Map<String, Value>>")]
    pub r#match: Option<Value>,
    /// Probability with which the rule fires, from 0 to 1. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1))]
    pub probability: Option<f64>,
    /// The rule fires on every n-th selected call. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub every: Option<u64>,
    /// Number of selected calls after which the rule can fire. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Number of times that the rule fires. Default: unlimited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Seed of the random numbers for `Probability` and `Latency`. Default: derived from the seed of the scenario and
    /// the position of the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Error to return. At most one of `Error`, `Wire` and `Partial` is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<FaultError>,
    /// Failure of the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wire: Option<FaultWire>,
    /// Duration in which `dribble` sends the response. Default: 2s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wire_over: Option<String>,
    /// Failure of some of the items of a batch operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial: Option<FaultPartial>,
    /// Delay before the call, at most 60 s. Delays of several rules add up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<FaultLatency>,
    /// Moment of the failure: before or after the call takes effect. Default: before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<FaultStage>,
    /// If true, the rule is active. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Number of calls that the rule has selected. Ignored in requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("readOnly" = true))]
    pub seen: Option<u64>,
    /// Number of times that the rule has fired. Ignored in requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("readOnly" = true))]
    pub fired: Option<u64>,
}

/// An error to return. `Code` or `Status` is required.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct FaultError {
    /// Error code of the operation or of AWS's front end, or `Throttle`, `Internal` or `Denied` for the code that the
    /// operation uses. Any other code requires `Status`. Default: the usual code for `Status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// HTTP status, from 400 to 599. Default: the status of the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 400, max = 599))]
    pub status: Option<u16>,
    /// Message. Default: a message that names the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A failure of the connection. Over HTTP/2, the first three reset the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FaultWire {
    /// Reset the connection without a response.
    Reset,
    /// Close the connection without a response.
    Empty,
    /// Send 64 random bytes and close the connection.
    Garbage,
    /// Send half of the body and close the connection.
    Truncate,
    /// Send the response slowly, in 20 parts.
    Dribble,
    /// Send nothing for 60 s, then close the connection.
    Hang,
}

/// The items of a batch operation that fail. Default: all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct FaultPartial {
    /// IDs of the items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<String>>,
    /// Positions of the items, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indexes: Option<Vec<usize>>,
    /// Every n-th item: n, 2n, and so on, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub every: Option<usize>,
    /// Error code of the items. Default: the code that the operation returns for a missing or invalid item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Error message of the items. Default: a message that names the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A delay. Exactly one member is required.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct FaultLatency {
    /// A fixed duration, such as 200ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
    /// A duration between two others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 2))]
    pub uniform: Option<Vec<String>>,
    /// A duration with a lognormal distribution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lognormal: Option<Lognormal>,
}

/// A lognormal distribution of durations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Lognormal {
    /// The median.
    pub median: String,
    /// The standard deviation of the logarithm.
    #[schemars(range(min = 0))]
    pub sigma: f64,
    /// Maximum duration. Default: 60s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
}

/// The moment of a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FaultStage {
    /// Before the call takes effect.
    #[default]
    Before,
    /// After the call has taken effect, so that only its response is lost.
    After,
}

/// The faults and rate limits of a world.
#[derive(Debug, Default)]
pub struct WorldFaults {
    /// The faults of its scenario. The served world holds the active faults.
    pub declared: Arc<Vec<Fault>>,
    /// True if its scenario applies the rate limits of AWS.
    pub has_rate_limits: bool,
    pub(super) buckets: TokenBuckets,
}

impl WorldFaults {
    /// A copy for a fork of the world.
    pub(super) fn fork(&self) -> WorldFaults {
        let declared = Arc::clone(&self.declared);
        WorldFaults { declared, has_rate_limits: self.has_rate_limits, buckets: self.buckets.fork() }
    }

    /// Takes a token from the bucket of a caller and an operation. Returns false if the bucket is empty.
    pub fn take_token(&self, of: (AccountId, Region, Operation), limit: RateLimit, now: Timestamp) -> bool {
        self.buckets.take(of, limit, now)
    }
}

/// Names of operations, which may be prefixes with `*`. In JSON, a single name may be a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operations(pub Vec<String>);

impl From<&str> for Operations {
    fn from(name: &str) -> Operations {
        Operations(vec![name.to_owned()])
    }
}

impl Serialize for Operations {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0[..] {
            [only] => serializer.serialize_str(only),
            names => names.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Operations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OperationsVisitor)
    }
}

/// Implemented by hand, because the messages of serde's untagged enums do not name the problem.
struct OperationsVisitor;

impl<'de> Visitor<'de> for OperationsVisitor {
    type Value = Operations;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string or a list of strings")
    }

    fn visit_str<E>(self, name: &str) -> Result<Operations, E> {
        Ok(Operations::from(name))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, names: A) -> Result<Operations, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(names)).map(Operations)
    }
}

impl JsonSchema for Operations {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Operations".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "oneOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" }, "minItems": 1 },
        ]})
    }
}

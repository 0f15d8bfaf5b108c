//! The annex of a finding: data that only its OCSF form uses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A state that a finding has had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// The time at which the state ended, in milliseconds.
    pub until: i64,
    /// The severity.
    pub severity_id: u8,
    /// True if the finding was closed.
    pub is_closed: bool,
}

/// Data that is stored with a finding and that only its OCSF form uses. A finding that was never changed has an empty
/// annex.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Annex {
    /// True if its provider has sent it again since it was created (OCM-40).
    #[serde(skip_serializing_if = "is_false")]
    pub is_updated: bool,
    /// The severity that a customer or a rule of the V2 half has set (BUV-07).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity_id: Option<u8>,
    /// The status that a customer or a rule of the V2 half has set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_id: Option<u8>,
    /// The comment of a customer or a rule of the V2 half.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The provider's values of top-level attributes that the classic half has changed (OCM-05), as JSON; `None` for an
    /// attribute that the provider did not send. Attributes that FindingProviderFields contains are not included.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub provided: BTreeMap<String, Option<Box<RawValue>>>,
    /// The earlier states of the finding, oldest first (TRV-03).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<Past>,
    /// Criticality of resources that rules of the V2 half have set, by position (RSV-06).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub criticality: BTreeMap<usize, String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Annex {
    /// Reads a stored annex. An empty one is the default.
    pub fn read(bytes: &[u8]) -> Annex {
        if bytes.is_empty() { Annex::default() } else { serde_json::from_slice(bytes).unwrap_or_default() }
    }

    /// The bytes to store; empty for a default annex.
    pub fn to_bytes(&self) -> Vec<u8> {
        match serde_json::to_vec(self) {
            Ok(bytes) if bytes != b"{}" => bytes,
            _ => Vec::new(),
        }
    }
}

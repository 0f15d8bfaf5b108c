//! Recommendations that scenarios declare for findings of the V2 half.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::interned;
use super::names::Name;

/// The recommendations that scenarios declare.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recommendations {
    /// Recommended policies, by `finding_info.uid` or `metadata.uid` of their finding (RPV-03).
    pub policies: BTreeMap<String, RecommendedPolicy>,
    /// Remediations (RMV-05).
    pub remediations: Vec<DeclaredRemediation>,
}

/// The recommended policy of a finding about unused permissions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecommendedPolicy {
    /// `Status`
    #[serde(deserialize_with = "interned::read")]
    pub status: Name,
    /// `RecommendationSteps`
    pub steps: Vec<Value>,
    /// `Error`
    pub error: Option<Value>,
}

/// The advice on how to remove the traits of one kind from a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredRemediation {
    /// The ID of the resource, as its exposure has it.
    pub resource: String,
    /// The kind of the traits.
    pub kind: String,
    /// The members of `RemediationSummary` that differ from the computed ones.
    pub summary: Map<String, Value>,
    /// `Guidance`
    pub guidance: Option<Value>,
}

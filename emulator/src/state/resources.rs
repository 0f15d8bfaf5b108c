//! Declared resources, which controls check.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::Timestamp;
use super::hub::HubKey;
use super::interned;
use super::names::Name;

/// All declared resources. The emulator does not create resources itself, so controls are not checked in a world
/// without declarations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resources {
    /// Resources by account and Region, in the order of declaration.
    pub declared: BTreeMap<HubKey, Vec<Resource>>,
    /// The time at which the last resource of a type was deleted, while no new one exists (FND-33).
    pub emptied_at: BTreeMap<(HubKey, &'static str), Timestamp>,
}

/// A declared resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Resource {
    /// Position in the order of declaration in its account and Region.
    pub number: u64,
    /// Its ASFF type, such as `AwsS3Bucket`.
    #[serde(deserialize_with = "interned::read")]
    pub resource_type: Name,
    /// Its ARN or other identifier.
    pub id: String,
    /// Check results by control ID. All other controls pass (RES-02).
    #[serde(deserialize_with = "interned::read")]
    pub results: BTreeMap<&'static str, CheckResult>,
    /// Additional text in findings, by control ID (RES-01).
    #[serde(deserialize_with = "interned::read")]
    pub annotations: BTreeMap<&'static str, String>,
    /// Parameter values that make a control fail (RES-09).
    pub conditions: Vec<ParameterCondition>,
    /// Its tags, if known.
    pub tags: Option<BTreeMap<String, String>>,
    /// `Resources[].Details` of its type in findings (RES-01).
    pub details: Option<Value>,
}

/// A control fails as long as its parameter satisfies this comparison (RES-09).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterCondition {
    /// The control.
    #[serde(deserialize_with = "interned::read")]
    pub control: Name,
    /// Its parameter.
    #[serde(deserialize_with = "interned::read")]
    pub parameter: Name,
    /// The comparison of the parameter's current value.
    pub comparison: Comparison,
    /// The value to compare with: a number for ordered values, otherwise a text.
    pub value: String,
}

/// The comparison of a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Greater than.
    More,
    /// Greater than or equal.
    AtLeast,
    /// Less than.
    Less,
    /// Less than or equal.
    AtMost,
    /// Equal to the value, or a list that contains it.
    Equal,
    /// Not equal to the value, or a list that does not contain it.
    Unequal,
}

impl Comparison {
    /// All comparisons with their operators. An operator that begins with another precedes it.
    pub const ALL: [(&'static str, Comparison); 6] = [
        (">=", Comparison::AtLeast),
        ("<=", Comparison::AtMost),
        ("!=", Comparison::Unequal),
        (">", Comparison::More),
        ("<", Comparison::Less),
        ("=", Comparison::Equal),
    ];

    /// Its operator.
    pub fn sign(self) -> &'static str {
        Comparison::ALL.iter().find(|(_, comparison)| *comparison == self).map_or("=", |(sign, _)| sign)
    }
}

/// The result of a control for a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckResult {
    /// `Compliance.Status`
    pub status: ComplianceStatus,
    /// `ReasonCode`, if present.
    pub reason: Option<String>,
}

/// `Compliance.Status`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComplianceStatus {
    /// The control passes.
    Passed,
    /// The control fails.
    Failed,
    /// The control could not be checked completely.
    Warning,
    /// The control could not be checked.
    NotAvailable,
}

impl ComplianceStatus {
    /// The value on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            ComplianceStatus::Passed => "PASSED",
            ComplianceStatus::Failed => "FAILED",
            ComplianceStatus::Warning => "WARNING",
            ComplianceStatus::NotAvailable => "NOT_AVAILABLE",
        }
    }
}

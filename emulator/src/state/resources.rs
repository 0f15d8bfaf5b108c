//! Resources that are declared, for controls to check.

use std::collections::BTreeMap;

use serde_json::Value;

use super::clock::Timestamp;
use super::hub::HubKey;

/// All that is declared of resources. The emulator has none of its own, so that it checks nothing in a world in which
/// nothing is declared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resources {
    /// By account and region, in the order in which they were declared.
    pub declared: BTreeMap<HubKey, Vec<Resource>>,
    /// When the last resource of a type was deleted in an account and region, and none has come since (FND-33).
    pub gone: BTreeMap<(HubKey, &'static str), Timestamp>,
}

/// A declared resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    /// Its ASFF type, such as `AwsS3Bucket`.
    pub resource_type: &'static str,
    /// Its ARN, or whatever it is called.
    pub id: String,
    /// What controls find, by their ids; the others find that it passes (RES-02).
    pub results: BTreeMap<&'static str, CheckResult>,
    /// What findings say of it beside their results, by the ids of controls (RES-01).
    pub annotations: BTreeMap<&'static str, String>,
    /// What fails it while a parameter has certain values (RES-09).
    pub conditions: Vec<ParameterCondition>,
    /// Its tags, if they are known.
    pub tags: Option<BTreeMap<String, String>>,
    /// What findings tell of it: `Resources[].Details` of its type (RES-01).
    pub details: Option<Value>,
}

/// A control fails while its parameter compares so (RES-09).
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterCondition {
    /// The control.
    pub control: &'static str,
    /// Its parameter.
    pub parameter: &'static str,
    /// How the present value of the parameter is compared.
    pub comparison: Comparison,
    /// With what: a number where values are ordered, else a text.
    pub value: String,
}

/// How the value of a parameter is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// It is more.
    More,
    /// It is more, or equal.
    AtLeast,
    /// It is less.
    Less,
    /// It is less, or equal.
    AtMost,
    /// It is equal; a list holds it.
    Equal,
    /// It is not equal; a list does not hold it.
    Unequal,
}

impl Comparison {
    /// All, with their signs; a sign that begins with another comes first.
    pub const ALL: [(&'static str, Comparison); 6] = [
        (">=", Comparison::AtLeast),
        ("<=", Comparison::AtMost),
        ("!=", Comparison::Unequal),
        (">", Comparison::More),
        ("<", Comparison::Less),
        ("=", Comparison::Equal),
    ];

    /// Its sign.
    pub fn sign(self) -> &'static str {
        Comparison::ALL.iter().find(|(_, comparison)| *comparison == self).map_or("=", |(sign, _)| sign)
    }
}

/// What a control finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// `Compliance.Status`
    pub status: ComplianceStatus,
    /// `ReasonCode`, if there is one.
    pub reason: Option<String>,
}

/// `Compliance.Status`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComplianceStatus {
    /// The control passes.
    Passed,
    /// It fails.
    Failed,
    /// It could not be checked as it should.
    Warning,
    /// It could not be checked.
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

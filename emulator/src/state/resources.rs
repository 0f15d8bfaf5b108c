//! Resources that a scenario declares, for controls to check.

use std::collections::{BTreeMap, BTreeSet};

use super::hub::HubKey;

/// All that a scenario declares of resources. The emulator has none of its own, so that it checks nothing in a world
/// whose scenario declares nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// By account and region, in the order of the scenario.
    pub declared: BTreeMap<HubKey, Vec<Resource>>,
    /// Where controls without a resource make no findings (RES-06).
    pub quiet: BTreeSet<HubKey>,
}

/// A declared resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its ASFF type, such as `AwsS3Bucket`.
    pub resource_type: String,
    /// Its ARN, or whatever the scenario calls it.
    pub id: String,
    /// What controls find, by their ids; the others find that it passes (RES-02).
    pub results: BTreeMap<&'static str, CheckResult>,
    /// Its tags, if they are known.
    pub tags: Option<BTreeMap<String, String>>,
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

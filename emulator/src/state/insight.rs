//! A saved question about findings.

use serde_json::{Map, Value};

/// An insight of a customer's: which findings, and by what they are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insight {
    /// Its place in the order of making; a walk over the insights goes on from it.
    pub number: u64,
    /// The UUID at the end of its ARN.
    pub id: String,
    /// Its name.
    pub name: String,
    /// An `AwsSecurityFindingFilters`, as it was sent (FLT-08).
    pub filters: Map<String, Value>,
    /// The filter name whose values are counted.
    pub group_by_attribute: String,
}

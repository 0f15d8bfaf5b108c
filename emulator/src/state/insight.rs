//! Insights: saved filters with a grouping.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A customer's insight: a filter and the attribute by which findings are counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Insight {
    /// Position in the order of creation, used as paging cursor.
    pub number: u64,
    /// The UUID at the end of its ARN.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `AwsSecurityFindingFilters` as sent (FLT-08).
    pub filters: Map<String, Value>,
    /// The attribute whose values are counted.
    pub group_by_attribute: String,
}

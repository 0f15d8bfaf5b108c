//! The inputs of a conversion besides the stored finding.

use serde::{Deserialize, Serialize};

/// Settings of the V2 half that change the form of findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// True if changes that customers make in one half are visible in the other (OCM-04). By default they are not.
    pub is_shared: bool,
    /// The version that `metadata.version` states (OCF-15).
    pub version: String,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { is_shared: false, version: "1.6.0".to_owned() }
    }
}

/// Facts about accounts that are part of a finding in OCSF.
#[derive(Clone, Copy)]
pub struct ConversionContext<'w> {
    /// The ID of the organization that an account belongs to.
    pub organization_of: &'w dyn Fn(&str) -> Option<&'w str>,
}

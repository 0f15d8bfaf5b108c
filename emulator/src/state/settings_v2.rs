//! Settings of the V2 half for which AWS's behaviour is unknown or depends on the account.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Settings of the V2 half. Settings that change the OCSF form of findings are settings of the conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "each one is a separate setting")]
#[serde(default, deny_unknown_fields)]
pub struct SettingsV2 {
    /// True if findings of customers' own products are visible (OCM-02).
    pub shows_custom_findings: bool,
    /// True if IP filters accept ranges (GFV-12).
    pub accepts_ip_ranges: bool,
    /// True if automation rules require an aggregator (ARV-02).
    pub rules_need_aggregator: bool,
    /// True if connectors of ticketing systems require an aggregator (CNV-03).
    pub connectors_need_aggregator: bool,
    /// True if aggregators can link all Regions (AGV-02).
    pub accepts_all_regions: bool,
    /// True if findings expire (HV2-10).
    pub has_retention: bool,
    /// The duration of an export (EXV-08).
    pub export: SignedDuration,
}

impl Default for SettingsV2 {
    fn default() -> SettingsV2 {
        SettingsV2 {
            shows_custom_findings: true,
            accepts_ip_ranges: true,
            rules_need_aggregator: false,
            connectors_need_aggregator: true,
            accepts_all_regions: false,
            has_retention: true,
            export: SignedDuration::ZERO,
        }
    }
}

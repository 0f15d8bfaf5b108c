//! A V2 hub: the state of the V2 half of Security Hub in one account and Region.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdSet;
use serde::{Deserialize, Serialize};

use super::automation_rule_v2::AutomationRuleV2;
use super::clock::Timestamp;
use super::connector::Connectors;
use super::export_job::ExportJob;
use super::hub::Phase;
use super::tickets::Tickets;

/// The state of the V2 half in one account and Region. It is independent of the hub of the classic half.
///
/// Each change clones it, so collections without a maximum length are persistent.
#[derive(Clone, Debug, PartialEq)]
pub struct HubV2 {
    /// The last part of the hub's ARN.
    pub id: String,
    /// Enabled, or dormant since it was disabled.
    pub phase: Phase,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The features that were enabled or disabled since the hub was enabled, by name (HV2-05).
    pub features: BTreeMap<&'static str, FeatureV2>,
    /// Its automation rules, in order of creation (ARV-01).
    pub automation_rules: Vec<AutomationRuleV2>,
    /// Connectors by ID.
    pub connectors: Connectors,
    /// The tickets that connectors have created.
    pub tickets: Tickets,
    /// Jobs that export findings, in order of creation (EXV-01).
    pub exports: Vec<Arc<ExportJob>>,
    /// The findings for which a recommended policy was generated, by `metadata.uid` (RPV-01).
    pub recommended_policies: OrdSet<String>,
    /// The free trials that have begun, by type, with the time. They outlive the hub (FTR-03, FTR-05).
    pub trials: BTreeMap<&'static str, Timestamp>,
}

/// A feature of a V2 hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureV2 {
    /// True if it is enabled.
    pub is_enabled: bool,
    /// The time of the last change.
    pub updated_at: Timestamp,
}

impl HubV2 {
    /// The time at which the hub was enabled; `None` if it is not enabled.
    pub fn subscribed_at(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Enabled(at) => Some(at),
            Phase::Dormant(_) => None,
        }
    }
}

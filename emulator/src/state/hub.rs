//! A hub: the state of Security Hub in one account and Region.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::automation_rule::AutomationRule;
use super::clock::Timestamp;
use super::connector::Connectors;
use super::insight::Insight;
use super::names::{AccountId, Region};
use super::standards::{ConfigRecorder, ControlSettings, Subscription};

/// The account and Region of a hub.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HubKey {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
}

/// `111111111111/us-east-1`
impl Serialize for HubKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}/{}", self.account, self.region))
    }
}

impl<'de> Deserialize<'de> for HubKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parts = text.split_once('/').filter(|(_, region)| Region::is_name(region));
        let key = parts.and_then(|(account, region)| {
            Some(HubKey { account: AccountId::parse(account)?, region: Region::new(region) })
        });
        key.ok_or_else(|| {
            D::Error::custom(format!(
                "`{text}` is not a valid hub (expected an account and a Region such as 111111111111/us-east-1)"
            ))
        })
    }
}

/// The state of Security Hub in one account and Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    /// Enabled, or dormant since it was disabled.
    pub phase: Phase,
    /// True if new controls of enabled standards are enabled automatically (HUB-04).
    pub auto_enable_controls: bool,
    /// The consolidation of control findings (HUB-03).
    pub control_finding_generator: ControlFindingGenerator,
    /// Tags of the hub (HUB-05).
    pub tags: BTreeMap<String, String>,
    /// The enabled standards, by the catalogue's short name (HUB-02, STD-50).
    pub standards: BTreeMap<&'static str, Subscription>,
    /// Settings of security controls made by the account, by control ID (SEC-31).
    pub security_controls: BTreeMap<&'static str, ControlSettings>,
    /// Time of the next periodic check of all controls, if one is scheduled.
    pub next_check: Option<Timestamp>,
    /// True if controls without a resource produce no findings (RES-06).
    pub is_quiet: bool,
    /// The configuration recorder of AWS Config (STD-61).
    pub config_recorder: ConfigRecorder,
    /// `company/product` of each product whose findings the hub accepts.
    pub product_subscriptions: BTreeSet<String>,
    /// Custom actions by ID (ACT-01).
    pub action_targets: BTreeMap<String, ActionTarget>,
    /// The customer's insights, in order of creation (INS-10).
    pub insights: Vec<Insight>,
    /// Connectors to other clouds, by ID (CNC-01).
    pub connectors: Connectors,
    /// Automation rules, in order of creation (ARU-01).
    pub automation_rules: Vec<AutomationRule>,
}

/// A custom action, to which a user can send findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionTarget {
    /// Its name in the console.
    pub name: String,
    /// Its description.
    pub description: String,
}

/// The phase of a hub: enabled or dormant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Enabled since this time.
    Enabled(Timestamp),
    /// Disabled since this time. The data is restored if the hub is enabled again (HUB-16, HUB-17).
    Dormant(Timestamp),
}

impl Hub {
    /// The time at which it was enabled, if it is.
    pub fn subscribed_at(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Enabled(at) => Some(at),
            Phase::Dormant(_) => None,
        }
    }
}

/// The consolidation of control findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlFindingGenerator {
    /// One finding per control.
    #[default]
    SecurityControl,
    /// One finding per control and standard.
    StandardControl,
}

impl ControlFindingGenerator {
    /// The value on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            ControlFindingGenerator::SecurityControl => "SECURITY_CONTROL",
            ControlFindingGenerator::StandardControl => "STANDARD_CONTROL",
        }
    }

    /// Parses the value on the wire.
    pub fn parse(text: &str) -> Option<ControlFindingGenerator> {
        match text {
            "SECURITY_CONTROL" => Some(ControlFindingGenerator::SecurityControl),
            "STANDARD_CONTROL" => Some(ControlFindingGenerator::StandardControl),
            _ => None,
        }
    }
}

//! A hub: what Security Hub keeps of one account in one region.

use std::collections::{BTreeMap, BTreeSet};

use super::automation_rule::AutomationRule;
use super::clock::Timestamp;
use super::insight::Insight;
use super::names::{AccountId, Region};
use super::standards::{ConfigRecorder, ControlSettings, Subscription};

/// Where a hub is: one account, one region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HubKey {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
}

/// What Security Hub keeps of one account in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    /// Enabled, or dormant since it was disabled.
    pub phase: Phase,
    /// Whether new controls of enabled standards are switched on (HUB-04).
    pub auto_enable_controls: bool,
    /// How control findings are made (HUB-03).
    pub control_finding_generator: ControlFindingGenerator,
    /// Tags of the hub (HUB-05).
    pub tags: BTreeMap<String, String>,
    /// The enabled standards, by the catalogue's short name (HUB-02, STD-50).
    pub standards: BTreeMap<&'static str, Subscription>,
    /// What the account set of security controls, by their ids (SEC-31).
    pub security_controls: BTreeMap<&'static str, ControlSettings>,
    /// When all its controls are checked next, if they are.
    pub next_check: Option<Timestamp>,
    /// Whether controls without a resource make no findings (RES-06).
    pub is_quiet: bool,
    /// Whether AWS Config records here (STD-61).
    pub config_recorder: ConfigRecorder,
    /// `company/product` of each product whose findings the hub takes.
    pub product_subscriptions: BTreeSet<String>,
    /// Custom actions by id (ACT-01).
    pub action_targets: BTreeMap<String, ActionTarget>,
    /// Insights of the customer's, in the order of their making (INS-10).
    pub insights: Vec<Insight>,
    /// Automation rules, in the order of their making (ARU-01).
    pub automation_rules: Vec<AutomationRule>,
}

/// A custom action, which a person can send findings through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionTarget {
    /// Its name in the console.
    pub name: String,
    /// What it is for.
    pub description: String,
}

/// Whether a hub is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// On since then.
    Enabled(Timestamp),
    /// Off since then; what is kept comes back with the next enabling (HUB-16, HUB-17).
    Dormant(Timestamp),
}

impl Hub {
    /// When it was enabled, if it is on.
    pub fn subscribed_at(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Enabled(at) => Some(at),
            Phase::Dormant(_) => None,
        }
    }
}

/// How control findings are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ControlFindingGenerator {
    /// One finding a control.
    #[default]
    SecurityControl,
    /// One finding a control and standard.
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

    /// Reads the value on the wire.
    pub fn parse(text: &str) -> Option<ControlFindingGenerator> {
        match text {
            "SECURITY_CONTROL" => Some(ControlFindingGenerator::SecurityControl),
            "STANDARD_CONTROL" => Some(ControlFindingGenerator::StandardControl),
            _ => None,
        }
    }
}

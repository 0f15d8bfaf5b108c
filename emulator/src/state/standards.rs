//! What a hub keeps of standards and security controls.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::clock::Timestamp;

/// A standard that is enabled in a hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its place in the order in which the hub's standards were enabled, also of those enabled in the same instant.
    pub order: u32,
    /// How far it is.
    pub status: SubscriptionStatus,
    /// Since when it has that status.
    pub since: Timestamp,
    /// When it was enabled, and with it all its controls (STD-40).
    pub enabled_at: Timestamp,
    /// Until when its controls wait whose rules another standard shares; none if they do not (FND-41).
    pub shared_rules_from: Option<Timestamp>,
    /// `StandardsInput`, as it was given (STD-20).
    pub input: BTreeMap<String, String>,
    /// The security controls that the standard does not hold yet, by their ids (SEC-50).
    pub absent: BTreeSet<&'static str>,
    /// Standard controls that were changed, by the end of their ARN.
    pub controls: BTreeMap<&'static str, ControlState>,
}

/// How far a subscription is. None of ours fails to be disabled, so there is no `FAILED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// Being enabled.
    Pending,
    /// Enabled, while AWS adds controls to it (SEC-51).
    Extending,
    /// Enabled.
    Ready,
    /// Enabled without a configuration recorder (STD-61).
    Incomplete,
    /// Being disabled.
    Deleting,
}

impl SubscriptionStatus {
    /// The value on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            SubscriptionStatus::Pending | SubscriptionStatus::Extending => "PENDING",
            SubscriptionStatus::Ready => "READY",
            SubscriptionStatus::Incomplete => "INCOMPLETE",
            SubscriptionStatus::Deleting => "DELETING",
        }
    }

    /// Whether its controls can be seen and changed: `READY_FOR_UPDATES`.
    pub fn is_updatable(self) -> bool {
        match self {
            SubscriptionStatus::Ready | SubscriptionStatus::Incomplete | SubscriptionStatus::Extending => true,
            SubscriptionStatus::Pending | SubscriptionStatus::Deleting => false,
        }
    }
}

/// A standard control's own state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlState {
    /// Whether it is enabled.
    pub enabled: bool,
    /// When it was last set, also to what it was (CTL-18).
    pub updated_at: Timestamp,
    /// Why, if that was said.
    pub reason: Option<String>,
}

/// What an account set of a security control.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlSettings {
    /// Values of parameters that are its own, by name: a `ParameterValue` each.
    pub parameters: BTreeMap<&'static str, Value>,
    /// `LastUpdateReason`
    pub last_update_reason: Option<String>,
    /// The update that is on its way to the checks, if one is (SEC-36).
    pub updating: Option<ParameterUpdate>,
}

/// An update of parameters that checks do not use yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterUpdate {
    /// Since when it is on its way.
    pub since: Timestamp,
    /// The values of its own that checks use until then.
    pub in_use: BTreeMap<&'static str, Value>,
}

/// The configuration recorder of AWS Config in an account and region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ConfigRecorder {
    /// It records all types, with the role of AWS Config.
    #[default]
    On,
    /// There is none, or it does not record.
    Off,
    /// It records otherwise.
    Custom(Recording),
}

/// What a configuration recorder records, and how (RES-05).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// The ASFF types that it records; none is all.
    pub types: Option<BTreeSet<&'static str>>,
    /// Whether it records with a role of the customer's.
    pub has_custom_role: bool,
}

impl ConfigRecorder {
    /// Whether it records a type.
    pub fn records(&self, resource_type: &str) -> bool {
        match self {
            ConfigRecorder::On => true,
            ConfigRecorder::Off => false,
            ConfigRecorder::Custom(recording) => {
                recording.types.as_ref().is_none_or(|types| types.contains(resource_type))
            }
        }
    }
}

//! The state of standards and security controls in a hub.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::Timestamp;
use super::interned;

/// A standard that is enabled in a hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    /// Position in the order in which the hub's standards were enabled, unique even within one instant.
    pub order: u32,
    /// Its status.
    pub status: SubscriptionStatus,
    /// The time since which it has this status.
    pub since: Timestamp,
    /// The time at which it and all its controls were enabled (STD-40).
    pub enabled_at: Timestamp,
    /// The time at which controls start whose Config rule another standard shares; `None` if they do not wait (FND-41).
    pub shared_rules_from: Option<Timestamp>,
    /// `StandardsInput` as sent (STD-20).
    pub input: BTreeMap<String, String>,
    /// IDs of security controls that have not been added to the standard yet (SEC-50).
    #[serde(deserialize_with = "interned::read")]
    pub absent: BTreeSet<&'static str>,
    /// Standard controls that were changed, by the last part of their ARN. They have separate rows in documents.
    #[serde(skip)]
    pub controls: BTreeMap<&'static str, ControlState>,
}

/// The status of a subscription. Disabling never fails here, so there is no `FAILED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

    /// Returns whether its controls can be listed and changed: `READY_FOR_UPDATES`.
    pub fn is_updatable(self) -> bool {
        match self {
            SubscriptionStatus::Ready | SubscriptionStatus::Incomplete | SubscriptionStatus::Extending => true,
            SubscriptionStatus::Pending | SubscriptionStatus::Deleting => false,
        }
    }
}

/// The state of a standard control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlState {
    /// True if it is enabled.
    pub enabled: bool,
    /// Time of the last update, even if it changed nothing (CTL-18).
    pub updated_at: Timestamp,
    /// The reason, if one was given.
    pub reason: Option<String>,
}

/// An account's settings of a security control.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ControlSettings {
    /// Custom parameter values by name, each a `ParameterValue`.
    #[serde(deserialize_with = "interned::read")]
    pub parameters: BTreeMap<&'static str, Value>,
    /// `LastUpdateReason`
    pub last_update_reason: Option<String>,
    /// The update that checks do not use yet, if there is one (SEC-36).
    pub updating: Option<ParameterUpdate>,
}

/// An update of parameters that checks do not use yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterUpdate {
    /// The time of the update.
    pub since: Timestamp,
    /// The custom values that checks use until then.
    #[serde(deserialize_with = "interned::read")]
    pub in_use: BTreeMap<&'static str, Value>,
}

/// The configuration recorder of AWS Config in an account and region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfigRecorder {
    /// The recorder records all types, with the service-linked role.
    #[default]
    On,
    /// The recorder does not exist or does not record.
    Off,
    /// The recorder has other settings.
    Custom(RecorderSettings),
}

/// The settings of a configuration recorder (RES-05).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecorderSettings {
    /// The ASFF types that it records; `None` for all.
    #[serde(deserialize_with = "interned::read")]
    pub types: Option<BTreeSet<&'static str>>,
    /// True if it uses a customer-managed role.
    pub has_custom_role: bool,
}

impl ConfigRecorder {
    /// Returns whether it records a type.
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

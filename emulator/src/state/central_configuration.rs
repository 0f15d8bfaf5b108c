//! Central configuration: an organization's configuration policies and the targets they are associated with.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::Timestamp;
use super::names::{AccountId, Region};

/// Central configuration of an organization. It is edited in the home Region and applies there and in linked Regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CentralConfiguration {
    /// The delegated administrator that turned it on.
    pub administrator: AccountId,
    /// The home Region.
    pub home: Region,
    /// The time at which it becomes `ENABLED`; until then it is `PENDING` (CCF-05).
    pub enabled_at: Timestamp,
    /// The Regions under central configuration: the home Region and those linked to it (CCF-07, CCF-28).
    pub regions: BTreeSet<Region>,
    /// Policies by id.
    pub policies: BTreeMap<String, ConfigurationPolicy>,
    /// The association of a target itself, by the ID of the account, unit or root. Inherited ones are not stored.
    pub applied: BTreeMap<String, Applied>,
    /// The result of applying the governing policy to each target, by the target's ID.
    pub settled: BTreeMap<String, Settled>,
}

/// A configuration policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigurationPolicy {
    /// Its id, a UUID.
    pub id: String,
    /// Its name, unique within the organization.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// The settings it applies.
    pub content: PolicyContent,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Time of the last change.
    pub updated_at: Timestamp,
}

/// The settings that a policy applies to the accounts it governs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyContent {
    /// Security Hub is disabled.
    Off,
    /// Security Hub is enabled.
    On {
        /// ARNs of the standards to enable. All other standards are disabled.
        standards: Vec<String>,
        /// The controls to enable in these standards.
        controls: ChosenControls,
        /// `SecurityControlCustomParameters` as sent: a JSON list, if present.
        parameters: Option<Value>,
    },
}

/// The controls to enable in the standards of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChosenControls {
    /// Only these controls.
    Only(Vec<String>),
    /// All controls except these, including those added later.
    AllBut(Vec<String>),
}

impl ChosenControls {
    /// Returns whether a control is enabled.
    pub fn has(&self, id: &str) -> bool {
        match self {
            ChosenControls::Only(ids) => ids.iter().any(|of| of == id),
            ChosenControls::AllBut(ids) => ids.iter().all(|of| of != id),
        }
    }

    /// The control IDs that the policy lists, whether to enable or to disable them.
    pub fn named(&self) -> &[String] {
        match self {
            ChosenControls::Only(ids) | ChosenControls::AllBut(ids) => ids,
        }
    }
}

/// The configuration policy of an account or unit, or the account itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Governance {
    /// The configuration policy with this ID.
    Policy(String),
    /// The account itself.
    SelfManaged,
}

/// The association of a target itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applied {
    /// The policy, or the account itself.
    pub governance: Governance,
    /// Time of the last change.
    pub updated_at: Timestamp,
}

/// The result of applying the governing policy to a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settled {
    /// Time of the last change.
    pub updated_at: Timestamp,
    /// The result.
    pub outcome: Outcome,
}

/// The result of applying a policy to a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Not applied yet.
    Pending,
    /// Fully applied.
    Success,
    /// Not fully applied, with the reason.
    Failed(String),
}

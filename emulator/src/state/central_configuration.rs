//! Central configuration: the policies of an organization, and to what they are applied.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::clock::Timestamp;
use super::names::{AccountId, Region};

/// Central configuration of an organization; it writes in the home Region and has effect there and in linked ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CentralConfiguration {
    /// The delegated administrator that turned it on.
    pub administrator: AccountId,
    /// The home Region.
    pub home: Region,
    /// From when it is `ENABLED`; `PENDING` until then (CCF-05).
    pub enabled_at: Timestamp,
    /// The Regions that it has taken over: the home Region and those linked to it (CCF-07, CCF-28).
    pub taken: BTreeSet<Region>,
    /// Policies by id.
    pub policies: BTreeMap<String, ConfigurationPolicy>,
    /// What is applied to a target itself, by the id of the account, unit or root.
    pub applied: BTreeMap<String, Applied>,
    /// How it went with each target that something governs, by its id.
    pub settled: BTreeMap<String, Settled>,
}

/// A configuration policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationPolicy {
    /// Its id, a UUID.
    pub id: String,
    /// Its name, which no other has.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it says.
    pub content: PolicyContent,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What a policy says of the accounts that it governs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyContent {
    /// Their hubs are off.
    Off,
    /// Their hubs are on.
    On {
        /// ARNs of the standards that are enabled, and no others.
        standards: Vec<String>,
        /// Which controls of them.
        controls: ChosenControls,
        /// `SecurityControlCustomParameters`, as they were given: a JSON list, if any.
        parameters: Option<Value>,
    },
}

/// Which controls of the enabled standards are on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChosenControls {
    /// These.
    Only(Vec<String>),
    /// All but these, those to come too.
    AllBut(Vec<String>),
}

impl ChosenControls {
    /// Whether a control is on.
    pub fn has(&self, id: &str) -> bool {
        match self {
            ChosenControls::Only(ids) => ids.iter().any(|of| of == id),
            ChosenControls::AllBut(ids) => ids.iter().all(|of| of != id),
        }
    }

    /// The controls that are named, to be on or to be off.
    pub fn named(&self) -> &[String] {
        match self {
            ChosenControls::Only(ids) | ChosenControls::AllBut(ids) => ids,
        }
    }
}

/// What governs an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Governance {
    /// The policy of this id.
    Policy(String),
    /// The account itself.
    SelfManaged,
}

/// What is applied to a target itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// What.
    pub governance: Governance,
    /// Since when.
    pub updated_at: Timestamp,
}

/// How it went with a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// When.
    pub updated_at: Timestamp,
    /// How.
    pub outcome: Outcome,
}

/// How it went with a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is yet to be done.
    Pending,
    /// All is done.
    Success,
    /// Something could not be done, and why.
    Failed(String),
}

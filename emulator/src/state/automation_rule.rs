//! Automation rules, which change findings as they arrive.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::clock::Timestamp;

/// An automation rule of the classic API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutomationRule {
    /// Position in the order of creation.
    pub number: u64,
    /// The UUID at the end of its ARN.
    pub id: String,
    /// `RuleName`
    pub name: String,
    /// `Description`
    pub description: String,
    /// `RuleOrder`, 1 to 1000. Rules with a lower order run first.
    pub order: u32,
    /// True if the rule is evaluated.
    pub is_enabled: bool,
    /// True if evaluation stops after this rule has matched.
    pub is_terminal: bool,
    /// An `AutomationRulesFindingFilters`, as it was sent (FLT-08).
    pub criteria: Map<String, Value>,
    /// The one `AutomationRulesAction`, as it was sent (ARU-09).
    pub actions: Vec<Value>,
    /// Tags of the rule.
    pub tags: BTreeMap<String, String>,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Time of the last change.
    pub updated_at: Timestamp,
    /// The ARN of the principal that created it.
    pub created_by: String,
}

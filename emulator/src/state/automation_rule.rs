//! A rule that changes findings as they arrive.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::clock::Timestamp;

/// An automation rule of the classic half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutomationRule {
    /// Its place in the order of making.
    pub number: u64,
    /// The UUID at the end of its ARN.
    pub id: String,
    /// `RuleName`
    pub name: String,
    /// `Description`
    pub description: String,
    /// `RuleOrder`, 1 … 1000: rules of lower order come first.
    pub order: u32,
    /// Whether it is evaluated.
    pub is_enabled: bool,
    /// Whether no further rule is evaluated after it has matched.
    pub is_terminal: bool,
    /// An `AutomationRulesFindingFilters`, as it was sent (FLT-08).
    pub criteria: Map<String, Value>,
    /// The one `AutomationRulesAction`, as it was sent (ARU-09).
    pub actions: Vec<Value>,
    /// Tags of the rule.
    pub tags: BTreeMap<String, String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// The ARN of the principal that made it.
    pub created_by: String,
}

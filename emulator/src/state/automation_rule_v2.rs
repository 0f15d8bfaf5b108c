//! Automation rules of the V2 half.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::Timestamp;

/// An automation rule of the V2 half.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutomationRuleV2 {
    /// Position in the order of creation.
    pub number: u64,
    /// `RuleId`, a UUID, also the last part of its ARN.
    pub id: String,
    /// Its name, which need not be unique.
    pub name: String,
    /// Its description.
    pub description: String,
    /// `RuleOrder`: rules with a smaller number run first.
    pub order: f32,
    /// True if the rule runs.
    pub is_enabled: bool,
    /// The findings or resources that the rule applies to.
    pub criteria: CriteriaV2,
    /// The action of the rule.
    pub action: ActionV2,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The time of the last change.
    pub updated_at: Timestamp,
}

/// The criteria of a rule: composite filters, as they were sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CriteriaV2 {
    /// The rule applies to findings.
    Findings(Value),
    /// The rule applies to resources.
    Resources(Value),
}

/// The action of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionV2 {
    /// Sets attributes of a finding. An attribute that is `None` does not change.
    UpdateFinding {
        /// The severity.
        severity_id: Option<u8>,
        /// The status.
        status_id: Option<u8>,
        /// The comment.
        comment: Option<String>,
    },
    /// Creates a ticket for a finding.
    CreateTicket {
        /// The ARN of the connector.
        connector_arn: String,
    },
    /// Sets the criticality of a resource.
    SetCriticality(String),
}

//! Automation rules of the V2 half.

use std::collections::BTreeMap;

use serde_json::Value;

use super::clock::Timestamp;

/// An automation rule of the V2 half.
#[derive(Clone, Debug, PartialEq)]
pub struct AutomationRuleV2 {
    /// `RuleId`, a UUID, also the last part of its ARN.
    pub id: String,
    /// Its name, which need not be unique.
    pub name: String,
    /// Its description.
    pub description: String,
    /// `RuleOrder`: rules with a smaller number run first.
    pub order: f32,
    /// Whether it runs.
    pub is_enabled: bool,
    /// What it applies to.
    pub criteria: CriteriaV2,
    /// What it does.
    pub action: ActionV2,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The time of the last change.
    pub updated_at: Timestamp,
}

/// What a rule applies to: composite filters, as they were sent.
#[derive(Clone, Debug, PartialEq)]
pub enum CriteriaV2 {
    /// Findings.
    Findings(Value),
    /// Resources.
    Resources(Value),
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionV2 {
    /// Sets attributes of a finding; `None` leaves one unchanged.
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

//! `recommended_policies`: what GetRecommendedPolicyV2 returns for findings about unused permissions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::refused::{Refused, apply_each};
use crate::domain::accounts::recommended_policies;
use crate::scenario::check::{Check, not_null};
use crate::scenario::files::Span;
use crate::scenario::spanned::{Node, Spanned};
use crate::state::{RecommendedPolicy, Timestamp, World};
use crate::units::instant;

/// Recommended policy of a finding of IAM Access Analyzer about unused permissions. GetRecommendedPolicyV2 returns it after
/// GenerateRecommendedPolicyV2 was called. A finding without an entry has one step, which detaches the policy.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "RecommendedPolicy")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// ID of a finding of the scenario: its `finding_info.uid`, which is `Id` in ASFF, or its `metadata.uid`.
    #[schemars(with = "String")]
    finding: Option<Spanned<String>>,
    /// If true, the account of the finding has already called GenerateRecommendedPolicyV2. Default: false.
    #[serde(default)]
    generated: bool,
    /// Status. Default: FAILED if there is an `error`, SUCCEEDED otherwise.
    #[schemars(transform = not_null)]
    status: Option<Spanned<Status>>,
    /// Steps that remove the unused permissions.
    #[serde(default)]
    steps: Vec<Step>,
    /// Reason why the policy could not be generated.
    #[schemars(transform = not_null)]
    error: Option<Spanned<Failure>>,
}

/// Status of a recommended policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(rename = "RecommendedPolicyStatus")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    /// The policy is being generated.
    InProgress,
    /// The policy was generated.
    Succeeded,
    /// The policy could not be generated.
    Failed,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Status::InProgress => "IN_PROGRESS",
            Status::Succeeded => "SUCCEEDED",
            Status::Failed => "FAILED",
        }
    }
}

/// A step that removes unused permissions.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "RecommendationStep")]
#[serde(deny_unknown_fields)]
struct Step {
    /// Recommended action.
    #[schemars(with = "Action")]
    action: Option<Action>,
    /// Document of the existing policy.
    #[schemars(transform = not_null)]
    existing_policy: Option<Node>,
    /// ARN or name of the existing policy.
    #[schemars(transform = not_null)]
    existing_policy_id: Option<String>,
    /// Time of the last change of the existing policy, such as 2026-01-15T09:00:00Z.
    #[schemars(transform = not_null)]
    policy_updated_at: Option<Spanned<String>>,
    /// Document of the policy that replaces the existing one.
    #[schemars(transform = not_null)]
    recommended_policy: Option<Node>,
}

/// Recommended action.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "RecommendedAction")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Action {
    /// Create a policy with fewer permissions, which replaces the existing one.
    CreatePolicy,
    /// Detach the existing policy.
    DetachPolicy,
}

/// Reason why a policy could not be generated.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "RecommendationError")]
#[serde(deny_unknown_fields)]
struct Failure {
    /// Code.
    #[schemars(with = "String")]
    code: Option<String>,
    /// Message.
    #[schemars(with = "String")]
    message: Option<String>,
}

/// The policy of a finding.
#[derive(Clone, Debug)]
pub(in crate::scenario) struct Entry {
    span: Span,
    is_generated: bool,
    policy: RecommendedPolicy,
}

/// Policies by the ID of their finding.
pub(in crate::scenario) type Valid = BTreeMap<String, Entry>;

/// Checks the entries. An entry of a later file replaces an earlier one for the same finding; two entries for one finding
/// in a file are an error.
pub(super) fn check(written: Vec<Declared>, check: &mut Check) -> Valid {
    let mut policies = Valid::new();
    for entry in written {
        let status = status(&entry, check);
        let steps = entry.steps.iter().filter_map(|written| step(written, check)).collect();
        let error = entry.error.map(|error| json!({ "Code": error.value.code, "Message": error.value.message }));
        let Some(finding) = entry.finding else { continue };
        if let Some(earlier) = policies.get(&finding.value).map(|earlier: &Entry| earlier.span)
            && earlier.file == finding.span.file
        {
            let line = check.line(earlier, finding.span);
            let message = format!("`{}` already has a recommended policy ({line})", finding.value);
            check.push(check.at(finding.span, message).expected("at most one entry for each finding"));
        }
        let policy = RecommendedPolicy { status: status.as_str(), steps, error };
        policies.insert(finding.value, Entry { span: finding.span, is_generated: entry.generated, policy });
    }
    policies
}

/// The status of an entry. A policy has an error if and only if it has failed.
fn status(entry: &Declared, check: &mut Check) -> Status {
    match (&entry.status, &entry.error) {
        (None, None) => Status::Succeeded,
        (None, Some(_)) => Status::Failed,
        (Some(status), None) => {
            if status.value == Status::Failed {
                let diagnostic = check.at(status.span, "`error` is missing for a FAILED policy");
                check.push(diagnostic.expected("an `error` with `code` and `message`"));
            }
            status.value
        }
        (Some(status), Some(error)) => {
            if status.value != Status::Failed {
                let status = status.value.as_str();
                let message = format!("`error` is only allowed for a FAILED policy, but the status is {status}");
                check.push(check.at(error.span, message).expected("`status: FAILED`, or no `error`"));
            }
            status.value
        }
    }
}

/// A step as GetRecommendedPolicyV2 returns it.
fn step(written: &Step, check: &mut Check) -> Option<Value> {
    let action = match written.action? {
        Action::CreatePolicy => "CREATE_POLICY",
        Action::DetachPolicy => "DETACH_POLICY",
    };
    let mut members = Map::from_iter([("RecommendedAction".to_owned(), json!(action))]);
    let mut set = |name: &str, value: Option<String>| members.extend(value.map(|it| (name.to_owned(), json!(it))));
    let document = |node: &Option<Node>| node.as_ref().map(|node| node.to_json().to_string());
    set("ExistingPolicy", document(&written.existing_policy));
    set("ExistingPolicyId", written.existing_policy_id.clone());
    set("RecommendedPolicy", document(&written.recommended_policy));
    if let Some(time) = &written.policy_updated_at {
        if instant(&time.value).is_err() {
            let diagnostic = check.at(time.span, format!("`{}` is not a valid time", time.value));
            check.push(diagnostic.expected("a time such as 2026-01-15T09:00:00Z"));
        }
        set("PolicyUpdatedAt", Some(time.value.clone()));
    }
    Some(json!({ "UnusedPermissions": members }))
}

/// The policies by the ID of their finding, for the directory.
pub(super) fn policies(valid: &Valid) -> BTreeMap<String, RecommendedPolicy> {
    valid.iter().map(|(finding, entry)| (finding.clone(), entry.policy.clone())).collect()
}

/// Checks that the findings of the policies are stored and are about unused permissions, and generates those policies that
/// were already generated.
pub(super) fn apply(valid: &Valid, world: &World, now: Timestamp) -> Vec<Refused> {
    apply_each(valid, world, |transaction, (finding, entry)| {
        let declared = recommended_policies::declare(transaction, world, finding, entry.is_generated, now);
        declared.map_err(|error| (entry.span, error.message.into_owned()))
    })
}

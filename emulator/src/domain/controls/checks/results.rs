//! The results of a control for the resources of an account and Region.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use securityhub_fixtures::standards::Control;
use serde_json::Value;

use super::names;
use super::names::ACCOUNT_TYPE;
use super::{recorder, resource_values};
use crate::domain::controls::standards::security_controls;
use crate::invariant::Invariant;
use crate::state::{
    CheckResult, Comparison, ComplianceStatus, ConfigRecorder, Hub, HubKey, ParameterCondition, Resource, Resources,
    Timestamp,
};

/// Delay between the deletion of the last resource of a type and the finding on the account (FND-33).
pub(super) const EMPTY_SCOPE_DELAY: SignedDuration = SignedDuration::from_hours(18);

/// Reason code of AWS Config for a resource that was deleted or is out of the scope of a rule (FND-33).
pub const NOT_APPLICABLE: &str = "CONFIG_RETURNS_NOT_APPLICABLE";

/// The account, Region and time of a check.
#[derive(Debug)]
pub(super) struct CheckContext<'r> {
    pub(super) key: &'r HubKey,
    pub(super) hub: &'r Hub,
    pub(super) resources: &'r Resources,
    /// The types that enabled controls need and the recorder does not record (FND-36).
    pub(super) unrecorded: BTreeSet<&'static str>,
    pub(super) now: Timestamp,
}

/// One result of a control.
#[derive(Debug, PartialEq)]
pub(super) struct Check<'r> {
    /// The resource; none for the account itself.
    pub(super) resource: Option<&'r Resource>,
    /// The result.
    pub(super) result: CheckResult,
    /// A text that replaces the description of the reason code.
    pub(super) text: Option<String>,
    /// True if the result updates a stored finding only, without creating one (FND-35).
    pub(super) only_if_stored: bool,
}

impl<'r> Check<'r> {
    fn of(resource: Option<&'r Resource>, result: CheckResult) -> Check<'r> {
        Check { resource, result, text: None, only_if_stored: false }
    }

    /// A resource that was deleted or is out of the scope of its control.
    pub(super) fn not_applicable(resource: &'r Resource) -> Check<'r> {
        Check::of(Some(resource), with_reason(ComplianceStatus::NotAvailable, NOT_APPLICABLE))
    }

    /// Returns whether the result still applies; otherwise its finding is archived (FND-33).
    pub(super) fn applies(&self) -> bool {
        self.result.reason.as_deref() != Some(NOT_APPLICABLE)
    }

    fn on_account(account: Option<&Resource>, control: &Control, result: CheckResult) -> Check<'r> {
        Check { text: account.and_then(|account| annotation(control, account)), ..Check::of(None, result) }
    }
}

fn plain(status: ComplianceStatus) -> CheckResult {
    CheckResult { status, reason: None }
}

fn with_reason(status: ComplianceStatus, reason: &str) -> CheckResult {
    CheckResult { status, reason: Some(reason.to_owned()) }
}

/// All results of a control; none if its Region does not support it (FND-39).
pub(super) fn of<'r>(context: &CheckContext<'r>, control: &Control) -> Vec<Check<'r>> {
    if !control.is_available(context.key.region.as_str()) {
        return Vec::new();
    }
    let declared = context.resources.declared.get(context.key).map(Vec::as_slice).unwrap_or_default();
    let account = declared.iter().find(|resource| resource.resource_type == ACCOUNT_TYPE);
    if control.id == recorder::CONTROL {
        return vec![config(context, control, account)];
    }
    let in_scope: Vec<&'r Resource> =
        declared.iter().filter(|resource| control.resource_types.contains(&resource.resource_type)).collect();
    // A control based on a rule of AWS Config needs the recorder (FND-34, FND-38).
    let recorder = &context.hub.config_recorder;
    if *recorder == ConfigRecorder::Off && control.config_rule.is_some() {
        return unrecorded(&in_scope);
    }
    if names::is_on_account(control) {
        let result = account.map_or(plain(ComplianceStatus::Passed), |account| result(context, control, account));
        return vec![Check::on_account(account, control, result)];
    }
    let is_recorded = control.resource_types.iter().any(|name| recorder.records(name));
    if !is_recorded && control.config_rule.is_some() {
        let passes = control.resource_types.iter().any(|name| recorder::is_global(name));
        return if passes { nothing_to_check(context) } else { unrecorded(&in_scope) };
    }
    on_resources(context, control, &in_scope)
}

/// A result for each resource in scope, or one on the account if there is none (FND-30, FND-31, FND-33).
fn on_resources<'r>(context: &CheckContext<'r>, control: &Control, in_scope: &[&'r Resource]) -> Vec<Check<'r>> {
    // Only buckets of trails are checked; these are the buckets with a declared result (CIS-13).
    let is_on_trail_bucket = matches!(control.id, "CloudTrail.6" | "CloudTrail.7");
    let vpcs: BTreeSet<String> = values(context.hub, control, "vpcIds").into_iter().collect();
    let is_checked = |resource: &&&Resource| {
        (!is_on_trail_bucket || resource.results.contains_key(control.id)) && is_named(resource, &vpcs)
    };
    let check = |resource: &&'r Resource| Check {
        text: annotation(control, resource),
        ..Check::of(Some(*resource), result(context, control, resource))
    };
    let mut checks: Vec<Check<'r>> = in_scope.iter().filter(is_checked).map(check).collect();
    let deleted_at = |name: &&'static str| context.resources.emptied_at.get(&(context.key.clone(), *name));
    let is_within_delay =
        |deleted_at: &Timestamp| deleted_at.checked_add(EMPTY_SCOPE_DELAY).is_ok_and(|end| context.now < end);
    let is_within_delay = control.resource_types.iter().filter_map(deleted_at).any(is_within_delay);
    // If resources exist but none applies, there is no finding on the account (FND-33).
    if !is_on_trail_bucket && !is_within_delay && in_scope.is_empty() {
        checks.extend(nothing_to_check(context));
    }
    checks
}

/// Returns whether the parameter selects a VPC; without a value all are checked (SEC-39).
fn is_named(resource: &Resource, vpcs: &BTreeSet<String>) -> bool {
    let name = resource.id.rsplit('/').next().or_report("a split text has a last part").unwrap_or_default();
    vpcs.is_empty() || vpcs.contains(name)
}

/// The result if there is nothing to check: PASSED on the account, unless the scenario declares the hub as quiet
/// (FND-31, RES-06).
fn nothing_to_check<'r>(context: &CheckContext<'_>) -> Vec<Check<'r>> {
    let passed = Check::of(None, with_reason(ComplianceStatus::Passed, "CONFIG_EVALUATIONS_EMPTY"));
    if context.hub.is_quiet { Vec::new() } else { vec![passed] }
}

/// One warning on the account; findings that exist already become warnings too (FND-34, FND-35).
fn unrecorded<'r>(in_scope: &[&'r Resource]) -> Vec<Check<'r>> {
    let warning = |resource| Check::of(resource, with_reason(ComplianceStatus::Warning, "CONFIG_ACCESS_DENIED"));
    let before = in_scope.iter().map(|resource| Check { only_if_stored: true, ..warning(Some(*resource)) });
    std::iter::once(warning(None)).chain(before).collect()
}

/// The result of Config.1: the declared one, or the one that follows from the recorder (RES-05).
fn config<'r>(context: &CheckContext<'_>, control: &Control, account: Option<&Resource>) -> Check<'r> {
    if let Some(declared) = account.and_then(|account| account.results.get(control.id)) {
        return Check::on_account(account, control, declared.clone());
    }
    let wants_own_role = security_controls::checked_parameters(context.hub, control)
        .get("includeConfigServiceLinkedRoleCheck")
        .and_then(|parameter| parameter.pointer("/Value/Boolean")?.as_bool())
        .unwrap_or(true);
    match recorder::failure(&context.hub.config_recorder, &context.unrecorded, wants_own_role) {
        None => Check::on_account(account, control, plain(ComplianceStatus::Passed)),
        Some((reason, text)) => {
            let check = Check::on_account(account, control, with_reason(ComplianceStatus::Failed, reason));
            Check { text: check.text.or(text), ..check }
        }
    }
}

fn annotation(control: &Control, resource: &Resource) -> Option<String> {
    resource.annotations.get(control.id).cloned()
}

/// The result of a control for a resource: the declared one, otherwise the one that follows from parameters, tags and
/// values of the resource, otherwise PASSED (RES-02, RES-08, RES-09).
fn result(context: &CheckContext<'_>, control: &Control, resource: &Resource) -> CheckResult {
    let hub = context.hub;
    if let Some(declared) = resource.results.get(control.id) {
        return declared.clone();
    }
    let mut conditions = resource.conditions.iter().filter(|condition| condition.control == control.id);
    let is_tagged = match (&resource.tags, tag_parameter(control)) {
        (Some(tags), Some(parameter)) => has_tags(tags, &values(hub, control, parameter)),
        _ => true,
    };
    let mut checked = control.parameters.iter().filter_map(|parameter| Some((parameter, parameter.check.as_ref()?)));
    let is_wrong = |details: &Value| {
        checked.any(|(parameter, check)| {
            resource_values::fails(check, parameter, &values(hub, control, parameter.name), details, context.now)
        })
    };
    let fails = !is_tagged
        || resource.details.as_ref().is_some_and(is_wrong)
        || conditions.any(|condition| holds(condition, &values(hub, control, condition.parameter)));
    plain(if fails { ComplianceStatus::Failed } else { ComplianceStatus::Passed })
}

fn tag_parameter(control: &Control) -> Option<&'static str> {
    let names = control.parameters.iter().map(|parameter| parameter.name);
    names.into_iter().find(|name| matches!(*name, "requiredTagKeys" | "requiredKeyTags"))
}

/// The current values of a parameter: one, or several for a list; none if it has no value.
fn values(hub: &Hub, control: &Control, parameter: &str) -> Vec<String> {
    let parameters = security_controls::checked_parameters(hub, control);
    let value = parameters.get(parameter).and_then(|it| it.get("Value")?.as_object()?.values().next().cloned());
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        None => Vec::new(),
        Some(Value::Array(values)) => values.iter().map(text).collect(),
        Some(value) => vec![text(&value)],
    }
}

/// Returns whether the current values of a parameter satisfy the declared condition for failing; without a value they
/// do not (RES-09).
fn holds(condition: &ParameterCondition, values: &[String]) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    let compared = || {
        let [value] = values else { return None };
        number(value)?.partial_cmp(&number(&condition.value)?)
    };
    let is_equal = |value: &String| {
        *value == condition.value || number(value).is_some() && number(value) == number(&condition.value)
    };
    match condition.comparison {
        Comparison::Equal => values.iter().any(is_equal),
        Comparison::Unequal => !values.is_empty() && !values.iter().any(is_equal),
        Comparison::More => compared().is_some_and(std::cmp::Ordering::is_gt),
        Comparison::AtLeast => compared().is_some_and(std::cmp::Ordering::is_ge),
        Comparison::Less => compared().is_some_and(std::cmp::Ordering::is_lt),
        Comparison::AtMost => compared().is_some_and(std::cmp::Ordering::is_le),
    }
}

/// Returns whether there is a customer's tag and all required tags.
pub(super) fn has_tags(tags: &BTreeMap<String, String>, required: &[String]) -> bool {
    let own: BTreeSet<&String> = tags.keys().filter(|key| !key.starts_with("aws:")).collect();
    !own.is_empty() && required.iter().all(|key| own.contains(key))
}

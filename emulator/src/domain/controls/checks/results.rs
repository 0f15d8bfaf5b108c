//! What a control finds on the resources of an account and Region.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use securityhub_fixtures::standards::Control;
use serde_json::Value;

use super::names;
use super::names::ACCOUNT_TYPE;
use super::{carried, recorder};
use crate::domain::controls::standards::security_controls;
use crate::state::{
    CheckResult, Comparison, ComplianceStatus, ConfigRecorder, Hub, HubKey, ParameterCondition, Resource, Resources,
    Timestamp,
};

/// How long after the last resource of a type is gone the account says so (FND-33).
pub(super) const SILENCE: SignedDuration = SignedDuration::from_hours(18);

/// What AWS Config says of a resource that left the scope of a rule, or is gone (FND-33).
pub const NOT_APPLICABLE: &str = "CONFIG_RETURNS_NOT_APPLICABLE";

/// Where controls check, and when.
#[derive(Debug)]
pub(super) struct Scene<'r> {
    pub(super) key: &'r HubKey,
    pub(super) hub: &'r Hub,
    pub(super) resources: &'r Resources,
    /// The types that the recorder lacks and enabled controls need (FND-36).
    pub(super) unrecorded: BTreeSet<&'static str>,
    pub(super) now: Timestamp,
}

/// One thing that a control finds.
#[derive(Debug, PartialEq)]
pub(super) struct Check<'r> {
    /// The resource; none is the account itself.
    pub(super) resource: Option<&'r Resource>,
    /// What is found.
    pub(super) result: CheckResult,
    /// What is said of it, instead of what its reason's code says.
    pub(super) text: Option<String>,
    /// It makes no finding, but changes one that was made before (FND-35).
    pub(super) only_if_stored: bool,
}

impl<'r> Check<'r> {
    fn of(resource: Option<&'r Resource>, result: CheckResult) -> Check<'r> {
        Check { resource, result, text: None, only_if_stored: false }
    }

    /// A resource that left the scope of its control, or is gone.
    pub(super) fn not_applicable(resource: &'r Resource) -> Check<'r> {
        Check::of(Some(resource), because(ComplianceStatus::NotAvailable, NOT_APPLICABLE))
    }

    /// What does not apply is found no more: its finding is archived (FND-33).
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

fn because(status: ComplianceStatus, reason: &str) -> CheckResult {
    CheckResult { status, reason: Some(reason.to_owned()) }
}

/// All that a control finds; nothing where its Region lacks it (FND-39).
pub(super) fn of<'r>(scene: &Scene<'r>, control: &Control) -> Vec<Check<'r>> {
    if !control.is_available(scene.key.region.as_str()) {
        return Vec::new();
    }
    let declared = scene.resources.declared.get(scene.key).map(Vec::as_slice).unwrap_or_default();
    let account = declared.iter().find(|resource| resource.resource_type == ACCOUNT_TYPE);
    if control.id == recorder::CONTROL {
        return vec![config(scene, control, account)];
    }
    let in_scope: Vec<&'r Resource> =
        declared.iter().filter(|resource| control.resource_types.contains(&resource.resource_type)).collect();
    // A rule of AWS Config needs the recorder (FND-34, FND-38).
    let recorder = &scene.hub.config_recorder;
    if *recorder == ConfigRecorder::Off && control.config_rule.is_some() {
        return unrecorded(&in_scope);
    }
    if names::is_on_account(control) {
        let result = account.map_or(plain(ComplianceStatus::Passed), |account| result(scene, control, account));
        return vec![Check::on_account(account, control, result)];
    }
    let is_recorded = control.resource_types.iter().any(|name| recorder.records(name));
    if !is_recorded && control.config_rule.is_some() {
        let passes = control.resource_types.iter().any(|name| recorder::is_global(name));
        return if passes { empty(scene) } else { unrecorded(&in_scope) };
    }
    on_resources(scene, control, &in_scope)
}

/// Each resource in scope; the account, where no resource is (FND-30, FND-31, FND-33).
fn on_resources<'r>(scene: &Scene<'r>, control: &Control, in_scope: &[&'r Resource]) -> Vec<Check<'r>> {
    // Only the bucket of a trail is checked, which is one that something is said of (CIS-13).
    let is_on_trail_bucket = matches!(control.id, "CloudTrail.6" | "CloudTrail.7");
    let vpcs: BTreeSet<String> = values(scene.hub, control, "vpcIds").into_iter().collect();
    let is_checked = |resource: &&&Resource| {
        (!is_on_trail_bucket || resource.results.contains_key(control.id)) && is_named(resource, &vpcs)
    };
    let check = |resource: &&'r Resource| Check {
        text: annotation(control, resource),
        ..Check::of(Some(*resource), result(scene, control, resource))
    };
    let mut checks: Vec<Check<'r>> = in_scope.iter().filter(is_checked).map(check).collect();
    let gone = |name: &&'static str| scene.resources.gone.get(&(scene.key.clone(), *name));
    let is_silent = |gone: &Timestamp| gone.checked_add(SILENCE).is_ok_and(|end| scene.now < end);
    let is_silent = control.resource_types.iter().filter_map(gone).any(is_silent);
    // What is there and does not apply leaves no word on the account (FND-33).
    if !is_on_trail_bucket && !is_silent && in_scope.is_empty() {
        checks.extend(empty(scene));
    }
    checks
}

/// Whether a VPC is one that the parameter names; without a value all are checked (SEC-39).
fn is_named(resource: &Resource, vpcs: &BTreeSet<String>) -> bool {
    let name = resource.id.rsplit('/').next().unwrap_or_default();
    vpcs.is_empty() || vpcs.contains(name)
}

/// There is nothing to check, which passes; a quiet hub does not say so (FND-31, RES-06).
fn empty<'r>(scene: &Scene<'_>) -> Vec<Check<'r>> {
    let passed = Check::of(None, because(ComplianceStatus::Passed, "CONFIG_EVALUATIONS_EMPTY"));
    if scene.hub.is_quiet { Vec::new() } else { vec![passed] }
}

/// One warning on the account; findings that were made before warn too (FND-34, FND-35).
fn unrecorded<'r>(in_scope: &[&'r Resource]) -> Vec<Check<'r>> {
    let warning = |resource| Check::of(resource, because(ComplianceStatus::Warning, "CONFIG_ACCESS_DENIED"));
    let before = in_scope.iter().map(|resource| Check { only_if_stored: true, ..warning(Some(*resource)) });
    std::iter::once(warning(None)).chain(before).collect()
}

/// What the control of AWS Config finds: what is declared, or what the recorder is (RES-05).
fn config<'r>(scene: &Scene<'_>, control: &Control, account: Option<&Resource>) -> Check<'r> {
    if let Some(said) = account.and_then(|account| account.results.get(control.id)) {
        return Check::on_account(account, control, said.clone());
    }
    let wants_own_role = security_controls::checked_parameters(scene.hub, control)
        .get("includeConfigServiceLinkedRoleCheck")
        .and_then(|parameter| parameter.pointer("/Value/Boolean")?.as_bool())
        .unwrap_or(true);
    match recorder::fault(&scene.hub.config_recorder, &scene.unrecorded, wants_own_role) {
        None => Check::on_account(account, control, plain(ComplianceStatus::Passed)),
        Some((reason, text)) => {
            let check = Check::on_account(account, control, because(ComplianceStatus::Failed, reason));
            Check { text: check.text.or(text), ..check }
        }
    }
}

fn annotation(control: &Control, resource: &Resource) -> Option<String> {
    resource.annotations.get(control.id).cloned()
}

/// The result of a control on a resource: the declared one, else the one that follows from parameters and from the tags
/// and values of the resource, else PASSED (RES-02, RES-08, RES-09).
fn result(scene: &Scene<'_>, control: &Control, resource: &Resource) -> CheckResult {
    let hub = scene.hub;
    if let Some(said) = resource.results.get(control.id) {
        return said.clone();
    }
    let mut conditions = resource.conditions.iter().filter(|condition| condition.control == control.id);
    let is_tagged = match (&resource.tags, tag_parameter(control)) {
        (Some(tags), Some(parameter)) => has_tags(tags, &values(hub, control, parameter)),
        _ => true,
    };
    let mut checked = control.parameters.iter().filter_map(|parameter| Some((parameter, parameter.check.as_ref()?)));
    let is_wrong = |details: &Value| {
        checked.any(|(parameter, check)| {
            carried::fails(check, parameter, &values(hub, control, parameter.name), details, scene.now)
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

/// The present values of a parameter, one for all but lists; none where it has no value.
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

/// Whether the present values of a parameter compare as they are to fail; without a value they do not (RES-09).
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

/// Whether there is a tag of the customer's, and all that are required.
pub(super) fn has_tags(tags: &BTreeMap<String, String>, required: &[String]) -> bool {
    let own: BTreeSet<&String> = tags.keys().filter(|key| !key.starts_with("aws:")).collect();
    !own.is_empty() && required.iter().all(|key| own.contains(key))
}

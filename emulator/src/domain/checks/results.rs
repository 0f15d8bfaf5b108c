//! What a control finds on the resources of an account and Region (standards.md 4.4, section 7).

use std::collections::BTreeMap;

use securityhub_fixtures::standards::Control;

use crate::domain::standards::security_controls;
use crate::state::{CheckResult, ComplianceStatus, ConfigRecorder, Hub, HubKey, Resource, Resources};

/// The type of the resource that every account is (RES-04).
pub const ACCOUNT_TYPE: &str = "AwsAccount";

/// The control that checks AWS Config itself.
const CONFIG: &str = "Config.1";

/// One thing that a control finds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Check<'r> {
    /// The resource; none is the account itself.
    pub(super) resource: Option<&'r Resource>,
    /// What is found.
    pub(super) result: CheckResult,
}

fn plain(status: ComplianceStatus) -> CheckResult {
    CheckResult { status, reason: None }
}

fn because(status: ComplianceStatus, reason: &str) -> CheckResult {
    CheckResult { status, reason: Some(reason.to_owned()) }
}

/// All that a control finds; nothing where its Region lacks it (FND-39).
pub(super) fn of<'r>(resources: &'r Resources, key: &HubKey, hub: &Hub, control: &Control) -> Vec<Check<'r>> {
    if !control.is_available(key.region.as_str()) {
        return Vec::new();
    }
    let declared = resources.declared.get(key).map(Vec::as_slice).unwrap_or_default();
    let said = |resource: &Resource| resource.results.get(control.id).cloned();
    let of_account = |result| vec![Check { resource: None, result }];
    let account = declared.iter().find(|resource| resource.resource_type == ACCOUNT_TYPE).and_then(said);
    if control.id == CONFIG {
        return of_account(account.unwrap_or_else(|| config(hub.config_recorder)));
    }
    // A rule of AWS Config needs the recorder (FND-34, FND-38).
    if hub.config_recorder == ConfigRecorder::Off && control.config_rule.is_some() {
        return of_account(because(ComplianceStatus::Warning, "CONFIG_ACCESS_DENIED"));
    }
    if is_on_account(control) {
        return of_account(account.unwrap_or(plain(ComplianceStatus::Passed)));
    }
    let in_scope = declared.iter().filter(|resource| control.resource_types.contains(&resource.resource_type.as_str()));
    let checks: Vec<Check<'_>> = in_scope
        // Only the bucket of a trail is checked, which the scenario names (CIS-13).
        .filter(|resource| !is_on_trail_bucket(control) || said(resource).is_some())
        .map(|resource| Check { resource: Some(resource), result: result(hub, control, resource) })
        .collect();
    if checks.is_empty() && !is_on_trail_bucket(control) && !resources.quiet.contains(key) {
        return of_account(because(ComplianceStatus::Passed, "CONFIG_EVALUATIONS_EMPTY"));
    }
    checks
}

/// Controls of the account, and those of metric filters, whose findings are always on the account (RES-04, CIS-07).
pub fn is_on_account(control: &Control) -> bool {
    let number = control.id.strip_prefix("CloudWatch.").and_then(|number| number.parse::<u32>().ok());
    control.resource_types.contains(&ACCOUNT_TYPE) || number.is_some_and(|number| (1..=14).contains(&number))
}

fn is_on_trail_bucket(control: &Control) -> bool {
    matches!(control.id, "CloudTrail.6" | "CloudTrail.7")
}

/// What Config.1 finds (RES-05, FND-36).
fn config(recorder: ConfigRecorder) -> CheckResult {
    match recorder {
        ConfigRecorder::On => plain(ComplianceStatus::Passed),
        ConfigRecorder::Off => because(ComplianceStatus::Failed, "CONFIG_RECORDER_DISABLED"),
    }
}

/// What is declared, or what the tags say, or that it passes (RES-02, RES-08).
fn result(hub: &Hub, control: &Control, resource: &Resource) -> CheckResult {
    if let Some(said) = resource.results.get(control.id) {
        return said.clone();
    }
    let is_tagged = match (&resource.tags, tag_parameter(control)) {
        (Some(tags), Some(parameter)) => has_tags(tags, &required_tags(hub, control, parameter)),
        _ => true,
    };
    plain(if is_tagged { ComplianceStatus::Passed } else { ComplianceStatus::Failed })
}

fn tag_parameter(control: &Control) -> Option<&'static str> {
    let names = control.parameters.iter().map(|parameter| parameter.name);
    names.into_iter().find(|name| matches!(*name, "requiredTagKeys" | "requiredKeyTags"))
}

fn required_tags(hub: &Hub, control: &Control, parameter: &str) -> Vec<String> {
    let parameters = security_controls::current_parameters(hub, control);
    let keys =
        parameters.get(parameter).and_then(|parameter| parameter.pointer("/Value/StringList")?.as_array().cloned());
    keys.into_iter().flatten().filter_map(|key| key.as_str().map(str::to_owned)).collect()
}

/// Whether there is a tag of the customer's, and all that are required.
fn has_tags(tags: &BTreeMap<String, String>, required: &[String]) -> bool {
    let mut own = tags.keys().filter(|key| !key.starts_with("aws:"));
    own.next().is_some() && required.iter().all(|key| tags.contains_key(key))
}

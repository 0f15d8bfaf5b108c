//! `resources`: resources to check, and their results (RES-01 … RES-09).

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use securityhub_fixtures::standards::{CONTROLS, Control, STANDARDS};
use serde::Deserialize;

use super::all_or::AllOr;
use super::conditions;
use super::regions::{self, RegionText};
use crate::domain::controls::checks;
use crate::scenario::check::{AccountText, Check};
use crate::scenario::spanned::{Entries, Node, Spanned};
use crate::scenario::suggest;
use crate::state::{AccountId, CheckResult, ComplianceStatus, HubKey, Region, Resource};

/// A resource of an account that the controls of the enabled standards check. It passes all controls unless this entry
/// says otherwise. Every account has a resource of type AwsAccount, to which account-level controls apply.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Resource")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Account of the resource.
    account: AccountText,
    /// Regions of the resource: all Regions of the scenario, or a list.
    regions: AllOr<RegionText>,
    /// ASFF type, such as AwsS3Bucket, or CloudFormation type, such as AWS::S3::Bucket.
    #[serde(rename = "type")]
    resource_type: Spanned<String>,
    /// ARN or name. The ARN of a bucket, user, role, function or topic is derived from the name. Accounts have no ID.
    #[schemars(extend("minLength" = 1))]
    id: Option<Spanned<String>>,
    /// Controls that the resource fails, by security control ID such as S3.5 or by standard-specific ID such as PCI.S3.5,
    /// or * for all.
    #[serde(default)]
    fails: Vec<Spanned<String>>,
    /// Controls with the result WARNING, each with a reason code.
    #[serde(default)]
    warns: Entries<Spanned<String>>,
    /// Controls with the result NOT_AVAILABLE, each with a reason code.
    #[serde(default)]
    not_available: Entries<Spanned<String>>,
    /// Controls that do not apply to the resource. Their findings are archived.
    #[serde(default)]
    not_applicable: Vec<Spanned<String>>,
    /// Controls that the resource fails depending on the value of a control parameter.
    #[serde(default)]
    when: Vec<conditions::Declared>,
    /// Annotations for findings of the resource, by control.
    #[serde(default)]
    annotation: Entries<String>,
    /// Reason codes of failed controls, by control.
    #[serde(default)]
    reasons: Entries<Spanned<String>>,
    /// Tags, which tagging controls check. By default, the resource has all tags that they require.
    tags: Option<Entries<String>>,
    /// Resource details for findings, as in Resources[].Details of the resource type. If the details contain the value
    /// that a control parameter refers to, such as BackupRetentionPeriod, the control compares it with the parameter.
    /// For types without details in ASFF, use the properties of AWS Config; for an account, use PasswordPolicy.
    details: Option<Node>,
}

/// The Regions that resources can be in.
pub(in crate::scenario) struct Context<'a> {
    /// The Regions that `all` selects.
    pub(in crate::scenario) all: &'a [Region],
    /// The Regions that a list may name.
    pub(in crate::scenario) named: &'a [Region],
}

/// Checks all entries.
pub(in crate::scenario) fn check(
    written: &[Declared],
    context: &Context<'_>,
    check: &mut Check,
) -> BTreeMap<HubKey, Vec<Resource>> {
    let mut declared: BTreeMap<HubKey, Vec<Resource>> = BTreeMap::new();
    for entry in written {
        if check.is_full() {
            break;
        }
        let account = check.account(&entry.account.0);
        let in_regions = match &entry.regions {
            AllOr::All => context.all.to_vec(),
            AllOr::Listed(names) => {
                names.iter().filter_map(|name| regions::check_one(name, context.named, check)).collect()
            }
        };
        let resource_type = resource_type(&entry.resource_type, check);
        let is_in_scope = |control: &&Control| {
            control.active && resource_type.is_some_and(|resource_type| checks::checks_type(control, resource_type))
        };
        let in_scope: Vec<&'static Control> = CONTROLS.iter().filter(is_in_scope).collect();
        let resource = Resource {
            resource_type: resource_type.unwrap_or_default(),
            id: String::new(),
            results: results(entry, &in_scope, check),
            annotations: annotations(&entry.annotation, &in_scope, check),
            conditions: entry.when.iter().filter_map(|when| conditions::check(when, &in_scope, check)).collect(),
            tags: entry.tags.clone().map(|tags| tags.0.into_iter().map(|(key, value)| (key.value, value)).collect()),
            details: entry.details.as_ref().map(Node::to_json),
        };
        let (Some(account), Some(resource_type)) = (account, resource_type) else { continue };
        for region in in_regions {
            let id = id(entry, resource_type, account, &region, check);
            declared.entry(HubKey { account, region }).or_default().push(Resource { id, ..resource.clone() });
        }
    }
    declared
}

fn annotations(
    written: &Entries<String>,
    in_scope: &[&'static Control],
    check: &mut Check,
) -> BTreeMap<&'static str, String> {
    let read = |(name, text): &(Spanned<String>, String)| Some((control(name, in_scope, check)?.id, text.clone()));
    written.0.iter().filter_map(read).collect()
}

/// The ASFF type of a text. A type that no control checks is an error.
pub(in crate::scenario) fn resource_type(written: &Spanned<String>, check: &mut Check) -> Option<&'static str> {
    let found = checks::resource_type(&written.value);
    if found.is_none() {
        let known: BTreeSet<&str> = checks::known_types().collect();
        let message = format!("no control checks resources of type `{}`", written.value);
        let nearest = suggest::nearest(&written.value, known);
        let diagnostic = check.at(written.span, message);
        check.push(diagnostic.expected("an ASFF type such as AwsS3Bucket").suggest(nearest));
    }
    found
}

fn id(entry: &Declared, resource_type: &str, account: AccountId, region: &Region, check: &mut Check) -> String {
    if entry.id.is_none() && resource_type != checks::ACCOUNT_TYPE {
        let diagnostic = check.at(entry.resource_type.span, "the resource has no `id`");
        check.push(diagnostic.expected("its ARN or its name"));
    }
    let name = entry.id.as_ref().map_or("", |id| id.value.as_str());
    checks::resource_id(resource_type, name, account, region)
}

fn results(entry: &Declared, in_scope: &[&'static Control], check: &mut Check) -> BTreeMap<&'static str, CheckResult> {
    let mut results = BTreeMap::new();
    for name in &entry.fails {
        let failed = || CheckResult { status: ComplianceStatus::Failed, reason: None };
        if name.value == "*" {
            results.extend(in_scope.iter().map(|control| (control.id, failed())));
        } else if let Some(control) = control(name, in_scope, check) {
            results.insert(control.id, failed());
        }
    }
    for name in &entry.not_applicable {
        if let Some(control) = control(name, in_scope, check) {
            let reason = Some(checks::NOT_APPLICABLE.to_owned());
            results.insert(control.id, CheckResult { status: ComplianceStatus::NotAvailable, reason });
        }
    }
    let coded = [(&entry.warns, ComplianceStatus::Warning), (&entry.not_available, ComplianceStatus::NotAvailable)];
    for (entries, status) in coded {
        for (name, code) in &entries.0 {
            if let (Some(control), Some(reason)) = (control(name, in_scope, check), reason(code, check)) {
                results.insert(control.id, CheckResult { status, reason: Some(reason) });
            }
        }
    }
    for (name, code) in &entry.reasons.0 {
        let found = control(name, in_scope, check).and_then(|control| results.get_mut(control.id));
        if let Some(result) = found {
            result.reason = reason(code, check);
        }
    }
    results
}

/// The security control with an ID of a security control or of a standard (RES-03).
pub(in crate::scenario) fn control(
    name: &Spanned<String>,
    in_scope: &[&'static Control],
    check: &mut Check,
) -> Option<&'static Control> {
    if check.is_full() {
        return None;
    }
    let of_standard = STANDARDS.iter().find_map(|standard| {
        let prefix = format!("{}/", standard.id);
        let id = name.value.strip_prefix(&prefix).unwrap_or(&name.value);
        let is_whole = id != name.value;
        let is_meant = |own_id: &str, number: &str| own_id == id || is_whole && number == id;
        // A bare number is of no one benchmark.
        let is_bare = !is_whole && id.starts_with(|first: char| first.is_ascii_digit());
        standard
            .controls
            .iter()
            .find(|standard_control| !is_bare && is_meant(standard_control.id, standard_control.number))
            .map(|standard_control| standard_control.control)
    });
    let known = CONTROLS.iter().find(|control| control.active && control.id == name.value).or(of_standard);
    let found = known.filter(|control| in_scope.iter().any(|other| other.id == control.id));
    if found.is_none() && !in_scope.is_empty() {
        let message = match known {
            Some(control) => format!("{} does not check resources of this type", control.id),
            None => format!("unknown control `{}`", name.value),
        };
        let nearest = suggest::nearest(&name.value, in_scope.iter().map(|control| control.id));
        let diagnostic = check.at(name.span, message);
        check.push(diagnostic.expected("a control that checks resources of this type").suggest(nearest));
    }
    found
}

fn reason(code: &Spanned<String>, check: &mut Check) -> Option<String> {
    if check.is_full() {
        return None;
    }
    if checks::known_reasons().any(|known| known == code.value) {
        return Some(code.value.clone());
    }
    let nearest = suggest::nearest(&code.value, checks::known_reasons());
    let diagnostic = check.at(code.span, format!("unknown reason code `{}`", code.value));
    check.push(diagnostic.expected("a reason code such as CONFIG_RULE_EVALUATION_ERROR").suggest(nearest));
    None
}

//! `resources`: resources to check, and their results (RES-01 … RES-09).

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use securityhub_fixtures::standards::{self, CONTROLS, Control, STANDARDS, Standard, StandardControl};
use serde::Deserialize;

use super::all_or::AllOr;
use super::conditions;
use super::regions::{self, RegionText};
use crate::domain::controls::checks;
use crate::scenario::check::{AccountText, Check};
use crate::scenario::spanned::{Entries, Node, Spanned};
use crate::state::{CheckResult, ComplianceStatus, HubKey, Region, Resource};
use crate::suggest;

/// A resource of an account that the controls of the enabled standards check. It passes all controls unless this entry
/// says otherwise. Every account has a resource of type AwsAccount, to which account-level controls apply.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Resource")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Account of the resource.
    #[schemars(with = "AccountText")]
    account: Option<AccountText>,
    /// Regions of the resource: all Regions of the scenario, or a list.
    #[schemars(with = "AllOr<RegionText>")]
    regions: Option<AllOr<RegionText>>,
    /// ASFF type, such as AwsS3Bucket, or CloudFormation type, such as AWS::S3::Bucket.
    #[serde(rename = "type")]
    #[schemars(with = "String")]
    resource_type: Option<Spanned<String>>,
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
    written: &[Spanned<Declared>],
    context: &Context<'_>,
    check: &mut Check,
) -> BTreeMap<HubKey, Vec<Resource>> {
    let mut declared: BTreeMap<HubKey, Vec<Resource>> = BTreeMap::new();
    for entry in written {
        if check.is_full() {
            break;
        }
        let account = entry.account.as_ref().and_then(|account| check.account(&account.0));
        let in_regions = match &entry.regions {
            Some(AllOr::All) => context.all.to_vec(),
            Some(AllOr::Listed(names)) => {
                names.iter().filter_map(|name| regions::check_one(name, context.named, check)).collect()
            }
            None => Vec::new(),
        };
        let resource_type = entry.resource_type.as_ref().and_then(|written| resource_type(written, check));
        let scope = Scope::of(resource_type);
        let resource = Resource {
            number: 0,
            resource_type: resource_type.unwrap_or_default(),
            id: String::new(),
            results: results(entry, &scope, check),
            annotations: annotations(&entry.annotation, &scope, check),
            conditions: entry.when.iter().filter_map(|when| conditions::check(when, &scope, check)).collect(),
            tags: entry.tags.clone().map(|tags| tags.0.into_iter().map(|(key, value)| (key.value, value)).collect()),
            details: entry.details.as_ref().map(Node::to_json),
        };
        if resource_type.is_some_and(|resource_type| resource_type != checks::ACCOUNT_TYPE) {
            check_id(entry, check);
        }
        let (Some(account), Some(resource_type)) = (account, resource_type) else { continue };
        for region in in_regions {
            let name = entry.id.as_ref().map_or("", |id| id.value.as_str());
            let id = checks::resource_id(resource_type, name, account, &region);
            declared.entry(HubKey { account, region }).or_default().push(Resource { id, ..resource.clone() });
        }
    }
    declared
}

/// All resources but accounts have an ID.
fn check_id(entry: &Spanned<Declared>, check: &mut Check) {
    if let (None, Some(written)) = (&entry.id, &entry.resource_type)
        && !check.lost.contains_in(entry.span, "id")
    {
        let diagnostic = check.at(written.span, "the resource has no `id`");
        check.push(diagnostic.expected("its ARN or its name"));
    }
}

/// The controls that check resources of a type.
pub(in crate::scenario) struct Scope {
    controls: Vec<&'static Control>,
    /// True if the type is known. Otherwise, all controls may be meant.
    is_known: bool,
}

impl Scope {
    /// All controls.
    pub(in crate::scenario) fn all() -> Scope {
        Scope::of(None)
    }

    fn of(resource_type: Option<&str>) -> Scope {
        let checks_type =
            |control: &Control| resource_type.is_none_or(|resource_type| checks::checks_type(control, resource_type));
        let controls = CONTROLS.iter().filter(|control| control.active && checks_type(control)).collect();
        Scope { controls, is_known: resource_type.is_some() }
    }

    fn contains(&self, control: &Control) -> bool {
        self.controls.iter().any(|other| other.id == control.id)
    }
}

fn annotations(written: &Entries<String>, scope: &Scope, check: &mut Check) -> BTreeMap<&'static str, String> {
    let read = |(name, text): &(Spanned<String>, String)| Some((control(name, scope, check)?.id, text.clone()));
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

fn results(entry: &Declared, scope: &Scope, check: &mut Check) -> BTreeMap<&'static str, CheckResult> {
    let mut results = BTreeMap::new();
    for name in &entry.fails {
        let failed = || CheckResult { status: ComplianceStatus::Failed, reason: None };
        if name.value == "*" {
            results.extend(scope.controls.iter().map(|control| (control.id, failed())));
        } else if let Some(control) = control(name, scope, check) {
            results.insert(control.id, failed());
        }
    }
    for name in &entry.not_applicable {
        if let Some(control) = control(name, scope, check) {
            let reason = Some(checks::NOT_APPLICABLE.to_owned());
            results.insert(control.id, CheckResult { status: ComplianceStatus::NotAvailable, reason });
        }
    }
    let coded = [(&entry.warns, ComplianceStatus::Warning), (&entry.not_available, ComplianceStatus::NotAvailable)];
    for (entries, status) in coded {
        for (name, code) in &entries.0 {
            if let (Some(control), Some(reason)) = (control(name, scope, check), reason(code, check)) {
                results.insert(control.id, CheckResult { status, reason: Some(reason) });
            }
        }
    }
    for (name, code) in &entry.reasons.0 {
        let found = control(name, scope, check).and_then(|control| results.get_mut(control.id));
        if let Some(result) = found {
            result.reason = reason(code, check);
        }
    }
    results
}

/// The security control with an ID of a security control or of a standard (RES-03).
pub(in crate::scenario) fn control(
    name: &Spanned<String>,
    scope: &Scope,
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
        // A number alone does not identify a benchmark.
        let is_bare = !is_whole && id.starts_with(|first: char| first.is_ascii_digit());
        standard
            .controls
            .iter()
            .find(|standard_control| !is_bare && is_meant(standard_control.id, standard_control.number))
            .map(|standard_control| standard_control.control)
    });
    let known = CONTROLS.iter().find(|control| control.active && control.id == name.value).or(of_standard);
    let found = known.filter(|control| scope.contains(control));
    if found.is_none() {
        refuse_control(name, known, scope, check);
    }
    found
}

/// Reports a control that is unknown or does not check resources of the type.
fn refuse_control(name: &Spanned<String>, known: Option<&Control>, scope: &Scope, check: &mut Check) {
    let of_type = "a control that checks resources of this type";
    let diagnostic = if let Some(control) = known {
        let message = format!("{} does not check resources of this type", control.id);
        let types = suggest::choices(control.resource_types.iter().copied());
        let types = if types.is_empty() { checks::ACCOUNT_TYPE } else { &types };
        check.at(name.span, message).expected(format!("{of_type}; {} checks {types}", control.id))
    } else if let Some(of_standards) = numbered(&name.value, scope) {
        let message = format!("`{}` does not name a version of a standard", name.value);
        check.at(name.span, message).expected(suggest::choices(of_standards.iter().map(String::as_str)))
    } else {
        let nearest = suggest::nearest(&name.value, scope.controls.iter().map(|control| control.id));
        let expected = if scope.is_known { of_type } else { "a control ID such as S3.1" };
        check.at(name.span, format!("unknown control `{}`", name.value)).expected(expected).suggest(nearest)
    };
    check.push(diagnostic);
}

/// The control IDs that a number without the version of its standard may mean, such as `1.10` or `cis/1.10`.
fn numbered(name: &str, scope: &Scope) -> Option<Vec<String>> {
    let (family, number) = match name.split_once('/') {
        Some((family, number)) => (standards::family(family), number),
        None => (STANDARDS.iter().collect(), name),
    };
    let is_meant = |control: &StandardControl| control.number == number && scope.contains(control.control);
    let holds = |standard: &&Standard| standard.controls.iter().any(is_meant);
    let meant: Vec<String> =
        family.into_iter().filter(holds).map(|standard| format!("{}/{number}", standard.id)).collect();
    (!meant.is_empty()).then_some(meant)
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

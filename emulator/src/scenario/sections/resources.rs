//! `resources`: what there is to check, and what fails (RES-01 … RES-09).

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use securityhub_fixtures::standards::{CONTROLS, Control, STANDARDS};
use serde::Deserialize;

use super::all_or::AllOr;
use super::regions::{self, RegionText};
use crate::domain::checks;
use crate::scenario::check::{AccountText, Check};
use crate::scenario::spanned::{Entries, Spanned};
use crate::scenario::suggest;
use crate::state::{AccountId, CheckResult, ComplianceStatus, HubKey, Region, Resource};

/// A resource of an account, for the controls of the enabled standards to check. Controls pass it unless something is
/// said here. Of the type AwsAccount every account has one, which is where the controls of the account find something.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Resource")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Written {
    /// The account that it is of.
    account: AccountText,
    /// The Regions that it is in: all of the scenario's, or a list of them.
    regions: AllOr<RegionText>,
    /// Its ASFF type, such as AwsS3Bucket.
    #[serde(rename = "type")]
    resource_type: Spanned<String>,
    /// Its ARN, or its name, of which the ARN of a bucket, user, role, function or topic is made. An account has none.
    id: Option<Spanned<String>>,
    /// Controls that it fails: ids of security controls, such as S3.5, ids of a standard, such as PCI.S3.5, or *.
    #[serde(default)]
    fails: Vec<Spanned<String>>,
    /// Controls that warn, with the code of the reason.
    #[serde(default)]
    warns: Entries<Spanned<String>>,
    /// Controls that cannot be checked, with the code of the reason.
    #[serde(default)]
    not_available: Entries<Spanned<String>>,
    /// Codes of the reasons for what fails, by control.
    #[serde(default)]
    reasons: Entries<Spanned<String>>,
    /// Its tags, which controls of tags look at. Left out, it has all that they ask for.
    tags: Option<Entries<String>>,
}

/// Reads all entries.
pub(super) fn check(written: &[Written], regions: &[Region], check: &mut Check) -> BTreeMap<HubKey, Vec<Resource>> {
    let mut declared: BTreeMap<HubKey, Vec<Resource>> = BTreeMap::new();
    for entry in written {
        let account = check.account(&entry.account.0);
        let in_regions = match &entry.regions {
            AllOr::All => regions.to_vec(),
            AllOr::Listed(names) => names.iter().filter_map(|name| regions::check_one(name, regions, check)).collect(),
        };
        let in_scope = in_scope(&entry.resource_type, check);
        let results = results(entry, &in_scope, check);
        let Some(account) = account else { continue };
        for region in in_regions {
            let resource = Resource {
                resource_type: entry.resource_type.value.clone(),
                id: id(entry, account, &region, check),
                results: results.clone(),
                tags: entry
                    .tags
                    .clone()
                    .map(|tags| tags.0.into_iter().map(|(key, value)| (key.value, value)).collect()),
            };
            declared.entry(HubKey { account, region }).or_default().push(resource);
        }
    }
    declared
}

/// The controls that look at a type; that none does is a mistake.
fn in_scope(resource_type: &Spanned<String>, check: &mut Check) -> Vec<&'static Control> {
    let is_account = resource_type.value == checks::ACCOUNT_TYPE;
    let looks = |control: &&Control| {
        control.active
            && (control.resource_types.contains(&resource_type.value.as_str())
                || is_account && checks::is_on_account(control))
    };
    let in_scope: Vec<&'static Control> = CONTROLS.iter().filter(looks).collect();
    if in_scope.is_empty() {
        let known: BTreeSet<&str> = CONTROLS.iter().flat_map(|control| control.resource_types).copied().collect();
        let message = format!("no control looks at the type `{}`", resource_type.value);
        let nearest = suggest::nearest(&resource_type.value, known);
        let mistake = check.at(resource_type.place, message);
        check.push(mistake.expected("an ASFF type such as AwsS3Bucket").suggest(nearest));
    }
    in_scope
}

/// Names with an ARN of their own form, by type: the service, the part before the name, and whether it is global.
const ARNS: [(&str, &str, &str, bool); 8] = [
    ("AwsIamUser", "iam", "user/", true),
    ("AwsIamRole", "iam", "role/", true),
    ("AwsIamPolicy", "iam", "policy/", true),
    ("AwsLambdaFunction", "lambda", "function:", false),
    ("AwsSnsTopic", "sns", "", false),
    ("AwsSqsQueue", "sqs", "", false),
    ("AwsEc2SecurityGroup", "ec2", "security-group/", false),
    ("AwsKmsKey", "kms", "key/", false),
];

fn id(entry: &Written, account: AccountId, region: &Region, check: &mut Check) -> String {
    let resource_type = entry.resource_type.value.as_str();
    let partition = region.partition();
    match &entry.id {
        None if resource_type == checks::ACCOUNT_TYPE => format!("AWS::::Account:{account}"),
        None => {
            let mistake = check.at(entry.resource_type.place, "the resource has no `id`");
            check.push(mistake.expected("its ARN or its name"));
            String::new()
        }
        Some(id) if id.value.starts_with("arn:") => id.value.clone(),
        Some(id) if resource_type == "AwsS3Bucket" => format!("arn:{partition}:s3:::{}", id.value),
        Some(id) => ARNS.iter().find(|(name, ..)| *name == resource_type).map_or_else(
            || id.value.clone(),
            |(_, service, before, is_global)| {
                let region = if *is_global { "" } else { region.as_str() };
                format!("arn:{partition}:{service}:{region}:{account}:{before}{}", id.value)
            },
        ),
    }
}

fn results(entry: &Written, in_scope: &[&'static Control], check: &mut Check) -> BTreeMap<&'static str, CheckResult> {
    let mut results = BTreeMap::new();
    for name in &entry.fails {
        let failed = || CheckResult { status: ComplianceStatus::Failed, reason: None };
        if name.value == "*" {
            results.extend(in_scope.iter().map(|control| (control.id, failed())));
        } else if let Some(control) = control(name, in_scope, check) {
            results.insert(control.id, failed());
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

/// The security control of an id, a security control's or a standard's (RES-03).
fn control(name: &Spanned<String>, in_scope: &[&'static Control], check: &mut Check) -> Option<&'static Control> {
    let of_seat = STANDARDS.iter().find_map(|standard| {
        let prefix = format!("{}/", standard.id);
        let id = name.value.strip_prefix(&prefix).unwrap_or(&name.value);
        let is_whole = id != name.value;
        let is_meant = |seat: &str, number: &str| seat == id || is_whole && number == id;
        // A bare number is of no one benchmark.
        let is_bare = !is_whole && id.starts_with(|first: char| first.is_ascii_digit());
        standard.controls.iter().find(|seat| !is_bare && is_meant(seat.id, seat.number)).map(|seat| seat.control)
    });
    let known = CONTROLS.iter().find(|control| control.active && control.id == name.value).or(of_seat);
    let found = known.filter(|control| in_scope.iter().any(|other| other.id == control.id));
    if found.is_none() && !in_scope.is_empty() {
        let message = match known {
            Some(control) => format!("{} does not look at this type", control.id),
            None => format!("`{}` is no control", name.value),
        };
        let nearest = suggest::nearest(&name.value, in_scope.iter().map(|control| control.id));
        let mistake = check.at(name.place, message);
        check.push(mistake.expected("a control that looks at this type").suggest(nearest));
    }
    found
}

fn reason(code: &Spanned<String>, check: &mut Check) -> Option<String> {
    if checks::known_reasons().any(|known| known == code.value) {
        return Some(code.value.clone());
    }
    let nearest = suggest::nearest(&code.value, checks::known_reasons());
    let mistake = check.at(code.place, format!("`{}` is no code of a reason", code.value));
    check.push(mistake.expected("a code such as CONFIG_RULE_EVALUATION_ERROR").suggest(nearest));
    None
}

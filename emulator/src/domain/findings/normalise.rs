//! Adds and normalises the members that the service sets on every imported finding, new or not.

use std::borrow::Cow;

use super::document::{self, Finding, elements_of, member_of, members_of, quoted, with_member};
use super::names::{self, Name};
use super::product::Source;
use crate::state::Region;

/// The label of each range of normalized severities and the lower bound of the range, most severe first (ASF-60, ASF-61).
const SEVERITIES: [(&str, i64); 5] = [("CRITICAL", 90), ("HIGH", 70), ("MEDIUM", 40), ("LOW", 1), ("INFORMATIONAL", 0)];

/// Keys of ProductFields that the service sets (ASF-24, ASF-25).
const FINDING_ID: &str = "aws/securityhub/FindingId";
const PRODUCT_NAME: &str = "aws/securityhub/ProductName";
const COMPANY_NAME: &str = "aws/securityhub/CompanyName";

/// The circumstances of an import that determine what the service adds.
pub(super) struct Arrival<'a> {
    pub(super) source: Source,
    pub(super) region: &'a Region,
    /// The Region, as JSON.
    pub(super) region_text: &'a str,
    /// The time, as JSON (ASF-20).
    pub(super) now: &'a str,
    /// The owner's name in its organization (ASF-33).
    pub(super) account_name: Option<&'a str>,
}

/// Completes the severity in FindingProviderFields from the one at the top, where their labels agree: the model does
/// not list all of its members, so an SDK that read the finding has dropped some (ASF-54).
pub(super) fn complete_provider_severity(finding: &mut Finding<'_>) {
    let Some(fields) = finding.get(names::FINDING_PROVIDER_FIELDS) else { return };
    let (Some(provided), Some(top)) = (member_of(fields, "Severity"), finding.get(names::SEVERITY)) else { return };
    if member_of(provided, "Label").is_none() || member_of(provided, "Label") != member_of(top, "Label") {
        return;
    }
    let provided = members_of(provided);
    let lacks = |name: &str| provided.iter().all(|(member, _)| *member != name);
    let kept = members_of(top).into_iter().filter(|(name, _)| lacks(name));
    let completed = document::object(provided.iter().copied().chain(kept));
    let fields = with_severity(fields, &completed);
    finding.set(names::FINDING_PROVIDER_FIELDS, fields);
}

/// Adds and normalises everything that does not depend on the stored finding.
pub(super) fn finding<'t>(finding: &mut Finding<'t>, arrival: &Arrival<'t>) {
    finding.set(names::PROCESSED_AT, arrival.now);
    finding.set(names::REGION, arrival.region_text);
    match arrival.account_name {
        Some(name) => finding.set_string(names::AWS_ACCOUNT_NAME, name),
        None => finding.remove(names::AWS_ACCOUNT_NAME),
    }
    names(finding, arrival.source);
    finding.set_default(names::RECORD_STATE, "\"ACTIVE\"");
    let is_placed = finding.has_in(names::RESOURCES_PARTITION) && finding.has_in(names::RESOURCES_REGION);
    let list = finding.get(names::RESOURCES).filter(|_| !is_placed);
    if let Some(evened) = list.and_then(|list| resources(list, arrival.region)) {
        finding.set(names::RESOURCES, evened);
    }
    if let Some(evened) = finding.get(names::SEVERITY).and_then(severity) {
        finding.set(names::SEVERITY, evened);
    }
    if let Some(evened) = finding.get(names::FINDING_PROVIDER_FIELDS).and_then(provider_severity) {
        finding.set(names::FINDING_PROVIDER_FIELDS, evened);
    }
}

/// Sets defaults for the customer's fields of a new finding (ASF-28, ASF-29).
pub(super) fn customer_fields(finding: &mut Finding<'_>) {
    match finding.get(names::WORKFLOW) {
        Some(_) if finding.has_in(names::WORKFLOW_STATUS) => {}
        Some(workflow) => {
            let workflow = with_member(workflow, "Status", "\"NEW\"");
            finding.set(names::WORKFLOW, workflow);
        }
        None => finding.set(names::WORKFLOW, r#"{"Status":"NEW"}"#),
    }
    finding.set_default(names::WORKFLOW_STATE, "\"NEW\"");
}

/// Sets product and company: from the catalogue for a listed product, from the sender for a private one (ASF-22 … ASF-25).
fn names(finding: &mut Finding<'_>, source: Source) {
    let (product_name, company_name) = match source {
        Source::Listed(product) => {
            finding.set_string(names::PRODUCT_NAME, product.product_name);
            finding.set_string(names::COMPANY_NAME, product.company_name);
            (product.product_name, product.company_name)
        }
        Source::Private(_) => {
            finding.set_default(names::PRODUCT_NAME, "\"Default\"");
            finding.set_default(names::COMPANY_NAME, "\"Personal\"");
            ("Default", "Personal")
        }
    };
    let fields = product_fields(finding, product_name, company_name);
    finding.set(names::PRODUCT_FIELDS, fields);
}

/// ProductFields of the provider, followed by those of the service.
fn product_fields(finding: &Finding<'_>, product_name: &str, company_name: &str) -> String {
    let inner = |name: Name| {
        let value = finding.get(name).unwrap_or_default();
        value.get(1..value.len().saturating_sub(1)).unwrap_or_default()
    };
    let sent = finding.get(names::PRODUCT_FIELDS).unwrap_or("{}");
    let mut fields = String::with_capacity(sent.len() + 512);
    if sent.contains("aws/securityhub/") {
        let is_of_provider = |key: &str| !matches!(key, FINDING_ID | PRODUCT_NAME | COMPANY_NAME);
        fields.push_str(&document::object(members_of(sent).into_iter().filter(|(key, _)| is_of_provider(key))));
    } else {
        fields.push_str(sent);
    }
    fields.pop();
    let id = ["\"", inner(names::PRODUCT_ARN), "/", inner(names::ID), "\""];
    let [product_name, company_name] = [product_name, company_name].map(quoted);
    let of_service: [(&str, &[&str]); 3] =
        [(FINDING_ID, &id), (PRODUCT_NAME, &[&product_name]), (COMPANY_NAME, &[&company_name])];
    for (key, value) in of_service {
        let separator = if fields.len() == 1 { "" } else { "," };
        [separator, "\"", key, "\":"].iter().chain(value).for_each(|part| fields.push_str(part));
    }
    fields.push('}');
    fields
}

/// Adds a partition and a Region to each resource that lacks them (ASF-32); `None` if nothing is added. A partition that
/// the service model does not list is not added, since a client could not send it back (inferred).
fn resources(list: &str, region: &Region) -> Option<String> {
    let resources = elements_of(list);
    let evened: Vec<Cow<'_, str>> = resources.iter().map(|resource| placed(resource, region)).collect();
    evened.iter().any(|resource| matches!(resource, Cow::Owned(_))).then(|| format!("[{}]", evened.join(",")))
}

fn placed<'t>(resource: &'t str, region: &Region) -> Cow<'t, str> {
    let members = members_of(resource);
    let mut placed = Cow::Borrowed(resource);
    for (name, value) in [("Partition", region.resource_partition()), ("Region", Some(region.as_str()))] {
        if let Some(value) = value.filter(|_| !members.iter().any(|(member, _)| *member == name)) {
            placed = with_member(&placed, name, &quoted(value)).into();
        }
    }
    placed
}

/// Derives the label of a severity from its number or the number from the label. `None` if nothing is missing: a label and
/// a number that disagree both stay (ASF-60 … ASF-62).
pub(super) fn severity(severity: &str) -> Option<String> {
    match (member_of(severity, "Label"), member_of(severity, "Normalized")) {
        (Some(label), None) => {
            let label = document::string(label)?;
            let (_, number) = SEVERITIES.iter().find(|(name, _)| *name == label)?;
            Some(with_member(severity, "Normalized", &number.to_string()))
        }
        (None, Some(number)) => {
            let number: i64 = number.parse().ok()?;
            let (label, _) = SEVERITIES.iter().find(|(_, least)| number >= *least)?;
            Some(with_member(severity, "Label", &quoted(label)))
        }
        (Some(_), Some(_)) | (None, None) => None,
    }
}

/// [`severity`] for the severity in FindingProviderFields.
fn provider_severity(fields: &str) -> Option<String> {
    Some(with_severity(fields, &severity(member_of(fields, "Severity")?)?))
}

/// Replaces the severity in FindingProviderFields.
fn with_severity(fields: &str, severity: &str) -> String {
    let members = members_of(fields).into_iter();
    document::object(members.map(|(name, value)| (name, if name == "Severity" { severity } else { value })))
}

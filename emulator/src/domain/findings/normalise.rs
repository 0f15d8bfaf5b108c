//! What the service adds to a finding and evens out, whether it is new or imported again.

use std::borrow::Cow;

use super::document::{self, Finding, elements_of, member_of, members_of, quoted, with_member};
use super::product::Source;
use crate::state::Region;

/// The label of each range of normalized severities, by its least number, worst first (ASF-60, ASF-61).
const SEVERITIES: [(&str, i64); 5] = [("CRITICAL", 90), ("HIGH", 70), ("MEDIUM", 40), ("LOW", 1), ("INFORMATIONAL", 0)];

/// Keys of ProductFields that are the service's (ASF-24, ASF-25).
const FINDING_ID: &str = "aws/securityhub/FindingId";
const PRODUCT_NAME: &str = "aws/securityhub/ProductName";
const COMPANY_NAME: &str = "aws/securityhub/CompanyName";

/// What the service knows about where a finding arrives.
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

/// Completes the severity in FindingProviderFields from the one at the top, where their labels agree: the model does not
/// list all its members, so that an SDK which read the finding has dropped some (ASF-54).
pub(super) fn complete_provider_severity(finding: &mut Finding<'_>) {
    let Some(fields) = finding.get("FindingProviderFields") else { return };
    let (Some(provided), Some(top)) = (member_of(fields, "Severity"), finding.get("Severity")) else { return };
    if member_of(provided, "Label").is_none() || member_of(provided, "Label") != member_of(top, "Label") {
        return;
    }
    let provided = members_of(provided);
    let lacks = |name: &str| provided.iter().all(|(member, _)| *member != name);
    let kept = members_of(top).into_iter().filter(|(name, _)| lacks(name));
    let completed = document::object(provided.iter().copied().chain(kept));
    let fields = with_severity(fields, &completed);
    finding.set("FindingProviderFields", fields);
}

/// Adds and evens out all but what depends on the finding that is stored.
pub(super) fn finding<'t>(finding: &mut Finding<'t>, arrival: &Arrival<'t>) {
    finding.set("ProcessedAt", arrival.now);
    finding.set("Region", arrival.region_text);
    match arrival.account_name {
        Some(name) => finding.set_string("AwsAccountName", name),
        None => _ = finding.remove("AwsAccountName"),
    }
    names(finding, arrival.source);
    finding.set_default("RecordState", "\"ACTIVE\"");
    if let Some(evened) = finding.get("Resources").and_then(|list| resources(list, arrival.region)) {
        finding.set("Resources", evened);
    }
    if let Some(evened) = finding.get("Severity").and_then(severity) {
        finding.set("Severity", evened);
    }
    if let Some(evened) = finding.get("FindingProviderFields").and_then(provider_severity) {
        finding.set("FindingProviderFields", evened);
    }
}

/// Defaults of what a customer owns, in a finding that is new (ASF-28, ASF-29).
pub(super) fn customer_fields(finding: &mut Finding<'_>) {
    match finding.get("Workflow") {
        Some(workflow) if member_of(workflow, "Status").is_some() => {}
        Some(workflow) => {
            let workflow = with_member(workflow, "Status", "\"NEW\"");
            finding.set("Workflow", workflow);
        }
        None => finding.set("Workflow", r#"{"Status":"NEW"}"#),
    }
    finding.set_default("WorkflowState", "\"NEW\"");
}

/// Product and company: the catalogue's words for a listed product, the sender's own for a private one (ASF-22 … 25).
fn names(finding: &mut Finding<'_>, source: Source) {
    let (product_name, company_name) = match source {
        Source::Listed(product) => {
            finding.set_string("ProductName", product.product_name);
            finding.set_string("CompanyName", product.company_name);
            (product.product_name, product.company_name)
        }
        Source::Private(_) => {
            finding.set_default("ProductName", "\"Default\"");
            finding.set_default("CompanyName", "\"Personal\"");
            ("Default", "Personal")
        }
    };
    let inner = |name: &str| {
        let value = finding.get(name).unwrap_or_default();
        value.get(1..value.len().saturating_sub(1)).unwrap_or_default()
    };
    let id = format!("\"{}/{}\"", inner("ProductArn"), inner("Id"));
    let sent = finding.get("ProductFields").map(members_of).unwrap_or_default();
    let of_provider = sent.into_iter().filter(|(key, _)| !matches!(*key, FINDING_ID | PRODUCT_NAME | COMPANY_NAME));
    let (product_name, company_name) = (quoted(product_name), quoted(company_name));
    let of_service =
        [(FINDING_ID, id.as_str()), (PRODUCT_NAME, product_name.as_str()), (COMPANY_NAME, company_name.as_str())];
    let fields = document::object(of_provider.chain(of_service));
    finding.set("ProductFields", fields);
}

/// Each resource has a partition and a Region (ASF-32); none when nothing is added. Partitions that the service model
/// does not know are left out, since a client could not send them back (inferred).
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

/// A severity with both label and number, the missing one from the other; none if nothing is missing, so that two
/// that disagree both stay (ASF-60 … ASF-62).
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

/// The same of the severity that FindingProviderFields hold.
fn provider_severity(fields: &str) -> Option<String> {
    Some(with_severity(fields, &severity(member_of(fields, "Severity")?)?))
}

/// FindingProviderFields with another severity in the place of theirs.
fn with_severity(fields: &str, severity: &str) -> String {
    let members = members_of(fields).into_iter();
    document::object(members.map(|(name, value)| (name, if name == "Severity" { severity } else { value })))
}

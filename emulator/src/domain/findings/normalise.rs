//! What the service adds to a finding and evens out, whether it is new or imported again (findings.md 2.2, 2.5).

use serde_json::{Map, Value, json};

use super::product::Source;
use crate::state::Region;

/// The label of each range of normalized severities, by its least number, worst first (ASF-60, ASF-61).
const SEVERITIES: [(&str, i64); 5] = [("CRITICAL", 90), ("HIGH", 70), ("MEDIUM", 40), ("LOW", 1), ("INFORMATIONAL", 0)];

/// What the service knows about where a finding arrives.
pub(super) struct Arrival<'a> {
    pub(super) source: Source,
    pub(super) region: &'a Region,
    /// The time, as text (ASF-20).
    pub(super) now: &'a str,
    /// The owner's name in its organization (ASF-33).
    pub(super) account_name: Option<&'a str>,
}

/// Adds and evens out all but what depends on the finding that is stored.
pub(super) fn finding(finding: &mut Map<String, Value>, arrival: &Arrival<'_>) {
    put(finding, "ProcessedAt", arrival.now);
    put(finding, "Region", arrival.region.as_str());
    match arrival.account_name {
        Some(name) => put(finding, "AwsAccountName", name),
        None => _ = finding.shift_remove("AwsAccountName"),
    }
    names(finding, arrival.source);
    default(finding, "RecordState", || json!("ACTIVE"));
    resources(finding, arrival.region);
    severity(finding.get_mut("Severity"));
    if let Some(provider) = finding.get_mut("FindingProviderFields").and_then(Value::as_object_mut) {
        severity(provider.get_mut("Severity"));
    }
}

/// Defaults of what a customer owns, in a finding that is new (ASF-28, ASF-29).
pub(super) fn customer_fields(finding: &mut Map<String, Value>) {
    default(finding, "Workflow", || json!({}));
    if let Some(workflow) = finding.get_mut("Workflow").and_then(Value::as_object_mut) {
        default(workflow, "Status", || json!("NEW"));
    }
    default(finding, "WorkflowState", || json!("NEW"));
}

/// Product and company: the catalogue's words for a listed product, the sender's own for a private one (ASF-22 … 25).
fn names(finding: &mut Map<String, Value>, source: Source) {
    let (product_name, company_name) = match source {
        Source::Listed(product) => {
            put(finding, "ProductName", product.product_name);
            put(finding, "CompanyName", product.company_name);
            (product.product_name, product.company_name)
        }
        Source::Private(_) => {
            default(finding, "ProductName", || json!("Default"));
            default(finding, "CompanyName", || json!("Personal"));
            ("Default", "Personal")
        }
    };
    let text = |name: &str| finding.get(name).and_then(Value::as_str).unwrap_or_default();
    let id = format!("{}/{}", text("ProductArn"), text("Id"));
    default(finding, "ProductFields", || json!({}));
    if let Some(fields) = finding.get_mut("ProductFields").and_then(Value::as_object_mut) {
        put(fields, "aws/securityhub/FindingId", &id);
        put(fields, "aws/securityhub/ProductName", product_name);
        put(fields, "aws/securityhub/CompanyName", company_name);
    }
}

/// Each resource is somewhere (ASF-32).
fn resources(finding: &mut Map<String, Value>, region: &Region) {
    let resources = finding.get_mut("Resources").and_then(Value::as_array_mut);
    for resource in resources.into_iter().flatten().filter_map(Value::as_object_mut) {
        default(resource, "Partition", || json!(region.partition()));
        default(resource, "Region", || json!(region.as_str()));
    }
}

/// The missing one of label and number, from the other; two that disagree both stay (ASF-60 … ASF-62).
fn severity(severity: Option<&mut Value>) {
    let Some(severity) = severity.and_then(Value::as_object_mut) else { return };
    match (severity.get("Label").and_then(Value::as_str), severity.get("Normalized").and_then(Value::as_i64)) {
        (Some(label), None) => {
            let number = SEVERITIES.iter().find(|(name, _)| *name == label).map(|(_, least)| *least);
            severity.extend(number.map(|number| ("Normalized".to_owned(), json!(number))));
        }
        (None, Some(number)) => {
            let label = SEVERITIES.iter().find(|(_, least)| number >= *least).map(|(name, _)| *name);
            severity.extend(label.map(|label| ("Label".to_owned(), json!(label))));
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
}

fn put(members: &mut Map<String, Value>, name: &str, value: &str) {
    members.insert(name.to_owned(), Value::String(value.to_owned()));
}

fn default(members: &mut Map<String, Value>, name: &str, value: impl FnOnce() -> Value) {
    if !members.contains_key(name) {
        members.insert(name.to_owned(), value());
    }
}

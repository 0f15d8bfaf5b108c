//! How an import meets what is stored: whose an attribute is, what stays, what the workflow does
//! (findings.md 2.4 and section 3).

use securityhub_engine::date;
use serde_json::{Map, Value, json};

use super::normalise;
use super::product::Source;

/// Attributes that the provider and the customer both set; each is handled on its own (findings.md 2.4).
const SHARED: [&str; 5] = ["Confidence", "Criticality", "RelatedFindings", "Severity", "Types"];

/// Attributes that stay as stored, whatever a provider sends (REI-05, REI-07).
const KEPT: [&str; 6] = ["Note", "UserDefinedFields", "VerificationState", "Workflow", "WorkflowState", "CreatedAt"];

/// Whether an import updates what is stored: it must be later, as instants (REI-01 … REI-03).
pub(super) fn is_later(imported: &Map<String, Value>, stored: &Map<String, Value>) -> bool {
    let instant =
        |finding: &Map<String, Value>| finding.get("UpdatedAt").and_then(Value::as_str).and_then(date::strict);
    instant(imported) > instant(stored)
}

/// Completes a finding that was not stored before (ASF-50 … ASF-53).
pub(super) fn create(mut finding: Map<String, Value>, source: Source) -> Map<String, Value> {
    provider_fields(&mut finding, true);
    normalise::customer_fields(&mut finding);
    resolve_passed(&mut finding, None, source);
    finding
}

/// Puts an import in the place of what is stored; only [`KEPT`] attributes survive (REI-10).
pub(super) fn update(
    mut finding: Map<String, Value>,
    stored: &Map<String, Value>,
    source: Source,
) -> Map<String, Value> {
    provider_fields(&mut finding, false);
    for name in KEPT {
        match stored.get(name) {
            Some(value) => _ = finding.insert(name.to_owned(), value.clone()),
            None => _ = finding.shift_remove(name),
        }
    }
    reopen(&mut finding, stored);
    resolve_passed(&mut finding, Some(stored), source);
    finding
}

/// Fills FindingProviderFields and the top level from what was sent in either. Where both were sent, the top level of a
/// new finding follows the provider's fields, and that of a stored one keeps what was sent for it (ASF-52).
fn provider_fields(finding: &mut Map<String, Value>, is_new: bool) {
    let mut sent = match finding.shift_remove("FindingProviderFields") {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let mut fields = Map::new();
    for name in SHARED {
        let of_provider = match sent.shift_remove(name) {
            Some(value) => {
                if is_new || !finding.contains_key(name) {
                    finding.insert(name.to_owned(), value.clone());
                }
                Some(value)
            }
            None => finding.get(name).map(for_provider),
        };
        fields.extend(of_provider.map(|value| (name.to_owned(), value)));
    }
    finding.insert("FindingProviderFields".to_owned(), Value::Object(fields));
}

/// A top-level value as FindingProviderFields hold it: their severity knows no `Product` (ASF-54, ASF-66).
fn for_provider(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(members) = value.as_object_mut() {
        members.shift_remove("Product");
    }
    value
}

/// A finding that is active or failing again is new again, unless it is suppressed (REI-20, REI-21, REI-25).
fn reopen(finding: &mut Map<String, Value>, stored: &Map<String, Value>) {
    let archived_before =
        text(stored, "RecordState") == Some("ARCHIVED") && text(finding, "RecordState") == Some("ACTIVE");
    let failing_again = compliance(stored) == Some("PASSED")
        && compliance(finding).is_some_and(|status| matches!(status, "FAILED" | "WARNING" | "NOT_AVAILABLE"));
    if archived_before || failing_again {
        set_workflow(finding, &["NOTIFIED", "RESOLVED"], "NEW");
    }
}

/// A control that passes is resolved; so is a finding of AWS Config (REI-22 … REI-24).
fn resolve_passed(finding: &mut Map<String, Value>, stored: Option<&Map<String, Value>>, source: Source) {
    let before = stored.and_then(compliance);
    let becomes_passed = compliance(finding) == Some("PASSED") && before != Some("PASSED");
    let resolves = if source.is_of_aws("config") {
        stored.is_none() || before == Some("FAILED")
    } else {
        // A stored finding without a status did not change to PASSED (REI-26).
        source.is_of_aws("securityhub") && (stored.is_none() || before.is_some())
    };
    if becomes_passed && resolves {
        set_workflow(finding, &["NEW", "NOTIFIED"], "RESOLVED");
    }
}

fn set_workflow(finding: &mut Map<String, Value>, from: &[&str], to: &str) {
    let status = finding.get("Workflow").and_then(|workflow| workflow.get("Status")).and_then(Value::as_str);
    if status.is_some_and(|status| from.contains(&status)) {
        finding.insert("Workflow".to_owned(), json!({ "Status": to }));
    }
}

fn text<'f>(finding: &'f Map<String, Value>, name: &str) -> Option<&'f str> {
    finding.get(name).and_then(Value::as_str)
}

fn compliance(finding: &Map<String, Value>) -> Option<&str> {
    finding.get("Compliance")?.get("Status")?.as_str()
}

//! How an import meets what is stored: whose an attribute is, what stays, what the workflow does
//! (findings.md 2.4 and section 3).

use std::borrow::Cow;

use securityhub_engine::date;

use super::document::{self, Finding, member_of, members_of};
use super::normalise;
use super::product::Source;
use crate::state::Ledger;

/// Attributes that the provider and the customer both set; each is handled on its own (findings.md 2.4).
pub(super) const SHARED: [&str; 5] = ["Confidence", "Criticality", "RelatedFindings", "Severity", "Types"];

/// Attributes that stay as stored, whatever a provider sends (REI-05, REI-07).
const KEPT: [&str; 6] = ["Note", "UserDefinedFields", "VerificationState", "Workflow", "WorkflowState", "CreatedAt"];

/// Whether an import updates what is stored: it must be later, as instants (REI-01 … REI-03).
pub(super) fn is_later(imported: &Finding<'_>, stored: &Finding<'_>) -> bool {
    let instant = |finding: &Finding<'_>| finding.string("UpdatedAt").and_then(|text| date::strict(&text));
    instant(imported) > instant(stored)
}

/// Completes a finding that was not stored before (ASF-50 … ASF-53).
pub(super) fn create(finding: &mut Finding<'_>, source: Source) {
    provider_fields(finding, true);
    normalise::customer_fields(finding);
    resolve_passed(finding, None, source);
}

/// Puts an import in the place of what is stored; [`KEPT`] attributes survive, and those that a customer has set
/// (REI-10, ASF-56).
pub(super) fn update<'t>(
    finding: &mut Finding<'t>,
    stored: &'t Finding<'_>,
    ledger: Option<&'t Ledger>,
    source: Source,
) {
    provider_fields(finding, false);
    let touched = ledger.map(|ledger| ledger.touched.as_slice()).unwrap_or_default();
    for name in KEPT.iter().chain(touched) {
        match stored.get(name) {
            Some(value) => finding.set(name, value),
            None => _ = finding.remove(name),
        }
    }
    put_note_beneath(finding, ledger);
    reopen(finding, stored);
    resolve_passed(finding, Some(stored), source);
}

/// The finding without the note that UpdateFindings wrote, which histories do not tell of (UPF-04, UPF-05).
pub(super) fn without_passing_note<'t>(stored: &Finding<'t>, ledger: Option<&'t Ledger>) -> Finding<'t> {
    let mut finding = stored.clone();
    put_note_beneath(&mut finding, ledger);
    finding
}

fn put_note_beneath<'t>(finding: &mut Finding<'t>, ledger: Option<&'t Ledger>) {
    match ledger.and_then(|ledger| ledger.note_beneath.as_ref()) {
        Some(Some(note)) => finding.set("Note", note.as_str()),
        Some(None) => _ = finding.remove("Note"),
        None => {}
    }
}

/// Fills FindingProviderFields and the top level from what was sent in either. Where both were sent, the top level of a
/// new finding follows the provider's fields, and that of a stored one keeps what was sent for it (ASF-52). The severity
/// in them knows no `Product`, as the service model has it (ASF-54, ASF-66).
pub(super) fn provider_fields(finding: &mut Finding<'_>, is_new: bool) {
    let sent = finding.remove("FindingProviderFields").unwrap_or_default();
    let sent = members_of(&sent);
    let mut fields: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(SHARED.len());
    for name in SHARED {
        if let Some((_, value)) = sent.iter().find(|(member, _)| *member == name) {
            if is_new || !finding.has(name) {
                finding.set(name, (*value).to_owned());
            }
            fields.push((name, (*value).into()));
        } else if let Some(value) = finding.get(name) {
            fields.push((name, without_product(value).into()));
        }
    }
    let fields = document::object(fields.iter().map(|(name, value)| (*name, value.as_ref())));
    finding.set("FindingProviderFields", fields);
}

fn without_product(value: &str) -> String {
    let members = members_of(value);
    if !members.iter().any(|(name, _)| *name == "Product") {
        return value.to_owned();
    }
    document::object(members.into_iter().filter(|(name, _)| *name != "Product"))
}

/// A finding that is active or failing again is new again, unless it is suppressed (REI-20, REI-21, REI-25).
pub(super) fn reopen(finding: &mut Finding<'_>, stored: &Finding<'_>) {
    let archived_before = is_archived(stored) && !is_archived(finding);
    let failing_again = compliance(stored).is_some_and(|status| status == "PASSED")
        && compliance(finding).is_some_and(|status| matches!(&*status, "FAILED" | "WARNING" | "NOT_AVAILABLE"));
    if archived_before || failing_again {
        set_workflow(finding, &["NOTIFIED", "RESOLVED"], r#"{"Status":"NEW"}"#);
    }
}

/// A control that passes is resolved, also when its finding is active again; so is a finding of AWS Config (REI-22 …
/// REI-24, standards.md 4.2).
fn resolve_passed(finding: &mut Finding<'_>, stored: Option<&Finding<'_>>, source: Source) {
    let before = stored.and_then(compliance);
    let is_passed = |status: &Option<Cow<'_, str>>| status.as_ref().is_some_and(|status| status == "PASSED");
    let is_of_controls = source.is_of_aws("securityhub");
    let is_back = is_of_controls && stored.is_some_and(|stored| is_archived(stored) && !is_archived(finding));
    let becomes_passed = is_passed(&compliance(finding)) && (!is_passed(&before) || is_back);
    let resolves = if source.is_of_aws("config") {
        stored.is_none() || before.as_ref().is_some_and(|status| status == "FAILED")
    } else {
        // A stored finding without a status did not change to PASSED (REI-26).
        is_of_controls && (stored.is_none() || before.is_some())
    };
    if becomes_passed && resolves {
        set_workflow(finding, &["NEW", "NOTIFIED"], r#"{"Status":"RESOLVED"}"#);
    }
}

fn is_archived(finding: &Finding<'_>) -> bool {
    finding.string("RecordState").is_some_and(|state| state == "ARCHIVED")
}

fn set_workflow(finding: &mut Finding<'_>, from: &[&str], to: &'static str) {
    if finding.string_in("Workflow", "Status").is_some_and(|status| from.contains(&&*status)) {
        finding.set("Workflow", to);
    }
}

fn compliance<'f>(finding: &'f Finding<'_>) -> Option<Cow<'f, str>> {
    member_of(finding.get("Compliance")?, "Status").and_then(document::string)
}

//! Merges an import with the stored finding: the owner of each attribute, the attributes that stay, and the changes of
//! the workflow status.

use std::borrow::Cow;

use securityhub_engine::date;
use serde_json::Value;

use super::document::{self, Finding, member_of, members_of};
use super::names::{self, Name};
use super::normalise;
use super::product::Source;
use crate::state::FindingMetadata;

/// Attributes that both the provider and the customer can set; each is merged separately.
pub(super) const SHARED: [Name; 5] =
    [names::CONFIDENCE, names::CRITICALITY, names::RELATED_FINDINGS, names::SEVERITY, names::TYPES];

/// Attributes that imports do not change (REI-05, REI-07).
const PRESERVED: [&str; 6] =
    ["Note", "UserDefinedFields", "VerificationState", "Workflow", "WorkflowState", "CreatedAt"];

/// Returns whether an import updates the stored finding: its UpdatedAt must be a later instant (REI-01 … REI-03).
pub(super) fn is_later(imported: &Finding<'_>, stored: &Finding<'_>) -> bool {
    let instant = |finding: &Finding<'_>| finding.string(names::UPDATED_AT).and_then(|text| date::strict(&text));
    instant(imported) > instant(stored)
}

/// The kind of an import, which determines how its top level and its FindingProviderFields are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A provider's document of a finding that is not stored yet.
    New,
    /// A provider's document of a finding that is stored.
    Update,
    /// A finding as GetFindings returned it, imported through the control plane or a scenario: customers may have
    /// changed its top level (IMP-46).
    Recording,
}

/// Completes a finding that was not stored before (ASF-50 … ASF-53).
pub(super) fn create(finding: &mut Finding<'_>, kind: Kind, source: Source) {
    provider_fields(finding, kind);
    normalise::customer_fields(finding);
    if kind != Kind::Recording {
        resolve_passed(finding, None, source);
    }
}

/// Replaces the stored finding by an import, except for [`PRESERVED`] attributes and those that a customer has set
/// (REI-10, ASF-56).
pub(super) fn update<'t>(
    finding: &mut Finding<'t>,
    stored: &'t Finding<'_>,
    metadata: Option<&'t FindingMetadata>,
    source: Source,
) {
    provider_fields(finding, Kind::Update);
    let protected = metadata.map(|metadata| metadata.protected.as_slice()).unwrap_or_default();
    for name in PRESERVED.iter().chain(protected).copied() {
        match stored.get(name) {
            Some(value) => finding.set(name, value),
            None => finding.remove(name),
        }
    }
    restore_imported_note(finding, metadata);
    reopen(finding, stored);
    resolve_passed(finding, Some(stored), source);
}

/// The finding without the note that UpdateFindings wrote, which histories do not contain (UPF-04, UPF-05).
pub(super) fn without_passing_note<'t>(stored: &Finding<'t>, metadata: Option<&'t FindingMetadata>) -> Finding<'t> {
    let mut finding = stored.clone();
    restore_imported_note(&mut finding, metadata);
    finding
}

fn restore_imported_note<'t>(finding: &mut Finding<'t>, metadata: Option<&'t FindingMetadata>) {
    match metadata.and_then(|metadata| metadata.imported_note.as_ref()) {
        Some(Some(note)) => finding.set(names::NOTE, note.as_str()),
        Some(None) => finding.remove(names::NOTE),
        None => {}
    }
}

/// Fills FindingProviderFields and the top level from what was sent in either. Where both were sent, the top level of a
/// new finding follows the provider's fields; that of a stored or a recorded one keeps what was sent for it (ASF-52).
pub(super) fn provider_fields(finding: &mut Finding<'_>, kind: Kind) {
    let sent = finding.take(names::FINDING_PROVIDER_FIELDS).unwrap_or_default();
    let sent = members_of(&sent);
    let takes_from_top = kind != Kind::Recording || sent.is_empty();
    let of_provider = |name: Name| sent.iter().find(|(member, _)| *member == name.text()).map(|(_, value)| *value);
    let fields = SHARED.into_iter().filter_map(|name| {
        let from_top = || finding.get(name).filter(|_| takes_from_top);
        Some((name.text(), of_provider(name).or_else(from_top)?))
    });
    let fields = document::object(fields);
    for name in SHARED {
        if let Some(value) = of_provider(name).filter(|_| kind == Kind::New || !finding.has(name)) {
            finding.set(name, value.to_owned());
        }
    }
    finding.set(names::FINDING_PROVIDER_FIELDS, fields);
}

/// The attributes of a recorded finding that a customer or a rule had set, recognised by values that differ from the
/// provider's (IMP-46).
pub(super) fn set_by_customers(finding: &Finding<'_>) -> Vec<&'static str> {
    let provider = finding.get(names::FINDING_PROVIDER_FIELDS).map(members_of).unwrap_or_default();
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
    let differs = |name: &Name| {
        let of_provider =
            provider.iter().find(|(member, _)| *member == name.text()).and_then(|(_, value)| parse(value));
        finding.get(*name).and_then(parse) != of_provider
    };
    SHARED.into_iter().filter(differs).map(Name::text).collect()
}

/// Resets the workflow of a finding that is active or failing again to NEW, unless it is suppressed (REI-20, REI-21,
/// REI-25).
pub(super) fn reopen(finding: &mut Finding<'_>, stored: &Finding<'_>) {
    let archived_before = is_archived(stored) && !is_archived(finding);
    let failing_again = compliance(stored).is_some_and(|status| status == "PASSED")
        && compliance(finding).is_some_and(|status| matches!(&*status, "FAILED" | "WARNING" | "NOT_AVAILABLE"));
    if archived_before || failing_again {
        set_workflow(finding, &["NOTIFIED", "RESOLVED"], r#"{"Status":"NEW"}"#);
    }
}

/// A control that passes is resolved, also when its finding is active again; so is a finding of AWS Config (REI-22 …
/// REI-24).
pub(super) fn resolve_passed(finding: &mut Finding<'_>, stored: Option<&Finding<'_>>, source: Source) {
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
    finding.string(names::RECORD_STATE).is_some_and(|state| state == "ARCHIVED")
}

fn set_workflow(finding: &mut Finding<'_>, from: &[&str], to: &'static str) {
    if finding.string_in(names::WORKFLOW, "Status").is_some_and(|status| from.contains(&&*status)) {
        finding.set(names::WORKFLOW, to);
    }
}

fn compliance<'f>(finding: &'f Finding<'_>) -> Option<Cow<'f, str>> {
    member_of(finding.get(names::COMPLIANCE)?, "Status").and_then(document::string)
}

//! Attributes of a finding that customers and automation rules set.

use serde_json::{Map, Value};

use super::document::{Finding, members_of, object, quoted};
use super::merge::SHARED;
use super::names::Name;
use super::normalise;
use crate::invariant::Invariant;
use crate::state::{Timestamp, timestamp_text};

/// Sets the given attributes. BatchUpdateFindings and the actions of rules use the same names with the same effects.
/// The provider's fields, UpdatedAt and everything else stay unchanged (BUF-32 … BUF-34, ARU-52).
pub(super) fn update(finding: &mut Finding<'_>, given: &Map<String, Value>, now: Timestamp) {
    for (name, value) in given {
        match name.as_str() {
            "Note" => set_note(finding, value, now),
            "Severity" => {
                let severity = severity(finding.get("Severity").unwrap_or("{}"), value);
                finding.set("Severity", severity);
            }
            "Confidence" => finding.set("Confidence", value.to_string()),
            "Criticality" => finding.set("Criticality", value.to_string()),
            "Types" => finding.set("Types", value.to_string()),
            "RelatedFindings" => finding.set("RelatedFindings", value.to_string()),
            "VerificationState" => finding.set("VerificationState", value.to_string()),
            // An empty map removes the member (BUF-29).
            "UserDefinedFields" if value.as_object().is_some_and(Map::is_empty) => {
                finding.remove("UserDefinedFields");
            }
            "UserDefinedFields" => finding.set("UserDefinedFields", value.to_string()),
            "Workflow" if value.get("Status").is_some() => finding.set("Workflow", value.to_string()),
            _ => {}
        }
    }
}

/// The attributes that imports no longer overwrite because the customer has set them, even to the same value (ASF-56,
/// BUF-35).
pub(super) fn set_attributes(given: &Map<String, Value>) -> impl Iterator<Item = &'static str> {
    SHARED.into_iter().map(Name::text).filter(|name| given.contains_key(*name))
}

/// Replaces the note; a finding has only one. The service sets its time (BUF-20).
pub(super) fn set_note(finding: &mut Finding<'_>, given: &Value, now: Timestamp) {
    let text = |name: &str| {
        given.get(name).map(Value::to_string).or_report("the shape requires all members of a note").unwrap_or_default()
    };
    let (words, author, now) = (text("Text"), text("UpdatedBy"), quoted(&timestamp_text(now)));
    finding.set("Note", object([("Text", &*words), ("UpdatedBy", &author), ("UpdatedAt", &now)]));
}

/// The severity with the given label, number and product. A missing label or number is derived from the other one; the
/// provider's original severity stays (BUF-21 … BUF-25).
fn severity(stored: &str, given: &Value) -> String {
    let texts: Vec<(&str, String)> = ["Label", "Normalized", "Product"]
        .into_iter()
        .filter_map(|name| Some((name, given.get(name)?.to_string())))
        .collect();
    let is_given = |name: &str| texts.iter().any(|(given, _)| *given == name);
    let relabels = is_given("Label") || is_given("Normalized");
    let stays = |name: &str| match name {
        "Label" | "Normalized" => !relabels,
        name => !is_given(name),
    };
    let unchanged = members_of(stored).into_iter().filter(|(name, _)| stays(name));
    let severity = object(texts.iter().map(|(name, text)| (*name, text.as_str())).chain(unchanged));
    normalise::severity(&severity).unwrap_or(severity)
}

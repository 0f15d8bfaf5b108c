//! Attributes that findings of all classes have: class, activity, severity, status, times, cloud and metadata.

use securityhub_engine::json::text;
use sha2::{Digest, Sha256};

use super::asff::Member;
use super::out::{Out, inside};
use super::source::{Class, Product, Source, product_parts};

/// The names of severities, by number (OCF-05).
const SEVERITIES: [(u8, &str); 8] = [
    (0, "Unknown"),
    (1, "Informational"),
    (2, "Low"),
    (3, "Medium"),
    (4, "High"),
    (5, "Critical"),
    (6, "Fatal"),
    (99, "Other"),
];
/// The names of statuses, by number (OCF-06).
const STATUSES: [(u8, &str); 7] = [
    (0, "Unknown"),
    (1, "New"),
    (2, "In Progress"),
    (3, "Suppressed"),
    (4, "Resolved"),
    (5, "Archived"),
    (99, "Other"),
];
/// The names of activities, by number (OCF-03).
const ACTIVITIES: [(u8, &str); 5] = [(0, "Unknown"), (1, "Create"), (2, "Update"), (3, "Close"), (99, "Other")];

/// The name of a severity.
pub fn severity(id: u8) -> Option<&'static str> {
    named(&SEVERITIES, id)
}

/// The name of a status.
pub fn status(id: u8) -> Option<&'static str> {
    named(&STATUSES, id)
}

/// The name of an activity.
pub(super) fn activity(id: u8) -> Option<&'static str> {
    named(&ACTIVITIES, id)
}

/// The number of a severity.
pub(super) fn severity_named(name: &str) -> u8 {
    numbered(&SEVERITIES, name)
}

/// The number of a status.
pub(super) fn status_named(name: &str) -> u8 {
    numbered(&STATUSES, name)
}

fn numbered(table: &[(u8, &'static str)], name: &str) -> u8 {
    table.iter().find(|(_, known)| *known == name).map_or(99, |(number, _)| *number)
}

fn named(table: &[(u8, &'static str)], id: u8) -> Option<&'static str> {
    table.iter().find(|(number, _)| *number == id).map(|(_, name)| *name)
}

/// Writes class, activity, severity, status and times (OCF-01 to OCF-09).
pub(super) fn write(source: &Source<'_>, out: &mut Out<'_>) {
    let activity_id = activity_of(source);
    let activity = activity(activity_id).unwrap_or_default();
    let (class_id, class, _) = source.class.facts();
    out.coded(["activity_name", "activity_id"], (activity_id, activity));
    out.text("category_name", "Findings");
    out.number("category_uid", 2);
    out.text("class_name", class);
    out.number("class_uid", class_id);
    out.pieces("type_name", [class, ": ", activity]);
    out.number("type_uid", i64::from(class_id) * 100 + i64::from(activity_id));
    let provided = severity_of(source.asff.provided_severity);
    let own = source.annex.severity_id.unwrap_or_else(|| severity_of(source.get(Member::Severity)));
    out.coded(["severity", "severity_id"], (own, severity(own).unwrap_or("Other")));
    out.object("vendor_attributes", |out| {
        out.coded(["severity", "severity_id"], (provided, severity(provided).unwrap_or("Other")));
    });
    let status_id = source.annex.status_id.unwrap_or_else(|| status_of(source.get(Member::Workflow)));
    out.coded(["status", "status_id"], (status_id, status(status_id).unwrap_or("Other")));
    comment(source, out);
    out.copy_number("confidence_score", source.get(Member::Confidence));
    out.time(["time", "time_dt"], source.get(Member::UpdatedAt));
}

/// The activity of a finding: Close if it is archived, even if it was archived when it was created; Update if its
/// provider has sent it again; else Create. Changes of customers have no effect on it (OCM-40).
fn activity_of(source: &Source<'_>) -> u8 {
    match (inside(source.get(Member::RecordState)), source.annex.is_updated) {
        (Some("ARCHIVED"), _) => 3,
        (_, true) => 2,
        _ => 1,
    }
}

/// The number of a severity of ASFF (OCM-60).
fn severity_of(severity: Option<&str>) -> u8 {
    let [label] = text::values_of(severity, ["Label"]);
    match inside(label) {
        Some("INFORMATIONAL") => 1,
        Some("LOW") => 2,
        Some("MEDIUM") => 3,
        Some("HIGH") => 4,
        Some("CRITICAL") => 5,
        _ => 0,
    }
}

/// The number of a status of ASFF (OCM-61).
fn status_of(workflow: Option<&str>) -> u8 {
    let [status] = text::values_of(workflow, ["Status"]);
    match inside(status) {
        Some("NOTIFIED") => 2,
        Some("SUPPRESSED") => 3,
        Some("RESOLVED") => 4,
        _ => 1,
    }
}

/// Writes the customer's comment. If there is none and the halves share their state, writes the note of the classic
/// half.
fn comment(source: &Source<'_>, out: &mut Out<'_>) {
    if let Some(comment) = &source.annex.comment {
        out.plain("comment", comment);
    } else if source.settings.is_shared {
        let [note] = text::values_of(source.get(Member::Note), ["Text"]);
        out.copy("comment", note);
    }
}

/// Writes the account and the Region (OCF-11).
pub(super) fn cloud(source: &Source<'_>, out: &mut Out<'_>) {
    out.object("cloud", |out| {
        out.object("account", |out| {
            out.copy("name", source.get(Member::AwsAccountName));
            if matches!(source.product, Product::GuardDuty | Product::Inspector) {
                out.coded(["type", "type_id"], (10, "AWS Account"));
            }
            out.copy("uid", source.get(Member::AwsAccountId));
        });
        if source.product == Product::GuardDuty {
            out.text("cloud_partition", source.partition());
        }
        out.text("provider", "AWS");
        out.copy("region", source.get(Member::Region));
    });
}

/// Writes the metadata, with or without the unique ID of the finding (OCF-14).
pub(super) fn metadata(source: &Source<'_>, with_uid: bool, out: &mut Out<'_>) {
    let (scope, id) = source.product_arn;
    out.object("metadata", |out| {
        out.object("product", |out| {
            if is_sequence(source) {
                out.object("feature", |out| out.text("name", "Correlation"));
            }
            out.copy("name", source.get(Member::ProductName));
            if id.is_empty() {
                out.text("uid", scope);
            } else {
                out.pieces("uid", [scope, ":productv2/", id]);
            }
            if source.is_of_aws() {
                out.text("vendor_name", "AWS");
            } else {
                out.copy("vendor_name", source.get(Member::CompanyName));
            }
        });
        out.raw("profiles", r#"["cloud","datetime"]"#);
        if with_uid {
            out.text("uid", &uid_of(source));
        }
        out.plain("version", &source.settings.version);
    });
}

/// Returns whether the finding is an attack sequence.
fn is_sequence(source: &Source<'_>) -> bool {
    source.class == Class::Detection && source.get(Member::Detection).is_some_and(|detection| detection != "{}")
}

/// `metadata.uid` of a finding.
pub(super) fn uid_of(source: &Source<'_>) -> String {
    let plain = |member| source.get(member).and_then(text::string).unwrap_or_default();
    let arn = product_uid(&plain(Member::ProductArn));
    uid([&arn, &plain(Member::AwsAccountId), &plain(Member::Region), &plain(Member::Id)])
}

/// The ARN of a product in the V2 half (OCM-10).
pub fn product_uid(product_arn: &str) -> String {
    match product_parts(product_arn) {
        (arn, "") => arn.to_owned(),
        (scope, id) => [scope, ":productv2/", id].concat(),
    }
}

/// The unique ID of a finding, computed from its product, account, Region and ID (OCF-21).
pub fn uid(parts: [&str; 4]) -> String {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let hash = Sha256::digest(parts.join("\n").as_bytes());
    let digit = |half: u8| DIGITS.get(usize::from(half)).copied().map(char::from);
    hash.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(digit).collect()
}

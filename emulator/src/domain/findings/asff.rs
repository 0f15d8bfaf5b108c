//! Rules of ASFF that the shapes of the model do not express: alternatives and sizes.

use serde_json::{Map, Value};

use super::document::{Finding, member_of, members_of};
use super::names;
use crate::shape::{self, Rule, Segment, Violation, sentence};

/// Maximum size of a finding as compact JSON, in bytes (IMP-34).
pub const MAX_BYTES: usize = 245_760;
/// Strings must be shorter than this many characters (IMP-35).
const STRING_LIMIT: usize = 32_768;
/// Maximum number of pairs in ProductFields, without those of AWS (ASF-94).
const MAX_PRODUCT_FIELDS: u32 = 50;

/// The error message for a finding; `None` if the finding is valid. `of_shape` are its violations of the model, with
/// paths relative to the finding (IMP-32, IMP-34, IMP-35).
pub fn refusal(finding: &Map<String, Value>, mut of_shape: Vec<Violation>) -> Option<String> {
    alternatives(finding, &mut of_shape);
    if !of_shape.is_empty() {
        shape::sort(&mut of_shape);
        return Some(format!("{}{}.", sentence::NOT_A_FINDING, sentence::ajv(&of_shape, 0)));
    }
    if has_long_string(finding.values()) {
        return Some("The maximum size of an individual field should be less than 32768".to_owned());
    }
    let size = serde_json::to_vec(finding).map_or(0, |bytes| bytes.len());
    (size > MAX_BYTES).then(|| "Finding size exceeded 240 KB".to_owned())
}

/// Fast path: whether a finding that satisfies the model and is not too large plainly satisfies these rules too. It may
/// return false for a valid finding; then [`refusal`] decides.
pub(super) fn is_plainly_valid(finding: &Finding<'_>) -> bool {
    let is_graded = finding.has_in(names::SEVERITY_LABEL) || finding.has_in(names::SEVERITY_NORMALIZED);
    let of_provider = finding.get(names::FINDING_PROVIDER_FIELDS).and_then(|fields| member_of(fields, "Severity"));
    let is_graded_by_provider =
        |severity: &str| ["Label", "Normalized"].iter().any(|name| member_of(severity, name).is_some());
    (finding.has(names::SEVERITY) || finding.has_in(names::PROVIDER_SEVERITY))
        && (finding.has(names::TYPES) || finding.has_in(names::PROVIDER_TYPES))
        && (is_graded || !finding.has(names::SEVERITY))
        && of_provider.is_none_or(is_graded_by_provider)
        && finding.get(names::REMEDIATION).is_none_or(|remediation| !remediation.contains("{}"))
        && finding.get(names::PRODUCT_FIELDS).is_none_or(has_few_own_fields)
}

fn has_few_own_fields(product_fields: &str) -> bool {
    // No pair is shorter than `"k":"",`.
    product_fields.len() < MAX_PRODUCT_FIELDS as usize * 7
        || members_of(product_fields).iter().filter(|(key, _)| !key.starts_with("aws/")).count()
            <= MAX_PRODUCT_FIELDS as usize
}

fn alternatives(finding: &Map<String, Value>, violations: &mut Vec<Violation>) {
    let provider = finding.get("FindingProviderFields").and_then(Value::as_object);
    let somewhere = |name: &str| finding.contains_key(name) || provider.is_some_and(|fields| fields.contains_key(name));
    match provider {
        None if violates(violations, "FindingProviderFields") => {}
        None if reads(finding, violations, "Severity") && reads(finding, violations, "Types") => {}
        None => violations.extend(at(&[], [Rule::Missing("FindingProviderFields"), Rule::AnyOf])),
        // Each of the two must be in one of the two places (ASF-03).
        Some(_) => {
            for name in ["Severity", "Types"] {
                if !somewhere(name) && !violates(violations, name) {
                    violations.extend(at(&["FindingProviderFields"], [Rule::Missing(name)]));
                }
            }
        }
    }
    severity(finding.get("Severity"), &["Severity"], violations);
    let of_provider = provider.and_then(|fields| fields.get("Severity"));
    severity(of_provider, &["FindingProviderFields", "Severity"], violations);
    recommendation(finding, violations);
    product_fields(finding, violations);
}

/// Returns whether a member is present, valid or not.
fn reads(finding: &Map<String, Value>, violations: &[Violation], name: &str) -> bool {
    finding.contains_key(name) || violates(violations, name)
}

fn violates(violations: &[Violation], name: &str) -> bool {
    violations
        .iter()
        .any(|violation| matches!(violation.path.first(), Some(Segment::Member(_, found)) if *found == name))
}

/// A severity needs a label or a normalized number (ASF-63).
fn severity(value: Option<&Value>, path: &[&'static str], violations: &mut Vec<Violation>) {
    let Some(severity) = value.and_then(Value::as_object) else { return };
    let is_reported = violations.iter().any(|violation| {
        let names = violation.path.iter().filter_map(|segment| match segment {
            Segment::Member(_, name) => Some(*name),
            _ => None,
        });
        violation.path.len() > path.len() && names.zip(path).all(|(found, name)| found == *name)
    });
    if !is_reported && !severity.contains_key("Label") && !severity.contains_key("Normalized") {
        violations.extend(at(path, [Rule::Missing("Normalized"), Rule::Missing("Label"), Rule::AnyOf]));
    }
}

/// A recommendation needs a text or an address (ASF-96).
fn recommendation(finding: &Map<String, Value>, violations: &mut Vec<Violation>) {
    let recommendation = finding.get("Remediation").and_then(|value| value.get("Recommendation"));
    let Some(recommendation) = recommendation.and_then(Value::as_object) else { return };
    if recommendation.is_empty() && !violates(violations, "Remediation") {
        let rules = [Rule::Missing("Text"), Rule::Missing("Url"), Rule::AnyOf];
        violations.extend(at(&["Remediation", "Recommendation"], rules));
    }
}

fn product_fields(finding: &Map<String, Value>, violations: &mut Vec<Violation>) {
    let fields = finding.get("ProductFields").and_then(Value::as_object);
    let own_fields = fields.map_or(0, |fields| fields.keys().filter(|key| !key.starts_with("aws/")).count());
    if own_fields > MAX_PRODUCT_FIELDS as usize {
        violations.extend(at(&["ProductFields"], [Rule::MorePairs(MAX_PRODUCT_FIELDS)]));
    }
}

/// Violations at a path of members. Positions only order siblings, so the last position is good enough.
fn at<const N: usize>(path: &[&'static str], rules: [Rule; N]) -> [Violation; N] {
    let path: Vec<Segment> = path.iter().map(|name| Segment::Member(u16::MAX, name)).collect();
    rules.map(|rule| Violation { path: path.clone(), rule })
}

fn has_long_string<'v>(values: impl IntoIterator<Item = &'v Value>) -> bool {
    values.into_iter().any(|value| match value {
        Value::String(text) => text.len() >= STRING_LIMIT && text.chars().count() >= STRING_LIMIT,
        Value::Array(items) => has_long_string(items),
        Value::Object(members) => has_long_string(members.values()),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    })
}

//! The document of a control finding, in its three forms.

use std::borrow::Cow;
use std::collections::BTreeMap;

use securityhub_fixtures::standards::Control;
use serde::Serialize;
use serde::ser::Serializer;
use serde_json::Value;

use super::names::ACCOUNT_TYPE;
use super::reasons;
use super::results::Check;
use super::subject::Subject;
use crate::domain::arn;
use crate::domain::controls::standards::{description, security_controls};
use crate::domain::findings::asff;
use crate::domain::findings::document::Finding;
use crate::invariant::Invariant;
use crate::state::{ComplianceStatus, Hub, HubKey, IdSource};

const REMEDIATION: &str =
    "For information on how to correct this issue, consult the AWS Security Hub controls documentation.";
/// Maximum size of a finding before the import adds members, in bytes.
const MAX_BYTES: usize = asff::MAX_BYTES - 4096;
/// Typical size of a finding, in bytes.
const USUAL_BYTES: usize = 3072;

/// The ARN of the product of control findings (FND-03).
pub(super) fn product_arn(key: &HubKey) -> String {
    arn::product(&key.region, "", "aws", "securityhub")
}

/// The id of a finding, which is always the same for an account, Region, subject and resource (FND-56).
pub(super) fn id(ids: &IdSource, prefix: &str, check: &Check<'_>) -> String {
    let resource = check.resource.map_or(ACCOUNT_TYPE, |resource| resource.id.as_str());
    format!("{prefix}/finding/{}", ids.uuid_of(&format!("{prefix} {resource}")))
}

/// The resource id in a finding (FND-06).
pub(super) fn resource_id(key: &HubKey, check: &Check<'_>) -> String {
    check.resource.map_or_else(|| format!("AWS::::Account:{}", key.account), |resource| resource.id.clone())
}

/// Times of the first and the latest check.
#[derive(Debug)]
pub(super) struct Times {
    pub(super) created_at: String,
    pub(super) first_observed_at: String,
    pub(super) now: String,
    /// The previous status, if there was an earlier check (FND-43, FND-44).
    pub(super) previous_status: Option<String>,
}

impl Times {
    /// The times of a first check, or of one that finds the stored finding with the same or another status (FND-43,
    /// FND-44).
    pub(super) fn new(stored: Option<&Finding<'_>>, status: ComplianceStatus, now: String) -> Times {
        let text = |name: &str| stored.and_then(|stored| stored.string(name)).map(std::borrow::Cow::into_owned);
        let previous_status = stored.and_then(|stored| stored.string_in("Compliance", "Status"));
        let is_same = previous_status.as_deref() == Some(status.as_str());
        Times {
            created_at: text("CreatedAt").unwrap_or_else(|| now.clone()),
            first_observed_at: text("FirstObservedAt").filter(|_| is_same).unwrap_or_else(|| now.clone()),
            previous_status: previous_status.map(std::borrow::Cow::into_owned),
            now,
        }
    }
}

/// The finding as the product sends it; the import derives FindingProviderFields from it (ASF-50, ASF-66). Enabling
/// standards writes thousands of them, so they are serialized directly, without a tree of values.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Written<'w> {
    schema_version: &'static str,
    id: &'w str,
    product_arn: String,
    product_name: &'static str,
    company_name: &'static str,
    region: &'w str,
    generator_id: String,
    aws_account_id: &'w str,
    types: [&'static str; 1],
    first_observed_at: &'w str,
    last_observed_at: &'w str,
    created_at: &'w str,
    updated_at: &'w str,
    severity: Severity,
    title: Cow<'static, str>,
    description: String,
    remediation: Remediation<'w>,
    #[serde(serialize_with = "members")]
    product_fields: Vec<(&'static str, Cow<'w, str>)>,
    resources: [WrittenResource<'w>; 1],
    compliance: Compliance<'w>,
    workflow_state: &'static str,
    record_state: &'static str,
}

/// A finding about a control of one standard also has `Product`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Severity {
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<u8>,
    label: &'static str,
    normalized: u8,
    original: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Remediation<'w> {
    recommendation: Recommendation<'w>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Recommendation<'w> {
    text: &'static str,
    url: &'w str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct WrittenResource<'w> {
    #[serde(rename = "Type")]
    resource_type: &'static str,
    id: Cow<'w, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partition: Option<&'static str>,
    region: &'w str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Tags<'w>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details<'w>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Compliance<'w> {
    status: &'static str,
    security_control_id: &'static str,
    associated_standards: Vec<AssociatedStandard>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_requirements: Vec<Cow<'static, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_reasons: Option<[StatusReason<'w>; 1]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    security_control_parameters: Vec<Parameter>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AssociatedStandard {
    standards_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct StatusReason<'w> {
    reason_code: &'w str,
    description: &'w str,
}

/// Each value is a list of strings (FND-10).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    name: &'static str,
    value: Vec<String>,
}

fn members<S: Serializer>(members: &[(&'static str, Cow<'_, str>)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(members.iter().map(|(name, value)| (name, value)))
}

/// `Tags` as ASFF accepts them: AWS allows tags with empty values, but ASFF does not.
struct Tags<'w>(&'w BTreeMap<String, String>);

/// Maximum number of tags of a resource, and maximum lengths of keys and values in characters.
const MAX_TAGS: usize = 50;
const LONGEST: (usize, usize) = (128, 256);

impl Serialize for Tags<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fits = |text: &str, most: usize| !text.trim().is_empty() && text.chars().count() <= most;
        let valid = self.0.iter().filter(|(key, value)| fits(key, LONGEST.0) && fits(value, LONGEST.1));
        serializer.collect_map(valid.take(MAX_TAGS))
    }
}

/// `Details` has one member, named like the resource type.
struct Details<'w>(&'static str, &'w Value);

impl Serialize for Details<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.0, self.1)])
    }
}

/// Serializes the finding.
pub(super) fn write(
    ids: &IdSource,
    (key, hub): (&HubKey, &Hub),
    (subject, id): (&Subject, &str),
    check: &Check<'_>,
    times: &Times,
) -> String {
    let control = subject.control();
    let remediation = format!("https://docs.aws.amazon.com/console/securityhub/{}/remediation", control.id);
    let mut product_fields = subject.product_fields(key, &remediation);
    check_fields(&mut product_fields, ids, (key, control), check, times);
    let mut finding = Written {
        schema_version: "2018-10-08",
        id,
        product_arn: product_arn(key),
        product_name: "Security Hub",
        company_name: "AWS",
        region: key.region.as_str(),
        generator_id: subject.generator_id(key),
        aws_account_id: key.account.as_str(),
        types: [subject.finding_type()],
        first_observed_at: &times.first_observed_at,
        last_observed_at: &times.now,
        created_at: &times.created_at,
        updated_at: &times.now,
        severity: severity(subject, control, check.result.status),
        title: subject.title(),
        description: description(subject.plain_title()),
        remediation: Remediation { recommendation: Recommendation { text: REMEDIATION, url: &remediation } },
        product_fields,
        resources: [resource(key, check)],
        compliance: compliance(hub, subject, check),
        workflow_state: "NEW",
        record_state: if check.applies() { "ACTIVE" } else { "ARCHIVED" },
    };
    let written = text_of(&finding);
    if written.len() <= MAX_BYTES {
        return written;
    }
    // A finding that is too large is written without the details and tags of its resource (FND-07).
    let [resource] = &mut finding.resources;
    resource.details = None;
    text_of(&finding)
}

/// A finding without the details and tags of its resource.
pub(super) fn bare(finding: &str) -> Option<String> {
    let mut finding: Value = serde_json::from_str(finding).or_report("a control finding is JSON")?;
    let resource = finding.pointer_mut("/Resources/0")?.as_object_mut()?;
    resource.retain(|name, _| name != "Details" && name != "Tags");
    Some(finding.to_string())
}

fn text_of(finding: &Written<'_>) -> String {
    let mut text = Vec::with_capacity(USUAL_BYTES);
    serde_json::to_writer(&mut text, finding).or_report("a control finding can be written, since its keys are strings");
    String::from_utf8(text).or_report("JSON is UTF-8").unwrap_or_default()
}

/// The product fields that both modes have (FND-05, FND-06).
fn check_fields<'c>(
    fields: &mut Vec<(&'static str, Cow<'c, str>)>,
    ids: &IdSource,
    (key, control): (&HubKey, &Control),
    check: &Check<'c>,
    times: &'c Times,
) {
    if let Some(rule) = control.config_rule {
        let suffix = ids.uuid_of(&format!("{} {} {rule}", key.account, key.region));
        let name =
            format!("securityhub-{rule}-{}", suffix.get(..8).or_report("a UUID has 36 characters").unwrap_or_default());
        fields.push(("RelatedAWSResources:0/name", name.into()));
        fields.push(("RelatedAWSResources:0/type", "AWS::Config::ConfigRule".into()));
    }
    if let Some(text) = text(check) {
        fields.push(("aws/securityhub/annotation", text.to_owned().into()));
    }
    if let Some(status) = &times.previous_status {
        fields.push(("PreviousComplianceStatus", status.as_str().into()));
    }
    let account = || format!("arn:{}:iam::{}:root", key.region.partition(), key.account).into();
    let resource = check.resource.map_or_else(account, |resource| resource.id.as_str().into());
    fields.push(("Resources:0/Id", resource));
}

/// The text of a result: that of the resource, or the description of its reason code.
fn text<'c>(check: &'c Check<'_>) -> Option<&'c str> {
    let text = check.text.as_deref().filter(|text| !text.trim().is_empty());
    text.or_else(|| check.result.reason.as_deref().and_then(reasons::description))
}

/// The severity: that of the control unless the check passed.
fn severity(subject: &Subject, control: &Control, status: ComplianceStatus) -> Severity {
    let label = match status {
        ComplianceStatus::Failed | ComplianceStatus::Warning => control.severity,
        ComplianceStatus::Passed | ComplianceStatus::NotAvailable => "INFORMATIONAL",
    };
    let normalized = match label {
        "CRITICAL" => 90,
        "HIGH" => 70,
        "MEDIUM" => 40,
        "LOW" => 1,
        _ => 0,
    };
    let product = matches!(subject, Subject::StandardControl(..)).then_some(normalized);
    Severity { product, label, normalized, original: label }
}

fn resource<'w>(key: &'w HubKey, check: &Check<'w>) -> WrittenResource<'w> {
    let resource_type = check.resource.map_or(ACCOUNT_TYPE, |resource| resource.resource_type);
    WrittenResource {
        resource_type,
        id: resource_id(key, check).into(),
        partition: key.region.resource_partition(),
        region: key.region.as_str(),
        tags: check.resource.and_then(|resource| resource.tags.as_ref()).map(Tags),
        details: check.resource.and_then(|resource| Some(Details(resource_type, resource.details.as_ref()?))),
    }
}

fn compliance<'w>(hub: &Hub, subject: &Subject, check: &'w Check<'_>) -> Compliance<'w> {
    let control = subject.control();
    let reason = |code: &'w String| StatusReason { reason_code: code, description: text(check).unwrap_or(code) };
    Compliance {
        status: check.result.status.as_str(),
        security_control_id: control.id,
        associated_standards: subject
            .standards_ids()
            .into_iter()
            .map(|standards_id| AssociatedStandard { standards_id })
            .collect(),
        related_requirements: subject.requirements(),
        status_reasons: check.result.reason.as_ref().map(|code| [reason(code)]),
        security_control_parameters: parameters(hub, control),
    }
}

/// The parameters that have a value.
fn parameters(hub: &Hub, control: &Control) -> Vec<Parameter> {
    let current = security_controls::checked_parameters(hub, control);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let written = |(name, parameter): (&'static str, Value)| {
        let value = parameter.get("Value")?.as_object()?.values().next()?.clone();
        let value = value.as_array().map_or_else(|| vec![text(&value)], |list| list.iter().map(text).collect());
        Some(Parameter { name, value })
    };
    current.into_iter().filter_map(written).collect()
}

//! The finding that tells what a control finds, in its three forms (standards.md 4.1 … 4.3).

use securityhub_fixtures::standards::{Control, Form, Standard, StandardControl};
use serde_json::{Map, Value, json};

use super::names::ACCOUNT_TYPE;
use super::reasons;
use super::results::Check;
use crate::domain::arn;
use crate::domain::findings::asff;
use crate::domain::findings::document::Finding;
use crate::domain::standards::{control_arn, controls, description, security_controls, subscription_arn};
use crate::state::{ComplianceStatus, Hub, HubKey, IdSource};

/// The `Types` of a finding that is one a security control.
const SECURITY_CONTROL_TYPE: &str = "Software and Configuration Checks/Industry and Regulatory Standards";
const REMEDIATION: &str =
    "For information on how to correct this issue, consult the AWS Security Hub controls documentation.";
/// The most bytes of a finding, with room for what the import adds to it.
const MOST_BYTES: usize = asff::MOST_BYTES - 4096;
/// The most requirements that a finding names (CIS-09).
const MOST_REQUIREMENTS: usize = 32;

/// What a finding is about: a security control with the standards that hold it, or one seat.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    /// One finding for all of these standards, in the order of their ids.
    SecurityControl(&'static Control, Vec<(&'static Standard, Vec<&'static StandardControl>)>),
    /// One finding a seat.
    Seat(&'static Standard, &'static StandardControl),
}

impl Subject {
    pub(super) fn control(&self) -> &'static Control {
        match self {
            Subject::SecurityControl(control, _) => control,
            Subject::Seat(_, seat) => seat.control,
        }
    }

    /// What its findings' ids begin with, up to the id of the finding itself.
    pub(super) fn id_prefix(&self, key: &HubKey) -> String {
        match self {
            Subject::SecurityControl(control, _) => security_controls::security_control_arn(key, control),
            Subject::Seat(standard, seat) => format!("{}/{}", subscription_arn(key, standard), seat.number),
        }
    }

    fn generator_id(&self, key: &HubKey) -> String {
        match self {
            Subject::SecurityControl(control, _) => format!("security-control/{}", control.id),
            Subject::Seat(standard, seat) if standard.form == Form::Ruleset => {
                format!("{}/rule/{}", standard.arn(key.region.partition(), ""), seat.number)
            }
            Subject::Seat(standard, seat) => format!("{}/{}", standard.path(), seat.number),
        }
    }

    fn title(&self) -> String {
        match self {
            Subject::SecurityControl(control, _) => control.title.to_owned(),
            Subject::Seat(standard, seat) if standard.form == Form::Ruleset => {
                format!("{} {}", seat.number, seat.title())
            }
            Subject::Seat(_, seat) => format!("{} {}", seat.id, seat.title()),
        }
    }

    fn plain_title(&self) -> &'static str {
        match self {
            Subject::SecurityControl(control, _) => control.title,
            Subject::Seat(_, seat) => seat.title(),
        }
    }

    fn finding_type(&self) -> &'static str {
        match self {
            Subject::SecurityControl(..) => SECURITY_CONTROL_TYPE,
            Subject::Seat(standard, _) => standard.finding_type,
        }
    }

    fn requirements(&self) -> Vec<String> {
        let mut all: Vec<String> = match self {
            Subject::SecurityControl(_, standards) => {
                let seats = standards.iter().flat_map(|(_, seats)| seats);
                seats.flat_map(|seat| seat.related_requirements).map(|text| (*text).to_owned()).collect()
            }
            // The samples of this form have none.
            Subject::Seat(standard, _) if standard.form == Form::Ruleset => Vec::new(),
            Subject::Seat(standard, seat) => controls::related_requirements(standard, seat),
        };
        all.sort();
        all.dedup();
        all.truncate(MOST_REQUIREMENTS);
        all
    }

    fn standards(&self) -> Vec<Value> {
        let of = |standard: &Standard| json!({ "StandardsId": standard.standards_id });
        match self {
            Subject::SecurityControl(_, standards) => standards.iter().map(|(standard, _)| of(standard)).collect(),
            Subject::Seat(standard, _) => vec![of(standard)],
        }
    }

    /// The product fields that name the standard, which a finding of a security control has not (STD-04).
    fn product_fields(&self, key: &HubKey, remediation: &str) -> Map<String, Value> {
        let Subject::Seat(standard, seat) = self else { return Map::new() };
        let arn = standard.arn(key.region.partition(), "");
        let subscription = subscription_arn(key, standard);
        let names = match standard.form {
            Form::Ruleset => [
                ("StandardsGuideArn", arn),
                ("StandardsGuideSubscriptionArn", subscription),
                ("RuleId", seat.number.to_owned()),
            ],
            Form::Standard | Form::SecurityControl => {
                [("StandardsArn", arn), ("StandardsSubscriptionArn", subscription), ("ControlId", seat.id.to_owned())]
            }
        };
        let mut fields: Map<String, Value> =
            names.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
        fields.insert("RecommendationUrl".to_owned(), remediation.into());
        fields.insert("StandardsControlArn".to_owned(), control_arn(key, standard, seat).into());
        fields
    }
}

/// The ARN of the product that control findings are of (FND-03).
pub(super) fn product_arn(key: &HubKey) -> String {
    arn::product(&key.region, "", "aws", "securityhub")
}

/// The id of a finding: the same for the same account, Region, subject and resource (FND-56).
pub(super) fn id(ids: &IdSource, prefix: &str, check: &Check<'_>) -> String {
    let resource = check.resource.map_or(ACCOUNT_TYPE, |resource| resource.id.as_str());
    format!("{prefix}/finding/{}", ids.uuid_of(&format!("{prefix} {resource}")))
}

/// The id by which a finding names its resource (FND-06).
pub(super) fn resource_id(key: &HubKey, check: &Check<'_>) -> String {
    check.resource.map_or_else(|| format!("AWS::::Account:{}", key.account), |resource| resource.id.clone())
}

/// When the finding was and is checked.
#[derive(Debug)]
pub(super) struct Times {
    pub(super) created_at: String,
    pub(super) first_observed_at: String,
    pub(super) now: String,
    /// The status before, if it was checked before (FND-43, FND-44).
    pub(super) previous_status: Option<String>,
}

impl Times {
    /// The times of a check: of the first, or of one that finds the stored finding with the same status or another
    /// (FND-43, FND-44).
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

/// Writes the finding as the product sends it; the import makes FindingProviderFields of it (ASF-50, ASF-66).
pub(super) fn write(
    ids: &IdSource,
    (key, hub): (&HubKey, &Hub),
    (subject, id): (&Subject, &str),
    check: &Check<'_>,
    times: &Times,
) -> Value {
    let control = subject.control();
    let remediation = format!("https://docs.aws.amazon.com/console/securityhub/{}/remediation", control.id);
    let mut fields = subject.product_fields(key, &remediation);
    fields.extend(check_fields(ids, key, control, check, times));
    let severity = severity(subject, control, check.result.status);
    let mut finding = json!({
        "SchemaVersion": "2018-10-08",
        "Id": id,
        "ProductArn": product_arn(key),
        "ProductName": "Security Hub",
        "CompanyName": "AWS",
        "Region": key.region.as_str(),
        "GeneratorId": subject.generator_id(key),
        "AwsAccountId": key.account.as_str(),
        "Types": [subject.finding_type()],
        "FirstObservedAt": times.first_observed_at,
        "LastObservedAt": times.now,
        "CreatedAt": times.created_at,
        "UpdatedAt": times.now,
        "Severity": severity,
        "Title": subject.title(),
        "Description": description(subject.plain_title()),
        "Remediation": { "Recommendation": { "Text": REMEDIATION, "Url": remediation } },
        "ProductFields": fields,
        "Resources": [resource(key, check)],
        "Compliance": compliance(hub, subject, check),
        "WorkflowState": "NEW",
        "RecordState": if check.applies() { "ACTIVE" } else { "ARCHIVED" },
    });
    // A finding that is too large loses what it tells of its resource (FND-07).
    if finding.to_string().len() > MOST_BYTES
        && let Some(resource) = finding.pointer_mut("/Resources/0").and_then(Value::as_object_mut)
    {
        resource.remove("Details");
    }
    finding
}

/// The product fields of both modes (FND-05, FND-06).
fn check_fields(
    ids: &IdSource,
    key: &HubKey,
    control: &Control,
    check: &Check<'_>,
    times: &Times,
) -> Map<String, Value> {
    let mut fields = Map::new();
    if let Some(rule) = control.config_rule {
        let suffix = ids.uuid_of(&format!("{} {} {rule}", key.account, key.region));
        let name = format!("securityhub-{rule}-{}", suffix.get(..8).unwrap_or_default());
        fields.insert("RelatedAWSResources:0/name".to_owned(), name.into());
        fields.insert("RelatedAWSResources:0/type".to_owned(), "AWS::Config::ConfigRule".into());
    }
    if let Some(text) = text(check) {
        fields.insert("aws/securityhub/annotation".to_owned(), text.into());
    }
    if let Some(status) = &times.previous_status {
        fields.insert("PreviousComplianceStatus".to_owned(), status.as_str().into());
    }
    let account = || format!("arn:{}:iam::{}:root", key.region.partition(), key.account);
    let resource = check.resource.map_or_else(account, |resource| resource.id.clone());
    fields.insert("Resources:0/Id".to_owned(), resource.into());
    fields
}

/// What is said of a result: the resource's own words, or its reason's.
fn text<'c>(check: &'c Check<'_>) -> Option<&'c str> {
    check.text.as_deref().or_else(|| check.result.reason.as_deref().and_then(reasons::description))
}

/// The control's severity while it does not pass (standards.md 4.2); a finding of a seat has `Product`.
fn severity(subject: &Subject, control: &Control, status: ComplianceStatus) -> Map<String, Value> {
    let label = match status {
        ComplianceStatus::Failed | ComplianceStatus::Warning => control.severity,
        ComplianceStatus::Passed | ComplianceStatus::NotAvailable => "INFORMATIONAL",
    };
    let number = match label {
        "CRITICAL" => 90,
        "HIGH" => 70,
        "MEDIUM" => 40,
        "LOW" => 1,
        _ => 0,
    };
    let mut severity = Map::new();
    if matches!(subject, Subject::Seat(..)) {
        severity.insert("Product".to_owned(), number.into());
    }
    severity.insert("Label".to_owned(), label.into());
    severity.insert("Normalized".to_owned(), number.into());
    severity.insert("Original".to_owned(), label.into());
    severity
}

fn resource(key: &HubKey, check: &Check<'_>) -> Value {
    let kind = check.resource.map_or(ACCOUNT_TYPE, |resource| resource.resource_type);
    let id = resource_id(key, check);
    let mut written =
        json!({ "Type": kind, "Id": id, "Partition": key.region.partition(), "Region": key.region.as_str() });
    if let (Some(resource), Some(members)) = (check.resource, written.as_object_mut()) {
        members.extend(resource.tags.as_ref().map(|tags| ("Tags".to_owned(), json!(tags))));
        members.extend(resource.details.as_ref().map(|details| ("Details".to_owned(), json!({ kind: details }))));
    }
    written
}

fn compliance(hub: &Hub, subject: &Subject, check: &Check<'_>) -> Value {
    let control = subject.control();
    let mut compliance = json!({
        "Status": check.result.status.as_str(),
        "SecurityControlId": control.id,
        "AssociatedStandards": subject.standards(),
    });
    let mut put = |name: &str, value: Value| {
        if let Some(members) = compliance.as_object_mut() {
            members.insert(name.to_owned(), value);
        }
    };
    let requirements = subject.requirements();
    if !requirements.is_empty() {
        put("RelatedRequirements", json!(requirements));
    }
    if let Some(code) = &check.result.reason {
        let description = text(check).unwrap_or(code);
        put("StatusReasons", json!([{ "ReasonCode": code, "Description": description }]));
    }
    let parameters: Vec<Value> = parameters(hub, control);
    if !parameters.is_empty() {
        put("SecurityControlParameters", json!(parameters));
    }
    compliance
}

/// The parameters that have a value, each value a list of strings (FND-10).
fn parameters(hub: &Hub, control: &Control) -> Vec<Value> {
    let current = security_controls::current_parameters(hub, control);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let written = |(name, parameter): (&'static str, Value)| {
        let value = parameter.get("Value")?.as_object()?.values().next()?.clone();
        let values: Vec<String> =
            value.as_array().map_or_else(|| vec![text(&value)], |list| list.iter().map(text).collect());
        Some(json!({ "Name": name, "Value": values }))
    };
    current.into_iter().filter_map(written).collect()
}

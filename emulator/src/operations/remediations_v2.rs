//! GetRemediationsV2 and ListExposuresByRemediationV2.

#[cfg(test)]
pub(super) mod tests;

use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::paged::PageRequest;
use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::exposures::remediations::{self, Impact, Remediation};
use crate::domain::findings::filters::composite::refused;
use crate::ocsf;

/// Number of rows of a page if the input does not state it (O2G-11).
const ROWS: usize = 25;

/// The formats in which guidance gives examples.
const FORMATS: [&str; 8] = ["AwsCli", "Cli", "Python", "Terraform", "Cdk", "CloudFormation", "IaC", "Template"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetInput {
    target_uid: Option<String>,
    metadata_uid: Option<String>,
    filters: Option<Filters>,
    #[serde(default)]
    show_guidance: bool,
    guidance_format: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Filters {
    #[serde(default)]
    composite_filters: Vec<CompositeFilter>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct CompositeFilter {
    #[serde(default)]
    string_filters: Vec<StringFilter>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct StringFilter {
    field_name: String,
    filter: Condition,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Condition {
    value: String,
}

impl StringFilter {
    fn holds(&self, remediation: &Remediation) -> bool {
        let value = match &*self.field_name {
            "Resource.Type" => remediation.resource_type(),
            "Priority" => remediation.priority(),
            "Status" => remediation.status(),
            "Resource.Id" => remediation.resource_id(),
            "Resource.ResourceOwnerAccountId" => remediation.owner(),
            _ => remediation.provider(),
        };
        value == self.filter.value
    }
}

/// Returns the remediations of the exposures that the caller sees (RMV-01 … RMV-05).
///
/// # Errors
/// 400 `ValidationException` for more than one of TargetUid, MetadataUid and Filters, or a token of another query; 404
/// `ResourceNotFoundException` for an unknown TargetUid or MetadataUid.
pub fn get_remediations_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, input) = PageRequest::read::<GetInput>(Operation::GetRemediationsV2, input)?;
    let GetInput { target_uid, metadata_uid, filters, show_guidance, guidance_format } = &input;
    let selectors = [target_uid.is_some(), metadata_uid.is_some(), filters.is_some()];
    if selectors.into_iter().filter(|is_given| *is_given).count() > 1 {
        return Err(refused("Use one of TargetUid, MetadataUid and Filters"));
    }
    let page = page.open(context, &json!([target_uid, metadata_uid, filters]))?.default_size(ROWS);
    let mut found = remediations::all(context.world, &context.caller);
    let known = |what: &str, uid: &str, found: &[Remediation]| {
        if found.is_empty() { Err(AwsError::not_found(format!("{what} {uid} was not found"))) } else { Ok(()) }
    };
    if let Some(uid) = target_uid {
        found.retain(|remediation| remediation.target_uid == *uid);
        known("Target", uid, &found)?;
    }
    if let Some(uid) = metadata_uid {
        found.retain(|remediation| remediation.metadata_uid() == uid);
        known("Exposure finding", uid, &found)?;
    }
    for filter in filters.iter().flat_map(|filters| &filters.composite_filters).flat_map(|it| &it.string_filters) {
        found.retain(|remediation| filter.holds(remediation));
    }
    page.in_fixed_order(found)
        .map(|remediation| {
            let mut item = item(&remediation);
            if *show_guidance {
                item["Guidance"] = guidance(&remediation, guidance_format.as_deref());
            }
            item
        })
        .answer()
}

/// A remediation without guidance.
fn item(remediation: &Remediation) -> Value {
    let (action, is_immediate) = remediation.action();
    let count = |impact: Impact| u8::from(remediation.impact == impact && !remediation.is_resolved());
    let mut item = json!({
        "TargetUid": remediation.target_uid,
        "Outcome": {
            "ResolvedFindingsCount": count(Impact::Resolves),
            "SeverityReductionFindingsCount": count(Impact::Reduces),
            "SeverityUnchangedCount": count(Impact::Unchanged),
        },
        "Priority": remediation.priority(),
        "RemediationSummary": { "Action": action, "Description": description(remediation), "IsImmediate": is_immediate },
        "Resource": resource(remediation),
        "Status": remediation.status(),
        "Trait": { "Type": remediation.kind, "Title": remediation.title },
    });
    if let (Some(declared), Some(summary)) = (&remediation.declared, item["RemediationSummary"].as_object_mut()) {
        summary.extend(declared.summary.clone());
    }
    if let Some(at) = remediation.text("/finding_info/modified_time_dt") {
        item["UpdatedAt"] = json!(at);
    }
    item
}

fn description(remediation: &Remediation) -> String {
    let (action, _) = remediation.action();
    format!("{action}: {}", remediation.findings.join("; "))
}

fn resource(remediation: &Remediation) -> Value {
    let mut resource = json!({
        "AccountId": remediation.account(),
        "Region": remediation.region(),
        "ResourceOwnerAccountId": remediation.owner(),
        "Type": remediation.resource_type(),
        "Id": remediation.resource_id(),
        "ResourceGuid": remediation.guid(),
        "ResourceRegion": remediation.resource_region(),
        "CloudProvider": remediation.provider(),
    });
    for (member, pointer) in [("Name", "/resources/0/name"), ("ResourceOwnerOrgId", "/resources/0/owner/org/uid")] {
        if let Some(text) = remediation.text(pointer) {
            resource[member] = json!(text);
        }
    }
    resource
}

/// Guidance with an example in one format or in all of them. Unless the scenario declares it, it has no instructions for a
/// particular resource.
fn guidance(remediation: &Remediation, format: Option<&str>) -> Value {
    let is_wanted = |known: &str| format.is_none_or(|format| format == known || format == "All");
    let declared = remediation.declared.as_ref().and_then(|declared| declared.guidance.clone());
    if let Some(mut guidance) = declared {
        if let Some(examples) = guidance["Examples"].as_object_mut() {
            examples.retain(|known, _| is_wanted(known));
        }
        return guidance;
    }
    let (action, is_immediate) = remediation.action();
    let service = remediation.resource_type().split("::").nth(1).filter(|service| !service.is_empty());
    let example = format!("# {action}: {}", remediation.resource_id());
    let formats = FORMATS.into_iter().filter(|known| is_wanted(known));
    let examples: Map<String, Value> = formats.map(|format| (format.to_owned(), json!(example))).collect();
    json!({
        "TargetTypeName": remediation.resource_type(),
        "Pattern": remediation.kind,
        "Version": "1.0",
        "Context": { "ProblemStatement": remediation.text("/finding_info/title").unwrap_or("Exposure") },
        "Specification": {
            "Steps": [{
                "Phase": "Remediate",
                "Description": description(remediation),
                "Service": service.unwrap_or("AWS"),
                "Action": action,
            }],
            "ExpectedEndState": format!("The resource has no trait {}", remediation.kind),
        },
        "Examples": examples,
        "Metadata": {
            "ResourceType": remediation.resource_type(),
            "ExposureType": remediation.text("/finding_info/types/0").unwrap_or("Exposure"),
            "TraitTitles": [remediation.title],
            "Reversibility": "Reversible",
            "FixEffect": if is_immediate { "Immediate" } else { "Delayed" },
            "RiskLevel": remediation.priority(),
        },
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    target_uid: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ListOutput<P> {
    target_uid: String,
    resource: Value,
    total_count: usize,
    r#trait: Value,
    #[serde(flatten)]
    page: P,
}

/// Returns the exposures that a remediation changes, and their severities before and after it (RMV-06).
///
/// # Errors
/// 400 `ValidationException` for a token of another query; 404 `ResourceNotFoundException` for an unknown TargetUid.
pub fn list_exposures_by_remediation_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, input) = PageRequest::read::<ListInput>(Operation::ListExposuresByRemediationV2, input)?;
    let page = page.open(context, &json!(input.target_uid))?.default_size(ROWS);
    let found = remediations::all(context.world, &context.caller);
    let target = found.into_iter().find(|remediation| remediation.target_uid == input.target_uid);
    let target = target.ok_or_else(|| AwsError::not_found(format!("Target {} was not found", input.target_uid)))?;
    // A closed exposure no longer changes.
    let exposure = (!target.is_resolved()).then(|| {
        json!({
            "MetadataUid": target.metadata_uid(),
            "Title": target.text("/finding_info/title").unwrap_or("Exposure"),
            "PreviousSeverity": ocsf::severity(target.severity_id),
            "ProjectedSeverity": ocsf::severity(target.projected_id),
            "Impact": match target.impact {
                Impact::Resolves => "Resolves",
                Impact::Reduces => "Reduces",
                Impact::Unchanged => "Unchanged",
            },
        })
    });
    Answer::json(&ListOutput {
        resource: resource(&target),
        total_count: usize::from(exposure.is_some()),
        r#trait: json!({ "Type": target.kind, "Title": target.title }),
        page: page.in_fixed_order(exposure),
        target_uid: input.target_uid,
    })
}

//! The fields by which resources and software can be filtered, sorted and grouped.

use std::sync::{Arc, LazyLock};

use securityhub_engine::filter::combine::Comparison;
use securityhub_engine::{Field, FieldKind, Filter, Schema, SortKey};
use serde_json::Value;

use crate::aws_error::AwsError;
use crate::domain::findings::filters::composite::{self, Dialect, refused};
use crate::state::Timestamp;

/// The only category of resources for which some fields can be used (RSV-07, RSV-08).
const AI_ML: &str = "AI/ML";
/// Fields of statistics that need a filter for this category.
const OF_AI_ML: [&str; 3] =
    ["ResourceSubCategory", "ResourceInfo.AIDetails.HostResourceType", "ResourceInfo.AIDetails.CanonicalId"];

/// The comparisons of strings for resources (RSV-07). Software has the same ones, except for words (SWV-02).
const OF_RESOURCES: &[Comparison] = &[
    Comparison::Equals,
    Comparison::Prefix,
    Comparison::NotEquals,
    Comparison::PrefixNotEquals,
    Comparison::ContainsWord,
];
const OF_SOFTWARE: &[Comparison] =
    &[Comparison::Equals, Comparison::Prefix, Comparison::NotEquals, Comparison::PrefixNotEquals];
const MAPS: &[Comparison] = &[Comparison::Equals, Comparison::NotEquals];

/// The name and kind of a field, and its path if that differs from the name.
type Row = (&'static str, FieldKind, &'static str);

const RESOURCES: &[Row] = &[
    ("ResourceGuid", FieldKind::String, ""),
    ("ResourceId", FieldKind::String, ""),
    ("AccountId", FieldKind::String, ""),
    ("AccountName", FieldKind::String, ""),
    ("Region", FieldKind::String, ""),
    ("ResourceProvider", FieldKind::String, ""),
    ("ResourceOwnerAccountId", FieldKind::String, ""),
    ("ResourceOwnerOrgId", FieldKind::String, ""),
    ("ResourceCloudPartition", FieldKind::String, ""),
    ("ResourceRegion", FieldKind::String, ""),
    ("ResourceCategory", FieldKind::String, ""),
    ("ResourceType", FieldKind::String, ""),
    ("ResourceName", FieldKind::String, ""),
    ("ResourceSubCategory", FieldKind::String, ""),
    ("DiscoveryType", FieldKind::String, ""),
    ("ResourceCriticality", FieldKind::String, ""),
    ("FindingsSummary.FindingType", FieldKind::String, "FindingsSummary[].FindingType"),
    ("FindingsSummary.ProductName", FieldKind::String, "FindingsSummary[].ProductName"),
    ("ResourceInfo.AIDetails.HostResourceGuid", FieldKind::String, ""),
    ("ResourceInfo.AIDetails.HostResourceType", FieldKind::String, ""),
    ("ResourceInfo.AIDetails.CanonicalId", FieldKind::String, ""),
    ("ResourceDetailCaptureTime", FieldKind::Date, "ResourceDetailCaptureTimeDt"),
    ("ResourceCreationTime", FieldKind::Date, "ResourceCreationTimeDt"),
    ("FindingsSummary.TotalFindings", FieldKind::Number, "FindingsSummary[].TotalFindings"),
    ("FindingsSummary.Severities.Other", FieldKind::Number, "FindingsSummary[].Severities.Other"),
    ("FindingsSummary.Severities.Fatal", FieldKind::Number, "FindingsSummary[].Severities.Fatal"),
    ("FindingsSummary.Severities.Critical", FieldKind::Number, "FindingsSummary[].Severities.Critical"),
    ("FindingsSummary.Severities.High", FieldKind::Number, "FindingsSummary[].Severities.High"),
    ("FindingsSummary.Severities.Medium", FieldKind::Number, "FindingsSummary[].Severities.Medium"),
    ("FindingsSummary.Severities.Low", FieldKind::Number, "FindingsSummary[].Severities.Low"),
    ("FindingsSummary.Severities.Informational", FieldKind::Number, "FindingsSummary[].Severities.Informational"),
    ("FindingsSummary.Severities.Unknown", FieldKind::Number, "FindingsSummary[].Severities.Unknown"),
    ("ResourceInfo.AIDetails.SelfHostedAIModelResourceCount", FieldKind::Number, ""),
    ("ResourceInfo.AIDetails.SelfHostedAIAgentResourceCount", FieldKind::Number, ""),
    ("ResourceInfo.AIDetails.SelfHostedAIModelServingResourceCount", FieldKind::Number, ""),
    ("ResourceInfo.AIDetails.SelfHostedAIExternalEndpointResourceCount", FieldKind::Number, ""),
    ("ResourceInfo.AIDetails.SelfHostedAIDevelopmentResourceCount", FieldKind::Number, ""),
    ("ResourceInfo.AIDetails.SelfHostedAIAgentFrameworkResourceCount", FieldKind::Number, ""),
    ("ResourceInfo.AIDetails.SelfHostedAIAgentToolsAndIdentityResourceCount", FieldKind::Number, ""),
    ("ResourceInfo.AIDetails.SelfHostedTotalAIResourceCount", FieldKind::Number, ""),
    ("ResourceTags", FieldKind::Map, "ResourceTags[]"),
];

const SOFTWARE: &[Row] = &[
    ("PackageName", FieldKind::String, ""),
    ("PackageVersion", FieldKind::String, ""),
    ("PackageType", FieldKind::String, ""),
    ("AccountId", FieldKind::String, "Resource.AccountId"),
    ("Region", FieldKind::String, "Resource.Region"),
    ("ResourceRegion", FieldKind::String, "Resource.ResourceRegion"),
    ("ResourceType", FieldKind::String, "Resource.ResourceType"),
    ("ResourceId", FieldKind::String, "Resource.ResourceId"),
    ("ResourceProvider", FieldKind::String, "Resource.ResourceProvider"),
    ("ResourceOwnerAccountId", FieldKind::String, "Resource.ResourceOwnerAccountId"),
    ("ResourceOwnerOrgId", FieldKind::String, "Resource.ResourceOwnerOrgId"),
    ("ResourceCloudPartition", FieldKind::String, "Resource.ResourceCloudPartition"),
];

static RESOURCE_SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| schema(RESOURCES));
static SOFTWARE_SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| schema(SOFTWARE));

fn schema(rows: &[Row]) -> Arc<Schema> {
    let field = |(name, kind, path): &Row| Field { name, kind: *kind, path: if path.is_empty() { name } else { path } };
    Arc::new(Schema::new(&rows.iter().map(field).collect::<Vec<_>>()))
}

/// The fields of resources.
pub fn of_resources() -> &'static Arc<Schema> {
    &RESOURCE_SCHEMA
}

/// The fields of packages on resources.
pub fn of_software() -> &'static Arc<Schema> {
    &SOFTWARE_SCHEMA
}

/// Converts filters of resources (RSV-07).
///
/// # Errors
/// 400 `ValidationException`.
pub fn resource_filter(now: Timestamp, filters: &Value, needs_filters: bool) -> Result<Filter, AwsError> {
    let filter = convert(of_resources(), OF_RESOURCES, now, filters, needs_filters)?;
    if names(filters, "ResourceSubCategory") && !is_about_ai(filters) {
        return Err(refused("A filter on ResourceSubCategory needs ResourceCategory EQUALS AI/ML"));
    }
    Ok(filter)
}

/// Converts filters of software (SWV-02).
///
/// # Errors
/// 400 `ValidationException`.
pub fn software_filter(now: Timestamp, filters: &Value) -> Result<Filter, AwsError> {
    convert(of_software(), OF_SOFTWARE, now, filters, false)
}

fn convert(
    schema: &Schema,
    string_comparisons: &'static [Comparison],
    now: Timestamp,
    filters: &Value,
    needs_filters: bool,
) -> Result<Filter, AwsError> {
    let field = |name: &str| {
        let field = schema.field(name)?;
        Some((field, schema.kind(field)?))
    };
    let (map_comparisons, accepts_ranges) = (MAPS, true);
    let dialect = Dialect { field: &field, string_comparisons, map_comparisons, needs_filters, accepts_ranges, now };
    composite::convert(&dialect, filters)
}

/// Checks that the filters of a grouping rule allow its field (RSV-08).
///
/// # Errors
/// 400 `ValidationException`.
pub fn check_group(field: &str, filters: &Value) -> Result<(), AwsError> {
    if OF_AI_ML.contains(&field) && !is_about_ai(filters) {
        return Err(refused(format!("GroupByField {field} needs a filter ResourceCategory EQUALS AI/ML in its rule")));
    }
    Ok(())
}

/// Returns whether any filter in a request tests a field.
fn names(filters: &Value, field: &str) -> bool {
    any_filter(filters, &|filter| filter.get("FieldName").and_then(Value::as_str) == Some(field))
}

fn is_about_ai(filters: &Value) -> bool {
    any_filter(filters, &|filter| {
        let text = |member: &str| filter.get("Filter").and_then(|test| test.get(member)).and_then(Value::as_str);
        filter.get("FieldName").and_then(Value::as_str) == Some("ResourceCategory")
            && text("Value") == Some(AI_ML)
            && text("Comparison") == Some("EQUALS")
    })
}

/// Returns whether `holds` returns true for any object at any depth. The recursion is shallow, because composite
/// filters nest only once.
pub(super) fn any_filter(value: &Value, holds: &dyn Fn(&Value) -> bool) -> bool {
    holds(value)
        || match value {
            Value::Array(elements) => elements.iter().any(|element| any_filter(element, holds)),
            Value::Object(members) => members.values().any(|member| any_filter(member, holds)),
            _ => false,
        }
}

/// Converts at most `most` sort criteria.
///
/// # Errors
/// 400 `ValidationException`.
pub fn sort(schema: &Schema, criteria: &[Value], most: usize) -> Result<Vec<SortKey>, AwsError> {
    if criteria.len() > most {
        return Err(refused(format!("At most {most} SortCriteria are supported")));
    }
    let key = |criterion: &Value| {
        let name = criterion.get("Field").and_then(Value::as_str);
        let name = name.ok_or_else(|| refused("Field of SortCriteria is required"))?;
        let field = schema.field(name).filter(|field| schema.kind(*field) != Some(FieldKind::Map));
        let field = field.ok_or_else(|| refused(format!("Field {name} of SortCriteria is not supported")))?;
        let descending = criterion.get("SortOrder").and_then(Value::as_str) == Some("desc");
        Ok(SortKey { field, descending })
    };
    criteria.iter().map(key).collect()
}

//! GetSoftwareV2, GetSoftwareResourcesV2 and GetSoftwareStatisticsV2.

use std::collections::BTreeMap;

use securityhub_engine::filter::Test;
use securityhub_engine::{Filter, Scope, Stored, json as text};
use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::findings::page_body_of;
use super::paged::PageRequest;
use super::query_v2::Query;
use super::resources_v2::count_rows;
use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::findings::filters::composite::refused;
use crate::domain::findings::v2::inventory::{self, fields};
use crate::domain::findings::v2::visibility;
use crate::state::Inventory;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetSoftwareInput {
    #[serde(default)]
    filters: Value,
    scopes: Option<Value>,
    #[serde(default)]
    sort_criteria: Vec<Value>,
}

/// A package, its version and its type, and the number of resources that it is on.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SoftwareResult {
    package_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    package_version: Option<String>,
    package_type: String,
    #[serde(default)]
    resource_count: u64,
}

/// Returns the packages on resources that the caller sees and the filters select, in pages (SWV-01, SWV-02).
///
/// # Errors
/// 400 `ValidationException` for invalid filters, a sort criterion other than ResourceCount, or a token of another query;
/// the errors of `Scopes`.
pub fn get_software_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, input) = PageRequest::read::<GetSoftwareInput>(Operation::GetSoftwareV2, input)?;
    let GetSoftwareInput { filters, scopes, sort_criteria } = input;
    let Context { world, caller, .. } = context;
    let filter = fields::software_filter(caller.now, &filters)?;
    let order = sort_order(&sort_criteria)?;
    let page = page.open(context, &json!([filters, scopes, sort_criteria]))?;
    let limit = visibility::limit(world, caller, scopes.as_ref())?;
    let mut packages = packages(&inventory::of_caller(world, caller, &limit), &filter);
    match order {
        Some("desc") => packages.sort_by_key(|package| std::cmp::Reverse(package.resource_count)),
        Some(_) => packages.sort_by_key(|package| package.resource_count),
        None => {}
    }
    page.in_fixed_order(packages).answer()
}

/// The sort order of `ResourceCount`, the only field by which software can be sorted (SWV-02).
fn sort_order(criteria: &[Value]) -> Result<Option<&str>, AwsError> {
    let [criterion] = criteria else {
        return if criteria.is_empty() { Ok(None) } else { Err(refused("Only one SortCriterion is supported")) };
    };
    if criterion.get("Field").and_then(Value::as_str) != Some("ResourceCount") {
        return Err(refused("Software can only be sorted by ResourceCount"));
    }
    Ok(Some(criterion.get("SortOrder").and_then(Value::as_str).unwrap_or("asc")))
}

/// The packages with their counts, sorted by name, version and type.
fn packages(inventory: &Inventory, filter: &Filter) -> Vec<SoftwareResult> {
    let mut packages: BTreeMap<(String, Option<String>, String), SoftwareResult> = BTreeMap::new();
    for slot in inventory.software.within(Scope::All).matching(filter) {
        let Ok(row) = serde_json::from_slice::<SoftwareResult>(inventory.software.document(slot)) else { continue };
        let key = (row.package_name.clone(), row.package_version.clone(), row.package_type.clone());
        packages.entry(key).or_insert(row).resource_count += 1;
    }
    packages.into_values().collect()
}

/// Returns the resources with a package, in pages (SWV-03).
///
/// # Errors
/// 400 `ValidationException` for invalid filters, more than one sort criterion, or a token of another query; the errors
/// of `Scopes`.
pub fn get_software_resources_v2(context: &Context<'_>, mut input: Input) -> Result<Answer, AwsError> {
    let Context { world, caller, .. } = context;
    let schema = fields::of_software();
    let mut named: Vec<(&str, String)> = Vec::new();
    for name in ["PackageName", "PackageType", "PackageVersion"] {
        named.extend(input.take(name)?.map(|value| (name, value)));
    }
    let query =
        Query::read(context, Operation::GetSoftwareResourcesV2, (input, &json!(named)), |filters, criteria| {
            Ok((fields::software_filter(caller.now, filters)?, fields::sort(schema, criteria, 1)?))
        })?;
    let inventory = inventory::of_caller(world, caller, &query.limit);
    let named =
        named.into_iter().filter_map(|(name, value)| Some(Filter::term(schema.field(name)?, Test::equals(value))));
    let filter = Filter::All(named.chain([query.filter]).collect());
    let write = |stored: Stored<'_>, bytes: &mut Vec<u8>| bytes.extend_from_slice(resource_of(stored.document));
    let head = b"{\"SoftwareResources\":[".to_vec();
    let part = inventory.software.within(Scope::All);
    let page = part.select_with(&filter, &query.sort, query.after.as_ref(), query.most, head, &write);
    Ok(Answer(page_body_of(page, &query.binding)))
}

/// The member of a software document that describes the resource.
fn resource_of(document: &[u8]) -> &[u8] {
    let mut resource: &[u8] = b"{}";
    text::members(document, 0, |name, at| {
        let end = text::value(document, at)?;
        if name == b"Resource" {
            resource = document.get(at..end)?;
        }
        Some(end)
    });
    resource
}

/// Counts packages on resources by the values of fields, one list of counts per rule (SWV-04).
///
/// # Errors
/// 400 `ValidationException` for invalid rules or filters; the errors of `Scopes`.
pub fn get_software_statistics_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    count_rows(context, input, (fields::of_software(), |inventory| &inventory.software), |rule| {
        fields::software_filter(context.caller.now, &rule.filters)
    })
}

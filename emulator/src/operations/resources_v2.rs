//! GetResourcesV2 and GetResourcesStatisticsV2.

#[cfg(test)]
mod tests;

use securityhub_engine::{Filter, Schema, Scope, Table};
use securityhub_fixtures::Operation;
use serde::Deserialize;
use serde_json::Value;

use super::findings::page_body_of;
use super::findings_v2::{GroupByRule, group_by_results};
use super::query_v2::Query;
use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::findings::filters::composite::refused;
use crate::domain::findings::v2::inventory::{self, fields};
use crate::domain::findings::v2::visibility;
use crate::state::Inventory;

/// Sort criteria of resources; each field counts once.
const MOST_CRITERIA: usize = 50;

/// Returns the resources that the caller sees and the filters select, in pages (RSV-01 … RSV-09).
///
/// # Errors
/// 400 `ValidationException` for invalid filters or sort criteria, or a token of another query; the errors of `Scopes`.
pub fn get_resources_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let Context { world, caller, .. } = context;
    let query = Query::read(context, Operation::GetResourcesV2, (input, &Value::Null), |filters, criteria| {
        let filter = fields::resource_filter(caller.now, filters, false)?;
        Ok((filter, fields::sort(fields::of_resources(), criteria, MOST_CRITERIA)?))
    })?;
    let inventory = inventory::of_caller(world, caller, &query.limit);
    let part = inventory.resources.within(Scope::All);
    let head = b"{\"Resources\":[".to_vec();
    let page = part.select(&query.filter, &query.sort, query.after.as_ref(), query.most, head);
    Ok(Answer(page_body_of(page, &query.binding)))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StatisticsInput {
    group_by_rules: Vec<GroupByRule>,
    scopes: Option<Value>,
    sort_order: Option<String>,
    max_statistic_results: Option<usize>,
}

/// Counts resources by the values of fields, one list of counts per rule (RSV-08).
///
/// # Errors
/// 400 `ValidationException` for invalid rules or filters; the errors of `Scopes`.
pub fn get_resources_statistics_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    count_rows(context, input, (fields::of_resources(), |inventory| &inventory.resources), |rule| {
        fields::check_group(&rule.group_by_field, &rule.filters)?;
        fields::resource_filter(context.caller.now, &rule.filters, false)
    })
}

/// Counts the rows of a table of the inventory by the values of fields. `filter` reads the filters of a rule.
///
/// # Errors
/// 400 `ValidationException` for invalid rules; the errors of `filter` and of `Scopes`.
pub(super) fn count_rows(
    context: &Context<'_>,
    input: Input,
    (schema, table): (&Schema, fn(&Inventory) -> &Table),
    filter: impl Fn(&GroupByRule) -> Result<Filter, AwsError>,
) -> Result<Answer, AwsError> {
    let StatisticsInput { group_by_rules, scopes, sort_order, max_statistic_results } = input.read()?;
    let Context { world, caller, .. } = context;
    let read = |rule: &GroupByRule| -> Result<_, AwsError> {
        let filter = filter(rule)?;
        let field = schema.field(&rule.group_by_field);
        let field = field.ok_or_else(|| refused(format!("GroupByField {} is not supported", rule.group_by_field)))?;
        Ok((field, filter))
    };
    group_by_rules.iter().try_for_each(|rule| read(rule).map(|_| ()))?;
    let limit = visibility::limit(world, caller, scopes.as_ref())?;
    let inventory = inventory::of_caller(world, caller, &limit);
    group_by_results(group_by_rules, (sort_order.as_deref(), max_statistic_results), |rule| {
        let (field, filter) = read(rule)?;
        Ok(table(&inventory).groups(&filter, field))
    })
}

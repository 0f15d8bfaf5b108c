//! CreateInsight, UpdateInsight, DeleteInsight, GetInsights, GetInsightResults.
//!
//! Contains: their wire structs and the tests of these rules. Does not contain: insights themselves and their counts,
//! which are in `domain::findings::insights`.

use std::collections::HashSet;

use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::paged::PageRequest;
use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::findings::insights::{self, Draft, Edit};
use crate::state::{Insight, Transaction};

#[cfg(test)]
mod tests;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ArnOutput {
    insight_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateInput {
    name: String,
    filters: Map<String, Value>,
    group_by_attribute: String,
}

/// Creates an insight (INS-01 … INS-04).
///
/// # Errors
/// 400 `InvalidInputException` for invalid filters or grouping; 429 `LimitExceededException` if there are a hundred
/// already.
pub fn create_insight(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let CreateInput { name, filters, group_by_attribute } = input.read()?;
    let draft = Draft { name, filters, group_by_attribute };
    let insight_arn = insights::create(transaction, context.world, &context.caller, draft)?;
    Answer::json(&ArnOutput { insight_arn })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateInput {
    insight_arn: String,
    name: Option<String>,
    filters: Option<Map<String, Value>>,
    group_by_attribute: Option<String>,
}

/// Changes the given attributes of an insight (INS-05).
///
/// # Errors
/// 400 `InvalidInputException` as [`create_insight`] and for a managed insight; 404 `ResourceNotFoundException`.
pub fn update_insight(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let UpdateInput { insight_arn, name, filters, group_by_attribute } = input.read()?;
    let edit = Edit { name, filters, group_by_attribute };
    insights::update(transaction, context.world, &context.caller, &insight_arn, edit)?;
    Ok(Answer::empty())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ArnInput {
    insight_arn: String,
}

/// Deletes an insight (INS-06).
///
/// # Errors
/// 400 `InvalidInputException` for a managed insight; 404 `ResourceNotFoundException`.
pub fn delete_insight(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let ArnInput { insight_arn } = input.read()?;
    insights::delete(transaction, &context.caller, &insight_arn)?;
    Answer::json(&ArnOutput { insight_arn })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetInput {
    #[serde(default)]
    insight_arns: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DescribedInsight {
    insight_arn: String,
    name: String,
    filters: Map<String, Value>,
    group_by_attribute: String,
}

impl DescribedInsight {
    fn new(insight_arn: String, insight: Insight) -> DescribedInsight {
        let Insight { name, filters, group_by_attribute, .. } = insight;
        DescribedInsight { insight_arn, name, filters, group_by_attribute }
    }
}

/// Lists the requested insights in the order of the request, or all custom insights in the order of creation (INS-09,
/// INS-10).
///
/// # Errors
/// 404 `ResourceNotFoundException` when a requested insight does not exist; 400 `InvalidInputException` for a token of
/// another query.
pub fn get_insights(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, input) = PageRequest::read::<GetInput>(Operation::GetInsights, input)?;
    let page = page.open(context, &json!(input.insight_arns))?;
    let rows = if input.insight_arns.is_empty() { all(context) } else { requested(context, input.insight_arns)? };
    // Insights can be long, so only those of the page are cloned.
    let page = page.by_number(rows, |(number, _)| *number).filter_map(|(_, arn)| {
        let insight = insights::find(context.world, &context.caller, &arn).ok()?;
        Some(DescribedInsight::new(arn, insight))
    });
    page.answer()
}

/// The ARNs of all custom insights, with their numbers.
fn all(context: &Context<'_>) -> Vec<(u64, String)> {
    let key = context.caller.hub_key();
    let hub = context.world.hub(&key);
    let insights = hub.iter().flat_map(|hub| &hub.insights);
    insights.map(|insight| (insight.number, insights::custom_arn(&key, &insight.id))).collect()
}

/// These ARNs with their positions, without duplicates. All of them must exist.
fn requested(context: &Context<'_>, arns: Vec<String>) -> Result<Vec<(u64, String)>, AwsError> {
    let mut named = HashSet::new();
    let mut rows = Vec::new();
    for (position, arn) in (0..).zip(arns) {
        if named.insert(arn.clone()) {
            insights::refuse_missing(context.world, &context.caller, &arn)?;
            rows.push((position, arn));
        }
    }
    Ok(rows)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResultsOutput {
    insight_results: InsightResults,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct InsightResults {
    insight_arn: String,
    group_by_attribute: String,
    result_values: Vec<InsightResultValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct InsightResultValue {
    group_by_attribute_value: String,
    count: u64,
}

/// Counts the findings of an insight by the values of its grouping attribute (INS-20 … INS-26).
///
/// # Errors
/// 404 `ResourceNotFoundException`.
pub fn get_insight_results(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let ArnInput { insight_arn } = input.read()?;
    let insight = insights::find(context.world, &context.caller, &insight_arn)?;
    let results = insights::results(context.world, &context.caller, &insight)?;
    let value = |(group_by_attribute_value, count)| InsightResultValue { group_by_attribute_value, count };
    Answer::json(&ResultsOutput {
        insight_results: InsightResults {
            insight_arn,
            group_by_attribute: insight.group_by_attribute,
            result_values: results.into_iter().map(value).collect(),
        },
    })
}

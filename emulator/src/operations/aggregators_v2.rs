//! CreateAggregatorV2, GetAggregatorV2, ListAggregatorsV2, UpdateAggregatorV2, DeleteAggregatorV2.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use securityhub_fixtures::Operation;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::paged::PageRequest;
use super::{Answer, Context, Input, repeatable};
use crate::aws_error::AwsError;
use crate::domain::accounts::aggregator_v2::{self, Linking, aggregator_arn};
use crate::state::{AccountId, AggregatorV2, Transaction};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AggregatorOutput {
    aggregator_v2_arn: String,
    aggregation_region: String,
    region_linking_mode: &'static str,
    linked_regions: Vec<String>,
}

impl AggregatorOutput {
    fn new(owner: AccountId, aggregator: &AggregatorV2) -> AggregatorOutput {
        AggregatorOutput {
            aggregator_v2_arn: aggregator_arn(owner, aggregator),
            aggregation_region: aggregator.home.to_string(),
            region_linking_mode: aggregator.mode.as_str(),
            linked_regions: aggregator.linked.iter().map(ToString::to_string).collect(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateInput {
    region_linking_mode: String,
    #[serde(default)]
    linked_regions: Vec<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

/// Makes the Region of the call the home Region of the account (AGV-01 … AGV-04, O2G-08).
///
/// # Errors
/// 400 `ValidationException` for an invalid mode or list, or an opt-in Region; 403 `AccessDeniedException` for a member
/// of an organization; 409 `ConflictException` for a second aggregator.
pub fn create_aggregator_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    repeatable::once(context, transaction, Operation::CreateAggregatorV2, input, |transaction, input| {
        let CreateInput { region_linking_mode, linked_regions, tags } = input.read()?;
        let linking = Linking { mode: &region_linking_mode, regions: &linked_regions };
        let caller = &context.caller;
        let aggregator = aggregator_v2::create(transaction, context.world, caller, &linking, tags)?;
        Answer::json(&AggregatorOutput::new(caller.account(), &aggregator))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ArnInput {
    aggregator_v2_arn: String,
}

/// Describes the aggregator, in its home Region (AGV-06, AGV-07).
///
/// # Errors
/// 400 `ValidationException` if the text is not the ARN of an aggregator; 403 `AccessDeniedException` for a member of an
/// organization; 404 `ResourceNotFoundException`; 409 `ConflictException` in another Region.
pub fn get_aggregator_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let ArnInput { aggregator_v2_arn } = input.read()?;
    let directory = context.world.directory();
    let aggregator = aggregator_v2::find(&directory, &context.caller, &aggregator_v2_arn)?;
    Answer::json(&AggregatorOutput::new(context.caller.account(), aggregator))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    aggregator_v2_arn: String,
}

/// Lists the account's aggregator, if there is one, from any Region (AGV-05, AGV-09).
///
/// # Errors
/// 400 `ValidationException` for a token of another query.
pub fn list_aggregators_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, IgnoredAny) = PageRequest::read(Operation::ListAggregatorsV2, input)?;
    let page = page.open(context, &Value::Null)?;
    let (account, directory) = (context.caller.account(), context.world.directory());
    let listed = aggregator_v2::listed(&directory, account);
    let row = |aggregator| Listed { aggregator_v2_arn: aggregator_arn(account, aggregator) };
    page.in_fixed_order(listed.map(row)).answer()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateInput {
    aggregator_v2_arn: String,
    region_linking_mode: String,
    #[serde(default)]
    linked_regions: Vec<String>,
}

/// Replaces the linked Regions, in the home Region (AGV-08).
///
/// # Errors
/// The errors of [`create_aggregator_v2`] and [`get_aggregator_v2`].
pub fn update_aggregator_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let UpdateInput { aggregator_v2_arn, region_linking_mode, linked_regions } = input.read()?;
    let linking = Linking { mode: &region_linking_mode, regions: &linked_regions };
    let caller = &context.caller;
    let aggregator = aggregator_v2::update(transaction, context.world, caller, &aggregator_v2_arn, &linking)?;
    Answer::json(&AggregatorOutput::new(caller.account(), &aggregator))
}

/// Deletes the aggregator, in its home Region (AGV-08).
///
/// # Errors
/// The errors of [`get_aggregator_v2`].
pub fn delete_aggregator_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let ArnInput { aggregator_v2_arn } = input.read()?;
    aggregator_v2::delete(transaction, context.world, &context.caller, &aggregator_v2_arn)?;
    Ok(Answer::empty())
}

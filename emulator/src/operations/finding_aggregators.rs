//! CreateFindingAggregator, GetFindingAggregator, ListFindingAggregators, UpdateFindingAggregator,
//! DeleteFindingAggregator.

use securityhub_fixtures::Operation;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::paged::PageRequest;
use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::accounts::central_configuration::switch::apply_aggregator_change;
use crate::domain::findings::aggregation;
use crate::state::{AccountId, Aggregator, Transaction};

/// The answer of all these operations except DeleteFindingAggregator (AGG-01, AGG-11).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AggregatorOutput {
    finding_aggregator_arn: String,
    finding_aggregation_region: String,
    region_linking_mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    regions: Option<Vec<String>>,
}

impl AggregatorOutput {
    fn new(owner: AccountId, aggregator: &Aggregator) -> AggregatorOutput {
        let (region_linking_mode, regions) = aggregation::mode(&aggregator.linking);
        AggregatorOutput {
            finding_aggregator_arn: aggregation::aggregator_arn(owner, aggregator),
            finding_aggregation_region: aggregator.home.to_string(),
            region_linking_mode,
            regions: regions.map(|regions| regions.iter().map(ToString::to_string).collect()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateInput {
    region_linking_mode: String,
    #[serde(default)]
    regions: Vec<String>,
}

/// Makes the Region of the call the home Region of the account (AGG-01 … AGG-06).
///
/// # Errors
/// 400 `InvalidInputException` for an invalid mode or list of Regions, an opt-in Region, or a second aggregator; 401
/// `InvalidInputException` for a member.
pub fn create_finding_aggregator(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let CreateInput { region_linking_mode, regions } = input.read()?;
    let caller = &context.caller;
    let aggregator = aggregation::create(transaction, context.world, caller, &region_linking_mode, &regions)?;
    Answer::json(&AggregatorOutput::new(caller.account(), &aggregator))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ArnInput {
    finding_aggregator_arn: String,
}

/// Describes the aggregator of the account or its administrator, from any Region (AGG-07, AGG-08).
///
/// # Errors
/// 400 `InvalidInputException` if the text is not the ARN of an aggregator; 404 `ResourceNotFoundException`.
pub fn get_finding_aggregator(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let ArnInput { finding_aggregator_arn } = input.read()?;
    let directory = context.world.directory();
    let (owner, aggregator) = aggregation::find(&directory, &context.caller, &finding_aggregator_arn)?;
    Answer::json(&AggregatorOutput::new(owner, aggregator))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct FindingAggregator {
    finding_aggregator_arn: String,
}

/// Lists the aggregator that the account sees, if there is one, from any Region (AGG-07, AGG-08).
///
/// # Errors
/// 400 `InvalidInputException` for a token, because there is only one page.
pub fn list_finding_aggregators(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, IgnoredAny) = PageRequest::read(Operation::ListFindingAggregators, input)?;
    let page = page.open(context, &Value::Null)?;
    let caller = &context.caller;
    let directory = context.world.directory();
    let visible = aggregation::visible(&directory, caller.account(), &caller.region);
    let row = |(owner, aggregator)| FindingAggregator {
        finding_aggregator_arn: aggregation::aggregator_arn(owner, aggregator),
    };
    page.in_fixed_order(visible.map(row)).answer()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateInput {
    finding_aggregator_arn: String,
    region_linking_mode: String,
    #[serde(default)]
    regions: Vec<String>,
}

/// Replaces mode and Regions, in the home Region (AGG-09).
///
/// # Errors
/// 400 `InvalidInputException` as [`create_finding_aggregator`], in another Region, and under central configuration for
/// a Region that has another administrator; 401 `InvalidInputException` for a member; 404 `ResourceNotFoundException`.
pub fn update_finding_aggregator(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let UpdateInput { finding_aggregator_arn, region_linking_mode, regions } = input.read()?;
    let caller = &context.caller;
    let aggregator = aggregation::update(transaction, caller, &finding_aggregator_arn, &region_linking_mode, &regions)?;
    apply_aggregator_change(transaction, context.world, caller.account(), caller.now)?;
    Answer::json(&AggregatorOutput::new(caller.account(), &aggregator))
}

/// Deletes the aggregator, in the home Region (AGG-10).
///
/// # Errors
/// 400 `InvalidInputException` if the text is not the ARN of an aggregator, or in another Region; 401
/// `InvalidInputException` for a member; 404 `ResourceNotFoundException`.
pub fn delete_finding_aggregator(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let ArnInput { finding_aggregator_arn } = input.read()?;
    let caller = &context.caller;
    aggregation::delete(transaction, caller, &finding_aggregator_arn)?;
    apply_aggregator_change(transaction, context.world, caller.account(), caller.now)?;
    Ok(Answer::empty())
}

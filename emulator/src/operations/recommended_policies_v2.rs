//! GenerateRecommendedPolicyV2 and GetRecommendedPolicyV2.

#[cfg(test)]
pub(super) mod tests;

use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::paged::PageRequest;
use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::accounts::recommended_policies::{self, Generated};
use crate::state::Transaction;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FindingInput {
    metadata_uid: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetOutput<P> {
    status: &'static str,
    recommendation_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_arn: Option<String>,
    #[serde(flatten)]
    page: P,
}

/// Generates the recommended policy of a finding about unused permissions (RPV-01, RPV-02).
///
/// # Errors
/// 400 `ValidationException`, 404 `ResourceNotFoundException`.
pub fn generate_recommended_policy_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let FindingInput { metadata_uid } = input.read()?;
    recommended_policies::generate(transaction, context.world, &context.caller, &metadata_uid)?;
    Ok(Answer::empty())
}

/// Returns the steps that remove unused permissions (RPV-01, RPV-03).
///
/// # Errors
/// The errors of [`generate_recommended_policy_v2`]; 404 `ResourceNotFoundException` if no policy was generated yet.
pub fn get_recommended_policy_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, input) = PageRequest::read::<FindingInput>(Operation::GetRecommendedPolicyV2, input)?;
    let page = page.open(context, &json!(input.metadata_uid))?;
    let Generated { policy, resource_arn } =
        recommended_policies::generated(context.world, &context.caller, &input.metadata_uid)?;
    Answer::json(&GetOutput {
        status: policy.status,
        recommendation_type: "UNUSED_PERMISSION_RECOMMENDATION",
        error: policy.error,
        resource_arn,
        page: page.in_fixed_order(policy.steps),
    })
}

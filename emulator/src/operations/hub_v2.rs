//! EnableSecurityHubV2, DescribeSecurityHubV2, DisableSecurityHubV2, EnableSecurityHubFeatureV2,
//! DisableSecurityHubFeatureV2.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::accounts::hub_v2;
use crate::domain::{arn, hub_v2_access};
use crate::state::{FeatureV2, Transaction, timestamp_text};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EnableInput {
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EnableOutput {
    hub_v2_arn: String,
}

/// Enables the caller's V2 hub (HV2-01 … HV2-03, HV2-09).
///
/// # Errors
/// 400 `ValidationException` if the V2 hub would have more than 50 tags, including those from before it was disabled.
pub fn enable_security_hub_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let EnableInput { tags } = input.read()?;
    let key = context.caller.hub_key();
    let id = hub_v2::enable(transaction, &context.world.ids, &key, context.caller.now, tags)?;
    Answer::json(&EnableOutput { hub_v2_arn: arn::hub_v2(&key, &id) })
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeOutput {
    hub_v2_arn: String,
    subscribed_at: String,
    features: BTreeMap<&'static str, FeatureDetail>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct FeatureDetail {
    feature_status: &'static str,
    updated_at: String,
}

impl FeatureDetail {
    fn new(feature: FeatureV2) -> FeatureDetail {
        FeatureDetail {
            feature_status: if feature.is_enabled { "ENABLED" } else { "DISABLED" },
            updated_at: timestamp_text(feature.updated_at),
        }
    }
}

/// Describes the caller's V2 hub, with all features (HV2-04).
///
/// # Errors
/// 404 `ResourceNotFoundException` when it is disabled (O2G-05).
pub fn describe_security_hub_v2(context: &Context<'_>, _input: Input) -> Result<Answer, AwsError> {
    let key = context.caller.hub_key();
    let hub = context.world.hub_v2(&key);
    let Some((hub, subscribed_at)) = hub.and_then(|hub| hub.subscribed_at().map(|at| (hub, at))) else {
        return Err(hub_v2_access::not_subscribed());
    };
    let features = hub_v2::FEATURES.into_iter();
    Answer::json(&DescribeOutput {
        hub_v2_arn: arn::hub_v2(&key, &hub.id),
        subscribed_at: timestamp_text(subscribed_at),
        features: features.filter_map(|name| Some((name, FeatureDetail::new(hub_v2::feature(&hub, name)?)))).collect(),
    })
}

/// Disables the caller's V2 hub in this Region (HV2-07, HV2-08).
///
/// # Errors
/// 404 `ResourceNotFoundException` when it is disabled already.
pub fn disable_security_hub_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    _input: Input,
) -> Result<Answer, AwsError> {
    hub_v2::disable(transaction, &context.caller.hub_key(), context.caller.now)?;
    Ok(Answer::empty())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FeatureInput {
    feature_name: String,
}

/// Enables a feature of the caller's V2 hub (HV2-05).
///
/// # Errors
/// 404 `ResourceNotFoundException` when the hub is disabled.
pub fn enable_security_hub_feature_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    set_feature(context, transaction, input, true)
}

/// Disables a feature of the caller's V2 hub (HV2-05).
///
/// # Errors
/// 404 `ResourceNotFoundException` when the hub is disabled.
pub fn disable_security_hub_feature_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    set_feature(context, transaction, input, false)
}

fn set_feature(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
    is_enabled: bool,
) -> Result<Answer, AwsError> {
    let FeatureInput { feature_name } = input.read()?;
    let (key, now) = (context.caller.hub_key(), context.caller.now);
    hub_v2::set_feature(transaction, &key, now, &feature_name, is_enabled)?;
    Ok(Answer::empty())
}

//! EnableSecurityHub, DescribeHub, UpdateSecurityHubConfiguration, DisableSecurityHub.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::accounts::central_configuration::settle;
use crate::domain::accounts::hub;
use crate::domain::{arn, hub_access};
use crate::state::{ControlFindingGenerator, Transaction, timestamp_text};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EnableSecurityHubInput {
    enable_default_standards: Option<bool>,
    control_finding_generator: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

/// Enables the caller's hub (HUB-01 … HUB-07, HUB-17).
///
/// # Errors
/// 409 `ResourceConflictException` when it is enabled already; 403 `AccessDeniedException` when centrally managed; 400
/// `InvalidInputException` when it would have more than 50 tags, including those from before it was disabled.
pub fn enable_security_hub(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let input: EnableSecurityHubInput = input.read()?;
    let enable = hub::Enable {
        default_standards: input.enable_default_standards.unwrap_or(true),
        control_finding_generator: input.control_finding_generator.as_deref().and_then(ControlFindingGenerator::parse),
        tags: input.tags,
    };
    let caller = &context.caller;
    hub::enable(transaction, &caller.hub_key(), caller.now, enable)?;
    settle::hub_enabled(transaction, context.world, caller.account(), caller.now);
    Ok(Answer::empty())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeHubInput {
    hub_arn: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeHubOutput {
    hub_arn: String,
    subscribed_at: String,
    auto_enable_controls: bool,
    control_finding_generator: &'static str,
}

/// Describes the caller's hub (HUB-08).
///
/// # Errors
/// 401 `InvalidAccessException` when it is disabled; 404 `ResourceNotFoundException` for another hub's ARN; 400
/// `InvalidInputException` if the text is not an ARN (`inferred`).
pub fn describe_hub(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let input: DescribeHubInput = input.read()?;
    let key = context.caller.hub_key();
    let hub_arn = arn::hub(&key);
    if let Some(requested) = input.hub_arn.filter(|requested| *requested != hub_arn) {
        return Err(match arn::Arn::parse(&requested) {
            Some(_) => AwsError::not_found(format!("Hub {requested} was not found")),
            None => AwsError::invalid_input(format!("Invalid parameter 'HubArn'. {requested} is not an ARN")),
        });
    }
    let hub = context.world.hub(&key);
    let Some((hub, subscribed_at)) = hub.and_then(|hub| hub.subscribed_at().map(|at| (hub, at))) else {
        return Err(hub_access::not_subscribed(&context.caller));
    };
    Answer::json(&DescribeHubOutput {
        hub_arn,
        subscribed_at: timestamp_text(subscribed_at),
        auto_enable_controls: hub.auto_enable_controls,
        control_finding_generator: hub.control_finding_generator.as_str(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateSecurityHubConfigurationInput {
    auto_enable_controls: Option<bool>,
    control_finding_generator: Option<String>,
}

/// Changes the settings of the caller's hub (HUB-09, HUB-10).
///
/// # Errors
/// 403 `AccessDeniedException` for a member that sets the generator, or a centrally managed account.
pub fn update_security_hub_configuration(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let input: UpdateSecurityHubConfigurationInput = input.read()?;
    let generator = input.control_finding_generator.as_deref().and_then(ControlFindingGenerator::parse);
    let (key, now) = (context.caller.hub_key(), context.caller.now);
    hub::update(transaction, &key, now, input.auto_enable_controls, generator)?;
    Ok(Answer::empty())
}

/// Disables the caller's hub in this region (HUB-11 … HUB-16).
///
/// # Errors
/// 404 `ResourceNotFoundException` when it is disabled already; 400 `InvalidInputException` for administrators and
/// members; 403 `AccessDeniedException` when centrally managed.
pub fn disable_security_hub(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    _input: Input,
) -> Result<Answer, AwsError> {
    hub::disable::disable(transaction, &context.caller.hub_key(), context.caller.now)?;
    Ok(Answer::empty())
}

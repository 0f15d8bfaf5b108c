//! CreateConfigurationPolicy, GetConfigurationPolicy, ListConfigurationPolicies, UpdateConfigurationPolicy,
//! DeleteConfigurationPolicy; associations are in [`associations`].

pub mod associations;
mod content;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use securityhub_fixtures::Operation;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::content::{PolicyInput, PolicyOutput};
use super::paged::PageRequest;
use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::accounts::central_configuration::policies::{self, Change};
use crate::domain::accounts::central_configuration::{CentralError, administered};
use crate::state::{CentralConfiguration, ConfigurationPolicy, PolicyContent, Transaction, timestamp_text};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    arn: String,
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    updated_at: String,
    created_at: String,
    configuration_policy: PolicyOutput,
}

impl Output {
    fn new(central: &CentralConfiguration, policy: ConfigurationPolicy) -> Output {
        Output {
            arn: policies::policy_arn(central, &policy.id),
            id: policy.id,
            name: policy.name,
            description: policy.description,
            updated_at: timestamp_text(policy.updated_at),
            created_at: timestamp_text(policy.created_at),
            configuration_policy: PolicyOutput::new(policy.content),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateInput {
    name: String,
    description: Option<String>,
    configuration_policy: PolicyInput,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

/// Creates a policy (CCF-15 … CCF-18).
///
/// # Errors
/// 403 `AccessDeniedException` for other callers (CCF-11, CCF-12); 400, 409 or 429 for a policy that cannot be created.
pub fn create_configuration_policy(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let input: CreateInput = input.read()?;
    let now = context.caller.now;
    administered(transaction.directory(), &context.caller)?;
    let policy = ConfigurationPolicy {
        id: String::new(),
        name: input.name,
        description: input.description,
        content: input.configuration_policy.read()?,
        tags: input.tags,
        created_at: now,
        updated_at: now,
    };
    let policy = policies::create(transaction, context.world, &context.caller, policy)?;
    answer(context, transaction, policy)
}

fn answer(
    context: &Context<'_>,
    transaction: &Transaction<'_>,
    policy: ConfigurationPolicy,
) -> Result<Answer, AwsError> {
    Answer::json(&Output::new(administered(transaction.directory(), &context.caller)?, policy))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IdentifierInput {
    identifier: String,
}

/// Describes a policy (CCF-19).
///
/// # Errors
/// 403 `AccessDeniedException` for other callers; 404 `ResourceNotFoundException`.
pub fn get_configuration_policy(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let IdentifierInput { identifier } = input.read()?;
    let directory = context.world.directory();
    let central = administered(&directory, &context.caller)?;
    Answer::json(&Output::new(central, policies::find(central, &identifier)?.clone()))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateInput {
    identifier: String,
    name: Option<String>,
    description: Option<String>,
    configuration_policy: Option<PolicyInput>,
}

/// Changes a policy (CCF-20).
///
/// # Errors
/// The errors of [`create_configuration_policy`]; 404 `ResourceNotFoundException`.
pub fn update_configuration_policy(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let UpdateInput { identifier, name, description, configuration_policy } = input.read()?;
    administered(transaction.directory(), &context.caller)?;
    let policy = configuration_policy.map(PolicyInput::read).transpose()?;
    let change = Change { name, description, content: policy };
    let policy = policies::update(transaction, context.world, &context.caller, &identifier, change)?;
    answer(context, transaction, policy)
}

/// Deletes a policy (CCF-21).
///
/// # Errors
/// 403 `AccessDeniedException` for other callers; 404 `ResourceNotFoundException`; 409 `ResourceConflictException`
/// while it is associated.
pub fn delete_configuration_policy(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let IdentifierInput { identifier } = input.read()?;
    policies::delete(transaction, &context.caller, &identifier)?;
    Ok(Answer::empty())
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    arn: String,
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    updated_at: String,
    service_enabled: bool,
}

/// Lists policies sorted by id, which is `inferred` (CCF-22).
///
/// # Errors
/// 403 `AccessDeniedException` for other callers; 400 `InvalidInputException` for a token of another query.
pub fn list_configuration_policies(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, IgnoredAny) = PageRequest::read(Operation::ListConfigurationPolicies, input)?;
    let directory = context.world.directory();
    let central = administered(&directory, &context.caller)?;
    let summary = |policy: &ConfigurationPolicy| Summary {
        arn: policies::policy_arn(central, &policy.id),
        id: policy.id.clone(),
        name: policy.name.clone(),
        description: policy.description.clone(),
        updated_at: timestamp_text(policy.updated_at),
        service_enabled: policy.content != PolicyContent::Off,
    };
    let page = page.open(context, &Value::Null)?;
    page.by_name(central.policies.values(), |policy| policy.id.clone()).map(summary).answer()
}

//! CreateConnectorV2, GetConnectorV2, ListConnectorsV2, UpdateConnectorV2, DeleteConnectorV2, RegisterConnectorV2:
//! connectors of the V2 half.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};

use super::connectors::wire::{HealthOutput, ProviderInput, ProviderOutput, auth_url};
use super::connectors::{self as both_halves, IdInput};
use super::{Answer, Context, Input, repeatable};
use crate::aws_error::AwsError;
use crate::domain::accounts::connectors::{self, Create, Half, connector_arn};
use crate::state::{Enablement, Provider, Transaction, timestamp_text};

const HALF: Half = Half::V2;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateInput {
    name: String,
    description: Option<String>,
    provider: ProviderInput,
    kms_key_arn: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CreateOutput {
    connector_arn: String,
    connector_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_url: Option<String>,
    connector_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    enablement_status: Option<&'static str>,
}

/// Creates a connector (CNV-01 … CNV-06, O2G-08).
///
/// # Errors
/// 400 `ValidationException` for an incomplete scope; 409 `ConflictException` if the name is taken, for a ticketing system
/// outside of the home Region or without an aggregator, and for Azure without a hub of the classic half.
pub fn create_connector_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    repeatable::once(context, transaction, Operation::CreateConnectorV2, input, |transaction, input| {
        let CreateInput { name, description, provider, kms_key_arn, tags } = input.read()?;
        let provider = provider.read().ok_or_else(|| AwsError::validation("Invalid Provider"))?;
        let create = Create { name, description, kms_key_arn, provider, tags };
        let connector = connectors::create(transaction, context.world, &context.caller, HALF, create)?;
        let key = context.caller.hub_key();
        let auth_url = match &connector.provider {
            Provider::Jira(jira) => auth_url(jira, &key),
            _ => None,
        };
        Answer::json(&CreateOutput {
            connector_arn: connector_arn(HALF, &key, &connector.id),
            auth_url,
            connector_status: connector.health.status.as_str(),
            enablement_status: connector.enablement.map(Enablement::as_str),
            connector_id: connector.id,
        })
    })
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetOutput {
    connector_arn: String,
    connector_id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_arn: Option<String>,
    created_at: String,
    last_updated_at: String,
    health: HealthOutput,
    provider_detail: ProviderOutput,
    #[serde(skip_serializing_if = "Option::is_none")]
    enablement_status: Option<&'static str>,
}

/// Describes a connector, by its ID or ARN (CNV-08).
///
/// # Errors
/// 404 `ResourceNotFoundException`.
pub fn get_connector_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let IdInput { connector_id } = input.read()?;
    let key = context.caller.hub_key();
    let all = context.world.hub_v2(&key).map(|hub| hub.connectors.clone()).unwrap_or_default();
    let connector = connectors::find(&all, HALF, &key, &connector_id)?;
    Answer::json(&GetOutput {
        connector_arn: connector_arn(HALF, &key, &connector.id),
        connector_id: connector.id.clone(),
        name: connector.name.clone(),
        description: connector.description.clone(),
        kms_key_arn: connector.kms_key_arn.clone(),
        created_at: timestamp_text(connector.created_at),
        last_updated_at: timestamp_text(connector.updated_at),
        health: HealthOutput::new(&connector.health),
        provider_detail: ProviderOutput::new(&connector.provider, &key),
        enablement_status: connector.enablement.map(Enablement::as_str),
    })
}

/// Lists connectors by ID, which is `inferred` (CNV-11).
///
/// # Errors
/// 400 `ValidationException` for a token of another query.
pub fn list_connectors_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let hub = context.world.hub_v2(&context.caller.hub_key());
    let all = hub.map(|hub| hub.connectors.clone()).unwrap_or_default();
    both_halves::list(context, (HALF, Operation::ListConnectorsV2), &all, input)
}

/// Changes the description and what the provider allows (CNV-10).
///
/// # Errors
/// 400 `ValidationException` for another provider; 404 `ResourceNotFoundException`; 409 `ConflictException` for a
/// connector that is being deleted.
pub fn update_connector_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    both_halves::update(context, transaction, HALF, input)
}

/// Deletes a connector (CNV-12).
///
/// # Errors
/// 404 `ResourceNotFoundException`.
pub fn delete_connector_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    both_halves::delete(context, transaction, HALF, input)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RegisterInput {
    auth_code: String,
    auth_state: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RegisterOutput {
    connector_arn: String,
    connector_id: String,
}

/// Finishes the authorization of a connector to Jira (CNV-07).
///
/// # Errors
/// 404 `ResourceNotFoundException` for an unknown or used state; 409 `ConflictException` if the authorization fails.
pub fn register_connector_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let RegisterInput { auth_code, auth_state } = input.read()?;
    let connector = connectors::register(transaction, context.world, &context.caller, &auth_code, &auth_state)?;
    Answer::json(&RegisterOutput {
        connector_arn: connector_arn(HALF, &context.caller.hub_key(), &connector.id),
        connector_id: connector.id,
    })
}

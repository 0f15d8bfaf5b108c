//! CreateConnectorV2, GetConnectorV2, ListConnectorsV2, UpdateConnectorV2, DeleteConnectorV2, RegisterConnectorV2:
//! connectors of the V2 half.

#[cfg(test)]
mod tests;

use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};

use super::{Answer, Context, Input, connectors as both_halves};
use crate::aws_error::AwsError;
use crate::domain::accounts::connectors::{self, Half, connector_arn};
use crate::state::Transaction;

const HALF: Half = Half::V2;

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
    both_halves::create(context, transaction, (HALF, Operation::CreateConnectorV2), input)
}

/// Describes a connector, by its ID or ARN (CNV-08).
///
/// # Errors
/// 404 `ResourceNotFoundException`.
pub fn get_connector_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    both_halves::get(context, HALF, input)
}

/// Lists connectors by ID, which is `inferred` (CNV-11).
///
/// # Errors
/// 400 `ValidationException` for a token of another query.
pub fn list_connectors_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    both_halves::list(context, (HALF, Operation::ListConnectorsV2), input)
}

/// Changes the description, and the settings that the provider allows to change (CNV-10).
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

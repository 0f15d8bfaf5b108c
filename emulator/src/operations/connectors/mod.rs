//! CreateConnector, GetConnector, ListConnectors, UpdateConnector, DeleteConnector: connectors of the classic half, and
//! the code that the operations of both halves share.

#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;

use securityhub_fixtures::Operation;
use securityhub_fixtures::model::Paginator;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::wire::{HealthOutput, ProviderInput, ProviderOutput, auth_url};
use super::paged::PageRequest;
use super::{Answer, Context, Input, repeatable};
use crate::aws_error::AwsError;
use crate::domain::accounts::connectors::{self, Change, Create, Half, SERVICE_PRINCIPAL, connector_arn};
use crate::state::{Connector, Connectors, Enablement, HubKey, Provider, Transaction, timestamp_text};

const HALF: Half = Half::Cspm;

/// The model has no paginators for the lists of connectors.
const LIST: Paginator = Paginator {
    input_token: "NextToken",
    output_token: "NextToken",
    limit: Some("MaxResults"),
    result: Some("Connectors"),
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateInput {
    name: String,
    description: Option<String>,
    provider: ProviderInput,
    /// Only in the V2 half.
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

/// Creates a connector (CNC-01, CNC-02, CNC-04, O2G-08).
///
/// # Errors
/// 400 `ValidationException` for an incomplete scope; 409 `ConflictException` if the name is taken.
pub fn create_connector(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    create(context, transaction, (HALF, Operation::CreateConnector), input)
}

/// Creates a connector in a half, for its operation.
pub(super) fn create(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    (half, operation): (Half, Operation),
    input: Input,
) -> Result<Answer, AwsError> {
    repeatable::once(context, transaction, operation, input, |transaction, input| {
        let CreateInput { name, description, provider, kms_key_arn, tags } = input.read()?;
        let provider = provider.read().ok_or_else(|| AwsError::validation("Invalid Provider"))?;
        let create = Create { name, description, kms_key_arn, provider, tags };
        let connector = connectors::create(transaction, context.world, &context.caller, half, create)?;
        let key = context.caller.hub_key();
        let auth_url = match &connector.provider {
            Provider::Jira(jira) => auth_url(jira, &key),
            _ => None,
        };
        Answer::json(&CreateOutput {
            connector_arn: connector_arn(half, &key, &connector.id),
            auth_url,
            connector_status: connector.health.status.as_str(),
            enablement_status: connector.enablement.map(Enablement::as_str),
            connector_id: connector.id,
        })
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IdInput {
    connector_id: String,
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
    created_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enablement_status: Option<&'static str>,
}

/// The service that created a connector; `None` if a customer created it (CNC-03).
fn created_by(connector: &Connector) -> Option<&'static str> {
    connector.is_service_linked.then_some(SERVICE_PRINCIPAL)
}

/// The caller's connectors of a half.
fn all(context: &Context<'_>, half: Half) -> Connectors {
    let key = context.caller.hub_key();
    let all = match half {
        Half::Cspm => context.world.hub(&key).map(|hub| hub.connectors.clone()),
        Half::V2 => context.world.hub_v2(&key).map(|hub| hub.connectors.clone()),
    };
    all.unwrap_or_default()
}

/// Describes a connector (CNC-02, CNC-03).
///
/// # Errors
/// 404 `ResourceNotFoundException`.
pub fn get_connector(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    get(context, HALF, input)
}

/// Describes a connector of a half, by its ID or ARN.
pub(super) fn get(context: &Context<'_>, half: Half, input: Input) -> Result<Answer, AwsError> {
    let IdInput { connector_id } = input.read()?;
    let key = context.caller.hub_key();
    let all = all(context, half);
    let connector = connectors::find(&all, half, &key, &connector_id)?;
    Answer::json(&GetOutput {
        connector_arn: connector_arn(half, &key, &connector.id),
        connector_id: connector.id.clone(),
        name: connector.name.clone(),
        description: connector.description.clone(),
        kms_key_arn: connector.kms_key_arn.clone(),
        created_at: timestamp_text(connector.created_at),
        last_updated_at: timestamp_text(connector.updated_at),
        health: HealthOutput::new(&connector.health),
        provider_detail: ProviderOutput::new(&connector.provider, &key),
        created_by: created_by(connector),
        enablement_status: connector.enablement.map(Enablement::as_str),
    })
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    provider_name: Option<String>,
    connector_status: Option<String>,
    enablement_status: Option<String>,
}

impl ListInput {
    /// Returns whether a connector has all requested properties (CNV-11, CNC-04).
    fn selects(&self, connector: &Connector) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
        is(&self.provider_name, Some(connector.provider.kind().as_str()))
            && is(&self.connector_status, Some(connector.health.status.as_str()))
            && is(&self.enablement_status, connector.enablement.map(Enablement::as_str))
    }
}

/// The provider of a connector in a list.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ProviderSummary {
    provider_name: &'static str,
    connector_status: &'static str,
    provider_configuration: ProviderOutput,
}

impl ProviderSummary {
    fn new(connector: &Connector, key: &HubKey) -> ProviderSummary {
        ProviderSummary {
            provider_name: connector.provider.kind().as_str(),
            connector_status: connector.health.status.as_str(),
            provider_configuration: ProviderOutput::new(&connector.provider, key),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ConnectorRow {
    connector_arn: String,
    connector_id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    provider_summary: ProviderSummary,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enablement_status: Option<&'static str>,
}

/// Lists connectors by ID, which is `inferred` (CNC-03, CNC-04).
///
/// # Errors
/// 400 `ValidationException` for a token of another query.
pub fn list_connectors(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    list(context, (HALF, Operation::ListConnectors), input)
}

/// Lists the connectors of one half of the API.
pub(super) fn list(
    context: &Context<'_>,
    (half, operation): (Half, Operation),
    input: Input,
) -> Result<Answer, AwsError> {
    let (page, wanted) = PageRequest::read_as::<ListInput>(&LIST, operation, input)?;
    let page = page.open(context, &json!(&wanted))?;
    let key = context.caller.hub_key();
    let all = all(context, half);
    let selected = all.values().filter(|connector| wanted.selects(connector));
    let summary = |connector: &Connector| ConnectorRow {
        connector_arn: connector_arn(half, &key, &connector.id),
        connector_id: connector.id.clone(),
        name: connector.name.clone(),
        description: connector.description.clone(),
        provider_summary: ProviderSummary::new(connector, &key),
        created_at: timestamp_text(connector.created_at),
        created_by: created_by(connector),
        enablement_status: connector.enablement.map(Enablement::as_str),
    };
    page.by_name(selected, |connector| connector.id.clone()).map(summary).answer()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateInput {
    connector_id: String,
    description: Option<String>,
    provider: Option<ProviderInput>,
}

/// The response of the operations that change a connector.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct StatusOutput {
    #[serde(skip_serializing_if = "Option::is_none")]
    connector_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enablement_status: Option<&'static str>,
}

/// Changes description, scope and regions (CNC-04).
///
/// # Errors
/// 400 `ValidationException` for another provider; 404 `ResourceNotFoundException`; 409 `ConflictException` for a
/// service-linked connector, and for one that is being deleted.
pub fn update_connector(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    update(context, transaction, HALF, input)
}

/// Changes a connector of one half of the API.
pub(super) fn update(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    half: Half,
    input: Input,
) -> Result<Answer, AwsError> {
    let UpdateInput { connector_id, description, provider } = input.read()?;
    let change = Change { description, provider: provider.and_then(ProviderInput::read_change) };
    let connector = connectors::update(transaction, &context.caller, half, &connector_id, change)?;
    Answer::json(&StatusOutput {
        connector_status: Some(connector.health.status.as_str()),
        enablement_status: connector.enablement.map(Enablement::as_str),
    })
}

/// Deletes a connector (CNC-04).
///
/// # Errors
/// 404 `ResourceNotFoundException`; 409 `ConflictException` for a service-linked connector.
pub fn delete_connector(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    delete(context, transaction, HALF, input)
}

/// Deletes a connector of one half of the API.
pub(super) fn delete(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    half: Half,
    input: Input,
) -> Result<Answer, AwsError> {
    let IdInput { connector_id } = input.read()?;
    let enablement = connectors::delete(transaction, &context.caller, half, &connector_id)?;
    Answer::json(&StatusOutput { connector_status: None, enablement_status: enablement.map(Enablement::as_str) })
}

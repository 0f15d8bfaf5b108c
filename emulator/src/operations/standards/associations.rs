//! ListStandardsControlAssociations, BatchGetStandardsControlAssociations, BatchUpdateStandardsControlAssociations.

use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::security_controls::SHORT_PAGE;
use super::status;
use crate::aws_error::AwsError;
use crate::domain::controls::standards::associations::{self, Association, Change};
use crate::domain::controls::standards::{control_arn, description, security_controls, standard_arn};
use crate::operations::paged::PageRequest;
use crate::operations::{Answer, Context, Input};
use crate::state::{HubKey, Transaction, timestamp_text};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    security_control_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    standards_arn: String,
    security_control_id: &'static str,
    security_control_arn: String,
    association_status: &'static str,
    related_requirements: Vec<String>,
    updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_reason: Option<String>,
    standards_control_title: &'static str,
    standards_control_description: String,
}

impl Summary {
    fn new(hub: &HubKey, association: &Association) -> Summary {
        Summary {
            standards_arn: standard_arn(&hub.region, association.standard),
            security_control_id: association.control.id,
            security_control_arn: security_controls::security_control_arn(hub, association.control),
            association_status: status(association.state.enabled),
            related_requirements: association.related_requirements(),
            updated_at: timestamp_text(association.state.updated_at),
            updated_reason: association.state.reason.clone(),
            standards_control_title: association.title(),
            standards_control_description: description(association.title()),
        }
    }
}

/// Lists the enabled standards that contain a security control (SEC-40 … SEC-42).
///
/// # Errors
/// 400 `InvalidInputException` for an unknown control or a token of another query.
pub fn list_standards_control_associations(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, input) = PageRequest::read::<ListInput>(Operation::ListStandardsControlAssociations, input)?;
    let key = context.caller.hub_key();
    let control =
        security_controls::find(&context.world.directory(), &key, &input.security_control_id).map_err(|error| {
            AwsError::invalid_input(format!("Invalid parameter 'SecurityControlId'. {}", error.reason()))
        })?;
    let hub = context.world.hub(&key);
    let all = hub.iter().flat_map(|hub| associations::of_control(hub, control));
    let page = page.open(context, &json!(control.id))?.default_size(SHORT_PAGE).in_fixed_order(all);
    page.map(|association| Summary::new(&key, &association)).answer()
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AssociationId {
    security_control_id: String,
    standards_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchGetInput {
    standards_control_association_ids: Vec<AssociationId>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchGetOutput {
    standards_control_association_details: Vec<Detail>,
    unprocessed_associations: Vec<UnprocessedAssociation>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Detail {
    #[serde(flatten)]
    summary: Summary,
    standards_control_arns: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UnprocessedAssociation {
    standards_control_association_id: AssociationId,
    error_code: &'static str,
    error_reason: &'static str,
}

/// Returns associations with the ARNs of their standard controls (SEC-43 … SEC-45).
///
/// # Errors
/// 401 `InvalidAccessException` when the hub is disabled; unknown ones are listed in `UnprocessedAssociations`.
pub fn batch_get_standards_control_associations(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let BatchGetInput { standards_control_association_ids } = input.read()?;
    let key = context.caller.hub_key();
    let hub = context.world.hub(&key).ok_or_else(|| crate::domain::hub_access::not_subscribed(&context.caller))?;
    let mut details = Vec::new();
    let mut unprocessed_associations = Vec::new();
    let directory = context.world.directory();
    for id in standards_control_association_ids {
        match associations::find(&directory, (&key, &hub), &id.security_control_id, &id.standards_arn) {
            Ok(association) => details.push(Detail {
                summary: Summary::new(&key, &association),
                standards_control_arns: association
                    .standard_controls
                    .iter()
                    .map(|standard_control| control_arn(&key, association.standard, standard_control))
                    .collect(),
            }),
            Err((error_code, error_reason)) => unprocessed_associations.push(UnprocessedAssociation {
                standards_control_association_id: id,
                error_code,
                error_reason,
            }),
        }
    }
    Answer::json(&BatchGetOutput { standards_control_association_details: details, unprocessed_associations })
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Update {
    standards_arn: String,
    security_control_id: String,
    association_status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchUpdateInput {
    standards_control_association_updates: Vec<Update>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchUpdateOutput {
    unprocessed_association_updates: Vec<UnprocessedUpdate>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UnprocessedUpdate {
    standards_control_association_update: Update,
    error_code: &'static str,
    error_reason: &'static str,
}

/// Enables or disables security controls in standards (SEC-46 … SEC-49).
///
/// # Errors
/// 403 `AccessDeniedException` when centrally managed; unknown associations and missing reasons are listed in
/// `UnprocessedAssociationUpdates`.
pub fn batch_update_standards_control_associations(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let BatchUpdateInput { standards_control_association_updates: updates } = input.read()?;
    let changes: Vec<Change<'_>> = updates.iter().map(Update::change).collect();
    let refused = associations::update(transaction, context.world, &context.caller, &changes)?;
    let row = |(position, (error_code, error_reason)): (usize, _)| {
        let standards_control_association_update = updates.get(position)?.clone();
        Some(UnprocessedUpdate { standards_control_association_update, error_code, error_reason })
    };
    Answer::json(&BatchUpdateOutput { unprocessed_association_updates: refused.into_iter().filter_map(row).collect() })
}

impl Update {
    fn change(&self) -> Change<'_> {
        Change {
            control: &self.security_control_id,
            standard: &self.standards_arn,
            enabled: self.association_status == "ENABLED",
            reason: self.updated_reason.as_deref(),
        }
    }
}

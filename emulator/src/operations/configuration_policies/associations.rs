//! StartConfigurationPolicyAssociation, StartConfigurationPolicyDisassociation, GetConfigurationPolicyAssociation,
//! BatchGetConfigurationPolicyAssociations, ListConfigurationPolicyAssociations.

use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws_error::AwsError;
use crate::domain::accounts::central_configuration::associations::{self, Association, named_id};
use crate::domain::accounts::central_configuration::{CentralError, administered};
use crate::domain::governance;
use crate::operations::paged::PageRequest;
use crate::operations::{Answer, Context, Input};
use crate::state::{Transaction, timestamp_text};

/// A target: exactly one member is given (CCF-24).
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(clippy::struct_field_names, reason = "the names are those of the API")]
struct Target {
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organizational_unit_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    root_id: Option<String>,
}

impl Target {
    fn id(&self) -> Result<&str, CentralError> {
        match (&self.account_id, &self.organizational_unit_id, &self.root_id) {
            (Some(id), None, None) | (None, Some(id), None) | (None, None, Some(id)) => Ok(id),
            _ => Err(CentralError::InvalidTarget),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    configuration_policy_id: String,
    target_id: String,
    target_type: &'static str,
    association_type: &'static str,
    updated_at: String,
    association_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    association_status_message: Option<String>,
}

impl From<Association> for Summary {
    fn from(association: Association) -> Summary {
        Summary {
            configuration_policy_id: association.policy_id,
            target_id: association.target,
            target_type: association.target_type,
            association_type: if association.is_applied { "APPLIED" } else { "INHERITED" },
            updated_at: timestamp_text(association.updated_at),
            association_status: association.status,
            association_status_message: association.message,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StartInput {
    configuration_policy_identifier: String,
    target: Option<Target>,
}

/// Applies a policy or self-management to a target (CCF-25).
///
/// # Errors
/// 403 `AccessDeniedException` for other callers; 404 `ResourceNotFoundException` for an unknown policy or target.
pub fn start_configuration_policy_association(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let StartInput { configuration_policy_identifier, target } = input.read()?;
    administered(transaction.directory(), &context.caller)?;
    let target = target.ok_or(CentralError::InvalidTarget)?;
    let policy = &configuration_policy_identifier;
    let association = associations::start(transaction, context.world, &context.caller, policy, target.id()?)?;
    Answer::json(&Summary::from(association))
}

/// Removes the association of a target (CCF-33).
///
/// # Errors
/// The errors of [`start_configuration_policy_association`]; 404 `ResourceNotFoundException` if the policy is not
/// associated with the target.
pub fn start_configuration_policy_disassociation(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let StartInput { configuration_policy_identifier, target } = input.read()?;
    administered(transaction.directory(), &context.caller)?;
    let target = target.ok_or(CentralError::InvalidTarget)?;
    let policy = &configuration_policy_identifier;
    associations::end(transaction, context.world, &context.caller, policy, target.id()?)?;
    Ok(Answer::empty())
}

#[derive(Deserialize, Serialize, Clone)]
#[serde(rename_all = "PascalCase")]
struct GetInput {
    target: Option<Target>,
}

/// Describes the association of a target (CCF-26).
///
/// # Errors
/// 403 `AccessDeniedException` for other callers; 404 `ResourceNotFoundException` if the target has no
/// association.
pub fn get_configuration_policy_association(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let input: GetInput = input.read()?;
    Answer::json(&get(context, &input)?)
}

fn get(context: &Context<'_>, input: &GetInput) -> Result<Summary, CentralError> {
    let directory = context.world.directory();
    administered(&directory, &context.caller)?;
    let organization = directory.organization.as_ref().ok_or(CentralError::NotAdministrator)?;
    let target = input.target.as_ref().ok_or(CentralError::InvalidTarget)?;
    Ok(associations::of(organization, target.id()?)?.into())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchGetInput {
    configuration_policy_association_identifiers: Vec<GetInput>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchGetOutput {
    configuration_policy_associations: Vec<Summary>,
    unprocessed_configuration_policy_associations: Vec<Unprocessed>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Unprocessed {
    configuration_policy_association_identifiers: GetInput,
    error_code: String,
    error_reason: String,
}

/// Describes the associations of several targets (CCF-35).
///
/// # Errors
/// 403 `AccessDeniedException` for other callers. Errors of a target are listed in the answer.
pub fn batch_get_configuration_policy_associations(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let BatchGetInput { configuration_policy_association_identifiers } = input.read()?;
    administered(&context.world.directory(), &context.caller)?;
    let mut output = BatchGetOutput {
        configuration_policy_associations: Vec::new(),
        unprocessed_configuration_policy_associations: Vec::new(),
    };
    for identifier in configuration_policy_association_identifiers {
        match get(context, &identifier) {
            Ok(summary) => output.configuration_policy_associations.push(summary),
            Err(error) => {
                let error = AwsError::from(error);
                output.unprocessed_configuration_policy_associations.push(Unprocessed {
                    configuration_policy_association_identifiers: identifier,
                    error_code: error.status.to_string(),
                    error_reason: error.message.into_owned(),
                });
            }
        }
    }
    Answer::json(&output)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    filters: Option<Filters>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Filters {
    configuration_policy_id: Option<String>,
    association_type: Option<String>,
    association_status: Option<String>,
}

/// Lists all targets that have or inherit an association, sorted by ID, which is `inferred` (CCF-36).
///
/// # Errors
/// 403 `AccessDeniedException` for other callers; 400 `InvalidInputException` for a token of another query.
pub fn list_configuration_policy_associations(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, ListInput { filters }) = PageRequest::read(Operation::ListConfigurationPolicyAssociations, input)?;
    let directory = context.world.directory();
    let central = administered(&directory, &context.caller)?;
    let organization = directory.organization.as_ref().ok_or(CentralError::NotAdministrator)?;
    let page = page.open(context, &json!({ "Filters": filters }))?;
    let filters = filters.as_ref();
    let policy = filters.and_then(|filters| filters.configuration_policy_id.as_ref());
    // An unknown policy has no associations.
    let policy = policy.map(|policy| named_id(central, policy).unwrap_or_default());
    let matches = |filter: Option<&String>, value: &str| filter.is_none_or(|filter| filter == value);
    let is_requested = |row: &Summary| {
        matches(policy.as_ref(), &row.configuration_policy_id)
            && matches(filters.and_then(|filters| filters.association_type.as_ref()), row.association_type)
            && matches(filters.and_then(|filters| filters.association_status.as_ref()), row.association_status)
    };
    let rows = governance::targets(organization).filter_map(|target| associations::of(organization, &target).ok());
    let mut summaries: Vec<Summary> = rows.map(Summary::from).filter(is_requested).collect();
    summaries.sort_by(|one, two| one.target_id.cmp(&two.target_id));
    page.by_name(summaries, |row| row.target_id.clone()).answer()
}

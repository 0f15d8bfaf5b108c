//! EnableOrganizationAdminAccount, DisableOrganizationAdminAccount, ListOrganizationAdminAccounts,
//! DescribeOrganizationConfiguration, UpdateOrganizationConfiguration.

#[cfg(test)]
mod tests;

use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::aws_error::AwsError;
use crate::domain::accounts::members;
use crate::domain::accounts::organization::administrator::{self, Feature};
use crate::domain::accounts::organization::configuration::{self, Change, Kind};
use crate::operations::paged::PageRequest;
use crate::operations::{Answer, Context, Input};
use crate::state::{AccountId, Transaction};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AdminAccountInput {
    admin_account_id: String,
    feature: Option<String>,
}

fn feature(name: Option<&str>) -> Feature {
    name.and_then(Feature::parse).unwrap_or_default()
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EnableOutput {
    admin_account_id: String,
    feature: &'static str,
}

/// Designates the delegated administrator (ORG-01 … ORG-08).
///
/// # Errors
/// 403 `AccessDeniedException` unless the caller is the management account; 400 `InvalidInputException` for an account
/// that cannot be designated.
pub fn enable_organization_admin_account(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let AdminAccountInput { admin_account_id, feature: name } = input.read()?;
    let feature = feature(name.as_deref());
    administrator::designate(transaction, &context.caller, feature, &admin_account_id)?;
    Answer::json(&EnableOutput { admin_account_id, feature: feature.as_str() })
}

/// Ends the designation in the Region (ORG-11, ORG-20).
///
/// # Errors
/// 403 `AccessDeniedException` unless the caller is the management account; 400 `InvalidInputException` for another
/// account.
pub fn disable_organization_admin_account(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let AdminAccountInput { admin_account_id, feature: name } = input.read()?;
    administrator::dismiss(transaction, &context.caller, feature(name.as_deref()), &admin_account_id)?;
    Ok(Answer::empty())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    feature: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ListOutput {
    admin_accounts: Vec<AdminAccount>,
    feature: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AdminAccount {
    account_id: AccountId,
    /// Absent in the V2 API.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
}

/// Lists the delegated administrator, if there is one (ORG-10).
///
/// # Errors
/// 403 `AccessDeniedException` for a caller outside an organization, or one that is neither its management account nor
/// the administrator; 401 `InvalidAccessException` for the feature `SecurityHubV2`, unless the caller is the management
/// account; 400 `InvalidInputException` for a token, because there is only one page.
pub fn list_organization_admin_accounts(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, ListInput { feature: name }) = PageRequest::read(Operation::ListOrganizationAdminAccounts, input)?;
    let (caller, feature) = (&context.caller, feature(name.as_deref()));
    // The answer has a further member besides rows and token, so the page cannot write it.
    page.open(context, &Value::Null)?;
    let administrator = administrator::listed(&context.world.directory(), caller, feature)?;
    let status = (feature == Feature::Classic).then_some("ENABLED");
    let row = |account_id| AdminAccount { account_id, status };
    Answer::json(&ListOutput {
        admin_accounts: administrator.map(row).into_iter().collect(),
        feature: feature.as_str(),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeOutput {
    auto_enable: bool,
    member_account_limit_reached: bool,
    auto_enable_standards: &'static str,
    organization_configuration: Configuration,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(clippy::struct_field_names, reason = "the names are those of the API")]
struct Configuration {
    configuration_type: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_message: Option<&'static str>,
}

/// Describes the settings for accounts that join (ORG-32, QUO-03).
///
/// # Errors
/// 401 `InvalidAccessException` unless the caller is the delegated administrator (ORG-30).
pub fn describe_organization_configuration(context: &Context<'_>, _input: Input) -> Result<Answer, AwsError> {
    let directory = context.world.directory();
    let (configuration, kind) = configuration::described(&directory, &context.caller)?;
    Answer::json(&DescribeOutput {
        auto_enable: configuration.auto_enable,
        member_account_limit_reached: members::is_limit_reached(&directory, &context.caller.hub_key()),
        auto_enable_standards: if configuration.auto_enable_standards { "DEFAULT" } else { "NONE" },
        organization_configuration: Configuration {
            configuration_type: if kind == Kind::Local { "LOCAL" } else { "CENTRAL" },
            status: if kind == Kind::CentralPending { "PENDING" } else { "ENABLED" },
            status_message: (kind == Kind::Central).then_some("Central configuration has been enabled successfully"),
        },
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateInput {
    auto_enable: bool,
    auto_enable_standards: Option<String>,
    organization_configuration: Option<ConfigurationInput>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ConfigurationInput {
    configuration_type: Option<String>,
}

/// Changes the settings for accounts that join (ORG-33 … ORG-35).
///
/// # Errors
/// 401 `InvalidAccessException` unless the caller is the delegated administrator (ORG-30); 400 `InvalidInputException`,
/// 403 `AccessDeniedException` and 409 `ResourceConflictException` for central configuration.
pub fn update_organization_configuration(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let input: UpdateInput = input.read()?;
    let requested = input.organization_configuration.and_then(|configuration| configuration.configuration_type);
    let change = Change {
        auto_enable: input.auto_enable,
        auto_enable_standards: input.auto_enable_standards.map(|standards| standards == "DEFAULT"),
        central: requested.map(|requested| requested == "CENTRAL"),
    };
    configuration::update(transaction, context.world, &context.caller, change)?;
    Ok(Answer::empty())
}

//! Delegated administrators.

use serde_json::json;

use super::call::{Answer, Change, Reading};
use super::view::seconds;
use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::accounts::organization::tree::TreeError;
use crate::domain::accounts::organization::{SERVICE_PRINCIPAL, administrator};
use crate::state::{AccountId, Organization};

pub(super) fn list(reading: &Reading<'_>) -> Answer {
    let service = reading.input.optional("ServicePrincipal")?;
    let delegates = reading.view.delegated_administrators(service);
    reading.page("DelegatedAdministrators", &delegates, |delegate| reading.view.delegated_administrator(*delegate))
}

pub(super) fn list_services(reading: &Reading<'_>) -> Answer {
    let account = reading.input.account("AccountId")?;
    if !reading.organization.contains(account) {
        return Err(TreeError::NoAccount.into());
    }
    let all = reading.organization.delegated_administrators.iter();
    let services: Vec<_> = all.filter(|((_, delegate), _)| *delegate == account).collect();
    if services.is_empty() {
        return Err(not_registered());
    }
    reading.page(
        "DelegatedServices",
        &services,
        |((service, _), since)| json!({ "ServicePrincipal": service, "DelegationEnabledDate": seconds(**since) }),
    )
}

/// Registers a member as delegated administrator of a service with trusted access. Security Hub has at most one
/// (ORG-03).
pub(super) fn register(change: &mut Change<'_, '_>) -> Answer {
    let service = change.input.service_principal()?;
    let account = member(change)?;
    may_register(&change.organization, account, &service)?;
    let now = change.caller.now;
    change.edit(|organization| _ = organization.delegated_administrators.insert((service, account), now));
    Ok(json!({}))
}

fn may_register(organization: &Organization, account: AccountId, service: &str) -> Result<(), AwsError> {
    let constraint =
        |reason, message| Err(AwsError::new(ErrorCode::ConstraintViolationException, message).with_reason(reason));
    if account == organization.management_account {
        return constraint(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register management account/yourself as delegated administrator for your organization.",
        );
    }
    if !organization.service_access.contains_key(service) {
        return constraint(
            "SERVICE_ACCESS_NOT_ENABLED",
            "You must enable service access before you delegate an administrator for this service. Call the AWS API \
             EnableAWSServiceAccess first.",
        );
    }
    let delegates = organization.delegated_administrators.keys().filter(|(name, _)| *name == service);
    let delegates: Vec<AccountId> = delegates.map(|(_, delegate)| *delegate).collect();
    if delegates.contains(&account) {
        let message = "The provided account is already a delegated administrator for your organization.";
        return Err(AwsError::new(ErrorCode::AccountAlreadyRegisteredException, message));
    }
    if service == SERVICE_PRINCIPAL && !delegates.is_empty() {
        return constraint(
            "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED",
            "You have exceeded the allowed number of delegated administrators for the delegated service.",
        );
    }
    Ok(())
}

/// Removes a delegated administrator. For Security Hub this ends its administration everywhere (ORG-13).
pub(super) fn deregister(change: &mut Change<'_, '_>) -> Answer {
    let service = change.input.service_principal()?;
    let account = member(change)?;
    let key = (service, account);
    if !change.organization.delegated_administrators.contains_key(&key) {
        return Err(not_registered());
    }
    change.edit(|organization| _ = organization.delegated_administrators.remove(&key));
    if key.0 == SERVICE_PRINCIPAL {
        administrator::end_everywhere(change.transaction, account);
    }
    Ok(json!({}))
}

/// `AccountId`, if the account belongs to the organization.
fn member(change: &Change<'_, '_>) -> Result<AccountId, AwsError> {
    let account = change.input.account("AccountId")?;
    if change.organization.contains(account) { Ok(account) } else { Err(TreeError::NoAccount.into()) }
}

fn not_registered() -> AwsError {
    let message = "The provided account is not a registered delegated administrator for your organization.";
    AwsError::new(ErrorCode::AccountNotRegisteredException, message)
}

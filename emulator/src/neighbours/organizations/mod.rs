//! AWS Organizations: who belongs to whom, and who administers Security Hub for all (NB-26).
//!
//! Reads and the few writes that clients of Security Hub make; the tree itself comes from a scenario.

#[cfg(test)]
mod tests;
mod view;

use serde_json::{Map, Value, json};

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;
use crate::state::{AccountId, Directory, Organization, World};
use view::View;

/// The most rows of a page.
const PAGE: usize = 20;

/// Runs an operation of Organizations; `None` when it is not answered here.
pub(super) fn call(
    world: &World,
    caller: &Caller,
    operation: &str,
    input: &Map<String, Value>,
) -> Result<Option<Value>, AwsError> {
    let directory = world.directory();
    let known = matches!(
        operation,
        "DescribeOrganization"
            | "ListAccounts"
            | "ListRoots"
            | "ListOrganizationalUnitsForParent"
            | "ListAccountsForParent"
            | "ListParents"
            | "DescribeAccount"
            | "ListAWSServiceAccessForOrganization"
            | "ListDelegatedAdministrators"
            | "EnableAWSServiceAccess"
            | "DisableAWSServiceAccess"
            | "RegisterDelegatedAdministrator"
            | "DeregisterDelegatedAdministrator"
    );
    if !known {
        return Ok(None);
    }
    let organization = of_caller(&directory, caller)?;
    let view = View::new(&directory, organization);
    if operation == "DescribeOrganization" {
        return Ok(Some(json!({ "Organization": view.organization() })));
    }
    if operation.starts_with("List") || operation == "DescribeAccount" {
        may_read(organization, caller)?;
        return read(&view, operation, input).map(Some);
    }
    // What changes the organization is the management account's alone.
    if organization.management_account != caller.account() {
        return Err(no_permission());
    }
    write(world, organization, caller, operation, input).map(|()| Some(json!({})))
}

/// The organization of the caller's account.
fn of_caller<'d>(directory: &'d Directory, caller: &Caller) -> Result<&'d Organization, AwsError> {
    let organization = directory.organization.as_ref().filter(|organization| belongs(organization, caller.account()));
    organization.ok_or_else(|| {
        let message = "Your account is not a member of an organization.";
        AwsError::new(ErrorCode::AWSOrganizationsNotInUseException, message)
    })
}

fn belongs(organization: &Organization, account: AccountId) -> bool {
    organization.management_account == account || organization.parents.contains_key(&account)
}

/// The management account and delegated administrators may list; other members may not.
fn may_read(organization: &Organization, caller: &Caller) -> Result<(), AwsError> {
    let account = caller.account();
    let delegated = organization.delegated_administrators.keys().any(|(_, delegate)| *delegate == account)
        || organization.security_hub_administrators.values().any(|delegate| *delegate == account);
    if organization.management_account == account || delegated { Ok(()) } else { Err(no_permission()) }
}

fn no_permission() -> AwsError {
    // Organizations answers 400 where other services answer 403.
    AwsError::access_denied("You don't have permissions to access this resource.").with_status(400)
}

fn read(view: &View<'_>, operation: &str, input: &Map<String, Value>) -> Result<Value, AwsError> {
    match operation {
        "ListAccounts" => page(input, "Accounts", view.accounts()),
        "ListRoots" => page(input, "Roots", vec![view.root()]),
        "ListOrganizationalUnitsForParent" => {
            let parent = parent(view, input)?;
            page(input, "OrganizationalUnits", view.units_of(parent))
        }
        "ListAccountsForParent" => {
            let parent = parent(view, input)?;
            page(input, "Accounts", view.accounts_of(parent))
        }
        "ListParents" => {
            let child = text(input, "ChildId")?;
            let parent = view.parent_of(child).ok_or_else(|| {
                AwsError::new(ErrorCode::ChildNotFoundException, format!("No child {child} in the organization"))
            })?;
            page(input, "Parents", vec![parent])
        }
        "DescribeAccount" => {
            let id = text(input, "AccountId")?;
            let account = AccountId::parse(id).and_then(|account| view.account(account)).ok_or_else(no_account)?;
            Ok(json!({ "Account": account }))
        }
        "ListAWSServiceAccessForOrganization" => page(input, "EnabledServicePrincipals", view.service_access()),
        _ => {
            let service = input.get("ServicePrincipal").and_then(Value::as_str);
            page(input, "DelegatedAdministrators", view.delegated_administrators(service))
        }
    }
}

fn write(
    world: &World,
    organization: &Organization,
    caller: &Caller,
    operation: &str,
    input: &Map<String, Value>,
) -> Result<(), AwsError> {
    let service = text(input, "ServicePrincipal")?.to_owned();
    let account = if operation.contains("Delegated") {
        let account = AccountId::parse(text(input, "AccountId")?).filter(|account| belongs(organization, *account));
        Some(account.ok_or_else(no_account)?)
    } else {
        None
    };
    let registered =
        account.is_some_and(|account| organization.delegated_administrators.contains_key(&(service.clone(), account)));
    match operation {
        "RegisterDelegatedAdministrator" if account == Some(organization.management_account) => {
            let message = "You cannot register the management account as a delegated administrator.";
            return Err(AwsError::new(ErrorCode::ConstraintViolationException, message));
        }
        "RegisterDelegatedAdministrator" if registered => {
            let message = "The account is already a delegated administrator for this service.";
            return Err(AwsError::new(ErrorCode::AccountAlreadyRegisteredException, message));
        }
        "DeregisterDelegatedAdministrator" if !registered => {
            let message = "The account is not a delegated administrator for this service.";
            return Err(AwsError::new(ErrorCode::AccountNotRegisteredException, message));
        }
        _ => {}
    }
    let mut transaction = world.write();
    transaction.edit_directory(|directory| {
        let Some(organization) = directory.organization.as_mut() else { return };
        match (operation, account) {
            ("EnableAWSServiceAccess", _) => _ = organization.service_access.entry(service).or_insert(caller.now),
            ("DisableAWSServiceAccess", _) => _ = organization.service_access.remove(&service),
            ("RegisterDelegatedAdministrator", Some(account)) => {
                organization.delegated_administrators.insert((service, account), caller.now);
            }
            (_, Some(account)) => _ = organization.delegated_administrators.remove(&(service, account)),
            (_, None) => {}
        }
    });
    transaction.commit();
    Ok(())
}

fn no_account() -> AwsError {
    let message = "You specified an account that doesn't exist.";
    AwsError::new(ErrorCode::AccountNotFoundException, message)
}

fn parent<'i>(view: &View<'_>, input: &'i Map<String, Value>) -> Result<&'i str, AwsError> {
    let parent = text(input, "ParentId")?;
    if view.is_parent(parent) {
        return Ok(parent);
    }
    let message = "We can't find a root or OU with the ParentId that you specified.";
    Err(AwsError::new(ErrorCode::ParentNotFoundException, message))
}

fn text<'i>(input: &'i Map<String, Value>, member: &str) -> Result<&'i str, AwsError> {
    input.get(member).and_then(Value::as_str).ok_or_else(|| invalid(format!("You must specify {member}.")))
}

fn invalid(message: String) -> AwsError {
    AwsError::new(ErrorCode::InvalidInputException, message)
}

/// A page of rows; a token is the number of the row that comes next.
fn page(input: &Map<String, Value>, list: &str, rows: Vec<Value>) -> Result<Value, AwsError> {
    let most = match input.get("MaxResults").filter(|value| !value.is_null()) {
        None => PAGE,
        Some(value) => value
            .as_u64()
            .and_then(|value| usize::try_from(value).ok())
            .filter(|most| (1..=PAGE).contains(most))
            .ok_or_else(|| invalid(format!("MaxResults must be between 1 and {PAGE}.")))?,
    };
    let start: usize = match input.get("NextToken").and_then(Value::as_str) {
        None => 0,
        Some(token) => token.parse().map_err(|_| invalid("The provided NextToken is invalid.".to_owned()))?,
    };
    let end = rows.len().min(start.saturating_add(most));
    let mut answer = json!({ list: rows.get(start..end).unwrap_or_default() });
    if end < rows.len() && start < rows.len() {
        answer["NextToken"] = json!(end.to_string());
    }
    Ok(answer)
}

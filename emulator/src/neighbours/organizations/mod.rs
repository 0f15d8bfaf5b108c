//! AWS Organizations: the organization, its accounts and its delegated administrators (NB-26).
//!
//! Read operations, and the few write operations that clients of Security Hub use. The tree itself comes from a
//! scenario.

#[cfg(test)]
mod tests;
mod view;

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Map, Value, json};
use view::View;

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::accounts::organization::{SERVICE_PRINCIPAL, administrator};
use crate::domain::caller::Caller;
use crate::domain::findings::aggregation::replicas;
use crate::state::{AccountId, Directory, Organization, Timestamp, World};

/// Maximum number of rows in a page.
const PAGE: usize = 20;

/// Runs an operation of Organizations; `None` if it is not supported.
pub(super) fn call(
    world: &World,
    caller: &Caller,
    operation: &str,
    input: &Map<String, Value>,
) -> Result<Option<Value>, AwsError> {
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
    if operation.starts_with("List") || operation.starts_with("Describe") {
        return read(world, caller, operation, input).map(Some);
    }
    // The checks run under the writers' lock, so that their result is still valid when the change is committed.
    let mut transaction = world.write();
    let organization = of_caller(transaction.directory(), caller)?;
    if organization.management_account != caller.account() {
        return Err(no_permission());
    }
    let changed = change(organization.clone(), caller, operation, input)?;
    transaction.edit_directory(|directory| directory.organization = Some(changed));
    if operation == "DeregisterDelegatedAdministrator" && service_principal(input)? == SERVICE_PRINCIPAL {
        let account = account_id(input)?;
        administrator::end_everywhere(&mut transaction, account);
        replicas::apply_relation_changes(&mut transaction, world);
    }
    if operation == "DisableAWSServiceAccess" && service_principal(input)? == SERVICE_PRINCIPAL {
        administrator::end_all(&mut transaction);
        replicas::apply_relation_changes(&mut transaction, world);
    }
    transaction.commit();
    Ok(Some(json!({})))
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
    // Organizations returns 400 where other services return 403.
    AwsError::access_denied("You don't have permissions to access this resource.").with_status(400)
}

fn read(world: &World, caller: &Caller, operation: &str, input: &Map<String, Value>) -> Result<Value, AwsError> {
    let directory = world.directory();
    let organization = of_caller(&directory, caller)?;
    let view = &View::new(&directory, organization);
    if operation == "DescribeOrganization" {
        return Ok(json!({ "Organization": view.organization() }));
    }
    may_read(organization, caller)?;
    let seal = seal(world, caller, operation, input);
    let page = |list: &str, rows: Vec<Value>| page(input, seal, list, rows);
    match operation {
        "ListAccounts" => page("Accounts", view.accounts()),
        "ListRoots" => page("Roots", vec![view.root()]),
        "ListOrganizationalUnitsForParent" => {
            let parent = parent(view, input)?;
            page("OrganizationalUnits", view.units_of(parent))
        }
        "ListAccountsForParent" => {
            let parent = parent(view, input)?;
            page("Accounts", view.accounts_of(parent))
        }
        "ListParents" => {
            let child = id(input, "ChildId", is_child_id)?;
            let parent = view.parent_of(child).ok_or_else(|| {
                AwsError::new(
                    ErrorCode::ChildNotFoundException,
                    "We can't find an organizational unit (OU) or AWS account with the ChildId that you specified.",
                )
            })?;
            page("Parents", vec![parent])
        }
        "DescribeAccount" => {
            let account = view.account(account_id(input)?).ok_or_else(no_account)?;
            Ok(json!({ "Account": account }))
        }
        "ListAWSServiceAccessForOrganization" => page("EnabledServicePrincipals", view.service_access()),
        _ => {
            let service = input.get("ServicePrincipal").and_then(Value::as_str);
            page("DelegatedAdministrators", view.delegated_administrators(service))
        }
    }
}

/// The organization after the operation.
fn change(
    mut organization: Organization,
    caller: &Caller,
    operation: &str,
    input: &Map<String, Value>,
) -> Result<Organization, AwsError> {
    let service = service_principal(input)?;
    match operation {
        "EnableAWSServiceAccess" => _ = organization.service_access.entry(service).or_insert(caller.now),
        "DisableAWSServiceAccess" => _ = organization.service_access.remove(&service),
        "RegisterDelegatedAdministrator" => {
            let account = member(&organization, input)?;
            register(&mut organization, account, service, caller.now)?;
        }
        _ => {
            let account = member(&organization, input)?;
            deregister(&mut organization, account, service)?;
        }
    }
    Ok(organization)
}

/// Registers a member as delegated administrator of a service with trusted access. Security Hub has at most one
/// (ORG-03).
fn register(
    organization: &mut Organization,
    account: AccountId,
    service: String,
    now: Timestamp,
) -> Result<(), AwsError> {
    let constraint =
        |reason, message| Err(AwsError::new(ErrorCode::ConstraintViolationException, message).with_reason(reason));
    if account == organization.management_account {
        return constraint(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register management account/yourself as delegated administrator for your organization.",
        );
    }
    if !organization.service_access.contains_key(&service) {
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
    organization.delegated_administrators.insert((service, account), now);
    Ok(())
}

/// Removes a delegated administrator.
fn deregister(organization: &mut Organization, account: AccountId, service: String) -> Result<(), AwsError> {
    let ended = organization.delegated_administrators.remove(&(service, account)).map(|_| ());
    ended.ok_or_else(|| {
        let message = "The provided account is not a registered delegated administrator for your organization.";
        AwsError::new(ErrorCode::AccountNotRegisteredException, message)
    })
}

/// `AccountId`, if the account belongs to the organization.
fn member(organization: &Organization, input: &Map<String, Value>) -> Result<AccountId, AwsError> {
    Some(account_id(input)?).filter(|account| belongs(organization, *account)).ok_or_else(no_account)
}

/// `ServicePrincipal`, a name ending with amazonaws.com.
fn service_principal(input: &Map<String, Value>) -> Result<String, AwsError> {
    let name = text(input, "ServicePrincipal")?;
    let service = name.strip_suffix(".amazonaws.com").unwrap_or_default();
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if service.is_empty() || name.len() > 128 || !service.bytes().all(is_allowed) {
        return Err(invalid("UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal."));
    }
    Ok(name.to_owned())
}

fn no_account() -> AwsError {
    let message = "You specified an account that doesn't exist.";
    AwsError::new(ErrorCode::AccountNotFoundException, message)
}

fn parent<'i>(view: &View<'_>, input: &'i Map<String, Value>) -> Result<&'i str, AwsError> {
    let parent = id(input, "ParentId", is_parent_id)?;
    if view.is_parent(parent) {
        return Ok(parent);
    }
    let message = "We can't find a root or OU with the ParentId that you specified.";
    Err(AwsError::new(ErrorCode::ParentNotFoundException, message))
}

fn text<'i>(input: &'i Map<String, Value>, member: &str) -> Result<&'i str, AwsError> {
    let given = input.get(member).and_then(Value::as_str);
    given.ok_or_else(|| invalid("INPUT_REQUIRED", format!("You must specify {member}.")))
}

/// An ID with the required format.
fn id<'i>(
    input: &'i Map<String, Value>,
    member: &str,
    has_form: impl FnOnce(&str) -> bool,
) -> Result<&'i str, AwsError> {
    let id = text(input, member)?;
    if has_form(id) { Ok(id) } else { Err(wrong_pattern()) }
}

fn account_id(input: &Map<String, Value>) -> Result<AccountId, AwsError> {
    AccountId::parse(text(input, "AccountId")?).ok_or_else(wrong_pattern)
}

fn wrong_pattern() -> AwsError {
    invalid("INVALID_PATTERN", "You provided a value that does not match the required pattern.")
}

/// `r-` and 4 to 32, or `ou-`, 4 to 32, `-` and 8 to 32 lower-case letters and digits.
fn is_parent_id(id: &str) -> bool {
    let fits = |part: &str, least| {
        (least..=32).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
    };
    let unit = id.strip_prefix("ou-").and_then(|rest| rest.split_once('-'));
    id.strip_prefix("r-").is_some_and(|rest| fits(rest, 4))
        || unit.is_some_and(|(root, own)| fits(root, 4) && fits(own, 8))
}

fn is_child_id(id: &str) -> bool {
    AccountId::parse(id).is_some() || (id.starts_with("ou-") && is_parent_id(id))
}

fn invalid(reason: &'static str, message: impl Into<Cow<'static, str>>) -> AwsError {
    AwsError::new(ErrorCode::InvalidInputException, message).with_reason(reason)
}

/// Binds a token to the world, the account, the operation and its query. Otherwise a token from another world could
/// skip rows of this one.
fn seal(world: &World, caller: &Caller, operation: &str, input: &Map<String, Value>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (world.epoch(), caller.account(), operation).hash(&mut hasher);
    for name in ["ParentId", "ChildId", "ServicePrincipal"] {
        input.get(name).and_then(Value::as_str).hash(&mut hasher);
    }
    hasher.finish()
}

/// A page of rows. A token consists of the seal and the index of the next row.
fn page(input: &Map<String, Value>, seal: u64, list: &str, rows: Vec<Value>) -> Result<Value, AwsError> {
    let most = match input.get("MaxResults").filter(|value| !value.is_null()) {
        None => PAGE,
        Some(value) => value
            .as_u64()
            .and_then(|value| usize::try_from(value).ok())
            .filter(|most| (1..=PAGE).contains(most))
            .ok_or_else(|| invalid("INVALID_PATTERN", format!("MaxResults must be between 1 and {PAGE}.")))?,
    };
    let start: usize = match input.get("NextToken").filter(|value| !value.is_null()) {
        None => 0,
        Some(token) => token
            .as_str()
            .and_then(|token| token.strip_prefix(&format!("{seal:016x}")))
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| invalid("INVALID_NEXT_TOKEN", "The provided NextToken is invalid."))?,
    };
    let end = rows.len().min(start.saturating_add(most));
    let mut answer = json!({ list: rows.get(start..end).unwrap_or_default() });
    if end < rows.len() && start < rows.len() {
        answer["NextToken"] = json!(format!("{seal:016x}{end}"));
    }
    Ok(answer)
}

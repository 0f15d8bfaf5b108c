//! AWS Organizations: the organization, its units, accounts and policies, trusted access and delegated administrators
//! (NB-26).
//!
//! Contents: one file per kind of resource, with one function per operation, which reads its input and renders its
//! answer. The rules are in `domain::accounts::organization`.

mod accounts;
mod call;
mod delegation;
mod input;
mod page;
mod policies;
mod service_access;
mod tags;
#[cfg(test)]
mod tests;
mod units;
mod view;
mod whole;

use serde_json::{Map, Value, json};

use self::call::{Answer, Change, Reading};
use self::input::Input;
use self::view::View;
use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::accounts::organization::hub_v2_policies;
use crate::domain::caller::Caller;
use crate::domain::findings::aggregation::replicas;
use crate::domain::policy::{self, Keys, Request, bounds};
use crate::state::{Directory, Organization, Transaction, World};

/// The function of an operation, and the accounts that may call it.
#[derive(Clone, Copy)]
enum Run {
    /// Reads. Any account of the organization may call it.
    Describe(fn(&Reading<'_>) -> Answer),
    /// Reads. The management account and delegated administrators may call it.
    List(fn(&Reading<'_>) -> Answer),
    /// Changes the organization. The management account may call it.
    Change(fn(&mut Change<'_, '_>) -> Answer),
    /// Removes the calling account from its organization. Any account may call it.
    Leave(fn(&mut Change<'_, '_>) -> Answer),
    /// Creates an organization. An account without one may call it.
    Create(fn(&mut Transaction<'_>, &World, &Caller, &Input<'_>) -> Answer),
}

/// The operations.
const OPERATIONS: &[(&str, Run)] = &[
    ("AttachPolicy", Run::Change(policies::attach)),
    ("CloseAccount", Run::Change(accounts::close)),
    ("CreateAccount", Run::Change(accounts::create)),
    ("CreateOrganization", Run::Create(whole::create)),
    ("CreateOrganizationalUnit", Run::Change(units::create)),
    ("CreatePolicy", Run::Change(policies::create)),
    ("DeleteOrganization", Run::Change(whole::delete)),
    ("DeleteOrganizationalUnit", Run::Change(units::delete)),
    ("DeletePolicy", Run::Change(policies::delete)),
    ("DeregisterDelegatedAdministrator", Run::Change(delegation::deregister)),
    ("DescribeAccount", Run::List(accounts::describe)),
    ("DescribeCreateAccountStatus", Run::List(accounts::describe_creation)),
    ("DescribeOrganization", Run::Describe(whole::describe)),
    ("DescribeOrganizationalUnit", Run::List(units::describe)),
    ("DescribePolicy", Run::List(policies::describe)),
    ("DetachPolicy", Run::Change(policies::detach)),
    ("DisableAWSServiceAccess", Run::Change(service_access::disable)),
    ("DisablePolicyType", Run::Change(policies::disable_type)),
    ("EnableAWSServiceAccess", Run::Change(service_access::enable)),
    ("EnablePolicyType", Run::Change(policies::enable_type)),
    ("LeaveOrganization", Run::Leave(accounts::leave)),
    ("ListAWSServiceAccessForOrganization", Run::List(service_access::list)),
    ("ListAccounts", Run::List(accounts::list)),
    ("ListAccountsForParent", Run::List(accounts::list_for_parent)),
    ("ListChildren", Run::List(units::list_children)),
    ("ListCreateAccountStatus", Run::List(accounts::list_creations)),
    ("ListDelegatedAdministrators", Run::List(delegation::list)),
    ("ListDelegatedServicesForAccount", Run::List(delegation::list_services)),
    ("ListOrganizationalUnitsForParent", Run::List(units::list_for_parent)),
    ("ListParents", Run::List(units::list_parents)),
    ("ListPolicies", Run::List(policies::list)),
    ("ListPoliciesForTarget", Run::List(policies::list_for_target)),
    ("ListRoots", Run::List(whole::list_roots)),
    ("ListTagsForResource", Run::List(tags::list)),
    ("ListTargetsForPolicy", Run::List(policies::list_targets)),
    ("MoveAccount", Run::Change(accounts::relocate)),
    ("RegisterDelegatedAdministrator", Run::Change(delegation::register)),
    ("RemoveAccountFromOrganization", Run::Change(accounts::remove)),
    ("TagResource", Run::Change(tags::add)),
    ("UntagResource", Run::Change(tags::remove)),
    ("UpdateOrganizationalUnit", Run::Change(units::update)),
    ("UpdatePolicy", Run::Change(policies::update)),
];

/// Runs an operation of Organizations; `None` if it is not supported.
pub(super) fn call(
    world: &World,
    caller: &Caller,
    operation: &str,
    input: &Map<String, Value>,
) -> Result<Option<Value>, AwsError> {
    let known = OPERATIONS.iter().find(|(name, _)| *name == operation);
    let Some((operation, run)) = known else { return Ok(None) };
    let input = Input { operation, members: input };
    let directory = world.directory();
    authorize(&directory, caller, operation)?;
    match run {
        Run::Describe(read) | Run::List(read) => {
            let organization = of_caller(&directory, caller)?;
            if matches!(run, Run::List(_)) {
                may_read(organization, caller)?;
            }
            let view = View::new(&directory, organization);
            read(&Reading { world, caller, organization, view, input }).map(Some)
        }
        Run::Change(_) | Run::Leave(_) | Run::Create(_) => write(world, caller, *run, input).map(Some),
    }
}

fn write(world: &World, caller: &Caller, run: Run, input: Input<'_>) -> Answer {
    if !world.may_write() {
        return Err(AwsError::new(ErrorCode::InternalException, "Internal server error: the data directory is full"));
    }
    let mut transaction = world.write();
    let answer = match run {
        Run::Create(create) => create(&mut transaction, world, caller, &input)?,
        Run::Change(change) | Run::Leave(change) => {
            let organization = of_caller(transaction.directory(), caller)?.clone();
            if matches!(run, Run::Change(_)) && organization.management_account != caller.account() {
                return Err(no_permission());
            }
            change(&mut Change { transaction: &mut transaction, world, caller, organization, input })?
        }
        // Operations that read take no transaction.
        Run::Describe(_) | Run::List(_) => json!({}),
    };
    hub_v2_policies::apply_relation_changes(&mut transaction, world, caller.now);
    replicas::apply_relation_changes(&mut transaction, world);
    transaction.commit();
    Ok(answer)
}

/// Evaluates policies for the call, as every AWS service does: a service control policy can prevent a member from
/// leaving (IAM-11).
fn authorize(directory: &Directory, caller: &Caller, operation: &str) -> Result<(), AwsError> {
    if bounds::is_unrestricted(directory, &caller.principal) {
        return Ok(());
    }
    let layers = bounds::layers(directory, &caller.principal);
    if layers.is_empty() {
        return Ok(());
    }
    let action = format!("organizations:{operation}");
    let keys = Keys::default();
    policy::evaluate(&layers, Request { action: &action, resource: "*", keys: &keys }).map_err(|denial| {
        let user = &caller.principal.arn;
        let reason = denial.reason(&action);
        let message = format!("User: {user} is not authorized to perform: {action} on resource: * {reason}");
        AwsError::access_denied(message).with_status(400)
    })
}

/// The organization of the caller's account.
fn of_caller<'d>(directory: &'d Directory, caller: &Caller) -> Result<&'d Organization, AwsError> {
    let organization = directory.organization.as_ref().filter(|organization| organization.contains(caller.account()));
    organization.ok_or_else(|| {
        let message = "Your account is not a member of an organization.";
        AwsError::new(ErrorCode::AWSOrganizationsNotInUseException, message)
    })
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

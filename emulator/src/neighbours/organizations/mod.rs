//! AWS Organizations: the organization, its accounts and units, and who may act for which service (NB-26).
//!
//! What lives here: reads of the organization ([`read`]) and writes of service access and delegation
//! ([`delegation`]). Organizations themselves, units and accounts are made by scenarios. Where AWS's sentences
//! are not known they are `inferred`.

mod delegation;
mod parameters;
mod read;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use super::json;
use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;
use crate::state::{AccountId, Directory, Organization, Timestamp, World};
use parameters::Parameters;

/// The prefix of `X-Amz-Target`.
pub(super) const TARGET: &str = "AWSOrganizationsV20161128";

/// An operation, as it is run.
enum Operation {
    /// Reads, for those who may.
    Read(Readers, fn(&View<'_>, &Parameters) -> Result<Value, AwsError>),
    /// Gives the organization as it is afterwards; for the management account alone.
    Write(fn(&View<'_>, &Parameters, Timestamp) -> Result<Organization, AwsError>),
}

/// Who may read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Readers {
    /// Every account of the organization.
    Everyone,
    /// The management account, and the delegated administrators of any service.
    Administrators,
}

/// The organization of a caller, and all relations.
struct View<'a> {
    directory: &'a Directory,
    organization: &'a Organization,
    partition: &'static str,
}

/// Runs an operation of Organizations; `None` when it is not answered here.
pub(super) fn call(world: &World, caller: &Caller, operation: &str, body: &[u8]) -> Result<Option<Value>, AwsError> {
    let Some(operation) = find(operation) else { return Ok(None) };
    let parameters = json::parameters(body)?;
    match operation {
        Operation::Read(readers, run) => {
            let directory = world.directory();
            let view = View::enter(&directory, caller)?;
            if readers == Readers::Administrators && !view.is_administrator(caller.account()) {
                return Err(denied());
            }
            run(&view, &parameters).map(Some)
        }
        Operation::Write(run) => {
            let mut transaction = world.write();
            let directory = world.directory();
            let view = View::enter(&directory, caller)?;
            if caller.account() != view.organization.management_account {
                return Err(denied());
            }
            let organization = run(&view, &parameters, caller.now)?;
            transaction.edit_directory(|directory| directory.organization = Some(organization));
            transaction.commit();
            Ok(Some(json!({})))
        }
    }
}

fn find(operation: &str) -> Option<Operation> {
    use Readers::{Administrators, Everyone};
    Some(match operation {
        "DescribeOrganization" => Operation::Read(Everyone, read::describe_organization),
        "DescribeAccount" => Operation::Read(Administrators, read::describe_account),
        "ListAccounts" => Operation::Read(Administrators, read::list_accounts),
        "ListAccountsForParent" => Operation::Read(Administrators, read::list_accounts_for_parent),
        "ListAWSServiceAccessForOrganization" => Operation::Read(Administrators, read::list_service_access),
        "ListDelegatedAdministrators" => Operation::Read(Administrators, read::list_delegated_administrators),
        "ListOrganizationalUnitsForParent" => Operation::Read(Administrators, read::list_units_for_parent),
        "ListParents" => Operation::Read(Administrators, read::list_parents),
        "ListRoots" => Operation::Read(Administrators, read::list_roots),
        "EnableAWSServiceAccess" => Operation::Write(delegation::enable_service_access),
        "DisableAWSServiceAccess" => Operation::Write(delegation::disable_service_access),
        "RegisterDelegatedAdministrator" => Operation::Write(delegation::register_administrator),
        "DeregisterDelegatedAdministrator" => Operation::Write(delegation::deregister_administrator),
        _ => return None,
    })
}

impl<'a> View<'a> {
    /// The organization that the caller belongs to.
    fn enter(directory: &'a Directory, caller: &Caller) -> Result<View<'a>, AwsError> {
        let organization = directory.organization.as_ref().filter(|found| found.contains(caller.account()));
        let organization = organization.ok_or_else(|| {
            AwsError::new(
                ErrorCode::AWSOrganizationsNotInUseException,
                "Your account is not a member of an organization.",
            )
        })?;
        Ok(View { directory, organization, partition: caller.region.partition() })
    }

    /// Whether the account manages the organization or is a delegated administrator, of whichever service.
    fn is_administrator(&self, account: AccountId) -> bool {
        let organization = self.organization;
        account == organization.management_account
            || organization.delegated_administrators.keys().any(|(_, delegated)| *delegated == account)
            || organization.security_hub_administrators.values().any(|delegated| *delegated == account)
    }

    /// The ARN of the organization's account, unit or root.
    fn arn(&self, kind: &str, id: &str) -> String {
        let Organization { management_account, id: organization, .. } = self.organization;
        format!("arn:{}:organizations::{management_account}:{kind}/{organization}/{id}", self.partition)
    }

    /// Whether there is such a root or unit.
    fn is_parent(&self, id: &str) -> bool {
        id == self.organization.root_id || self.organization.units.contains_key(id)
    }
}

/// AWS Organizations answers 400 here, not 403.
fn denied() -> AwsError {
    AwsError::access_denied("You don't have permissions to access this resource.").with_status(400)
}

fn account_not_found() -> AwsError {
    AwsError::new(ErrorCode::AccountNotFoundException, "You specified an account that doesn't exist.")
}

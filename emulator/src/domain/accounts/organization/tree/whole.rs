//! The organization as a whole.

use super::TreeError;
use crate::domain::accounts::organization::administrator;
use crate::domain::caller::Caller;
use crate::state::{Account, Organization, Transaction, World};

/// Creates an organization with the caller as its management account.
///
/// # Errors
/// [`TreeError`], in which case nothing is changed.
pub fn create(transaction: &mut Transaction<'_>, world: &World, caller: &Caller) -> Result<(), TreeError> {
    let account = caller.account();
    let directory = transaction.directory();
    if directory.is_in_organization(account) {
        return Err(TreeError::AlreadyInOrganization);
    }
    if directory.organization.is_some() {
        return Err(TreeError::SecondOrganization);
    }
    let (id, root_id) = (format!("o-{}", world.ids.word(10)), format!("r-{}", world.ids.word(4)));
    let organization = Organization::new(id, root_id, account, caller.now);
    transaction.edit_directory(|directory| {
        directory.accounts.entry(account).or_insert_with(|| Account::unknown(account));
        directory.organization = Some(organization);
    });
    Ok(())
}

/// Deletes the organization, which has no member accounts. Its units, its policies and the data that Security Hub has
/// about it are deleted, too.
///
/// # Errors
/// [`TreeError`], in which case nothing is changed.
pub fn delete(transaction: &mut Transaction<'_>, organization: &Organization) -> Result<(), TreeError> {
    if organization.parents.keys().any(|account| *account != organization.management_account) {
        return Err(TreeError::OrganizationNotEmpty);
    }
    administrator::end_all(transaction);
    transaction.edit_directory(|directory| {
        directory.organization = None;
        directory.policies.service_control.clear();
    });
    Ok(())
}

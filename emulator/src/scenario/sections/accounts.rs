//! `accounts`: properties of accounts.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::policies::{self, Attached};
use super::{credentials, organization, security_hub_policies};
use crate::scenario::check::Check;
use crate::scenario::spanned::{Entries, Spanned};
use crate::state::{Account, AccountId, AccountStatus, Directory, Permissions, Policy, World};

/// Details of an account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "AccountDetails")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Name of the account. Default: `account-` followed by the account ID.
    #[schemars(extend("minLength" = 1, "maxLength" = 50))]
    name: Option<String>,
    /// E-mail address of the account. Default: the account ID at example.com.
    email: Option<Spanned<String>>,
    /// Status in the organization. Default: active.
    status: Option<Status>,
    /// If true, a central configuration policy governs the hubs of the account, so that it cannot change them itself.
    #[serde(default)]
    centrally_managed: bool,
    /// Names of the policies attached to the account, which must be in the organization: service control policies, and
    /// policies of `organization.security_hub_policies`.
    #[serde(default)]
    policies: Vec<Spanned<String>>,
    /// If true, FullAWSAccess is also attached. Default: true.
    full_aws_access: Option<Spanned<bool>>,
    /// Roles with limited permissions, by name without a path.
    #[serde(default)]
    roles: Entries<WrittenRole>,
}

/// Permissions of a role.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Role")]
#[serde(deny_unknown_fields)]
struct WrittenRole {
    /// Names of all identity-based policies of the role. Default: administrator access.
    policies: Option<Vec<Spanned<String>>>,
    /// Name of the policy that is the permissions boundary.
    boundary: Option<Spanned<String>>,
}

/// Status of an account in its organization.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "AccountStatus")]
#[serde(rename_all = "snake_case")]
enum Status {
    /// Active.
    Active,
    /// Suspended by AWS, or closed.
    Suspended,
}

/// A valid entry.
#[derive(Debug)]
pub(in crate::scenario) struct Valid {
    account: Account,
    /// Service control policies.
    policies: Vec<Arc<Policy>>,
    /// Names of policies for V2 hubs.
    pub(super) security_hub_policies: Vec<String>,
    /// The permissions of its roles.
    pub(super) roles: BTreeMap<String, Permissions>,
}

/// Checks all entries.
pub(in crate::scenario) fn check(
    written: Entries<Declared>,
    policies: &policies::Valid,
    organization: Option<&organization::Valid>,
    check: &mut Check,
) -> BTreeMap<AccountId, Valid> {
    let mut accounts = BTreeMap::new();
    for (id, written) in written.0 {
        check_email(written.email.as_ref(), check);
        let of_organization = organization.map(organization::Valid::security_hub_policies);
        let (service_control, security_hub_policies) = match of_organization {
            Some(of_organization) => security_hub_policies::split(written.policies, of_organization),
            None => (written.policies, Vec::new()),
        };
        let attached = Attached { policies: &service_control, full_aws_access: written.full_aws_access.as_ref() };
        let attached = policies.attached(&attached, check);
        let roles = roles(written.roles, policies, check);
        let Some(id) = check.account(&id) else {
            check.lose(&["accounts"]);
            continue;
        };
        check_reach(id, service_control.first(), organization, check);
        let unknown = Account::unknown(id);
        let account = Account {
            name: written.name.unwrap_or(unknown.name),
            email: written.email.map_or(unknown.email, |email| email.value),
            status: match written.status {
                Some(Status::Suspended) => AccountStatus::Suspended,
                Some(Status::Active) | None => AccountStatus::Active,
            },
            centrally_managed: written.centrally_managed,
        };
        accounts.insert(id, Valid { account, policies: attached, security_hub_policies, roles });
    }
    accounts
}

fn roles(
    written: Entries<WrittenRole>,
    policies: &policies::Valid,
    check: &mut Check,
) -> BTreeMap<String, Permissions> {
    let mut roles = BTreeMap::new();
    for (name, role) in written.0 {
        credentials::check_name(&name, check);
        roles.insert(name.value, policies.permissions(role.policies.as_ref(), role.boundary.as_ref(), check));
    }
    roles
}

/// Service control policies apply to the accounts of the organization, except the management account (IAM-11).
fn check_reach(
    id: AccountId,
    first: Option<&Spanned<String>>,
    organization: Option<&organization::Valid>,
    check: &mut Check,
) {
    let Some(first) = first else { return };
    if organization.is_none_or(|organization| organization.accounts().all(|account| account != id)) {
        if check.lost.contains_members() {
            return;
        }
        let diagnostic =
            check.at(first.span, format!("{id} is not in an organization, which service control policies require"));
        check.push(diagnostic.expected("an account of one of the `units` of `organization`"));
        return;
    }
    organization::check_enabled(Some(first), organization.is_some_and(organization::Valid::has_service_control), check);
    if organization.is_some_and(|organization| organization.management_account == id) {
        check.push(check.at(first.span, "service control policies do not apply to the management account").warning());
    }
}

fn check_email(email: Option<&Spanned<String>>, check: &mut Check) {
    if let Some(email) = email
        && email.value.split_once('@').is_none_or(|(user, host)| user.is_empty() || host.is_empty())
    {
        let diagnostic = check.at(email.span, format!("`{}` is not a valid e-mail address", email.value));
        check.push(diagnostic.expected("an address such as security@example.com"));
    }
}

/// Adds the accounts and their policies to the directory. Central management and suspension come last, because they
/// would prevent enabling the hubs and storing the findings of the accounts.
pub(super) fn apply(accounts: &BTreeMap<AccountId, Valid>, directory: &mut Directory) {
    for (id, Valid { account, policies, roles, .. }) in accounts {
        let known = Account { centrally_managed: false, status: AccountStatus::Active, ..account.clone() };
        directory.accounts.insert(*id, known);
        if !policies.is_empty() {
            directory.policies.service_control.insert(id.to_string(), policies.clone());
        }
        let roles = roles.iter().map(|(name, permissions)| ((*id, name.clone()), permissions.clone()));
        directory.policies.roles.extend(roles);
    }
}

/// Marks centrally managed accounts and suspends suspended ones.
pub(super) fn apply_last(accounts: &BTreeMap<AccountId, Valid>, world: &World) {
    let mut transaction = world.write();
    transaction.edit_directory(|directory| {
        for (id, Valid { account, .. }) in accounts {
            if let Some(known) = directory.accounts.get_mut(id) {
                known.centrally_managed = account.centrally_managed;
                known.status = account.status;
            }
        }
    });
    transaction.commit();
}

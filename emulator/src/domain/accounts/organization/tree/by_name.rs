//! Attaching and detaching service control policies that are given by name, for people.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{TreeError, policies};
use crate::aws_error::AwsError;
use crate::domain::accounts::organization::accounts::{AccountError, find};
use crate::domain::accounts::organization::near_name::NearName;
use crate::state::{AccountId, FULL_AWS_ACCESS, Organization, OrganizationPolicy, PolicyType, Transaction, World};

/// Reason why a policy is not attached or detached.
#[derive(Debug)]
pub enum NameError {
    /// The target is not known.
    Target(AccountError),
    /// The target has digits only, but not as many as an account ID.
    NoAccountId(String),
    /// No policy has this name or ID.
    NoPolicy(String, NearName),
    /// Organizations refuses it.
    Refused(TreeError),
}

impl fmt::Display for NameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameError::Target(error) => error.fmt(formatter),
            NameError::NoAccountId(target) => {
                write!(formatter, "{target:?} is not a valid account ID (expected 12 digits)")
            }
            NameError::NoPolicy(name, near) => {
                write!(formatter, "no policy {name:?}{near}; use a name or an ID, or send a document to create it")
            }
            NameError::Refused(error) => formatter.write_str(&AwsError::from(*error).message),
        }
    }
}

impl From<TreeError> for NameError {
    fn from(error: TreeError) -> NameError {
        NameError::Refused(error)
    }
}

/// The effect of [`attach`] on the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PolicyEffect {
    /// The policy was created.
    Created,
    /// The document of the policy was replaced, for all targets of the policy.
    Replaced,
    /// The document of the policy is unchanged.
    Unchanged,
}

/// Attaches a service control policy to a target. If a policy is given, it is created first, or replaces the policy
/// with the same name.
///
/// # Errors
/// [`NameError`]
pub fn attach(
    transaction: &mut Transaction<'_>,
    world: &World,
    (name, target): (&str, &str),
    policy: Option<OrganizationPolicy>,
) -> Result<PolicyEffect, NameError> {
    let organization = organization(transaction)?;
    let target = target_id(&organization, target)?;
    let (id, effect) = match (policy_id(&organization, name), policy) {
        (Some(id), None) => (id, PolicyEffect::Unchanged),
        (Some(id), Some(policy)) => {
            let before = organization.policies.created.get(&id).map(|before| before.content.as_str());
            let is_same = before == Some(policy.content.as_str());
            policies::update(transaction, &organization, &id, policy)?;
            (id, if is_same { PolicyEffect::Unchanged } else { PolicyEffect::Replaced })
        }
        (None, Some(policy)) => (policies::create(transaction, world, &organization, policy)?, PolicyEffect::Created),
        (None, None) => return Err(no_policy(&organization, name)),
    };
    let organization = self::organization(transaction)?;
    if !policies::is_attached(&organization, &id, &target) {
        policies::attach(transaction, &organization, &id, &target)?;
    }
    Ok(effect)
}

fn no_policy(organization: &Organization, name: &str) -> NameError {
    let created = organization.policies.created.values();
    let names = created.filter(|policy| policy.kind == PolicyType::ServiceControl).map(|policy| policy.name.as_str());
    NameError::NoPolicy(name.to_owned(), NearName::among(names.chain(["FullAWSAccess"]), name))
}

/// Detaches a service control policy from a target.
///
/// # Errors
/// [`NameError`]
pub fn detach(transaction: &mut Transaction<'_>, (name, target): (&str, &str)) -> Result<(), NameError> {
    let organization = organization(transaction)?;
    let target = target_id(&organization, target)?;
    let id = policy_id(&organization, name).ok_or_else(|| no_policy(&organization, name))?;
    Ok(policies::detach(transaction, &organization, &id, &target)?)
}

fn organization(transaction: &Transaction<'_>) -> Result<Organization, NameError> {
    let organization = transaction.directory().organization.clone();
    organization.ok_or(NameError::Target(AccountError::NoOrganization))
}

/// The ID of a service control policy with this name or ID.
fn policy_id(organization: &Organization, name: &str) -> Option<String> {
    if name == FULL_AWS_ACCESS || name == "FullAWSAccess" {
        return Some(FULL_AWS_ACCESS.to_owned());
    }
    let mut created = organization.policies.created.iter();
    let is_it = |id: &String, policy: &OrganizationPolicy| {
        policy.kind == PolicyType::ServiceControl && (id == name || policy.name == name)
    };
    created.find(|(id, policy)| is_it(id, policy)).map(|(id, _)| id.clone())
}

/// The ID of an account, a unit or the root; units can also be named.
fn target_id(organization: &Organization, target: &str) -> Result<String, NameError> {
    match AccountId::parse(target) {
        Some(account) if organization.contains(account) => Ok(target.to_owned()),
        Some(account) => Err(NameError::Target(AccountError::NoMember(account))),
        None => find(organization, target).map_err(|error| {
            let is_number = target.bytes().all(|byte| byte.is_ascii_digit()) && !target.is_empty();
            if is_number { NameError::NoAccountId(target.to_owned()) } else { NameError::Target(error) }
        }),
    }
}

//! Creating, finding, changing and deleting configuration policies (CCF-15 … CCF-22).

use std::collections::BTreeMap;

use super::record::edit;
use super::{CentralError, MAX_POLICIES, administered, content, settle};
use crate::domain::arn;
use crate::domain::caller::Caller;
use crate::domain::tags::{MAX_TAGS, TagError};
use crate::state::{CentralConfiguration, ConfigurationPolicy, Governance, PolicyContent, Transaction, World};

/// Maximum length of a name (CCF-15, `inferred`).
const MAX_NAME_LENGTH: usize = 128;

/// Changes to a policy; `None` leaves an attribute unchanged (CCF-20).
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Its name.
    pub name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its content, as a whole.
    pub content: Option<PolicyContent>,
}

/// The ARN of a policy, which names the administrator and the home Region.
pub fn policy_arn(central: &CentralConfiguration, id: &str) -> String {
    arn::of_account(&central.home, central.administrator, &format!("configuration-policy/{id}"))
}

/// The policy with this id or ARN (CCF-19).
///
/// # Errors
/// [`CentralError::NoPolicy`].
pub fn find<'c>(central: &'c CentralConfiguration, identifier: &str) -> Result<&'c ConfigurationPolicy, CentralError> {
    let id = identifier.strip_prefix(&policy_arn(central, "")).unwrap_or(identifier);
    central.policies.get(id).ok_or_else(|| CentralError::NoPolicy(identifier.to_owned()))
}

/// Creates a policy (CCF-15).
///
/// # Errors
/// [`CentralError`].
pub fn create(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    policy: ConfigurationPolicy,
) -> Result<ConfigurationPolicy, CentralError> {
    let directory = transaction.directory();
    let central = administered(directory, caller)?;
    check_name(central, &policy.name, "")?;
    content::check(directory, &central.home, &policy.content)?;
    if central.policies.len() >= MAX_POLICIES {
        return Err(CentralError::TooMany);
    }
    let policy = ConfigurationPolicy { id: world.ids.uuid(), ..policy };
    edit(transaction, |central| central.policies.insert(policy.id.clone(), policy.clone()));
    Ok(policy)
}

/// Changes a policy and applies it to all targets that it governs (CCF-20).
///
/// # Errors
/// [`CentralError`].
pub fn update(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    identifier: &str,
    change: Change,
) -> Result<ConfigurationPolicy, CentralError> {
    let directory = transaction.directory();
    let central = administered(directory, caller)?;
    let mut policy = find(central, identifier)?.clone();
    if let Some(name) = change.name {
        check_name(central, &name, &policy.id)?;
        policy.name = name;
    }
    if let Some(content) = change.content {
        content::check(directory, &central.home, &content)?;
        policy.content = content;
    }
    policy.description = change.description.or(policy.description);
    policy.updated_at = caller.now;
    let governs = Governance::Policy(policy.id.clone());
    let applied = central.applied.iter().filter(|(_, applied)| applied.governance == governs);
    let targets: Vec<String> = applied.map(|(target, _)| target.clone()).collect();
    edit(transaction, |central| central.policies.insert(policy.id.clone(), policy.clone()));
    for target in targets {
        settle::begin(transaction, world, &target, caller.now);
    }
    Ok(policy)
}

/// Deletes a policy that is not associated with any target (CCF-21).
///
/// # Errors
/// [`CentralError`].
pub fn delete(transaction: &mut Transaction<'_>, caller: &Caller, identifier: &str) -> Result<(), CentralError> {
    let directory = transaction.directory();
    let central = administered(directory, caller)?;
    let id = find(central, identifier)?.id.clone();
    let governs = Governance::Policy(id.clone());
    if central.applied.values().any(|applied| applied.governance == governs) {
        return Err(CentralError::InUse);
    }
    edit(transaction, |central| central.policies.remove(&id));
    Ok(())
}

/// Changes the tags of a policy (TAG-02).
///
/// # Errors
/// [`TagError::NoResource`], [`TagError::TooMany`].
pub fn edit_tags(
    transaction: &mut Transaction<'_>,
    caller: &Caller,
    arn: &str,
    change: impl FnOnce(&mut BTreeMap<String, String>),
) -> Result<(), TagError> {
    let directory = transaction.directory();
    let policy = administered(directory, caller).and_then(|central| find(central, arn).cloned());
    let mut policy = policy.map_err(|_| TagError::NoResource(arn.to_owned()))?;
    change(&mut policy.tags);
    if policy.tags.len() > MAX_TAGS {
        return Err(TagError::TooMany);
    }
    edit(transaction, |central| central.policies.insert(policy.id.clone(), policy));
    Ok(())
}

/// Checks the characters of a name.
///
/// # Errors
/// [`CentralError::InvalidName`].
pub fn check_characters(name: &str) -> Result<(), CentralError> {
    // Spaces are accepted: the Terraform provider's validation allows them, and AWS has not been observed to refuse
    // them.
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "-.!*/ ".contains(letter);
    if name.len() > MAX_NAME_LENGTH || !name.chars().all(is_allowed) {
        let message = format!("A name has at most {MAX_NAME_LENGTH} characters: letters, digits, spaces and -.!*/");
        return Err(CentralError::InvalidName(message));
    }
    Ok(())
}

fn check_name(central: &CentralConfiguration, name: &str, own_id: &str) -> Result<(), CentralError> {
    check_characters(name)?;
    if central.policies.values().any(|policy| policy.name == name && policy.id != own_id) {
        return Err(CentralError::NameTaken(name.to_owned()));
    }
    Ok(())
}

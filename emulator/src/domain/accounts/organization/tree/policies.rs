//! Policies of the organization: types, documents and attachments.

use std::sync::Arc;

use super::{TreeError, edit};
use crate::state::{
    AccountId, Directory, FULL_AWS_ACCESS, Organization, OrganizationPolicy, Policy, PolicyType, Transaction, World,
};

/// Maximum number of policies of a type.
const MAX_POLICIES: usize = 2000;
/// Maximum number of service control policies attached to a target, including FullAWSAccess. AWS raised it from 5 on
/// 2026-05-15, together with their size.
const MAX_ATTACHED: usize = 10;

/// Enables a policy type in the root.
///
/// # Errors
/// [`TreeError`], in which case nothing is changed.
pub fn enable_type(
    transaction: &mut Transaction<'_>,
    organization: &Organization,
    root: &str,
    kind: PolicyType,
) -> Result<(), TreeError> {
    is_root(organization, root)?;
    if organization.policies.enabled.contains(&kind) {
        return Err(TreeError::TypeEnabled);
    }
    change(transaction, |organization| _ = organization.policies.enabled.insert(kind));
    Ok(())
}

/// Disables a policy type in the root, which detaches all policies of the type.
///
/// # Errors
/// [`TreeError`], in which case nothing is changed.
pub fn disable_type(
    transaction: &mut Transaction<'_>,
    organization: &Organization,
    root: &str,
    kind: PolicyType,
) -> Result<(), TreeError> {
    is_root(organization, root)?;
    if !organization.policies.enabled.contains(&kind) {
        return Err(TreeError::TypeNotEnabled);
    }
    change(transaction, |organization| {
        let policies = &mut organization.policies;
        policies.enabled.remove(&kind);
        let created = &policies.created;
        let is_other = |id: &String| created.get(id).is_some_and(|policy| policy.kind != kind);
        let kept = policies.attached.iter().map(|(target, ids)| {
            let ids: Vec<String> = ids.iter().filter(|id| is_other(id)).cloned().collect();
            (target.clone(), ids)
        });
        policies.attached = kept.filter(|(_, ids)| !ids.is_empty()).collect();
        if kind == PolicyType::ServiceControl {
            policies.without_full_access = imbl::OrdSet::new();
        }
    });
    Ok(())
}

fn is_root(organization: &Organization, root: &str) -> Result<(), TreeError> {
    if organization.root_id == root { Ok(()) } else { Err(TreeError::NoRoot) }
}

/// Creates a policy and returns its ID.
///
/// # Errors
/// [`TreeError`], in which case nothing is changed.
pub fn create(
    transaction: &mut Transaction<'_>,
    world: &World,
    organization: &Organization,
    policy: OrganizationPolicy,
) -> Result<String, TreeError> {
    let kind = policy.kind;
    is_name_free(organization, kind, &policy.name)?;
    if organization.policies.created.values().filter(|policy| policy.kind == kind).count() >= MAX_POLICIES {
        return Err(TreeError::TooManyPolicies);
    }
    let id = format!("p-{}", world.ids.word(8));
    change(transaction, |organization| _ = organization.policies.created.insert(id.clone(), policy));
    Ok(id)
}

/// Replaces a policy by one of the same type.
///
/// # Errors
/// [`TreeError`], in which case nothing is changed.
pub fn update(
    transaction: &mut Transaction<'_>,
    organization: &Organization,
    id: &str,
    policy: OrganizationPolicy,
) -> Result<(), TreeError> {
    if created(organization, id)?.name != policy.name {
        is_name_free(organization, policy.kind, &policy.name)?;
    }
    change(transaction, |organization| _ = organization.policies.created.insert(id.to_owned(), policy));
    Ok(())
}

/// Deletes a policy that is not attached.
///
/// # Errors
/// [`TreeError`], in which case nothing is changed.
pub fn delete(transaction: &mut Transaction<'_>, organization: &Organization, id: &str) -> Result<(), TreeError> {
    created(organization, id)?;
    if organization.policies.attached.values().any(|ids| ids.iter().any(|attached| attached == id)) {
        return Err(TreeError::PolicyInUse);
    }
    change(transaction, |organization| {
        organization.policies.created.remove(id);
        organization.tags.remove(id);
    });
    Ok(())
}

/// A policy that can be changed: any but those of AWS.
///
/// # Errors
/// [`TreeError`]
pub fn created<'o>(organization: &'o Organization, id: &str) -> Result<&'o OrganizationPolicy, TreeError> {
    if id == FULL_AWS_ACCESS {
        return Err(TreeError::ImmutablePolicy);
    }
    organization.policies.created.get(id).ok_or(TreeError::NoPolicy)
}

fn is_name_free(organization: &Organization, kind: PolicyType, name: &str) -> Result<(), TreeError> {
    let mut same_type = organization.policies.created.values().filter(|policy| policy.kind == kind);
    let is_managed = kind == PolicyType::ServiceControl && name == "FullAWSAccess";
    if is_managed || same_type.any(|policy| policy.name == name) { Err(TreeError::DuplicatePolicy) } else { Ok(()) }
}

/// Attaches a policy to the root, a unit or an account.
///
/// # Errors
/// [`TreeError`], in which case nothing is changed.
pub fn attach(
    transaction: &mut Transaction<'_>,
    organization: &Organization,
    id: &str,
    target: &str,
) -> Result<(), TreeError> {
    let kind = kind_of(organization, id)?;
    is_target(organization, target)?;
    let policies = &organization.policies;
    if !policies.enabled.contains(&kind) {
        return Err(TreeError::TypeNotEnabled);
    }
    if is_attached(organization, id, target) {
        return Err(TreeError::DuplicateAttachment);
    }
    if count(organization, target, kind) >= MAX_ATTACHED {
        return Err(TreeError::TooManyAttached);
    }
    change(transaction, |organization| {
        let policies = &mut organization.policies;
        if id == FULL_AWS_ACCESS {
            policies.without_full_access.remove(target);
        } else {
            policies.attached.entry(target.to_owned()).or_default().push(id.to_owned());
        }
    });
    Ok(())
}

/// Detaches a policy. At least one service control policy stays attached to each target.
///
/// # Errors
/// [`TreeError`], in which case nothing is changed.
pub fn detach(
    transaction: &mut Transaction<'_>,
    organization: &Organization,
    id: &str,
    target: &str,
) -> Result<(), TreeError> {
    let kind = kind_of(organization, id)?;
    is_target(organization, target)?;
    if !is_attached(organization, id, target) {
        return Err(TreeError::NotAttached);
    }
    if kind == PolicyType::ServiceControl && count(organization, target, kind) == 1 {
        return Err(TreeError::LastAttached);
    }
    change(transaction, |organization| {
        let policies = &mut organization.policies;
        if id == FULL_AWS_ACCESS {
            policies.without_full_access.insert(target.to_owned());
        } else if let Some(ids) = policies.attached.get_mut(target) {
            ids.retain(|attached| attached != id);
        }
        if policies.attached.get(target).is_some_and(Vec::is_empty) {
            policies.attached.remove(target);
        }
    });
    Ok(())
}

/// The type of a policy.
///
/// # Errors
/// [`TreeError::NoPolicy`].
pub fn kind_of(organization: &Organization, id: &str) -> Result<PolicyType, TreeError> {
    if id == FULL_AWS_ACCESS {
        return Ok(PolicyType::ServiceControl);
    }
    organization.policies.created.get(id).map(|policy| policy.kind).ok_or(TreeError::NoPolicy)
}

/// Checks that an ID is that of the root, a unit or an account of the organization.
///
/// # Errors
/// [`TreeError::NoTarget`].
pub fn is_target(organization: &Organization, id: &str) -> Result<(), TreeError> {
    let is_account = || AccountId::parse(id).is_some_and(|account| organization.contains(account));
    let is_known = organization.root_id == id || organization.units.contains_key(id) || is_account();
    if is_known { Ok(()) } else { Err(TreeError::NoTarget) }
}

/// Returns whether a policy is attached to a target.
pub fn is_attached(organization: &Organization, id: &str, target: &str) -> bool {
    let policies = &organization.policies;
    if id == FULL_AWS_ACCESS {
        return policies.has_full_access(target);
    }
    policies.attached.get(target).is_some_and(|ids| ids.iter().any(|attached| attached == id))
}

/// The number of policies of a type that are attached to a target.
fn count(organization: &Organization, target: &str, kind: PolicyType) -> usize {
    let is_full = kind == PolicyType::ServiceControl && organization.policies.has_full_access(target);
    organization.policies.attached_to(target, kind).count() + usize::from(is_full)
}

fn change(transaction: &mut Transaction<'_>, change: impl FnOnce(&mut Organization)) {
    edit(transaction, change);
    transaction.edit_directory(enforce);
}

/// Updates the policies to evaluate from the attachments (IAM-11): each target with other service control policies than
/// FullAWSAccess is a separate layer.
pub fn enforce(directory: &mut Directory) {
    let Some(organization) = &directory.organization else { return };
    let policies = &organization.policies;
    let full = Arc::new(Policy::full_aws_access());
    let targets: std::collections::BTreeSet<&String> =
        policies.attached.keys().chain(policies.without_full_access.iter()).collect();
    let layers = targets.into_iter().filter_map(|target| {
        let attached = policies.attached_to(target, PolicyType::ServiceControl);
        let mut layer: Vec<Arc<Policy>> = attached.filter_map(|(_, policy)| policy.parsed.clone()).collect();
        if layer.is_empty() {
            return None;
        }
        if policies.has_full_access(target) {
            layer.insert(0, full.clone());
        }
        Some((target.clone(), layer))
    });
    directory.policies.service_control = layers.collect();
}

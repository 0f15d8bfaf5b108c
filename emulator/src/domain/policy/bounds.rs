//! The policies that apply to a principal.

use std::slice;

use super::evaluate::{Kind, Layer};
use crate::state::{Directory, Principal};

/// The layers of policies that apply to a principal, in the order of [`Kind`]; empty for an administrator without
/// service control policies.
pub fn layers<'d>(directory: &'d Directory, principal: &'d Principal) -> Vec<Layer<'d>> {
    let mut layers = service_control(directory, principal);
    if let Some(permissions) = principal.permissions.as_deref() {
        let mut add = |kind, policies| layers.push(Layer { kind, policies });
        if let Some(policies) = &permissions.identity {
            add(Kind::Identity, policies);
        }
        if let Some(policy) = &permissions.boundary {
            add(Kind::Boundary, slice::from_ref(policy));
        }
        if let Some(policies) = &permissions.session {
            add(Kind::Session, policies);
        }
    }
    layers
}

/// The service control policies of every level from an account up to the root. They apply to all principals of member
/// accounts, including the root user, but neither to the management account nor to service-linked roles (IAM-11).
fn service_control<'d>(directory: &'d Directory, principal: &'d Principal) -> Vec<Layer<'d>> {
    let attached = &directory.policies.service_control;
    let account = &principal.account;
    let Some(organization) = directory.organization.as_ref().filter(|_| !attached.is_empty()) else {
        return Vec::new();
    };
    let Some(parent) = organization.parents.get(account) else { return Vec::new() };
    if *account == organization.management_account || is_service_linked(principal) {
        return Vec::new();
    }
    let above = |target: &&'d str| organization.units.get(*target).map(|unit| unit.parent.as_str());
    let targets = std::iter::successors(Some(parent.as_str()), above).chain([account.as_str()]);
    let policies = targets.filter_map(|target| attached.get(target));
    policies.map(|policies| Layer { kind: Kind::ServiceControl, policies }).collect()
}

fn is_service_linked(principal: &Principal) -> bool {
    principal.role_arn.as_ref().is_some_and(|arn| arn.contains(":role/aws-service-role/"))
}

/// Returns whether no policy at all can apply to a principal.
pub fn is_unrestricted(directory: &Directory, principal: &Principal) -> bool {
    principal.permissions.is_none() && directory.policies.service_control.is_empty()
}

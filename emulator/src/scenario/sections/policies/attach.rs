//! The service control policies of the scenario as policies of the organization.

use std::sync::Arc;

use super::Valid;
use crate::state::{Directory, IdSource, Organization, OrganizationPolicy, Policy, PolicyType};

impl Valid {
    /// Makes the service control policies that are attached to a root, a unit or an account policies of the
    /// organization, so that Organizations lists them. Their IDs depend on the seed and their names only.
    pub(in crate::scenario::sections) fn attach(&self, ids: &IdSource, directory: &mut Directory) {
        let Some(organization) = &mut directory.organization else { return };
        let full = Arc::new(Policy::full_aws_access());
        for (target, policies) in &directory.policies.service_control {
            if !policies.contains(&full) {
                organization.policies.without_full_access.insert(target.clone());
            }
            for policy in policies.iter().filter(|policy| **policy != full) {
                let id = self.register(policy, ids, organization);
                organization.policies.attached.entry(target.clone()).or_default().push(id);
            }
        }
    }

    /// Adds a policy to those of the organization and returns its ID.
    fn register(&self, policy: &Arc<Policy>, ids: &IdSource, organization: &mut Organization) -> String {
        let digits = ids.uuid_of(&format!("policy/{}", policy.name)).replace('-', "");
        let id = format!("p-{}", digits.get(..8).unwrap_or(&digits));
        let json = self.0.get(&policy.name).and_then(Option::as_ref).map(|document| document.json.clone());
        organization.policies.created.entry(id.clone()).or_insert_with(|| OrganizationPolicy {
            name: policy.name.clone(),
            description: String::new(),
            kind: PolicyType::ServiceControl,
            content: json.unwrap_or_default(),
            parsed: Some(policy.clone()),
        });
        id
    }
}

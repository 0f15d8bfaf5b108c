//! Policies of AWS Organizations, and the roots, units and accounts that they are attached to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use serde::{Deserialize, Serialize};

use super::policy::Policy;

/// The ID of the policy that AWS attaches to every root, unit and account.
pub const FULL_AWS_ACCESS: &str = "p-FullAWSAccess";

/// Defines [`PolicyType`] with its names on the wire.
macro_rules! policy_types {
    ($($(#[$doc:meta])* $name:ident = $wire:literal, $path:literal,)*) => {
        /// A type of policies of an organization.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum PolicyType {
            $($(#[$doc])* $name,)*
        }

        impl PolicyType {
            /// All types.
            pub const ALL: &'static [PolicyType] = &[$(PolicyType::$name,)*];

            /// The name on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(PolicyType::$name => $wire,)*
                }
            }

            /// The part of a policy's ARN that names its type.
            pub fn arn_part(self) -> &'static str {
                match self {
                    $(PolicyType::$name => $path,)*
                }
            }
        }
    };
}

policy_types! {
    /// Limits what principals of member accounts may do.
    ServiceControl = "SERVICE_CONTROL_POLICY", "service_control_policy",
    /// Limits what may be done to resources of member accounts. Security Hub supports none.
    ResourceControl = "RESOURCE_CONTROL_POLICY", "resource_control_policy",
    /// Tags and their values.
    Tag = "TAG_POLICY", "tag_policy",
    /// Backup plans.
    Backup = "BACKUP_POLICY", "backup_policy",
    /// Use of content by AI services.
    AiServicesOptOut = "AISERVICES_OPT_OUT_POLICY", "aiservices_opt_out_policy",
    /// Access from chat applications.
    Chatbot = "CHATBOT_POLICY", "chatbot_policy",
    /// Settings of EC2.
    DeclarativeEc2 = "DECLARATIVE_POLICY_EC2", "declarative_policy_ec2",
    /// The Regions in which Security Hub V2 is enabled (HV2-22).
    SecurityHub = "SECURITYHUB_POLICY", "securityhub_policy",
}

impl PolicyType {
    /// Reads the name on the wire.
    pub fn parse(text: &str) -> Option<PolicyType> {
        PolicyType::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }
}

/// A policy that the management account created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationPolicy {
    /// Its name, unique among the policies of its type.
    pub name: String,
    /// Its description.
    pub description: String,
    /// Its type.
    pub kind: PolicyType,
    /// Its document, as written.
    pub content: String,
    /// Its document, ready to be evaluated, for a service control policy.
    pub parsed: Option<Arc<Policy>>,
}

/// The policies of an organization and their attachments.
#[derive(Clone, Debug, Default)]
pub struct OrganizationPolicies {
    /// The types that are enabled in the root.
    pub enabled: BTreeSet<PolicyType>,
    /// The policies that the management account created, by ID.
    pub created: BTreeMap<String, OrganizationPolicy>,
    /// The IDs of the created policies attached to each root, unit or account.
    pub attached: OrdMap<String, Vec<String>>,
    /// The roots, units and accounts from which FullAWSAccess is detached.
    pub without_full_access: OrdSet<String>,
}

impl OrganizationPolicies {
    /// The created policies of a type that are attached to a target, with their IDs, in the order of attachment.
    pub fn attached_to<'o>(
        &'o self,
        target: &str,
        kind: PolicyType,
    ) -> impl Iterator<Item = (&'o str, &'o OrganizationPolicy)> + use<'o> {
        let ids = self.attached.get(target).into_iter().flatten();
        ids.filter_map(move |id| self.created.get_key_value(id))
            .filter(move |(_, policy)| policy.kind == kind)
            .map(|(id, policy)| (id.as_str(), policy))
    }

    /// Returns whether FullAWSAccess is attached to a target.
    pub fn has_full_access(&self, target: &str) -> bool {
        self.enabled.contains(&PolicyType::ServiceControl) && !self.without_full_access.contains(target)
    }

    /// Forgets the attachments of a unit or an account that no longer exists.
    pub fn forget_target(&mut self, target: &str) {
        self.attached.remove(target);
        self.without_full_access.remove(target);
    }
}

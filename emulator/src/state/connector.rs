//! Connectors: to Jira and ServiceNow, which get tickets for findings, and to Azure and GCP.

use std::collections::BTreeMap;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use super::clock::Timestamp;

/// Defines an enumeration with its names on the wire.
macro_rules! wire_names {
    ($(#[$of:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $wire:literal,)* }) => {
        $(#[$of])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// All values.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The name on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $wire,)*
                }
            }

            /// Reads the name on the wire.
            pub fn parse(text: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }
    };
}

wire_names! {
    /// The state of the connection from a connector to its provider (CNV-09, CNC-02).
    ConnectorStatus {
        /// The connector reaches its provider.
        Connected = "CONNECTED",
        /// The connector reaches a part of its provider.
        Degraded = "DEGRADED",
        /// The connector does not reach its provider.
        FailedToConnect = "FAILED_TO_CONNECT",
        /// The owner has not authorized the connector yet.
        PendingAuthorization = "PENDING_AUTHORIZATION",
        /// The connector lacks a setting.
        PendingConfiguration = "PENDING_CONFIGURATION",
        /// The connector was not checked yet.
        Unknown = "UNKNOWN",
    }
}

wire_names! {
    /// The state of the setup of a connector to a cloud provider (CNV-09, CNC-02).
    Enablement {
        /// The connector is set up.
        Enabled = "ENABLED",
        /// The connector is being set up.
        PendingEnablement = "PENDING_ENABLEMENT",
        /// The connector is being changed.
        PendingUpdate = "PENDING_UPDATE",
        /// The connector is being deleted.
        PendingDeletion = "PENDING_DELETION",
    }
}

wire_names! {
    /// The kind of a connector's provider.
    ProviderKind {
        /// Jira Cloud.
        JiraCloud = "JIRA_CLOUD",
        /// ServiceNow.
        ServiceNow = "SERVICENOW",
        /// Microsoft Azure.
        Azure = "AZURE",
        /// Google Cloud.
        Gcp = "GCP",
    }
}

/// Connectors by ID.
pub type Connectors = OrdMap<String, Connector>;

/// A connector of either half of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connector {
    /// The last part of its ARN.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// The key that encrypts its credentials.
    pub kms_key_arn: Option<String>,
    /// The provider that the connector connects to.
    pub provider: Provider,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The time of its creation.
    pub created_at: Timestamp,
    /// The time of its last change.
    pub updated_at: Timestamp,
    /// The result of the last check.
    pub health: Health,
    /// The state of its setup; `None` for a connector to a ticketing system.
    pub enablement: Option<Enablement>,
    /// True if the V2 half created it for a connector of its own (CNC-03).
    pub is_service_linked: bool,
    /// The ID of the connector that was created with it.
    pub linked: Option<String>,
}

/// The provider of a connector, and its settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Jira Cloud.
    Jira(Jira),
    /// ServiceNow.
    ServiceNow(ServiceNow),
    /// Microsoft Azure.
    Azure(Cloud),
    /// Google Cloud.
    Gcp(Cloud),
}

impl Provider {
    /// The kind of the provider.
    pub fn kind(&self) -> ProviderKind {
        match self {
            Provider::Jira(_) => ProviderKind::JiraCloud,
            Provider::ServiceNow(_) => ProviderKind::ServiceNow,
            Provider::Azure(_) => ProviderKind::Azure,
            Provider::Gcp(_) => ProviderKind::Gcp,
        }
    }
}

/// A project of Jira Cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Jira {
    /// The key of the project, such as `SEC`.
    pub project_key: Option<String>,
    /// The state of the authorization in progress (CNV-06).
    pub auth_state: Option<String>,
    /// The site, once it is authorized.
    pub site: Option<JiraSite>,
    /// True if the last authorization succeeded.
    pub is_authorized: Option<bool>,
    /// True if the project is missing in Jira (TKV-03).
    pub lacks_project: bool,
    /// True if the project lacks the issue type for findings (TKV-03).
    pub lacks_issue_type: bool,
}

/// A site of Jira Cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JiraSite {
    /// Its ID.
    pub cloud_id: String,
    /// Its address.
    pub domain: String,
}

/// An instance of ServiceNow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceNow {
    /// Its name.
    pub instance_name: String,
    /// The secret with its credentials.
    pub secret_arn: String,
    /// True if the credentials are valid.
    pub is_authorized: bool,
}

/// A cloud provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cloud {
    /// The connector of AWS Config.
    pub config_connector_arn: String,
    /// The type of the connected scope: a tenant, subscriptions, a project, an organization.
    pub scope_type: String,
    /// The IDs of the connected subscriptions, projects or the like, if the caller listed them.
    pub scope_values: Option<Vec<String>>,
    /// The provider's regions.
    pub regions: Vec<String>,
}

/// The result of the last check of a connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// The result.
    pub status: ConnectorStatus,
    /// The time of the check.
    pub checked_at: Timestamp,
    /// Code and message of each problem.
    pub issues: Vec<(String, String)>,
}

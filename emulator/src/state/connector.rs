//! Connectors: to Jira and ServiceNow, which get tickets for findings, and to Azure and GCP.

use std::collections::BTreeMap;

use super::clock::Timestamp;

/// Defines an enumeration with its names on the wire.
macro_rules! wire_names {
    ($(#[$of:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $wire:literal,)* }) => {
        $(#[$of])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Whether a connector reaches its provider (CNV-09, CNC-02).
    ConnectorStatus {
        /// It does.
        Connected = "CONNECTED",
        /// It does in part.
        Degraded = "DEGRADED",
        /// It does not.
        FailedToConnect = "FAILED_TO_CONNECT",
        /// The owner has not authorized it yet.
        PendingAuthorization = "PENDING_AUTHORIZATION",
        /// It lacks a setting.
        PendingConfiguration = "PENDING_CONFIGURATION",
        /// It was not checked yet.
        Unknown = "UNKNOWN",
    }
}

wire_names! {
    /// How far a connector to a cloud provider is set up (CNV-09, CNC-02).
    Enablement {
        /// It is set up.
        Enabled = "ENABLED",
        /// It is being set up.
        PendingEnablement = "PENDING_ENABLEMENT",
        /// It is being changed.
        PendingUpdate = "PENDING_UPDATE",
        /// It is being deleted.
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

/// A connector of either half of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connector {
    /// The last part of its ARN.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// The key that encrypts its credentials.
    pub kms_key_arn: Option<String>,
    /// What it connects to.
    pub provider: Provider,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The time of its creation.
    pub created_at: Timestamp,
    /// The time of its last change.
    pub updated_at: Timestamp,
    /// The result of the last check.
    pub health: Health,
    /// How far it is set up; `None` for ticketing systems.
    pub enablement: Option<Enablement>,
    /// Whether the V2 half created it for a connector of its own (CNC-03).
    pub is_service_linked: bool,
    /// The ID of the connector that was created with it.
    pub linked: Option<String>,
}

/// The provider of a connector, and its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Its kind.
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jira {
    /// The key of the project, such as `SEC`.
    pub project_key: Option<String>,
    /// The state of the authorization in progress (CNV-06).
    pub auth_state: Option<String>,
    /// The site, once it is authorized.
    pub site: Option<JiraSite>,
    /// Whether the last authorization succeeded.
    pub is_authorized: Option<bool>,
    /// Whether the project is missing in Jira (TKV-03).
    pub lacks_project: bool,
    /// Whether the project lacks the issue type for findings (TKV-03).
    pub lacks_issue_type: bool,
}

/// A site of Jira Cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JiraSite {
    /// Its ID.
    pub cloud_id: String,
    /// Its address.
    pub domain: String,
}

/// An instance of ServiceNow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceNow {
    /// Its name.
    pub instance_name: String,
    /// The secret with its credentials.
    pub secret_arn: String,
    /// Whether the credentials are valid.
    pub is_authorized: bool,
}

/// A cloud provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// The connector of AWS Config.
    pub config_connector_arn: String,
    /// What is connected: a tenant, subscriptions, a project, an organization.
    pub scope_type: String,
    /// The IDs of what is connected, if they were given.
    pub scope_values: Option<Vec<String>>,
    /// The provider's regions.
    pub regions: Vec<String>,
}

/// The result of the last check of a connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The result.
    pub status: ConnectorStatus,
    /// The time of the check.
    pub checked_at: Timestamp,
    /// Code and message of each problem.
    pub issues: Vec<(String, String)>,
}

/// A ticket that was created for a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Its ID in the ticketing system.
    pub id: String,
    /// Its address there.
    pub url: String,
    /// Its title.
    pub title: String,
    /// The ID of the connector.
    pub connector_id: String,
    /// `metadata.uid` of the finding; `None` for a test.
    pub finding: Option<String>,
    /// The time of its creation.
    pub created_at: Timestamp,
}

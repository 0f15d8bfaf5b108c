//! Wire structs that connectors of both halves share.

use serde::{Deserialize, Serialize};

use crate::domain::accounts::connectors::ProviderChange;
use crate::state::{Cloud, Health, HubKey, Jira, Provider, ServiceNow, timestamp_text};

/// The provider of a new connector; exactly one member is set.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProviderInput {
    jira_cloud: Option<JiraInput>,
    service_now: Option<ServiceNowInput>,
    azure: Option<AzureWire>,
    #[serde(rename = "GCP")]
    gcp: Option<GcpWire>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct JiraInput {
    project_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ServiceNowInput {
    instance_name: Option<String>,
    secret_arn: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Scope {
    scope_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope_values: Option<Vec<String>>,
}

/// An Azure tenant or its subscriptions.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AzureWire {
    /// Absent in an update.
    #[serde(rename = "AWSConfigConnectorArn", default)]
    config_connector_arn: String,
    scope_configuration: Scope,
    azure_regions: Vec<String>,
}

/// A GCP project or organization.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GcpWire {
    /// Absent in an update.
    #[serde(rename = "AWSConfigConnectorArn", default)]
    config_connector_arn: String,
    scope_configuration: Scope,
    #[serde(rename = "GCPRegions")]
    gcp_regions: Vec<String>,
}

impl AzureWire {
    fn read(self) -> Cloud {
        cloud(self.config_connector_arn, self.scope_configuration, self.azure_regions)
    }
}

impl GcpWire {
    fn read(self) -> Cloud {
        cloud(self.config_connector_arn, self.scope_configuration, self.gcp_regions)
    }
}

fn cloud(config_connector_arn: String, scope: Scope, regions: Vec<String>) -> Cloud {
    Cloud { config_connector_arn, scope_type: scope.scope_type, scope_values: scope.scope_values, regions }
}

impl ProviderInput {
    /// The provider of a new connector. The shape of the input ensures that one is set.
    pub fn read(self) -> Option<Provider> {
        let ProviderInput { jira_cloud, service_now, azure, gcp } = self;
        let jira = jira_cloud.map(|it| Provider::Jira(Jira { project_key: it.project_key, ..Jira::default() }));
        let service_now = service_now.and_then(|it| {
            let (instance_name, secret_arn) = (it.instance_name?, it.secret_arn?);
            Some(Provider::ServiceNow(ServiceNow { instance_name, secret_arn, is_authorized: true }))
        });
        let azure = azure.map(|it| Provider::Azure(it.read()));
        jira.or(service_now).or(azure).or_else(|| gcp.map(|it| Provider::Gcp(it.read())))
    }

    /// The new settings of a connector.
    pub fn read_change(self) -> Option<ProviderChange> {
        let ProviderInput { jira_cloud, service_now, azure, gcp } = self;
        let jira = jira_cloud.map(|it| ProviderChange::Jira(it.project_key));
        let service_now = service_now.map(|it| ProviderChange::ServiceNow(it.secret_arn));
        let azure = azure.map(|it| ProviderChange::Azure(it.read()));
        jira.or(service_now).or(azure).or_else(|| gcp.map(|it| ProviderChange::Gcp(it.read())))
    }
}

/// The health of a connector.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HealthOutput {
    connector_status: &'static str,
    last_checked_at: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    issues: Vec<IssueOutput>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct IssueOutput {
    code: String,
    message: String,
}

impl HealthOutput {
    /// The health as responses show it.
    pub fn new(health: &Health) -> HealthOutput {
        let issue = |(code, message): &(String, String)| IssueOutput { code: code.clone(), message: message.clone() };
        HealthOutput {
            connector_status: health.status.as_str(),
            last_checked_at: timestamp_text(health.checked_at),
            issues: health.issues.iter().map(issue).collect(),
        }
    }
}

/// The provider of a connector in responses; exactly one member is set.
#[derive(Serialize)]
pub enum ProviderOutput {
    /// Jira Cloud.
    JiraCloud(JiraOutput),
    /// ServiceNow.
    ServiceNow(ServiceNowOutput),
    /// Azure.
    Azure(AzureWire),
    /// GCP.
    #[serde(rename = "GCP")]
    Gcp(GcpWire),
}

/// A project of Jira.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct JiraOutput {
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_status: Option<&'static str>,
}

/// An instance of ServiceNow.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceNowOutput {
    instance_name: String,
    secret_arn: String,
    auth_status: &'static str,
}

fn auth_status(is_authorized: bool) -> &'static str {
    if is_authorized { "ACTIVE" } else { "FAILED" }
}

impl ProviderOutput {
    /// The provider as responses show it. The authorization URL of Jira contains the address of the Region's console.
    pub fn new(provider: &Provider, key: &HubKey) -> ProviderOutput {
        let scope =
            |cloud: &Cloud| Scope { scope_type: cloud.scope_type.clone(), scope_values: cloud.scope_values.clone() };
        match provider {
            Provider::Jira(jira) => ProviderOutput::JiraCloud(JiraOutput {
                cloud_id: jira.site.as_ref().map(|site| site.cloud_id.clone()),
                project_key: jira.project_key.clone(),
                domain: jira.site.as_ref().map(|site| site.domain.clone()),
                auth_url: auth_url(jira, key),
                auth_status: jira.is_authorized.map(auth_status),
            }),
            Provider::ServiceNow(service_now) => ProviderOutput::ServiceNow(ServiceNowOutput {
                instance_name: service_now.instance_name.clone(),
                secret_arn: service_now.secret_arn.clone(),
                auth_status: auth_status(service_now.is_authorized),
            }),
            Provider::Azure(cloud) => ProviderOutput::Azure(AzureWire {
                config_connector_arn: cloud.config_connector_arn.clone(),
                scope_configuration: scope(cloud),
                azure_regions: cloud.regions.clone(),
            }),
            Provider::Gcp(cloud) => ProviderOutput::Gcp(GcpWire {
                config_connector_arn: cloud.config_connector_arn.clone(),
                scope_configuration: scope(cloud),
                gcp_regions: cloud.regions.clone(),
            }),
        }
    }
}

/// The URL at which the owner authorizes a connector to Jira; `None` unless an authorization is pending (CNV-06).
pub fn auth_url(jira: &Jira, key: &HubKey) -> Option<String> {
    let state = jira.auth_state.as_ref()?;
    let console = key.region.console();
    Some(format!(
        "https://auth.atlassian.com/authorize?audience=api.atlassian.com&client_id=securityhub-local\
         &scope=read%3Ajira-work%20write%3Ajira-work%20offline_access\
         &redirect_uri=https%3A%2F%2F{console}%2Fsecurityhub%2Fv2%2Fhome\
         &state={state}&response_type=code&prompt=consent"
    ))
}

//! `connectors` and `connectors_v2`: connectors of both halves, and the results of their last checks.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use securityhub_fixtures::Operation;
use serde::Deserialize;

use super::api_input::{self, ApiInput};
use super::hubs;
use super::refused::{Refused, apply_each};
use super::regions::{self, RegionText};
use crate::aws_error::AwsError;
use crate::domain::accounts::connectors::{self, Create, Half, ISSUE_CODES, Observation};
use crate::domain::accounts::hub_v2;
use crate::domain::caller::Caller;
use crate::domain::hub_access;
use crate::scenario::check::{AccountText, Check, not_null};
use crate::scenario::files::Span;
use crate::scenario::lost::{ITEM, Lost};
use crate::scenario::spanned::{Entries, Spanned};
use crate::state::{Cloud, ConnectorStatus, HubKey, Jira, Provider, Region, ServiceNow, Timestamp, Transaction, World};
use crate::suggest;

/// A connector of the classic half to Azure or GCP.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Connector")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Account of the connector, whose hub is enabled.
    #[schemars(with = "AccountText")]
    account: Option<AccountText>,
    /// Region of the connector.
    #[schemars(with = "RegionText")]
    region: Option<RegionText>,
    /// Name, which is unique in the account and Region.
    #[schemars(with = "String")]
    name: Option<Spanned<String>>,
    /// Description.
    #[schemars(transform = not_null)]
    description: Option<Spanned<String>>,
    /// Connection to Microsoft Azure.
    #[schemars(transform = not_null)]
    azure: Option<Spanned<CloudText>>,
    /// Connection to Google Cloud.
    #[schemars(transform = not_null)]
    gcp: Option<Spanned<CloudText>>,
    /// Tags.
    #[serde(default)]
    tags: Entries<String>,
    /// Result of the last check: CONNECTED, DEGRADED, FAILED_TO_CONNECT or UNKNOWN. Default: CONNECTED.
    #[schemars(transform = not_null)]
    status: Option<Spanned<StatusText>>,
    /// Problems that the last check has found.
    #[serde(default)]
    issues: Vec<Issue>,
}

/// A connector of the V2 half to Jira, ServiceNow, Azure or GCP.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ConnectorV2")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct DeclaredV2 {
    /// Account of the connector, whose V2 hub is enabled.
    #[schemars(with = "AccountText")]
    account: Option<AccountText>,
    /// Region of the connector. A connector to Jira or ServiceNow belongs to the home Region of the account's aggregator
    /// V2.
    #[schemars(with = "RegionText")]
    region: Option<RegionText>,
    /// Name, which is unique in the account and Region. Automation rules refer to it.
    #[schemars(with = "String")]
    name: Option<Spanned<String>>,
    /// Description.
    #[schemars(transform = not_null)]
    description: Option<Spanned<String>>,
    /// ARN of the KMS key that encrypts credentials.
    #[schemars(transform = not_null)]
    kms_key_arn: Option<Spanned<String>>,
    /// Connection to Jira Cloud.
    #[schemars(transform = not_null)]
    jira: Option<Spanned<JiraText>>,
    /// Connection to ServiceNow.
    #[schemars(transform = not_null)]
    service_now: Option<Spanned<ServiceNowText>>,
    /// Connection to Microsoft Azure, which also requires the account's classic hub in the Region.
    #[schemars(transform = not_null)]
    azure: Option<Spanned<CloudText>>,
    /// Connection to Google Cloud.
    #[schemars(transform = not_null)]
    gcp: Option<Spanned<CloudText>>,
    /// Tags.
    #[serde(default)]
    tags: Entries<String>,
    /// Result of the last check. Default: PENDING_AUTHORIZATION for Jira, CONNECTED for other providers.
    #[schemars(transform = not_null)]
    status: Option<Spanned<StatusText>>,
    /// Problems that the last check has found.
    #[serde(default)]
    issues: Vec<Issue>,
}

/// A project of Jira Cloud.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "JiraConnection")]
#[serde(deny_unknown_fields)]
struct JiraText {
    /// Key of the project, such as SEC.
    #[schemars(transform = not_null)]
    project_key: Option<Spanned<String>>,
    /// If true, the project exists in Jira. If not, tickets are refused. Default: true.
    project_exists: Option<bool>,
    /// If true, the project has the issue type for findings. If not, tickets are refused. Default: true.
    issue_type_exists: Option<bool>,
}

/// An instance of ServiceNow.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ServiceNowConnection")]
#[serde(deny_unknown_fields)]
struct ServiceNowText {
    /// Name of the instance.
    #[schemars(with = "String")]
    instance_name: Option<Spanned<String>>,
    /// ARN of the secret with the credentials.
    #[schemars(with = "String")]
    secret_arn: Option<Spanned<String>>,
}

/// A tenant or subscriptions of Azure, or an organization or projects of GCP.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "CloudConnection")]
#[serde(deny_unknown_fields)]
struct CloudText {
    /// ARN of the connector of AWS Config.
    #[schemars(with = "String")]
    config_connector_arn: Option<Spanned<String>>,
    /// Type of the scope: TENANT or SUBSCRIPTION for Azure, PROJECT or ORGANIZATION for GCP.
    #[schemars(with = "String")]
    scope_type: Option<Spanned<String>>,
    /// IDs of the subscriptions or projects. Required for the scope types SUBSCRIPTION and PROJECT.
    scope_values: Option<Vec<Spanned<String>>>,
    /// Regions of the provider, such as westeurope.
    #[schemars(with = "Vec<String>", extend("minItems" = 1))]
    regions: Option<Vec<Spanned<String>>>,
}

/// A problem of a connector.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ConnectorIssue")]
#[serde(deny_unknown_fields)]
struct Issue {
    /// Code, such as AUTHENTICATION_FAILURE or DISCOVERY_FAILURE.
    #[schemars(with = "String")]
    code: Option<Spanned<String>>,
    /// Description of the problem.
    #[schemars(with = "String")]
    message: Option<String>,
}

/// Result of the last check of a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(rename = "ConnectorStatus")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum StatusText {
    /// The connector reaches its provider.
    Connected,
    /// The connector reaches a part of its provider.
    Degraded,
    /// The connector does not reach its provider.
    FailedToConnect,
    /// The owner has not authorized the connector yet (Jira only).
    PendingAuthorization,
    /// The connector lacks a setting (Jira only).
    PendingConfiguration,
    /// The connector was not checked yet.
    Unknown,
}

impl From<StatusText> for ConnectorStatus {
    fn from(written: StatusText) -> ConnectorStatus {
        match written {
            StatusText::Connected => ConnectorStatus::Connected,
            StatusText::Degraded => ConnectorStatus::Degraded,
            StatusText::FailedToConnect => ConnectorStatus::FailedToConnect,
            StatusText::PendingAuthorization => ConnectorStatus::PendingAuthorization,
            StatusText::PendingConfiguration => ConnectorStatus::PendingConfiguration,
            StatusText::Unknown => ConnectorStatus::Unknown,
        }
    }
}

impl From<Declared> for DeclaredV2 {
    fn from(written: Declared) -> DeclaredV2 {
        let Declared { account, region, name, description, azure, gcp, tags, status, issues } = written;
        DeclaredV2 {
            account,
            region,
            name,
            description,
            kms_key_arn: None,
            jira: None,
            service_now: None,
            azure,
            gcp,
            tags,
            status,
            issues,
        }
    }
}

/// A valid connector.
#[derive(Clone, Debug)]
pub(in crate::scenario) struct Connector {
    /// The position of its name.
    span: Span,
    half: Half,
    key: HubKey,
    pub(super) name: String,
    description: Option<String>,
    kms_key_arn: Option<String>,
    provider: Provider,
    tags: BTreeMap<String, String>,
    status: Option<(ConnectorStatus, Span)>,
    issues: Vec<(String, String)>,
    has_project: Option<bool>,
    has_issue_type: Option<bool>,
}

impl Connector {
    /// Returns whether it belongs to a V2 hub.
    pub(super) fn is_of_v2_hub(&self, key: &HubKey) -> bool {
        self.half == Half::V2 && self.key == *key
    }
}

/// Connectors of both halves, in order of creation.
pub(in crate::scenario) type Valid = Vec<Connector>;

/// Checks the entries of both halves.
pub(super) fn check(
    classic: Vec<Spanned<Declared>>,
    of_v2: Vec<Spanned<DeclaredV2>>,
    regions: &[Region],
    check: &mut Check,
) -> Valid {
    let mut connectors = Valid::new();
    let classic = classic.into_iter().map(|Spanned { value, span }| (Half::Cspm, value.into(), span));
    let of_v2 = of_v2.into_iter().map(|Spanned { value, span }| (Half::V2, value, span));
    for (half, entry, span) in classic.chain(of_v2) {
        match connector(half, entry, span, regions, check) {
            Some(connector) => connectors.push(connector),
            None => check.lose(&[section(half), ITEM]),
        }
    }
    connectors
}

/// The key of the entries of a half.
fn section(half: Half) -> &'static str {
    match half {
        Half::Cspm => "connectors",
        Half::V2 => "connectors_v2",
    }
}

fn connector(half: Half, entry: DeclaredV2, item: Span, regions: &[Region], check: &mut Check) -> Option<Connector> {
    let account = entry.account.as_ref().and_then(|account| check.account(&account.0));
    let region = entry.region.as_ref().and_then(|region| regions::check_one(region, regions, check));
    let tags = hubs::tags(entry.tags.clone(), check);
    let issues = issues(&entry.issues, check);
    let provider = provider(half, &entry, item, check)?;
    let wire = ApiInput::new(item)
        .with_text("Name", entry.name.as_ref())
        .with_text("Description", entry.description.as_ref())
        .with_text("KmsKeyArn", entry.kms_key_arn.as_ref())
        .with("Provider", Some(provider.wire.node()));
    let operation = match half {
        Half::Cspm => Operation::CreateConnector,
        Half::V2 => Operation::CreateConnectorV2,
    };
    let name = entry.name?;
    wire.input(operation, check)?;
    let jira = entry.jira.map(|jira| jira.value).unwrap_or_default();
    Some(Connector {
        span: name.span,
        half,
        key: HubKey { account: account?, region: region? },
        name: name.value,
        description: entry.description.map(|text| text.value),
        kms_key_arn: entry.kms_key_arn.map(|text| text.value),
        provider: provider.settings?,
        tags,
        status: entry.status.map(|status| (status.value.into(), status.span)),
        issues,
        has_project: jira.project_exists,
        has_issue_type: jira.issue_type_exists,
    })
}

/// The code and message of each problem. Unknown codes are reported.
fn issues(written: &[Issue], check: &mut Check) -> Vec<(String, String)> {
    let mut issues = Vec::new();
    for Issue { code, message } in written {
        let (Some(code), Some(message)) = (code, message) else { continue };
        if !ISSUE_CODES.contains(&code.value.as_str()) {
            let diagnostic = check.at(code.span, format!("unknown issue code `{}`", code.value));
            let diagnostic = diagnostic.expected(suggest::choices(ISSUE_CODES));
            check.push(diagnostic.suggest(suggest::nearest(&code.value, ISSUE_CODES)));
        }
        issues.push((code.value.clone(), message.clone()));
    }
    issues
}

/// A provider, with the member of the API's `Provider` for it.
struct Written {
    wire: ApiInput,
    /// `None` if a required key is missing.
    settings: Option<Provider>,
}

/// The provider of an entry, which must have exactly one.
fn provider(half: Half, entry: &DeclaredV2, item: Span, check: &mut Check) -> Option<Written> {
    let jira = entry.jira.as_ref().map(|jira| {
        let wire = ApiInput::new(jira.span).with_text("ProjectKey", jira.project_key.as_ref());
        let project_key = jira.project_key.as_ref().map(|key| key.value.clone());
        ("JiraCloud", wire, Some(Provider::Jira(Jira { project_key, ..Jira::default() })))
    });
    let service_now = entry.service_now.as_ref().map(|written| {
        let wire = ApiInput::new(written.span)
            .with_text("InstanceName", written.instance_name.as_ref())
            .with_text("SecretArn", written.secret_arn.as_ref());
        ("ServiceNow", wire, service_now(written))
    });
    let azure = entry
        .azure
        .as_ref()
        .map(|cloud| ("Azure", cloud_wire(cloud, "AzureRegions"), settings(cloud).map(Provider::Azure)));
    let gcp =
        entry.gcp.as_ref().map(|cloud| ("GCP", cloud_wire(cloud, "GCPRegions"), settings(cloud).map(Provider::Gcp)));
    let mut given: Vec<_> = [jira, service_now, azure, gcp].into_iter().flatten().collect();
    if given.len() != 1 {
        let choices = match half {
            Half::Cspm => "`azure` or `gcp`",
            Half::V2 => "`jira`, `service_now`, `azure` or `gcp`",
        };
        let has = if given.is_empty() { "no provider" } else { "more than one provider" };
        let diagnostic =
            check.at(entry.name.as_ref().map_or(item, |name| name.span), format!("this connector has {has}"));
        check.push(diagnostic.expected(format!("one of {choices}")));
        return None;
    }
    let (member, wire, settings) = given.pop()?;
    Some(Written { wire: ApiInput::new(item).with(member, Some(wire.node())), settings })
}

fn service_now(written: &ServiceNowText) -> Option<Provider> {
    let instance_name = written.instance_name.as_ref()?.value.clone();
    let secret_arn = written.secret_arn.as_ref()?.value.clone();
    Some(Provider::ServiceNow(ServiceNow { instance_name, secret_arn, is_authorized: true }))
}

fn cloud_wire(cloud: &Spanned<CloudText>, regions: &str) -> ApiInput {
    let values = cloud.scope_values.as_ref().map(|values| api_input::texts(values, cloud.span));
    let scope = ApiInput::new(cloud.span).with_text("ScopeType", cloud.scope_type.as_ref()).with("ScopeValues", values);
    ApiInput::new(cloud.span)
        .with_text("AWSConfigConnectorArn", cloud.config_connector_arn.as_ref())
        .with("ScopeConfiguration", Some(scope.node()))
        .with(regions, cloud.regions.as_ref().map(|regions| api_input::texts(regions, cloud.span)))
}

fn settings(cloud: &CloudText) -> Option<Cloud> {
    let values = |texts: &[Spanned<String>]| texts.iter().map(|text| text.value.clone()).collect();
    Some(Cloud {
        config_connector_arn: cloud.config_connector_arn.as_ref()?.value.clone(),
        scope_type: cloud.scope_type.as_ref()?.value.clone(),
        scope_values: cloud.scope_values.as_deref().map(values),
        regions: values(cloud.regions.as_deref()?),
    })
}

/// Returns whether hubs or aggregators that connectors and rules require may be missing, because some part of the
/// scenario could not be read.
pub(super) fn are_hubs_unsure(lost: &Lost) -> bool {
    let sections = ["hubs", "hubs_v2", "aggregators_v2", "organization", "accounts", "regions", "connectors_v2"];
    sections.iter().any(|section| lost.contains(&[section]))
}

/// Creates the connectors, finishes their setup and stores the results of their checks.
pub(super) fn apply(valid: &Valid, world: &World, now: Timestamp) -> Vec<Refused> {
    apply_each(valid, world, |transaction, connector| create(transaction, world, connector, now))
}

fn create(
    transaction: &mut Transaction<'_>,
    world: &World,
    written: &Connector,
    now: Timestamp,
) -> Result<(), Refused> {
    let Connector { span, half, key, .. } = written;
    let (is_enabled, name) = match half {
        Half::Cspm => (hub_access::enabled(transaction, key).is_ok(), "Security Hub"),
        Half::V2 => (hub_v2::enabled(transaction, key).is_ok(), "Security Hub V2"),
    };
    if !is_enabled {
        return Err((*span, format!("{name} is not enabled for {} in {}", key.account, key.region)));
    }
    let caller = Caller::local_user(key.account, key.region.clone(), now);
    let create = Create {
        name: written.name.clone(),
        description: written.description.clone(),
        kms_key_arn: written.kms_key_arn.clone(),
        provider: written.provider.clone(),
        tags: written.tags.clone(),
    };
    let created = connectors::create(transaction, world, &caller, *half, create)
        .map_err(|error: AwsError| (*span, error.message.into_owned()))?;
    for id in created.linked.iter().chain([&created.id]) {
        connectors::settle(transaction, key, id, created.updated_at, now);
    }
    let Some(connector) = connectors::all(transaction, *half, key).remove(&created.id) else { return Ok(()) };
    let observation = Observation {
        status: written.status.map(|(status, _)| status),
        issues: Some(written.issues.clone()),
        has_project: written.has_project,
        has_issue_type: written.has_issue_type,
    };
    let place = (*half, key);
    connectors::record(transaction, &world.ids, place, connector, observation, now)
        .map(|_| ())
        .map_err(|error| (written.status.map_or(*span, |(_, span)| span), error.to_string()))
}

//! Connectors of both halves of the API: creating, finding, changing and deleting them (CNV, CNC).
//!
//! Connectors of the V2 half belong to a V2 hub, those of the classic half to a hub. For a connector of the V2 half to
//! Azure, the service also creates one of the classic half, and deletes it with the first (CNV-04).

use std::collections::BTreeMap;
use std::fmt;

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;
use crate::domain::{arn, hub_access, hub_v2_access, schedule};
use crate::state::{
    Cloud, Connector, ConnectorStatus, Connectors, Due, Enablement, Health, HubKey, IdSource, Jira, JiraSite, Provider,
    ProviderKind, Relations, Timestamp, Transaction, World,
};

/// The free trial that begins with the first connector to Azure (FTR-05).
pub const AZURE_TRIAL: &str = "SECURITY_HUB_V2_MULTI_CLOUD_AZURE";

/// The principal that creates service-linked connectors (CNC-03, `inferred`).
pub const SERVICE_PRINCIPAL: &str = "securityhub.amazonaws.com";

/// The codes of problems that the service model lists (CNV-09).
pub const ISSUE_CODES: [&str; 7] = [
    "AUTHENTICATION_FAILURE",
    "STREAM_AUTHORIZATION_FAILURE",
    "DISCOVERY_FAILURE",
    "STREAM_LIMIT_EXCEEDED",
    "STREAM_DISCONNECTED",
    "RECORDING_FAILURE",
    "NO_HEALTH_DATA",
];

/// The authorization code with which a test makes an authorization fail (CNV-07).
const FAILING_CODE: &str = "fail";

/// The half of the API that a connector belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The classic half, for cloud security posture management.
    Cspm,
    /// The V2 half.
    V2,
}

impl Half {
    /// The part of an ARN that names the kind of the resource.
    pub fn resource(self) -> &'static str {
        match self {
            Half::Cspm => "connector",
            Half::V2 => "connectorv2",
        }
    }
}

/// Reason why a connector cannot be created, found or changed. The messages are `inferred`.
#[derive(Debug, PartialEq, Eq)]
pub enum ConnectorError {
    /// Another connector has the name (CNV-01, CNC-04).
    NameTaken(String),
    /// The account has as many connectors in the Region as the quota of the scenario allows (CNV-13).
    TooMany(usize),
    /// The type of the scope requires values (CNV-02).
    MissingScope(String),
    /// Connectors of ticketing systems require an aggregator (CNV-03).
    NoAggregator,
    /// A connector to Azure requires the hub of the classic half (CNV-04).
    NoHub(String),
    /// No connector has this ID (CNV-08).
    Missing(String),
    /// The connector has another kind of provider (CNV-10).
    OtherProvider,
    /// A service-linked connector belongs to its service (CNC-03).
    ServiceLinked(String),
    /// The connector is being deleted.
    InDeletion(String),
    /// No authorization has this state, or the state was already used (CNV-07).
    UnknownState,
}

impl From<ConnectorError> for AwsError {
    fn from(error: ConnectorError) -> AwsError {
        match error {
            ConnectorError::NameTaken(name) => AwsError::conflict(format!("A connector named {name} already exists")),
            ConnectorError::TooMany(most) => AwsError::new(
                ErrorCode::ServiceQuotaExceededException,
                format!("At most {most} connectors are supported"),
            ),
            ConnectorError::MissingScope(kind) => {
                AwsError::validation(format!("ScopeValues must not be empty for the ScopeType {kind}"))
            }
            ConnectorError::NoAggregator => {
                AwsError::conflict("Create an aggregator before you create a connector to a ticketing system")
            }
            ConnectorError::NoHub(account) => {
                AwsError::conflict(format!("Security Hub CSPM is not enabled for {account}"))
            }
            ConnectorError::Missing(id) => AwsError::not_found(format!("Connector {id} was not found")),
            ConnectorError::OtherProvider => AwsError::validation("The provider of a connector cannot be changed"),
            ConnectorError::ServiceLinked(id) => {
                AwsError::conflict(format!("Connector {id} is service-linked and can only be changed by its service"))
            }
            ConnectorError::InDeletion(id) => AwsError::conflict(format!("Connector {id} is being deleted")),
            ConnectorError::UnknownState => AwsError::not_found("No authorization with this AuthState is in progress"),
        }
    }
}

/// The ARN of a connector.
pub fn connector_arn(half: Half, key: &HubKey, id: &str) -> String {
    arn::of_account(&key.region, key.account, &format!("{}/{id}", half.resource()))
}

/// The input of an operation that creates a connector.
#[derive(Debug)]
pub struct Create {
    /// The name.
    pub name: String,
    /// The description.
    pub description: Option<String>,
    /// The key that encrypts credentials.
    pub kms_key_arn: Option<String>,
    /// The provider.
    pub provider: Provider,
    /// The tags.
    pub tags: BTreeMap<String, String>,
}

/// The connectors of an account in a Region; empty while its hub is disabled.
pub fn all(transaction: &Transaction<'_>, half: Half, key: &HubKey) -> Connectors {
    let all = match half {
        Half::Cspm => {
            let hub = transaction.hub(key).filter(|hub| hub.subscribed_at().is_some());
            hub.map(|hub| hub.connectors.clone())
        }
        Half::V2 => {
            let hub = transaction.hub_v2(key).filter(|hub| hub.subscribed_at().is_some());
            hub.map(|hub| hub.connectors.clone())
        }
    };
    all.unwrap_or_default()
}

/// Changes the connectors of an account in a Region. Has no effect if the account has no hub there.
fn edit(transaction: &mut Transaction<'_>, half: Half, key: &HubKey, edit: impl FnOnce(&mut Connectors)) {
    match half {
        Half::Cspm => {
            if let Some(mut hub) = transaction.hub(key).map(|hub| (*hub).clone()) {
                edit(&mut hub.connectors);
                transaction.stage_hub(key.clone(), hub);
            }
        }
        Half::V2 => {
            if let Some(mut hub) = transaction.hub_v2(key).map(|hub| (*hub).clone()) {
                edit(&mut hub.connectors);
                transaction.stage_hub_v2(key.clone(), hub);
            }
        }
    }
}

/// Stores a connector.
pub fn store(transaction: &mut Transaction<'_>, half: Half, key: &HubKey, connector: Connector) {
    edit(transaction, half, key, |all| _ = all.insert(connector.id.clone(), connector));
}

/// Creates a connector (CNV-01 … CNV-05, CNV-13, CNC-01, CNC-02, CNC-04).
///
/// # Errors
/// [`ConnectorError`], or 409 outside of the home Region of the aggregator.
pub fn create(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    half: Half,
    create: Create,
) -> Result<Connector, AwsError> {
    let key = caller.hub_key();
    if let Provider::Azure(cloud) | Provider::Gcp(cloud) = &create.provider {
        check_scope(cloud)?;
    }
    may_be_created(transaction, world, caller, &create.provider)?;
    let existing = all(transaction, half, &key);
    let own = || existing.values().filter(|connector| !connector.is_service_linked);
    if own().any(|connector| connector.name == create.name) {
        return Err(ConnectorError::NameTaken(create.name).into());
    }
    if let Some(most) = transaction.directory().quotas.connectors.filter(|most| own().count() >= *most) {
        return Err(ConnectorError::TooMany(most).into());
    }
    if half == Half::V2
        && matches!(create.provider, Provider::Azure(_))
        && hub_access::enabled(transaction, &key).is_err()
    {
        return Err(ConnectorError::NoHub(key.account.to_string()).into());
    }
    let mut connector = new(&world.ids, create, caller.now);
    if half == Half::V2 && matches!(connector.provider, Provider::Azure(_)) {
        let linked = Connector {
            id: world.ids.uuid(),
            is_service_linked: true,
            tags: BTreeMap::new(),
            kms_key_arn: None,
            ..connector.clone()
        };
        connector.linked = Some(linked.id.clone());
        begin(transaction, &key, &linked, caller.now);
        store(transaction, Half::Cspm, &key, linked);
    }
    begin(transaction, &key, &connector, caller.now);
    store(transaction, half, &key, connector.clone());
    Ok(connector)
}

/// A new connector with its initial status (CNV-05).
fn new(ids: &IdSource, create: Create, now: Timestamp) -> Connector {
    let Create { name, description, kms_key_arn, mut provider, tags } = create;
    let (status, enablement) = match &mut provider {
        Provider::Jira(jira) => {
            jira.auth_state = Some(ids.hexadecimal());
            (ConnectorStatus::PendingAuthorization, None)
        }
        Provider::ServiceNow(_) => (ConnectorStatus::Connected, None),
        Provider::Azure(_) | Provider::Gcp(_) => (ConnectorStatus::Unknown, Some(Enablement::PendingEnablement)),
    };
    Connector {
        id: ids.uuid(),
        name,
        description,
        kms_key_arn,
        provider,
        tags,
        created_at: now,
        updated_at: now,
        health: Health { status, checked_at: now, issues: Vec::new() },
        enablement,
        is_service_linked: false,
        linked: None,
    }
}

/// Checks that a scope of single subscriptions or projects lists them (CNV-02).
fn check_scope(cloud: &Cloud) -> Result<(), ConnectorError> {
    let needs_values = ["SUBSCRIPTION", "PROJECT"].contains(&cloud.scope_type.as_str());
    let has_values = cloud.scope_values.as_ref().is_some_and(|values| !values.is_empty());
    if needs_values && !has_values { Err(ConnectorError::MissingScope(cloud.scope_type.clone())) } else { Ok(()) }
}

/// Checks that a connector to a ticketing system is created in the home Region of the account's aggregator (CNV-03).
fn may_be_created(
    transaction: &Transaction<'_>,
    world: &World,
    caller: &Caller,
    provider: &Provider,
) -> Result<(), AwsError> {
    if !matches!(provider, Provider::Jira(_) | Provider::ServiceNow(_)) {
        return Ok(());
    }
    match transaction.directory().aggregators_v2.get(&caller.account()) {
        Some(aggregator) if aggregator.home != caller.region => {
            Err(hub_v2_access::not_home(&caller.region, &aggregator.home))
        }
        None if world.v2_settings.connectors_need_aggregator => Err(ConnectorError::NoAggregator.into()),
        Some(_) | None => Ok(()),
    }
}

/// Finds a connector by its ID or ARN (CNV-08).
///
/// # Errors
/// [`ConnectorError::Missing`].
pub fn find<'c>(all: &'c Connectors, half: Half, key: &HubKey, name: &str) -> Result<&'c Connector, ConnectorError> {
    let prefix = connector_arn(half, key, "");
    let id = name.strip_prefix(&prefix).unwrap_or(name);
    all.get(id).ok_or_else(|| ConnectorError::Missing(name.to_owned()))
}

/// The input of an operation that changes a connector.
#[derive(Debug, Default)]
pub struct Change {
    /// The new description.
    pub description: Option<String>,
    /// The new settings of the provider.
    pub provider: Option<ProviderChange>,
}

/// New settings of a provider. The kind of the provider cannot change (CNV-10).
#[derive(Debug)]
pub enum ProviderChange {
    /// The key of the project.
    Jira(Option<String>),
    /// The secret with the credentials.
    ServiceNow(Option<String>),
    /// The scope and the regions of Azure. The connector of AWS Config cannot change.
    Azure(Cloud),
    /// The scope and the regions of GCP.
    Gcp(Cloud),
}

/// Changes a connector (CNV-10, CNC-04).
///
/// # Errors
/// [`ConnectorError`].
pub fn update(
    transaction: &mut Transaction<'_>,
    caller: &Caller,
    half: Half,
    name: &str,
    change: Change,
) -> Result<Connector, ConnectorError> {
    let (key, now) = (caller.hub_key(), caller.now);
    let mut connector = own(transaction, half, &key, name)?;
    if connector.enablement == Some(Enablement::PendingDeletion) {
        return Err(ConnectorError::InDeletion(connector.id));
    }
    if let Some(change) = change.provider {
        change_provider(&mut connector, change)?;
        if connector.enablement.is_some() {
            connector.enablement = Some(Enablement::PendingUpdate);
        }
    }
    connector.description = change.description.or(connector.description);
    connector.updated_at = now;
    begin(transaction, &key, &connector, now);
    store(transaction, half, &key, connector.clone());
    Ok(connector)
}

fn change_provider(connector: &mut Connector, change: ProviderChange) -> Result<(), ConnectorError> {
    match (&mut connector.provider, change) {
        (Provider::Jira(jira), ProviderChange::Jira(project_key)) => {
            jira.project_key = project_key.or(jira.project_key.take());
            if connector.health.status == ConnectorStatus::PendingConfiguration && jira.project_key.is_some() {
                connector.health.status = ConnectorStatus::Connected;
            }
        }
        (Provider::ServiceNow(service_now), ProviderChange::ServiceNow(secret_arn)) => {
            if let Some(secret_arn) = secret_arn {
                service_now.secret_arn = secret_arn;
            }
        }
        (Provider::Azure(cloud), ProviderChange::Azure(new)) | (Provider::Gcp(cloud), ProviderChange::Gcp(new)) => {
            check_scope(&new)?;
            *cloud = Cloud { config_connector_arn: cloud.config_connector_arn.clone(), ..new };
        }
        _ => return Err(ConnectorError::OtherProvider),
    }
    Ok(())
}

/// Deletes a connector to a ticketing system at once. A connector to a cloud provider is deleted after a delay, and its
/// state during the delay is returned (CNV-12, CNC-04).
///
/// # Errors
/// [`ConnectorError`].
pub fn delete(
    transaction: &mut Transaction<'_>,
    caller: &Caller,
    half: Half,
    name: &str,
) -> Result<Option<Enablement>, ConnectorError> {
    let (key, now) = (caller.hub_key(), caller.now);
    let connector = own(transaction, half, &key, name)?;
    if connector.enablement.is_none() {
        edit(transaction, half, &key, |all| _ = all.remove(&connector.id));
        return Ok(None);
    }
    let linked = connector.linked.as_ref().and_then(|id| all(transaction, Half::Cspm, &key).remove(id));
    let both = [(half, Some(connector)), (Half::Cspm, linked)];
    for (half, connector) in both.into_iter().filter_map(|(half, connector)| Some((half, connector?))) {
        if connector.enablement != Some(Enablement::PendingDeletion) {
            let enablement = Some(Enablement::PendingDeletion);
            let connector = Connector { enablement, updated_at: now, ..connector };
            begin(transaction, &key, &connector, now);
            store(transaction, half, &key, connector);
        }
    }
    Ok(Some(Enablement::PendingDeletion))
}

/// Finds a connector that the caller may change. Callers cannot change service-linked connectors (CNC-03).
fn own(transaction: &Transaction<'_>, half: Half, key: &HubKey, name: &str) -> Result<Connector, ConnectorError> {
    let connector = find(&all(transaction, half, key), half, key, name)?.clone();
    if connector.is_service_linked { Err(ConnectorError::ServiceLinked(connector.id)) } else { Ok(connector) }
}

/// Schedules the end of the connector's pending creation, change or deletion.
fn begin(transaction: &mut Transaction<'_>, key: &HubKey, connector: &Connector, now: Timestamp) {
    if connector.enablement.is_some_and(|enablement| enablement != Enablement::Enabled) {
        let due = Due::SettleConnector(key.clone(), connector.id.clone(), connector.updated_at);
        let delay = transaction.delays().connectors;
        schedule::after(transaction, now, delay, due);
    }
}

/// Finishes the creation, change or deletion of a connector that began at a time. Has no effect if a later one has
/// begun (CNV-05, CNV-12).
pub fn settle(transaction: &mut Transaction<'_>, key: &HubKey, id: &str, since: Timestamp, now: Timestamp) {
    let half =
        if transaction.hub_v2(key).is_some_and(|hub| hub.connectors.contains_key(id)) { Half::V2 } else { Half::Cspm };
    let mut is_new_azure = false;
    edit(transaction, half, key, |all| {
        let Some(connector) = all.get_mut(id).filter(|connector| connector.updated_at == since) else { return };
        match connector.enablement {
            Some(Enablement::PendingDeletion) => _ = all.remove(id),
            Some(Enablement::PendingEnablement | Enablement::PendingUpdate) => {
                connector.enablement = Some(Enablement::Enabled);
                connector.health = Health { status: ConnectorStatus::Connected, checked_at: now, issues: Vec::new() };
                is_new_azure = matches!(connector.provider, Provider::Azure(_));
            }
            Some(Enablement::Enabled) | None => {}
        }
    });
    if half == Half::V2
        && is_new_azure
        && let Some(mut hub) = transaction.hub_v2(key).map(|hub| (*hub).clone())
    {
        hub.trials.entry(AZURE_TRIAL).or_insert(now);
        transaction.stage_hub_v2(key.clone(), hub);
    }
}

/// Finishes the authorization of a connector to Jira (CNV-07).
///
/// # Errors
/// [`ConnectorError::UnknownState`]; 409 if the authorization fails, which changes the connector.
pub fn register(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    code: &str,
    state: &str,
) -> Result<Connector, AwsError> {
    let (key, now) = (caller.hub_key(), caller.now);
    let all = all(transaction, Half::V2, &key);
    let mut found = all.values().find(|connector| waits_for(connector, state)).cloned();
    let connector = found.as_mut().ok_or(ConnectorError::UnknownState)?;
    let Provider::Jira(jira) = &mut connector.provider else { return Err(ConnectorError::UnknownState.into()) };
    let has_failed = code == FAILING_CODE;
    authorize(jira, !has_failed, &connector.name, &world.ids);
    connector.health = Health { status: status_of(jira), checked_at: now, issues: Vec::new() };
    connector.updated_at = now;
    let connector = connector.clone();
    store(transaction, Half::V2, &key, connector.clone());
    if has_failed {
        return Err(AwsError::conflict(format!("Connector {} could not be authorized", connector.id)).keeping_changes());
    }
    Ok(connector)
}

/// Ends the authorization of a connector to Jira.
pub fn authorize(jira: &mut Jira, is_authorized: bool, name: &str, ids: &IdSource) {
    jira.auth_state = None;
    jira.is_authorized = Some(is_authorized);
    if is_authorized && jira.site.is_none() {
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase()).collect();
        let name = if name.is_empty() { "site" } else { &name };
        jira.site = Some(JiraSite { cloud_id: ids.uuid(), domain: format!("https://{name}.atlassian.net") });
    }
}

/// The status of a connector to Jira after its authorization. A connector without a project lacks a setting
/// (`inferred`).
fn status_of(jira: &Jira) -> ConnectorStatus {
    match (jira.is_authorized, &jira.project_key) {
        (Some(true), Some(_)) => ConnectorStatus::Connected,
        (Some(true), None) => ConnectorStatus::PendingConfiguration,
        (Some(false), _) => ConnectorStatus::FailedToConnect,
        (None, _) => ConnectorStatus::PendingAuthorization,
    }
}

/// The result of a check of a connector. A part that is `None` keeps its value.
#[derive(Debug, Default)]
pub struct Observation {
    /// The state of the connection to the provider.
    pub status: Option<ConnectorStatus>,
    /// Code and message of each problem.
    pub issues: Option<Vec<(String, String)>>,
    /// True if the project exists in Jira (TKV-03).
    pub has_project: Option<bool>,
    /// True if the project of Jira has the issue type for findings (TKV-03).
    pub has_issue_type: Option<bool>,
}

/// Reason why the result of a check cannot be stored.
#[derive(Debug, PartialEq, Eq)]
pub enum ObservationError {
    /// No connector has this ID.
    Missing(String),
    /// Connectors to this provider never have the status (CNV-09, CNC-02).
    Status(ConnectorStatus, ProviderKind),
}

impl fmt::Display for ObservationError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ObservationError::Missing(id) => write!(formatter, "no connector has the ID {id}"),
            ObservationError::Status(status, kind) => {
                write!(formatter, "a connector to {} cannot be {}", kind.as_str(), status.as_str())
            }
        }
    }
}

/// Stores the result of a check of a connector of any account, for the control plane.
///
/// # Errors
/// [`ObservationError`].
pub fn observe(
    transaction: &mut Transaction<'_>,
    world: &World,
    id: &str,
    observation: Observation,
    now: Timestamp,
) -> Result<(HubKey, Connector), ObservationError> {
    let relations = world.relations();
    let of_v2 = relations.hubs_v2().find_map(|(key, hub)| Some((Half::V2, key.clone(), hub.connectors.get(id)?)));
    let of_cspm = || {
        let mut hubs = relations.hub_keys().into_iter();
        hubs.find_map(|key| relations.hub(&key).and_then(|hub| hub.connectors.get(id)).map(|it| (Half::Cspm, key, it)))
    };
    let found = of_v2.or_else(of_cspm);
    let (half, key, connector) = found.ok_or_else(|| ObservationError::Missing(id.to_owned()))?;
    let connector = record(transaction, &world.ids, (half, &key), connector.clone(), observation, now)?;
    Ok((key, connector))
}

/// Stores the result of a check of a connector.
///
/// # Errors
/// [`ObservationError::Status`].
pub fn record(
    transaction: &mut Transaction<'_>,
    ids: &IdSource,
    (half, key): (Half, &HubKey),
    mut connector: Connector,
    observation: Observation,
    now: Timestamp,
) -> Result<Connector, ObservationError> {
    if let Some(status) = observation.status {
        set_status(&mut connector, status, ids)?;
    }
    if let Provider::Jira(jira) = &mut connector.provider {
        jira.lacks_project = observation.has_project.map_or(jira.lacks_project, |has| !has);
        jira.lacks_issue_type = observation.has_issue_type.map_or(jira.lacks_issue_type, |has| !has);
    }
    connector.health.issues = observation.issues.unwrap_or(connector.health.issues);
    connector.health.checked_at = now;
    store(transaction, half, key, connector.clone());
    Ok(connector)
}

/// Sets the status of a connector and of its authorization. Only connectors to Jira wait for an authorization or lack a
/// setting.
fn set_status(connector: &mut Connector, status: ConnectorStatus, ids: &IdSource) -> Result<(), ObservationError> {
    let is_pending = matches!(status, ConnectorStatus::PendingAuthorization | ConnectorStatus::PendingConfiguration);
    match (&mut connector.provider, status) {
        (Provider::Jira(jira), ConnectorStatus::Connected | ConnectorStatus::PendingConfiguration) => {
            authorize(jira, true, &connector.name, ids);
        }
        (Provider::Jira(jira), ConnectorStatus::PendingAuthorization) => {
            jira.is_authorized = None;
            jira.auth_state.get_or_insert_with(|| ids.hexadecimal());
        }
        (Provider::Jira(jira), ConnectorStatus::FailedToConnect) => jira.is_authorized = Some(false),
        (Provider::Jira(_), _) => {}
        (provider, _) if is_pending => return Err(ObservationError::Status(status, provider.kind())),
        (Provider::ServiceNow(service_now), ConnectorStatus::Connected) => service_now.is_authorized = true,
        (Provider::ServiceNow(service_now), ConnectorStatus::FailedToConnect) => service_now.is_authorized = false,
        _ => {}
    }
    connector.health.status = status;
    Ok(())
}

/// Returns whether a connector to Jira waits for an authorization with this state.
pub fn is_waiting(relations: &Relations, state: &str) -> bool {
    relations.hubs_v2().any(|(_, hub)| hub.connectors.values().any(|connector| waits_for(connector, state)))
}

fn waits_for(connector: &Connector, state: &str) -> bool {
    matches!(&connector.provider, Provider::Jira(jira) if jira.auth_state.as_deref() == Some(state))
}

//! Tickets that connectors create for findings (TKV).

use crate::aws_error::AwsError;
use crate::domain::accounts::{connectors, hub_v2};
use crate::domain::arn::Arn;
use crate::domain::caller::Caller;
use crate::ocsf::native;
use crate::state::{
    AccountId, Connector, ConnectorStatus, HubKey, HubV2, IdSource, Provider, Region, Ticket, Timestamp, Transaction,
    World,
};

/// The title of a ticket that only tests the connector (TKV-01).
const TEST_TITLE: &str = "TESTING Test CreateTicketV2 Finding";

/// The project of tickets if the connector does not name a project.
const DEFAULT_PROJECT: &str = "SEC";

/// The number of the first issue of a Jira site.
const FIRST_ISSUE: usize = 10_001;

/// Reason why no ticket is created. The messages about Jira are AWS's own; the others are `inferred`.
#[derive(Debug, PartialEq, Eq)]
pub enum TicketError {
    /// The text does not have the form of `metadata.uid` (TKV-02).
    NoUid(String),
    /// The caller sees no finding with this `metadata.uid` (TKV-02).
    NoFinding(String),
    /// The connector does not connect to a ticketing system (TKV-02).
    NoTickets(String),
    /// The connector does not reach its ticketing system (TKV-02).
    NotConnected(String),
    /// Jira has no such project (TKV-03).
    NoProject,
    /// The project of Jira has no issue type for findings (TKV-03).
    NoIssueType,
    /// The connector has already created a ticket for the finding (TKV-05).
    Exists(String),
}

impl From<TicketError> for AwsError {
    fn from(error: TicketError) -> AwsError {
        match error {
            TicketError::NoUid(uid) => AwsError::validation(format!("{uid} is not the metadata.uid of a finding")),
            TicketError::NoFinding(uid) => AwsError::not_found(format!("Finding {uid} was not found")),
            TicketError::NoTickets(id) => AwsError::validation(format!("Connector {id} cannot create tickets")),
            TicketError::NotConnected(id) => AwsError::conflict(format!("Connector {id} is not connected")),
            TicketError::NoProject => AwsError::conflict("Cannot find jira project"),
            TicketError::NoIssueType => AwsError::conflict("Security Hub issue type not found"),
            TicketError::Exists(id) => AwsError::conflict(format!("The finding already has the ticket {id}")),
        }
    }
}

/// The subject of a ticket: a finding, or a test of the connector.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A test, which names no finding (TKV-01).
    Test,
    /// The finding with this `metadata.uid`.
    Finding(&'a str),
}

/// Creates a ticket (TKV-01 … TKV-05). `is_visible` returns whether the caller sees the finding with a `metadata.uid`.
///
/// # Errors
/// [`TicketError`], or 404 for an unknown connector.
pub fn create(
    transaction: &mut Transaction<'_>,
    ids: &IdSource,
    caller: &Caller,
    connector: &str,
    subject: Subject<'_>,
    is_visible: impl Fn(&str) -> bool,
) -> Result<Ticket, AwsError> {
    let key = caller.hub_key();
    if let Subject::Finding(uid) = subject
        && !native::is_uid(uid)
    {
        return Err(TicketError::NoUid(uid.to_owned()).into());
    }
    let mut hub = hub_v2::enabled(transaction, &key)?;
    let connector = connectors::find(&hub.connectors, connectors::Half::V2, &key, connector)?.clone();
    may_create(&connector)?;
    let finding = match subject {
        Subject::Test => None,
        Subject::Finding(uid) if !is_visible(uid) => return Err(TicketError::NoFinding(uid.to_owned()).into()),
        Subject::Finding(uid) => Some(uid.to_owned()),
    };
    let existing = finding.as_ref().and_then(|finding| hub.tickets.of_finding(&connector.id, finding));
    if let Some(existing) = existing {
        return Err(TicketError::Exists(existing.id.clone()).into());
    }
    let ticket = add(&mut hub, &connector, finding, ids, caller.now);
    transaction.stage_hub_v2(key, hub);
    Ok(ticket)
}

fn add(hub: &mut HubV2, connector: &Connector, finding: Option<String>, ids: &IdSource, now: Timestamp) -> Ticket {
    let (id, url) = place(connector, hub, ids);
    let title = finding.as_ref().map_or_else(|| TEST_TITLE.to_owned(), |uid| format!("Finding {uid}"));
    let ticket = Ticket { id, url, title, connector_id: connector.id.clone(), finding, created_at: now };
    hub.tickets.add(ticket.clone());
    ticket
}

/// Creates the ticket that an automation rule requires. Has no effect if the finding already has a ticket, or if the
/// connector was deleted or is not connected (ARV-08, ARV-10).
pub fn create_by_rule(transaction: &mut Transaction<'_>, world: &World, connector: &str, uid: &str, now: Timestamp) {
    let parsed = Arn::parse(connector);
    let key = parsed
        .and_then(|arn| Some(HubKey { account: AccountId::parse(arn.account)?, region: Region::new(arn.region) }));
    let Some((key, mut hub)) = key.and_then(|key| hub_v2::enabled(transaction, &key).ok().map(|hub| (key, hub))) else {
        return;
    };
    let found = connectors::find(&hub.connectors, connectors::Half::V2, &key, connector).ok().cloned();
    let Some(connector) = found.filter(|connector| may_create(connector).is_ok()) else { return };
    if hub.tickets.of_finding(&connector.id, uid).is_none() {
        add(&mut hub, &connector, Some(uid.to_owned()), &world.ids, now);
        transaction.stage_hub_v2(key, hub);
    }
}

fn may_create(connector: &Connector) -> Result<(), TicketError> {
    if matches!(connector.provider, Provider::Azure(_) | Provider::Gcp(_)) {
        return Err(TicketError::NoTickets(connector.id.clone()));
    }
    if connector.health.status != ConnectorStatus::Connected {
        return Err(TicketError::NotConnected(connector.id.clone()));
    }
    match &connector.provider {
        Provider::Jira(jira) if jira.lacks_project => Err(TicketError::NoProject),
        Provider::Jira(jira) if jira.lacks_issue_type => Err(TicketError::NoIssueType),
        _ => Ok(()),
    }
}

/// ID and address of the next ticket (TKV-04).
fn place(connector: &Connector, hub: &HubV2, ids: &IdSource) -> (String, String) {
    match &connector.provider {
        Provider::ServiceNow(service_now) => {
            let id = ids.hexadecimal();
            let instance = &service_now.instance_name;
            let url = format!("https://{instance}.service-now.com/nav_to.do?uri=x_aws_se_0_finding.do?sys_id={id}");
            (id, url)
        }
        Provider::Jira(jira) => {
            let number = hub.tickets.count_of(&connector.id);
            let domain = jira.site.as_ref().map_or("https://site.atlassian.net", |site| &site.domain);
            let project = jira.project_key.as_deref().unwrap_or(DEFAULT_PROJECT);
            let url = format!("{domain}/browse/{project}-{}", number.saturating_add(1));
            (number.saturating_add(FIRST_ISSUE).to_string(), url)
        }
        Provider::Azure(_) | Provider::Gcp(_) => (String::new(), String::new()),
    }
}

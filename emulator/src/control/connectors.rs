//! `/_emulator/connectors/{id}`, `/_emulator/oauth/authorize` and `/_emulator/tickets`: simulate the systems that
//! connectors connect to. With AWS, these are Jira, ServiceNow, Azure and GCP.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::api::answer::{Other, response};
use super::api::{Answer, Call, Json, Nothing, Refusal};
use super::request;
use crate::domain::accounts::connectors::{self, ISSUE_CODES, Observation, ObservationError};
use crate::state::{ConnectorStatus, HubKey, Region, Ticket, timestamp_text};

/// The authorization code that the authorization page returns. RegisterConnectorV2 accepts any code but `fail`
/// (CNV-07).
const CODE: &str = "local";

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ConnectorCheck {
    /// The status that the next check of the connector finds.
    status: Option<String>,
    /// The problems that it finds.
    issues: Option<Vec<Issue>>,
    /// True if the project of the connector exists in Jira.
    jira_project: Option<bool>,
    /// True if the issue type exists in that project.
    jira_issue_type: Option<bool>,
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Issue {
    code: String,
    message: String,
}

/// The health of a connector.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ConnectorHealth {
    connector_id: String,
    account: String,
    region: String,
    status: String,
    issues: Vec<Issue>,
}

/// Sets the result of the check of a connector.
pub(super) fn set(
    call: &Call<'_>,
    _: Nothing,
    Json(input): Json<ConnectorCheck>,
) -> Result<Json<ConnectorHealth>, Refusal> {
    let observation = observation(input).map_err(Refusal::unreadable)?;
    let (world, now) = call.world();
    let mut transaction = world.write();
    let observed = connectors::observe(&mut transaction, &world, call.label, observation, now);
    let (key, connector) = observed.map_err(|error| match error {
        ObservationError::Missing(_) => Refusal::not_found(error.to_string()),
        ObservationError::Status(..) => Refusal::from(error.to_string()),
    })?;
    request::log_changes(&transaction.commit());
    let issues = connector.health.issues.into_iter();
    Ok(Json(ConnectorHealth {
        connector_id: call.label.to_owned(),
        account: key.account.to_string(),
        region: key.region.to_string(),
        status: connector.health.status.as_str().to_owned(),
        issues: issues.map(|(code, message)| Issue { code, message }).collect(),
    }))
}

fn observation(input: ConnectorCheck) -> Result<Observation, String> {
    let ConnectorCheck { status, issues, jira_project, jira_issue_type } = input;
    let status = status.map(|status| {
        ConnectorStatus::parse(&status).ok_or_else(|| {
            let names: Vec<&str> = ConnectorStatus::ALL.iter().map(|status| status.as_str()).collect();
            format!("`{status}` is not a connector status (expected one of {})", names.join(", "))
        })
    });
    let status = status.transpose()?;
    let unknown = issues.iter().flatten().find(|issue| !ISSUE_CODES.contains(&issue.code.as_str()));
    if let Some(issue) = unknown {
        return Err(format!("`{}` is not an issue code (expected one of {})", issue.code, ISSUE_CODES.join(", ")));
    }
    let issues = issues.map(|issues| issues.into_iter().map(|issue| (issue.code, issue.message)).collect());
    Ok(Observation { status, issues, has_project: jira_project, has_issue_type: jira_issue_type })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Authorization {
    /// The state in the `AuthUrl` of the connector.
    state: String,
    /// The address to redirect to, with a code and the state. If it is absent, they are returned as `AuthCode` and
    /// `AuthState`, for RegisterConnectorV2.
    redirect_uri: Option<String>,
}

/// Authorizes a connector to Jira on behalf of its owner: redirects with a code and the state, or returns both
/// (DEC-21).
pub(super) fn authorize(call: &Call<'_>, query: Authorization, _: Nothing) -> Result<Other, Refusal> {
    let Authorization { state, redirect_uri } = query;
    if !connectors::is_waiting(&call.world().0.relations(), &state) {
        return Err(Refusal::not_found(
            "no pending authorization has this `state`; use the AuthUrl of a connector with the status \
             PENDING_AUTHORIZATION",
        ));
    }
    let Some(address) = redirect_uri else {
        return Ok(Other(Json(json!({ "AuthCode": CODE, "AuthState": state })).respond()));
    };
    let separator = if address.contains('?') { '&' } else { '?' };
    let location = HeaderValue::try_from(format!("{address}{separator}code={CODE}&state={state}"));
    let location = location.map_err(|_| Refusal::from("`redirect_uri` contains control characters"))?;
    let mut redirect = response(StatusCode::FOUND, HeaderValue::from_static("text/plain"), Bytes::new());
    redirect.headers_mut().insert(header::LOCATION, location);
    Ok(Other(redirect))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// The account whose connectors created the tickets.
    account: Option<String>,
    /// Their Region.
    region: Option<String>,
}

/// Tickets.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tickets {
    /// The tickets, oldest first.
    tickets: Vec<TicketRow>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct TicketRow {
    account: String,
    region: String,
    connector_id: String,
    ticket_id: String,
    ticket_src_url: String,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    finding_metadata_uid: Option<String>,
    created_at: String,
}

/// Lists the tickets that connectors have created.
pub(super) fn tickets(call: &Call<'_>, wanted: Wanted, _: Nothing) -> Result<Json<Tickets>, Refusal> {
    let (world, _) = &call.world();
    let account = wanted.account.as_deref().map(request::account).transpose()?;
    let region = wanted.region.as_deref().map(|region| request::region(world, region)).transpose()?;
    let is_wanted = |key: &HubKey| {
        account.is_none_or(|account| key.account == account)
            && region.as_ref().is_none_or(|region: &Region| key.region == *region)
    };
    let row = |key: &HubKey, ticket: &Ticket| TicketRow {
        account: key.account.to_string(),
        region: key.region.to_string(),
        connector_id: ticket.connector_id.clone(),
        ticket_id: ticket.id.clone(),
        ticket_src_url: ticket.url.clone(),
        title: ticket.title.clone(),
        finding_metadata_uid: ticket.finding.clone(),
        created_at: timestamp_text(ticket.created_at),
    };
    let relations = world.relations();
    let hubs = relations.hubs_v2().filter(|(key, _)| is_wanted(key));
    let tickets = hubs.flat_map(|(key, hub)| hub.tickets.iter().map(move |ticket| row(key, ticket))).collect();
    Ok(Json(Tickets { tickets }))
}

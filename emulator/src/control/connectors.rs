//! `/_emulator/connectors/{id}`, `/_emulator/oauth/authorize` and `/_emulator/tickets`: simulate the systems that
//! connectors connect to. With AWS, these are Jira, ServiceNow, Azure and GCP.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::request::{self, error_response};
use crate::domain::accounts::connectors::{self, ISSUE_CODES, Observation, ObservationError};
use crate::domain::due;
use crate::served::ServedWorld;
use crate::state::{AccountId, ConnectorStatus, HubKey, Region, Ticket, World, timestamp_text};

const EXPECTED: &str = "expected a body such as {\"Status\": \"DEGRADED\", \"Issues\": [{\"Code\": \
                        \"AUTHENTICATION_FAILURE\", \"Message\": \"The secret has expired\"}]}, or {\"JiraProject\": false, \
                        \"JiraIssueType\": false}";

/// The authorization code that the authorization page returns. RegisterConnectorV2 accepts any code but `fail`
/// (CNV-07).
const CODE: &str = "local";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Input {
    status: Option<String>,
    issues: Option<Vec<Issue>>,
    jira_project: Option<bool>,
    jira_issue_type: Option<bool>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Issue {
    code: String,
    message: String,
}

/// Sets the result of the check of a connector.
pub(super) async fn set(
    Extension(served): Extension<ServedWorld>,
    Path(id): Path<String>,
    _: request::NoQuery,
    body: Bytes,
) -> Response {
    let observation = match observation(&body) {
        Ok(observation) => observation,
        Err(message) => return error_response(StatusCode::BAD_REQUEST, &format!("{message}; {EXPECTED}")),
    };
    let world = served.world();
    let now = world.clock.now();
    due::run(&world, now);
    let mut transaction = world.write();
    match connectors::observe(&mut transaction, &world, &id, observation, now) {
        Ok((key, connector)) => {
            transaction.commit();
            let issues = connector.health.issues.into_iter();
            let issues: Vec<Issue> = issues.map(|(code, message)| Issue { code, message }).collect();
            let status = connector.health.status.as_str();
            let HubKey { account, region } = key;
            Json(json!({
                "ConnectorId": id, "Account": account, "Region": region.as_str(), "Status": status, "Issues": issues,
            }))
            .into_response()
        }
        Err(error) => {
            let status = match error {
                ObservationError::Missing(_) => StatusCode::NOT_FOUND,
                ObservationError::Status(..) => StatusCode::BAD_REQUEST,
            };
            error_response(status, &error.to_string())
        }
    }
}

fn observation(body: &[u8]) -> Result<Observation, String> {
    let Input { status, issues, jira_project, jira_issue_type } =
        serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let status = status.map(|status| {
        ConnectorStatus::parse(&status).ok_or_else(|| {
            let names: Vec<&str> = ConnectorStatus::ALL.iter().map(|status| status.as_str()).collect();
            format!("`{status}` is not the status of a connector (one of {})", names.join(", "))
        })
    });
    let status = status.transpose()?;
    let unknown = issues.iter().flatten().find(|issue| !ISSUE_CODES.contains(&issue.code.as_str()));
    if let Some(issue) = unknown {
        return Err(format!("`{}` is not the code of an issue (one of {})", issue.code, ISSUE_CODES.join(", ")));
    }
    let issues = issues.map(|issues| issues.into_iter().map(|issue| (issue.code, issue.message)).collect());
    Ok(Observation { status, issues, has_project: jira_project, has_issue_type: jira_issue_type })
}

/// The state of an authorization, and the address to redirect to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Authorization {
    state: String,
    redirect_uri: Option<String>,
}

/// Authorizes a connector to Jira on behalf of its owner: redirects with a code and the state, or returns both (DEC-21).
pub(super) async fn authorize(
    Extension(served): Extension<ServedWorld>,
    query: request::QueryOf<Authorization>,
) -> Response {
    let Authorization { state, redirect_uri } = query.0;
    if !connectors::is_waiting(&served.world().relations(), &state) {
        return error_response(StatusCode::NOT_FOUND, "no connector waits for an authorization with this state");
    }
    match redirect_uri {
        None => Json(json!({ "AuthCode": CODE, "AuthState": state })).into_response(),
        Some(address) => {
            let separator = if address.contains('?') { '&' } else { '?' };
            match HeaderValue::try_from(format!("{address}{separator}code={CODE}&state={state}")) {
                Ok(location) => (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
                Err(_) => error_response(StatusCode::BAD_REQUEST, "`redirect_uri` contains control characters"),
            }
        }
    }
}

/// The tickets to list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    account: Option<String>,
    region: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TicketRow {
    account: AccountId,
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
pub(super) async fn tickets(Extension(served): Extension<ServedWorld>, query: request::QueryOf<Wanted>) -> Response {
    match rows(&served.world(), &query.0) {
        Ok(tickets) => Json(json!({ "Tickets": tickets })).into_response(),
        Err(message) => error_response(StatusCode::BAD_REQUEST, &message),
    }
}

fn rows(world: &World, wanted: &Wanted) -> Result<Vec<TicketRow>, String> {
    let account = wanted.account.as_deref();
    let account = account.map(|account| request::account(account, "expected ?account=111111111111")).transpose()?;
    let region = wanted.region.as_deref().map(|region| request::region(world, region)).transpose()?;
    due::run(world, world.clock.now());
    let is_wanted = |key: &HubKey| {
        account.is_none_or(|account| key.account == account)
            && region.as_ref().is_none_or(|region: &Region| key.region == *region)
    };
    let row = |key: &HubKey, ticket: &Ticket| TicketRow {
        account: key.account,
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
    Ok(hubs.flat_map(|(key, hub)| hub.tickets.iter().map(move |ticket| row(key, ticket))).collect())
}

//! `/_emulator/members`: adds, invites and accepts members in bulk.
//!
//! AWS has an operation for each step of each account, but none for a whole list or for accepting on behalf of many
//! accounts.

use std::collections::BTreeSet;

use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;

use super::request::{self, error_response};
use crate::domain::accounts::members::bulk::{self, MemberRow, Outcome, Steps, Unprocessed};
use crate::domain::accounts::members::csv;
use crate::domain::findings::aggregation::replicas;
use crate::domain::{due, hub_access};
use crate::served::ServedWorld;
use crate::state::{AccountId, HubKey, Region, Transaction, World};

const ADD: &str = "expected a body such as {\"Administrator\": \"111111111111\", \"Regions\": [\"us-east-1\"], \"AccountDetails\": \
                   [{\"AccountId\": \"222222222222\", \"Email\": \"a@example.com\"}]}, or \"Csv\": \"Account \
                   ID,Email\\n...\" instead of AccountDetails, and optionally \"Invite\": true or \"Accept\": true";
const ACCEPT: &str = "expected a body such as {\"Administrator\": \"111111111111\", \"Regions\": [\"us-east-1\"], \"AccountIds\": \
                      [\"222222222222\"]}, or without AccountIds to accept all invitations";
const LIST: &str = "expected ?administrator=111111111111, optionally with &region=us-east-1,eu-west-1";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Add {
    administrator: String,
    regions: Vec<String>,
    #[serde(default)]
    account_details: Vec<AccountDetails>,
    csv: Option<String>,
    #[serde(default)]
    invite: bool,
    #[serde(default)]
    accept: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct AccountDetails {
    account_id: String,
    email: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Accept {
    administrator: String,
    regions: Vec<String>,
    account_ids: Option<Vec<String>>,
}

/// The members to list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct List {
    administrator: Option<String>,
    region: Option<String>,
}

/// Adds accounts and optionally invites them and accepts on their behalf. Any invalid item aborts the whole call.
pub(super) async fn add(Extension(served): Extension<ServedWorld>, _: request::NoQuery, body: Bytes) -> Response {
    respond(added(&served.world(), &body))
}

/// Accepts the invitations of an administrator on behalf of the given accounts or of all invited accounts.
pub(super) async fn accept(Extension(served): Extension<ServedWorld>, _: request::NoQuery, body: Bytes) -> Response {
    respond(accepted(&served.world(), &body))
}

/// Lists the members of an administrator, with any status.
pub(super) async fn list(Extension(served): Extension<ServedWorld>, query: request::QueryOf<List>) -> Response {
    respond(listed(&served.world(), &query.0))
}

fn respond(outcome: Result<Outcome, String>) -> Response {
    match outcome {
        Ok(outcome) => Json(outcome).into_response(),
        Err(message) => error_response(StatusCode::BAD_REQUEST, &message),
    }
}

fn added(world: &World, body: &[u8]) -> Result<Outcome, String> {
    let input: Add = serde_json::from_slice(body).map_err(|error| format!("{error}; {ADD}"))?;
    let accounts = accounts_of(&input)?;
    let steps = Steps { invite: input.invite, accept: input.accept };
    let now = world.clock.now();
    due::run(world, now);
    let hubs = hubs(world, &input.administrator, &input.regions, ADD)?;
    let mut transaction = world.write();
    let mut refused = Vec::new();
    for hub in &hubs {
        for (account, email) in &accounts {
            let outcome = bulk::add(&mut transaction, &world.ids, hub, (*account, email.clone()), steps, now);
            refused.extend(outcome.err().map(|sentence| unprocessed(hub, *account, sentence)));
        }
    }
    commit(transaction, world);
    let accounts: BTreeSet<String> = accounts.iter().map(|(account, _)| account.to_string()).collect();
    Ok(Outcome {
        members: rows(world, &hubs, |row| accounts.contains(&row.account_id)),
        unprocessed_accounts: Some(refused),
    })
}

fn accepted(world: &World, body: &[u8]) -> Result<Outcome, String> {
    let input: Accept = serde_json::from_slice(body).map_err(|error| format!("{error}; {ACCEPT}"))?;
    let named =
        input.account_ids.map(|ids| ids.iter().map(|id| request::account(id, ACCEPT)).collect::<Result<Vec<_>, _>>());
    let named = named.transpose()?;
    let now = world.clock.now();
    due::run(world, now);
    let hubs = hubs(world, &input.administrator, &input.regions, ACCEPT)?;
    let mut transaction = world.write();
    let (mut refused, mut spoken_of) = (Vec::new(), BTreeSet::new());
    for hub in &hubs {
        let accounts = named.clone().unwrap_or_else(|| bulk::pending_accounts(transaction.directory(), hub));
        for account in accounts {
            let outcome = bulk::accept(&mut transaction, hub, account, now);
            refused.extend(outcome.err().map(|sentence| unprocessed(hub, account, sentence)));
            spoken_of.insert((hub.region.to_string(), account.to_string()));
        }
    }
    commit(transaction, world);
    let is_wanted = |row: &MemberRow| spoken_of.contains(&(row.region.clone(), row.account_id.clone()));
    Ok(Outcome { members: rows(world, &hubs, is_wanted), unprocessed_accounts: Some(refused) })
}

fn listed(world: &World, input: &List) -> Result<Outcome, String> {
    let administrator = request::account(input.administrator.as_deref().unwrap_or_default(), LIST)?;
    let regions: Vec<Region> = match &input.region {
        Some(regions) => request::regions(world, regions.split(','))?,
        None => world.relations().hub_regions().into_iter().collect(),
    };
    let hubs: Vec<HubKey> = regions.into_iter().map(|region| HubKey { account: administrator, region }).collect();
    Ok(Outcome { members: rows(world, &hubs, |_| true), unprocessed_accounts: None })
}

/// The accounts to add with their e-mail addresses, or an error if any is invalid.
fn accounts_of(input: &Add) -> Result<Vec<(AccountId, Option<String>)>, String> {
    let Some(list) = &input.csv else {
        let details = input.account_details.iter();
        return details
            .map(|details| Ok((request::account(&details.account_id, ADD)?, details.email.clone())))
            .collect();
    };
    if !input.account_details.is_empty() {
        return Err(format!("Csv and AccountDetails cannot be combined; {ADD}"));
    }
    let rejected = |errors: Vec<csv::LineError>| {
        let errors: Vec<String> = errors.iter().map(csv::LineError::to_string).collect();
        format!("invalid Csv, no account was added: {}; expected {}", errors.join("; "), csv::EXPECTED)
    };
    Ok(csv::read(list).map_err(rejected)?.into_iter().map(|row| (row.account, row.email)).collect())
}

/// The administrator's hubs in the Regions, which must be enabled.
fn hubs(world: &World, administrator: &str, regions: &[String], expected: &str) -> Result<Vec<HubKey>, String> {
    let administrator = request::account(administrator, expected)?;
    if regions.is_empty() {
        return Err(format!("Regions is empty; {expected}"));
    }
    let hub = |region: &String| {
        let hub = HubKey { account: administrator, region: request::region(world, region)? };
        if hub_access::is_enabled(world, &hub) {
            Ok(hub)
        } else {
            Err(format!("Security Hub is not enabled for {administrator} in {region}; enable it there first"))
        }
    };
    regions.iter().map(hub).collect()
}

fn unprocessed(hub: &HubKey, account: AccountId, processing_result: String) -> Unprocessed {
    Unprocessed { region: hub.region.to_string(), account_id: account.to_string(), processing_result }
}

fn rows(world: &World, hubs: &[HubKey], is_wanted: impl Fn(&MemberRow) -> bool) -> Vec<MemberRow> {
    hubs.iter().flat_map(|hub| bulk::rows(world, hub)).filter(|row| is_wanted(row)).collect()
}

fn commit(mut transaction: Transaction<'_>, world: &World) {
    replicas::apply_relation_changes(&mut transaction, world);
    for change in transaction.commit() {
        tracing::debug!(?change, "changed");
    }
}

//! `/_emulator/members`: adds, invites and accepts members in bulk.
//!
//! AWS has an operation for each step of each account, but none for a whole list or for accepting on behalf of many
//! accounts.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::api::{Call, Json, Nothing, Refusal};
use super::request;
use crate::domain::accounts::members::bulk::{self, MemberRow, Outcome, Steps, Unprocessed};
use crate::domain::accounts::members::csv;
use crate::domain::findings::aggregation::replicas;
use crate::domain::hub_access;
use crate::state::{AccountId, HubKey, Region, Transaction, World};

/// Maximum length of the text of an invitation.
const MESSAGE: usize = 1_000;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct AddMembers {
    /// The account to which members are added.
    administrator: String,
    /// The Regions in which they are added.
    regions: Vec<String>,
    /// The accounts to add.
    #[serde(default)]
    account_details: Vec<AccountDetails>,
    /// The accounts in CSV with the columns `Account ID` and `Email`, instead of `AccountDetails`.
    csv: Option<String>,
    /// True if the accounts are also invited.
    #[serde(default)]
    invite: bool,
    /// True if the accounts are also invited and accept the invitations.
    #[serde(default)]
    accept: bool,
    /// A text for the invited accounts, up to 1,000 characters. AWS only sends it by e-mail.
    message: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct AccountDetails {
    account_id: String,
    email: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct AcceptInvitations {
    /// The account whose invitations are accepted.
    administrator: String,
    /// The Regions of the invitations.
    regions: Vec<String>,
    /// The accounts that accept; by default all invited ones.
    account_ids: Option<Vec<String>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListMembers {
    /// The account whose members are listed.
    administrator: String,
    /// Their Regions, separated by commas; by default all in which hubs are enabled.
    region: Option<String>,
}

/// Adds accounts and optionally invites them and accepts on their behalf. Any invalid item aborts the whole call.
pub(super) fn add(call: &Call<'_>, _: Nothing, Json(input): Json<AddMembers>) -> Result<Json<Outcome>, Refusal> {
    let accounts = accounts_of(&input)?;
    let message = input.message.as_deref();
    if message.is_some_and(|message| message.chars().count() > MESSAGE) {
        return Err(Refusal::unreadable(format!("Message is too long (at most {MESSAGE} characters)")));
    }
    let steps = Steps { invite: input.invite, accept: input.accept, message };
    let (world, now) = call.world();
    let world = &*world;
    let hubs = hubs(world, &input.administrator, &input.regions)?;
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
    Ok(Json(Outcome {
        members: rows(world, &hubs, |row| accounts.contains(&row.account_id)),
        unprocessed_accounts: Some(refused),
    }))
}

/// Accepts the invitations of an administrator on behalf of the given accounts or of all invited accounts.
pub(super) fn accept(
    call: &Call<'_>,
    _: Nothing,
    Json(input): Json<AcceptInvitations>,
) -> Result<Json<Outcome>, Refusal> {
    let named = input.account_ids.map(|ids| ids.iter().map(|id| request::account(id)).collect::<Result<Vec<_>, _>>());
    let named = named.transpose()?;
    let (world, now) = call.world();
    let world = &*world;
    let hubs = hubs(world, &input.administrator, &input.regions)?;
    let mut transaction = world.write();
    let (mut refused, mut addressed) = (Vec::new(), BTreeSet::new());
    for hub in &hubs {
        let accounts = named.clone().unwrap_or_else(|| bulk::pending_accounts(transaction.directory(), hub));
        for account in accounts {
            let outcome = bulk::accept(&mut transaction, hub, account, now);
            refused.extend(outcome.err().map(|sentence| unprocessed(hub, account, sentence)));
            addressed.insert((hub.region.to_string(), account.to_string()));
        }
    }
    commit(transaction, world);
    let is_wanted = |row: &MemberRow| addressed.contains(&(row.region.clone(), row.account_id.clone()));
    Ok(Json(Outcome { members: rows(world, &hubs, is_wanted), unprocessed_accounts: Some(refused) }))
}

/// Lists the members of an administrator, whatever their status.
pub(super) fn list(call: &Call<'_>, input: ListMembers, _: Nothing) -> Result<Json<Outcome>, Refusal> {
    let (world, _) = &call.world();
    let administrator = request::account(&input.administrator)?;
    let regions: Vec<Region> = match &input.region {
        Some(regions) => request::regions(world, regions.split(','))?,
        None => world.relations().hub_regions().into_iter().collect(),
    };
    let hubs: Vec<HubKey> = regions.into_iter().map(|region| HubKey { account: administrator, region }).collect();
    Ok(Json(Outcome { members: rows(world, &hubs, |_| true), unprocessed_accounts: None }))
}

/// The accounts to add with their e-mail addresses, or an error if any is invalid.
fn accounts_of(input: &AddMembers) -> Result<Vec<(AccountId, Option<String>)>, Refusal> {
    let Some(list) = &input.csv else {
        let details = input.account_details.iter();
        return details.map(|details| Ok((request::account(&details.account_id)?, details.email.clone()))).collect();
    };
    if !input.account_details.is_empty() {
        return Err(Refusal::unreadable("Csv and AccountDetails cannot be combined"));
    }
    let rejected = |errors: Vec<csv::LineError>| {
        let errors: Vec<String> = errors.iter().map(csv::LineError::to_string).collect();
        Refusal::from(format!("invalid Csv, no account was added: {}; expected {}", errors.join("; "), csv::EXPECTED))
    };
    Ok(csv::read(list).map_err(rejected)?.into_iter().map(|row| (row.account, row.email)).collect())
}

/// The administrator's hubs in the Regions, which must be enabled.
fn hubs(world: &World, administrator: &str, regions: &[String]) -> Result<Vec<HubKey>, Refusal> {
    let administrator = request::account(administrator)?;
    if regions.is_empty() {
        return Err(Refusal::unreadable("member 'Regions' is empty"));
    }
    let hub = |region: &String| {
        let hub = HubKey { account: administrator, region: request::region(world, region)? };
        if hub_access::is_enabled(world, &hub) {
            Ok(hub)
        } else {
            Err(format!("Security Hub is not enabled for {administrator} in {region}; enable it there first").into())
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
    request::log_changes(&transaction.commit());
}

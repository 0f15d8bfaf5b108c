//! Events that Security Hub sends to EventBridge.
//!
//! Contains: the receivers of an event about a created or updated finding ([`derive`]), the text of events
//! ([`envelope`]), custom actions ([`custom_action`]), and the patterns with which rules select events ([`pattern`]).
//! Does not contain: calls that announce a change. An event follows from a stored finding and nothing else, so imports,
//! updates by customers, checks of controls and archiving by the service cannot forget it. Delivery does not live here
//! either.

pub mod custom_action;
pub mod envelope;
pub mod pattern;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::domain::findings::document;
use crate::state::{AccountId, Draft, FindingWrites, HubKey, Relations, Subject, TableKey, World};

/// One `Security Hub Findings - Imported` for each written finding and each hub that sees it (EVT-01, EVT-40 … EVT-46).
pub fn derive(world: &World, written: &FindingWrites, emit: &mut dyn FnMut(Draft)) {
    let relations = world.relations();
    let mut known: BTreeMap<AccountId, Vec<HubKey>> = BTreeMap::new();
    for finding in &written.findings {
        let owner = document::owner(finding.as_bytes()).and_then(|owner| AccountId::parse(&owner));
        let Some(owner) = owner else { continue };
        let hubs = known.entry(owner).or_insert_with(|| receivers(&relations, &written.table, owner));
        for hub in hubs.iter() {
            emit((hub.clone(), Subject::Finding(finding.clone())));
        }
    }
}

/// The hubs that see the findings of an account in a table, beginning with that of the account: its own, that of its
/// administrator there, and those of both in the home Region to which its Region is linked. That a finding of a linked
/// Region is an event in the home Region is `inferred` (EVT-42).
fn receivers(relations: &Relations, table: &TableKey, owner: AccountId) -> Vec<HubKey> {
    let directory = relations.directory();
    let here = |account| HubKey { account, region: table.region.clone() };
    let is_on = |hub: &HubKey| relations.is_on(hub);
    if !is_on(&here(owner)) {
        return Vec::new();
    }
    // A replica is seen by the administrator of the Region that left it, as long as the owner's hub is enabled there
    // (AGG-15).
    let from = table.origin.as_ref().unwrap_or(&table.region);
    let administrator = directory.administrator(owner, from).map(here).filter(is_on);
    let administrator = administrator.filter(|_| is_on(&HubKey { account: owner, region: from.clone() }));
    let mut hubs: Vec<HubKey> = std::iter::once(here(owner)).chain(administrator).collect();
    if table.origin.is_none() {
        let home = |hub: &HubKey| {
            let region = directory.home(hub.account, &hub.region)?.clone();
            Some(HubKey { account: hub.account, region }).filter(is_on)
        };
        hubs.extend(hubs.iter().filter_map(home).collect::<Vec<_>>());
    }
    hubs
}

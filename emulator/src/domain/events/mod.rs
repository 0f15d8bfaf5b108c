//! What Security Hub sends to EventBridge.
//!
//! What lives here: who is told of a finding that was created or updated ([`derive`]), how an event is written
//! ([`envelope`]), what a person sends to a custom action ([`custom_action`]), and which events a rule selects
//! ([`pattern`]). What may not: the cause of an event, which is a stored finding and nothing else, so that imports, updates
//! by customers, checks of controls and archives by the service cannot forget it; delivery.

pub mod custom_action;
pub mod envelope;
pub mod pattern;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::domain::findings::document;
use crate::state::{AccountId, Draft, HubKey, Place, Relations, Subject, World, Written};

/// `Security Hub Findings - Imported` for each finding that was written, and each hub that sees it (EVT-01, EVT-40 …
/// EVT-46).
pub fn derive(world: &World, written: &Written, tell: &mut dyn FnMut(Draft)) {
    let relations = world.relations();
    let mut known: BTreeMap<AccountId, Vec<HubKey>> = BTreeMap::new();
    for finding in &written.findings {
        let owner = document::owner(finding.as_bytes()).and_then(|owner| AccountId::parse(&owner));
        let Some(owner) = owner else { continue };
        let told = known.entry(owner).or_insert_with(|| receivers(&relations, &written.place, owner));
        for hub in told.iter() {
            tell((hub.clone(), Subject::Finding(finding.clone())));
        }
    }
}

/// The hubs that see the findings of an account in a place, that of the account first: its own, that of its administrator
/// there, and both in the home Region that the place is linked to. That a copy of another Region's finding is an event
/// at home is `inferred` (EVT-42).
fn receivers(relations: &Relations, place: &Place, owner: AccountId) -> Vec<HubKey> {
    let directory = relations.directory();
    let here = |account| HubKey { account, region: place.region.clone() };
    let is_on = |hub: &HubKey| relations.is_on(hub);
    if !is_on(&here(owner)) {
        return Vec::new();
    }
    // A replica is seen by who is the administrator where it is from, while the owner's hub is on there (AGG-15).
    let from = place.origin.as_ref().unwrap_or(&place.region);
    let administrator = directory.administrator(owner, from).map(here).filter(is_on);
    let administrator = administrator.filter(|_| is_on(&HubKey { account: owner, region: from.clone() }));
    let mut told: Vec<HubKey> = std::iter::once(here(owner)).chain(administrator).collect();
    if place.origin.is_none() {
        let home = |hub: &HubKey| {
            let region = directory.home(hub.account, &hub.region)?.clone();
            Some(HubKey { account: hub.account, region }).filter(is_on)
        };
        told.extend(told.iter().filter_map(home).collect::<Vec<_>>());
    }
    told
}

//! Events that Security Hub sends to EventBridge.
//!
//! Contains: the receivers of an event about a created or updated finding ([`derive`]), the text of events
//! ([`envelope`]), custom actions ([`custom_action`]), the patterns with which rules select events ([`pattern`]), and
//! filters of readers ([`filter`]).
//! Does not contain: calls that announce a change. An event is derived from a stored finding and nothing else, so
//! imports, updates by customers, checks of controls and archiving by the service cannot omit it. Delivery does not
//! belong here either.

pub mod custom_action;
pub mod envelope;
pub mod filter;
pub mod pattern;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use securityhub_engine::{Parts, Stored};

use crate::domain::findings::document;
use crate::domain::findings::v2::visibility;
use crate::ocsf::ConversionContext;
use crate::state::{AccountId, Draft, FindingWrites, Form, HubKey, OcsfFinding, Relations, Subject, TableKey, World};

/// One `Security Hub Findings - Imported` for each written finding and each hub that sees it (EVT-01, EVT-40 … EVT-46),
/// and one `Findings Imported V2` for each hub of the V2 half (EVT-04, EVT-30).
pub fn derive(world: &World, written: &FindingWrites, emit: &mut dyn FnMut(Draft)) {
    let relations = world.relations();
    let mut known: BTreeMap<AccountId, (Vec<HubKey>, Vec<HubKey>)> = BTreeMap::new();
    for written_finding in &written.findings {
        let finding = &written_finding.finding;
        let owner = document::owner(finding.as_bytes()).and_then(|owner| AccountId::parse(&owner));
        let Some(owner) = owner else { continue };
        let table = &written.table;
        let find = || (receivers(&relations, table, owner), receivers_v2(&relations, table, owner));
        let (hubs, hubs_v2) = known.entry(owner).or_insert_with(find);
        if written_finding.form == Form::Both && !table.is_ocsf_only {
            for hub in hubs.iter() {
                emit((hub.clone(), Subject::Finding(finding.clone())));
            }
        }
        let is_seen = !hubs_v2.is_empty() && visibility::shows_product(world, table, finding.as_bytes());
        if let Some(subject) = Some(finding).filter(|_| is_seen).and_then(|it| ocsf(world, it.stored())) {
            for hub in hubs_v2.iter() {
                emit((hub.clone(), subject.clone()));
            }
        }
    }
}

/// The content of an event about a finding in OCSF.
fn ocsf(world: &World, stored: Stored<'_>) -> Option<Subject> {
    let directory = world.directory();
    let organization_of = |account: &str| visibility::organization_of(&directory, account);
    let context = ConversionContext { organization_of: &organization_of };
    let mut document = Vec::new();
    world.ocsf().write(stored, Parts::ALL, context, &mut document);
    let uid = world.ocsf().uid(stored)?;
    Some(Subject::Ocsf(Arc::new(OcsfFinding { uid, document })))
}

/// The V2 hubs that see the findings of an account in a table: the hubs of the account and of the delegated
/// administrator in the Region of the table, and their hubs in the home Regions that this Region is linked to. Replicas
/// are seen by the account whose aggregator left them (`inferred`, AGV-08).
fn receivers_v2(relations: &Relations, table: &TableKey, owner: AccountId) -> Vec<HubKey> {
    let here = |account| HubKey { account, region: table.region.clone() };
    if let Some(viewer) = table.viewer {
        return Some(here(viewer)).filter(|hub| relations.is_v2_on(hub)).into_iter().collect();
    }
    if table.origin.is_some() || !relations.is_v2_on(&here(owner)) {
        return Vec::new();
    }
    let directory = relations.directory();
    let administrator = visibility::administrator_of(directory, owner).filter(|account| *account != owner);
    let here: Vec<HubKey> = std::iter::once(owner).chain(administrator).map(here).collect();
    let home = |hub: &HubKey| {
        let aggregator = visibility::aggregator_of(directory, hub.account)?;
        let is_linked = aggregator.links(&hub.region);
        is_linked.then(|| HubKey { account: hub.account, region: aggregator.home.clone() })
    };
    let is_on = |hub: &HubKey| relations.is_v2_on(hub);
    let seen: Vec<HubKey> = here.into_iter().filter(is_on).collect();
    let homes: Vec<HubKey> = seen.iter().filter_map(home).filter(is_on).collect();
    seen.into_iter().chain(homes).collect()
}

/// The hubs that see the findings of an account in a table, beginning with that of the account: its own, that of its
/// administrator there, and those of both in the home Region to which its Region is linked. That a finding of a linked
/// Region is an event in the home Region is `inferred` (EVT-42).
fn receivers(relations: &Relations, table: &TableKey, owner: AccountId) -> Vec<HubKey> {
    let directory = relations.directory();
    let here = |account| HubKey { account, region: table.region.clone() };
    let is_on = |hub: &HubKey| relations.is_on(hub);
    if table.viewer.is_some() || !is_on(&here(owner)) {
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

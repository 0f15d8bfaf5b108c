//! Exposure findings: resources that have several traits at the same time, such as reachability from the internet and a
//! vulnerability (OCF-34, OCF-36).
//!
//! Contains: reading signals about resources from findings and declared resources ([`signals`], [`declared`]), deciding
//! which traits make an exposure, and writing the exposure as a finding ([`form`]). Does not contain: the tables of
//! traits and rules, which are in `fixtures/data`, and the storage of findings that exist only in OCSF.
//!
//! The world stores the signals of each Region. A computation reads the findings that were written since the last
//! computation, and updates the exposures of the resources that these findings name.

mod declared;
mod form;
pub mod remediations;
mod signals;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use securityhub_engine::Stored;
use serde_json::Value;

use crate::domain::findings::v2::native;
use crate::ocsf;
use crate::state::{
    Changed, HubKey, Region, ResourceName, SignalSource, Signals, TableKey, Timestamp, Transaction, World,
};

/// Computes the exposures of a Region that may have changed since the last computation.
pub fn compute(world: &World, transaction: &mut Transaction<'_>, region: &Region, now: Timestamp) {
    let changed = world.take_changed(region);
    compute_changed(world, transaction, region, &changed, now);
}

/// Computes all exposures of all Regions in which a V2 hub is enabled, and returns the number of those that are open.
pub fn compute_all(world: &World, transaction: &mut Transaction<'_>, now: Timestamp) -> usize {
    let relations = world.relations();
    let hubs = relations.hubs_v2().filter(|(_, hub)| hub.subscribed_at().is_some());
    let regions: BTreeSet<Region> = hubs.map(|(key, _)| key.region.clone()).collect();
    // The computations that are pending would otherwise find no changes, and a restarted process would do them again.
    transaction.take_exposures();
    let mut open = 0;
    for region in regions {
        let changed = Changed { is_everything: true, ..world.take_changed(&region) };
        compute_changed(world, transaction, &region, &changed, now);
        let signals = world.signals(&region);
        let resources = signals.iter().flat_map(|signals| signals.resources.iter());
        let is_on = |name: &ResourceName| relations.is_v2_on(&HubKey { account: name.account, region: region.clone() });
        open += resources.filter(|(name, exposed)| is_on(name) && form::rule(name, exposed).is_some()).count();
    }
    open
}

fn compute_changed(
    world: &World,
    transaction: &mut Transaction<'_>,
    region: &Region,
    changed: &Changed,
    now: Timestamp,
) {
    let known = world.signals(region).filter(|_| !changed.is_everything);
    let mut concerned = BTreeSet::new();
    let mut signals = known.as_deref().cloned().unwrap_or_default();
    let is_forced = known.is_none() || changed.has_hubs;
    if known.is_none() {
        signals::read_all(world, region, &mut signals);
    }
    if is_forced {
        concerned.extend(form::stored_resources(world, region));
    }
    for source in changed.findings.iter().filter(|_| known.is_some()) {
        concerned.extend(signals::forget(&mut signals, *source));
        concerned.extend(signals::read(world, region, &mut signals, *source));
    }
    // Resources are only read for accounts whose hub is enabled.
    if is_forced || changed.has_resources {
        concerned.extend(signals::forget(&mut signals, SignalSource::Declared));
        concerned.extend(declared::read(world, region, &mut signals));
    }
    if is_forced {
        concerned.extend(signals.resources.keys().cloned());
    }
    let relations = world.relations();
    for name in concerned {
        // Most findings about a resource that has an exposure do not change it.
        let hash = signals.resources.get(&name).map(|exposed| form::hash(&name, exposed));
        let known = signals.resources.get(&name).and_then(|exposed| exposed.computed_from);
        let is_on = relations.is_v2_on(&HubKey { account: name.account, region: region.clone() });
        if is_on && (is_forced || hash.is_none() || known != hash) {
            update(world, transaction, region, (&name, &signals), now);
            if let Some(exposed) = signals.resources.get_mut(&name) {
                exposed.computed_from = hash;
            }
        }
    }
    world.keep_signals(region, signals);
}

/// Creates, updates or closes the exposure of a resource, if it differs from the stored one.
fn update(
    world: &World,
    transaction: &mut Transaction<'_>,
    region: &Region,
    (name, signals): (&ResourceName, &Signals),
    now: Timestamp,
) {
    let exposed = signals.resources.get(name);
    let rule = exposed.and_then(|exposed| form::rule(name, exposed));
    let stored = stored(world, region, &form::metadata_uid(name, region));
    let directory = world.directory();
    let account = directory.accounts.get(&name.account).map(|account| account.name.as_str());
    let version = &*world.ocsf().settings.version;
    let document = |created: Option<&Value>, modified: Timestamp| match (rule, exposed) {
        (Some(rule), Some(exposed)) => form::open((name, exposed), (region, account, version), rule, created, modified),
        _ => form::closed(stored.as_ref(), modified),
    };
    let created = stored.as_ref().and_then(|stored| stored.pointer("/finding_info/created_time_dt"));
    let modified = stored.as_ref().and_then(|stored| stored.pointer("/finding_info/modified_time_dt"));
    let modified = modified.and_then(Value::as_str).and_then(|text| text.parse().ok());
    let is_same = modified.is_some_and(|modified| document(created, modified) == stored);
    let Some(Value::Object(finding)) = document(created, now).filter(|_| !is_same) else { return };
    let (_, refused) = native::deliver(transaction, world, now, vec![finding]);
    if let Some(refused) = refused.first() {
        tracing::warn!(id = refused.id, reason = refused.message, "an exposure was not stored");
    }
}

/// The stored exposure with a `metadata.uid`, without changes that customers have made.
fn stored(world: &World, region: &Region, uid: &str) -> Option<Value> {
    let key = ocsf::native::key(uid);
    let read = |findings: &crate::state::Findings| {
        let slot = findings.table().find(&key)?;
        sent(findings.table().stored(slot))
    };
    world.read_findings(TableKey::ocsf_only(region), read).flatten()
}

/// A finding that exists only in OCSF, without changes that customers have made.
fn sent(stored: Stored<'_>) -> Option<Value> {
    let mut document: Value = serde_json::from_slice(stored.document).ok()?;
    document.get_mut("ocsf").map(Value::take)
}

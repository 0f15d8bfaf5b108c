//! The data from which exposures are computed: the changes since the last computation, and the signals about resources
//! that were read from findings and declared resources.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use imbl::OrdMap;

use super::change::Change;
use super::names::{AccountId, Region};
use super::relations::Relations;
use super::sync::Mutex;

/// A resource of a Region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceName {
    /// The account of the findings about it.
    pub account: AccountId,
    /// Its type in OCSF. It and the ID are shared, since each signal of the resource refers to its name.
    pub resource_type: Arc<str>,
    /// Its ARN or other ID.
    pub id: Arc<str>,
}

/// The source of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignalSource {
    /// The details of a declared resource.
    Declared,
    /// A finding in ASFF, by its number.
    Finding(u64),
    /// A finding that exists only in OCSF, by its number.
    OcsfOnly(u64),
}

/// A trait of a resource, and the finding in which it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signal {
    /// The kind of the trait, such as `Reachability`.
    pub kind: &'static str,
    /// The name of the trait in the exposure.
    pub label: &'static str,
    /// `finding_info.uid` of the finding, or the ID of the declared resource.
    pub uid: Arc<str>,
    /// Its title.
    pub title: Arc<str>,
    /// `metadata.product.uid`
    pub product_uid: Arc<str>,
}

/// The position of the kind of a trait, the source of the signal, and the row of the table of traits.
pub type SignalKey = (usize, SignalSource, usize);

/// A resource and its signals.
#[derive(Clone, Debug, Default)]
pub struct Exposed {
    /// The resource as JSON, as a finding has it in `resources`.
    pub object: Arc<str>,
    /// The source of `object`; `None` if that source no longer exists.
    pub object_of: Option<SignalSource>,
    /// The signals by kind of trait, source and row of the table of traits, so that those of a kind are neighbours.
    pub signals: OrdMap<SignalKey, Signal>,
    /// A hash of the values from which the exposure of the resource was last computed.
    pub computed_from: Option<u64>,
}

/// Signals of a Region.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    /// Resources with signals.
    pub resources: OrdMap<ResourceName, Exposed>,
    /// The resources of the signals of each source.
    pub sources: OrdMap<SignalSource, Arc<[ResourceName]>>,
}

/// The changes in a Region since the last computation.
#[derive(Clone, Debug, Default)]
pub struct Changed {
    /// True if all findings have to be read again.
    pub is_everything: bool,
    /// True if a V2 hub was enabled or changed.
    pub has_hubs: bool,
    /// True if declared resources have changed.
    pub has_resources: bool,
    /// The findings that were written, as sources of signals.
    pub findings: BTreeSet<SignalSource>,
}

/// Changes and signals of all Regions.
#[derive(Debug, Default)]
pub(super) struct Exposures {
    changed: Mutex<BTreeMap<Region, Changed>>,
    signals: Mutex<BTreeMap<Region, Arc<Signals>>>,
}

impl Exposures {
    pub(super) fn fork(&self) -> Exposures {
        Exposures { changed: Mutex::new(self.changed.lock().clone()), signals: Mutex::new(self.signals.lock().clone()) }
    }

    /// The Regions with changes since the last computation.
    pub(super) fn pending(&self) -> Vec<Region> {
        self.changed.lock().keys().cloned().collect()
    }

    /// Makes the next computation of a Region read everything.
    pub(super) fn restore(&self, region: Region) {
        self.changed.lock().entry(region).or_default().is_everything = true;
    }

    /// Forgets the changes in a Region whose computation was not scheduled.
    pub(super) fn forget(&self, region: &Region) {
        self.changed.lock().remove(region);
    }

    /// Records changes in Regions with an enabled V2 hub. Returns the Regions without earlier recorded changes.
    pub(super) fn note(&self, changes: &[Change], relations: &Relations) -> Vec<Region> {
        let mut first = Vec::new();
        let is_on = |region: &Region| {
            relations.hubs_v2().any(|(key, hub)| key.region == *region && hub.subscribed_at().is_some())
        };
        let mut note = |region: &Region, edit: &dyn Fn(&mut Changed)| {
            let mut pending = self.changed.lock();
            if !pending.contains_key(region) {
                first.push(region.clone());
            }
            edit(pending.entry(region.clone()).or_default());
        };
        for change in changes {
            match change {
                // Exposures are computed from findings in their own Region, and not from replicas.
                Change::Findings { table, .. } if table.origin.is_some() => {}
                Change::Findings { table, stored } if is_on(&table.region) => {
                    note(&table.region, &|changed| {
                        let source = if table.is_ocsf_only { SignalSource::OcsfOnly } else { SignalSource::Finding };
                        changed.findings.extend(stored.iter().map(|stored| source(stored.number)));
                    });
                }
                Change::FindingsDropped { region, .. } if is_on(region) => {
                    note(region, &|changed| changed.is_everything = true);
                }
                Change::HubV2(key) if relations.is_v2_on(key) => {
                    note(&key.region, &|changed| changed.has_hubs = true);
                }
                Change::Resources => {
                    let hubs = relations.hubs_v2().filter(|(_, hub)| hub.subscribed_at().is_some());
                    let regions: BTreeSet<Region> = hubs.map(|(key, _)| key.region.clone()).collect();
                    self.signals.lock().retain(|region, _| regions.contains(region));
                    for region in &regions {
                        note(region, &|changed| changed.has_resources = true);
                    }
                }
                // No V2 hub is enabled in this Region, so its changes are not recorded and its signals are outdated.
                Change::Findings { table, .. } => _ = self.signals.lock().remove(&table.region),
                Change::FindingsDropped { region, .. } => _ = self.signals.lock().remove(region),
                _ => {}
            }
        }
        first
    }

    pub(super) fn take(&self, region: &Region) -> Changed {
        self.changed.lock().remove(region).unwrap_or_default()
    }

    pub(super) fn signals(&self, region: &Region) -> Option<Arc<Signals>> {
        self.signals.lock().get(region).cloned()
    }

    pub(super) fn keep(&self, region: &Region, signals: Signals) {
        self.signals.lock().insert(region.clone(), Arc::new(signals));
    }
}

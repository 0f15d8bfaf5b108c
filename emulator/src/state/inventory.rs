//! Resources and software: the declarations of scenarios, and the inventories that were last computed from findings.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use securityhub_engine::Table;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::clock::Timestamp;
use super::names::{AccountId, Region, TableKey};
use super::relations::Relations;
use super::sync::Mutex;

/// Maximum number of computed inventories that are kept.
const MOST: usize = 8;

/// A resource that a scenario declares for the inventory of the V2 half (RSV-02).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredResource {
    /// The account that owns it.
    pub account: AccountId,
    /// Its Region.
    pub region: Region,
    /// The members of `ResourceResult`, as GetResourcesV2 returns them.
    pub members: Map<String, Value>,
}

/// A package that a scenario declares for the inventory of the V2 half (SWV-01).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredPackage {
    /// The account that owns the resource.
    pub account: AccountId,
    /// The Region of the resource.
    pub region: Region,
    /// `ResourceId` of the resource with the package.
    pub resource_id: String,
    /// `ResourceType` of the resource.
    pub resource_type: String,
    /// `PackageName`
    pub name: String,
    /// `PackageVersion`
    pub version: Option<String>,
    /// `PackageType`
    pub kind: String,
}

/// The resources and packages that scenarios declare.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeclaredInventory {
    /// Resources.
    pub resources: Vec<DeclaredResource>,
    /// Packages on resources.
    pub software: Vec<DeclaredPackage>,
}

/// The resources and the software that a caller sees, as tables of documents.
#[derive(Debug)]
pub struct Inventory {
    /// Resources, as GetResourcesV2 returns them.
    pub resources: Table,
    /// A document for each package on each resource.
    pub software: Table,
    /// The time at which each resource was first known, by its number in the table. Declared resources have no such
    /// time.
    pub first_seen: HashMap<u64, Timestamp>,
    /// The findings with a resource of each criticality, by `metadata.uid`. Empty if no rule sets a criticality.
    pub critical: BTreeMap<String, HashSet<String>>,
    /// The earliest time at which a finding from which the inventory was computed is no longer shown.
    pub valid_until: Timestamp,
}

/// The data from which an inventory was computed.
#[derive(Clone, Debug)]
pub struct InventorySource {
    /// The caller, and the accounts that the inventory is limited to, as text.
    pub viewer: String,
    /// The relations from which it was computed.
    pub relations: Arc<Relations>,
    /// The tables of findings and their versions.
    pub tables: Vec<(TableKey, u64)>,
}

impl InventorySource {
    fn is(&self, other: &InventorySource) -> bool {
        self.viewer == other.viewer && Arc::ptr_eq(&self.relations, &other.relations) && self.tables == other.tables
    }
}

/// The inventories that were computed last.
#[derive(Debug, Default)]
pub(super) struct Inventories(Mutex<Vec<(InventorySource, Arc<Inventory>)>>);

impl Inventories {
    /// The kept inventory of a source, if it is still valid at a time.
    pub(super) fn get(&self, source: &InventorySource, now: Timestamp) -> Option<Arc<Inventory>> {
        let known = self.0.lock();
        let found = known.iter().find(|(of, inventory)| of.is(source) && now < inventory.valid_until);
        found.map(|(_, inventory)| Arc::clone(inventory))
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.0.lock().len()
    }

    /// Keeps an inventory. It replaces an earlier one of the same viewer.
    pub(super) fn keep(&self, source: InventorySource, inventory: &Arc<Inventory>) {
        let mut known = self.0.lock();
        known.retain(|(of, _)| of.viewer != source.viewer);
        if known.len() >= MOST {
            known.remove(0);
        }
        known.push((source, Arc::clone(inventory)));
    }
}

//! The one way to write: a transaction that leaves changes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use parking_lot::MutexGuard;
use securityhub_engine::{Key, Stored, Table};
use serde_json::Value;

use super::change::Change;
use super::clock::Timestamp;
use super::directory::Directory;
use super::due::Due;
use super::hub::{Hub, HubKey};
use super::names::Region;
use super::world::{FindingKey, World};

/// Writes to a world. Hubs and relations are staged and appear together at [`Transaction::commit`]; a
/// transaction that is dropped leaves them as they were. Findings are written at once, each wholly, under
/// their table's lock, since AWS accepts them one by one.
pub struct Transaction<'w> {
    world: &'w World,
    /// Held to the end, where hubs and relations are written.
    _writer: Option<MutexGuard<'w, ()>>,
    hubs: BTreeMap<HubKey, Option<Arc<Hub>>>,
    directory: Option<Directory>,
    due: Vec<(Timestamp, Due)>,
    changes: Vec<Change>,
}

impl<'w> Transaction<'w> {
    pub(super) fn new(world: &'w World, writer: Option<MutexGuard<'w, ()>>) -> Self {
        Transaction {
            world,
            _writer: writer,
            hubs: BTreeMap::new(),
            directory: None,
            due: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// A hub, as this transaction left it.
    pub fn hub(&self, key: &HubKey) -> Option<Arc<Hub>> {
        self.hubs.get(key).cloned().unwrap_or_else(|| self.world.hub(key))
    }

    /// Stages a hub.
    pub fn put_hub(&mut self, key: HubKey, hub: Hub) {
        self.changes.push(Change::Hub(key.clone()));
        self.hubs.insert(key, Some(Arc::new(hub)));
    }

    /// Stages the end of all that is kept of a hub.
    pub fn forget_hub(&mut self, key: &HubKey) {
        self.changes.push(Change::HubForgotten(key.clone()));
        self.hubs.insert(key.clone(), None);
    }

    /// Stages a change of relations.
    pub fn edit_directory<R>(&mut self, edit: impl FnOnce(&mut Directory) -> R) -> R {
        let directory = self.directory.get_or_insert_with(|| (*self.world.directory()).clone());
        self.changes.push(Change::Directory);
        edit(directory)
    }

    /// Stages something that happens later.
    pub fn put_due(&mut self, at: Timestamp, due: Due) {
        self.due.push((at, due));
    }

    /// Writes findings of a region under its lock.
    pub fn edit_findings<R>(&mut self, region: &Region, edit: impl FnOnce(&mut FindingWriter<'_>) -> R) -> R {
        let changes = &mut self.changes;
        self.world.edit_findings(region, |table, sequence| edit(&mut FindingWriter { table, sequence, changes }))
    }

    /// Drops those of an account's findings in a region that `drops` says; stored documents are handed to it.
    pub fn drop_findings(&mut self, hub: &HubKey, drops: impl Fn(&[u8]) -> bool) {
        let account = hub.account.to_string();
        self.drop_where(&hub.region, |key, document| key.account == account && drops(document));
    }

    /// Drops those findings of a region, whosever they are, that `drops` says.
    pub fn drop_expired(&mut self, region: &Region, drops: impl Fn(&[u8]) -> bool) {
        self.drop_where(region, |_, document| drops(document));
    }

    fn drop_where(&mut self, region: &Region, drops: impl Fn(&Key, &[u8]) -> bool) {
        let count = self.world.edit_findings(region, |table, _| {
            let found = table.iter().filter(|(key, stored)| drops(key, &stored.document));
            let gone: Vec<_> = found.map(|(key, _)| key.clone()).collect();
            gone.iter().filter(|key| table.remove(key)).count()
        });
        if count > 0 {
            self.changes.push(Change::FindingsDropped { region: region.clone(), count });
        }
    }

    /// Makes what was staged visible, all of it, and gives what changed.
    pub fn commit(self) -> Vec<Change> {
        if let Some(directory) = self.directory {
            self.world.replace_directory(directory);
        }
        for (key, hub) in self.hubs {
            match hub {
                Some(hub) => self.world.put_hub(key, hub),
                None => self.world.remove_hub(&key),
            }
        }
        self.world.put_due(self.due);
        self.changes
    }
}

/// Writes findings of one region; its table is locked meanwhile.
pub struct FindingWriter<'t> {
    table: &'t mut Table,
    sequence: &'t AtomicU64,
    changes: &'t mut Vec<Change>,
}

impl FindingWriter<'_> {
    /// The stored finding.
    pub fn get(&self, key: &FindingKey) -> Option<Stored> {
        self.table.get(&key.in_table())
    }

    /// Stores a finding, or replaces it in its place. `document` is the compact JSON of `value`.
    pub fn put(&mut self, key: FindingKey, document: Bytes, value: &Value) {
        let in_table = key.in_table();
        let before = self.table.get(&in_table).map(|stored| stored.document);
        let sequence = if before.is_some() { 0 } else { self.sequence.fetch_add(1, Ordering::Relaxed) };
        self.table.put(in_table, sequence, document.clone(), value);
        self.changes.push(Change::Finding { key, before, after: document });
    }
}

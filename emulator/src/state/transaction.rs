//! The one way to write: a transaction that leaves changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::MutexGuard;

use super::change::Change;
use super::clock::Timestamp;
use super::delays::Delays;
use super::directory::Directory;
use super::due::Due;
use super::findings::FindingWriter;
use super::hub::{Hub, HubKey};
use super::names::Region;
use super::resources::Resources;
use super::world::World;

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

    /// How long what AWS does later takes.
    pub fn delays(&self) -> Delays {
        self.world.delays
    }

    /// What the scenario declares of resources.
    pub fn resources(&self) -> Option<&'w Resources> {
        self.world.resources.as_ref()
    }

    /// Stages something that happens later.
    pub fn put_due(&mut self, at: Timestamp, due: Due) {
        self.due.push((at, due));
    }

    /// Writes findings of a region under its lock.
    pub fn edit_findings<R>(&mut self, region: &Region, edit: impl FnOnce(&mut FindingWriter<'_>) -> R) -> R {
        let (result, stored) = self.world.edit_findings(region, |findings, sequence| {
            let mut writer = FindingWriter::new(findings, sequence);
            let result = edit(&mut writer);
            (result, writer.finish())
        });
        if !stored.is_empty() {
            self.changes.push(Change::Findings { region: region.clone(), stored });
        }
        result
    }

    /// Drops those findings of a region that `drops` says of their documents.
    pub fn drop_findings(&mut self, region: &Region, drops: impl Fn(&[u8]) -> bool) {
        let count = self.world.edit_findings(region, |findings, _| findings.remove_where(drops));
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

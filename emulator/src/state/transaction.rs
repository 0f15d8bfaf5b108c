//! Transactions, the only way to write.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::answered::{Answered, ClientToken};
use super::change::Change;
use super::clock::Timestamp;
use super::delays::Delays;
use super::directory::Directory;
use super::due::{CheckScope, Due};
use super::findings_transaction::FindingsTransaction;
use super::hub::{Hub, HubKey};
use super::hub_v2::HubV2;
use super::relations::Relations;
use super::resources::Resources;
use super::world::World;

/// A transaction on a world; there is one at a time. Changes of hubs and relations are staged and become visible
/// together at [`Transaction::commit`]; dropping the transaction discards them.
///
/// It dereferences to a [`FindingsTransaction`] that holds the writers' lock from its start, so functions that write
/// findings accept either.
pub struct Transaction<'w> {
    findings: FindingsTransaction<'w>,
    /// Relations, hubs and resources at the start. They cannot change during the transaction, because the writers' lock
    /// is held.
    before: Arc<Relations>,
    hubs: BTreeMap<HubKey, Option<Arc<Hub>>>,
    hubs_v2: BTreeMap<HubKey, Option<Arc<HubV2>>>,
    directory: Option<Directory>,
    resources: Option<Arc<Resources>>,
    /// The response to this call if it has a client token, and the time before which earlier responses are dropped.
    answered: Option<(ClientToken, Arc<Answered>, Timestamp)>,
}

impl World {
    /// Starts a transaction on hubs and relations. Waits until the previous one has ended.
    pub fn write(&self) -> Transaction<'_> {
        let held = self.lock_relations();
        let before = held.relations();
        let findings = FindingsTransaction::new(self, Some(held));
        Transaction {
            findings,
            before,
            hubs: BTreeMap::new(),
            hubs_v2: BTreeMap::new(),
            directory: None,
            resources: None,
            answered: None,
        }
    }
}

impl Transaction<'_> {
    /// Takes the next entry that is due at `now`. It is to be processed in this transaction, whose events get its due
    /// time.
    pub fn take_due(&mut self, now: Timestamp) -> Option<(Timestamp, Due)> {
        let world = self.findings.world;
        let entry = world.take_due(now, self.findings.lock_relations());
        self.findings.due_at = entry.as_ref().map(|(at, _)| *at);
        self.findings.taken.extend(entry.clone());
        entry
    }

    /// A fork of the world to read from after this transaction has ended. It does not contain what this transaction has
    /// staged.
    pub fn snapshot(&mut self) -> World {
        let world = self.findings.world;
        world.snapshot(self.findings.lock_relations())
    }

    /// Takes the checks of a hub that follow the entry in progress and are due at the same time.
    pub fn take_checks(&mut self, at: Timestamp, hub: &HubKey) -> Vec<CheckScope> {
        let world = self.findings.world;
        let scopes = world.take_checks(at, hub, self.findings.lock_relations());
        self.findings.taken.extend(scopes.iter().map(|scope| (at, Due::Check(hub.clone(), *scope))));
        scopes
    }

    /// Takes the pending computations of exposures of all Regions, because this transaction computes them.
    pub fn take_exposures(&mut self) {
        let world = self.findings.world;
        let taken = world.take_exposures(self.findings.lock_relations());
        self.findings.taken.extend(taken);
    }

    /// A hub, including changes staged in this transaction.
    pub fn hub(&self, key: &HubKey) -> Option<Arc<Hub>> {
        self.hubs.get(key).cloned().unwrap_or_else(|| self.before.hub(key).cloned())
    }

    /// Stages a hub.
    pub fn stage_hub(&mut self, key: HubKey, hub: Hub) {
        self.findings.changes.push(Change::Hub(key.clone()));
        self.hubs.insert(key, Some(Arc::new(hub)));
    }

    /// Stages the removal of a hub and all of its data.
    pub fn forget_hub(&mut self, key: &HubKey) {
        self.findings.changes.push(Change::HubForgotten(key.clone()));
        self.hubs.insert(key.clone(), None);
    }

    /// A V2 hub, including changes staged in this transaction.
    pub fn hub_v2(&self, key: &HubKey) -> Option<Arc<HubV2>> {
        self.hubs_v2.get(key).cloned().unwrap_or_else(|| self.before.hub_v2(key).cloned())
    }

    /// Stages a V2 hub.
    pub fn stage_hub_v2(&mut self, key: HubKey, hub: HubV2) {
        self.findings.changes.push(Change::HubV2(key.clone()));
        self.hubs_v2.insert(key, Some(Arc::new(hub)));
    }

    /// Stages the removal of a V2 hub and all of its data.
    pub fn forget_hub_v2(&mut self, key: &HubKey) {
        self.findings.changes.push(Change::HubV2(key.clone()));
        self.hubs_v2.insert(key.clone(), None);
    }

    /// The relations, including changes staged in this transaction.
    pub fn directory(&self) -> &Directory {
        self.directory.as_ref().unwrap_or_else(|| self.before.directory())
    }

    /// Stages a change of relations. The first change clones them, which is cheap because their large maps are
    /// persistent.
    pub fn edit_directory<R>(&mut self, edit: impl FnOnce(&mut Directory) -> R) -> R {
        if self.directory.is_none() {
            self.findings.changes.push(Change::Directory);
        }
        edit(self.directory.get_or_insert_with(|| Directory::clone(self.before.directory())))
    }

    /// The staged relations; `None` if this transaction has not changed them.
    pub fn staged_directory(&self) -> Option<&Directory> {
        self.directory.as_ref()
    }

    /// Simulated delays of asynchronous AWS work.
    pub fn delays(&self) -> Delays {
        self.findings.world.delays
    }

    /// The declared resources, including staged changes. Without them no control is checked.
    pub fn resources(&self) -> Option<Arc<Resources>> {
        self.resources.as_ref().or_else(|| self.before.resources()).cloned()
    }

    /// Stages a change of declared resources. Once resources are declared, controls are checked.
    pub fn edit_resources<R>(&mut self, edit: impl FnOnce(&mut Resources) -> R) -> R {
        if self.resources.is_none() {
            self.findings.changes.push(Change::Resources);
        }
        let before = || self.before.resources().cloned().unwrap_or_default();
        edit(Arc::make_mut(self.resources.get_or_insert_with(before)))
    }

    /// The response to the last successful call with a client token, if it is still kept.
    pub fn answered(&self, token: &ClientToken) -> Option<&Arc<Answered>> {
        self.before.answered(token)
    }

    /// Stages the response to this call. Responses from before `since` are dropped.
    pub fn stage_answer(&mut self, token: ClientToken, answered: Answered, since: Timestamp) {
        self.answered = Some((token, Arc::new(answered), since));
    }

    /// Records and publishes everything that was staged, emits the events, and returns the changes. If the changes
    /// cannot be recorded, the transaction is undone.
    pub fn commit(self) -> Vec<Change> {
        self.try_commit().unwrap_or_default()
    }

    /// Like [`Transaction::commit`]; `None` if the changes cannot be recorded.
    pub fn try_commit(mut self) -> Option<Vec<Change>> {
        let world = self.findings.world;
        let has_hubs = !self.hubs.is_empty() || !self.hubs_v2.is_empty();
        if self.directory.is_some() || self.resources.is_some() || has_hubs || self.answered.is_some() {
            let mut relations = Relations::clone(&self.before);
            if let Some(directory) = self.directory {
                relations.replace_directory(Arc::new(directory));
            }
            if let Some(resources) = self.resources {
                relations.replace_resources(resources);
            }
            for (key, hub) in self.hubs {
                relations.replace_hub(key, hub);
            }
            for (key, hub) in self.hubs_v2 {
                relations.replace_hub_v2(key, hub);
            }
            if let Some((token, answered, since)) = self.answered {
                relations.keep_answer(token, answered, since);
            }
            let rows = if world.is_recorded() { relations.changes_since(&self.before) } else { Vec::new() };
            if !self.findings.record(&relations, rows) {
                return None;
            }
            world.publish(relations, self.findings.lock_relations());
        } else if !self.findings.record(&self.before, Vec::new()) {
            return None;
        }
        Some(self.findings.finish())
    }
}

impl<'w> Deref for Transaction<'w> {
    type Target = FindingsTransaction<'w>;

    fn deref(&self) -> &FindingsTransaction<'w> {
        &self.findings
    }
}

impl<'w> DerefMut for Transaction<'w> {
    fn deref_mut(&mut self) -> &mut FindingsTransaction<'w> {
        &mut self.findings
    }
}

//! Relations, hubs and declared resources as one value.
//!
//! A reader takes one [`Relations`] and sees a consistent snapshot, even if relations are written in the meantime. A
//! transaction publishes its successor in one swap. The map of hubs is persistent, so a successor shares all unchanged
//! hubs.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use super::answered::{Answered, ClientToken};
use super::clock::Timestamp;
use super::directory::Directory;
use super::hub::{Hub, HubKey};
use super::hub_v2::HubV2;
use super::names::{AccountId, Region};
use super::resources::Resources;
use super::sync::Mutex;

/// A snapshot of account relations, hubs and declared resources.
#[derive(Clone, Debug, Default)]
pub struct Relations {
    pub(super) directory: Arc<Directory>,
    pub(super) hubs: OrdMap<HubKey, Arc<Hub>>,
    pub(super) hubs_v2: OrdMap<HubKey, Arc<HubV2>>,
    pub(super) answered: OrdMap<ClientToken, Arc<Answered>>,
    /// The keys of `answered` by the time of the call. A token that was used again is in it twice.
    answered_at: OrdSet<(Timestamp, ClientToken)>,
    /// `None` if no resources were ever declared; then no control is checked.
    pub(super) resources: Option<Arc<Resources>>,
    visible: Arc<VisibleAccounts>,
    /// The same for V2 hubs.
    visible_v2: Arc<VisibleAccounts>,
}

/// Visible accounts by hub, computed from relations and enabled hubs. Successors share the cache until either changes.
#[derive(Debug, Default)]
struct VisibleAccounts(Mutex<HashMap<HubKey, Arc<HashSet<String>>>>);

impl VisibleAccounts {
    fn get(&self, key: &HubKey, find: impl FnOnce() -> HashSet<String>) -> Arc<HashSet<String>> {
        if let Some(known) = self.0.lock().get(key) {
            return Arc::clone(known);
        }
        // Computed without holding the lock: two readers may compute it at the same time, with the same result.
        let found = Arc::new(find());
        Arc::clone(self.0.lock().entry(key.clone()).or_insert(found))
    }
}

impl Relations {
    /// The relations between accounts.
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// A hub, enabled or dormant.
    pub fn hub(&self, key: &HubKey) -> Option<&Arc<Hub>> {
        self.hubs.get(key)
    }

    /// Returns whether the hub is enabled.
    pub fn is_on(&self, key: &HubKey) -> bool {
        self.hub(key).is_some_and(|hub| hub.subscribed_at().is_some())
    }

    /// The number of hubs, dormant ones included.
    pub fn hub_count(&self) -> usize {
        self.hubs.len()
    }

    /// The keys of all hubs, dormant ones included.
    pub fn hub_keys(&self) -> BTreeSet<HubKey> {
        self.hubs.keys().cloned().collect()
    }

    /// The Regions of all hubs, dormant ones included.
    pub fn hub_regions(&self) -> BTreeSet<Region> {
        let mut regions = BTreeSet::new();
        for key in self.hubs.keys() {
            if !regions.contains(&key.region) {
                regions.insert(key.region.clone());
            }
        }
        regions
    }

    /// The Regions in which an account has enabled its hub.
    pub fn regions_of(&self, account: AccountId) -> impl Iterator<Item = &Region> {
        // Keys are sorted by account, and no name of a Region sorts before the empty one.
        let of_account = self.hubs.range(HubKey { account, region: Region::new("") }..);
        let of_account = of_account.take_while(move |(key, _)| key.account == account);
        of_account.filter(|(_, hub)| hub.subscribed_at().is_some()).map(|(key, _)| &key.region)
    }

    /// The keys of all enabled hubs, sorted by account.
    pub fn enabled_hubs(&self) -> impl Iterator<Item = &HubKey> {
        self.hubs.iter().filter(|(_, hub)| hub.subscribed_at().is_some()).map(|(key, _)| key)
    }

    /// The keys of all enabled V2 hubs, sorted by account.
    pub fn enabled_hubs_v2(&self) -> impl Iterator<Item = &HubKey> {
        self.hubs_v2.iter().filter(|(_, hub)| hub.subscribed_at().is_some()).map(|(key, _)| key)
    }

    /// A V2 hub, enabled or dormant.
    pub fn hub_v2(&self, key: &HubKey) -> Option<&Arc<HubV2>> {
        self.hubs_v2.get(key)
    }

    /// Returns whether the V2 hub is enabled.
    pub fn is_v2_on(&self, key: &HubKey) -> bool {
        self.hub_v2(key).is_some_and(|hub| hub.subscribed_at().is_some())
    }

    /// All V2 hubs, dormant ones included, sorted by account.
    pub fn hubs_v2(&self) -> impl Iterator<Item = (&HubKey, &Arc<HubV2>)> {
        self.hubs_v2.iter()
    }

    /// The V2 hubs of an account, dormant ones included.
    pub fn hubs_v2_of(&self, account: AccountId) -> impl Iterator<Item = (&HubKey, &Arc<HubV2>)> {
        let of_account = self.hubs_v2.range(HubKey { account, region: Region::new("") }..);
        of_account.take_while(move |(key, _)| key.account == account)
    }

    /// The response to the last successful call with a client token, if it is still kept.
    pub fn answered(&self, token: &ClientToken) -> Option<&Arc<Answered>> {
        self.answered.get(token)
    }

    /// The declared resources.
    pub fn resources(&self) -> Option<&Arc<Resources>> {
        self.resources.as_ref()
    }

    /// The accounts whose findings a hub sees. The result of `find` is cached until relations change or a hub is
    /// enabled or disabled.
    pub fn visible_accounts(&self, key: &HubKey, find: impl FnOnce() -> HashSet<String>) -> Arc<HashSet<String>> {
        self.visible.get(key, find)
    }

    /// Like [`Relations::visible_accounts`], but for a V2 hub.
    pub fn visible_accounts_v2(&self, key: &HubKey, find: impl FnOnce() -> HashSet<String>) -> Arc<HashSet<String>> {
        self.visible_v2.get(key, find)
    }

    pub(super) fn replace_directory(&mut self, directory: Arc<Directory>) {
        self.directory = directory;
        self.visible = Arc::default();
        self.visible_v2 = Arc::default();
    }

    pub(super) fn replace_resources(&mut self, resources: Arc<Resources>) {
        self.resources = Some(resources);
    }

    /// Inserts, replaces or removes a V2 hub.
    pub(super) fn replace_hub_v2(&mut self, key: HubKey, hub: Option<Arc<HubV2>>) {
        self.visible_v2 = Arc::default();
        match hub {
            Some(hub) => _ = self.hubs_v2.insert(key, hub),
            None => _ = self.hubs_v2.remove(&key),
        }
    }

    /// Like [`Relations::keep_answer`], but without dropping old responses.
    pub(super) fn restore_answer(&mut self, token: ClientToken, answered: Answered) {
        self.answered_at.insert((answered.at, token.clone()));
        self.answered.insert(token, Arc::new(answered));
    }

    /// Keeps the response to a call with a client token, and drops responses from before a time.
    pub(super) fn keep_answer(&mut self, token: ClientToken, answered: Arc<Answered>, since: Timestamp) {
        self.answered_at.insert((answered.at, token.clone()));
        self.answered.insert(token, answered);
        while let Some(oldest) = self.answered_at.get_min().filter(|(at, _)| *at < since).cloned() {
            self.answered_at.remove(&oldest);
            let (at, token) = oldest;
            if self.answered.get(&token).is_some_and(|answered| answered.at == at) {
                self.answered.remove(&token);
            }
        }
    }

    /// Inserts, replaces or removes a hub.
    pub(super) fn replace_hub(&mut self, key: HubKey, hub: Option<Arc<Hub>>) {
        let was_on = self.is_on(&key);
        let is_on = hub.as_ref().is_some_and(|hub| hub.subscribed_at().is_some());
        match hub {
            Some(hub) => _ = self.hubs.insert(key, hub),
            None => _ = self.hubs.remove(&key),
        }
        if was_on != is_on {
            self.visible = Arc::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visible_accounts_are_computed_once_until_relations_change() {
        let mut relations = Relations::default();
        let key = HubKey { account: AccountId::DEFAULT, region: Region::new("us-east-1") };
        let set = |text: &str| HashSet::from([text.to_owned()]);
        let first = relations.visible_accounts(&key, || set("1"));
        assert!(
            Arc::ptr_eq(&first, &relations.clone().visible_accounts(&key, || set("2"))),
            "a clone shares the cache"
        );
        let before = relations.clone();
        relations.replace_directory(Arc::default());
        assert_eq!(*relations.visible_accounts(&key, || set("3")), set("3"));
        assert_eq!(*before.visible_accounts(&key, || set("4")), set("1"), "the earlier snapshot is unchanged");
    }
}

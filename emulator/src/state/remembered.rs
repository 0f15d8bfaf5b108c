//! What is computed from relations and hubs once, for as long as neither changes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::hub::HubKey;

/// Sets of accounts, by whose they are.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    /// Counts the changes of relations and hubs.
    version: AtomicU64,
    known: Mutex<Known>,
}

/// What was computed at one version.
#[derive(Debug, Default)]
struct Known {
    version: u64,
    accounts: HashMap<HubKey, Arc<HashSet<String>>>,
}

impl Remembered {
    /// Relations or hubs have changed.
    pub(super) fn forget(&self) {
        self.version.fetch_add(1, Ordering::AcqRel);
    }

    /// The set of `key`; `find` computes it from the relations and hubs as they are when it is called.
    pub(super) fn accounts(&self, key: &HubKey, find: impl FnOnce() -> HashSet<String>) -> Arc<HashSet<String>> {
        let version = self.version.load(Ordering::Acquire);
        if let Some(accounts) = self.known.lock().get(version, key) {
            return accounts;
        }
        let accounts = Arc::new(find());
        // What was computed while something changed is good for this call only.
        let mut known = self.known.lock();
        if self.version.load(Ordering::Acquire) == version {
            if known.version != version {
                *known = Known { version, accounts: HashMap::new() };
            }
            known.accounts.insert(key.clone(), Arc::clone(&accounts));
        }
        accounts
    }
}

impl Known {
    fn get(&self, version: u64, key: &HubKey) -> Option<Arc<HashSet<String>>> {
        self.accounts.get(key).filter(|_| self.version == version).map(Arc::clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{AccountId, Region};

    #[test]
    fn a_set_is_computed_once_until_something_changes() {
        let remembered = Remembered::default();
        let key = |region| HubKey { account: AccountId::DEFAULT, region: Region::new(region) };
        let set = |text: &str| HashSet::from([text.to_owned()]);
        let get = |region, text| remembered.accounts(&key(region), || set(text));
        assert_eq!((*get("a", "1")).clone(), set("1"));
        assert!(Arc::ptr_eq(&get("a", "2"), &get("a", "3")), "remembered");
        assert_eq!(*get("b", "2"), set("2"));
        remembered.forget();
        assert_eq!(*get("a", "3"), set("3"));
        let changing = remembered.accounts(&key("c"), || {
            remembered.forget();
            set("old")
        });
        assert_eq!(*changing, set("old"));
        assert_eq!(*get("c", "new"), set("new"), "what changed meanwhile is not remembered");
    }
}

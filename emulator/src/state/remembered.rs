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
    accounts: Mutex<(u64, HashMap<HubKey, Arc<HashSet<String>>>)>,
}

impl Remembered {
    /// Relations or hubs have changed.
    pub(super) fn forget(&self) {
        self.version.fetch_add(1, Ordering::AcqRel);
    }

    /// The set of `key`; `find` computes it from the relations and hubs as they are when it is called.
    pub(super) fn accounts(&self, key: &HubKey, find: impl FnOnce() -> HashSet<String>) -> Arc<HashSet<String>> {
        let version = self.version.load(Ordering::Acquire);
        {
            let known = self.accounts.lock();
            if let Some(accounts) = known.1.get(key).filter(|_| known.0 == version) {
                return Arc::clone(accounts);
            }
        }
        let accounts = Arc::new(find());
        let mut known = self.accounts.lock();
        // What was computed while something changed is good for this call only.
        if self.version.load(Ordering::Acquire) == version {
            if known.0 != version {
                *known = (version, HashMap::new());
            }
            known.1.insert(key.clone(), Arc::clone(&accounts));
        }
        accounts
    }
}

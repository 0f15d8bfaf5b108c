//! The lock of writers of hubs and relations.

use std::sync::Arc;

use super::directory::Directory;
use super::relations::Relations;
use super::sync::MutexGuard;

/// The writers' lock, with the relations, which cannot change while it is held.
///
/// Functions that may only be called under this lock, such as publishing relations, take a reference to it as proof.
pub struct HeldRelations<'w> {
    relations: Arc<Relations>,
    _lock: MutexGuard<'w, ()>,
}

impl<'w> HeldRelations<'w> {
    /// Calls `read` to get the relations once the lock is held.
    pub(super) fn new(lock: MutexGuard<'w, ()>, read: impl FnOnce() -> Arc<Relations>) -> Self {
        HeldRelations { relations: read(), _lock: lock }
    }

    /// The relations between accounts.
    pub fn directory(&self) -> &Directory {
        self.relations.directory()
    }

    pub(super) fn relations(&self) -> Arc<Relations> {
        Arc::clone(&self.relations)
    }
}

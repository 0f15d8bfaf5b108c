//! The lock of those who write hubs and relations.

use std::sync::Arc;

use super::directory::Directory;
use super::relations::Relations;
use super::sync::MutexGuard;

/// The writers' lock, with the relations as they are while it is held: nobody else changes them.
///
/// What may only be done under this lock, such as publishing relations, takes a reference to this.
pub struct HeldRelations<'w> {
    relations: Arc<Relations>,
    _lock: MutexGuard<'w, ()>,
}

impl<'w> HeldRelations<'w> {
    /// `read` reads the relations, once the lock is held.
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

//! The findings of one table behind their lock.

use std::ops::Deref;
use std::sync::Arc;

use securityhub_engine::{FieldId, Filter};

use super::findings::Findings;
use super::sync::{Mutex, RwLock};

/// Maximum number of times that columns catch up with writers without the lock. After that they are built under the
/// lock.
const ROUNDS: usize = 8;

/// The findings of one table behind their lock. A fork of the world shares them until either side writes.
pub(super) struct LockedFindings {
    findings: RwLock<Arc<Findings>>,
    /// Held by the reader that builds columns, so that readers that need the same columns wait instead of building them
    /// too.
    building: Mutex<()>,
}

impl LockedFindings {
    pub(super) fn new(findings: Arc<Findings>) -> Arc<LockedFindings> {
        Arc::new(LockedFindings { findings: RwLock::new(findings), building: Mutex::default() })
    }

    /// Builds the missing columns that a query needs. Writers are not blocked: the documents are read without the lock,
    /// and what was written in the meantime is read at the end.
    pub(super) fn build_columns(&self, filter: &Filter, fields: &[FieldId]) {
        let draft = || self.read().table().draft(filter, fields);
        if draft().is_none() {
            return;
        }
        let building = self.building.lock();
        let mut draft = draft();
        for _ in 0..ROUNDS {
            let Some(mut outdated) = draft else { break };
            outdated.catch_up();
            draft = self.read().table().adopt(outdated);
        }
        drop(building);
    }
}

impl Deref for LockedFindings {
    type Target = RwLock<Arc<Findings>>;

    fn deref(&self) -> &RwLock<Arc<Findings>> {
        &self.findings
    }
}

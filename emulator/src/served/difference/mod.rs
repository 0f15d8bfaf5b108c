//! The difference between two worlds (CPL-53).
//!
//! Forks of a world share everything that neither has written since, and what they share is not read.

mod findings;
#[cfg(test)]
mod tests;
mod values;

use crate::state::{AccountId, Region, RowKey, Timestamp, World};

pub use findings::{Finding, FindingDifferences};
pub use values::ValueChange;

/// The difference between two worlds.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Findings, as their owners read them.
    pub findings: FindingDifferences,
    /// Rows of relations that only the second world has.
    pub added: Vec<RowKey>,
    /// Rows of relations that only the first world has.
    pub removed: Vec<RowKey>,
    /// Rows of relations with different values.
    pub changed: Vec<RowKey>,
    /// The times of both clocks.
    pub clocks: (Timestamp, Timestamp),
    /// Whether a list was longer than the limit.
    pub is_truncated: bool,
}

impl Difference {
    /// Whether the worlds are equal, except for their clocks.
    pub fn is_empty(&self) -> bool {
        let rows = [&self.added, &self.removed, &self.changed];
        rows.iter().all(|rows| rows.is_empty()) && self.findings == FindingDifferences::default()
    }
}

/// Rows are ordered by account, Region, kind and key, as they are shown.
fn order(row: &RowKey) -> (Option<AccountId>, Option<&Region>, &'static str, &str) {
    (row.account, row.region.as_ref(), row.kind.shown(), &row.key)
}

/// The difference between two worlds that no other code writes to, with up to `limit` entries in each list.
pub fn between(from: &World, to: &World, limit: usize) -> Difference {
    let mut is_truncated = false;
    let findings = findings::between(from, to, limit, &mut is_truncated);
    let (mut added, mut removed, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    let mut rows = to.finished_relations().changes_since(&from.finished_relations());
    rows.retain(|change| !change.row.kind.is_internal());
    rows.sort_by(|one, other| order(&one.row).cmp(&order(&other.row)));
    for change in rows {
        let list = match (&change.before, &change.after) {
            (None, _) => &mut added,
            (_, None) => &mut removed,
            _ => &mut changed,
        };
        if list.len() < limit {
            list.push(change.row);
        } else {
            is_truncated = true;
        }
    }
    let clocks = (from.clock.now(), to.clock.now());
    Difference { findings, added, removed, changed, clocks, is_truncated }
}

//! The difference between two worlds (CPL-53).
//!
//! Forks of a world share all parts that neither has written since. Shared parts are not compared.

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
    /// True if a list was truncated at the limit.
    pub is_truncated: bool,
}

impl Difference {
    /// Returns whether the worlds are equal, except for their clocks.
    pub fn is_empty(&self) -> bool {
        let rows = [&self.added, &self.removed, &self.changed];
        rows.iter().all(|rows| rows.is_empty()) && self.findings == FindingDifferences::default()
    }
}

/// The order of rows in responses: account, Region, displayed kind and key.
fn order(row: &RowKey) -> (Option<AccountId>, Option<&Region>, &'static str, &str) {
    (row.account, row.region.as_ref(), row.kind.display_name(), &row.key)
}

/// Compares two worlds, which no other thread may write to. Each list has up to `limit` entries.
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

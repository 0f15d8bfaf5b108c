//! Findings written by a transaction, from which events are derived.

use std::collections::VecDeque;

use securityhub_engine::Snapshot;

use super::clock::Timestamp;
use super::names::TableKey;
use super::test_tag::TestTag;

/// The forms of a finding that a write has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// ASFF, and the OCSF form derived from it.
    Both,
    /// OCSF only.
    Ocsf,
}

/// A finding as it was written.
#[derive(Clone, Debug)]
pub struct WrittenFinding {
    /// The finding.
    pub finding: Snapshot,
    /// The forms that the write changed.
    pub form: Form,
}

/// Findings that were written together.
#[derive(Debug)]
pub struct FindingWrites {
    /// The table they are stored in.
    pub table: TableKey,
    /// The time at which they were written.
    at: Timestamp,
    /// The tag of the call that wrote them.
    test: Option<TestTag>,
    /// The transaction that wrote them.
    pub(super) transaction: u64,
    /// The written findings, in order.
    pub findings: VecDeque<WrittenFinding>,
    /// The number of documents dropped in favour of newer ones. The ring would drop their events too, but counts each of
    /// them.
    dropped: u64,
    /// Maximum number of kept documents.
    capacity: usize,
}

impl FindingWrites {
    pub(super) fn new(
        table: TableKey,
        at: Timestamp,
        test: Option<TestTag>,
        transaction: u64,
        capacity: usize,
    ) -> FindingWrites {
        FindingWrites { table, at, test, transaction, findings: VecDeque::new(), dropped: 0, capacity }
    }

    /// The time at which they were written.
    pub(super) fn at(&self) -> Timestamp {
        self.at
    }

    /// The tag of the call that wrote them.
    pub(super) fn test(&self) -> Option<&TestTag> {
        self.test.as_ref()
    }

    /// The number of documents that were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Adds a finding.
    pub(super) fn push(&mut self, finding: Snapshot, form: Form) {
        if self.findings.len() >= self.capacity {
            self.findings.pop_front();
            self.dropped += 1;
        }
        self.findings.push_back(WrittenFinding { finding, form });
    }
}

//! Findings that one transaction has written, for the events that tell of them.

use std::collections::VecDeque;

use securityhub_engine::Snapshot;

use super::clock::Timestamp;
use super::names::Place;

/// Findings that were written together.
#[derive(Debug)]
pub struct Written {
    /// Where they are stored.
    pub place: Place,
    /// When they were written.
    at: Timestamp,
    /// What was stored, in order.
    pub findings: VecDeque<Snapshot>,
    /// How many were stored before these. Their events would not be kept, and each is counted as one.
    earlier: u64,
    /// How many are kept at most.
    most: usize,
}

impl Written {
    pub(super) fn new(place: Place, at: Timestamp, most: usize) -> Written {
        Written { place, at, findings: VecDeque::new(), earlier: 0, most }
    }

    /// When they were written.
    pub(super) fn at(&self) -> Timestamp {
        self.at
    }

    /// How many were stored before those that are kept.
    pub(super) fn earlier(&self) -> u64 {
        self.earlier
    }

    /// Adds a finding.
    pub(super) fn push(&mut self, finding: Snapshot) {
        if self.findings.len() >= self.most {
            self.findings.pop_front();
            self.earlier += 1;
        }
        self.findings.push_back(finding);
    }
}

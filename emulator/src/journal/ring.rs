//! The ring of recorded calls.

use std::collections::VecDeque;
use std::sync::Arc;

use super::call::CallRecord;
use super::dropped::DroppedNumbers;

/// Memory of a place in the ring, which may have twice as many places as calls, in bytes.
const PLACE: usize = 2 * size_of::<Numbered>();

/// A call and its number.
#[derive(Clone, Debug)]
pub(super) struct Numbered {
    pub number: u64,
    pub record: Arc<CallRecord>,
}

/// The newest calls, by number. Deleted numbers are missing.
#[derive(Debug, Default)]
pub(super) struct Ring {
    calls: VecDeque<Numbered>,
    bytes: usize,
    /// The number of the last call.
    last: u64,
    /// The number of calls that were dropped.
    dropped: u64,
    dropped_numbers: DroppedNumbers,
    /// The epoch of the world at the last reset. Calls of earlier worlds are not recorded.
    epoch: u64,
}

impl Ring {
    /// Adds a call of a world with this epoch, and returns its number.
    pub fn push(&mut self, record: Arc<CallRecord>, size: usize, epoch: Option<u64>) -> Option<u64> {
        if epoch.is_some_and(|epoch| epoch < self.epoch) {
            return None;
        }
        self.last += 1;
        self.bytes += size + PLACE;
        self.calls.push_back(Numbered { number: self.last, record });
        Some(self.last)
    }

    /// Drops the oldest calls until the others need at most `size` bytes.
    pub fn shrink(&mut self, size: usize) -> Vec<Numbered> {
        let mut dropped = Vec::new();
        while self.bytes > size {
            let Some(oldest) = self.calls.pop_front() else { break };
            self.bytes -= oldest.record.size() + PLACE;
            self.dropped += 1;
            self.dropped_numbers.note(oldest.number);
            dropped.push(oldest);
        }
        dropped
    }

    /// The number of calls after a number that were dropped.
    pub fn dropped_after(&self, after: u64) -> u64 {
        self.dropped_numbers.after(after)
    }

    /// Up to `most` calls after a number, oldest first.
    pub fn after(&self, number: u64, most: usize) -> Vec<Numbered> {
        let start = self.calls.partition_point(|it| it.number <= number);
        self.calls.range(start..).take(most).cloned().collect()
    }

    /// Deletes the calls with these numbers, which are sorted.
    pub fn delete(&mut self, numbers: &[u64]) -> Vec<Numbered> {
        let mut deleted = Vec::with_capacity(numbers.len());
        if numbers.is_empty() {
            return deleted;
        }
        let mut kept = VecDeque::with_capacity(self.calls.len().saturating_sub(numbers.len()));
        for call in std::mem::take(&mut self.calls) {
            if numbers.binary_search(&call.number).is_ok() {
                self.bytes -= call.record.size() + PLACE;
                deleted.push(call);
            } else {
                kept.push_back(call);
            }
        }
        self.calls = kept;
        deleted
    }

    /// Removes all calls, since a world with this epoch begins; numbering continues.
    pub fn forget(&mut self, epoch: u64) -> VecDeque<Numbered> {
        self.bytes = 0;
        self.dropped_numbers = DroppedNumbers::default();
        self.epoch = epoch;
        std::mem::take(&mut self.calls)
    }

    pub fn last(&self) -> u64 {
        self.last
    }

    pub fn continue_after(&mut self, number: u64) {
        self.last = self.last.max(number);
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

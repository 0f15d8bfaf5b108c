//! The journal of API calls: the requests that arrived, and their responses (CPL-20 to CPL-29).
//!
//! [`Journal`] stores the newest calls in a ring of limited size. A call is recorded in a compact form, without parsing
//! its JSON ([`call`]). The JSON is parsed when the call is listed ([`render`]), filtered ([`filter`]) or verified
//! ([`verify`]). Secrets are removed before a call is recorded ([`redact`]). The code that records calls belongs to
//! `service`, and the HTTP interface of the journal to `control`.

mod call;
mod dropped;
mod filter;
mod redact;
mod render;
mod ring;
mod summary;
#[cfg(test)]
mod tests;
mod texts;
pub mod verify;

pub use call::NewCall;
pub use filter::{FaultFilter, Filter, StatusFilter};
pub use render::{RecordedCall, explained_operation};
pub use summary::CallSummary;

use crate::state::sync::Mutex;
use call::CallRecord;
use ring::{Copied, Numbered, Ring};

/// The default size, in bytes.
pub const DEFAULT_SIZE: usize = 16 * 1024 * 1024;
/// The message of calls that need a journal.
pub const OFF: &str = "the journal is off: start with --journal 16MiB";
/// Maximum number of calls that are copied from the ring at a time, so that its lock is held only for a short time.
const BATCH: usize = 100;

/// The newest API calls.
#[derive(Debug)]
pub struct Journal {
    size: usize,
    ring: Mutex<Ring>,
}

/// A page of calls that a filter selects.
#[derive(Debug, Default)]
pub struct Page {
    /// The calls, in the order in which they were requested.
    pub calls: Vec<RecordedCall>,
    /// The number of the last call that was compared with the filter; the filter's `after` if no call was compared.
    pub last: u64,
    /// Number of calls after the filter's `after` that were dropped to make space for newer ones.
    pub dropped: u64,
    /// Number of matching calls, up to the requested number.
    pub count: usize,
}

impl Journal {
    /// Creates a journal of this size in bytes; 0 turns it off.
    pub fn new(size: usize) -> Journal {
        Journal { size, ring: Mutex::new(Ring::default()) }
    }

    /// Returns whether calls are recorded.
    pub fn is_on(&self) -> bool {
        self.size > 0
    }

    /// Records a call and returns its number; `None` if the journal is off, or the world that answered the call was
    /// replaced by a reset (CPL-54).
    pub fn record(&self, call: NewCall<'_>) -> Option<u64> {
        if !self.is_on() {
            return None;
        }
        let epoch = call.facts.epoch;
        // The lock is not held when dropped calls are freed.
        let (number, _dropped) = call::record(call, |record| self.ring.lock().push(&record, self.size, epoch))?;
        Some(number)
    }

    /// Returns up to `limit` calls that a filter selects, oldest first, and counts up to `count` of them even if
    /// `count` is greater than `limit`.
    pub fn page(&self, filter: &Filter, limit: usize, count: usize) -> Page {
        let mut page =
            Page { last: filter.after, dropped: self.ring.lock().dropped_after(filter.after), ..Page::default() };
        let (mut at, max) = (filter.after, limit.max(count));
        loop {
            let batch = self.batch(at);
            let Some(last) = batch.last().map(|it| it.number) else { return page };
            for Numbered { number, record } in batch {
                if page.calls.len() < limit {
                    page.last = number;
                }
                if filter.selects(&record) {
                    page.count += 1;
                    if page.calls.len() < limit {
                        page.calls.push(RecordedCall::new(number, &record));
                    }
                    if page.count == max {
                        return page;
                    }
                }
            }
            at = last;
        }
    }

    /// Returns the newest calls that a filter selects, up to `limit`, newest first.
    pub fn newest(&self, filter: &Filter, limit: usize) -> Page {
        let ring = self.ring.lock();
        let (last, dropped) = (ring.last().max(filter.after), ring.dropped_after(filter.after));
        drop(ring);
        let newest = self.backwards(filter, last.saturating_add(1), limit);
        let calls: Vec<RecordedCall> = newest.iter().map(|it| RecordedCall::new(it.number, &it.record)).collect();
        Page { count: calls.len(), calls, last, dropped }
    }

    /// Returns up to `limit` calls before a number that a filter selects, newest first, without parsing their bodies.
    pub fn summaries(&self, filter: &Filter, before: u64, limit: usize) -> Vec<CallSummary> {
        let found = self.backwards(filter, before, limit);
        found.iter().map(|it| CallSummary::new(it.number, &it.record)).collect()
    }

    /// Up to `limit` calls before a number that a filter selects, newest first.
    fn backwards(&self, filter: &Filter, before: u64, limit: usize) -> Vec<Numbered> {
        let (mut found, mut at) = (Vec::new(), before);
        loop {
            let copied = self.ring.lock().before(at, BATCH);
            let batch: Vec<Numbered> = copied.into_iter().map(Copied::read).collect();
            let Some(first) = batch.last().map(|it| it.number) else { return found };
            for it in batch {
                if it.number <= filter.after || found.len() == limit {
                    return found;
                }
                if filter.selects(&it.record) {
                    found.push(it);
                }
            }
            at = first;
        }
    }

    /// The recorded call with a number; `None` if the call was never recorded, or was dropped.
    pub fn call(&self, number: u64) -> Option<RecordedCall> {
        let first = self.ring.lock().after(number.checked_sub(1)?, 1).pop();
        let Numbered { number: found, record } = first?.read();
        (found == number).then(|| RecordedCall::new(number, &record))
    }

    /// Removes the calls that a filter selects, and returns how many were removed. Call numbers are never reused.
    pub fn delete(&self, filter: &Filter) -> usize {
        let mut selected = Vec::new();
        let mut at = filter.after;
        loop {
            let batch = self.batch(at);
            let Some(last) = batch.last().map(|it| it.number) else { break };
            let of_batch = batch.into_iter().filter(|it| filter.selects(&it.record)).map(|it| it.number);
            selected.extend(of_batch);
            at = last;
        }
        self.ring.lock().delete(&selected)
    }

    /// Removes all calls, because the world with this epoch begins. Calls of earlier worlds that are still in progress
    /// will not be recorded (CPL-54, CPL-55).
    pub fn clear(&self, epoch: u64) {
        let removed = self.ring.lock().clear(epoch);
        // The lock is not held while the calls are freed.
        drop(removed);
    }

    /// The number of the last call.
    pub fn last(&self) -> u64 {
        self.ring.lock().last()
    }

    /// Continues numbering after a number, such as the last one of an earlier process with the same data directory.
    pub fn continue_after(&self, number: u64) {
        self.ring.lock().continue_after(number);
    }

    /// Memory in use, in bytes.
    pub fn bytes(&self) -> usize {
        self.ring.lock().bytes()
    }

    /// The number of calls that were dropped to make space for newer ones.
    pub fn dropped(&self) -> u64 {
        self.ring.lock().dropped()
    }

    /// The next calls after a number, oldest first.
    fn batch(&self, after: u64) -> Vec<Numbered> {
        let copied = self.ring.lock().after(after, BATCH);
        copied.into_iter().map(Copied::read).collect()
    }

    /// Passes all recorded calls after a number to `visit`, oldest first.
    fn each(&self, after: u64, mut visit: impl FnMut(u64, &CallRecord)) {
        let mut at = after;
        loop {
            let batch = self.batch(at);
            let Some(last) = batch.last().map(|it| it.number) else { return };
            for it in &batch {
                visit(it.number, &it.record);
            }
            at = last;
        }
    }
}

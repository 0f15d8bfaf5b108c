//! The ring of recorded calls.

use std::collections::VecDeque;
use std::sync::Arc;

use super::call::{Bodies, CallRecord, NewRecord};
use super::dropped::DroppedNumbers;

/// Minimum and maximum size of a chunk, in bytes.
const MIN_CHUNK: usize = 1024;
const MAX_CHUNK: usize = 64 * 1024;
/// Minimum number of chunks in a full ring, unless the chunks would be smaller than the minimum size.
const CHUNKS: usize = 64;
/// Memory that the allocator and the ring need for a chunk in addition to its content, in bytes.
const OVERHEAD: usize = 2 * size_of::<Chunk>() + 64;

/// A call and its number.
#[derive(Debug)]
pub(super) struct Numbered {
    pub number: u64,
    pub record: CallRecord,
}

/// A copy of a record in its chunk.
pub(super) struct Copied {
    number: u64,
    bytes: Box<[u8]>,
    bodies: Option<Arc<Bodies>>,
}

impl Copied {
    /// Parses the record.
    pub fn read(self) -> Numbered {
        Numbered { number: self.number, record: CallRecord::read(self.bytes, self.bodies) }
    }
}

/// The place of a record in its chunk.
#[derive(Debug)]
struct Slot {
    number: u64,
    start: u32,
    length: u32,
    bodies: Option<Arc<Bodies>>,
}

/// Memory to which records are appended, and which is freed as a whole. One allocation per record would take longer
/// than all other steps of recording together.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    bytes: Vec<u8>,
    slots: Vec<Slot>,
    /// Memory of the bodies that are not in the chunk, in bytes.
    long: usize,
}

impl Chunk {
    fn size(&self) -> usize {
        OVERHEAD + self.bytes.capacity() + self.slots.capacity() * size_of::<Slot>() + self.long
    }

    /// Removes the records, but not the memory.
    fn clear(&mut self) {
        self.bytes.clear();
        self.slots.clear();
        self.long = 0;
    }

    fn last(&self) -> u64 {
        self.slots.last().map_or(0, |slot| slot.number)
    }

    fn copy(&self, slot: &Slot) -> Copied {
        let start = slot.start as usize;
        let bytes = self.bytes.get(start..start + slot.length as usize).unwrap_or_default().into();
        Copied { number: slot.number, bytes, bodies: slot.bodies.clone() }
    }
}

/// The newest calls in the order of their numbers, without deleted calls.
#[derive(Debug, Default)]
pub(super) struct Ring {
    /// No chunk is empty.
    chunks: VecDeque<Chunk>,
    /// A dropped chunk, whose memory the next one uses.
    spare: Option<Chunk>,
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
    /// Adds a call of the world with this epoch to a ring of `limit` bytes. Returns the number of the call, and dropped
    /// chunks, which the caller frees after it has released the lock.
    pub fn push(&mut self, record: &NewRecord<'_>, limit: usize, epoch: Option<u64>) -> Option<(u64, Vec<Chunk>)> {
        if epoch.is_some_and(|epoch| epoch < self.epoch) {
            return None;
        }
        self.last += 1;
        self.reserve(record.size(), (limit / CHUNKS).clamp(MIN_CHUNK, MAX_CHUNK));
        if let Some(chunk) = self.chunks.back_mut() {
            self.bytes -= chunk.size();
            let start = u32::try_from(chunk.bytes.len()).unwrap_or_default();
            record.write(&mut chunk.bytes);
            let length = u32::try_from(record.size()).unwrap_or_default();
            chunk.long += record.bodies.as_ref().map_or(0, |bodies| bodies.size());
            chunk.slots.push(Slot { number: self.last, start, length, bodies: record.bodies.clone() });
            self.bytes += chunk.size();
        }
        Some((self.last, self.shrink(limit)))
    }

    /// Ensures that the last chunk has space for a record.
    fn reserve(&mut self, size: usize, chunk_size: usize) {
        if let Some(chunk) = self.chunks.back_mut() {
            if chunk.bytes.capacity() - chunk.bytes.len() >= size && chunk.long < chunk_size {
                return;
            }
            self.bytes -= chunk.size();
            if chunk.bytes.len() < chunk.bytes.capacity() / 8 * 7 {
                chunk.bytes.shrink_to_fit();
            }
            self.bytes += chunk.size();
        }
        let mut chunk = self.spare.take().unwrap_or_default();
        chunk.clear();
        chunk.bytes.reserve_exact(size.max(chunk_size));
        self.bytes += chunk.size();
        self.chunks.push_back(chunk);
    }

    /// Drops the oldest chunks until the ring needs at most `limit` bytes.
    fn shrink(&mut self, limit: usize) -> Vec<Chunk> {
        let mut dropped = Vec::new();
        while self.bytes > limit {
            let Some(oldest) = self.chunks.pop_front() else { break };
            self.bytes -= oldest.size();
            for slot in &oldest.slots {
                self.dropped += 1;
                self.dropped_numbers.push(slot.number);
            }
            // The bodies of other chunks are freed by the caller.
            if oldest.bytes.capacity() <= MAX_CHUNK && oldest.long == 0 {
                self.spare = Some(oldest);
            } else {
                dropped.push(oldest);
            }
        }
        dropped
    }

    /// The number of calls after a number that were dropped.
    pub fn dropped_after(&self, after: u64) -> u64 {
        self.dropped_numbers.after(after)
    }

    /// Up to `max` calls after a number, oldest first.
    pub fn after(&self, number: u64, max: usize) -> Vec<Copied> {
        let first = self.chunks.partition_point(|chunk| chunk.last() <= number);
        let slots = self.chunks.range(first..).flat_map(|chunk| {
            let start = chunk.slots.partition_point(|slot| slot.number <= number);
            chunk.slots.iter().skip(start).map(move |slot| (chunk, slot))
        });
        slots.take(max).map(|(chunk, slot)| chunk.copy(slot)).collect()
    }

    /// Up to `max` calls before a number, newest first.
    pub fn before(&self, number: u64, max: usize) -> Vec<Copied> {
        let slots = self.chunks.iter().rev().flat_map(|chunk| {
            let end = chunk.slots.partition_point(|slot| slot.number < number);
            chunk.slots.iter().take(end).rev().map(move |slot| (chunk, slot))
        });
        slots.take(max).map(|(chunk, slot)| chunk.copy(slot)).collect()
    }

    /// Deletes the calls with these numbers, which are sorted, and returns how many were deleted. The memory of their
    /// texts is freed with their chunks.
    pub fn delete(&mut self, numbers: &[u64]) -> usize {
        let mut deleted = 0;
        for chunk in &mut self.chunks {
            self.bytes -= chunk.size();
            let before = chunk.slots.len();
            chunk.slots.retain(|slot| numbers.binary_search(&slot.number).is_err());
            chunk.long = chunk.slots.iter().filter_map(|slot| slot.bodies.as_ref()).map(|bodies| bodies.size()).sum();
            deleted += before - chunk.slots.len();
            self.bytes += chunk.size();
        }
        let bytes = &mut self.bytes;
        self.chunks.retain(|chunk| {
            let is_empty = chunk.slots.is_empty();
            *bytes -= if is_empty { chunk.size() } else { 0 };
            !is_empty
        });
        deleted
    }

    /// Removes all calls, because the world with this epoch begins. Numbering continues.
    pub fn clear(&mut self, epoch: u64) -> VecDeque<Chunk> {
        self.bytes = 0;
        self.dropped_numbers = DroppedNumbers::default();
        self.epoch = epoch;
        std::mem::take(&mut self.chunks)
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

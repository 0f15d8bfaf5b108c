//! Bodies as they arrive, within the memory that all connections share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use super::input::BODY_LIMIT;

/// How much of a body that is refused is read and dropped, so that its sender gets to read the answer.
const DRAINED: usize = 64 * 1024 * 1024;

/// Memory for bodies that are not answered yet.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    limit: usize,
    used: Arc<AtomicUsize>,
}

/// A part of the memory; it is given back when this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    memory: Memory,
    bytes: usize,
}

/// Why a body was not received.
#[derive(Debug)]
pub(super) enum Broken {
    /// The bodies of other requests take all the memory.
    NoMemory,
    /// It ended early, or its chunks are malformed.
    Malformed(hyper::Error),
}

impl Memory {
    pub(super) fn new(limit: usize) -> Memory {
        Memory { limit, used: Arc::default() }
    }

    pub(super) fn hold_nothing(&self) -> Held {
        Held { memory: self.clone(), bytes: 0 }
    }
}

impl Held {
    /// Takes more; says whether there was enough.
    fn grow(&mut self, bytes: usize) -> bool {
        let Memory { limit, used } = &self.memory;
        let grown = used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(bytes).filter(|used| used <= limit)
        });
        if grown.is_ok() {
            self.bytes += bytes;
        }
        grown.is_ok()
    }

    fn give_back(&mut self) {
        self.memory.used.fetch_sub(std::mem::take(&mut self.bytes), Ordering::Relaxed);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Reads a body into memory that `held` accounts for. Of one over the limit it keeps a byte more than the limit, which
/// is how the reader of inputs knows, and drops the rest.
pub(super) async fn collect(mut body: Incoming, held: &mut Held) -> Result<Bytes, Broken> {
    let expected = usize::try_from(body.size_hint().lower()).unwrap_or(BODY_LIMIT).min(BODY_LIMIT);
    let mut first: Option<Bytes> = None;
    let mut joined = BytesMut::new();
    let (mut received, mut has_room) = (0, true);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(Broken::Malformed)?.into_data() else { continue };
        let kept = data.len().min((BODY_LIMIT + 1).saturating_sub(received));
        received += data.len();
        if received > DRAINED {
            break;
        }
        has_room = has_room && held.grow(kept);
        if !has_room {
            // The sender reads the answer once all is sent; until then nothing is kept.
            (first, joined) = (None, BytesMut::new());
            held.give_back();
            continue;
        }
        match first.take() {
            None if joined.is_empty() => first = Some(data),
            None => append(&mut joined, &data),
            Some(only) => {
                joined.reserve(expected);
                append(&mut joined, &only);
                append(&mut joined, &data);
            }
        }
    }
    if has_room { Ok(first.unwrap_or_else(|| joined.freeze())) } else { Err(Broken::NoMemory) }
}

fn append(joined: &mut BytesMut, data: &[u8]) {
    let room = (BODY_LIMIT + 1).saturating_sub(joined.len());
    joined.extend_from_slice(data.get(..room).unwrap_or(data));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: CPL-06.
    #[test]
    fn memory_is_shared_and_given_back() {
        let memory = Memory::new(100);
        let (mut first, mut second) = (memory.hold_nothing(), memory.hold_nothing());
        assert!(first.grow(60) && second.grow(40) && !second.grow(1));
        drop(first);
        assert!(second.grow(60) && !second.grow(1) && !second.grow(usize::MAX));
        second.give_back();
        assert!(memory.hold_nothing().grow(100));
    }
}

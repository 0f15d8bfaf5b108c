//! Receiving request bodies, within a memory limit shared by all connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::EXPECT;
use http::request::Parts;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use crate::metrics::{Metrics, Reason};

/// Maximum number of bytes of a refused body that are read and discarded, because many clients read the response only
/// after they have sent the whole body.
const MAX_DRAINED: usize = 256 * 1024 * 1024;

/// The memory for bodies of requests in progress.
#[derive(Clone, Debug)]
pub struct Memory {
    limit: usize,
    used: Arc<AtomicUsize>,
    /// Counts the requests that are refused because memory is short.
    metrics: Arc<Metrics>,
}

/// A share of the memory, released on drop.
#[derive(Debug)]
pub struct MemoryShare {
    memory: Memory,
    bytes: usize,
}

/// A request extension: the body exceeded the limit and was not received.
#[derive(Clone, Copy, Debug)]
pub struct TooLarge;

/// The reason why a body was not received.
#[derive(Debug)]
pub(super) enum BodyError {
    /// The body exceeds the limit.
    TooLarge,
    /// The body does not fit into the available memory.
    NoMemory(MemoryShortage),
    /// The body ended early, or its chunks are malformed.
    Malformed(hyper::Error),
}

/// The reason why there is no memory for a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryShortage {
    /// Bodies of other requests occupy it.
    Temporary,
    /// The body alone is larger than the whole memory.
    Permanent,
}

impl MemoryShortage {
    /// The message for the caller.
    pub fn message(self) -> &'static str {
        match self {
            MemoryShortage::Temporary => {
                "The bodies of pending requests use all of the body memory; retry later, or start the \
                 emulator with a larger --body-memory"
            }
            MemoryShortage::Permanent => {
                "The body is larger than --body-memory; start the emulator with a larger value"
            }
        }
    }
}

impl Memory {
    pub(super) fn new(limit: usize, metrics: Arc<Metrics>) -> Memory {
        Memory { limit, used: Arc::default(), metrics }
    }

    /// An empty share, which can grow.
    pub fn empty_share(&self) -> MemoryShare {
        MemoryShare { memory: self.clone(), bytes: 0 }
    }
}

impl MemoryShare {
    /// Reserves more memory.
    ///
    /// # Errors
    /// [`MemoryShortage`] if there is not enough; the share is unchanged then.
    pub fn grow(&mut self, bytes: usize) -> Result<(), MemoryShortage> {
        let Memory { limit, used, .. } = &self.memory;
        let grown = used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(bytes).filter(|used| used <= limit)
        });
        match grown {
            Ok(_) => {
                self.bytes += bytes;
                Ok(())
            }
            Err(_) => Err(self.shortage(bytes)),
        }
    }

    /// Checks a declared length without reserving memory: a client could declare much and send nothing.
    fn check(&self, declared: usize) -> Result<(), MemoryShortage> {
        let Memory { limit, used, .. } = &self.memory;
        let free = limit.saturating_sub(used.load(Ordering::Relaxed));
        if declared <= free { Ok(()) } else { Err(self.shortage(declared)) }
    }

    /// Counts a refused request and returns the reason.
    fn shortage(&self, bytes: usize) -> MemoryShortage {
        self.memory.metrics.refused(Reason::BodyMemory);
        let alone = self.bytes.saturating_add(bytes);
        if alone > self.memory.limit { MemoryShortage::Permanent } else { MemoryShortage::Temporary }
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        self.memory.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Reads a body of at most `limit` bytes into memory accounted for by `share`. A body whose declared length is too large
/// is refused before any of it is read, so that a client that expects `100 Continue` does not send it.
pub(super) async fn collect(body: &mut Incoming, limit: usize, share: &mut MemoryShare) -> Result<Bytes, BodyError> {
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if declared > limit {
        return Err(BodyError::TooLarge);
    }
    share.check(declared).map_err(BodyError::NoMemory)?;
    let mut first: Option<Bytes> = None;
    let mut joined = BytesMut::new();
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(BodyError::Malformed)?.into_data() else { continue };
        received += data.len();
        if received > limit {
            return Err(BodyError::TooLarge);
        }
        share.grow(data.len()).map_err(BodyError::NoMemory)?;
        match first.take() {
            None if joined.is_empty() => first = Some(data),
            None => joined.extend_from_slice(&data),
            Some(only) => {
                joined.reserve(declared);
                joined.extend_from_slice(&only);
                joined.extend_from_slice(&data);
            }
        }
    }
    Ok(first.unwrap_or_else(|| joined.freeze()))
}

/// Discards a body that is not needed for the response. Unless the client waits for `100 Continue`, the rest of the
/// body is read in the background: closing a connection with unread bytes resets it, and the response may be lost.
pub(super) fn discard(parts: &Parts, mut body: Incoming, timeout: Duration) {
    let waits = parts.headers.get(EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    if waits || body.is_end_stream() {
        return;
    }
    let drain = async move {
        let mut received = 0;
        while let Some(Ok(frame)) = body.frame().await {
            received += frame.data_ref().map_or(0, Bytes::len);
            if received > MAX_DRAINED {
                return;
            }
        }
    };
    tokio::spawn(tokio::time::timeout(timeout, drain));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: CPL-06.
    #[test]
    fn memory_is_shared_and_released() {
        let memory = Memory::new(100, Arc::default());
        let (mut first, mut second) = (memory.empty_share(), memory.empty_share());
        assert_eq!((first.grow(60), second.grow(40)), (Ok(()), Ok(())));
        assert_eq!((second.grow(1), second.check(1)), (Err(MemoryShortage::Temporary), Err(MemoryShortage::Temporary)));
        drop(first);
        assert_eq!((second.check(60), second.grow(60)), (Ok(()), Ok(())));
        assert_eq!(
            (second.grow(1), second.grow(usize::MAX)),
            (Err(MemoryShortage::Permanent), Err(MemoryShortage::Permanent))
        );
        drop(second);
        let mut third = memory.empty_share();
        assert_eq!(
            (third.check(101), third.check(100), third.grow(100)),
            (Err(MemoryShortage::Permanent), Ok(()), Ok(()))
        );
    }
}

//! Bodies as they arrive, within the memory that all connections share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::EXPECT;
use http::request::Parts;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

/// How much of a body that is refused is read and dropped after the answer: many clients read it only once they have
/// sent everything.
const DRAINED: usize = 256 * 1024 * 1024;

/// Memory for bodies that are not answered yet.
#[derive(Clone, Debug)]
pub struct Memory {
    limit: usize,
    used: Arc<AtomicUsize>,
}

/// A part of the memory; it is given back when this is dropped.
#[derive(Debug)]
pub struct Held {
    memory: Memory,
    bytes: usize,
}

/// In the extensions of a request: its body was over the limit and is not there.
#[derive(Clone, Copy, Debug)]
pub struct TooLarge;

/// Why a body was not received.
#[derive(Debug)]
pub(super) enum Broken {
    /// It is over the limit.
    TooLarge,
    /// It does not fit into the memory.
    NoMemory(Lack),
    /// It ended early, or its chunks are malformed.
    Malformed(hyper::Error),
}

/// Why there is no memory for a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The bodies of other requests take it.
    ForNow,
    /// The body alone is larger than the memory.
    Always,
}

impl Lack {
    /// What the caller is told.
    pub fn message(self) -> &'static str {
        match self {
            Lack::ForNow => {
                "The bodies of other requests take all the memory for bodies; send this one again later, or start the \
                 emulator with a larger --body-memory"
            }
            Lack::Always => {
                "The body is larger than all the memory for bodies; start the emulator with a larger --body-memory"
            }
        }
    }
}

impl Memory {
    pub(super) fn new(limit: usize) -> Memory {
        Memory { limit, used: Arc::default() }
    }

    /// A part without any bytes, which can grow.
    pub fn hold_nothing(&self) -> Held {
        Held { memory: self.clone(), bytes: 0 }
    }
}

impl Held {
    /// Takes more.
    ///
    /// # Errors
    /// [`Lack`] when there is not enough; nothing more is taken then.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Lack> {
        let Memory { limit, used } = &self.memory;
        let grown = used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(bytes).filter(|used| used <= limit)
        });
        match grown {
            Ok(_) => {
                self.bytes += bytes;
                Ok(())
            }
            Err(_) => Err(self.lack(bytes)),
        }
    }

    /// Judges a length that was declared. Nothing is taken: a client could declare much and send nothing.
    fn judge(&self, declared: usize) -> Result<(), Lack> {
        let Memory { limit, used } = &self.memory;
        let free = limit.saturating_sub(used.load(Ordering::Relaxed));
        if declared <= free { Ok(()) } else { Err(self.lack(declared)) }
    }

    fn lack(&self, bytes: usize) -> Lack {
        let alone = self.bytes.saturating_add(bytes);
        if alone > self.memory.limit { Lack::Always } else { Lack::ForNow }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.memory.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Reads a body of at most `limit` bytes into memory that `held` accounts for. A body whose declared length is too large
/// is refused before any of it is read, so that a client that expects `100 Continue` does not send it.
pub(super) async fn collect(body: &mut Incoming, limit: usize, held: &mut Held) -> Result<Bytes, Broken> {
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if declared > limit {
        return Err(Broken::TooLarge);
    }
    held.judge(declared).map_err(Broken::NoMemory)?;
    let mut first: Option<Bytes> = None;
    let mut joined = BytesMut::new();
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(Broken::Malformed)?.into_data() else { continue };
        received += data.len();
        if received > limit {
            return Err(Broken::TooLarge);
        }
        held.grow(data.len()).map_err(Broken::NoMemory)?;
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

/// Drops a body that the answer does not wait for. Unless its sender waits for `100 Continue`, what it still sends is
/// read beside the answer: a connection that is closed with unread bytes is reset, and then the answer may be lost.
pub(super) fn discard(parts: &Parts, mut body: Incoming, timeout: Duration) {
    let waits = parts.headers.get(EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    if waits || body.is_end_stream() {
        return;
    }
    let drain = async move {
        let mut received = 0;
        while let Some(Ok(frame)) = body.frame().await {
            received += frame.data_ref().map_or(0, Bytes::len);
            if received > DRAINED {
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
    fn memory_is_shared_and_given_back() {
        let memory = Memory::new(100);
        let (mut first, mut second) = (memory.hold_nothing(), memory.hold_nothing());
        assert_eq!((first.grow(60), second.grow(40)), (Ok(()), Ok(())));
        assert_eq!((second.grow(1), second.judge(1)), (Err(Lack::ForNow), Err(Lack::ForNow)));
        drop(first);
        assert_eq!((second.judge(60), second.grow(60)), (Ok(()), Ok(())));
        assert_eq!((second.grow(1), second.grow(usize::MAX)), (Err(Lack::Always), Err(Lack::Always)));
        drop(second);
        let mut third = memory.hold_nothing();
        assert_eq!((third.judge(101), third.judge(100), third.grow(100)), (Err(Lack::Always), Ok(()), Ok(())));
    }
}

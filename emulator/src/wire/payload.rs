//! The body of a response: bytes, or a stream of them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

/// The body of a response.
#[derive(Debug)]
pub enum Payload {
    /// All bytes at once.
    Whole(Bytes),
    /// Parts that are sent as they arrive. An error closes the connection before the response is complete; the end of
    /// the channel completes it.
    Stream(mpsc::Receiver<io::Result<Bytes>>),
}

impl Payload {
    /// The whole body. For a stream, all parts up to its end or its first error.
    pub async fn collect(self) -> Bytes {
        match self {
            Payload::Whole(bytes) => bytes,
            Payload::Stream(mut parts) => {
                let mut whole = Vec::new();
                while let Some(Ok(part)) = parts.recv().await {
                    whole.extend_from_slice(&part);
                }
                whole.into()
            }
        }
    }
}

impl From<Bytes> for Payload {
    fn from(bytes: Bytes) -> Payload {
        Payload::Whole(bytes)
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut *self {
            Payload::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Payload::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Payload::Stream(parts) => parts.poll_recv(context).map(|part| part.map(|part| part.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Payload::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Payload::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Payload::Stream(_) => SizeHint::default(),
        }
    }
}

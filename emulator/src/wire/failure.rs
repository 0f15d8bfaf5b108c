//! Connections that fail on purpose (CPL-37). A response has its [`Failure`] as an extension; the server applies it.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH};
use http::{HeaderValue, Response, Version};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until};

use super::payload::Payload;

/// Duration for which a connection hangs.
pub const HANG: Duration = Duration::from_mins(1);
/// The number of parts of a slow response.
const PARTS: usize = 20;
/// The number of random bytes that are sent instead of a response.
const GARBAGE: usize = 64;
/// Time for sending the first half of a response before the connection is closed.
const FLUSH_TIME: Duration = Duration::from_millis(50);

/// A failure of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It is reset without a response.
    Reset,
    /// It is closed without a response.
    Empty,
    /// It sends random bytes and is closed.
    Garbage,
    /// It sends half of the body and is closed.
    Truncate,
    /// It sends the response slowly.
    Dribble(Duration),
    /// It sends nothing for [`HANG`] and is closed.
    Hang,
}

impl Failure {
    /// Returns whether the client receives a part of the response.
    pub fn sends_response(&self) -> bool {
        matches!(self, Failure::Truncate | Failure::Dribble(_))
    }
}

/// The status that a client receives; `None` if the connection fails before the response.
pub fn status<B>(response: &Response<B>) -> Option<u16> {
    let is_sent = response.extensions().get().is_none_or(Failure::sends_response);
    is_sent.then(|| response.status().as_u16())
}

/// The error for which hyper sends no response: over HTTP/1.1 it closes the connection, over HTTP/2 it resets the stream.
#[derive(Debug)]
pub struct BrokenConnection;

impl fmt::Display for BrokenConnection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a fault broke the connection")
    }
}

impl std::error::Error for BrokenConnection {}

/// Handling of the bytes that are written to a socket. A fault changes it.
#[derive(Debug, Default)]
pub struct WriteMode(AtomicU8);

const SEND: u8 = 0;
const SEND_GARBAGE: u8 = 1;
const SEND_NOTHING: u8 = 2;
const RESET: u8 = 3;

impl WriteMode {
    fn set(&self, mode: u8) {
        self.0.store(mode, Ordering::Release);
    }

    fn get(&self) -> u8 {
        self.0.load(Ordering::Acquire)
    }

    /// Applies the failure of a response, if it has one.
    ///
    /// # Errors
    /// [`BrokenConnection`] if no response is sent.
    pub async fn apply(
        &self,
        response: Response<Payload>,
        version: Version,
    ) -> Result<Response<Payload>, BrokenConnection> {
        let Some(failure) = response.extensions().get::<Failure>().copied() else { return Ok(response) };
        let has_streams = version == Version::HTTP_2;
        match failure {
            Failure::Hang => {
                sleep(HANG).await;
                Err(BrokenConnection)
            }
            Failure::Reset if !has_streams => {
                self.set(RESET);
                Err(BrokenConnection)
            }
            Failure::Garbage if !has_streams => {
                self.set(SEND_GARBAGE);
                let mut response = Response::new(Payload::Whole(Bytes::new()));
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                Ok(response)
            }
            Failure::Reset | Failure::Garbage | Failure::Empty => Err(BrokenConnection),
            Failure::Truncate => Ok(halve(response).await),
            Failure::Dribble(over) => Ok(slow_down(response, over).await),
        }
    }
}

/// The response with a body that breaks off in the middle.
async fn halve(response: Response<Payload>) -> Response<Payload> {
    with_parts(response, |body, sender| async move {
        let half = body.slice(..body.len() / 2);
        if sender.send(Ok(half)).await.is_ok() {
            // hyper flushes its buffer while it waits for the next part, but discards the buffer on an error.
            sleep(FLUSH_TIME).await;
            _ = sender.send(Err(io::Error::new(io::ErrorKind::ConnectionAborted, BrokenConnection))).await;
        }
    })
    .await
}

/// The response with a body that arrives in equal parts over this time.
async fn slow_down(response: Response<Payload>, over: Duration) -> Response<Payload> {
    with_parts(response, move |body, sender| async move {
        let start = Instant::now();
        let parts = u32::try_from(PARTS).unwrap_or(u32::MAX);
        for part in 0..PARTS {
            let (from, to) = (body.len() * part / PARTS, body.len() * (part + 1) / PARTS);
            sleep_until(start + over * u32::try_from(part + 1).unwrap_or(parts) / parts).await;
            if from < to && sender.send(Ok(body.slice(from..to))).await.is_err() {
                return;
            }
        }
    })
    .await
}

/// Returns the response with its full Content-Length and with a body that a task sends in parts.
async fn with_parts<F: Future<Output = ()> + Send + 'static>(
    response: Response<Payload>,
    send: impl FnOnce(Bytes, mpsc::Sender<io::Result<Bytes>>) -> F,
) -> Response<Payload> {
    let (mut parts, body) = response.into_parts();
    let body = body.collect().await;
    parts.headers.insert(CONTENT_LENGTH, body.len().into());
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(send(body, sender));
    Response::from_parts(parts, Payload::Stream(receiver))
}

/// Waits on a thread instead of a timer of tokio, because the runtime of an in-process caller may have no timer.
pub async fn pause(duration: Duration) {
    let (sender, ended) = oneshot::channel::<()>();
    let wait = move || {
        thread::sleep(duration);
        drop(sender);
    };
    if thread::Builder::new().name("delay".to_owned()).spawn(wait).is_ok() {
        _ = ended.await;
    }
}

/// A TCP connection whose writes depend on a [`WriteMode`].
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    mode: Arc<WriteMode>,
    /// The random bytes that remain to be sent.
    garbage: Option<Vec<u8>>,
}

impl Socket {
    /// A socket with this mode.
    pub fn new(stream: TcpStream, mode: Arc<WriteMode>) -> Socket {
        Socket { stream, mode, garbage: None }
    }

    /// The connection.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends random bytes, and discards everything that is written later.
    fn poll_garbage(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let garbage =
            self.garbage.get_or_insert_with(|| std::iter::repeat_with(|| fastrand::u8(..)).take(GARBAGE).collect());
        while !garbage.is_empty() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(context, garbage))?;
            garbage.drain(..sent);
        }
        self.mode.set(SEND_NOTHING);
        Poll::Ready(Ok(()))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.mode.get() == RESET {
            // Closing a socket without a linger time sends a reset. If this fails, the connection is closed normally.
            _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.mode.get() {
            SEND => Pin::new(&mut self.stream).poll_write(context, bytes),
            SEND_GARBAGE => {
                ready!(self.poll_garbage(context))?;
                Poll::Ready(Ok(bytes.len()))
            }
            _ => Poll::Ready(Ok(bytes.len())),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.mode.get() == SEND {
            return Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        }
        let length = parts.iter().map(|part| part.len()).sum();
        ready!(self.poll_write(context, &[]))?;
        Poll::Ready(Ok(length))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

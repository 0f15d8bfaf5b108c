//! Connections that fail on purpose (CPL-37). A response carries its [`Failure`] as an extension; the server carries it
//! out.

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

/// The time for which a connection hangs.
pub const HANG: Duration = Duration::from_mins(1);
/// The number of parts of a slow response.
const PARTS: usize = 20;
/// The number of random bytes that are sent instead of a response.
const GARBAGE: usize = 64;
/// The time that a connection has to send the first half of a response, before it is closed.
const HALF: Duration = Duration::from_millis(50);

/// How a connection fails.
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
    /// Whether the client receives some of the response.
    pub fn sends_response(&self) -> bool {
        matches!(self, Failure::Truncate | Failure::Dribble(_))
    }
}

/// The status that a client receives; `None` if the connection fails before the response.
pub fn status<B>(response: &Response<B>) -> Option<u16> {
    let is_sent = response.extensions().get().is_none_or(Failure::sends_response);
    is_sent.then(|| response.status().as_u16())
}

/// A request without a response. Over HTTP/1.1 hyper closes the connection, over HTTP/2 it resets the stream.
#[derive(Debug)]
pub struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a fault broke the connection")
    }
}

impl std::error::Error for Broken {}

/// What a socket does instead of sending what it is given.
#[derive(Debug, Default)]
pub struct Order(AtomicU8);

const SEND: u8 = 0;
const SEND_GARBAGE: u8 = 1;
const SEND_NOTHING: u8 = 2;
const RESET: u8 = 3;

impl Order {
    fn give(&self, order: u8) {
        self.0.store(order, Ordering::Release);
    }

    fn get(&self) -> u8 {
        self.0.load(Ordering::Acquire)
    }

    /// Carries out the failure that a response demands.
    ///
    /// # Errors
    /// [`Broken`] if no response is sent.
    pub async fn obey(&self, response: Response<Payload>, version: Version) -> Result<Response<Payload>, Broken> {
        let Some(failure) = response.extensions().get::<Failure>().copied() else { return Ok(response) };
        let has_streams = version == Version::HTTP_2;
        match failure {
            Failure::Hang => {
                sleep(HANG).await;
                Err(Broken)
            }
            Failure::Reset if !has_streams => {
                self.give(RESET);
                Err(Broken)
            }
            Failure::Garbage if !has_streams => {
                self.give(SEND_GARBAGE);
                let mut response = Response::new(Payload::Whole(Bytes::new()));
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                Ok(response)
            }
            Failure::Reset | Failure::Garbage | Failure::Empty => Err(Broken),
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
            // hyper sends what it has when the next part is not there yet, but not when there is an error.
            sleep(HALF).await;
            _ = sender.send(Err(io::Error::new(io::ErrorKind::ConnectionAborted, Broken))).await;
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

/// The response with its full length and a body whose parts a task sends.
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

/// Waits on a thread instead of a timer of tokio, because the runtime of a caller in process may have none.
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

/// A TCP connection that can be ordered to fail.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    order: Arc<Order>,
    /// The random bytes that remain to be sent.
    garbage: Option<Vec<u8>>,
}

impl Socket {
    /// A socket that obeys these orders.
    pub fn new(stream: TcpStream, order: Arc<Order>) -> Socket {
        Socket { stream, order, garbage: None }
    }

    /// The connection.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends random bytes, and from then on nothing.
    fn poll_garbage(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let garbage =
            self.garbage.get_or_insert_with(|| std::iter::repeat_with(|| fastrand::u8(..)).take(GARBAGE).collect());
        while !garbage.is_empty() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(context, garbage))?;
            garbage.drain(..sent);
        }
        self.order.give(SEND_NOTHING);
        Poll::Ready(Ok(()))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.order.get() == RESET {
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
        match self.order.get() {
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
        if self.order.get() == SEND {
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

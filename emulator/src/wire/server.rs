//! The server: HTTP/1.1 and HTTP/2 on bound listeners, with and without TLS.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::ORIGIN;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::admission::{self, Admission};
use super::body::{self, BodyError, Memory, TooLarge};
use super::failure::{BrokenConnection, Socket, WriteMode};
use super::payload::Payload;
use super::site::Arrival;
use super::tls::{self, Stream, Tls};
use super::{answer, route};
use crate::aws_error::{AwsError, ErrorCode};
use crate::metrics::Metrics;

/// Time limit for requests in progress after shutdown has been requested.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(250);

/// Server options.
#[derive(Clone, Debug)]
pub struct Options {
    /// Time limit for receiving the head of a request and for receiving its body, for idle connections, and for clients
    /// that stop reading a response.
    pub read_timeout: Duration,
    /// Memory limit for the bodies of all requests in progress, in bytes.
    pub body_memory: usize,
    /// Host names and web origins to admit.
    pub admission: Admission,
    /// Certificate for HTTPS; `None` for HTTP only.
    pub tls: Option<Tls>,
    /// Counts refused requests.
    pub metrics: Arc<Metrics>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            read_timeout: Duration::from_secs(30),
            body_memory: 512 * 1024 * 1024,
            admission: Admission::default(),
            tls: None,
            metrics: Arc::default(),
        }
    }
}

/// The state shared by all connections of a server.
struct Shared<H> {
    handle: H,
    read_timeout: Duration,
    memory: Memory,
    admission: Admission,
    tls: Option<Tls>,
    metrics: Arc<Metrics>,
}

/// Serves all listeners until `shutdown` completes, and returns when all connections have ended. `handle` receives each
/// request and the address of its sender.
pub async fn serve<H, F>(listeners: Vec<TcpListener>, handle: H, options: Options, shutdown: impl Future<Output = ()>)
where
    H: Fn(Request<Bytes>, IpAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Payload>> + Send + 'static,
{
    let Options { read_timeout, body_memory, admission, tls, metrics } = options;
    let memory = Memory::new(body_memory, Arc::clone(&metrics));
    let shared = Arc::new(Shared { handle, read_timeout, memory, admission, tls, metrics });
    let (stop, stopped) = watch::channel(false);
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept(listener, Arc::clone(&shared), stopped.clone()));
    }
    drop(stopped);
    shutdown.await;
    stop.send_replace(true);
    while accepting.join_next().await.is_some() {}
}

/// Completes when shutdown has been requested.
async fn shutdown_requested(stopped: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which also ends the server.
    _ = stopped.wait_for(|stopped| *stopped).await;
}

/// The activity of a connection.
#[derive(Default)]
struct Activity {
    /// Number of requests received.
    received: AtomicU64,
    /// Number of requests in progress.
    open: AtomicUsize,
}

/// Counts a request as in progress until dropped.
struct Open(Arc<Activity>);

impl Activity {
    fn begin(self: &Arc<Activity>) -> Open {
        self.received.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        Open(Arc::clone(self))
    }

    /// Completes when no request has arrived for `timeout` and none is in progress. hyper closes idle HTTP/1.1
    /// connections itself, but waits indefinitely for the first bytes of a connection and for the next HTTP/2 stream.
    async fn idle(&self, timeout: Duration) {
        loop {
            let received = self.received.load(Ordering::Relaxed);
            tokio::time::sleep(timeout).await;
            if self.open.load(Ordering::Relaxed) == 0 && self.received.load(Ordering::Relaxed) == received {
                return;
            }
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body of a request that is in progress: a stream until the body is dropped, so that its connection is not idle.
fn hold_while_streaming(payload: Payload, open: Open) -> impl Body<Data = Bytes, Error = io::Error> {
    // The closure owns `open` as long as the body exists.
    let open = matches!(payload, Payload::Stream(_)).then_some(open);
    payload.map_err(move |error| {
        let _open = &open;
        error
    })
}

async fn accept<H, F>(listener: TcpListener, shared: Arc<Shared<H>>, mut stopped: watch::Receiver<bool>)
where
    H: Fn(Request<Bytes>, IpAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Payload>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown_requested(&mut stopped) => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, source)) => {
                    connections.spawn(connection(stream, source.ip(), Arc::clone(&shared), stopped.clone()));
                }
                Err(error) => {
                    // Most likely there are no more file descriptors. Wait for connections to end instead of spinning.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            _ = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, ended).await;
}

async fn connection<H, F>(stream: TcpStream, source: IpAddr, shared: Arc<Shared<H>>, mut stopped: watch::Receiver<bool>)
where
    H: Fn(Request<Bytes>, IpAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Payload>> + Send + 'static,
{
    _ = stream.set_nodelay(true);
    let local = stream.local_addr().ok();
    let timeout = shared.read_timeout;
    let mode = Arc::new(WriteMode::default());
    let socket = Socket::new(stream, Arc::clone(&mode));
    let opened = tokio::select! {
        opened = tls::open(socket, shared.tls.as_ref(), timeout) => opened,
        () = shutdown_requested(&mut stopped) => return,
    };
    let stream = match opened {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(%error, "a connection ended before its first request");
            return;
        }
    };
    let arrival = Arrival { is_encrypted: matches!(stream, Stream::Encrypted(_)), local };
    let activity = Arc::new(Activity::default());
    let counted = Arc::clone(&activity);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(arrival);
        let (shared, open, mode) = (Arc::clone(&shared), counted.begin(), Arc::clone(&mode));
        async move {
            let version = request.version();
            let response = answer(request, source, &shared).await;
            let response = mode.apply(response, version).await?;
            Ok::<_, BrokenConnection>(response.map(|payload| hold_while_streaming(payload, open)))
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(timeout);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(timeout).keep_alive_timeout(timeout);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = activity.idle(timeout) => {
            // An HTTP/2 client is notified, and a response that it reads slowly may still be delivered.
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(timeout, connection).await {
                Ok(served) => served,
                Err(_) => return,
            }
        }
        () = shutdown_requested(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(error, "a connection closed early");
    }
}

async fn answer<H, F>(request: Request<Incoming>, source: IpAddr, shared: &Shared<H>) -> Response<Payload>
where
    H: Fn(Request<Bytes>, IpAddr) -> F,
    F: Future<Output = Response<Payload>>,
{
    let (parts, body) = request.into_parts();
    let is_control = route::is_control(parts.uri.path());
    if let Err(refusal) = shared.admission.check(&parts) {
        tracing::warn!(method = %parts.method, path = parts.uri.path(), reason = refusal.message, "refused");
        let code = match refusal.status {
            StatusCode::FORBIDDEN => ErrorCode::AccessDeniedException,
            _ => ErrorCode::InvalidInputException,
        };
        body::discard(&parts, body, shared.read_timeout);
        shared.metrics.refused(refusal.reason);
        return refuse(is_control, &AwsError::new(code, refusal.message));
    }
    let is_open = !route::is_dashboard(parts.uri.path());
    let origin = parts.headers.get(ORIGIN).filter(|_| is_open).cloned();
    let mut response = match admission::preflight(&parts).filter(|_| is_open) {
        Some(response) => {
            body::discard(&parts, body, shared.read_timeout);
            response.map(Payload::from)
        }
        None => receive(parts, body, source, shared, is_control).await,
    };
    if let Some(origin) = origin {
        admission::expose(origin, &mut response);
    }
    response
}

/// Receives the body of an admitted request and passes the request on. An oversized body is passed on as missing,
/// because caller and operation determine the error.
async fn receive<H, F>(
    mut parts: Parts,
    mut body: Incoming,
    source: IpAddr,
    shared: &Shared<H>,
    is_control: bool,
) -> Response<Payload>
where
    H: Fn(Request<Bytes>, IpAddr) -> F,
    F: Future<Output = Response<Payload>>,
{
    // The share is held until the response is complete, because a call that waits for others keeps its body.
    let mut share = shared.memory.empty_share();
    let limit = route::body_limit(&parts.method, parts.uri.path());
    let collected = tokio::time::timeout(shared.read_timeout, body::collect(&mut body, limit, &mut share)).await;
    if let Ok(Err(BodyError::TooLarge | BodyError::NoMemory(_))) = collected {
        body::discard(&parts, body, shared.read_timeout);
    }
    match collected {
        Ok(Ok(body)) => {
            parts.extensions.insert(shared.memory.clone());
            (shared.handle)(Request::from_parts(parts, body), source).await
        }
        Ok(Err(BodyError::TooLarge)) => {
            drop(share);
            parts.extensions.insert(TooLarge);
            (shared.handle)(Request::from_parts(parts, Bytes::new()), source).await
        }
        Ok(Err(BodyError::Malformed(error))) => {
            let message = format!("The request body could not be read: {error}");
            refuse(is_control, &AwsError::new(ErrorCode::InvalidInputException, message))
        }
        Ok(Err(BodyError::NoMemory(shortage))) => {
            refuse(is_control, &AwsError::new(ErrorCode::ServiceUnavailableException, shortage.message()))
        }
        Err(_) => {
            let error = AwsError::new(ErrorCode::RequestTimeoutException, "The request body did not arrive in time");
            refuse(is_control, &error)
        }
    }
}

/// Refuses a request that did not reach the service, so its request ID comes from a separate counter.
fn refuse(is_control: bool, error: &AwsError) -> Response<Payload> {
    static REFUSED: AtomicU64 = AtomicU64::new(1);
    let request_id = format!("00000000-0000-4000-8000-{:012x}", REFUSED.fetch_add(1, Ordering::Relaxed));
    let response =
        if is_control { answer::control_error(error, &request_id) } else { answer::error(error, &request_id) };
    response.map(Payload::from)
}

//! The server: HTTP/1.1 and HTTP/2 without TLS on listeners that are bound already.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::ORIGIN;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

use super::admission::{self, Admission};
use super::body::{self, Broken, Memory, TooLarge};
use super::{answer, route};
use crate::aws_error::{AwsError, ErrorCode};

/// How long requests under way may take once the server is told to stop.
const LAST_ANSWERS: Duration = Duration::from_millis(250);

/// How a server treats its clients.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long the head of a request, and then its body, may take to arrive; how long a connection may be idle, and how
    /// long a client may read nothing of an answer.
    pub read_timeout: Duration,
    /// How much memory the bodies of all requests that are not answered yet may take, in bytes.
    pub body_memory: usize,
    /// Which host names and web pages may call.
    pub admission: Admission,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            read_timeout: Duration::from_secs(30),
            body_memory: 512 * 1024 * 1024,
            admission: Admission::default(),
        }
    }
}

/// What all connections of a server share.
struct Shared<H> {
    handle: H,
    read_timeout: Duration,
    memory: Memory,
    admission: Admission,
}

/// Serves every listener until `shutdown` is done; returns when each connection has ended. `handle` is given each
/// request and the address that it came from.
pub async fn serve<H, F>(listeners: Vec<TcpListener>, handle: H, options: Options, shutdown: impl Future<Output = ()>)
where
    H: Fn(Request<Bytes>, IpAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Bytes>> + Send + 'static,
{
    let Options { read_timeout, body_memory, admission } = options;
    let shared = Arc::new(Shared { handle, read_timeout, memory: Memory::new(body_memory), admission });
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

/// Done when the server has to stop.
async fn stops(stopped: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is the end as well.
    _ = stopped.wait_for(|stopped| *stopped).await;
}

/// What a connection is doing.
#[derive(Default)]
struct Activity {
    /// Requests that came.
    begun: AtomicU64,
    /// Requests that are not answered yet.
    open: AtomicUsize,
}

/// Counts an open request until it is dropped.
struct Open(Arc<Activity>);

impl Activity {
    fn begin(self: &Arc<Activity>) -> Open {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        Open(Arc::clone(self))
    }

    /// Done when no request came for as long as `timeout`, and none is open. hyper ends idle connections of HTTP/1.1 by
    /// itself, but waits without end for the bytes that tell the version, and for the next stream of HTTP/2.
    async fn idle(&self, timeout: Duration) {
        loop {
            let begun = self.begun.load(Ordering::Relaxed);
            tokio::time::sleep(timeout).await;
            if self.open.load(Ordering::Relaxed) == 0 && self.begun.load(Ordering::Relaxed) == begun {
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

async fn accept<H, F>(listener: TcpListener, shared: Arc<Shared<H>>, mut stopped: watch::Receiver<bool>)
where
    H: Fn(Request<Bytes>, IpAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Bytes>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stops(&mut stopped) => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, source)) => {
                    connections.spawn(connection(stream, source.ip(), Arc::clone(&shared), stopped.clone()));
                }
                Err(error) => {
                    // Out of file descriptors, most likely: wait for connections to end instead of spinning.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            _ = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    _ = tokio::time::timeout(LAST_ANSWERS, ended).await;
}

async fn connection<H, F>(stream: TcpStream, source: IpAddr, shared: Arc<Shared<H>>, mut stopped: watch::Receiver<bool>)
where
    H: Fn(Request<Bytes>, IpAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Bytes>> + Send + 'static,
{
    _ = stream.set_nodelay(true);
    let timeout = shared.read_timeout;
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(timeout));
    let activity = Arc::new(Activity::default());
    let begun = Arc::clone(&activity);
    let service = service_fn(move |request: Request<Incoming>| {
        let (shared, open) = (Arc::clone(&shared), begun.begin());
        async move {
            let response = answer(request, source, &shared).await;
            drop(open);
            Ok::<_, Infallible>(response.map(Full::new))
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(timeout);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(timeout).keep_alive_timeout(timeout);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(Box::pin(stream)), service));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = activity.idle(timeout) => {
            // A client of HTTP/2 is told, and an answer that it takes slowly may still arrive.
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(timeout, connection).await {
                Ok(served) => served,
                Err(_) => return,
            }
        }
        () = stops(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(error, "a connection ended early");
    }
}

async fn answer<H, F>(request: Request<Incoming>, source: IpAddr, shared: &Shared<H>) -> Response<Bytes>
where
    H: Fn(Request<Bytes>, IpAddr) -> F,
    F: Future<Output = Response<Bytes>>,
{
    let (parts, body) = request.into_parts();
    let is_control = route::is_control(parts.uri.path());
    if let Err(refusal) = shared.admission.judge(&parts) {
        tracing::warn!(method = %parts.method, path = parts.uri.path(), reason = refusal.message, "refused");
        let code = match refusal.status {
            StatusCode::FORBIDDEN => ErrorCode::AccessDeniedException,
            _ => ErrorCode::InvalidInputException,
        };
        body::discard(&parts, body, shared.read_timeout);
        return refuse(is_control, &AwsError::new(code, refusal.message));
    }
    let origin = parts.headers.get(ORIGIN).cloned();
    let mut response = match admission::preflight(&parts) {
        Some(response) => {
            body::discard(&parts, body, shared.read_timeout);
            response
        }
        None => receive(parts, body, source, shared, is_control).await,
    };
    if let Some(origin) = origin {
        admission::expose(origin, &mut response);
    }
    response
}

/// Receives the body of a request that was let in, and has the request handled. One whose body is too large is handled
/// without it, since who calls and what is asked decide how it is refused.
async fn receive<H, F>(
    mut parts: Parts,
    mut body: Incoming,
    source: IpAddr,
    shared: &Shared<H>,
    is_control: bool,
) -> Response<Bytes>
where
    H: Fn(Request<Bytes>, IpAddr) -> F,
    F: Future<Output = Response<Bytes>>,
{
    // Held until the answer is made: a call that waits for others keeps its body.
    let mut held = shared.memory.hold_nothing();
    let limit = route::body_limit(&parts.method, parts.uri.path());
    let collected = tokio::time::timeout(shared.read_timeout, body::collect(&mut body, limit, &mut held)).await;
    if let Ok(Err(Broken::TooLarge | Broken::NoMemory(_))) = collected {
        body::discard(&parts, body, shared.read_timeout);
    }
    match collected {
        Ok(Ok(body)) => {
            parts.extensions.insert(shared.memory.clone());
            (shared.handle)(Request::from_parts(parts, body), source).await
        }
        Ok(Err(Broken::TooLarge)) => {
            drop(held);
            parts.extensions.insert(TooLarge);
            (shared.handle)(Request::from_parts(parts, Bytes::new()), source).await
        }
        Ok(Err(Broken::Malformed(error))) => {
            let message = format!("The request body could not be read: {error}");
            refuse(is_control, &AwsError::new(ErrorCode::InvalidInputException, message))
        }
        Ok(Err(Broken::NoMemory(lack))) => {
            refuse(is_control, &AwsError::new(ErrorCode::ServiceUnavailableException, lack.message()))
        }
        Err(_) => {
            let error = AwsError::new(ErrorCode::RequestTimeoutException, "The request body did not arrive in time");
            refuse(is_control, &error)
        }
    }
}

/// Refuses a request that nobody else has seen; so its id is of this room's own counting.
fn refuse(is_control: bool, error: &AwsError) -> Response<Bytes> {
    static REFUSED: AtomicU64 = AtomicU64::new(1);
    let request_id = format!("00000000-0000-4000-8000-{:012x}", REFUSED.fetch_add(1, Ordering::Relaxed));
    if is_control { answer::control_error(error, &request_id) } else { answer::error(error, &request_id) }
}

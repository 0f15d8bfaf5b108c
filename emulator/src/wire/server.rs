//! The server: HTTP/1.1 and HTTP/2 without TLS on listeners that are bound already.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::answer;
use super::input::BODY_LIMIT;
use crate::aws_error::{AwsError, ErrorCode};

/// How much of a body over the limit is read and dropped, so that its sender gets to read the answer.
const DRAINED: usize = 64 * 1024 * 1024;
/// How long requests under way may take once the server is told to stop.
const LAST_ANSWERS: Duration = Duration::from_millis(250);

/// Serves every listener until `shutdown` is done; returns when each connection has ended. `handle` is given each
/// request and the address that it came from.
///
/// `read_timeout` bounds how long the head of a request, and then its body, may take to arrive.
pub async fn serve<H, F>(
    listeners: Vec<TcpListener>,
    handle: H,
    read_timeout: Duration,
    shutdown: impl Future<Output = ()>,
) where
    H: Fn(Request<Bytes>, IpAddr) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Bytes>> + Send + 'static,
{
    let (stop, stopped) = watch::channel(false);
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept(listener, handle.clone(), read_timeout, stopped.clone()));
    }
    drop(stopped);
    shutdown.await;
    stop.send_replace(true);
    while accepting.join_next().await.is_some() {}
}

/// Done when the server is told to stop.
async fn told(stopped: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is the end as well.
    _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Done when a connection has brought no request in time. The version of HTTP is told by the first bytes, and hyper
/// waits for those without an end.
async fn silence(asked: Arc<AtomicBool>, read_timeout: Duration) {
    tokio::time::sleep(read_timeout).await;
    if asked.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
}

async fn accept<H, F>(listener: TcpListener, handle: H, read_timeout: Duration, mut stopped: watch::Receiver<bool>)
where
    H: Fn(Request<Bytes>, IpAddr) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Bytes>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = told(&mut stopped) => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, source)) => {
                    let handle = handle.clone();
                    let handle = move |request| handle(request, source.ip());
                    connections.spawn(connection(stream, handle, read_timeout, stopped.clone()));
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

async fn connection<H, F>(stream: TcpStream, handle: H, read_timeout: Duration, mut stopped: watch::Receiver<bool>)
where
    H: Fn(Request<Bytes>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Bytes>> + Send + 'static,
{
    _ = stream.set_nodelay(true);
    let asked = Arc::new(AtomicBool::new(false));
    let silent = silence(Arc::clone(&asked), read_timeout);
    let service = service_fn(move |request: Request<Incoming>| {
        asked.store(true, Ordering::Relaxed);
        let handle = handle.clone();
        async move { Ok::<_, Infallible>(answer(request, handle, read_timeout).await.map(Full::new)) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(read_timeout);
    builder.http2().timer(TokioTimer::new());
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = silent => return,
        () = told(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(error, "a connection ended early");
    }
}

async fn answer<H, F>(request: Request<Incoming>, handle: H, read_timeout: Duration) -> Response<Bytes>
where
    H: Fn(Request<Bytes>) -> F,
    F: Future<Output = Response<Bytes>>,
{
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(read_timeout, collect(body)).await {
        Ok(Ok(body)) => handle(Request::from_parts(parts, body)).await,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a body did not arrive");
            refuse("The request body could not be read")
        }
        Err(_) => refuse("The request body did not arrive in time"),
    }
}

/// Refuses what did not arrive. Its id is of this room's own counting, since nobody else has seen the request.
fn refuse(message: &'static str) -> Response<Bytes> {
    static REFUSED: AtomicU64 = AtomicU64::new(1);
    let request_id = format!("00000000-0000-4000-8000-{:012x}", REFUSED.fetch_add(1, Ordering::Relaxed));
    answer::error(&AwsError::new(ErrorCode::RequestTimeoutException, message), &request_id)
}

/// Reads a body. Of one over the limit it keeps a byte more than the limit, which is how the reader of inputs
/// knows, and drops the rest.
async fn collect(mut body: Incoming) -> Result<Bytes, hyper::Error> {
    let expected = usize::try_from(body.size_hint().lower()).unwrap_or(BODY_LIMIT).min(BODY_LIMIT);
    let mut first: Option<Bytes> = None;
    let mut joined = BytesMut::new();
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        received += data.len();
        if received > DRAINED {
            break;
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
    Ok(first.unwrap_or_else(|| joined.freeze()))
}

fn append(joined: &mut BytesMut, data: &[u8]) {
    let room = (BODY_LIMIT + 1).saturating_sub(joined.len());
    joined.extend_from_slice(data.get(..room).unwrap_or(data));
}

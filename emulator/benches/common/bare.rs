//! The limit: hyper and nothing else, on the same runtime and the same number of workers.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

use super::http;
use super::load::{Requests, Same};

/// What the bare server is asked.
pub(crate) struct Limit {
    /// Sent once: the answer that it gives from then on.
    pub(crate) prepare: Vec<u8>,
    /// Makes what each connection sends.
    pub(crate) requests: Box<dyn Fn() -> Box<dyn Requests>>,
}

/// A request whose body is the answer that the bare server gives from then on.
pub(crate) fn prepare(answer: &[u8]) -> Vec<u8> {
    http::request("POST /prepare", http::ACCOUNT, answer)
}

/// An empty request.
pub(crate) fn ask() -> Vec<u8> {
    http::request("GET /", http::ACCOUNT, b"")
}

/// The limit of an answer: the bare server sends it for an empty request.
pub(crate) fn echo(answer: &[u8]) -> Limit {
    Limit { prepare: prepare(answer), requests: Box::new(|| Box::new(Same(ask()))) }
}

/// Serves until it is killed.
pub(crate) fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        println!("http://{}", listener.local_addr().expect("a bound address"));
        let answer = Arc::new(Mutex::new(Bytes::new()));
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            _ = stream.set_nodelay(true);
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let service = service_fn(move |request| respond(request, Arc::clone(&answer)));
                _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}

async fn respond(
    request: ::http::Request<Incoming>,
    answer: Arc<Mutex<Bytes>>,
) -> Result<::http::Response<Full<Bytes>>, Infallible> {
    let prepares = request.uri().path() == "/prepare";
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut answer = answer.lock().expect("nothing panics with the lock");
    if prepares {
        *answer = body;
    }
    let mut response = ::http::Response::new(Full::new(answer.clone()));
    response.headers_mut().insert("content-type", ::http::HeaderValue::from_static("application/json"));
    Ok(response)
}

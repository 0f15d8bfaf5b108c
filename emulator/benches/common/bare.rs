//! The upper bound: a bare hyper server on the same runtime, with the same number of workers.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

use super::http;
use super::load::{Requests, Same};

/// Requests for the bare server.
pub(crate) struct Limit {
    /// Sent once to set the response for all later requests.
    pub(crate) prepare: Vec<u8>,
    /// Creates the requests of each connection.
    pub(crate) requests: Box<dyn Fn() -> Box<dyn Requests>>,
}

/// A request whose body becomes the response of the bare server.
pub(crate) fn prepare(answer: &[u8]) -> Vec<u8> {
    http::request("POST /prepare", http::ACCOUNT, answer)
}

/// An empty request.
pub(crate) fn empty_request() -> Vec<u8> {
    http::request("GET /", http::ACCOUNT, b"")
}

/// The upper bound for a response: the bare server sends it for an empty request.
pub(crate) fn echo(answer: &[u8]) -> Limit {
    Limit { prepare: prepare(answer), requests: Box::new(|| Box::new(Same(empty_request()))) }
}

/// Serves until it is killed.
pub(crate) fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("no port is free");
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

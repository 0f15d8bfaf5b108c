//! The limit: hyper and nothing else, on the same runtime and the same number of workers.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

use crate::bodies::{self, Imports};
use crate::load::Request;

/// What the bare server is asked.
pub(crate) struct Limit {
    /// Sent once: the answer that it gives from then on.
    pub(crate) prepare: Vec<u8>,
    /// Sent over and over.
    pub(crate) request: Request,
}

/// The limit of an answer: the bare server sends it for an empty request.
pub(crate) fn echo(answer: &[u8]) -> Limit {
    Limit { prepare: bodies::http("POST /prepare", answer), request: Request::Same(bodies::http("GET /", b"")) }
}

/// The limit of an import: the bare server reads the same body and answers as briefly.
pub(crate) fn sink(imports: &Imports) -> Limit {
    let answer = br#"{"FailedCount":0,"SuccessCount":100,"FailedFindings":[]}"#;
    Limit { prepare: bodies::http("POST /prepare", answer), request: Request::Import(Box::new(imports.clone())) }
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
    request: http::Request<Incoming>,
    answer: Arc<Mutex<Bytes>>,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let prepares = request.uri().path() == "/prepare";
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut answer = answer.lock().expect("nothing panics with the lock");
    if prepares {
        *answer = body;
    }
    let mut response = http::Response::new(Full::new(answer.clone()));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    Ok(response)
}

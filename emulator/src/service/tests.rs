//! Panics, and heavy work beside small calls.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc;

use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use parking_lot::{Condvar, Mutex};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::*;
use crate::wire::server;

/// What happens at the start of each call, by its path.
pub(super) type Hook = Arc<dyn Fn(&str) + Send + Sync>;

const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=111111111111/20260115/us-east-1/securityhub/aws4_request, \
                         SignedHeaders=host, Signature=00";

impl Service {
    pub(super) fn call_hook(&self, path: &str) {
        let hook = self.0.hook.lock().clone();
        if let Some(hook) = hook {
            hook(path);
        }
    }

    fn set_hook(&self, hook: impl Fn(&str) + Send + Sync + 'static) {
        *self.0.hook.lock() = Some(Arc::new(hook));
    }
}

fn service() -> Service {
    Service::new(Settings::default(), None).unwrap()
}

fn request(method: &str, path: &str, body: &'static str) -> Request<Bytes> {
    let request = Request::builder().method(method).uri(path).header("host", "x").header("authorization", SIGNATURE);
    request.body(Bytes::from_static(body.as_bytes())).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn call(service: &Service, method: &str, path: &str) -> (u16, Response<Bytes>, Value) {
    let response = service.serve(request(method, path, "{}"), IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
    let body = serde_json::from_slice(response.body()).unwrap();
    (response.status().as_u16(), response, body)
}

#[test]
fn err_02_a_fault_has_the_code_of_its_half() {
    let code = |path: &str| fault_code(route::find(&http::Method::GET, path).ok().as_ref());
    assert_eq!(code("/hubv2"), ErrorCode::InternalServerException);
    assert_eq!(code("/accounts"), ErrorCode::InternalException);
    assert_eq!(code("/nope"), ErrorCode::InternalException);
}

/// Rules: CPL-11.
#[test]
fn a_panic_is_answered_and_health_says_that_the_service_is_degraded() {
    runtime().block_on(async {
        for path in ["/_emulator/clock", "/_emulator/events", "/accounts", "/findings"] {
            let service = service();
            assert_eq!(call(&service, "GET", "/_emulator/health").await.2["status"], "ok");
            service.set_hook(move |called| assert_ne!(called, path, "the call that a test lets panic"));
            let method = if path == "/findings" { "POST" } else { "GET" };
            let (status, response, body) = call(&service, method, path).await;
            assert_eq!(status, 500, "{path}: {body}");
            assert!(body["Message"].as_str().unwrap().to_lowercase().contains("internal"), "{path}: {body}");
            assert_eq!(body.get("Code").is_some(), !path.starts_with("/_emulator"), "{body}");
            let request_id = response.headers()["x-amzn-requestid"].to_str().unwrap();
            let (status, _, health) = call(&service, "GET", "/_emulator/health").await;
            assert_eq!((status, &health["status"]), (200, &"degraded".into()), "{path}: {health}");
            assert_eq!(health["last_panic"], request_id, "{path}");
            assert_eq!(call(&service, "POST", "/accounts").await.0, if path == "/accounts" { 500 } else { 200 });
        }
    });
}

/// Holds calls back until it is opened; counts those that wait.
#[derive(Default)]
struct Gate {
    state: Mutex<(usize, bool)>,
    changed: Condvar,
}

impl Gate {
    fn wait(&self) {
        let mut state = self.state.lock();
        state.0 += 1;
        self.changed.notify_all();
        self.changed.wait_while(&mut state, |state| !state.1);
    }

    fn wait_for_callers(&self, least: usize) {
        self.changed.wait_while(&mut self.state.lock(), |state| state.0 < least);
    }

    fn open(&self) {
        self.state.lock().1 = true;
        self.changed.notify_all();
    }

    fn callers(&self) -> usize {
        self.state.lock().0
    }
}

/// A client of a server on one thread.
struct Client(http1::SendRequest<http_body_util::Full<Bytes>>);

impl Client {
    async fn new(address: std::net::SocketAddr) -> Client {
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Client(sender)
    }

    async fn send(&mut self, method: &str, path: &str, body: &'static str) -> (u16, Value) {
        let response = self.0.send_request(request(method, path, body).map(http_body_util::Full::new)).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }
}

/// A server whose connections share one thread, which ends when the sender is used.
fn served(service: &Service) -> (std::net::SocketAddr, oneshot::Sender<()>, mpsc::Receiver<()>) {
    let (address, addresses) = mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    let (ended, ends) = mpsc::channel();
    let service = service.clone();
    std::thread::spawn(move || {
        let runtime = runtime();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            address.send(listener.local_addr().unwrap()).unwrap();
            let handle = move |request, source| {
                let service = service.clone();
                async move { service.serve(request, source).await }
            };
            server::serve(vec![listener], handle, server::Options::default(), async { _ = stopped.await }).await;
        });
        runtime.shutdown_background();
        ended.send(()).unwrap();
    });
    (addresses.recv().unwrap(), stop, ends)
}

/// Rules: CPL-12.
#[test]
fn small_calls_and_the_end_do_not_wait_for_heavy_calls() {
    let (service, gate) = (service(), Arc::new(Gate::default()));
    let (address, stop, ends) = served(&service);
    let held = Arc::clone(&gate);
    service.set_hook(move |path| {
        if ["/findings", "/findings/import", "/_emulator/reset"].contains(&path) {
            held.wait();
        }
    });
    runtime().block_on(async {
        let mut client = Client::new(address).await;
        assert_eq!(client.send("POST", "/accounts", "{}").await.0, 200);
        let mut heavy = tokio::task::JoinSet::new();
        for number in 0..100 {
            let mut client = Client::new(address).await;
            let path = ["/findings", "/findings/import", "/_emulator/reset"][number % 3];
            heavy.spawn(async move { client.send("POST", path, "{}").await });
        }
        let waiting = Arc::clone(&gate);
        tokio::task::spawn_blocking(move || waiting.wait_for_callers(3)).await.unwrap();
        for _ in 0..10 {
            assert_eq!(client.send("GET", "/accounts", "").await.0, 200);
            assert_eq!(client.send("GET", "/_emulator/health", "").await.1["status"], "ok");
            assert_eq!(Client::new(address).await.send("GET", "/accounts", "").await.0, 200, "a new connection");
        }
        assert!(heavy.try_join_next().is_none(), "heavy calls still wait");
        stop.send(()).unwrap();
    });
    ends.recv().unwrap();
    gate.open();
}

/// Rules: CPL-12.
#[test]
fn the_call_of_a_client_that_left_is_not_begun() {
    let (service, gate) = (service(), Arc::new(Gate::default()));
    let held = Arc::clone(&gate);
    service.set_hook(move |path| {
        if path == "/findings" {
            held.wait();
        }
    });
    runtime().block_on(async {
        let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let service = service.clone();
            calls.spawn(async move { service.serve(request("POST", "/findings", "{}"), source).await });
        }
        let waiting = Arc::clone(&gate);
        tokio::task::spawn_blocking(move || waiting.wait_for_callers(2)).await.unwrap();
        calls.shutdown().await;
        gate.open();
        assert_eq!(call(&service, "POST", "/findings").await.0, 401);
        assert!(gate.callers() < 100, "{} calls were begun", gate.callers());
    });
}

//! Tests of panics, and of heavy work next to small calls.

mod export_round_trip;
mod faults;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc;
use std::time::Duration;

use http::HeaderValue;
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use parking_lot::{Condvar, Mutex};
use serde_json::{Map, Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::*;
use crate::state::{Clock, Credential, NewWorld, Principal};
use crate::wire::server;

/// A hook that runs at the start of each call with its path.
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

/// The response to a request, with its whole body.
async fn response_to(service: &Service, request: Request<Bytes>) -> Response<Bytes> {
    let (parts, body) = service.serve(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await.into_parts();
    Response::from_parts(parts, body.collect().await)
}

async fn call(service: &Service, method: &str, path: &str) -> (u16, Response<Bytes>, Value) {
    let response = response_to(service, request(method, path, "{}")).await;
    let body = serde_json::from_slice(response.body()).unwrap();
    (response.status().as_u16(), response, body)
}

/// Rules: ERR-02.
#[test]
fn an_internal_error_has_the_code_of_its_api_version() {
    let code = |path: &str| {
        answering::internal_error(route::find(&http::Method::GET, path).ok().map(|route| route.operation)).code
    };
    assert_eq!(code("/hubv2"), ErrorCode::InternalServerException);
    assert_eq!(code("/accounts"), ErrorCode::InternalException);
    assert_eq!(code("/nope"), ErrorCode::InternalException);
}

/// Rules: O2G-13.
#[test]
fn only_the_start_of_an_export_job_has_another_status_than_200() {
    for operation in Operation::ALL.into_iter().filter(|operation| operation.answers_validation_exception()) {
        let status = if operation == Operation::StartExportJobV2 { 202 } else { 200 };
        assert_eq!(operation.model().status, status, "{}", operation.name());
    }
    runtime().block_on(async {
        let service = service();
        for (method, path) in [
            ("POST", "/hubv2"),
            ("POST", "/hubv2/feature/NETWORK_SCANNING"),
            ("DELETE", "/hubv2/feature/NETWORK_SCANNING"),
            ("DELETE", "/hubv2"),
        ] {
            let (status, _, body) = call(&service, method, path).await;
            assert_eq!((status, body == Value::Object(Map::new())), (200, path != "/hubv2" || method == "DELETE"));
        }
    });
}

/// Rules: CPL-11.
#[test]
fn a_panic_is_answered_and_health_reports_degraded() {
    runtime().block_on(async {
        for path in ["/_emulator/clock", "/_emulator/events", "/accounts", "/findings"] {
            let service = service();
            assert_eq!(call(&service, "GET", "/_emulator/health").await.2["status"], "ok");
            service.set_hook(move |called| assert_ne!(called, path, "this call panics, as the test requires"));
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

async fn send(service: &Service, method: &str, path: &str, body: &Value) -> u16 {
    let request = request(method, path, "").map(|_| Bytes::from(body.to_string()));
    response_to(service, request).await.status().as_u16()
}

/// Calls that change findings or relations.
fn writing_calls() -> Vec<(&'static str, &'static str, Value)> {
    let findings = |ids: [&str; 2]| json!({ "Findings": ids.map(|id| crate::testing::finding(id, json!({}))) });
    let product = crate::testing::finding("a", json!({}))["ProductArn"].clone();
    let identifiers = json!([{ "Id": "a", "ProductArn": product }]);
    let update = json!({ "FindingIdentifiers": identifiers, "Workflow": { "Status": "RESOLVED" } });
    vec![
        ("POST", "/findings/import", findings(["a", "b"])),
        ("PATCH", "/findings/batchupdate", update),
        ("POST", "/members", json!({ "AccountDetails": [{ "AccountId": "222222222222" }] })),
        ("POST", "/_emulator/findings", findings(["c", "d"])),
    ]
}

/// The findings, and the number of relations and of pending work.
fn state(world: &World) -> (Vec<String>, usize, usize) {
    let region = Region::new("us-east-1");
    let rows = world.read_findings(&region, |found| found.rows().map(|row| format!("{row:?}")).collect());
    let document = world.saved().document();
    (rows.unwrap_or_default(), document.relations.len(), document.pending.len())
}

/// Rules: CPL-11.
#[test]
fn a_call_that_panics_before_its_end_changes_nothing() {
    runtime().block_on(async {
        let service = service();
        assert_eq!(send(&service, "POST", "/accounts", &json!({ "EnableDefaultStandards": false })).await, 200);
        let world = service.world();
        for (method, path, body) in writing_calls() {
            let before = (state(&world), world.last_event());
            *world.hook.lock() = Some(Box::new(|| panic!("this commit panics, as the test requires")));
            assert_eq!(send(&service, method, path, &body).await, 500, "{path}");
            *world.hook.lock() = None;
            assert_eq!((state(&world), world.last_event()), before, "{path}");
            assert_eq!(send(&service, method, path, &body).await, 200, "{path}: the next call works");
            assert_ne!(state(&world), before.0, "{path}");
        }
    });
}

/// Rules: CPL-54.
#[test]
fn a_call_in_flight_ends_in_its_world() {
    runtime().block_on(async {
        for (method, path, body) in writing_calls() {
            let service = service();
            assert_eq!(send(&service, "POST", "/accounts", &json!({ "EnableDefaultStandards": false })).await, 200);
            let findings = json!({ "Findings": [crate::testing::finding("a", json!({}))] });
            assert_eq!(send(&service, "POST", "/findings/import", &findings).await, 200);
            let world = service.world();
            let (before, other) = (state(&world), service.clone());
            *world.hook.lock() = Some(Box::new(move || assert!(other.served().empty())));
            assert_eq!(send(&service, method, path, &body).await, 200, "{path}");
            *world.hook.lock() = None;
            assert_ne!(state(&world), before, "{path}: the call has changed its world");
            assert_eq!(state(&service.world()), (Vec::new(), 0, 0), "{path}: the call has not changed the new world");
        }
    });
}

/// Blocks calls until it is opened, and counts the blocked ones.
#[derive(Default)]
struct Gate {
    state: Mutex<(usize, bool)>,
    changed: Condvar,
}

/// The limit for every wait, so that a bug fails the test instead of hanging it.
const TIMEOUT: Duration = Duration::from_mins(1);

impl Gate {
    fn wait(&self) {
        let mut state = self.state.lock();
        state.0 += 1;
        self.changed.notify_all();
        self.changed.wait_while_for(&mut state, |state| !state.1, TIMEOUT);
    }

    fn wait_for_callers(&self, least: usize) {
        let waited = self.changed.wait_while_for(&mut self.state.lock(), |state| state.0 < least, TIMEOUT);
        assert!(!waited.timed_out(), "fewer than {least} calls have started");
    }

    fn open(&self) {
        self.state.lock().1 = true;
        self.changed.notify_all();
    }

    fn callers(&self) -> usize {
        self.state.lock().0
    }
}

/// A client connection on the current thread.
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

/// A server whose connections share one thread. It stops when the sender is used.
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
            service.listen(vec![listener], server::Options::default(), async { _ = stopped.await }).await;
        });
        runtime.shutdown_background();
        ended.send(()).unwrap();
    });
    (addresses.recv_timeout(TIMEOUT).unwrap(), stop, ends)
}

/// Rules: CPL-12.
#[test]
fn small_calls_and_shutdown_do_not_wait_for_heavy_calls() {
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
            assert_eq!(
                Client::new(address).await.send("GET", "/accounts", "").await.0,
                200,
                "a new connection is served"
            );
        }
        assert!(heavy.try_join_next().is_none(), "heavy calls still wait");
        stop.send(()).unwrap();
    });
    ends.recv_timeout(TIMEOUT).unwrap();
    gate.open();
}

/// Rules: CPL-12.
#[test]
fn a_waiting_call_of_a_disconnected_client_is_not_started() {
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
        assert!(gate.callers() < 100, "{} calls were started", gate.callers());
    });
}

/// Rules: ERR-22, CPL-94.
#[test]
fn the_configured_clock_checks_the_age_of_a_signature() {
    for (clock, code) in [
        // The signature of 2026-01-15 is too old by the system clock. By the world's clock or none, only the key
        // decides.
        (SignatureClock::Machine, "InvalidSignatureException"),
        (SignatureClock::World, "UnrecognizedClientException"),
        (SignatureClock::Off, "UnrecognizedClientException"),
    ] {
        let settings = Settings { verify_signatures: true, signature_clock: clock, ..Settings::default() };
        let service = Service::new(settings, None).unwrap();
        let world = World::new(Clock::frozen("2026-01-15T09:00:00Z".parse().unwrap()), 0);
        assert!(service.served().replace(world, NewWorld::Empty));
        let mut request = request("GET", "/accounts", "");
        request.headers_mut().insert("x-amz-date", "20260115T090000Z".parse().unwrap());
        let response = runtime().block_on(service.handle(request));
        assert_eq!(response.headers()["x-amzn-errortype"], code, "{clock:?}");
    }
}

/// Rules: ERR-23.
#[test]
fn a_session_key_requires_its_token() {
    let settings = Settings { verify_signatures: true, signature_clock: SignatureClock::Off, ..Settings::default() };
    let service = Service::new(settings, None).unwrap();
    let (world, end) = (service.world(), Timestamp::MAX);
    let principal = Principal::local_user(AccountId::DEFAULT);
    let credential = Credential { principal, secret: Some("x".to_owned()), token: Some("the-token".to_owned()) };
    world.open_session("ASIALOCAL1".to_owned(), credential, end, world.clock.now());
    let refusal = |token: Option<&'static str>| {
        let mut request = request("GET", "/accounts", "");
        let header = SIGNATURE.replace("111111111111", "ASIALOCAL1");
        request.headers_mut().insert("authorization", header.parse().unwrap());
        if let Some(token) = token {
            request.headers_mut().insert("x-amz-security-token", HeaderValue::from_static(token));
        }
        runtime().block_on(service.handle(request)).headers()["x-amzn-errortype"].to_str().unwrap().to_owned()
    };
    assert_eq!(refusal(None), "UnrecognizedClientException");
    assert_eq!(refusal(Some("another")), "UnrecognizedClientException");
    assert_eq!(refusal(Some("the-token")), "InvalidSignatureException", "the signature is verified");
}

/// Rules: ERR-25.
#[test]
fn an_encoded_body_is_decoded_or_refused_on_both_planes() {
    let service = service();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, b"{\"advance\": \"P1D\"}").unwrap();
    let clock = Bytes::from(encoder.finish().unwrap());
    let send = |path: &str, encoding: &'static str, body: &Bytes| {
        let mut request = request("POST", path, "").map(|_| body.clone());
        request.headers_mut().insert("content-encoding", HeaderValue::from_static(encoding));
        runtime().block_on(service.serve(request, IpAddr::V4(Ipv4Addr::LOCALHOST)))
    };
    assert_eq!(send("/_emulator/clock", "gzip", &clock).status(), 200);
    assert_eq!(send("/_emulator/clock", "aws-chunked", &clock).status(), 415);
    assert_eq!(send("/_emulator/clock", "deflate", &clock).status(), 400);
    assert_eq!(send("/accounts", "gzip", &clock).status(), 200, "unknown members are ignored");
    let refused = send("/accounts", "aws-chunked", &clock);
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["x-amzn-errortype"]),
        (415, &HeaderValue::from_static("UnsupportedMediaTypeException"))
    );
}

/// Rules: CPL-12.
#[test]
fn a_small_page_is_read_without_handing_over() {
    let service = service();
    runtime().block_on(async {
        assert_eq!(call(&service, "POST", "/accounts").await.0, 200);
        let finding = crate::testing::finding("a", serde_json::json!({}));
        let findings = Bytes::from(serde_json::json!({ "Findings": [finding] }).to_string());
        let import = request("POST", "/findings/import", "").map(|_| findings);
        let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert_eq!(service.serve(import, source).await.status(), 200);
        let page = r#"{"Filters":{"Id":[{"Value":"a","Comparison":"EQUALS"}]}}"#;
        let quickly =
            || service.answer_quickly(&ApiRequest::new(request("POST", "/findings", page), Some(source)), None).ok();
        assert!(quickly().is_none(), "the columns are not built yet");
        let first = response_to(&service, request("POST", "/findings", page)).await;
        assert!(first.body().windows(6).any(|bytes| bytes == b"\"Id\":\""), "{first:?}");
        assert_eq!(quickly().unwrap().body(), first.body());
        let refused = service.serve(request("POST", "/findings", r#"{"MaxResults":0}"#), source).await;
        assert_eq!(refused.status(), 400);
    });
}

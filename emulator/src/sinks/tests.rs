//! Tests of deliveries to a small server, in real time.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::state::{AccountId, HubKey, OcsfFinding, Region, SinkKind, Subject};
use crate::wire::payload::Payload;
use crate::wire::server::{self, Options};
use crate::wire::tls::{Authority, Tls};

const ACCOUNTS: [&str; 2] = ["111111111111", "222222222222"];

/// A request that a server has received: its headers and its body.
type Received = (HeaderMap, Value);

/// A server that answers the first requests with these statuses, and all others with 200.
struct Server {
    url: String,
    received: Arc<Mutex<Vec<Received>>>,
    task: JoinHandle<()>,
}

impl Server {
    async fn start(statuses: &[u16], answer: Value) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Server::on(listener, statuses, answer)
    }

    fn on(listener: TcpListener, statuses: &[u16], answer: Value) -> Server {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let statuses = Arc::new(Mutex::new(VecDeque::from(statuses.to_vec())));
        let stored = Arc::clone(&received);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (stored, statuses, answer) = (Arc::clone(&stored), Arc::clone(&statuses), answer.clone());
                let respond = service_fn(move |request: Request<Incoming>| {
                    let (stored, statuses, answer) = (Arc::clone(&stored), Arc::clone(&statuses), answer.clone());
                    async move {
                        let (parts, body) = request.into_parts();
                        let body = body.collect().await?.to_bytes();
                        stored.lock().push((parts.headers, serde_json::from_slice(&body).unwrap()));
                        let mut response = Response::new(Full::new(Bytes::from(answer.to_string())));
                        let status = statuses.lock().pop_front().unwrap_or(200);
                        *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
                        Ok::<_, hyper::Error>(response)
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), respond));
            }
        });
        Server { url, received, task }
    }

    /// A server with HTTPS.
    async fn encrypted(authority: &Authority) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let stored = Arc::clone(&received);
        let handle = move |request: Request<Bytes>, _| {
            let (parts, body) = request.into_parts();
            stored.lock().push((parts.headers, serde_json::from_slice(&body).unwrap()));
            async { Response::new(Payload::Whole(Bytes::from_static(b"{\"FailedEntryCount\":0,\"Entries\":[]}"))) }
        };
        let tls = Some(Tls::issued_by(authority, &[]).unwrap());
        let options = Options { tls, ..Options::default() };
        let task = tokio::spawn(server::serve(vec![listener], handle, options, pending()));
        Server { url, received, task }
    }

    /// A text of each request, in order.
    fn texts(&self, text: impl Fn(&Received) -> String) -> Vec<String> {
        self.received.lock().iter().map(text).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn receiver(account: usize) -> HubKey {
    HubKey { account: AccountId::parse(ACCOUNTS[account]).unwrap(), region: Region::new("us-east-1") }
}

fn event(number: u64, account: usize) -> Event {
    let finding = OcsfFinding { uid: format!("u{number}"), document: format!("{{\"number\":{number}}}").into() };
    let at = "2026-01-15T09:00:00Z".parse().unwrap();
    Event { number, at, receiver: receiver(account), subject: Subject::Ocsf(Arc::new(finding)), test: None }
}

fn webhook(url: &str) -> EventSink {
    EventSink { url: Some(url.to_owned()), ..EventSink::new(SinkKind::Webhook) }
}

fn definition(declared: EventSink) -> Definition {
    Definition::new(declared, FilesBelow::Anywhere(Path::new(""))).unwrap()
}

/// Sinks that deliver in the background.
fn delivering() -> Arc<Sinks> {
    let sinks = Arc::new(Sinks::new(Arc::default()));
    let served = Arc::clone(&sinks);
    tokio::spawn(async move { served.deliver(pending()).await });
    sinks
}

/// The state of a sink once nothing is queued.
async fn settled(sinks: &Sinks, name: &str) -> State {
    for _ in 0..2000 {
        let state = sinks.get(name).unwrap().state();
        if state.queued == 0 {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{:?}", sinks.get(name).unwrap().state())
}

fn receive(sinks: &Sinks, events: &[Event]) {
    sinks.receive(events, &IdSource::new(7));
}

fn number((headers, _): &Received) -> String {
    headers["x-emulator-event"].to_str().unwrap().to_owned()
}

/// Rules: CPL-83, CPL-86, CPL-87.
#[tokio::test]
async fn a_webhook_that_fails_twice_gets_each_event_once_more() {
    let server = Server::start(&[500, 429], json!({})).await;
    let sinks = delivering();
    let headers = Some([("authorization".to_owned(), "Bearer x".to_owned())].into());
    let declared = EventSink { headers, ..webhook(&format!("{}/hook", server.url)) };
    assert_eq!(sinks.put("hook", definition(declared)), Ok(true));
    let start = Instant::now();
    receive(&sinks, &[event(1, 0), event(2, 0)]);
    let state = settled(&sinks, "hook").await;
    assert!(start.elapsed() >= Duration::from_millis(80 + 160), "{:?}", start.elapsed());
    assert_eq!(server.texts(number), ["1", "1", "1", "2"], "an event waits for the previous event");
    assert_eq!((state.delivered, state.failed, state.dropped, state.retries), (2, 0, 0, 2));
    assert_eq!(state.last_error.as_deref(), Some("the receiver answered 429 Too Many Requests"));
    assert!(state.last_status == Some(200) && state.last_delivery.is_some(), "{state:?}");
    let (headers, body) = server.received.lock()[0].clone();
    assert_eq!(
        (&headers["x-emulator-sink"], &headers["content-type"]),
        (&"hook".parse().unwrap(), &"application/json".parse().unwrap())
    );
    assert_eq!(headers["authorization"], "Bearer x");
    assert_eq!((&body["detail-type"], &body["account"]), (&json!("Findings Imported V2"), &json!(ACCOUNTS[0])));
}

/// Rules: CPL-83.
#[tokio::test]
async fn a_webhook_that_answers_with_a_long_body_has_received_the_event() {
    let server = Server::start(&[], Value::from("x".repeat(3_000_000))).await;
    let sinks = delivering();
    assert_eq!(sinks.put("hook", definition(webhook(&server.url))), Ok(true));
    receive(&sinks, &[event(1, 0), event(2, 0)]);
    let state = settled(&sinks, "hook").await;
    assert_eq!((state.delivered, state.failed, state.retries), (2, 0, 0), "{state:?}");
    assert_eq!(server.received.lock().len(), 2);
}

/// Rules: CPL-86.
#[tokio::test]
async fn only_temporary_failures_are_retried_a_limited_number_of_times() {
    let server = Server::start(&[404, 302, 503, 503, 503], json!({})).await;
    let sinks = delivering();
    let declared = EventSink { retries: Some(2), ..webhook(&server.url) };
    sinks.put("hook", definition(declared)).unwrap();
    receive(&sinks, &[event(1, 0), event(2, 0), event(3, 0), event(4, 0)]);
    let state = settled(&sinks, "hook").await;
    assert_eq!(server.texts(number), ["1", "2", "3", "3", "3", "4"]);
    assert_eq!((state.delivered, state.failed, state.retries), (1, 3, 2));
}

/// Rules: CPL-82, CPL-86.
#[tokio::test]
async fn receivers_do_not_wait_for_each_other_and_a_new_url_keeps_the_queue() {
    let server = Server::start(&[], json!({})).await;
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let sinks = delivering();
    sinks.put("hook", definition(webhook(&format!("http://{nowhere}")))).unwrap();
    receive(&sinks, &[event(1, 0), event(2, 1), event(3, 0)]);
    tokio::time::sleep(Duration::from_millis(400)).await;
    let state = sinks.get("hook").unwrap().state();
    assert!(state.queued == 3 && state.retries >= 2, "{state:?}");
    assert!(state.last_error.unwrap().starts_with("cannot connect to 127.0.0.1:"));
    let start = Instant::now();
    assert_eq!(sinks.put("hook", definition(webhook(&server.url))), Ok(false));
    let state = settled(&sinks, "hook").await;
    assert!(start.elapsed() < Duration::from_millis(300), "the change ends the pause");
    assert_eq!((state.delivered, state.failed), (3, 0));
    let of_first: Vec<String> = server.texts(number).into_iter().filter(|number| number != "2").collect();
    assert_eq!(of_first, ["1", "3"]);
}

/// Rules: CPL-82.
#[tokio::test]
async fn a_sink_gets_the_events_that_it_selects() {
    let server = Server::start(&[], json!({})).await;
    let sinks = delivering();
    let url = &server.url;
    let pattern = json!({ "detail": { "findings": { "number": [{ "numeric": [">", 2] }] } } });
    let accounts = Some(vec![ACCOUNTS[1].to_owned()]);
    sinks.put("pattern", definition(EventSink { pattern: Some(pattern), ..webhook(url) })).unwrap();
    sinks.put("account", definition(EventSink { accounts, ..webhook(url) })).unwrap();
    sinks.put("region", definition(EventSink { regions: Some(vec![]), ..webhook(url) })).unwrap();
    sinks.put("off", definition(EventSink { enabled: Some(false), ..webhook(url) })).unwrap();
    receive(&sinks, &[event(1, 0), event(2, 1), event(3, 0), event(4, 1)]);
    for (name, count) in [("pattern", 2), ("account", 2), ("region", 0), ("off", 0)] {
        assert_eq!(settled(&sinks, name).await.delivered, count, "{name}");
    }
    let mut seen =
        server.texts(|received| format!("{} {}", received.0["x-emulator-sink"].to_str().unwrap(), number(received)));
    seen.sort();
    assert_eq!(seen, ["account 2", "account 4", "pattern 3", "pattern 4"]);
}

/// Rules: CPL-86.
#[tokio::test]
async fn a_full_queue_drops_the_oldest_and_shutdown_empties_it() {
    let sinks = Arc::new(Sinks::new(Arc::default()));
    let server = Server::start(&[], json!({})).await;
    sinks.put("hook", definition(EventSink { queue_size: Some(3), ..webhook(&server.url) })).unwrap();
    receive(&sinks, &(1..=5).map(|number| event(number, 0)).collect::<Vec<_>>());
    let state = sinks.get("hook").unwrap().state();
    assert_eq!((state.queued, state.dropped), (3, 2));
    sinks.deliver(async {}).await;
    assert_eq!(server.texts(number), ["3", "4", "5"]);
    // Undeliverable messages delay the shutdown by two seconds.
    server.task.abort();
    sinks.put("hook", definition(webhook("http://127.0.0.1:1"))).unwrap();
    receive(&sinks, &[event(6, 0)]);
    let start = Instant::now();
    sinks.deliver(async {}).await;
    let elapsed = start.elapsed();
    assert!((2000..3000).contains(&elapsed.as_millis()), "{elapsed:?}");
}

/// Rules: CPL-84.
#[tokio::test]
async fn a_file_gets_a_line_for_each_event_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/events.jsonl");
    let sinks = delivering();
    let file = EventSink { path: Some(path.display().to_string()), ..EventSink::new(SinkKind::File) };
    sinks.put("file", definition(file)).unwrap();
    let events: Vec<Event> = (1..=600).map(|number| event(number, usize::from(number % 2 == 0))).collect();
    receive(&sinks, &events);
    assert_eq!(settled(&sinks, "file").await.delivered, 600);
    let text = std::fs::read_to_string(&path).unwrap();
    let numbers: Vec<u64> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["detail"]["findings"][0]["number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=600).collect::<Vec<u64>>());
    // A file that cannot be written is a temporary failure.
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path.parent().unwrap(), "").unwrap();
    receive(&sinks, &[event(601, 0)]);
    tokio::time::sleep(Duration::from_millis(50)).await;
    std::fs::remove_file(path.parent().unwrap()).unwrap();
    let state = settled(&sinks, "file").await;
    assert!(state.delivered == 601 && state.last_error.unwrap().starts_with("cannot write"), "the write is retried");
}

/// Rules: FWD-01, FWD-03, FWD-04, CPL-85.
#[tokio::test]
async fn event_bridge_gets_batches_of_one_receiver() {
    let server = Server::start(&[], json!({ "FailedEntryCount": 0, "Entries": [] })).await;
    let sinks = delivering();
    let bridge = EventSink { url: Some(format!("{}/", server.url)), ..EventSink::new(SinkKind::EventBridge) };
    sinks.put("bridge", definition(bridge)).unwrap();
    let events: Vec<Event> = (1..=30).map(|number| event(number, usize::from(number > 25))).collect();
    receive(&sinks, &events);
    assert_eq!(settled(&sinks, "bridge").await.delivered, 30);
    let mut calls = server.texts(|(headers, body)| {
        let credential = headers["authorization"].to_str().unwrap().split('/').next().unwrap();
        let account = credential.rsplit('=').next().unwrap();
        let entries = body["Entries"].as_array().unwrap();
        format!("{account} {} {}", entries[0]["Resources"][0].as_str().unwrap(), entries.len())
    });
    calls.sort();
    let [first, second] = ACCOUNTS;
    let expected = [("u1", 10), ("u11", 10), ("u21", 5)].map(|(from, count)| format!("{first} {from} {count}"));
    assert_eq!(calls, [&expected[..], &[format!("{second} u26 5")]].concat());
}

/// Rules: CPL-82, CPL-86.
#[tokio::test]
async fn receivers_with_https_are_reached_if_their_authority_is_trusted() {
    let authority = Authority::generate().unwrap();
    let server = Server::encrypted(&authority).await;
    let sinks = delivering();
    let once = || EventSink { retries: Some(0), ..webhook(&server.url) };
    sinks.put("hook", definition(once())).unwrap();
    receive(&sinks, &[event(1, 0)]);
    let state = settled(&sinks, "hook").await;
    let error = state.last_error.unwrap();
    let advice = "its certificate was not issued by a trusted authority; add its authority with `serve --sink-ca FILE`";
    assert!(state.failed == 1 && error.ends_with(advice), "{error}");

    let sinks = delivering();
    sinks.trust_also(Trust::with(authority.certificate().as_bytes()).unwrap());
    sinks.put("hook", definition(once())).unwrap();
    let bridge = EventSink { kind: SinkKind::EventBridge, ..once() };
    sinks.put("bridge", definition(bridge)).unwrap();
    let named = server.url.replace("127.0.0.1", "localhost");
    sinks.put("named", definition(EventSink { url: Some(named), ..once() })).unwrap();
    receive(&sinks, &[event(2, 0), event(3, 0)]);
    for name in ["hook", "bridge", "named"] {
        let state = settled(&sinks, name).await;
        assert_eq!((state.delivered, state.last_status), (2, Some(200)), "{name}: {state:?}");
    }
    assert_eq!(server.received.lock().len(), 5, "EventBridge gets both events in one call");

    // The same address without TLS needs another connection.
    let plain = server.url.replace("https", "http");
    sinks.put("hook", definition(EventSink { url: Some(plain), ..once() })).unwrap();
    receive(&sinks, &[event(4, 0)]);
    assert_eq!(settled(&sinks, "hook").await.delivered, 3, "the server answers HTTP and HTTPS");
}

/// Rules: CPL-88.
#[tokio::test]
async fn announcements_go_to_webhooks_and_files_without_a_pattern() {
    let server = Server::start(&[], json!({})).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let sinks = delivering();
    let url = &server.url;
    sinks.put("all", definition(webhook(url))).unwrap();
    sinks.put("region", definition(EventSink { regions: Some(vec!["eu-west-1".to_owned()]), ..webhook(url) })).unwrap();
    sinks.put("pattern", definition(EventSink { pattern: Some(json!({ "source": ["x"] })), ..webhook(url) })).unwrap();
    let bridge = EventSink { url: Some(url.clone()), ..EventSink::new(SinkKind::EventBridge) };
    sinks.put("bridge", definition(bridge)).unwrap();
    let file = EventSink { path: Some(path.display().to_string()), ..EventSink::new(SinkKind::File) };
    sinks.put("file", definition(file)).unwrap();
    let text = AnnouncementText { kind: "GENERAL", title: "t", description: "d" };
    let at = "2026-01-15T09:00:00Z".parse().unwrap();
    let announcement = sinks.announcements().write(text, &Region::new("us-east-1"), &IdSource::new(7), at);
    let id = announcement.id.clone();
    sinks.announce(vec![announcement]);
    for (name, count) in [("all", 1), ("region", 0), ("pattern", 0), ("bridge", 0), ("file", 1)] {
        assert_eq!(settled(&sinks, name).await.delivered, count, "{name}");
    }
    let received = server.received.lock().clone();
    let [(headers, body)] = &received[..] else { panic!("{received:?}") };
    assert_eq!(headers["x-amz-sns-message-type"], "Notification");
    assert_eq!((&body["Type"], &body["MessageId"]), (&json!("Notification"), &json!(id)));
    assert!(std::fs::read_to_string(&path).unwrap().contains(&id));
}

#[test]
fn sinks_are_named_limited_and_replaced_by_a_scenario() {
    let sinks = Sinks::new(Arc::default());
    let put = |name: &str| sinks.put(name, definition(webhook("http://a")));
    assert_eq!(put("a b"), Err(PutError::Name));
    assert_eq!(put(""), Err(PutError::Name));
    for number in 0..100 {
        assert_eq!(put(&format!("s{number}")), Ok(true));
    }
    assert_eq!((put("one-more"), put("s7")), (Err(PutError::TooMany), Ok(false)));
    assert!(sinks.delete("s7") && !sinks.delete("s7") && sinks.get("s7").is_none());
    sinks.load(&BTreeMap::from([("x".to_owned(), webhook("http://b"))]));
    let names: Vec<String> = sinks.list().iter().map(|sink| sink.name().to_owned()).collect();
    assert_eq!(names, ["x"]);
}

/// Rules: CPL-101, CPL-102.
#[test]
fn counters_for_metrics_never_decrease() {
    let sinks = Sinks::new(Arc::default());
    let declared = EventSink { queue_size: Some(1), ..webhook("http://a") };
    let total = || sinks.totals()["hook"];
    for (dropped, queued) in [(1, 1), (2, 1)] {
        sinks.put("hook", definition(declared.clone())).unwrap();
        receive(&sinks, &[event(1, 0), event(2, 0)]);
        assert_eq!(total(), Totals { dropped, queued, ..Totals::default() });
        sinks.delete("hook");
        assert_eq!(total(), Totals { dropped, ..Totals::default() });
    }
    sinks.put("hook", definition(declared)).unwrap();
    sinks.load(&BTreeMap::new());
    assert_eq!(total().dropped, 2);
}

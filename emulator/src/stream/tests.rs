//! Tests of streams through the service.

use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::service::{Service, Settings};
use crate::testing::finding;
use crate::wire::payload::Payload;

const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=111111111111/20260115/us-east-1/securityhub/aws4_request, \
                         SignedHeaders=host, Signature=00";

/// A message of a stream: its kind, its ID and its data.
type Message = (String, String, Value);

struct Stream(mpsc::Receiver<std::io::Result<Bytes>>);

impl Stream {
    /// The messages that arrive until the stream has been silent for 200 ms.
    async fn messages(&mut self) -> Vec<Message> {
        let mut text = String::new();
        while let Ok(Some(part)) = timeout(Duration::from_millis(200), self.0.recv()).await {
            text.push_str(std::str::from_utf8(&part.unwrap()).unwrap());
        }
        let lines = |message: &str| {
            let lines: Vec<&str> = message.lines().map(|line| line.split_once(": ").unwrap().1).collect();
            let [kind, id, data] = lines[..] else { panic!("{message}") };
            (kind.to_owned(), id.to_owned(), serde_json::from_str(data).unwrap())
        };
        text.split_terminator("\n\n").filter(|message| !message.starts_with(':')).map(lines).collect()
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn send(
    service: &Service,
    method: &str,
    path: &str,
    header: Option<(&str, &str)>,
    body: Value,
) -> Response<Payload> {
    let request = Request::builder().method(method).uri(path).header("authorization", SIGNATURE);
    let (name, value) = header.unwrap_or(("accept", "*/*"));
    let request = request.header(name, value).body(body.to_string().into()).unwrap();
    service.serve(request, Ipv4Addr::LOCALHOST.into()).await
}

async fn open(service: &Service, query: &str, last_event_id: Option<&str>) -> Stream {
    let header = last_event_id.map(|id| ("last-event-id", id));
    let response = send(service, "GET", &format!("/_emulator/stream{query}"), header, json!({})).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let Payload::Stream(parts) = response.into_body() else { panic!("expected a stream") };
    Stream(parts)
}

async fn import(service: &Service, ids: impl Iterator<Item = String>) {
    let findings: Vec<Value> = ids.map(|id| finding(&id, json!({}))).collect();
    let response = send(service, "POST", "/_emulator/findings", None, json!(findings)).await;
    assert_eq!(response.status(), 200);
}

async fn service() -> Service {
    let service = Service::new(Settings::default(), None).unwrap();
    assert_eq!(send(&service, "POST", "/accounts", None, json!({})).await.status(), 200);
    service
}

fn event_ids(messages: &[Message]) -> Vec<(&str, &str)> {
    messages.iter().map(|(_, id, data)| (&**id, data["detail"]["findings"][0]["Id"].as_str().unwrap())).collect()
}

/// Rules: CPL-81.
#[test]
fn a_stream_starts_with_the_next_message_or_after_a_cursor() {
    runtime().block_on(async {
        let service = service().await;
        import(&service, ["a", "b"].map(str::to_owned).into_iter()).await;
        let mut live = open(&service, "?kinds=events", None).await;
        import(&service, ["c", "d"].map(str::to_owned).into_iter()).await;
        let messages = live.messages().await;
        assert_eq!(event_ids(&messages), [("3.1", "c"), ("4.1", "d")]);
        assert!(messages.iter().all(|(kind, ..)| kind == "event"), "{messages:?}");
        let mut again = open(&service, "?kinds=events", Some("1.0")).await;
        assert_eq!(event_ids(&again.messages().await), [("2.0", "b"), ("3.0", "c"), ("4.0", "d")]);
        let mut after = open(&service, "?kinds=events&after=3.0", Some("1.0")).await;
        assert_eq!(event_ids(&after.messages().await), [("4.0", "d")]);
        let mut of_another = open(&service, "?kinds=events", Some("99.7")).await;
        assert_eq!(of_another.messages().await.len(), 4, "the cursor is from another process");
        import(&service, std::iter::once("e".to_owned())).await;
        assert_eq!(event_ids(&again.messages().await), [("5.0", "e")]);
        assert!(service.served().reset());
        send(&service, "POST", "/accounts", None, json!({})).await;
        import(&service, std::iter::once("f".to_owned())).await;
        assert_eq!(
            event_ids(&live.messages().await),
            [("5.1", "e"), ("6.1", "f")],
            "the stream continues after a reset"
        );
    });
}

/// Rules: CPL-81, CPL-88.
#[test]
fn a_stream_contains_announcements_and_the_events_that_its_filters_select() {
    runtime().block_on(async {
        let service = service().await;
        let pattern = "%7B%22detail%22%3A%7B%22findings%22%3A%7B%22Id%22%3A%5B%22b%22%5D%7D%7D%7D";
        let mut streams = Vec::new();
        for (query, events, announcements) in [
            (format!("?pattern={pattern}"), 1, 0),
            ("?account=111111111111".to_owned(), 2, 1),
            ("?account=222222222222".to_owned(), 0, 1),
            ("?region=eu-west-1".to_owned(), 0, 0),
            ("?detail-type=other".to_owned(), 0, 0),
            ("?test=other".to_owned(), 0, 0),
            ("?kinds=events,requests".to_owned(), 2, 1),
        ] {
            streams.push((open(&service, &query, None).await, query, events, announcements));
        }
        import(&service, ["a", "b"].map(str::to_owned).into_iter()).await;
        let text = json!({
            "AnnouncementType": "NEW_REGIONS", "Title": "t", "Description": "d", "Regions": ["us-east-1"],
        });
        assert_eq!(send(&service, "POST", "/_emulator/announcements", None, text).await.status(), 200);
        for (mut stream, query, events, announcements) in streams {
            let messages = stream.messages().await;
            let count = |kind: &str| messages.iter().filter(|(it, ..)| it == kind).count();
            assert_eq!((count("event"), count("announcement")), (events, announcements), "{query}: {messages:?}");
        }
        for query in ["?kinds=other", "?after=1", "?account=1"] {
            let response = send(&service, "GET", &format!("/_emulator/stream{query}"), None, json!({})).await;
            assert_eq!(response.status(), 400, "{query}");
        }
    });
}

/// Rules: CPL-26, CPL-81.
#[test]
fn a_stream_contains_each_call_after_its_events() {
    runtime().block_on(async {
        let service = service().await;
        let mut all = open(&service, "", None).await;
        let mut streams = Vec::new();
        for (query, count) in [
            ("?kinds=requests", 2),
            ("?kinds=requests&operation=BatchImport*", 1),
            ("?kinds=requests&account=222222222222", 0),
            ("?kinds=requests&service=securityhub&status=200", 2),
            ("?kinds=requests&status=4xx", 0),
            ("?kinds=requests&error=InvalidInputException", 0),
            ("?kinds=requests&fault=*", 0),
            ("?kinds=requests&match=%7B%22Findings%22%3A%5B%7B%22Id%22%3A%22a%22%7D%5D%7D", 1),
            ("?kinds=requests&test=other", 0),
        ] {
            streams.push((open(&service, query, None).await, query, count));
        }
        let body = json!({ "Findings": [finding("a", json!({}))] });
        assert_eq!(send(&service, "POST", "/findings/import", None, body).await.status(), 200);
        assert_eq!(send(&service, "GET", "/accounts", None, Value::Null).await.status(), 200);
        let messages = all.messages().await;
        let kinds: Vec<(&str, &str)> = messages.iter().map(|(kind, id, _)| (&**kind, &**id)).collect();
        assert_eq!(kinds, [("event", "1.1"), ("request", "1.2"), ("request", "1.3")]);
        let call = &messages[1].2;
        assert_eq!(
            (&call["Operation"], &call["Status"], &call["Number"]),
            (&json!("BatchImportFindings"), &json!(200), &json!(2))
        );
        assert!(!messages[1].2.to_string().contains("AWS4-HMAC-SHA256"), "a signature is a secret");
        for (mut stream, query, count) in streams {
            assert_eq!(stream.messages().await.len(), count, "{query}");
        }
        let mut resumed = open(&service, "", Some("1.2")).await;
        let resumed = resumed.messages().await;
        assert_eq!(resumed.iter().map(|(_, id, _)| id.as_str()).collect::<Vec<_>>(), ["1.3"]);
    });
}

/// Rules: CPL-81.
#[test]
fn a_slow_reader_skips_the_oldest_messages() {
    runtime().block_on(async {
        let service = service().await;
        let mut stream = open(&service, "?kinds=events", None).await;
        import(&service, (0..3000).map(|number| number.to_string())).await;
        let messages = stream.messages().await;
        let dropped: u64 = messages.iter().filter_map(|(_, _, data)| data["Dropped"].as_u64()).sum();
        let events: Vec<&Message> = messages.iter().filter(|(kind, ..)| kind == "event").collect();
        assert_eq!((dropped, events.len()), (2000, 1000));
        assert_eq!((events[0].1.as_str(), events[999].1.as_str()), ("2001.1", "3000.1"));
        // A reader with a cursor gets all later messages.
        let mut resumed = open(&service, "?kinds=events", Some("100.0")).await;
        assert_eq!(resumed.messages().await.len(), 2900);
    });
}

/// Rules: CPL-12, CPL-81.
#[test]
fn streams_have_a_limit_and_end_when_the_emulator_stops() {
    runtime().block_on(async {
        let service = service().await;
        let mut streams = Vec::new();
        for _ in 0..1000 {
            streams.push(open(&service, "", None).await);
        }
        let refused = send(&service, "GET", "/_emulator/stream", None, json!({})).await;
        assert_eq!(refused.status(), 503);
        drop(streams.pop());
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut last = open(&service, "", None).await;
        service.stop();
        assert!(timeout(Duration::from_secs(1), last.0.recv()).await.unwrap().is_none());
    });
}

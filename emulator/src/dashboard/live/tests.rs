//! Tests of streams through the service.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::*;
use crate::service::{Service, Settings};
use crate::testing::finding;

const STREAM: &str = "/_emulator/ui/as/111111111111/us-east-1/events/stream";

struct Rows(mpsc::Receiver<std::io::Result<Bytes>>);

impl Rows {
    /// The messages that arrive until the stream has been silent for 200 ms.
    async fn text(&mut self) -> String {
        let mut text = String::new();
        while let Ok(Some(part)) = timeout(Duration::from_millis(200), self.0.recv()).await {
            text.push_str(std::str::from_utf8(&part.unwrap()).unwrap());
        }
        text
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn service() -> Service {
    let text = "name: one\nclock: { now: 2026-01-15T09:00:00Z, frozen: true }\nregions: [us-east-1]\nhubs:\n  - { \
                account: '111111111111', regions: all, quiet: true }\n";
    let scenario = crate::scenario::load_sources(&[crate::scenario::Source::Text(text.to_owned())]).unwrap();
    Service::new(Settings::default(), Some(scenario)).unwrap()
}

async fn send(service: &Service, method: &str, path: &str, id: &str, body: Value) -> Response<Payload> {
    let mut request = Request::builder().method(method).uri(path).header("host", "localhost:4600");
    if !id.is_empty() {
        request = request.header("last-event-id", id);
    }
    service.serve(request.body(body.to_string().into()).unwrap(), Ipv4Addr::LOCALHOST.into()).await
}

async fn open(service: &Service, query: &str, id: &str) -> Rows {
    let response = send(service, "GET", &format!("{STREAM}{query}"), id, json!({})).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert!(!response.headers().keys().any(|name| name.as_str().starts_with("access-control")));
    let Payload::Stream(parts) = response.into_body() else { panic!("expected a stream") };
    Rows(parts)
}

async fn import(service: &Service, ids: &[&str]) {
    let findings: Vec<Value> = ids.iter().map(|id| finding(id, json!({ "Title": format!("<i>{id}</i>") }))).collect();
    let response = send(service, "POST", "/_emulator/findings", "", json!(findings)).await;
    assert_eq!(response.status(), 200);
}

/// Rules: DSH-14, DSH-31, DSH-96.
#[test]
fn a_stream_sends_rows_after_the_last_event_of_the_page() {
    runtime().block_on(async {
        let service = service();
        import(&service, &["a", "b"]).await;
        let mut rows = open(&service, "?after=1", "").await;
        let text = rows.text().await;
        assert!(text.starts_with("event: event\nid: 2.0\ndata: <tr><th scope=\"row\">"), "{text}");
        assert!(text.contains("&#60;i&#62;b&#60;/i&#62;") && !text.contains("&#60;i&#62;a"), "{text}");
        import(&service, &["c"]).await;
        let text = rows.text().await;
        assert!(text.contains("id: 3.0\n") && text.contains("event=3#event"), "{text}");
        let text = open(&service, "?after=1", "2.0").await.text().await;
        assert!(text.starts_with("event: event\nid: 3.0\n"), "a browser that reconnects: {text}");
        let pattern = "?after=2&pattern=%7B%22source%22%3A%5B%22x%22%5D%7D";
        let text = open(&service, pattern, "").await.text().await;
        assert!(text.contains("<td>no</td>") && text.contains("source: expected"), "{text}");
        let other = STREAM.replace("us-east-1", "eu-west-1");
        let Payload::Stream(parts) = send(&service, "GET", &other, "", json!({})).await.into_body() else { panic!() };
        import(&service, &["d"]).await;
        assert_eq!(Rows(parts).text().await, "", "the bus of another Region");
    });
}

/// Rules: DSH-14.
#[test]
fn the_number_of_streams_is_limited() {
    runtime().block_on(async {
        let service = service();
        let mut streams = Vec::new();
        for _ in 0..MOST {
            streams.push(open(&service, "", "").await);
        }
        let refused = send(&service, "GET", STREAM, "", json!({})).await;
        assert_eq!(refused.status(), 503);
        let text = refused.into_body().collect().await;
        assert!(String::from_utf8_lossy(&text).contains(TOO_MANY), "{text:?}");
        streams.pop();
        tokio::time::sleep(Duration::from_millis(50)).await;
        open(&service, "", "").await;
        service.stop();
        for stream in &mut streams {
            let end = timeout(Duration::from_secs(5), stream.0.recv()).await;
            assert!(end.unwrap().is_none(), "a stream ends at shutdown");
        }
    });
}

/// Rules: DSH-14.
#[test]
fn an_invalid_query_is_refused() {
    runtime().block_on(async {
        let service = service();
        let response = send(&service, "GET", &format!("{STREAM}?pattern=%7B"), "", json!({})).await;
        assert_eq!(response.status(), 400);
        let unknown = STREAM.replace("111111111111", "1");
        assert_eq!(send(&service, "GET", &unknown, "", json!({})).await.status(), 404);
        assert_eq!(send(&service, "POST", STREAM, "", json!({})).await.status(), 404);
    });
}

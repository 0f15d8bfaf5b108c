//! Tests of due work while no call is made.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::{Emulator, MessageKind, Messages, StreamFilter};

/// A scenario with a running clock. An enabled standard is INCOMPLETE for a second; then it has a finding.
const SCENARIO: &str = "
delays: { standards_enable: 1s }
hubs: [{ account: '111111111111', regions: all, default_standards: false }]
resources: [{ account: '111111111111', regions: [us-east-1], type: AwsS3Bucket, id: logs, fails: [S3.8] }]
event_sinks: { events: { type: file, path: events.jsonl } }
";

fn emulator(folder: &Path, clock: &str) -> Emulator {
    let file = folder.join("scenario.yaml");
    std::fs::write(&file, format!("{clock}{SCENARIO}")).unwrap();
    runtime().block_on(Emulator::builder().scenario(file).start()).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn send(emulator: &Emulator, path: &str, body: &Value) {
    let authorization = "AWS4-HMAC-SHA256 Credential=111111111111/20260115/us-east-1/securityhub/aws4_request, \
                         SignedHeaders=host, Signature=00";
    let request = http::Request::post(path).header("authorization", authorization);
    let response = emulator.service().handle(request.body(body.to_string().into()).unwrap()).await;
    assert_eq!(response.status(), 200, "{response:?}");
}

async fn enable_standard(emulator: &Emulator) {
    let arn = "arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0";
    let body = serde_json::json!({ "StandardsSubscriptionRequests": [{ "StandardsArn": arn }] });
    send(emulator, "/standards/register", &body).await;
}

/// Returns whether a stream has an event within this time.
async fn has_event(messages: &mut Messages, time: Duration) -> bool {
    let event = async { while messages.next().await.expect("the stream is open").kind != "event" {} };
    tokio::time::timeout(time, event).await.is_ok()
}

/// Waits without a call until a stream and a file have an event.
async fn assert_events_without_a_call(folder: &Path, messages: &mut Messages) {
    assert!(has_event(messages, Duration::from_secs(20)).await, "the stream has no event");
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while !std::fs::read_to_string(folder.join("events.jsonl")).is_ok_and(|text| text.contains("S3.8")) {
        assert!(std::time::Instant::now() < end, "the file has no event");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Rules: CPL-81, CPL-84.
#[test]
fn events_of_due_work_are_sent_without_a_call() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = emulator(folder.path(), "");
    runtime().block_on(async {
        let mut messages = emulator.stream(&StreamFilter::only(MessageKind::Events)).await.unwrap();
        enable_standard(&emulator).await;
        assert_events_without_a_call(folder.path(), &mut messages).await;
    });
}

/// Rules: CPL-81, CPL-90.
#[test]
fn due_work_waits_while_the_clock_is_frozen() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = emulator(folder.path(), "clock: { now: 2026-01-15T09:00:00Z, frozen: true }\n");
    runtime().block_on(async {
        let mut messages = emulator.stream(&StreamFilter::only(MessageKind::Events)).await.unwrap();
        enable_standard(&emulator).await;
        assert!(!has_event(&mut messages, Duration::from_millis(1500)).await, "the work is not due");
        send(&emulator, "/_emulator/clock", &serde_json::json!({ "frozen": false })).await;
        assert_events_without_a_call(folder.path(), &mut messages).await;
    });
}

//! The methods of an emulator in process, which correspond to the routes of the control plane.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Request;
use securityhub_local::{
    Emulator, EventFilter, EventSink, Fault, FaultError, Format, Mode, RequestFilter, Reset, SinkKind, Verify, control,
};
use securityhub_local_tests::sample;
use serde_json::{Value, json};

const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=111111111111/20260115/us-east-1/securityhub/aws4_request, \
                         SignedHeaders=host, Signature=00";

fn run<F: Future>(test: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

async fn emulator() -> Emulator {
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml");
    Emulator::builder().scenario(scenario).start().await.unwrap()
}

/// Rules: CPL-130, CPL-50, CPL-51, CPL-52.
#[test]
fn a_program_saves_resets_and_restores_the_state() {
    run(async {
        let emulator = emulator().await;
        let saved = emulator.save("before").await.unwrap();
        assert_eq!((saved.name.as_str(), saved.hubs > 0), ("before", true));
        emulator.reset(Reset::Empty).await.unwrap();
        assert_eq!(emulator.service().world().finding_count(), 0);
        emulator.reset(Reset::Snapshot("before")).await.unwrap();
        assert_eq!(emulator.service().world().finding_count(), saved.findings);
        emulator.reset(Reset::Start).await.unwrap();
        assert_eq!(emulator.snapshots(), [saved]);
        emulator.delete_snapshot("before").unwrap();
        let error: control::Error = emulator.reset(Reset::Snapshot("before")).await.unwrap_err();
        assert_eq!((error.status, error.message.as_str()), (404, "no snapshot has the name 'before'"));
        assert_eq!(emulator.save("not a name").await.unwrap_err().status, 400);
    });
}

/// Rules: CPL-130, CPL-90, CPL-92.
#[test]
fn a_program_moves_and_freezes_the_clock() {
    run(async {
        let emulator = emulator().await;
        assert!(emulator.freeze(true).unwrap().frozen);
        let start = emulator.clock();
        emulator.advance("P1D").unwrap();
        let later = emulator.advance(Duration::from_hours(1)).unwrap();
        assert!(later.now > start.now && later.frozen);
        let past = SystemTime::UNIX_EPOCH;
        assert_eq!(emulator.set_clock(past).unwrap_err().status, 400);
        assert_eq!(emulator.advance("tomorrow").unwrap_err().status, 400);
        assert_eq!(emulator.clock(), later, "a refused call changes nothing");
    });
}

/// Calls an operation of the API in process, and returns the status.
async fn call(emulator: &Emulator, method: &str, path: &str, body: &Value) -> u16 {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("authorization", SIGNATURE);
    let request = request.header("x-emulator-test", "library").body(Bytes::from(body.to_string())).unwrap();
    emulator.service().handle(request).await.status().as_u16()
}

/// Rules: CPL-130, CPL-22, CPL-23, CPL-25, CPL-28, CPL-29.
#[test]
fn a_program_verifies_the_calls_that_it_made() {
    run(async {
        let emulator = emulator().await;
        assert_eq!(call(&emulator, "GET", "/accounts", &json!({})).await, 200);
        let filter = RequestFilter { test: Some("library".to_owned()), ..RequestFilter::operation("DescribeHub") };
        let calls = emulator.requests(&filter).unwrap();
        assert_eq!((calls.len(), calls[0].status), (1, Some(200)));
        assert_eq!(emulator.wait_requests(&filter, 1, Duration::from_secs(5)).await.unwrap(), calls);
        let (input, page) = (json!({ "MaxResults": 1 }), RequestFilter::operation("GetFindings"));
        let (_, later) = tokio::join!(
            call(&emulator, "POST", "/findings", &input),
            emulator.wait_requests(&page, 1, Duration::from_secs(5)),
        );
        assert_eq!(later.unwrap().len(), 1, "the wait ends when the call is made");

        let expected = Verify::operation("GetFindings").matching(json!({ "MaxResults": 1 })).times(1);
        assert_eq!(emulator.verify(&expected).await.unwrap().count, 1);
        let wrong = Verify::operation("GetFindings").matching(json!({ "MaxResults": 2 }));
        let text = emulator.verify(&wrong).await.unwrap_err().to_string();
        assert!(text.contains("Input.MaxResults: expected 2, found 1"), "{text}");

        assert_eq!(emulator.clear_requests(&filter).unwrap(), 1);
        assert_eq!(emulator.requests(&filter).unwrap(), []);
    });
}

/// Rules: CPL-130, CPL-33.
#[test]
fn a_fault_lasts_as_long_as_its_guard() {
    run(async {
        let emulator = emulator().await;
        let error = FaultError { code: Some("Throttle".to_owned()), ..FaultError::default() };
        let guard = emulator.fault(Fault { error: Some(error.clone()), ..Fault::default() }).unwrap();
        assert_eq!(call(&emulator, "GET", "/accounts", &json!({})).await, 429);
        assert_eq!(emulator.faults()[0].fired, Some(1));
        drop(guard);
        assert_eq!(call(&emulator, "GET", "/accounts", &json!({})).await, 200);
        emulator.set_faults(vec![Fault { error: Some(error), times: Some(1), ..Fault::default() }]).unwrap();
        assert_eq!(call(&emulator, "GET", "/accounts", &json!({})).await, 429);
        assert_eq!(call(&emulator, "GET", "/accounts", &json!({})).await, 200);
        assert_eq!(
            emulator.fault(Fault::default()).map(|_| ()).unwrap_err().status,
            400,
            "a fault without an effect is refused"
        );
    });
}

/// Rules: CPL-130, CPL-80, CPL-81, CPL-82.
#[test]
fn a_program_waits_for_events_and_follows_them() {
    run(async {
        let emulator = emulator().await;
        let sink = json!({ "Type": "webhook", "Url": "http://127.0.0.1:9/" });
        let sink: EventSink = serde_json::from_value(sink).unwrap();
        assert_eq!(sink.kind, SinkKind::Webhook);
        emulator.sink("nowhere", &sink).unwrap();
        let file = json!({ "Type": "file", "Path": std::env::temp_dir().join("events.jsonl") });
        let refused = emulator.sink("file", &serde_json::from_value(file).unwrap()).unwrap_err();
        assert_eq!(refused.status, 400, "files are only allowed in a configured folder");

        let mut messages = emulator.stream(&EventFilter::default()).await.unwrap();
        let finding = sample::finding("111111111111");
        assert_eq!(call(&emulator, "POST", "/findings/import", &json!({ "Findings": [finding] })).await, 200);
        let filter = EventFilter { test: Some("library".to_owned()), ..EventFilter::default() };
        let events = emulator.wait_events(&filter, 1, Duration::from_secs(5)).await.unwrap();
        assert_eq!(events[0]["detail"]["findings"][0]["Id"], finding["Id"]);
        let message = messages.next().await.unwrap();
        assert_eq!((message.kind.as_str(), &message.data), ("event", &events[0]));
        assert_eq!(emulator.sinks().unwrap()[0].state.queued, 1, "the receiver does not exist");
        emulator.remove_sink("nowhere").unwrap();
        assert_eq!(emulator.sinks().unwrap(), []);
    });
}

/// Rules: CPL-130, CPL-53, CPL-60, CPL-62, CPL-63.
#[test]
fn a_program_compares_exports_and_loads_states() {
    run(async {
        let emulator = emulator().await;
        emulator.save("before").await.unwrap();
        let same = emulator.diff("before", None).unwrap();
        assert!(same.findings.added.is_empty() && same.relations.added.is_empty(), "{same:?}");
        let finding = sample::finding("111111111111");
        assert_eq!(call(&emulator, "POST", "/findings/import", &json!({ "Findings": [finding] })).await, 200);
        assert_eq!(emulator.diff("before", None).unwrap().findings.added.len(), 1);
        let exported = emulator.export(Format::Yaml).unwrap();
        let other = Emulator::start().await.unwrap();
        let loaded = other.load(&exported, Mode::Replace).await.unwrap();
        assert_eq!(loaded.findings, emulator.service().world().finding_count());
        assert_eq!(other.export(Format::Yaml).unwrap(), exported);
        let refused = other.load("hubs: 7", Mode::Replace).await.unwrap_err();
        assert_eq!((refused.status, refused.body["Mistakes"].as_array().map(Vec::len)), (400, Some(1)), "{refused:?}");
        assert_eq!(other.export(Format::Yaml).unwrap(), exported, "a refused scenario changes nothing");
    });
}

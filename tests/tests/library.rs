//! The methods of an emulator in process, which correspond to the routes of the control plane.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Request;
use securityhub_local::{
    Account, Emulator, EventFilter, EventSink, Fault, FaultError, Format, MessageKind, Mode, RequestFilter, Reset,
    SinkKind, StreamFilter, Verify, control,
};
use securityhub_local_tests::sample;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;

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
    call_with_tag(emulator, "library", method, path, body).await
}

async fn call_with_tag(emulator: &Emulator, tag: &str, method: &str, path: &str, body: &Value) -> u16 {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("authorization", SIGNATURE);
    let request = request.header("x-emulator-test", tag).body(Bytes::from(body.to_string())).unwrap();
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
        assert_eq!(sink, EventSink::webhook("http://127.0.0.1:9/"));
        emulator.sink("nowhere", sink).unwrap();
        let file = EventSink::file(std::env::temp_dir().join("events.jsonl").to_str().unwrap());
        let refused = emulator.sink("file", file).unwrap_err();
        assert_eq!(refused.status, 400, "files are only allowed in a configured folder");

        let mut messages = emulator.stream(&StreamFilter::only(MessageKind::Events)).await.unwrap();
        let finding = sample::finding("111111111111");
        assert_eq!(call(&emulator, "POST", "/findings/import", &json!({ "Findings": [finding] })).await, 200);
        let filter = EventFilter { test: Some("library".to_owned()), ..EventFilter::default() };
        let events = emulator.wait_events(&filter, 1, Duration::from_secs(5)).await.unwrap();
        assert_eq!(events[0]["detail"]["findings"][0]["Id"], finding["Id"]);
        let message = messages.next().await.unwrap();
        assert_eq!((message.kind.as_str(), &message.data), ("event", &events[0]));
        assert_eq!(emulator.sinks()[0].state.queued, 1, "the receiver does not exist");
        emulator.remove_sink("nowhere").unwrap();
        assert_eq!(emulator.sinks(), []);
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

/// Imports a finding that differs from those of other numbers.
async fn import(emulator: &Emulator, tag: &str, number: usize) -> Value {
    let mut finding = sample::finding("111111111111");
    finding["Id"] = json!(format!("finding-{number}"));
    let body = json!({ "Findings": [finding] });
    assert_eq!(call_with_tag(emulator, tag, "POST", "/findings/import", &body).await, 200);
    finding
}

/// Rules: CPL-130, CPL-55, CPL-82, CPL-61.
#[test]
fn a_channel_of_the_builder_receives_events_again_after_each_reset() {
    run(async {
        let (sender, mut events) = mpsc::channel(1);
        let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml");
        let hook = EventSink::webhook("http://127.0.0.1:9/");
        let emulator = Emulator::builder().scenario(scenario).sink("here", sender.clone()).sink("hook", hook);
        let emulator = emulator.start().await.unwrap();
        let limit = Duration::from_secs(5);
        for _ in 0..2 {
            let finding = import(&emulator, "a", 0).await;
            let event = timeout(limit, events.recv()).await.unwrap().unwrap();
            assert_eq!(event["detail"]["findings"][0]["Id"], finding["Id"]);
            emulator.reset(Reset::Start).await.unwrap();
        }
        let kinds: Vec<SinkKind> = emulator.sinks().iter().map(|sink| sink.declared.kind).collect();
        assert_eq!(kinds, [SinkKind::Channel, SinkKind::Webhook]);
        let exported = emulator.export(Format::Yaml).unwrap();
        assert!(
            exported.contains(r#""hook":"#) && !exported.contains(r#""here":"#),
            "a channel belongs to this program"
        );
        emulator.reset(Reset::Empty).await.unwrap();
        assert_eq!(emulator.sinks(), [], "an empty state has no sinks");

        // If the program does not receive from its channel, this delays neither calls nor the end of the emulator.
        emulator.reset(Reset::Start).await.unwrap();
        emulator.remove_sink("hook").unwrap();
        for number in 1..=3 {
            import(&emulator, "a", number).await;
        }
        let start = std::time::Instant::now();
        drop(emulator);
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        drop(sender);
        while timeout(limit, events.recv()).await.expect("the emulator has dropped its sender").is_some() {}
    });
}

/// Rules: CPL-130, CPL-82.
#[test]
fn a_removed_or_replaced_channel_is_closed_while_it_is_full() {
    run(async {
        let emulator = emulator().await;
        let limit = Duration::from_secs(5);
        for replaces in [false, true] {
            let (sender, mut events) = mpsc::channel(1);
            emulator.sink("here", sender).unwrap();
            for number in 1..=3 {
                import(&emulator, "a", number + usize::from(replaces) * 3).await;
            }
            let (other, mut later) = mpsc::channel(8);
            if replaces {
                emulator.sink("here", other).unwrap();
                assert!(
                    timeout(limit, later.recv()).await.unwrap().is_some(),
                    "the new channel receives the queued events"
                );
            } else {
                emulator.remove_sink("here").unwrap();
            }
            while timeout(limit, events.recv()).await.expect("the sender is dropped").is_some() {}
        }
        let (sender, events) = mpsc::channel(1);
        drop(events);
        emulator.sink("here", sender).unwrap();
        import(&emulator, "a", 0).await;
        let query = "/_emulator/sinks/here?wait=5s";
        let sink = emulator.call_control_plane("GET", query, &Value::Null).await.unwrap();
        assert_eq!(sink["State"]["LastError"], "the receiver of the channel was dropped");
        assert_eq!((&sink["Type"], &sink["State"]["Queued"]), (&json!("channel"), &json!(0)));
        let refused = json!({ "Type": "channel" });
        let refused = emulator.call_control_plane("PUT", "/_emulator/sinks/x", &refused).await.unwrap_err();
        assert_eq!(refused.status, 400, "{refused}");
    });
}

/// Rules: CPL-130, CPL-30.
#[test]
fn tests_with_different_tags_do_not_see_each_other() {
    run(async {
        let emulator = emulator().await;
        let [first, second] = ["first", "second"].map(|tag| emulator.tagged(tag));
        assert_eq!((first.tag(), first.header()), ("first", ("x-emulator-test", "first")));
        let mut calls = second.stream(&StreamFilter::only(MessageKind::Requests)).await.unwrap();
        let error = FaultError { code: Some("Throttle".to_owned()), ..FaultError::default() };
        let guard = second.fault(Fault { error: Some(error), ..Fault::default() }).unwrap();
        import(&emulator, "first", 0).await;
        assert_eq!(call_with_tag(&emulator, "second", "GET", "/accounts", &json!({})).await, 429);
        drop(guard);
        assert_eq!((first.events().unwrap().len(), second.events().unwrap().len()), (1, 0));
        let limit = Duration::from_secs(5);
        assert_eq!(first.wait_events(&EventFilter::default(), 1, limit).await.unwrap(), first.events().unwrap());
        let operations = |calls: Vec<securityhub_local::RecordedCall>| -> Vec<String> {
            calls.into_iter().filter_map(|call| call.operation).collect()
        };
        let all = RequestFilter::default();
        assert_eq!(operations(first.requests(&all).unwrap()), ["BatchImportFindings"]);
        assert_eq!(operations(second.wait_requests(&all, 1, limit).await.unwrap()), ["DescribeHub"]);
        assert_eq!(calls.next().await.unwrap().data["Operation"], "DescribeHub");
        let imports = Verify::operation("BatchImportFindings").times(1);
        assert!(first.verify(&imports).await.is_ok() && second.verify(&imports).await.is_err());
        assert_eq!((first.clear_requests(&all).unwrap(), emulator.requests(&all).unwrap().len()), (1, 1));
    });
}

/// Rules: CPL-130, CPL-03, CPL-81.
#[test]
fn a_program_reads_streams_and_calls_routes_without_a_method() {
    run(async {
        let emulator = emulator().await;
        let described: Value = serde_json::from_str(emulator.openapi()).unwrap();
        let nothing = Value::Null;
        let get = |path: &'static str| emulator.call_control_plane("GET", path, &nothing);
        assert_eq!(described, get("/_emulator/openapi.json").await.unwrap());
        assert!(get("/metrics").await.unwrap().as_str().unwrap().starts_with("# HELP"));
        for path in ["/accounts", "no path", "/_emulator/none"] {
            assert_eq!(get(path).await.unwrap_err().status, 404, "{path}");
        }
        import(&emulator, "a", 0).await;
        assert_eq!(call(&emulator, "GET", "/accounts", &json!({})).await, 200);
        let read = |filter: StreamFilter| {
            let emulator = &emulator;
            async move { emulator.stream(&filter).await.unwrap().next().await.unwrap() }
        };
        let from_start = StreamFilter { after: Some("0.0".to_owned()), ..StreamFilter::default() };
        let event = read(from_start.clone()).await;
        assert_eq!((event.kind.as_str(), event.id.as_str()), ("event", "1.0"));
        let described = StreamFilter { operation: Some("Describe*".to_owned()), ..from_start.clone() };
        let call = read(StreamFilter { kind: Some(MessageKind::Requests), ..described }).await;
        assert_eq!(call.data["Operation"], "DescribeHub");
        let next = read(StreamFilter { after: Some(event.id), ..from_start }).await;
        assert_eq!(next.kind, "request", "it continues after the message");
    });
}

/// Rules: CPL-130.
#[test]
fn a_builder_accepts_texts_and_names_the_invalid_setting() {
    run(async {
        let hubs = |account: &str| format!("hubs: [{{ account: \"{account}\", regions: [us-east-1] }}]");
        let (first, second) = (hubs("111111111111"), hubs("222222222222"));
        let emulator = Emulator::builder().scenario_text(&first).scenario_text(&second).start().await.unwrap();
        assert_eq!(emulator.save("x").await.unwrap().hubs, 2);
        let wrong = Emulator::builder().scenario_text("hubs: 7").start().await.err().unwrap().to_string();
        assert!(wrong.contains("scenario:1"), "{wrong}");
        let start = |name: &str, sink: EventSink| Emulator::builder().sink(name, sink).start();
        let error = start("hook", EventSink::webhook("ftp://a")).await.err().unwrap().to_string();
        assert!(error.contains("sink `hook`: member 'Url': invalid URL ftp://a"), "{error}");
        let error = start("a b", EventSink::webhook("http://a")).await.err().unwrap().to_string();
        assert!(error.contains("sink `a b`: invalid sink name"), "{error}");
        let error = Emulator::builder().sink_ca("x").start().await.err().unwrap().to_string();
        assert!(error.contains("sink_ca: no certificate was found"), "{error}");

        let folder = tempfile::tempdir().unwrap();
        let emulator = Emulator::builder().scenario_text(&first).sink_dir(folder.path()).start().await.unwrap();
        emulator.sink("file", EventSink::file("events.jsonl")).unwrap();
    });
}

/// Rules: DST-40.
#[test]
fn an_account_is_new_and_can_enable_its_hubs() {
    run(async {
        let emulator = emulator().await;
        let mut accounts: Vec<Account> = (0..1000).map(|_| emulator.account()).collect();
        let last = accounts.pop().unwrap();
        let ids: BTreeSet<&str> = accounts.iter().map(Account::id).chain([last.id()]).collect();
        assert_eq!(ids.len(), 1000);
        let next = last.id().parse::<u64>().unwrap() + 1;
        emulator.account_by_id(&next.to_string()).unwrap().enable(&["us-east-1"]).await.unwrap();
        assert_eq!(emulator.account().id(), (next + 1).to_string(), "an account of the state is not returned");

        let describe = async |region: &str| {
            let scope = format!("{}/20260115/{region}/securityhub/aws4_request", last.id());
            let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00");
            let request = Request::get("/accounts").header("authorization", signature).body(Bytes::new()).unwrap();
            emulator.service().handle(request).await.status().as_u16()
        };
        last.enable(&["us-east-1", "eu-west-1"]).await.unwrap();
        assert_eq!(emulator.requests(&RequestFilter::default()).unwrap(), [], "enabling is not recorded");
        assert_eq!([describe("us-east-1").await, describe("eu-west-1").await], [200, 200]);
        assert_eq!(describe("eu-central-1").await, 401, "only these Regions");
        let error = last.enable(&["us-est-1"]).await.unwrap_err();
        assert!(error.status == 400 && error.to_string().contains("AWS has no Region `us-est-1`"), "{error}");
        assert_eq!(last.enable(&[]).await.unwrap_err().status, 400);
        emulator.reset(Reset::Start).await.unwrap();
        assert_eq!(describe("us-east-1").await, 401);

        let error = emulator.account_by_id("33").unwrap_err().to_string();
        assert_eq!(error, "`33` is not a valid account ID (expected 12 digits)");
        let variables = last.env("eu-west-1");
        assert!(variables.contains(&("AWS_ENDPOINT_URL_SECURITYHUB", emulator.endpoint())), "{variables:?}");
        assert!(variables.contains(&("AWS_ACCESS_KEY_ID", last.id().to_owned())), "{variables:?}");
    });
}

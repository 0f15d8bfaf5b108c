//! Tests of sinks, announcements and waits through the service.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use super::*;
use crate::wire::payload::Payload;

const PATH: &str = "/_emulator/sinks/hook";

fn put(service: &Service, path: &str, body: Value) -> (u16, Value) {
    send(service, "PUT", path, body.to_string())
}

/// Rules: CPL-82, CPL-87.
#[test]
fn sinks_are_put_shown_listed_and_deleted() {
    let service = service();
    let hook = json!({ "Type": "webhook", "Url": "http://127.0.0.1:1/hook", "Accounts": ["111111111111"] });
    let (status, shown) = put(&service, PATH, hook.clone());
    assert_eq!(status, 201, "{shown}");
    let state = json!({
        "Queued": 0, "Delivered": 0, "Failed": 0, "Dropped": 0, "Retries": 0, "LastError": null, "LastStatus": null,
        "LastDelivery": null,
    });
    let expected = json!({
        "Name": "hook", "Type": "webhook", "Url": "http://127.0.0.1:1/hook", "Accounts": ["111111111111"],
        "Headers": {}, "Retries": 10, "QueueSize": 10_000, "Enabled": true, "State": state,
    });
    assert_eq!(shown, expected);
    assert_eq!(put(&service, PATH, hook.clone()), (200, expected.clone()));
    assert_eq!(send(&service, "GET", PATH, ""), (200, expected.clone()));
    assert_eq!(send(&service, "GET", "/_emulator/sinks", ""), (200, json!({ "Sinks": [expected] })));
    let import = json!([finding("a", json!({})), finding("b", json!({}))]);
    assert_eq!(post(&service, "/_emulator/findings", import.to_string()).0, 200);
    assert_eq!(
        send(&service, "GET", PATH, "").1["State"]["Queued"],
        2,
        "a service without a server does not deliver events"
    );
    // A restore changes neither sinks nor queues.
    send(&service, "PUT", "/_emulator/snapshots/s", "");
    send(&service, "POST", "/_emulator/snapshots/s/restore", "");
    assert_eq!(send(&service, "GET", PATH, "").1["State"]["Queued"], 2);
    post(&service, "/_emulator/reset", "");
    assert_eq!(send(&service, "GET", "/_emulator/sinks", "").1, json!({ "Sinks": [] }));
    put(&service, PATH, hook);
    assert_eq!(send(&service, "DELETE", PATH, ""), (200, json!({})));
    for method in ["GET", "DELETE"] {
        let (status, answer) = send(&service, method, PATH, "");
        assert_eq!((status, &answer["Message"]), (404, &json!("no sink has the name 'hook'")));
    }
}

/// Rules: CPL-05, CPL-82, CPL-84.
#[test]
fn invalid_sinks_are_refused() {
    let service = service();
    for (path, body, expected) in [
        (PATH, json!({ "Url": "http://a" }), "missing member 'Type'"),
        (PATH, json!({ "Type": "webhok" }), "'webhok' is not a value of member 'Type'; did you mean 'webhook'?"),
        (PATH, json!({ "Type": "webhook", "url": "x" }), "unknown member 'url'; did you mean 'Url'?"),
        (PATH, json!({ "Type": "webhook", "Url": "ftp://a" }), "member 'Url': invalid URL ftp://a"),
        (PATH, json!({ "Type": "webhook", "Url": "http://a", "Regions": ["eu"] }), "AWS has no Region `eu`"),
        (PATH, json!({ "Type": "file", "Path": "a" }), "member 'Path': files are not allowed; start the emulator with"),
        ("/_emulator/sinks/a%20b", json!({ "Type": "webhook", "Url": "http://a" }), "invalid sink name; expected"),
    ] {
        let (status, answer) = put(&service, path, body);
        let message = answer["Message"].as_str().unwrap();
        assert!(status == 400 && message.contains(expected), "{message}\n{expected}");
    }
    let off = Service::new(Settings { events: 0, ..Settings::default() }, None).unwrap();
    let (status, answer) = put(&off, PATH, json!({ "Type": "webhook", "Url": "http://a" }));
    assert!(status == 400 && answer["Message"].as_str().unwrap().contains("--events"), "{answer}");
}

/// Rules: EVT-72, CPL-88.
#[test]
fn an_announcement_has_a_known_type() {
    let service = service();
    let announce = |kind: &str, regions: Value| {
        let body = json!({ "AnnouncementType": kind, "Title": "t", "Description": "d", "Regions": regions });
        post(&service, "/_emulator/announcements", body.to_string())
    };
    for kind in crate::sinks::ANNOUNCEMENT_TYPES {
        let (status, answer) = announce(kind, Value::Null);
        assert_eq!((status, answer["MessageIds"].as_array().unwrap().len()), (200, 1), "{answer}");
    }
    let (_, answer) = announce("GENERAL", json!(["eu-west-1", "us-east-1"]));
    let ids = answer["MessageIds"].as_array().unwrap();
    assert!(ids.len() == 2 && ids[0] != ids[1], "{answer}");
    let (_, answer) = announce("GENERAL", json!(["us-east-1", "us-east-1"]));
    assert_eq!(answer["MessageIds"].as_array().unwrap().len(), 1, "one message for each Region");
    let (status, answer) = announce("NEW_REGION", Value::Null);
    let message = answer["Message"].as_str().unwrap();
    let expected = "'NEW_REGION' is not a type of announcement; did you mean 'NEW_REGIONS'?; expected one of GENERAL,";
    assert!(status == 400 && message.starts_with(expected), "{message}");
    assert_eq!(announce("GENERAL", json!(["nowhere"])).0, 400);
    assert_eq!(send(&service, "GET", "/_emulator/events", "").1["Last"], 0, "an announcement is not an event");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Sends a GET request. Returns the response and the time until it arrived.
async fn get(service: &Service, path: &str) -> (Value, Duration) {
    let start = Instant::now();
    let request = Request::get(path).body(Bytes::new()).unwrap();
    let response = service.serve(request, Ipv4Addr::LOCALHOST.into()).await;
    let Payload::Whole(body) = response.into_body() else { panic!("expected no stream") };
    (serde_json::from_slice(&body).unwrap(), start.elapsed())
}

async fn import(service: &Service, id: &str) {
    let body = json!(finding(id, json!({}))).to_string().into();
    let request = Request::post("/_emulator/findings").body(body).unwrap();
    assert_eq!(service.serve(request, Ipv4Addr::LOCALHOST.into()).await.status(), 200);
}

/// Rules: CPL-12, CPL-80.
#[test]
fn a_call_waits_for_events() {
    let service = service();
    let pattern = "%7B%22detail%22%3A%7B%22findings%22%3A%7B%22Id%22%3A%5B%22c%22%5D%7D%7D%7D";
    runtime().block_on(async {
        let (answer, took) = get(&service, "/_emulator/events?wait=100ms").await;
        assert_eq!(answer["Events"], json!([]));
        assert!((100..1000).contains(&took.as_millis()), "{took:?}");
        let rounds = [("count=2".to_owned(), 2, ["x", "y", "z"]), (format!("pattern={pattern}"), 1, ["a", "b", "c"])];
        for (query, count, ids) in rounds {
            let served = service.clone();
            let waiting =
                tokio::spawn(async move { get(&served, &format!("/_emulator/events?wait=20s&{query}")).await });
            for id in ids {
                tokio::time::sleep(Duration::from_millis(50)).await;
                assert_eq!(waiting.is_finished(), id == "z", "{id}");
                import(&service, id).await;
            }
            let (answer, took) = waiting.await.unwrap();
            assert_eq!(answer["Events"].as_array().unwrap().len(), count, "{answer}");
            assert!(took < Duration::from_secs(5), "{took:?}");
            let (answer, _) = get(&service, "/_emulator/events?wait=20s&count=3&limit=2").await;
            assert_eq!((answer["Events"].as_array().unwrap().len(), &answer["More"]), (2, &json!(true)));
            service.world().take_events();
        }
    });
}

/// Rules: CPL-80.
#[test]
fn events_are_deleted_by_filters() {
    let service = service();
    for id in ["a", "b", "c"] {
        assert_eq!(post(&service, "/_emulator/findings", finding(id, json!({})).to_string()).0, 200);
    }
    let delete = |query: &str| {
        let (status, answer) = send(&service, "DELETE", &format!("/_emulator/events{query}"), "");
        assert_eq!(status, 200, "{answer}");
        answer["Deleted"].as_u64().unwrap()
    };
    let pattern = "%7B%22detail%22%3A%7B%22findings%22%3A%7B%22Id%22%3A%5B%22b%22%5D%7D%7D%7D";
    let queries =
        [("?account=222222222222", 0), (&*format!("?pattern={pattern}"), 1), ("?after=2", 1), ("", 1), ("", 0)];
    for (query, count) in queries {
        assert_eq!(delete(query), count, "{query}");
    }
    assert_eq!(send(&service, "DELETE", "/_emulator/events?acount=1", "").0, 400);
}

/// Rules: CPL-80.
#[test]
fn a_wait_notices_work_that_becomes_due() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.yaml");
    let text = "delays: { standards_enable: 1s }\nhubs: [{ account: '111111111111', regions: all, default_standards: false }]\n\
                resources: [{ account: '111111111111', regions: [us-east-1], type: AwsS3Bucket, id: logs, fails: [S3.8] }]\n";
    std::fs::write(&file, text).unwrap();
    let scenario = crate::scenario::load(&[file]).unwrap();
    let service = Service::new(Settings::default(), Some(scenario)).unwrap();
    let arn = "arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0";
    let body = json!({ "StandardsSubscriptionRequests": [{ "StandardsArn": arn }] });
    assert_eq!(post(&service, "/standards/register", body.to_string()).0, 200);
    runtime().block_on(async {
        let (answer, took) = get(&service, "/_emulator/events?wait=30s").await;
        assert!(!answer["Events"].as_array().unwrap().is_empty(), "{answer}");
        assert!((500..15_000).contains(&took.as_millis()), "{took:?}");
    });
}

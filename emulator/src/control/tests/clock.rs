//! Tests of the clock.

use std::collections::BTreeSet;

use super::*;

fn clock(service: &Service, body: &Value) -> (u16, Value) {
    post(service, "/_emulator/clock", body.to_string())
}

/// Rules: CPL-90, CPL-92.
#[test]
fn the_clock_is_set_frozen_and_started() {
    let service = service();
    let state = |now: &str, frozen: bool| (200, json!({ "now": now, "frozen": frozen }));
    let noon = "2030-01-01T12:00:00.000Z";
    assert_eq!(clock(&service, &json!({ "frozen": true, "set": "2030-01-01T12:00:00Z" })), state(noon, true));
    assert_eq!(clock(&service, &json!({ "set": noon })), state(noon, true), "the same time");
    assert_eq!(clock(&service, &json!({ "advance": "P1D" })), state("2030-01-02T12:00:00.000Z", true));
    let (status, running) = clock(&service, &json!({ "frozen": false }));
    assert_eq!((status, &running["frozen"]), (200, &json!(false)));
    assert!(running["now"].as_str().unwrap().starts_with("2030-01-02T12:0"), "{running}");
    for (body, expected) in [
        (json!({}), "the body has none of the members 'frozen', 'advance' and 'set'"),
        (json!({ "advance": "P1D", "set": noon }), "'advance' and 'set' cannot be combined"),
        (json!({ "set": noon }), "the clock cannot go back; reset the emulator or restore a snapshot"),
        (json!({ "set": "noon" }), "`noon` is not a valid time; expected RFC 3339"),
        (json!({ "set": "9999-12-30T00:00:01Z" }), "the clock cannot go beyond 9999-12-30T00:00:00.000Z"),
        (json!({ "set": "9999-12-31T23:59:59Z" }), "the clock cannot go beyond 9999-12-30T00:00:00.000Z"),
        (json!({ "set": "2031-01-01T00:00:00+24:00" }), "`2031-01-01T00:00:00+24:00` is not a valid time"),
        (json!({ "set": "2031-01-01T00:00:00" }), "`2031-01-01T00:00:00` is not a valid time"),
        (json!({ "advance": "P7969Y11M28D", "frozen": true }), "the clock cannot go beyond"),
    ] {
        let (status, answer) = clock(&service, &body);
        assert!(status == 400 && answer["Message"].as_str().unwrap().starts_with(expected), "{body}: {answer}");
    }
    let (_, after) = send(&service, "GET", "/_emulator/clock", "");
    assert_eq!(after["frozen"], false, "a refused call changes nothing");
}

/// Rules: CPL-93.
#[test]
fn work_that_becomes_due_during_an_advance_is_done_at_its_due_time() {
    let service = service();
    clock(&service, &json!({ "frozen": true, "set": "2030-01-01T12:00:00Z" }));
    let standard = "arn:aws:securityhub:us-east-1::standards/pci-dss/v/3.2.1";
    let requests = json!({ "StandardsSubscriptionRequests": [{ "StandardsArn": standard }] });
    assert_eq!(post(&service, "/standards/register", requests.to_string()).0, 200);
    let bucket = json!({ "account": ADMINISTRATOR, "regions": "all", "type": "AwsS3Bucket", "id": "pay" });
    assert_eq!(send(&service, "PUT", "/_emulator/resources", bucket.to_string()).0, 200);
    clock(&service, &json!({ "advance": "1h" }));
    send(&service, "DELETE", "/_emulator/events", "");
    assert_eq!(clock(&service, &json!({ "advance": "P1D" })).0, 200);
    let (_, answer) = send(&service, "GET", "/_emulator/events?limit=1000", "");
    let events = answer["Events"].as_array().unwrap();
    let times: BTreeSet<&str> = events.iter().map(|event| event["time"].as_str().unwrap()).collect();
    assert_eq!(
        times,
        BTreeSet::from(["2030-01-02T00:00:00Z", "2030-01-02T12:00:00Z"]),
        "checks run every twelve hours"
    );
    for event in events {
        let at = event["detail"]["findings"][0]["LastObservedAt"].as_str().unwrap();
        assert!(at.starts_with(event["time"].as_str().unwrap().trim_end_matches('Z')), "{event}");
    }
}

/// Rules: CPL-95.
#[test]
fn a_header_does_not_change_the_time_of_a_request() {
    let service = service();
    clock(&service, &json!({ "frozen": true, "set": "2030-01-01T12:00:00Z" }));
    let request = |method: &str, path: &str, body: &'static str| {
        let request = Request::builder().method(method).uri(path).header("authorization", SIGNATURE);
        let request = request.header("x-emulator-now", "2031-01-01T00:00:00Z").body(Bytes::from(body)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let response = runtime.block_on(service.handle(request));
        serde_json::from_slice::<Value>(response.body()).unwrap()
    };
    assert_eq!(request("GET", "/_emulator/clock", "")["now"], "2030-01-01T12:00:00.000Z");
    assert!(request("DELETE", "/accounts", "").is_object());
    request("POST", "/accounts", "{}");
    assert_eq!(request("GET", "/accounts", "")["SubscribedAt"], "2030-01-01T12:00:00.000Z");
}

/// Rules: CPL-06.
#[test]
fn the_content_type_of_a_call_is_ignored() {
    let service = service();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "nonsense"] {
        let request = Request::builder().method("POST").uri("/_emulator/clock").header("content-type", content_type);
        let request = request.body(Bytes::from(r#"{"advance": "1h"}"#)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(service.handle(request)).status(), 200, "{content_type}");
    }
}

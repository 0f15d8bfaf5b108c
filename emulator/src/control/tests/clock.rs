//! Tests of the clock.

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
        (json!({}), "the body contains none of 'frozen', 'advance' and 'set'"),
        (json!({ "advance": "P1D", "set": noon }), "'advance' and 'set' cannot be combined"),
        (json!({ "set": noon }), "the clock cannot go back; reset the emulator or restore a snapshot"),
        (json!({ "set": "noon" }), "`noon` is not a valid time; expected RFC 3339"),
        (json!({ "set": "9999-12-30T00:00:01Z" }), "the clock cannot go beyond 9999-12-30T00:00:00.000Z"),
        (json!({ "advance": "P7969Y11M28D", "frozen": true }), "the clock cannot go beyond"),
    ] {
        let (status, answer) = clock(&service, &body);
        assert!(status == 400 && answer["Message"].as_str().unwrap().starts_with(expected), "{body}: {answer}");
    }
    let (_, after) = send(&service, "GET", "/_emulator/clock", "");
    assert_eq!(after["frozen"], false, "a refused call changes nothing");
}

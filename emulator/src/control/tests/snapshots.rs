//! Tests of snapshots, resets and their aliases.

use super::*;

fn import(service: &Service, id: &str) {
    let findings = json!({ "Findings": [finding(id, json!({}))] }).to_string();
    assert_eq!(post(service, "/findings/import", findings).1["SuccessCount"], 1);
}

fn ids(service: &Service) -> Vec<String> {
    let (_, found) = post(service, "/findings", "{}");
    found["Findings"].as_array().unwrap().iter().map(|it| it["Id"].as_str().unwrap().to_owned()).collect()
}

fn snapshot(service: &Service, method: &str, path: &str) -> (u16, Value) {
    send(service, method, &format!("/_emulator/snapshots{path}"), "")
}

/// Rules: CPL-51, CPL-52, CPL-55.
#[test]
fn a_snapshot_is_restored_any_number_of_times() {
    let service = service();
    post(&service, "/_emulator/clock", r#"{"frozen": true, "set": "2030-01-01T00:00:00Z"}"#);
    import(&service, "a");
    let (status, saved) = snapshot(&service, "PUT", "/one");
    assert_eq!((status, &saved["Findings"], &saved["Hubs"]), (201, &json!(1), &json!(1)));
    assert_eq!(saved["Clock"], "2030-01-01T00:00:00.000Z");
    let mut created = Vec::new();
    for _ in 0..2 {
        import(&service, "b");
        let insight = json!({ "Name": "i", "Filters": {}, "GroupByAttribute": "Id" }).to_string();
        created.push(post(&service, "/insights", insight).1);
        let (_, page) = post(&service, "/findings", r#"{"MaxResults": 1}"#);
        post(&service, "/_emulator/clock", r#"{"advance": "P1D"}"#);
        assert_eq!(ids(&service).len(), 2);
        let events = send(&service, "GET", "/_emulator/events", "").1;
        assert_eq!(snapshot(&service, "POST", "/one/restore"), (200, json!({})));
        assert_eq!(ids(&service), ["a"]);
        let (_, clock) = send(&service, "GET", "/_emulator/clock", "");
        assert_eq!(clock, json!({ "now": "2030-01-01T00:00:00.000Z", "frozen": true }));
        assert_eq!(send(&service, "GET", "/_emulator/events", "").1, events, "kept events stay");
        let stale = json!({ "MaxResults": 1, "NextToken": page["NextToken"] }).to_string();
        assert_eq!(post(&service, "/findings", stale).0, 400);
    }
    assert_eq!(created[0], created[1], "the same calls make the same IDs");
    assert_eq!(snapshot(&service, "PUT", "/one").0, 200, "the snapshot is replaced");
    assert_eq!(snapshot(&service, "GET", "").1["Snapshots"], json!([snapshot(&service, "GET", "/one").1]));
    assert_eq!(snapshot(&service, "DELETE", "/one"), (200, json!({})));
    assert_eq!(snapshot(&service, "GET", "").1, json!({ "Snapshots": [] }));
}

/// Rules: CPL-50, CPL-51.
#[test]
fn start_and_empty_always_exist() {
    let service = service();
    import(&service, "a");
    assert_eq!(snapshot(&service, "POST", "/start/restore").0, 200);
    assert_eq!(send(&service, "GET", "/_emulator/health", "").1["hubs"], 0);
    for (method, path, expected) in [
        ("PUT", "/start", 409),
        ("DELETE", "/empty", 409),
        ("PUT", "/a%20b", 400),
        ("PUT", &format!("/{}", "a".repeat(65)), 400),
        ("POST", "/none/restore", 404),
        ("DELETE", "/none", 404),
        ("GET", "/none", 404),
        ("PUT", "/a/b", 404),
    ] {
        assert_eq!(snapshot(&service, method, path).0, expected, "{method} {path}");
    }
    for number in 0..100 {
        assert_eq!(snapshot(&service, "PUT", &format!("/{number}")).0, 201);
    }
    assert_eq!(snapshot(&service, "PUT", "/100").0, 409);
    assert_eq!(snapshot(&service, "PUT", "/99").0, 200);
}

/// Rules: CPL-14, CPL-15.
#[test]
fn aliases_answer_as_localstack_and_moto_do() {
    let service = service();
    let (status, health) = send(&service, "GET", "/_localstack/health", "");
    assert_eq!((status, &health["services"]["securityhub"]), (200, &json!("running")));
    assert_eq!(send(&service, "GET", "/_emulator/ready", ""), (200, json!({ "Ready": true })));
    for (path, expected) in [("/_localstack/state/reset", json!({})), ("/moto-api/reset", json!({ "status": "ok" }))] {
        // `service` has enabled the hub; after the first reset, it must be enabled again.
        post(&service, "/accounts", "{}");
        assert_eq!(send(&service, "GET", "/_emulator/health", "").1["hubs"], 1, "{path}");
        assert_eq!(post(&service, path, ""), (200, expected));
        assert_eq!(send(&service, "GET", "/_emulator/health", "").1["hubs"], 0, "{path}");
    }
}

/// Rules: CPL-51.
#[test]
fn the_clock_of_a_snapshot_is_the_time_at_which_it_was_saved() {
    let service = service();
    let (_, saved) = snapshot(&service, "PUT", "/one");
    std::thread::sleep(std::time::Duration::from_millis(5));
    assert_eq!(snapshot(&service, "GET", "/one").1["Clock"], saved["Clock"], "although the clock runs");
}

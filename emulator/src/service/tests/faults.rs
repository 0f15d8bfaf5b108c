//! Tests of the evaluation of faults before a call runs.

use std::thread::{self, ThreadId};

use serde_json::json;

use super::*;

fn service_with_fault() -> Service {
    let service = service();
    let fault = json!([{ "Operation": "GetEnabledStandards", "Error": { "Code": "Throttle" } }]);
    service.add_faults(serde_json::from_value(fault).unwrap()).unwrap();
    service
}

/// Rules: CPL-11.
#[test]
fn a_panic_while_faults_are_evaluated_becomes_an_internal_error() {
    let service = service_with_fault();
    runtime().block_on(async {
        service.set_hook(|path| assert_ne!(path, "faults", "this call panics, as the test requires"));
        let (status, response, body) = call(&service, "GET", "/accounts").await;
        assert_eq!((status, &body["Code"]), (500, &json!("InternalException")));
        let (_, _, health) = call(&service, "GET", "/_emulator/health").await;
        assert_eq!(health["last_panic"], response.headers()["x-amzn-requestid"].to_str().unwrap());
        let (_, _, requests) = call(&service, "GET", "/_emulator/requests").await;
        assert_eq!(requests["Requests"][0]["Status"], 500, "the journal contains the call");
        service.set_hook(|_| {});
        assert_eq!(call(&service, "POST", "/accounts").await.0, 200);
        assert_eq!(call(&service, "POST", "/standards/get").await.0, 429);
    });
}

/// Rules: CPL-12.
#[test]
fn faults_of_a_call_with_a_long_body_are_evaluated_on_another_thread() {
    let service = service_with_fault();
    let evaluated: Arc<Mutex<Vec<ThreadId>>> = Arc::default();
    let threads = Arc::clone(&evaluated);
    service.set_hook(move |path| {
        if path == "faults" {
            threads.lock().push(thread::current().id());
        }
    });
    runtime().block_on(async {
        for (padding, is_here) in [(0, true), (100_000, false)] {
            let body = Bytes::from(format!("{{{}}}", " ".repeat(padding)));
            let request = request("POST", "/standards/get", "").map(|_| body);
            assert_eq!(response_to(&service, request).await.status(), 429);
            let thread = evaluated.lock().pop();
            assert_eq!(thread == Some(thread::current().id()), is_here, "{padding}");
        }
    });
}

/// Rules: CPL-11.
#[test]
fn a_panic_while_a_call_is_counted_or_recorded_does_not_change_its_response() {
    for part in ["metrics", "journal"] {
        let service = service();
        runtime().block_on(async {
            service.set_hook(move |path| assert_ne!(path, part, "this call panics, as the test requires"));
            let (status, response, _) = call(&service, "POST", "/accounts").await;
            assert_eq!(status, 200, "{part}: the call has taken effect");
            let (_, _, health) = call(&service, "GET", "/_emulator/health").await;
            assert_eq!(health["last_panic"], response.headers()["x-amzn-requestid"].to_str().unwrap());
            service.set_hook(|_| {});
            assert_eq!(call(&service, "GET", "/accounts").await.0, 200, "{part}");
            let (_, _, requests) = call(&service, "GET", "/_emulator/requests").await;
            let recorded = requests["Requests"].as_array().unwrap().len();
            assert_eq!(recorded, if part == "journal" { 1 } else { 2 }, "{part}");
        });
    }
}

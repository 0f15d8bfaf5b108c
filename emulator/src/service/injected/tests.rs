//! Tests of delays and of broken connections, as a client of the server sees them.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use http::{Method, Request, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;

use super::*;
use crate::Emulator;

const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=111111111111/20260115/us-east-1/securityhub/aws4_request, \
                             SignedHeaders=host, Signature=00";

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn emulator(faults: Value) -> Emulator {
    let faults: Vec<crate::Fault> = serde_json::from_value(faults).unwrap();
    runtime().block_on(Emulator::builder().faults(faults).start()).unwrap()
}

/// An emulator with a hub. The faults select calls of ListSecurityControlDefinitions.
fn emulator_with_hub(faults: Value) -> Emulator {
    let mut faults = faults;
    for fault in faults.as_array_mut().unwrap() {
        fault["Operation"] = json!("ListSecurityControlDefinitions");
    }
    let emulator = emulator(faults);
    assert!(call(&emulator, "POST", "/accounts").0.starts_with(b"HTTP/1.1 200"));
    emulator
}

/// Calls over HTTP/1.1. Returns all bytes up to the end of the connection, and the error that ended it, if any.
fn call(emulator: &Emulator, method: &str, path: &str) -> (Vec<u8>, Option<ErrorKind>) {
    let mut stream = TcpStream::connect(emulator.address()).unwrap();
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: {AUTHORIZATION}\r\nconnection: close\r\n");
    stream.write_all(format!("{head}content-length: 2\r\n\r\n{{}}").as_bytes()).unwrap();
    let mut received = Vec::new();
    let ended = stream.read_to_end(&mut received);
    (received, ended.err().map(|error| error.kind()))
}

/// The content length of a response, and its body as far as it was received.
fn body(response: &[u8]) -> (usize, Vec<u8>) {
    let text = String::from_utf8_lossy(response);
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    (length, response[head.len() + 4..].to_vec())
}

/// Rules: CPL-37.
#[test]
fn a_connection_fails_before_its_response() {
    let wire = |kind: &str| json!([{ "Id": "w", "Wire": kind, "Operation": "EnableSecurityHub" }]);
    for (kind, length, error) in
        [("reset", 0, Some(ErrorKind::ConnectionReset)), ("empty", 0, None), ("garbage", 64, None)]
    {
        let emulator = emulator(wire(kind));
        let (received, ended) = call(&emulator, "POST", "/accounts");
        assert_eq!((received.len(), ended), (length, error), "{kind}");
        assert!(!received.starts_with(b"HTTP"), "{kind}");
        // The call had no effect, and other connections work.
        let (received, _) = call(&emulator, "GET", "/accounts");
        assert!(received.starts_with(b"HTTP/1.1 401"), "{kind}: {}", String::from_utf8_lossy(&received));
    }
}

/// Rules: CPL-37.
#[test]
fn a_response_is_cut_off_or_arrives_slowly() {
    let list = "/securityControls/definitions";
    let (_, whole) = body(&call(&emulator_with_hub(json!([])), "GET", list).0);
    assert!(whole.len() > 1000);
    let truncated = emulator_with_hub(json!([{ "Wire": "truncate" }]));
    let (received, _) = call(&truncated, "GET", list);
    let (length, half) = body(&received);
    assert_eq!((length, half.len()), (whole.len(), whole.len() / 2));
    assert!(whole.starts_with(&half));
    let truncated = emulator(json!([{ "Wire": "truncate" }]));
    call(&truncated, "POST", "/accounts");
    assert_eq!(truncated.service().world().relations().hub_count(), 1, "the call has its effect");
    let slow = emulator_with_hub(json!([{ "Wire": "dribble", "WireOver": "400ms" }]));
    let start = Instant::now();
    let (received, ended) = call(&slow, "GET", list);
    assert_eq!((body(&received), ended), ((whole.len(), whole), None));
    assert!((350..3000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
}

/// Rules: CPL-37.
#[test]
fn a_connection_hangs_until_the_client_leaves() {
    let emulator = emulator(json!([{ "Wire": "hang", "Operation": "EnableSecurityHub" }]));
    let mut stream = TcpStream::connect(emulator.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let head = format!("POST /accounts HTTP/1.1\r\nhost: x\r\nauthorization: {AUTHORIZATION}\r\n");
    stream.write_all(format!("{head}content-length: 2\r\n\r\n{{}}").as_bytes()).unwrap();
    let error = stream.read(&mut [0; 16]).unwrap_err();
    assert!([ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()), "{error}");
    let start = Instant::now();
    drop(emulator);
    assert!(start.elapsed() < Duration::from_secs(5), "a hanging connection does not delay the shutdown");
}

/// Rules: CPL-37.
#[test]
fn over_http_2_only_the_stream_fails() {
    let emulator = emulator_with_hub(json!([
        { "Wire": "reset", "Times": 1 },
        { "Wire": "empty", "Times": 1 },
        { "Wire": "garbage", "Times": 1 },
        { "Wire": "truncate", "Times": 1 },
    ]));
    let address = emulator.address();
    runtime().block_on(async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let client = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (mut sender, connection) = client.await.unwrap();
        tokio::spawn(connection);
        for expected in [None, None, None, Some(false), Some(true)] {
            let request = Request::builder().version(Version::HTTP_2).method(Method::GET);
            let request = request.uri(format!("http://{address}/securityControls/definitions"));
            let request = request.header("authorization", AUTHORIZATION).body(Full::new(Bytes::new())).unwrap();
            let answered = match sender.send_request(request).await {
                Err(_) => None,
                Ok(response) => Some(response.into_body().collect().await.is_ok()),
            };
            assert_eq!(answered, expected);
        }
    });
}

/// Rules: CPL-36.
#[test]
fn delayed_calls_do_not_delay_others() {
    let emulator = emulator(json!([{ "Operation": "GetInsights", "Latency": { "Fixed": "700ms" } }]));
    let start = Instant::now();
    std::thread::scope(|scope| {
        let slow: Vec<_> = (0..40).map(|_| scope.spawn(|| call(&emulator, "POST", "/insights/get"))).collect();
        std::thread::sleep(Duration::from_millis(100));
        let quick = Instant::now();
        call(&emulator, "GET", "/accounts");
        assert!(quick.elapsed() < Duration::from_millis(400), "{:?}", quick.elapsed());
        for thread in slow {
            let (received, _) = thread.join().unwrap();
            assert!(String::from_utf8_lossy(&received).contains("x-emulator-fault: f-1"));
        }
    });
    assert!((700..4000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
}

/// Rules: CPL-37.
#[test]
fn a_caller_in_process_sees_which_connection_would_fail() {
    let emulator = emulator(json!([{ "Wire": "reset" }]));
    let request = Request::builder().method("POST").uri("/accounts").header("authorization", AUTHORIZATION);
    let response = runtime().block_on(emulator.service().handle(request.body(Bytes::new()).unwrap()));
    assert_eq!(response.extensions().get(), Some(&Failure::Reset));
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}

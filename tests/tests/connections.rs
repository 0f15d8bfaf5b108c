//! Tests of connections: admission of pages and host names, timeouts, and memory for bodies.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use securityhub_local_tests::program::{self, Program};

const AUTHORIZATION: &str = "authorization: AWS4-HMAC-SHA256 Credential=111111111111/20260115/us-east-1/securityhub/\
                             aws4_request, SignedHeaders=host, Signature=00\r\n";

/// Sends a request with headers, each of which ends with a line break.
fn send(program: &Program, method_and_path: &str, headers: &str) -> (String, String) {
    program.send(format!("{method_and_path} HTTP/1.1\r\n{AUTHORIZATION}{headers}content-length: 0\r\n\r\n").as_bytes())
}

fn has(head: &str, line: &str) -> bool {
    head.lines().any(|found| found.eq_ignore_ascii_case(line))
}

/// Rules: CPL-07, CPL-08, CPL-09.
#[test]
fn a_request_of_a_foreign_page_is_refused_without_effect() {
    let program = Program::start(&[]);
    assert!(send(&program, "POST /accounts", "host: x\r\n").0.starts_with("HTTP/1.1 200"));
    let origin = "origin 'https://a.example' is not allowed; start with --allow-origin https://a.example";
    let host = "host 'a.example' is not allowed; start with --allow-host a.example";
    for (headers, message) in [("host: x\r\norigin: https://a.example\r\n", origin), ("host: a.example:4600\r\n", host)]
    {
        let (head, body) = send(&program, "POST /_emulator/reset?to=empty", headers);
        assert!(head.starts_with("HTTP/1.1 403"), "{head}");
        assert_eq!(body, format!("{{\"Message\":\"{message}\"}}\n"));
        let (head, body) = send(&program, "DELETE /accounts", headers);
        assert!(head.starts_with("HTTP/1.1 403") && has(&head, "x-amzn-errortype: AccessDeniedException"), "{head}");
        assert_eq!(body, format!("{{\"Message\":\"{message}\",\"Code\":\"AccessDeniedException\"}}"));
        assert!(!head.contains("access-control-"), "{head}");
        let preflight = format!("{headers}access-control-request-method: POST\r\n");
        let (head, _) = send(&program, "OPTIONS /accounts", &preflight);
        assert!(head.starts_with("HTTP/1.1 403") && !head.contains("access-control-"), "{head}");
    }
    for headers in ["", "host: x\r\nhost: x\r\n"] {
        assert!(send(&program, "GET /_emulator/health", headers).0.starts_with("HTTP/1.1 400"));
        assert!(send(&program, "GET /accounts", headers).0.starts_with("HTTP/1.1 400"));
    }
    assert!(send(&program, "GET /accounts", "host: x\r\n").0.starts_with("HTTP/1.1 200"), "the hub is still enabled");
}

/// Rules: CPL-07, CPL-10.
#[test]
fn permitted_pages_can_read_responses() {
    let mut command = program::command(&["serve", "--port", "0", "--allow-host", "hub.example.com"]);
    command.env("SECURITYHUB_LOCAL_ALLOW_ORIGIN", "https://a.example,https://b.example");
    let program = Program::serve(command);
    for origin in ["https://a.example", "https://b.example", "http://localhost:3000"] {
        for path in ["/_emulator/health", "/accounts", "/nope"] {
            let headers = format!("host: hub.example.com\r\norigin: {origin}\r\n");
            let (head, _) = send(&program, &format!("GET {path}"), &headers);
            for line in [
                &*format!("access-control-allow-origin: {origin}"),
                "vary: Origin",
                "access-control-expose-headers: x-amzn-requestid, x-amzn-errortype, x-emulator-fault",
            ] {
                assert!(has(&head, line), "{line} in {head}");
            }
            assert!(!head.contains("allow-credentials"), "{head}");
        }
    }
    let headers = "host: x\r\norigin: https://a.example\r\naccess-control-request-method: PUT\r\n\
                   access-control-request-headers: authorization,x-amz-date\r\n\
                   access-control-request-private-network: true\r\n";
    let (head, body) = send(&program, "OPTIONS /_emulator/clock", headers);
    assert!(head.starts_with("HTTP/1.1 204") && body.is_empty(), "{head}");
    for line in [
        "access-control-allow-origin: https://a.example",
        "access-control-allow-methods: GET, HEAD, POST, PUT, PATCH, DELETE",
        "access-control-allow-headers: authorization,x-amz-date",
        "access-control-max-age: 600",
        "access-control-allow-private-network: true",
        "vary: Origin",
    ] {
        assert!(has(&head, line), "{line} in {head}");
    }
    assert!(!send(&program, "GET /accounts", "host: x\r\n").0.contains("access-control-"));
}

/// Rules: CPL-06.
#[test]
fn a_malformed_chunk_is_a_bad_request() {
    let program = Program::start(&[]);
    for path in ["/accounts", "/_emulator/findings"] {
        for chunk in ["zz\r\n{}\r\n0\r\n\r\n", "2\r\n{}0\r\n\r\n", "fffffffffffffffff\r\n{}"] {
            let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\n{AUTHORIZATION}transfer-encoding: chunked\r\n\r\n");
            let (head, body) = program.send(format!("{head}{chunk}").as_bytes());
            assert!(head.starts_with("HTTP/1.1 400"), "{chunk:?}: {head}");
            assert!(body.contains("The request body could not be read: "), "{body}");
        }
    }
    program.assert_healthy();
}

/// Rules: CPL-06.
#[test]
fn bodies_share_a_bounded_memory() {
    let program = Program::start(&["--body-memory", "1MiB"]);
    let head = |path: &str, length: usize| {
        format!("POST {path} HTTP/1.1\r\nhost: x\r\n{AUTHORIZATION}content-length: {length}\r\n\r\n")
    };
    let padded = format!("{}{{}}", " ".repeat(299_998));
    let sent = |path: &str| program.send(format!("{}{padded}", head(path, 300_000)).as_bytes());
    let refused = |(head, _): &(String, String)| head.starts_with("HTTP/1.1 503");
    // A body that has not been read occupies no memory, and is itself refused if another one arrives first.
    let (unfinished, (head, body)) = program::eventually("a body waits in memory and another is refused", || {
        let mut unfinished = program.connect();
        unfinished.write_all(head("/accounts", 900_001).as_bytes()).unwrap();
        unfinished.write_all(&vec![b' '; 900_000]).unwrap();
        std::thread::sleep(Duration::from_millis(20));
        Some((unfinished, sent("/accounts"))).filter(|(_, answer)| refused(answer))
    });
    assert!(has(&head, "retry-after: 1") && has(&head, "x-amzn-errortype: ServiceUnavailableException"), "{head}");
    assert!(body.contains("--body-memory"), "{body}");
    let (head, body) = sent("/_emulator/findings");
    assert!(head.starts_with("HTTP/1.1 503") && body.starts_with("{\"Message\":"), "{head}{body}");
    program.assert_healthy();
    drop(unfinished);
    let answered =
        program::eventually("the memory is given back", || Some(sent("/accounts")).filter(|it| !refused(it)));
    assert!(!answered.0.starts_with("HTTP/1.1 5"), "{answered:?}");
}

/// The head of a request with a body length and headers, each of which ends with a line break.
fn head(method_and_path: &str, length: usize, headers: &str) -> String {
    format!("{method_and_path} HTTP/1.1\r\nhost: x\r\n{AUTHORIZATION}{headers}content-length: {length}\r\n\r\n")
}

const MIB: usize = 1024 * 1024;

/// Rules: CPL-06, IMP-22.
#[test]
fn a_body_declared_too_large_is_refused_before_it_is_sent() {
    let program = Program::start(&["--body-memory", "16MiB"]);
    let waits = "expect: 100-continue\r\n";
    for (call, length, status, sentence) in [
        ("POST /accounts", 6 * MIB + 1, 400, "Request body must not be larger than 6291456 bytes"),
        ("POST /nope", 6 * MIB + 1, 404, "does not match any AWS Security Hub operation"),
        ("PUT /_emulator/resources", 6 * MIB + 1, 413, "larger than 6291456 bytes; send several smaller requests"),
        ("POST /_emulator/findings", 64 * MIB + 1, 413, "larger than 67108864 bytes; send several smaller requests"),
        ("POST /_emulator/findings", 17 * MIB, 503, "The body is larger than --body-memory"),
    ] {
        for headers in [waits, ""] {
            let (answer, body) = program.send(head(call, length, headers).as_bytes());
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{call} {headers}: {answer}");
            assert!(body.contains(sentence), "{call}: {body}");
            assert_eq!(has(&answer, "retry-after: 1"), status == 503, "{answer}");
        }
    }
    let unsigned = format!("POST /accounts HTTP/1.1\r\nhost: x\r\n{waits}content-length: {}\r\n\r\n", 7 * MIB);
    assert!(program.send(unsigned.as_bytes()).0.starts_with("HTTP/1.1 403"), "the signature is checked first");
    // The body of an admitted request is requested with `100 Continue`.
    let mut stream = program.connect();
    stream.write_all(head("POST /accounts", 2, waits).as_bytes()).unwrap();
    let mut buffer = [0; 25];
    stream.read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"{}").unwrap();
    assert!(program::answer(&mut stream).0.starts_with("HTTP/1.1 200"));
}

/// Rules: CPL-06, IMP-22.
#[test]
fn the_sender_of_a_refused_body_can_read_the_response_and_keep_its_connection() {
    let program = Program::start(&["--body-memory", "16MiB"]);
    let foreign = "origin: https://a.example\r\n";
    for (call, length, headers, status) in [
        ("POST /accounts", 20 * MIB, "", 400),
        ("POST /_emulator/findings", 70 * MIB, "", 413),
        ("POST /_emulator/findings", 20 * MIB, "", 503),
        ("POST /accounts", 20 * MIB, foreign, 403),
    ] {
        let mut stream = program.connect();
        stream.write_all(head(call, length, headers).as_bytes()).unwrap();
        stream.write_all(&vec![b' '; length]).unwrap();
        let (answer, _) = program::answer(&mut stream);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{call}: {answer}");
        stream.write_all(b"GET /_emulator/health HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        assert!(program::answer(&mut stream).0.starts_with("HTTP/1.1 200"), "{call}");
    }
}

/// Rules: CPL-06, ERR-25.
#[test]
fn files_of_findings_may_be_large_and_the_decoded_size_counts() {
    let program = Program::start(&["--body-memory", "8MiB"]);
    let padded = |length: usize| format!("[{}]", " ".repeat(length - 2)).into_bytes();
    let post = |headers: &str, body: &[u8]| {
        let mut request = head("POST /_emulator/findings", body.len(), headers).into_bytes();
        request.extend_from_slice(body);
        program.send(&request)
    };
    let (answer, body) = post("", &padded(7 * MIB));
    assert!(answer.starts_with("HTTP/1.1 200") && body.contains("\"SuccessCount\":0"), "{answer}{body}");
    let gzip = |body: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    };
    for _ in 0..2 {
        let (answer, _) = post("content-encoding: gzip\r\n", &gzip(&padded(7 * MIB)));
        assert!(answer.starts_with("HTTP/1.1 200"), "the memory is released: {answer}");
        let (answer, body) = post("content-encoding: gzip\r\n", &gzip(&padded(9 * MIB)));
        assert!(answer.starts_with("HTTP/1.1 503") && has(&answer, "retry-after: 1"), "{answer}{body}");
    }
    program.assert_healthy();
}

/// Waits until the program closes a connection.
fn assert_closed(stream: &mut TcpStream) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return,
            Err(error) => panic!("the connection is still open: {error}"),
        }
    }
}

/// Rules: ERR-11.
#[test]
fn an_idle_http_2_connection_is_closed() {
    let program = Program::start(&["--read-timeout", "1"]);
    let mut stream = program.connect();
    // The preface, empty settings, the acknowledgement of the program's settings, and then nothing.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00").unwrap();
    stream.write_all(b"\x00\x00\x00\x04\x01\x00\x00\x00\x00").unwrap();
    assert_closed(&mut stream);
    // A client that only answers pings is closed too.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(program.address).await.unwrap();
        let (mut client, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        let health = http::Request::get(format!("http://{}/_emulator/health", program.address));
        let answer = client.send_request(health.body(Full::new(Bytes::new())).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 200);
        tokio::time::timeout(Duration::from_secs(20), connection).await.unwrap().unwrap().unwrap();
    });
    program.assert_healthy();
}

/// Rules: ERR-11.
#[test]
fn the_connection_of_a_client_that_reads_nothing_is_closed() {
    let program = Program::start(&["--read-timeout", "1"]);
    assert!(send(&program, "POST /accounts", "host: x\r\n").0.starts_with("HTTP/1.1 200"));
    let mut stream = program.connect();
    stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
    let request = format!("GET /securityControls/definitions HTTP/1.1\r\nhost: x\r\n{AUTHORIZATION}\r\n");
    // Responses fill the buffers of the connection until the program can neither write nor read.
    let error = program::eventually("the connection ends", || stream.write_all(request.as_bytes()).err());
    let ends = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
    assert!(ends.contains(&error.kind()), "the connection is still open: {error}");
    program.assert_healthy();
}

/// Rules: CPL-09.
#[test]
fn a_refused_command_names_the_flag_that_permits_it() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    let refuses = std::thread::spawn(move || {
        let (mut stream, _) = program::eventually("the command connects", || listener.accept().ok());
        stream.set_nonblocking(false).unwrap();
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
        let body = "{\"Message\":\"host 'a.example' is not allowed; start with --allow-host a.example\"}\n";
        let head = format!("HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    });
    let output = program::run(&["events", "--url", &url]);
    refuses.join().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(message, "securityhub-local: host 'a.example' is not allowed; start with --allow-host a.example\n");
    assert_eq!(output.status.code(), Some(2));
}

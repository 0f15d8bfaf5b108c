//! Tests of HTTPS at the level of bytes and files. Real clients call over HTTPS in client-tests/python/https_cases.py.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;

use securityhub_local_tests::program::{self, Program};

/// First byte of a TLS handshake, and of an alert.
const HANDSHAKE: u8 = 0x16;
const ALERT: u8 = 0x15;

/// A file that is removed at the end of a test.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Temporary {
        Temporary(std::env::temp_dir().join(format!("securityhub-local-{}-{name}", std::process::id())))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        _ = fs::remove_file(&self.0);
    }
}

/// Rules: CPL-110, CPL-112.
#[test]
fn the_authority_is_written_without_its_key_before_the_port_opens() {
    let file = Temporary::new("ca.pem");
    let program = Program::start(&["--tls", "--tls-ca-file", file.path()]);
    let authority = fs::read_to_string(&file.0).unwrap();
    assert!(authority.starts_with("-----BEGIN CERTIFICATE-----") && !authority.contains("KEY"), "{authority}");
    let (head, body) = program.send(b"GET /_emulator/ca.pem HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(head.contains("content-type: application/x-pem-file"), "{head}");
    assert_eq!(body, authority);
    let other = Program::start(&[]);
    let (head, _) = other.send(b"GET /_emulator/ca.pem HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
}

/// Rules: CPL-111.
#[test]
fn a_handshake_that_fails_or_takes_too_long_ends_its_connection_only() {
    let program = Program::start(&["--tls", "--read-timeout", "1"]);
    let mut wrong = program.connect();
    // This client hello has no content.
    wrong.write_all(&[HANDSHAKE, 3, 1, 0, 4, 1, 0, 0, 0]).unwrap();
    let mut first = [0];
    wrong.read_exact(&mut first).unwrap();
    assert_eq!(first, [ALERT]);
    for begun in [&[][..], &[HANDSHAKE], &[HANDSHAKE, 3, 1, 2, 0, 1]] {
        let mut slow = program.connect();
        slow.write_all(begun).unwrap();
        let mut rest = Vec::new();
        slow.read_to_end(&mut rest).unwrap();
        assert!(rest.first().is_none_or(|first| *first != HANDSHAKE), "{begun:?} is not a client hello: {rest:?}");
    }
    program.assert_healthy();
}

/// Rules: CPL-82, CPL-110, CPL-120.
#[test]
fn a_sink_reaches_another_emulator_over_https_if_it_trusts_its_authority() {
    let authority = Temporary::new("sink-ca.pem");
    let receiver = Program::start(&["--tls", "--tls-ca-file", authority.path()]);
    let sink = format!(r#"{{"Type":"webhook","Url":"https://{}/","Retries":0}}"#, receiver.address);
    let announcement = r#"{"AnnouncementType":"GENERAL","Title":"t","Description":"d","Regions":["us-east-1"]}"#;
    // The other emulator does not have this operation.
    for (flags, expected) in [
        (&[][..], "\"LastError\":\"cannot connect to 127.0.0.1"),
        (&["--sink-ca", authority.path()], "\"LastError\":\"the receiver answered 40"),
    ] {
        let program = Program::start(flags);
        let send = |method_and_path: &str, body: &str| {
            let length = body.len();
            let head = format!("{method_and_path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
            program.send((head + body).as_bytes()).1
        };
        send("PUT /_emulator/sinks/hook", &sink);
        send("POST /_emulator/announcements", announcement);
        let state = send("GET /_emulator/sinks/hook?wait=10s", "");
        assert!(state.contains(expected), "{flags:?}: {state}");
    }
}

/// Rules: CPL-110, CPL-111.
#[test]
fn files_that_cannot_be_used_end_the_program_with_the_reason() {
    let (certificate, other) = (Temporary::new("cert.pem"), Temporary::new("other.pem"));
    drop(Program::start(&["--tls", "--tls-ca-file", certificate.path()]));
    fs::write(&other.0, "no key\n").unwrap();
    for (flags, code, sentence) in [
        (&["--tls-cert", certificate.path()][..], 2, "--tls-cert requires --tls-key"),
        (&["--tls-key", other.path()], 2, "--tls-key requires --tls-cert"),
        (&["--tls-ca-file", other.path()], 2, "--tls-ca-file has no effect without --tls"),
        (&["--tls-cert", "/no/file", "--tls-key", other.path()], 1, "cannot read --tls-cert /no/file: "),
        (&["--tls-cert", certificate.path(), "--tls-key", other.path()], 1, "the key cannot be read: "),
        (&["--tls-cert", other.path(), "--tls-key", other.path()], 1, "the certificate cannot be read: "),
        (&["--sink-ca", "/no/file"], 1, "--sink-ca /no/file: "),
        (&["--sink-ca", other.path()], 1, "no certificate was found; expected a PEM file"),
        (&["--tls", "--tls-ca-file", "/no/folder/ca.pem"], 1, "cannot write --tls-ca-file /no/folder/ca.pem: "),
    ] {
        let output = program::run(&[&["serve", "--port", "0"], flags].concat());
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(code) && message.contains(sentence), "{flags:?}: {message}");
    }
    let mut command = program::command(&["serve", "--port", "0", "--tls-ca-file", other.path()]);
    command.env("SECURITYHUB_LOCAL_TLS", "false");
    assert_eq!(command.output().unwrap().status.code(), Some(2), "a variable can turn a flag off");
}

//! Tests of HTTPS at the level of bytes and files. Real clients call over HTTPS in client-tests/python/https_cases.py.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;

use securityhub_local_tests::program::{self, Program};

/// The first byte of a TLS handshake, of an alert, and the version that clients begin with.
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
fn the_authority_is_written_before_the_port_opens_and_its_key_is_not() {
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
    // A client hello without content.
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

/// Rules: CPL-110, CPL-111.
#[test]
fn files_that_cannot_be_used_end_the_program_with_the_reason() {
    let (certificate, other) = (Temporary::new("cert.pem"), Temporary::new("other.pem"));
    drop(Program::start(&["--tls", "--tls-ca-file", certificate.path()]));
    fs::write(&other.0, "no key\n").unwrap();
    for (flags, code, sentence) in [
        (&["--tls-cert", certificate.path()][..], 2, "--tls-cert needs --tls-key"),
        (&["--tls-key", other.path()], 2, "--tls-key needs --tls-cert"),
        (&["--tls-ca-file", other.path()], 2, "--tls-ca-file has no effect without --tls"),
        (&["--tls-cert", "/no/file", "--tls-key", other.path()], 1, "cannot read --tls-cert /no/file: "),
        (&["--tls-cert", certificate.path(), "--tls-key", other.path()], 1, "the key cannot be read: "),
        (&["--tls-cert", other.path(), "--tls-key", other.path()], 1, "the certificate cannot be read: "),
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

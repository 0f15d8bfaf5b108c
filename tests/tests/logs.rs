//! Tests of output that cannot be written: it affects neither responses nor the exit code.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may panic")]
#![cfg(unix)]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use securityhub_local_tests::program::{self, Program};

/// A pipe whose reader has closed it.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// A full disk.
#[cfg(target_os = "linux")]
fn full() -> Stdio {
    std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

#[cfg(not(target_os = "linux"))]
fn full() -> Stdio {
    closed()
}

/// An invalid scenario.
fn invalid_scenario(name: &str) -> PathBuf {
    let file = std::env::temp_dir().join(format!("securityhub-local-{name}-{}.yaml", std::process::id()));
    std::fs::write(&file, "nmae: x\n").unwrap();
    file
}

/// Rules: CPL-11.
#[test]
fn the_exit_code_does_not_depend_on_standard_error() {
    let file = invalid_scenario("unreadable");
    let name = file.to_string_lossy();
    for (arguments, code) in [
        (&["scenario", "check", &name][..], 2),
        (&["serve", "--scenario", &name], 2),
        (&["serve", "--nope"], 2),
        (&["explain", "--id", "x", "--url", "nowhere"], 2),
        (&["explain", "--id", "x", "--url", "http://127.0.0.1:1"], 1),
    ] {
        for output in [closed(), full()] {
            let status = program::command(arguments).stdout(closed()).stderr(output).status().unwrap();
            assert_eq!(status.code(), Some(code), "{arguments:?}");
        }
    }
    std::fs::remove_file(file).unwrap();
}

/// A call that is refused with a log line of several kilobytes.
fn refused() -> Vec<u8> {
    let long = "x".repeat(6000);
    format!(
        "POST /accounts HTTP/1.1\r\nhost: x\r\nauthorization: AWS4-HMAC-SHA256 Credential=111111111111/20260115/us-east-1/\
         securityhub/aws4_request, SignedHeaders=host, Signature=00\r\ncontent-type: text/{long}\r\ncontent-length: 2\r\n\r\n{{}}"
    )
    .into_bytes()
}

/// Sends calls on one connection, each of which must be answered.
fn call(program: &Program, times: usize) {
    let mut stream = program.connect();
    for _ in 0..times {
        stream.write_all(&refused()).unwrap();
        let (head, _) = program::answer(&mut stream);
        assert!(head.starts_with("HTTP/1.1 415"), "{head}");
    }
}

/// Rules: CPL-11.
#[test]
fn calls_are_answered_even_if_the_log_cannot_be_written() {
    for (form, log) in [("pretty", closed()), ("json", closed()), ("pretty", full()), ("json", full())] {
        let command = program::command(&["serve", "--port", "0", "--log-level", "trace", "--log", form]);
        let program = Program::serve_with_log(command, log);
        call(&program, 3);
        program.assert_healthy();
    }
}

/// Rules: CPL-11.
#[test]
fn an_unread_log_blocks_nothing_and_later_reports_missing_lines() {
    let mut program = Program::start(&["--log-level", "info"]);
    call(&program, 400);
    program.assert_healthy();
    let mut lines = BufReader::new(program.log()).lines();
    let missing = lines.find_map(|line| {
        let line = line.unwrap();
        line.split_once("log lines were dropped because they could not be written dropped=")
            .map(|(_, count)| count.to_owned())
    });
    let missing: u64 = missing.unwrap().parse().unwrap();
    assert!((1..400).contains(&missing), "{missing}");
    let (_, health) = program.send(b"GET /_emulator/health HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(health.contains(&format!("\"dropped_log_lines\":{missing},")), "{health}");
    call(&program, 1);
    assert!(lines.next().unwrap().unwrap().contains("refused"), "the log continues");
}

/// Rules: CPL-11.
#[test]
fn an_unread_log_does_not_delay_shutdown() {
    let mut program = Program::start(&["--log-level", "info"]);
    call(&program, 400);
    std::process::Command::new("kill").args(["-TERM", &program.id().to_string()]).status().unwrap();
    assert_eq!(program.end(Duration::from_secs(10)).0, Some(0));
}

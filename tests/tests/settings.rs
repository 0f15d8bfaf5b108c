//! Tests of the settings of `serve`: startup errors and warnings.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may panic")]

use std::process::Stdio;
use std::time::Duration;

use securityhub_local_tests::program::{self, Program};

const QUICKSTART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml");

/// Runs a command that must not start, and returns its exit code and output.
fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let output = program::run(&[&["serve", "--port", "0"], arguments].concat());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Rules: CPL-07, CPL-08, CPL-13, CPL-131, CPL-148.
#[test]
fn a_setting_without_effect_is_refused_at_the_start() {
    for (arguments, code, sentence) in [
        (["--body-memory", "3"], 2, "at least 64KiB"),
        (
            ["--default-region", "mars-1"],
            2,
            "--default-region: AWS has no Region `mars-1`; to use it here, list it under",
        ),
        (["--default-region", "US East"], 2, "expected a Region name such as eu-west-1"),
        (["--allow-host", "hub.*.com"], 2, "or *.example.com for all subdomains"),
        (["--allow-host", "hub.example.com:4600"], 2, "expected a host name without scheme and port"),
        (["--allow-origin", "a.example"], 2, "expected a scheme and a host, such as https://app.example.com"),
        (["--allow-origin", "https://a.example/path"], 2, "expected a scheme and a host"),
        (["--export-s3-endpoint", "minio:9000"], 2, "expected a URL of the form http://HOST:PORT"),
        (["--export-s3-endpoint", "https://s3.amazonaws.com"], 2, "needs TLS, which is not supported"),
        (["--export-s3-endpoint", "http://minio:9000"], 2, "the environment variable AWS_ACCESS_KEY_ID is not set"),
        (["--host", "local host"], 2, "expected an IP address, such as 127.0.0.1"),
        (["--host", "192.0.2.1"], 1, "--host must be an address of this machine"),
        (["--host", "no-such-host.invalid"], 1, "--host must be an address of this machine"),
    ] {
        let (found, message) = refused(&arguments);
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(found == Some(code) && message.contains(sentence), "{arguments:?}: {found:?} {message}");
    }
    let (found, message) = refused(&["--export-dir", "x", "--export-s3-endpoint", "http://minio:9000"]);
    assert!(found == Some(2) && message.contains("cannot be used with"), "{message}");
    for (arguments, sentence) in [
        (&["--watch"][..], "--watch has no effect without a scenario file"),
        (&["--durability", "disk"], "--durability has no effect without --data-dir"),
        (&["--recover"], "--recover has no effect without --data-dir"),
    ] {
        let (found, message) = refused(arguments);
        assert!(found == Some(2) && message.contains(sentence), "{message}");
    }
}

/// Rules: CPL-75, CPL-84, CPL-131.
#[test]
fn a_directory_that_cannot_be_used_is_noticed_at_the_start() {
    for flag in ["--data-dir", "--export-dir", "--sink-dir"] {
        let (found, message) = refused(&[flag, QUICKSTART]);
        assert!(found == Some(1) && message.contains("quickstart.yaml is not a directory"), "{flag}: {message}");
        let below = format!("{QUICKSTART}/below");
        let (found, message) = refused(&[flag, &below]);
        assert!(found == Some(1) && message.contains("quickstart.yaml/below"), "{flag}: {message}");
    }
}

/// Rules: CPL-131.
#[test]
#[cfg(target_os = "linux")]
fn a_free_port_is_the_same_on_all_addresses() {
    let program = Program::start(&["--host", "127.0.0.1,127.0.0.2"]);
    let second = std::net::SocketAddr::from(([127, 0, 0, 2], program.address.port()));
    assert!(std::net::TcpStream::connect(second).is_ok());
}

/// Rules: CPL-131.
#[test]
fn a_signature_clock_without_verification_causes_a_warning() {
    let warned = "warning: --signature-clock has no effect without --verify-signatures\n";
    for (arguments, expected) in [
        (&["--signature-clock", "world"][..], warned),
        (&["--signature-clock", "world", "--verify-signatures"], ""),
        (&["--verify-signatures"], ""),
    ] {
        let mut program = Program::start(arguments);
        program.assert_healthy();
        std::process::Command::new("kill").args(["-TERM", &program.id().to_string()]).status().unwrap();
        assert_eq!(program.end(Duration::from_secs(10)).2, expected, "{arguments:?}");
    }
}

/// Rules: CPL-11.
#[test]
#[cfg(target_os = "linux")]
fn a_failure_to_print_help_is_a_failure() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for arguments in [&["--help"][..], &["serve", "--help"], &["--version"], &["help", "serve"]] {
        let output = program::command(arguments).stdout(full()).stderr(Stdio::piped()).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(message.starts_with("securityhub-local: cannot write to standard output: "), "{message}");
        assert_eq!(program::run(arguments).status.code(), Some(0), "{arguments:?}");
    }
}

/// Rules: IMP-11.
#[test]
fn the_quickstart_accepts_generated_findings_of_all_products() {
    let program = Program::start(&["--scenario", QUICKSTART]);
    for product in ["guardduty", "inspector", "macie", "access-analyzer", "firewall-manager", "config", "health", "all"]
    {
        let made = program::run(&["generate", "--product", product, "--count", "20", "--account", "222222222222"]);
        let head = "POST /_emulator/findings HTTP/1.1\r\nhost: x\r\n";
        let mut request = format!("{head}content-length: {}\r\n\r\n", made.stdout.len()).into_bytes();
        request.extend_from_slice(&made.stdout);
        let (_, answer) = program.send(&request);
        assert!(answer.starts_with("{\"SuccessCount\":20,\"FailedCount\":0,"), "{product}: {answer}");
    }
}

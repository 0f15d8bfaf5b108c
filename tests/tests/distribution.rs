//! Tests of the program as packages, containers and scripts use it.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may panic")]
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use securityhub_local_tests::program::{self, Program, eventually};
use serde_json::Value;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A server in an empty directory.
fn serve_in_an_empty_directory(arguments: &[&str]) -> Program {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program::command(&["serve", "--port", "0"]);
    command.args(arguments).current_dir(folder.path());
    Program::serve(command)
}

/// Rules: DST-03.
#[test]
fn a_built_in_scenario_is_served_in_an_empty_directory() {
    for (name, account) in [("quickstart", "111111111111"), ("forty-members", "111111111111")] {
        let program = serve_in_an_empty_directory(&["--scenario", &format!("builtin:{name}")]);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={account}/20260115/us-east-1/securityhub/aws4_request, SignedHeaders=host, Signature=00"
        );
        let request = format!(
            "POST /findings HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}\r\ncontent-length: 2\r\n\r\n{{}}"
        );
        let (head, body) = program.send(request.as_bytes());
        assert!(head.starts_with("HTTP/1.1 200"), "{name}: {head}");
        let findings: Value = serde_json::from_str(&body).unwrap();
        assert!(!findings["Findings"].as_array().unwrap().is_empty(), "{name}: {body}");
    }
}

/// Rules: DST-03, DST-08.
#[test]
fn built_in_scenarios_are_listed_and_shown() {
    let list = text(&program::run(&["scenario", "list"]).stdout);
    let json: Value = serde_json::from_slice(&program::run(&["scenario", "list", "--json"]).stdout).unwrap();
    let json = json.as_array().unwrap();
    assert!(json.len() >= 12 && json.len() == list.lines().count(), "{list}");
    for (line, scenario) in list.lines().zip(json) {
        let name = scenario["name"].as_str().unwrap();
        assert!(line.starts_with(name) && line.ends_with(scenario["description"].as_str().unwrap()), "{line}");
        assert!(line.len() <= 160, "{line}");
    }
    let quickstart = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml");
    for name in ["quickstart", "builtin:quickstart"] {
        assert_eq!(
            text(&program::run(&["scenario", "show", name]).stdout),
            std::fs::read_to_string(quickstart).unwrap()
        );
    }
}

/// Rules: DST-03.
#[test]
fn an_unknown_built_in_scenario_is_refused_with_the_names() {
    for arguments in [
        &["scenario", "show", "quikstart"][..],
        &["serve", "--scenario", "builtin:quikstart"],
        &["scenario", "check", "builtin:quikstart"],
    ] {
        let output = program::run(arguments);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        for expected in ["builtin:quikstart", "builtin:aggregation", "did you mean `builtin:quickstart`?"] {
            assert!(error.contains(expected), "{arguments:?}: {error}");
        }
    }
}

/// Rules: DST-03, CPL-131.
#[test]
fn built_in_scenarios_are_checked_loaded_and_not_watched() {
    let check = program::run(&["scenario", "check", "builtin:prevent-tamper", "builtin:forty-members"]);
    assert_eq!(check.status.code(), Some(0), "{}", text(&check.stderr));
    let watch = program::run(&["serve", "--watch", "--scenario", "builtin:quickstart"]);
    assert_eq!(watch.status.code(), Some(2));
    assert!(text(&watch.stderr).contains("--watch has no effect without a scenario file"));
    let program = serve_in_an_empty_directory(&[]);
    let url = format!("http://{}", program.address);
    for (name, mode) in [("builtin:quickstart", &[][..]), ("builtin:forty-members", &["--add"])] {
        let load = [&["scenario", "load", name, "--url", &url], mode].concat();
        let output = program::run(&load);
        // The clock of the second scenario differs, which an addition must not change.
        let printed = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert!(!printed.contains("no file matches") && !printed.contains("does not contain the file"), "{printed}");
        assert!(mode == ["--add"] || output.status.success(), "{printed}");
    }
    let health = text(&program::run(&["health", "--url", &url]).stdout);
    assert!(health.contains("hubs: 6, findings: 67") || health.contains("findings: 227"), "{health}");
}

/// Rules: DST-08.
#[test]
fn the_ready_line_is_json_with_json_logs() {
    let mut program = serve_in_an_empty_directory(&["--log", "json", "--scenario", "builtin:quickstart"]);
    let ready: Value = serde_json::from_str(&program.ready).unwrap();
    let expected = serde_json::json!({
        "endpoint": format!("http://{}", program.address), "port": program.address.port(), "version": env!("CARGO_PKG_VERSION"),
    });
    assert_eq!(ready, expected);
    program.kill();
}

/// Every command that lists something can print JSON.
///
/// Rules: DST-08.
#[test]
fn every_command_that_lists_something_has_a_machine_form() {
    for command in [
        &["members", "list"][..],
        &["organization", "tree"],
        &["policies", "list"],
        &["compliance"],
        &["events"],
        &["sinks", "list"],
        &["faults", "list"],
        &["requests"],
        &["status"],
        &["health"],
        &["clock"],
        &["snapshot", "list"],
        &["findings"],
        &["coverage"],
        &["scenario", "list"],
        &["scenario", "check"],
    ] {
        let help = text(&program::run(&[command, &["--help"]].concat()).stdout);
        assert!(help.contains("--json"), "{command:?}");
    }
}

/// Rules: DST-05.
#[test]
fn the_server_ends_with_its_standard_input() {
    let mut command = program::command(&["serve", "--port", "0", "--stop-with-stdin", "--log", "json"]);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    assert!(process.try_wait().unwrap().is_none(), "it runs until its input ends");
    drop(process.stdin.take());
    let start = Instant::now();
    assert_eq!(process.wait().unwrap().code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    // A scenario that takes long to load does not delay the end.
    let mut command =
        program::command(&["serve", "--port", "0", "--stop-with-stdin", "--scenario", "builtin:generated"]);
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
}

/// Rules: DST-05.
#[test]
fn no_server_outlives_a_killed_parent() {
    let folder = tempfile::tempdir().unwrap();
    // The shell has the only writing end of the pipe, and does not use it.
    let script =
        "mkfifo input && exec 3<>input\n\"$PROGRAM\" serve --port 0 --stop-with-stdin --log json <input 3>&- &\nwait";
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).env("PROGRAM", program::path()).current_dir(folder.path());
    let mut parent = shell.stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(parent.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let ready: Value = serde_json::from_str(&ready).unwrap();
    let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
    parent.kill().unwrap();
    parent.wait().unwrap();
    let start = Instant::now();
    eventually("the port is closed", || TcpStream::connect(("127.0.0.1", port)).is_err().then_some(()));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

/// Rules: DST-06.
#[test]
fn health_does_not_wait_longer_than_asked() {
    let health = |arguments: &[&str], port: u16| {
        let mut command = program::command(&["health"]);
        command.args(arguments).env("SECURITYHUB_LOCAL_PORT", port.to_string());
        let start = Instant::now();
        let output = command.output().unwrap();
        (output.status.code(), start.elapsed(), text(&output.stdout) + &text(&output.stderr))
    };
    // Accepts connections in its queue, and never responds.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let (code, took, printed) = health(&["--wait", "1s"], port);
    assert_eq!((code, printed.lines().count()), (Some(1), 1), "{printed}");
    assert!((Duration::from_secs(1)..Duration::from_millis(1500)).contains(&took), "{took:?}");
    drop(silent);
    let (code, took, printed) = health(&[], port);
    assert_eq!((code, printed.lines().count()), (Some(1), 1), "{printed}");
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(health(&["--wait", "soon"], port).0, Some(2));
    let program = serve_in_an_empty_directory(&["--scenario", "builtin:quickstart"]);
    let (code, _, printed) = health(&[], program.address.port());
    assert_eq!((code, printed.lines().count()), (Some(0), 1), "{printed}");
    let (code, _, json) = health(&["--json"], program.address.port());
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, json["status"].as_str()), (Some(0), Some("ok")));
}

/// Rules: DST-07.
#[test]
fn the_version_is_printed_by_a_flag_and_by_a_command() {
    for arguments in ["-V", "--version", "version"] {
        let output = program::run(&[arguments]);
        assert_eq!(text(&output.stdout), format!("securityhub-local {}\n", env!("CARGO_PKG_VERSION")));
    }
}

//! Tests of the program as users and scripts see it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use securityhub_local_tests::program::{self, Program};
use securityhub_local_tests::random::{self, Random};

const GRACE: Duration = Duration::from_secs(1);
const AUTHORIZATION: &str = "authorization: AWS4-HMAC-SHA256 Credential=111111111111/20260115/us-east-1/securityhub/\
                             aws4_request, SignedHeaders=host, Signature=00";

const QUICKSTART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml");

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn request(method_and_path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("{method_and_path} HTTP/1.1\r\nhost: x\r\n{AUTHORIZATION}\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

fn health(program: &Program) -> String {
    program.send(b"GET /_emulator/health HTTP/1.1\r\nhost: x\r\n\r\n").1
}

fn signal(program: &Program, name: &str) {
    let sent = Command::new("kill").args([name, &program.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn the_ready_line_contains_text_to_paste() {
    let program = Program::start(&[]);
    let expected =
        format!("Security Hub is ready. Paste: export AWS_ENDPOINT_URL_SECURITYHUB=http://{}\n", program.address);
    assert_eq!(program.ready, expected);
    program.assert_healthy();
}

#[test]
fn sigterm_and_ctrl_c_stop_immediately_without_log_lines() {
    for name in ["-TERM", "-INT"] {
        let mut program = Program::start(&[]);
        let mut idle = program.connect();
        idle.write_all(&request("POST /accounts", "{}")).unwrap();
        let (head, _) = program::answer(&mut idle);
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let _half = program.connect().write_all(b"POST /accounts HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n{");
        signal(&program, name);
        let (code, took, log) = program.end(Duration::from_secs(5));
        assert_eq!((code, log.as_str()), (Some(0), ""), "{name}");
        assert!(took < GRACE, "{name}: {took:?}");
    }
}

#[test]
fn the_port_file_contains_the_port() {
    let file = std::env::temp_dir().join(format!("securityhub-local-port-{}", std::process::id()));
    let program = Program::start(&["--port-file", &file.to_string_lossy()]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{}\n", program.address.port()));
    std::fs::remove_file(file).unwrap();
}

#[test]
fn a_port_in_use_is_reported_with_advice() {
    let occupied = TcpListener::bind("127.0.0.1:0").unwrap();
    let output = program::run(&["serve", "--port", &occupied.local_addr().unwrap().port().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(
        error.starts_with("securityhub-local: cannot listen on 127.0.0.1:") && error.contains("Use another --port"),
        "{error}"
    );
}

#[test]
fn wrong_arguments_exit_with_2() {
    for arguments in [&["serve", "--nope"][..], &["serve", "--port", "x"], &["nope"], &["serve", "--account", "1"], &[]]
    {
        assert_eq!(program::run(arguments).status.code(), Some(2), "{arguments:?}");
    }
    let output = program::run(&["serve", "--scenario", "no-such-file.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no-such-file.yaml"));
}

#[test]
fn help_names_the_environment_variable_of_every_setting() {
    let help = text(&program::run(&["serve", "--help"]).stdout);
    for name in [
        "SCENARIO",
        "HOST",
        "PORT",
        "PORT_FILE",
        "DEFAULT_ACCOUNT",
        "DEFAULT_REGION",
        "ALLOW_ANONYMOUS",
        "VERIFY_SIGNATURES",
        "SIGNATURE_CLOCK",
        "ALLOW_ORIGIN",
        "ALLOW_HOST",
        "BODY_MEMORY",
        "READ_TIMEOUT",
        "LOG",
        "LOG_LEVEL",
        "WATCH",
    ] {
        assert!(help.contains(&format!("SECURITYHUB_LOCAL_{name}=")), "{name} in\n{help}");
    }
    assert!(text(&program::run(&["--help"]).stdout).contains("Exit codes"));
}

#[test]
fn settings_come_from_the_environment() {
    let serve = |settings: &[(&str, &str)]| {
        let mut command = program::command(&["serve"]);
        command.env("SECURITYHUB_LOCAL_PORT", "0");
        command.envs(settings.iter().map(|(name, value)| (format!("SECURITYHUB_LOCAL_{name}"), value)));
        Program::serve(command)
    };
    let program = serve(&[
        ("ALLOW_ANONYMOUS", "true"),
        ("DEFAULT_REGION", "eu-west-1"),
        ("DEFAULT_ACCOUNT", "444444444444"),
        ("HOST", "127.0.0.2"),
    ]);
    assert_eq!(program.address.ip().to_string(), "127.0.0.2");
    program.send(b"POST /accounts HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n");
    let (_, body) = program.send(b"GET /accounts HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(body.contains("arn:aws:securityhub:eu-west-1:444444444444:hub/default"), "{body}");

    let file = std::env::temp_dir().join(format!("securityhub-local-environment-{}", std::process::id()));
    let mut program = serve(&[
        ("SCENARIO", QUICKSTART),
        ("VERIFY_SIGNATURES", "true"),
        ("PORT_FILE", &file.to_string_lossy()),
        ("READ_TIMEOUT", "1"),
        ("LOG", "json"),
        ("LOG_LEVEL", "info"),
    ]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{}\n", program.address.port()));
    std::fs::remove_file(file).unwrap();
    assert!(!health(&program).contains("\"findings\":0"));
    let (head, _) = program.send(&request("GET /accounts", ""));
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
    let (head, _) = program.send(b"POST /accounts HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{");
    assert!(head.starts_with("HTTP/1.1 408"), "{head}");
    signal(&program, "-TERM");
    assert!(program.end(Duration::from_secs(5)).2.starts_with("{\"timestamp\":"));
}

/// Rules: ERR-07, IMP-20.
#[test]
fn an_unsigned_request_is_refused() {
    let (head, body) = Program::start(&[]).send(b"GET /accounts HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(
        head.starts_with("HTTP/1.1 403") && head.contains("x-amzn-errortype: MissingAuthenticationTokenException"),
        "{head}"
    );
    assert!(body.contains("Missing Authentication Token"));
}

#[test]
fn log_lines_can_be_json() {
    let mut program = Program::start(&["--log", "json", "--log-level", "info"]);
    program.send(&request("GET /accounts", ""));
    signal(&program, "-TERM");
    let (_, _, log) = program.end(Duration::from_secs(5));
    assert!(!log.is_empty());
    for line in log.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
}

#[test]
fn coverage_lists_all_operations_in_each_format() {
    let json: serde_json::Value = serde_json::from_slice(&program::run(&["coverage", "--json"]).stdout).unwrap();
    assert_eq!(json["operations"].as_array().unwrap().len(), 126);
    assert!(text(&program::run(&["coverage"]).stdout).contains("DescribeHub"));
    assert!(text(&program::run(&["coverage", "--markdown"]).stdout).contains("| `DescribeHub` | implemented |"));
}

#[test]
fn version_completions_and_schema_are_printed() {
    assert_eq!(text(&program::run(&["version"]).stdout), format!("securityhub-local {}\n", env!("CARGO_PKG_VERSION")));
    assert!(text(&program::run(&["completions", "bash"]).stdout).contains("securityhub-local"));
    let schema: serde_json::Value = serde_json::from_slice(&program::run(&["scenario", "schema"]).stdout).unwrap();
    assert!(schema["properties"]["hubs"].is_object(), "{schema}");
}

#[test]
fn scenario_check_exits_with_0_or_2() {
    let good = program::run(&["scenario", "check", QUICKSTART]);
    assert_eq!(good.status.code(), Some(0));
    assert!(text(&good.stdout).ends_with("The scenario is valid.\n"), "{}", text(&good.stdout));
    let file = std::env::temp_dir().join(format!("securityhub-local-wrong-{}.yaml", std::process::id()));
    std::fs::write(&file, "nmae: x\nhubs:\n  - account: \"1\"\n").unwrap();
    let wrong = program::run(&["scenario", "check", &file.to_string_lossy()]);
    assert_eq!(wrong.status.code(), Some(2));
    let error = text(&wrong.stderr);
    assert!(error.contains("nmae") && error.contains("name"), "{error}");
    let json = program::run(&["scenario", "check", "--json", &file.to_string_lossy()]);
    assert_eq!(json.status.code(), Some(2));
    assert!(serde_json::from_slice::<serde_json::Value>(&json.stdout).is_ok());
    std::fs::remove_file(file).unwrap();
}

#[test]
fn ipv6_and_ipv4_are_served_together() {
    if TcpListener::bind("[::1]:0").is_err() {
        println!("not tested: this machine has no address ::1");
        return;
    }
    let program = Program::start(&["--host", "::1"]);
    assert!(program.address.is_ipv6());
    program.assert_healthy();
}

#[test]
fn one_connection_serves_many_requests() {
    let program = Program::start(&[]);
    let mut stream = program.connect();
    for _ in 0..3 {
        stream.write_all(&request("GET /accounts", "")).unwrap();
        assert!(program::answer(&mut stream).0.starts_with("HTTP/1.1 401"));
    }
    let chunked = format!(
        "POST /accounts HTTP/1.1\r\nhost: x\r\n{AUTHORIZATION}\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{{\r\n1\r\n}}\r\n0\r\n\r\n"
    );
    stream.write_all(chunked.as_bytes()).unwrap();
    assert!(program::answer(&mut stream).0.starts_with("HTTP/1.1 200"));
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let program = Program::start(&[]);
    let mut stream = program.connect();
    let mut sent = [request("GET /accounts", ""), request("POST /accounts", "{}"), request("GET /nope", "")].concat();
    sent.extend(b"GET /_emulator/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(&sent).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    let statuses: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["401", "200", "404", "200"], "{answers}");
}

#[test]
fn http_2_without_tls_is_served() {
    let program = Program::start(&[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let statuses = runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(program.address).await.unwrap();
        let (mut client, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut statuses = Vec::new();
        for method in ["GET", "POST", "GET"] {
            let (_, authorization) = AUTHORIZATION.split_once(": ").unwrap();
            let request = http::Request::builder()
                .method(method)
                .uri(format!("http://{}/accounts", program.address))
                .header("authorization", authorization)
                .body(Full::new(Bytes::new()))
                .unwrap();
            statuses.push(client.send_request(request).await.unwrap().status().as_u16());
        }
        statuses
    });
    assert_eq!(statuses, [401, 200, 200]);
}

/// Rules: ERR-11.
#[test]
fn broken_connections_are_harmless() {
    let program = Program::start(&["--read-timeout", "1"]);
    for garbage in [
        &b"\x00\xff\xfe garbage"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /accounts HTTP/1.1\r\ncontent-length: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
    ] {
        let mut stream = program.connect();
        stream.write_all(garbage).unwrap();
        _ = stream.shutdown(std::net::Shutdown::Write);
        _ = stream.read_to_end(&mut Vec::new());
        program.assert_healthy();
    }
    drop(program.connect().write_all(b"POST /accounts HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{\"a\""));
    program.assert_healthy();
}

/// Rules: ERR-11.
#[test]
fn random_bytes_on_a_connection_are_harmless() {
    let program = Program::start(&["--read-timeout", "1"]);
    let mut random = Random::new(1);
    for _ in 0..500 {
        let mut sent = match random.below(3) {
            0 => random.bytes(200),
            1 => b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00".to_vec(),
            _ => request("POST /findings", "{\"MaxResults\":1}"),
        };
        random::mutate(&mut random, &mut sent);
        let mut stream = program.connect();
        // The program may close the connection before everything is sent.
        _ = stream.write_all(&sent);
        _ = stream.shutdown(std::net::Shutdown::Write);
        _ = stream.read_to_end(&mut Vec::new());
    }
    program.assert_healthy();
}

/// Rules: ERR-11.
#[test]
fn a_stalled_head_ends_its_connection() {
    let program = Program::start(&["--read-timeout", "1"]);
    let mut stream = program.connect();
    stream.write_all(b"GET /accounts HTTP/1.1\r\nhos").unwrap();
    let start = Instant::now();
    stream.read_to_end(&mut Vec::new()).unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    program.assert_healthy();
}

/// Rules: ERR-11.
#[test]
fn a_connection_that_sends_no_request_is_closed() {
    let program = Program::start(&["--read-timeout", "1"]);
    for start in ["", "PR", "GET /acc"] {
        let mut stream = program.connect();
        stream.write_all(start.as_bytes()).unwrap();
        let begun = Instant::now();
        let read = stream.read(&mut [0; 64]).expect("the end comes before the reader gives up");
        assert_eq!(read, 0, "after {start:?}");
        assert!(begun.elapsed() < Duration::from_secs(5), "after {start:?}: {:?}", begun.elapsed());
    }
    program.assert_healthy();
}

/// Rules: ERR-11.
#[test]
fn a_stalled_body_is_answered() {
    let program = Program::start(&["--read-timeout", "1"]);
    let stalled = format!("POST /accounts HTTP/1.1\r\nhost: x\r\n{AUTHORIZATION}\r\ncontent-length: 100\r\n\r\n{{");
    let (head, body) = program.send(stalled.as_bytes());
    assert!(head.starts_with("HTTP/1.1 408") && head.contains("x-amzn-errortype: RequestTimeoutException"), "{head}");
    let id = head.lines().find_map(|line| line.strip_prefix("x-amzn-requestid: ")).unwrap();
    assert_eq!(id.trim().len(), 36, "{head}");
    assert!(body.contains("did not arrive in time"));
}

/// Rules: IMP-22.
#[test]
fn a_body_over_the_limit_is_answered_and_the_response_can_be_read() {
    let program = Program::start(&[]);
    let (head, body) = program.send(&request("POST /accounts", &" ".repeat(7 * 1024 * 1024)));
    assert!(head.starts_with("HTTP/1.1 400") && head.contains("x-amzn-errortype: InvalidInputException"), "{head}");
    assert!(body.contains("Request body must not be larger than 6291456 bytes"), "{body}");
    program.assert_healthy();
}

#[test]
fn reset_restores_the_initial_world_or_an_empty_one() {
    let program = Program::start(&["--scenario", QUICKSTART]);
    let start = health(&program);
    let post =
        |path: &str| program.send(format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n").as_bytes()).0;
    assert!(post("/_emulator/reset?to=empty").starts_with("HTTP/1.1 200"));
    assert!(health(&program).contains("\"hubs\":0,\"findings\":0"));
    assert!(post("/_emulator/reset").starts_with("HTTP/1.1 200"));
    assert_eq!(health(&program), start);
    assert!(post("/_emulator/reset?to=mars").starts_with("HTTP/1.1 400"));
}

/// Runs `generate` with a fixed time.
fn generate(arguments: &[&str]) -> Vec<u8> {
    let output = program::run(&[&["generate", "--now", "2026-01-15T09:00:00Z"], arguments].concat());
    let shown = (output.status.code(), text(&output.stderr));
    assert_eq!(shown, (Some(0), String::new()), "without a terminal, no progress is shown");
    output.stdout
}

#[test]
fn generate_writes_findings_in_each_format() {
    let arguments = ["--product", "guardduty", "--count", "250", "--account", "111111111111,222222222222"];
    let of = |form: &[&str]| generate(&[&arguments, form].concat());
    let array = of(&[]);
    let findings: Vec<serde_json::Value> = serde_json::from_slice(&array).unwrap();
    assert_eq!((findings.len(), of(&["--format", "array"])), (250, array.clone()));
    assert_ne!(of(&["--seed", "1"]), array);
    let lines = text(&of(&["--format", "lines"]));
    let read: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, findings);
    let bodies = text(&of(&["--format", "import", "--region", "us-east-1,eu-west-1"]));
    let mut count = 0;
    for body in bodies.lines() {
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        let findings = body["Findings"].as_array().unwrap();
        let hub = |finding: &serde_json::Value| {
            let region = finding["ProductArn"].as_str().and_then(|arn| arn.split(':').nth(3)).map(str::to_owned);
            (finding["AwsAccountId"].clone(), region)
        };
        assert!(findings.len() <= 100 && findings.iter().all(|finding| hub(finding) == hub(&findings[0])));
        count += findings.len();
    }
    assert_eq!(count, 250);
}

/// Rules: IMP-01.
#[test]
fn findings_generated_for_the_private_product_can_be_imported() {
    let bodies = text(&generate(&[
        "--product",
        "all",
        "--private-product",
        "--account",
        "111111111111",
        "--format",
        "import",
        "--count",
        "120",
    ]));
    let program = Program::start(&[]);
    program.send(&request("POST /accounts", "{}"));
    for body in bodies.lines() {
        let (head, answer) = program.send(&request("POST /findings/import", body));
        assert!(head.starts_with("HTTP/1.1 200") && answer.contains("\"FailedCount\":0"), "{answer}");
    }
    assert!(health(&program).contains("\"findings\":120"), "{}", health(&program));
}

#[test]
fn generated_findings_can_be_used_in_a_scenario() {
    let folder = std::env::temp_dir().join(format!("securityhub-local-generated-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let arguments = ["--product", "all", "--account", "111111111111", "--count", "40", "--format"];
    std::fs::write(folder.join("array.json"), generate(&[&arguments[..], &["array"]].concat())).unwrap();
    let body = generate(&[&arguments[..], &["import", "--seed", "1"]].concat());
    std::fs::write(folder.join("import.json"), body).unwrap();
    let scenario = folder.join("scenario.yaml");
    std::fs::write(&scenario, "hubs: [{ account: '111111111111', regions: all }]\nfindings: [{ file: '*.json' }]\n")
        .unwrap();
    let program = Program::start(&["--scenario", &scenario.to_string_lossy()]);
    assert!(health(&program).contains("\"findings\":80"), "{}", health(&program));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn generate_reports_invalid_arguments() {
    for (arguments, expected) in [
        (&["--product", "guardduti"][..], "'guardduty'"),
        (&[], "--product"),
        (&["--product", "macie", "--account", "1"], "expected an account ID of 12 digits"),
        (&["--product", "macie", "--region", "nowhere"], "eu-west-1"),
        (&["--product", "macie", "--now", "yesterday"], "2026-01-15T09:00:00Z"),
        (&["--product", "macie", "--days", "366"], "366"),
        (
            &["--product", "macie", "--region", "cn-north-1"],
            "the product macie is not available in any of the given Regions",
        ),
    ] {
        let output = program::run(&[&["generate"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
    }
    let help = text(&program::run(&["generate", "--help"]).stdout);
    for name in ["PRODUCT", "COUNT", "ACCOUNT", "REGION", "DAYS", "SEED", "NOW", "PRIVATE_PRODUCT", "FORMAT"] {
        assert!(help.contains(&format!("SECURITYHUB_LOCAL_{name}=")), "{name} in\n{help}");
    }
    let mut command = program::command(&["generate"]);
    let set = [("PRODUCT", "health"), ("COUNT", "3"), ("FORMAT", "lines"), ("SEED", "2")];
    command.envs(set.map(|(name, value)| (format!("SECURITYHUB_LOCAL_{name}"), value)));
    assert_eq!(text(&command.output().unwrap().stdout).lines().count(), 3);
}

#[test]
fn generate_ends_quietly_when_its_reader_closes_the_pipe() {
    let mut command = program::command(&["generate", "--product", "inspector", "--count", "1000000"]);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut output = process.stdout.take().unwrap();
    output.read_exact(&mut [0; 1000]).unwrap();
    drop(output);
    let ended = process.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), text(&ended.stderr)), (Some(0), String::new()));
}

/// The Id of a Macie finding of the quickstart, of account 222222222222.
const MACIE: &str = "cfe157f6c83a467bd3ab169253f70881";

/// A command that asks a program to explain [`MACIE`].
fn explain(program: &Program, arguments: &[&str]) -> Command {
    let mut command = program::command(&["explain", "--id", MACIE, "--url", &format!("http://{}", program.address)]);
    command.args(arguments);
    command
}

/// Rules: FLT-02, VIS-01.
#[test]
fn explain_states_the_deciding_filter() {
    let program = Program::start(&["--scenario", QUICKSTART]);
    let explained = |arguments: &[&str]| {
        let output = explain(&program, arguments).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
        text(&output.stdout)
    };
    let filters = r#"{"ResourceType": [{"Value": "AwsIam", "Comparison": "PREFIX"}]}"#;
    let shown = explained(&["--filters", filters]);
    let line = "  ✘ ResourceType  requires PREFIX AwsIam; the finding has AwsS3Bucket, AwsS3Object\n";
    assert!(shown.contains(line) && shown.contains("  ✔ visible       222222222222 is an enabled member"), "{shown}");
    assert!(
        shown
            .ends_with("not returned: ResourceType requires PREFIX AwsIam; the finding has AwsS3Bucket, AwsS3Object\n"),
        "{shown}"
    );
    assert!(!shown.contains('\u{1b}'), "colors are only printed on terminals: {shown}");
    assert!(explained(&["--account", "333333333333"]).contains("  ✘ visible  its owner 222222222222 is not a member"));
    assert!(explained(&["--region", "eu-west-1"]).contains("the finding is stored in us-east-1"));
    assert!(explained(&["--product-arn", "x"]).contains("no finding with this Id and the ProductArn x"));
    let file = std::env::temp_dir().join(format!("securityhub-local-filters-{}.json", std::process::id()));
    std::fs::write(&file, filters).unwrap();
    let json: serde_json::Value =
        serde_json::from_str(&explained(&["--json", "--filters", &format!("@{}", file.display())])).unwrap();
    std::fs::remove_file(file).unwrap();
    assert_eq!(json["Findings"][0]["Filters"][0]["Passes"], false, "{json}");
}

#[test]
fn explain_reads_settings_from_the_environment() {
    let program = Program::start(&["--scenario", QUICKSTART]);
    let url = format!("http://{}", program.address);
    let settings = [
        ("ID", MACIE),
        ("URL", &url),
        ("ACCOUNT", "222222222222"),
        ("REGION", "us-east-1"),
        ("PRODUCT_ARN", "arn:aws:securityhub:us-east-1::product/aws/macie"),
        ("FILTERS", r#"{"SeverityLabel": [{"Value": "HIGH", "Comparison": "EQUALS"}]}"#),
        ("JSON", "true"),
    ];
    let mut command = program::command(&["explain"]);
    command.envs(settings.iter().map(|(name, value)| (format!("SECURITYHUB_LOCAL_{name}"), value)));
    let json: serde_json::Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    assert_eq!((&json["Account"], &json["Findings"][0]["Returned"]), (&"222222222222".into(), &true.into()), "{json}");
}

#[test]
fn explain_gives_advice_when_it_fails() {
    let program = Program::start(&[]);
    let refused = |arguments: &[&str]| {
        let output = explain(&program, arguments).output().unwrap();
        (output.status.code(), text(&output.stderr))
    };
    let contains = r#"{"Title": [{"Value": "x", "Comparison": "CONTAINS"}]}"#;
    let sentence = "securityhub-local: Invalid Filters in the input: data.Title[0].Comparison should be equal to one \
                    of the allowed values\n";
    assert_eq!(refused(&["--filters", contains]), (Some(2), sentence.to_owned()));
    let (code, error) = refused(&["--filters", "SeverityLabel=HIGH"]);
    assert!(code == Some(2) && error.contains("invalid JSON"), "{error}");

    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let output = program::run(&["explain", "--id", "x", "--url", &url]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        error.contains(&format!("cannot reach an emulator at {url}")) && error.contains("securityhub-local serve"),
        "{error}"
    );
    assert_eq!(program::run(&["explain", "--id", "x", "--url", "https://emulator.example.com"]).status.code(), Some(2));
    assert_eq!(program::run(&["explain", "--request", "1", "--filters", "{}"]).status.code(), Some(2));
}

/// Rules: IMP-11.
#[test]
fn findings_of_aws_services_can_be_posted_to_the_control_plane() {
    let program = Program::start(&["--scenario", QUICKSTART]);
    let before = health(&program);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/findings/guardduty.json");
    let findings = std::fs::read_to_string(file).unwrap();
    assert!(!findings.contains("/a-new-one"));
    let findings = findings.replacen("/finding/", "/finding/a-new-one/", 1);
    let (head, body) = program.send(&request("POST /_emulator/findings", &findings));
    assert!(head.starts_with("HTTP/1.1 200") && body.contains("\"FailedCount\":0"), "{head} {body}");
    let count = |health: &str| {
        let health: serde_json::Value = serde_json::from_str(health).unwrap();
        health["findings"].as_u64().unwrap()
    };
    assert_eq!(count(&health(&program)), count(&before) + 1, "the other findings are stored already");
}

//! Tests of a new user's first steps: the ready text, the commands that follow it, warnings, loading and watching.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use securityhub_local_tests::program::{self, Program, eventually};
use serde_json::Value;

const QUICKSTART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml");

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn url(program: &Program) -> String {
    format!("http://{}", program.address)
}

/// The output of a command that succeeds, in a shell with some variables.
fn printed(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = program::command(arguments).envs(variables.iter().copied()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn signal(id: u32, name: &str) {
    assert!(Command::new("kill").args([name, &id.to_string()]).status().unwrap().success());
}

/// A file in a temporary directory.
struct Scenario(PathBuf);

impl Scenario {
    fn new(name: &str, content: &str) -> Scenario {
        let path = std::env::temp_dir().join(format!("securityhub-local-{name}-{}.yaml", std::process::id()));
        let scenario = Scenario(path);
        scenario.write(content);
        scenario
    }

    fn write(&self, content: &str) {
        std::fs::write(&self.0, content).unwrap();
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scenario {
    fn drop(&mut self) {
        _ = std::fs::remove_file(&self.0);
    }
}

/// Rules: CPL-141.
#[test]
fn the_ready_text_continues_with_variables_and_content() {
    let mut command = program::command(&["serve", "--port", "0", "--scenario", QUICKSTART]);
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines: Vec<String> =
        BufReader::new(process.stdout.take().unwrap()).lines().take(4).map(Result::unwrap).collect();
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(
        lines[0].starts_with("Security Hub is ready. Paste: export AWS_ENDPOINT_URL_SECURITYHUB=http://127.0.0.1:")
    );
    let keys = "export AWS_ACCESS_KEY_ID=111111111111 AWS_SECRET_ACCESS_KEY=x AWS_REGION=us-east-1 \
                AWS_DEFAULT_REGION=us-east-1";
    assert!(lines[1].ends_with(keys), "{}", lines[1]);
    let accounts = "Accounts with hubs: 111111111111, 222222222222, 333333333333 (eu-west-1, us-east-1).";
    assert!(lines[2].starts_with("Scenario quickstart: ") && lines[2].ends_with(accounts), "{}", lines[2]);
    assert!(lines[3].starts_with("Open http://127.0.0.1:"), "{}", lines[3]);
}

/// Rules: CPL-141, CPL-142.
#[test]
fn commands_use_the_variables_that_aws_clients_use() {
    let program = Program::start(&["--scenario", QUICKSTART]);
    let url = url(&program);
    let exported = printed(&["env"], &[("AWS_ENDPOINT_URL", &url)]);
    let expected = format!(
        "export AWS_ENDPOINT_URL_SECURITYHUB={url}\nexport AWS_ACCESS_KEY_ID=111111111111\n\
         export AWS_SECRET_ACCESS_KEY=x\nexport AWS_REGION=us-east-1\nexport AWS_DEFAULT_REGION=us-east-1\n"
    );
    assert_eq!(exported, expected);
    let json: Value = serde_json::from_str(&printed(&["env", "--json"], &[("AWS_ENDPOINT_URL", &url)])).unwrap();
    assert_eq!((&json["AWS_ACCESS_KEY_ID"], json.as_object().unwrap().len()), (&"111111111111".into(), 5));
    let variables: Vec<(&str, &str)> =
        exported.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('=')).collect();
    let status = printed(&["status"], &variables);
    assert!(status.contains("Scenario  quickstart\n") && status.contains("222222222222  prod"), "{status}");
    let all = printed(&["findings", "--limit", "1000"], &variables);
    let of_member = |account| [&variables[..], &[("AWS_ACCESS_KEY_ID", account)]].concat();
    let fewer = printed(&["findings", "--limit", "1000"], &of_member("222222222222"));
    assert!(fewer.lines().count() > 1 && fewer.lines().count() < all.lines().count(), "{fewer}");
    let compliance = printed(&["compliance"], &variables);
    assert!(compliance.starts_with("No standard is enabled for 111111111111"), "{compliance}");
    // The program's own variables and the flag precede those of AWS.
    let nobody = [("AWS_ENDPOINT_URL_SECURITYHUB", "http://127.0.0.1:1")];
    printed(&["status"], &[nobody[0], ("SECURITYHUB_LOCAL_URL", &url)]);
    printed(&["status", "--url", &program.address.to_string()], &nobody);
}

/// Rules: CPL-141.
#[test]
fn findings_are_filtered_by_flags_and_limited() {
    let program = Program::start(&["--scenario", QUICKSTART]);
    let url = url(&program);
    let find =
        |arguments: &[&str]| printed(&[&["findings", "--json"], arguments].concat(), &[("AWS_ENDPOINT_URL", &url)]);
    let read = |arguments: &[&str]| serde_json::from_str::<Vec<Value>>(&find(arguments)).unwrap();
    let all = read(&["--limit", "1000"]);
    let high = read(&["--limit", "1000", "--severity", "high,critical", "--record-state", "active"]);
    let is_high = |finding: &Value| ["HIGH", "CRITICAL"].contains(&finding["Severity"]["Label"].as_str().unwrap());
    let expected = all.iter().filter(|finding| is_high(finding) && finding["RecordState"] == "ACTIVE").count();
    assert!(high.len() == expected && expected > 0 && high.iter().all(is_high), "{} of {expected}", high.len());
    let order = |finding: &Value| {
        let labels = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL"];
        let label = labels.iter().position(|label| finding["Severity"]["Label"] == *label).unwrap();
        (label, std::cmp::Reverse(finding["UpdatedAt"].as_str().unwrap().to_owned()))
    };
    assert!(all.is_sorted_by_key(order), "the most severe findings come first, then the newest");
    let title = all[5]["Title"].as_str().unwrap();
    let part = title[2..title.len() - 2].to_uppercase();
    assert!(read(&["--title-contains", &part]).iter().any(|finding| finding["Id"] == all[5]["Id"]), "{part}");
    assert_eq!(read(&["--limit", "3"])[..], all[..3]);
    let limited = program::command(&["findings", "--limit", "3", "--url", &url]).output().unwrap();
    assert_eq!((text(&limited.stdout).lines().count(), limited.status.code()), (4, Some(0)));
    let counts = format!("3 of {} findings in us-east-1 (use --limit to see more)", all.len());
    assert!(text(&limited.stderr).starts_with(&counts), "{}", text(&limited.stderr));
    assert_eq!(printed(&["findings", "--url", &url, "--product", "Nope"], &[]), "No findings match.\n");
    let unknown = program::command(&["findings", "--url", &url, "--account", "444444444444"]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
    let hubs = "Accounts with hubs: 111111111111, 222222222222, 333333333333 (eu-west-1, us-east-1).";
    let sentence = format!("securityhub-local: Account 444444444444 has no hub. {hubs}\n");
    assert_eq!(text(&unknown.stderr), sentence);
    let env = program::command(&["env", "--url", &url, "--account", "444444444444"]).output().unwrap();
    assert_eq!(
        (env.status.code(), text(&env.stderr)),
        (Some(0), format!("note: Account 444444444444 has no hub. {hubs}\n"))
    );
}

/// Rules: CPL-141.
#[test]
fn findings_are_listed_without_a_signature() {
    let program = Program::start(&["--scenario", QUICKSTART, "--verify-signatures"]);
    assert!(printed(&["findings", "--url", &url(&program)], &[]).lines().count() > 10);
    let env = program::command(&["env", "--url", &url(&program)]).output().unwrap();
    assert!(!text(&env.stdout).contains("KEY") && text(&env.stdout).contains("AWS_REGION=us-east-1"), "{env:?}");
    assert!(text(&env.stderr).starts_with("note: the emulator verifies signatures."), "{env:?}");
}

/// Rules: CPL-142.
#[test]
fn a_note_says_that_aws_clients_call_as_another_account() {
    let noted = |program: &Program, key: &str, more: &[&str]| {
        let mut command = program::command(&[&["findings", "--url", &url(program)], more].concat());
        let output = command.env("AWS_ACCESS_KEY_ID", key).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stderr).lines().find(|line| line.starts_with("note: ")).map(str::to_owned)
    };
    let program = Program::start(&["--scenario", QUICKSTART]);
    let expected = "note: called as account 111111111111, but AWS clients with AWS_ACCESS_KEY_ID=test call as account \
                    000000000000. Pass --account, or set AWS_ACCESS_KEY_ID to an account ID.";
    assert_eq!(noted(&program, "test", &[]).as_deref(), Some(expected));
    assert_eq!(noted(&program, "222222222222", &[]), None);
    assert_eq!(noted(&program, "test", &["--account", "222222222222"]), None);
    let same = Program::start(&["--scenario", QUICKSTART, "--account", "111111111111"]);
    assert_eq!(noted(&same, "test", &[]), None, "the shell calls as the same account");
}

/// Rules: CPL-141.
#[test]
fn serve_takes_a_file_and_counts_what_scenario_check_counts() {
    let controls = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/controls.yaml");
    for (scenario, counts, all) in [
        (QUICKSTART, "67 findings (12 from controls)", "67 (12 from controls)"),
        (controls, "62 findings (62 from controls)", "62 (62 from controls)"),
    ] {
        let program = Program::start(&[scenario]);
        let status = printed(&["status", "--url", &url(&program)], &[]);
        assert!(status.contains(&format!("Findings  {all}\n")), "{status}");
        let checked = printed(&["scenario", "check", scenario], &[]);
        assert!(checked.contains(&format!(", {counts})\n")), "{checked}");
    }
}

#[test]
fn a_scenario_that_is_not_a_file_is_refused_with_advice() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios");
    for (scenario, expected) in [
        (folder, &["the scenario is a directory", "expected: a file, such as", "aggregation.yaml"][..]),
        ("no-such-file.yaml", &["cannot read the file"]),
        (&*format!("{folder}/quickstrat.yaml"), &["cannot read the file", "did you mean `", "/quickstart.yaml`?"]),
    ] {
        let output = program::run(&["serve", "--port", "0", "--scenario", scenario]);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(expected.iter().all(|part| error.contains(part)), "{error}");
        assert!(!error.contains("The scenario has"), "{error}");
    }
}

/// Rules: CPL-142.
#[test]
fn an_error_names_the_source_of_the_url() {
    let failed = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = program::command(arguments).envs(variables.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        text(&output.stderr)
    };
    let nobody = "http://127.0.0.1:1";
    for (arguments, variables, source) in [
        (&["status"][..], &[("AWS_ENDPOINT_URL", nobody)][..], "(from AWS_ENDPOINT_URL)"),
        (&["events"], &[("SECURITYHUB_LOCAL_URL", nobody)], "(from SECURITYHUB_LOCAL_URL)"),
        (&["status", "--url", nobody], &[("SECURITYHUB_LOCAL_URL", "http://x")], "(from --url)"),
    ] {
        let error = failed(arguments, variables);
        let expected = format!("securityhub-local: cannot reach an emulator at {nobody} {source}: ");
        assert!(error.starts_with(&expected), "{error}");
    }
}

/// Rules: CPL-143.
#[test]
fn an_unknown_caller_causes_one_warning_and_known_callers_none() {
    let mut program = Program::start(&["--scenario", QUICKSTART]);
    let call = |key: &str, region: &str| {
        let scope = format!("Credential={key}/20260115/{region}/securityhub/aws4_request");
        let signature = format!("authorization: AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=00");
        program.send(format!("GET /accounts HTTP/1.1\r\nhost: x\r\n{signature}\r\n\r\n").as_bytes()).0
    };
    for _ in 0..3 {
        assert!(call("111111111111", "us-east-1").starts_with("HTTP/1.1 200"));
        assert!(call("test", "us-east-1").starts_with("HTTP/1.1 401"));
        assert!(call("test", "eu-west-1").starts_with("HTTP/1.1 401"));
        assert!(call("111111111111", "us-west-2").starts_with("HTTP/1.1 401"));
        assert!(call("111111111111", "mars-1").starts_with("HTTP/1.1 403"));
    }
    signal(program.id(), "-TERM");
    let (_, _, log) = program.end(Duration::from_secs(10));
    let lines: Vec<&str> = log.lines().map(|line| line.split_once(" WARN ").unwrap().1).collect();
    let hubs = "Accounts with hubs: 111111111111, 222222222222, 333333333333 (eu-west-1, us-east-1).";
    let expected = [
        format!(
            "The access key ID \"test\" is not an account ID of 12 digits, so its calls are made as account 000000000000, \
             which has no hub. {hubs}"
        ),
        "No account has a hub in us-west-2. Regions with hubs: eu-west-1, us-east-1.".to_owned(),
        format!("A client signs for a Region that does not exist: \"mars-1\". {hubs}"),
    ];
    assert_eq!(lines, expected);
}

/// The error of AWS does not contain the reason why a policy document is refused. The log of the emulator does.
#[test]
fn the_log_explains_why_a_policy_document_is_refused() {
    let organization = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/prevent-tamper.yaml");
    let mut program = Program::start(&["--scenario", organization]);
    let scope = "Credential=999999999999/20260115/us-east-1/organizations/aws4_request";
    let head = format!(
        "POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: AWSOrganizationsV20161128.CreatePolicy\r\n\
         authorization: AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=00\r\n"
    );
    let document = r#"{"Statement":{"Effect":"Maybe","Action":"*","Resource":"*"}}"#;
    let policy = serde_json::json!({
        "Name": "odd", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": document,
    });
    let body = policy.to_string();
    let (_, answer) = program.send(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes());
    assert!(answer.contains("MalformedPolicyDocumentException") && !answer.contains("Maybe"), "{answer}");
    signal(program.id(), "-TERM");
    let (_, _, log) = program.end(Duration::from_secs(10));
    assert!(log.contains(" WARN ") && log.contains("refused a policy document") && log.contains("Maybe"), "{log}");
}

/// Rules: CPL-145.
#[test]
#[cfg(unix)]
fn a_signal_ends_loading_at_once_and_long_loading_shows_its_progress() {
    let generate = "findings: [{ generate: { product: all, count: 1000000 } }]";
    let scenario = Scenario::new("long", &format!("hubs: [{{ account: '111111111111', regions: all }}]\n{generate}\n"));
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        let mut command = program::command(&["serve", "--port", "0", "--scenario", scenario.path()]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
        // On a busy machine, the first lines may come before the import begins.
        let mut counts = lines.inspect(|line| assert!(line.contains(" INFO loading the scenario"), "{line}"));
        for _ in 0..2 {
            assert!(counts.any(|line| line.ends_with(" of 1,000,000 findings")), "{name}");
        }
        let start = Instant::now();
        signal(process.id(), name);
        let output = process.wait_with_output().unwrap();
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(code), String::new()), "{name}");
        assert!(start.elapsed() < Duration::from_secs(5), "{name}: {:?}", start.elapsed());
    }
}

/// Rules: CPL-144.
#[test]
fn a_changed_scenario_is_loaded_again_unless_it_has_errors() {
    let of = |accounts: &[&str]| {
        let hub = |account: &&str| format!("{{ account: '{account}', regions: all }}");
        format!("name: watched\nhubs: [{}]\n", accounts.iter().map(hub).collect::<Vec<_>>().join(", "))
    };
    let scenario = Scenario::new("watched", &of(&["111111111111"]));
    let mut program = Program::start(&["--watch", "--scenario", scenario.path()]);
    let mut log = BufReader::new(program.log()).lines();
    let hubs = |program: &Program| {
        let (_, status) = program.send(b"GET /_emulator/status HTTP/1.1\r\nhost: x\r\n\r\n");
        serde_json::from_str::<Value>(&status).unwrap()["Hubs"].as_u64().unwrap()
    };
    assert_eq!(hubs(&program), 1);
    scenario.write(&of(&["111111111111", "222222222222"]));
    let line = log.next().unwrap().unwrap();
    let content = ". Scenario watched: 0 findings. Accounts with hubs: 111111111111, 222222222222 (us-east-1).";
    assert!(line.contains(" INFO reloaded ") && line.ends_with(content), "{line}");
    assert_eq!(hubs(&program), 2);
    scenario.write(&of(&["1"]));
    let errors: Vec<String> = log.by_ref().map(Result::unwrap).take_while(|line| !line.contains(" ERROR ")).collect();
    assert!(errors.concat().contains(scenario.path()), "{errors:?}");
    assert_eq!(hubs(&program), 2, "the previous scenario stays loaded");
    scenario.write(&of(&["111111111111", "222222222222", "333333333333"]));
    eventually("the corrected scenario is loaded", || (hubs(&program) == 3).then_some(()));
    // A file that is missing at first is read when it appears.
    let missing = scenario.0.with_extension("json");
    let name = missing.file_name().unwrap().to_str().unwrap();
    scenario.write(&format!("{}findings: [{{ file: {name} }}]\n", of(&["111111111111"])));
    let line = log.by_ref().map(Result::unwrap).find(|line| line.contains(" ERROR "));
    assert!(line.is_some_and(|line| line.ends_with("so the previous one stays loaded")));
    std::fs::write(&missing, "[]").unwrap();
    eventually("the missing file is read", || (hubs(&program) == 1).then_some(()));
    std::fs::remove_file(&missing).unwrap();
    // A reset returns to the start of the scenario that was loaded last.
    program.send(b"POST /_emulator/reset HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(hubs(&program), 1);
}

/// Rules: CPL-148.
#[test]
fn a_name_of_this_machine_can_be_a_host() {
    let program = Program::start(&["--host", "localhost"]);
    assert!(program.address.ip().is_loopback(), "{}", program.address);
    program.assert_healthy();
}

/// Rules: CPL-11.
#[test]
fn a_log_in_a_file_has_no_colours() {
    let path = std::env::temp_dir().join(format!("securityhub-local-log-{}", std::process::id()));
    let mut command = program::command(&["serve", "--port", "0", "--log-level", "info"]);
    command.env("CLICOLOR_FORCE", "1").env("FORCE_COLOR", "1");
    let program = Program::serve_with_log(command, std::fs::File::create(&path).unwrap());
    program.send(b"GET /accounts HTTP/1.1\r\nhost: x\r\n\r\n");
    let log =
        eventually("a log line", || Some(std::fs::read_to_string(&path).unwrap()).filter(|log| log.contains('\n')));
    assert!(log.contains(" INFO refused ") && !log.contains('\u{1b}'), "{log:?}");
    std::fs::remove_file(path).unwrap();
}

/// Rules: CPL-146, CPL-147.
#[test]
fn a_page_is_served_to_browsers_and_head_has_the_length_of_get() {
    let program = Program::start(&["--scenario", QUICKSTART, "--no-ui"]);
    let send = |request: &str| program.send(format!("{request} HTTP/1.1\r\nhost: 127.0.0.1:1\r\n\r\n").as_bytes());
    let browser = "GET / HTTP/1.1\r\naccept: text/html\r\nhost: 127.0.0.1:1\r\n\r\n";
    let (head, page) = program.send(browser.as_bytes());
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("content-type: text/html"), "{head}");
    assert!(page.contains("quickstart") && page.contains("AWS_ENDPOINT_URL_SECURITYHUB=http://127.0.0.1:1"), "{page}");
    assert!(send("GET /").0.starts_with("HTTP/1.1 403"));
    let (head, _) = send("GET /_emulator/health");
    let length = |head: &str| head.lines().find(|line| line.starts_with("content-length: ")).unwrap().to_owned();
    let mut stream = program.connect();
    std::io::Write::write_all(&mut stream, b"HEAD /_emulator/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    assert_eq!(length(&answer), length(&head));
    assert!(answer.ends_with("\r\n\r\n"), "the response has a body: {answer}");
}

//! The program with a data directory: kills, restarts, a second process, a full disk.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use securityhub_local_tests::kills;
use securityhub_local_tests::program::{self, Program};
use serde_json::{Value, json};

const SCENARIO: &str = "
clock: { now: 2026-01-15T09:00:00Z, frozen: true }
hubs:
  - { account: \"111111111111\", regions: [us-east-1], standards: [] }
";

/// A folder with a scenario file and a data directory.
struct Setup(tempfile::TempDir);

impl Setup {
    fn new() -> Setup {
        let setup = Setup(tempfile::tempdir().unwrap());
        fs::write(setup.0.path().join("scenario.yaml"), SCENARIO).unwrap();
        setup
    }

    fn scenario(&self) -> String {
        self.0.path().join("scenario.yaml").display().to_string()
    }

    fn data(&self) -> String {
        self.0.path().join("data").display().to_string()
    }

    fn start(&self) -> Program {
        Program::start(&["--data-dir", &self.data(), "--scenario", &self.scenario()])
    }
}

fn call(program: &Program, method_and_path: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = format!(
        "{method_and_path} HTTP/1.1\r\nhost: x\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=111111111111/20260115/us-east-1/securityhub/aws4_request, SignedHeaders=host, \
         Signature=00\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let (head, body) = program.send(request.as_bytes());
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(&body).unwrap_or_default())
}

fn good(program: &Program, method_and_path: &str, body: &Value) -> Value {
    let (status, answer) = call(program, method_and_path, body);
    assert!((200..300).contains(&status), "{method_and_path}: {status} {answer}");
    answer
}

fn health(program: &Program) -> Value {
    good(program, "GET /_emulator/health", &Value::Null)
}

/// Imports findings with descriptions of this length.
fn import(program: &Program, name: &str, count: usize, length: usize) -> (u16, Value) {
    let finding = |index: usize| {
        json!({
            "SchemaVersion": "2018-10-08", "Id": format!("{name}-{index}"), "AwsAccountId": "111111111111",
            "ProductArn": "arn:aws:securityhub:us-east-1:111111111111:product/111111111111/default",
            "GeneratorId": "durable", "Types": ["Software and Configuration Checks"],
            "CreatedAt": "2026-01-15T09:00:00Z", "UpdatedAt": "2026-01-15T09:00:00Z",
            "Severity": { "Label": "LOW" }, "Title": "title", "Description": "x".repeat(length.min(1024)),
            "ProductFields": { "filler": "y".repeat(length.saturating_sub(1024).min(2048)) },
            "Resources": [{ "Type": "Other", "Id": "resource" }],
        })
    };
    call(program, "POST /findings/import", &json!({ "Findings": (0..count).map(finding).collect::<Vec<_>>() }))
}

/// Kills a program and returns the next one with the same directory.
fn after_a_kill(setup: &Setup, mut program: Program) -> Program {
    program.kill();
    drop(program);
    setup.start()
}

/// Stops a program with SIGTERM and returns its standard error.
fn stop(mut program: Program) -> String {
    assert!(Command::new("kill").args(["-TERM", &program.id().to_string()]).status().unwrap().success());
    let (code, _, log) = program.end(Duration::from_secs(10));
    assert_eq!(code, Some(0), "{log}");
    log
}

fn size(folder: &Path) -> u64 {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

/// Rules: CPL-71.
#[test]
fn nothing_that_was_acknowledged_is_lost_when_the_program_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let report = kills::run(15, "process", folder.path(), 7, |_| ());
    assert!(report.acknowledged > 15, "{report:?}");
}

/// Rules: CPL-71, CPL-77.
#[test]
fn a_finished_export_is_not_repeated_after_a_kill() {
    let setup = Setup::new();
    let objects = setup.0.path().join("objects").display().to_string();
    let start =
        || Program::start(&["--data-dir", &setup.data(), "--scenario", &setup.scenario(), "--export-dir", &objects]);
    let mut program = start();
    good(&program, "POST /hubv2", &json!({}));
    import(&program, "first", 1, 10);
    let s3 = json!({ "BucketArn": "arn:aws:s3:::exports", "KmsKeyArn": "arn:aws:kms:us-east-1:111111111111:key/1", "ObjectPrefix": "daily/" });
    let destination = json!({ "S3": s3 });
    let job = json!({ "OutputConfiguration": { "Findings": { "Format": "OCSF_JSON" } }, "Destination": destination });
    let id = good(&program, "POST /exportjobsv2", &job)["ExportJobId"].as_str().unwrap().to_owned();
    let path = format!("GET /exportjobsv2/{id}");
    let ended = good(&program, &path, &Value::Null);
    assert_eq!(ended["Status"], "SUCCEEDED", "{ended}");
    import(&program, "later", 1, 10);
    fs::remove_dir_all(&objects).unwrap();
    program.kill();
    drop(program);
    let program = start();
    assert_eq!(good(&program, &path, &Value::Null), ended);
    // The start creates the directory.
    assert_eq!(fs::read_dir(&objects).unwrap().count(), 0, "the object is not written again");
}

/// Rules: CPL-71.
#[test]
fn nothing_that_was_acknowledged_is_lost_with_durability_disk() {
    let folder = tempfile::tempdir().unwrap();
    let report = kills::run(5, "disk", folder.path(), 8, |_| ());
    assert!(report.acknowledged > 5, "{report:?}");
}

/// Rules: CPL-76, CPL-77.
#[test]
fn the_world_the_start_and_the_clock_survive_a_kill() {
    let setup = Setup::new();
    let program = setup.start();
    assert_eq!(health(&program)["durability"], "process");
    assert_eq!(import(&program, "a", 3, 10).0, 200);
    good(&program, "POST /_emulator/clock", &json!({ "advance": "PT1H" }));
    good(&program, "POST /members", &json!({ "AccountDetails": [{ "AccountId": "333333333333" }] }));
    let last = good(&program, "GET /_emulator/events", &Value::Null)["Last"].as_u64().unwrap();
    let before = health(&program);
    let program = after_a_kill(&setup, program);
    assert_eq!(health(&program), before);
    let members = good(&program, "GET /members?OnlyAssociated=false", &Value::Null);
    assert_eq!(members["Members"][0]["AccountId"], "333333333333");
    assert_eq!(import(&program, "b", 1, 10).0, 200);
    let events = good(&program, "GET /_emulator/events", &Value::Null);
    assert!(events["Last"].as_u64().unwrap() > last, "event numbers are not reused");
    assert_eq!(events["Events"].as_array().unwrap().len(), 1, "earlier events are lost: {events}");
    good(&program, "POST /_emulator/reset", &Value::Null);
    let reset = health(&program);
    assert_eq!((&reset["findings"], &reset["clock"]), (&json!(0), &json!("2026-01-15T09:00:00.000Z")));
    let program = after_a_kill(&setup, program);
    assert_eq!(health(&program), reset);
    import(&program, "c", 2, 10);
    good(&program, "PUT /_emulator/snapshots/s", &Value::Null);
    good(&program, "POST /_emulator/reset?to=empty", &Value::Null);
    let program = after_a_kill(&setup, program);
    assert_eq!(health(&program)["hubs"], 0);
    assert_eq!(
        call(&program, "GET /_emulator/snapshots/s", &Value::Null).0,
        404,
        "named snapshots end with the process"
    );
    good(&program, "POST /_emulator/reset", &Value::Null);
    import(&program, "d", 2, 10);
    good(&program, "PUT /_emulator/snapshots/s", &Value::Null);
    import(&program, "e", 2, 10);
    good(&program, "POST /_emulator/snapshots/s/restore", &Value::Null);
    import(&program, "f", 5, 10);
    let program = after_a_kill(&setup, program);
    assert_eq!(health(&program)["findings"], 7, "the findings of the snapshot and the later ones");
}

/// Rules: CPL-77.
#[test]
fn a_running_clock_keeps_its_offset_from_real_time() {
    let setup = Setup::new();
    let program = Program::start(&["--data-dir", &setup.data()]);
    good(&program, "POST /_emulator/clock", &json!({ "advance": "P30D" }));
    let time = |program: &Program| -> String { health(program)["clock"].as_str().unwrap()[..10].to_owned() };
    let day = time(&program);
    let log = stop(program);
    assert_eq!(log, "");
    let program = Program::start(&["--data-dir", &setup.data()]);
    assert_eq!(time(&program), day);
    let clock = good(&program, "GET /_emulator/clock", &Value::Null);
    assert_eq!(clock["frozen"], false);
}

/// Rules: CPL-76.
#[test]
fn a_scenario_fills_only_an_empty_directory() {
    let setup = Setup::new();
    assert_eq!(stop(setup.start()), "");
    let log = stop(setup.start());
    let note = format!("{} is not empty, so its state is used and the scenario is not loaded\n", setup.data());
    assert_eq!(log, note);
    fs::write(setup.scenario(), format!("{SCENARIO}name: other\n")).unwrap();
    let log = stop(setup.start());
    assert!(log.contains("differs from the scenario that filled the directory") && log.lines().count() == 1, "{log}");
}

/// Rules: CPL-73.
#[test]
fn a_second_process_is_refused() {
    let setup = Setup::new();
    let program = setup.start();
    let second = program::run(&["serve", "--port", "0", "--data-dir", &setup.data()]);
    let message = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1), "{message}");
    assert_eq!(message, format!("securityhub-local: {} is in use by process {}\n", setup.data(), program.id()));
    assert_eq!(import(&program, "a", 1, 10).0, 200, "the first process is undisturbed");
    let program = after_a_kill(&setup, program);
    assert_eq!(health(&program)["findings"], 1);
}

/// Rules: CPL-72, CPL-74.
#[test]
fn damaged_files_and_other_formats_end_the_program_at_its_start() {
    let setup = Setup::new();
    let program = setup.start();
    (0..3).for_each(|number| assert_eq!(import(&program, &format!("i{number}"), 1, 10).0, 200));
    stop(program);
    let data = Path::new(&setup.0.path().join("data")).to_owned();
    let run = |arguments: &[&str]| {
        let output = program::run(&[&["serve", "--port", "0", "--data-dir", &setup.data()], arguments].concat());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let log = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path());
    let log = log.filter(|path| path.to_string_lossy().contains("/log-")).max().unwrap();
    let mut bytes = fs::read(&log).unwrap();
    let at = bytes.windows(4).position(|window| window == b"i1-0").unwrap();
    bytes[at] = b'j';
    fs::write(&log, &bytes).unwrap();
    let (code, message) = run(&[]);
    assert_eq!(code, Some(1));
    assert!(message.contains(&format!("{} is damaged at offset ", log.display())), "{message}");
    let program = Program::start(&["--data-dir", &setup.data(), "--recover"]);
    assert_eq!(health(&program)["findings"], 1, "findings before the damage remain");
    // Only a program that exits normally has written its whole log.
    let log = stop(program);
    assert!(log.starts_with("warning: "), "{log}");
    let manifest = data.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"format\": 1", "\"format\": 7")).unwrap();
    let (code, message) = run(&[]);
    assert_eq!(code, Some(1));
    assert!(message.contains("has format version 7, but this program uses format version 1"), "{message}");
}

/// Rules: CPL-75.
#[test]
#[cfg(target_os = "linux")]
fn on_a_full_disk_only_calls_that_write_are_refused() {
    let setup = Setup::new();
    let data = setup.data();
    fs::create_dir(&data).unwrap();
    // Only the program sees this small file system.
    let mut command = Command::new("unshare");
    let script = "mount -t tmpfs -o size=12m tmpfs \"$1\" && shift && exec \"$@\"";
    command.args(["-r", "-m", "sh", "-c", script, "sh", &data]).arg(program::path());
    command.args(["serve", "--port", "0", "--data-dir", &data, "--scenario", &setup.scenario()]);
    let allowed = Command::new("unshare").args(["-r", "-m", "true"]).stderr(Stdio::null()).status();
    assert!(allowed.is_ok_and(|status| status.success()), "this test needs user namespaces");
    let program = Program::serve(command);
    let inside = Path::new("/proc").join(program.id().to_string()).join("root").join(data.trim_start_matches('/'));
    let (mut stored, mut calls) = (0, 0);
    // The calls become smaller, until a single finding does not fit.
    for (batch, length) in [(100, 3000), (20, 3000), (1, 10)] {
        let refused = loop {
            let (status, answer) = import(&program, &format!("i{calls}"), batch, length);
            if status != 200 {
                break (status, answer);
            }
            (stored, calls) = (stored + batch, calls + 1);
            assert!(stored < 20_000, "a disk of 12 MiB becomes full");
        };
        assert_eq!((refused.0, &refused.1["Code"]), (500, &json!("InternalException")));
    }
    assert_eq!(health(&program)["status"], "cannot write");
    let count = json!(stored);
    assert_eq!(health(&program)["findings"], count, "the refused call was not done");
    assert_eq!(call(&program, "POST /findings", &json!({ "MaxResults": 1 })).0, 200, "reads still work");
    assert_eq!(call(&program, "POST /_emulator/reset", &Value::Null).0, 503);
    assert_eq!(call(&program, "POST /_emulator/clock", &json!({ "advance": "PT1H" })).0, 503);
    assert_eq!(call(&program, "POST /members", &json!({ "AccountDetails": [] })).0, 500);
    assert_eq!(health(&program)["findings"], count, "no refused call was done");
    // Another mount gives the file system more space.
    let more = format!("mount -o remount,size=64m {data}");
    let pid = program.id().to_string();
    let mut command = Command::new("nsenter");
    let grown = command.args(["-t", &pid, "-U", "-m", "--preserve-credentials", "sh", "-c", &more]).status().unwrap();
    assert!(grown.success() && inside.exists());
    assert_eq!(import(&program, "later", 10, 10).0, 200, "each later call tries again");
    assert_eq!(health(&program)["status"], "ok");
    let members = json!({ "AccountDetails": [{ "AccountId": "333333333333" }] });
    assert_eq!(call(&program, "POST /members", &members).0, 200);
}

/// Rules: CPL-78.
#[test]
fn the_directory_stays_small() {
    let setup = Setup::new();
    let program = setup.start();
    let start = Instant::now();
    // Each call writes the same findings again: 300 KB per call, more than 100 MiB in total.
    for round in 0..400 {
        let update = json!({
            "Filters": { "Id": [{ "Value": "a-", "Comparison": "PREFIX" }] },
            "Note": { "Text": format!("round {round}"), "UpdatedBy": "durable" },
        });
        if round == 0 {
            assert_eq!(import(&program, "a", 100, 3000).0, 200);
        }
        good(&program, "PATCH /findings", &update);
    }
    let most = 3 * 100 * 4096 + 64 * 1024 * 1024;
    let folder = setup.0.path().join("data");
    program::eventually("the directory is small", || {
        std::thread::sleep(Duration::from_millis(100));
        (size(&folder) <= most).then_some(())
    });
    eprintln!("{} bytes after {:?}", size(&folder), start.elapsed());
    let before = health(&program);
    let program = after_a_kill(&setup, program);
    assert_eq!(health(&program), before);
}

/// Rules: CPL-79.
#[test]
fn after_a_termination_nothing_is_lost_reserved_or_repaired() {
    let setup = Setup::new();
    let program = setup.start();
    assert_eq!(import(&program, "a", 10, 100).0, 200);
    let before = health(&program);
    let last = good(&program, "GET /_emulator/requests", &Value::Null)["Last"].as_u64().unwrap();
    stop(program);
    // The log reserves space in chunks of 16 MiB while the program runs.
    let used = Command::new("du").args(["-sk", &setup.data()]).output().unwrap();
    let used: u64 = String::from_utf8(used.stdout).unwrap().split('\t').next().unwrap().parse().unwrap();
    assert!(used < 1024, "{used} KiB are in use");

    let program = setup.start();
    assert_eq!(health(&program), before);
    assert_eq!(import(&program, "b", 1, 100).0, 200);
    let next = good(&program, "GET /_emulator/requests", &Value::Null)["Last"].as_u64().unwrap();
    assert_eq!(next, last + 1, "no numbers are skipped");
    let log = stop(program);
    assert!(!log.contains("incomplete") && !log.contains("damaged"), "{log}");
}

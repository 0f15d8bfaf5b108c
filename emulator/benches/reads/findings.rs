//! Findings of all products known to `securityhub-local generate`. A single generator, always of this build, provides
//! the same findings for every program.

use std::io::{BufRead, BufReader};
use std::process::{ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::common::child::Child;
use crate::common::connection::{Connection, once};
use crate::common::http;
use crate::common::organization::{NOW, account};

/// A process that writes bodies of BatchImportFindings, one per line and for one account each.
struct Generator {
    process: std::process::Child,
    output: BufReader<ChildStdout>,
}

impl Generator {
    /// `count` findings of the accounts 1 to `accounts`.
    fn start(accounts: usize, count: usize, seed: usize) -> Generator {
        let accounts: Vec<String> = (1..=accounts).map(account).collect();
        let mut process = Command::new(env!("CARGO_BIN_EXE_securityhub-local"))
            .args(["generate", "--product", "all", "--private-product", "--format", "import", "--now", NOW])
            .args(["--count", &count.to_string(), "--seed", &seed.to_string(), "--account", &accounts.join(",")])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the generator starts");
        let output = BufReader::with_capacity(1 << 20, process.stdout.take().expect("standard output is piped"));
        Generator { process, output }
    }

    /// The request that imports the next body, sent by the account that owns its findings.
    fn next(&mut self) -> Option<Vec<u8>> {
        let mut body = String::new();
        self.output.read_line(&mut body).expect("the generator writes");
        if body.is_empty() {
            let status = self.process.wait().expect("the generator ends");
            assert!(status.success(), "the generator failed: {status}");
            return None;
        }
        // Older builds refuse empty values.
        let body = body.trim_end().replace(r#":"""#, r#":"-""#);
        let (_, rest) = body.split_once(r#""AwsAccountId":""#).expect("findings have an account");
        Some(http::request("POST /findings/import", &rest[..12], body.as_bytes()))
    }
}

/// Imports `count` findings of the accounts 1 to `accounts` into each program, and checks that all are stored.
pub(crate) fn fill(programs: &[Child], accounts: usize, count: usize) {
    let mut connections: Vec<Connection> = programs.iter().map(|program| Connection::open(program.address())).collect();
    let mut generator = Generator::start(accounts, count, 0);
    while let Some(request) = generator.next() {
        for connection in &mut connections {
            let answer = connection.send_ok(&request);
            let answer: Value = serde_json::from_slice(answer).expect("an answer is JSON");
            assert_eq!(answer["FailedCount"], 0, "all are accepted: {answer}");
        }
    }
    for program in programs {
        let health = once(program.address(), b"GET /_emulator/health HTTP/1.1\r\nhost: x\r\n\r\n");
        let health: Value = serde_json::from_slice(&health).expect("health is JSON");
        assert_eq!(health["findings"], count, "all are imported: {health}");
    }
}

/// Requests that import a hundred new findings each.
pub(crate) fn imports(accounts: usize, requests: usize) -> Vec<Vec<u8>> {
    // The last body of each account may be short, so some more are generated than used.
    let mut generator = Generator::start(accounts, (requests + accounts) * 100, 1);
    let made: Vec<Vec<u8>> = std::iter::from_fn(|| generator.next()).take(requests).collect();
    _ = generator.process.kill();
    _ = generator.process.wait();
    made
}

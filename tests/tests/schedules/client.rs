//! Clients of one service, whose calls are answered on the calling thread in the way of connections.

use std::net::Ipv4Addr;
use std::path::Path;

use bytes::Bytes;
use http::{Request, Response};
use securityhub_fixtures::Operation;
use securityhub_local::scenario;
use securityhub_local::service::{Service, Settings};
use securityhub_local_tests::client::{authorization, request};
use securityhub_local_tests::{answer, sample};
use serde_json::{Value, json};
use shuttle::thread::{self, JoinHandle};

pub const ADMINISTRATOR: &str = "111111111111";
pub const MEMBERS: [&str; 2] = ["222222222222", "333333333333"];
pub const HOME: &str = "us-east-1";
pub const LINKED: &str = "eu-west-1";

/// A client. Clones call the same service.
#[derive(Clone)]
pub struct Client {
    service: Service,
    account: &'static str,
    region: &'static str,
}

impl Client {
    /// The administrator in the home Region of a new service, with the world of the scenario file in this directory.
    pub fn new() -> Client {
        Client::of_files(&["world.yaml"])
    }

    /// The same, with a world merged from these files.
    pub fn of_files(names: &[&str]) -> Client {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schedules");
        let files: Vec<_> = names.iter().map(|name| folder.join(name)).collect();
        let scenario = scenario::load(&files).expect("a scenario without errors");
        let service = Service::new(Settings::default(), Some(scenario)).expect("a world without errors");
        Client { service, account: ADMINISTRATOR, region: HOME }
    }

    pub fn of(&self, account: &'static str) -> Client {
        Client { account, ..self.clone() }
    }

    pub fn within(&self, region: &'static str) -> Client {
        Client { region, ..self.clone() }
    }

    fn send(&self, request: Request<Bytes>) -> Response<Bytes> {
        self.service.serve_in_place(request, Ipv4Addr::LOCALHOST.into())
    }

    /// Calls an operation successfully and returns the response.
    pub fn call(&self, operation: Operation, input: &Value) -> Value {
        let request = request(operation, input, &authorization(self.account, self.region));
        let (status, body) = answer::check(Some(operation), &self.send(request));
        assert!(status < 300, "{}: {body}", operation.name());
        body
    }

    /// Calls the control plane and returns the response.
    pub fn control(&self, method: &str, path: &str, body: &str) -> Value {
        let request = Request::builder().method(method).uri(path).body(Bytes::copy_from_slice(body.as_bytes()));
        let response = self.send(request.expect("a method and a path"));
        assert_eq!(response.status(), 200, "{:?}", response.body());
        serde_json::from_slice(response.body()).expect("JSON")
    }

    /// Advances the clock.
    pub fn advance(&self, by: &str) {
        self.control("POST", "/_emulator/clock", &json!({ "advance": by }).to_string());
    }

    pub fn reset(&self) {
        self.control("POST", "/_emulator/reset", "");
    }

    /// Imports findings of the client's own account, each with a number and a version.
    pub fn import(&self, findings: &[(usize, u64)]) {
        let findings: Vec<Value> = findings.iter().map(|(number, version)| self.finding(*number, *version)).collect();
        let answer = self.call(Operation::BatchImportFindings, &json!({ "Findings": findings }));
        assert_eq!(answer["SuccessCount"], findings.len(), "{answer}");
    }

    fn finding(&self, number: usize, version: u64) -> Value {
        let (account, region) = (self.account, self.region);
        let mut finding = sample::finding(account);
        finding["Id"] = json!(format!("{number}"));
        finding["ProductArn"] = json!(format!("arn:aws:securityhub:{region}:{account}:product/{account}/default"));
        finding["Title"] = json!(title(version));
        finding["GeneratorId"] = json!(format!("generator of {version}"));
        finding["UpdatedAt"] = json!(format!("2026-01-15T08:00:00.{version:03}Z"));
        finding
    }

    /// The findings of a page of GetFindings, and the token of the next page.
    pub fn page(&self, input: &Value) -> (Vec<Found>, Value) {
        let mut answer = self.call(Operation::GetFindings, input);
        let found = answer["Findings"].as_array().unwrap().iter().map(Found::read).collect();
        (found, answer["NextToken"].take())
    }

    /// The findings of all pages, with two findings per page.
    pub fn walk(&self, input: &Value) -> Vec<Found> {
        let (mut input, mut found) = (input.clone(), Vec::new());
        input["MaxResults"] = json!(2);
        loop {
            let (mut page, token) = self.page(&input);
            found.append(&mut page);
            if token.is_null() {
                return found;
            }
            input["NextToken"] = token;
        }
    }
}

/// A finding as returned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub number: usize,
    pub version: u64,
    pub account: String,
    pub region: String,
}

impl Found {
    fn read(found: &Value) -> Found {
        let text = |member: &str| found[member].as_str().unwrap().to_owned();
        let version = text("Title").rsplit(' ').next().unwrap().parse().unwrap();
        assert_eq!(text("GeneratorId"), format!("generator of {version}"), "a finding is partly updated: {found}");
        Found { number: text("Id").parse().unwrap(), version, account: text("AwsAccountId"), region: text("Region") }
    }
}

pub fn title(version: u64) -> String {
    format!("version {version}")
}

/// A filter for one value.
pub fn equals(field: &str, value: &str) -> Value {
    json!({ "Filters": { field: [{ "Value": value, "Comparison": "EQUALS" }] } })
}

/// The sorted numbers of findings.
pub fn numbers(found: &[Found]) -> Vec<usize> {
    let mut numbers: Vec<usize> = found.iter().map(|found| found.number).collect();
    numbers.sort_unstable();
    numbers
}

/// Runs all of these concurrently, each on its own thread, and waits for them.
pub fn together(client: &Client, threads: &[fn(&Client)]) {
    let spawn = |run: &fn(&Client)| {
        let (client, run) = (client.clone(), *run);
        thread::spawn(move || run(&client))
    };
    let threads: Vec<JoinHandle<()>> = threads.iter().map(spawn).collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

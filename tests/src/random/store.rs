//! A service for random findings and queries, which keeps parts of its responses for later requests.

use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::bits::Random;
use super::check::check;
use super::requests::{mutate, reset};
use super::{filters, findings, text};
use crate::client::{self, TestClient};

/// Number of kept tokens and IDs.
const CAPACITY: usize = 16;
/// Number of requests between two resets, which keep the store small.
const REQUESTS: u64 = 20_000;
/// The administrator and its members.
const ACCOUNTS: [&str; 4] = ["111111111111", "111111111111", "222222222222", "333333333333"];

/// A service with enabled hubs.
pub struct Store {
    client: TestClient,
    sent: u64,
    /// Inputs of pages that had a next page, with its token.
    pages: Vec<(Value, String)>,
    /// ARNs of insights.
    insights: Vec<String>,
    /// Number of successfully imported findings.
    pub imported: u64,
    /// Number of findings in pages.
    pub read: u64,
}

impl Store {
    pub(super) fn new(client: TestClient) -> Store {
        Store { client, sent: 0, pages: Vec::new(), insights: Vec::new(), imported: 0, read: 0 }
    }

    /// Sends a random import or query, checks the response, and returns its status.
    pub fn send_random(&mut self, random: &mut Random) -> u16 {
        self.sent += 1;
        if self.sent.is_multiple_of(REQUESTS) {
            return check(&self.client, reset()).0;
        }
        self.client.account = random.pick(&ACCOUNTS).to_owned();
        match random.below(20) {
            0..=8 => self.import(random),
            9..=17 => self.read_page(random),
            18 if !self.insights.is_empty() => self.insight(random),
            _ => self.make(random),
        }
    }

    fn import(&mut self, random: &mut Random) -> u16 {
        let input = findings::import(random, &self.client.account);
        let (status, body) = self.send(random, Operation::BatchImportFindings, &input);
        self.imported += body["SuccessCount"].as_u64().unwrap_or_default();
        status
    }

    /// Requests a first page, or a next page with a valid or damaged token.
    fn read_page(&mut self, random: &mut Random) -> u16 {
        let mut input = filters::question(random);
        if !self.pages.is_empty() && random.one_in(3) {
            let (before, token) = &self.pages[random.below(self.pages.len())];
            if !random.one_in(6) {
                input = before.clone();
            }
            input["NextToken"] = json!(if random.one_in(3) { damaged(random, token) } else { token.clone() });
        }
        let (status, mut body) = self.send(random, Operation::GetFindings, &input);
        self.read += body["Findings"].as_array().map_or(0, |found| found.len() as u64);
        if let Value::String(token) = body["NextToken"].take() {
            keep(random, &mut self.pages, (input, token));
        }
        status
    }

    /// Creates an insight or a rule.
    fn make(&mut self, random: &mut Random) -> u16 {
        let (operation, input) = filters::other(random);
        let (status, mut body) = self.send(random, operation, &input);
        if let Value::String(arn) = body["InsightArn"].take() {
            keep(random, &mut self.insights, arn);
        }
        status
    }

    /// Updates, reads or deletes an insight.
    fn insight(&mut self, random: &mut Random) -> u16 {
        let arn = &self.insights[random.below(self.insights.len())];
        let (operation, mut input) = match random.below(4) {
            0 => (Operation::DeleteInsight, json!({})),
            1 => (Operation::UpdateInsight, filters::insight(random)),
            _ => (Operation::GetInsightResults, json!({})),
        };
        input["InsightArn"] = json!(arn);
        check(&self.client, client::request(operation, &input, &self.client.authorization())).0
    }

    /// Sends an input, all of whose members are in the body, as hand-written JSON.
    fn send(&self, random: &mut Random, operation: Operation, input: &Value) -> (u16, Value) {
        let mut request = client::request(operation, &json!({}), &self.client.authorization());
        *request.body_mut() = text::write(random, input).into();
        check(&self.client, request)
    }
}

/// Keeps a random selection of values.
fn keep<T>(random: &mut Random, kept: &mut Vec<T>, one: T) {
    if kept.len() < CAPACITY {
        kept.push(one);
    } else {
        kept[random.below(CAPACITY)] = one;
    }
}

fn damaged(random: &mut Random, token: &str) -> String {
    let mut bytes = token.as_bytes().to_vec();
    match random.below(4) {
        0 => bytes.make_ascii_uppercase(),
        1 => bytes.truncate(random.below(bytes.len())),
        2 => bytes.reverse(),
        _ => mutate(random, &mut bytes),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

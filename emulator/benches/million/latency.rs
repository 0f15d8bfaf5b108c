//! How long one question takes while the program has nothing else to do: fifty a second on one connection, in rounds
//! of 300.

use std::fmt;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::ask::{Question, administrator, equals};
use crate::common::child::Child;
use crate::common::connection::Connection;
use crate::common::http;
use crate::common::summary::Summary;
use crate::findings::account;

const INTERVAL: Duration = Duration::from_millis(20);
pub(crate) const SAMPLES: usize = 300;
pub(crate) const ROUNDS: usize = 3;
const DEEP_PAGE: usize = 50;

/// Milliseconds from a request's first byte to its answer's last: the median and the 99th percentile of each round.
pub(crate) struct Latency {
    pub(crate) medians: Summary,
    pub(crate) percentiles_99: Summary,
}

impl Latency {
    /// Asks each of the questions in turn, after one that does not count for each of them.
    pub(crate) fn measure(server: &Child, questions: &[Vec<u8>]) -> Latency {
        let mut connection = Connection::open(server.address());
        for question in questions {
            connection.ask_well(question);
        }
        let rounds: Vec<Summary> = (0..ROUNDS).map(|_| round(&mut connection, questions)).collect();
        Latency {
            medians: Summary::of(rounds.iter().map(Summary::median)),
            percentiles_99: Summary::of(rounds.iter().map(Summary::percentile_99)),
        }
    }
}

fn round(connection: &mut Connection, questions: &[Vec<u8>]) -> Summary {
    let start = Instant::now();
    let ask = |(number, question): (u32, &Vec<u8>)| {
        std::thread::sleep((INTERVAL * number).saturating_sub(start.elapsed()));
        let asked = Instant::now();
        connection.ask_well(question);
        asked.elapsed().as_secs_f64() * 1000.0
    };
    Summary::of((0..).zip(questions.iter().cycle()).take(SAMPLES).map(ask))
}

impl fmt::Display for Latency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "p50 {:.2} ms, p99 {:.2} ms", self.medians, self.percentiles_99)
    }
}

/// The first page by `UpdatedAt`, latest first.
pub(crate) fn latest() -> Vec<u8> {
    let sort = Some(json!([{ "Field": "UpdatedAt", "SortOrder": "desc" }]));
    administrator(&Question { sort, ..Question::default() })
}

/// The question for page 50 of all findings, or the last where there are fewer, and which page it is.
pub(crate) fn deep(program: &Child) -> (usize, Vec<u8>) {
    let mut connection = Connection::open(program.address());
    let mut question = administrator(&Question::default());
    for page in 1..DEEP_PAGE {
        let body: Value = serde_json::from_slice(connection.ask_well(&question)).expect("a page");
        let Some(token) = body["NextToken"].as_str() else { return (page, question) };
        question = administrator(&Question { token: Some(token), ..Question::default() });
    }
    (DEEP_PAGE, question)
}

/// The question for the results of an insight: active findings by severity. `None` while insights are not built.
pub(crate) fn insight(program: &Child) -> Option<Vec<u8>> {
    let insight = json!({
        "Name": "Active findings by severity",
        "Filters": equals("RecordState", "ACTIVE"),
        "GroupByAttribute": "SeverityLabel",
    });
    let request = http::request("POST /insights", &account(0), insight.to_string().as_bytes());
    let mut connection = Connection::open(program.address());
    let answer = connection.ask(&request);
    let body: Value = serde_json::from_slice(http::body(answer)).expect("an answer is JSON");
    if body["Code"] == "UnknownOperationException" {
        return None;
    }
    let arn = body["InsightArn"].as_str().unwrap_or_else(|| panic!("an insight is created: {body}"));
    let path = format!("GET /insights/results/{}", arn.replace(':', "%3A").replace('/', "%2F"));
    Some(http::request(&path, &account(0), b""))
}

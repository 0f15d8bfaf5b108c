//! The queries whose latency is measured.

use serde_json::{Value, json};

use crate::ask::{Question, administrator, equals};
use crate::common::child::Child;
use crate::common::connection::Connection;
use crate::common::http;
use crate::common::size::sized;
use crate::findings::account;

const DEEP_PAGE: usize = 50;

pub(crate) fn rounds() -> usize {
    sized(3, 1)
}

/// The first page sorted by `UpdatedAt`, newest first.
pub(crate) fn latest() -> Vec<u8> {
    let sort = Some(json!([{ "Field": "UpdatedAt", "SortOrder": "desc" }]));
    administrator(&Question { sort, ..Question::default() })
}

/// The query for page 50 of all findings, or the last page if there are fewer, and the page number.
pub(crate) fn deep(program: &Child) -> (usize, Vec<u8>) {
    let mut connection = Connection::open(program.address());
    let mut question = administrator(&Question::default());
    for page in 1..DEEP_PAGE {
        let body: Value = serde_json::from_slice(connection.send_ok(&question)).expect("a page");
        let Some(token) = body["NextToken"].as_str() else { return (page, question) };
        question = administrator(&Question { token: Some(token), ..Question::default() });
    }
    (DEEP_PAGE, question)
}

/// The query for the results of an insight: active findings by severity. `None` if insights are not implemented.
pub(crate) fn insight(program: &Child) -> Option<Vec<u8>> {
    let insight = json!({
        "Name": "Active findings by severity",
        "Filters": equals("RecordState", "ACTIVE"),
        "GroupByAttribute": "SeverityLabel",
    });
    let request = http::request("POST /insights", &account(0), insight.to_string().as_bytes());
    let mut connection = Connection::open(program.address());
    let answer = connection.send(&request);
    let body: Value = serde_json::from_slice(http::body(answer)).expect("an answer is JSON");
    if body["Code"] == "UnknownOperationException" {
        return None;
    }
    let arn = body["InsightArn"].as_str().unwrap_or_else(|| panic!("an insight is created: {body}"));
    let path = format!("GET /insights/results/{}", arn.replace(':', "%3A").replace('/', "%2F"));
    Some(http::request(&path, &account(0), b""))
}

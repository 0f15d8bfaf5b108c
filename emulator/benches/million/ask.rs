//! What is asked of the million, all by the administrator, who sees every account.

use serde_json::{Value, json};

use crate::common::http;
use crate::findings::{TEAMS, account};

/// The parts of a GetFindings request; the page is of 100.
#[derive(Default)]
pub(crate) struct Question<'a> {
    pub(crate) filters: Value,
    pub(crate) sort: Option<Value>,
    pub(crate) token: Option<&'a str>,
}

/// The administrator's request.
pub(crate) fn administrator(question: &Question<'_>) -> Vec<u8> {
    by(&account(0), question)
}

/// An account's request.
pub(crate) fn by(account: &str, question: &Question<'_>) -> Vec<u8> {
    let mut body = json!({ "MaxResults": 100 });
    if !question.filters.is_null() {
        body["Filters"] = question.filters.clone();
    }
    if let Some(sort) = &question.sort {
        body["SortCriteria"] = sort.clone();
    }
    if let Some(token) = question.token {
        body["NextToken"] = json!(token);
    }
    http::request("POST /findings", account, body.to_string().as_bytes())
}

/// A request with filters alone.
pub(crate) fn filtered(filters: Value) -> Vec<u8> {
    administrator(&Question { filters, ..Question::default() })
}

/// One EQUALS.
pub(crate) fn equals(field: &str, value: &str) -> Value {
    json!({ field: [{ "Value": value, "Comparison": "EQUALS" }] })
}

/// Five filters: two severities, an account, the beginning of titles, ten days, a tag. About 70 of a million fit, so
/// that no page is full and all must be looked through. Eight questions that differ in account, days and team.
pub(crate) fn mixed() -> Vec<Vec<u8>> {
    let question = |(number, team): (usize, &&str)| {
        let filters = json!({
            "SeverityLabel": [
                { "Value": "HIGH", "Comparison": "EQUALS" },
                { "Value": "CRITICAL", "Comparison": "EQUALS" },
            ],
            "AwsAccountId": [{ "Value": account(number * 4 + 1), "Comparison": "EQUALS" }],
            "Title": [{ "Value": "CVE-2025-1", "Comparison": "PREFIX" }],
            "UpdatedAt": [{
                "Start": format!("2026-01-{:02}T00:00:00Z", number + 3),
                "End": format!("2026-01-{:02}T00:00:00Z", number + 13),
            }],
            "ResourceTags": [{ "Key": "team", "Value": team, "Comparison": "EQUALS" }],
        });
        filtered(filters)
    };
    TEAMS.iter().enumerate().map(question).collect()
}

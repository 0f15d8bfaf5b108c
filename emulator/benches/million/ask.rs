//! The queries of the bench, sent by the administrator, who sees all accounts.

use serde_json::{Value, json};

use crate::common::http;
use crate::findings::{TEAMS, account};

/// The parts of a GetFindings request for a page of 100.
#[derive(Default)]
pub(crate) struct Question<'a> {
    pub(crate) filters: Value,
    pub(crate) sort: Option<Value>,
    pub(crate) token: Option<&'a str>,
}

/// A request of the administrator.
pub(crate) fn administrator(question: &Question<'_>) -> Vec<u8> {
    by(&account(0), question)
}

/// A request of an account.
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

/// A request with filters only.
pub(crate) fn filtered(filters: Value) -> Vec<u8> {
    administrator(&Question { filters, ..Question::default() })
}

/// One EQUALS.
pub(crate) fn equals(field: &str, value: &str) -> Value {
    json!({ field: [{ "Value": value, "Comparison": "EQUALS" }] })
}

/// Five filters: two severities, an account, a title prefix, ten days, and a tag. About 70 of a million findings match,
/// so a page is never full and all findings must be examined. The eight queries differ in account, days and team.
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

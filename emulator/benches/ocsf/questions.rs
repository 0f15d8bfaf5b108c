//! The queries of the bench, sent by the delegated administrator, who sees all accounts.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::common::http;
use crate::findings::{ACCOUNTS, TEAMS, account};

/// The part of the scenario that enables the V2 half in all accounts.
pub(crate) fn hubs_v2() -> String {
    let administrator = account(0);
    let mut text = format!(
        "organization:\n  management_account: \"999999999999\"\n  delegated_administrator_v2: \"{administrator}\"\n  units:\n    All:\n      accounts:\n"
    );
    let accounts: Vec<String> = (0..ACCOUNTS).map(account).collect();
    for account in &accounts {
        _ = writeln!(text, "        - \"{account}\"");
    }
    text.push_str("hubs_v2:\n");
    for account in &accounts {
        _ = writeln!(text, "  - {{ account: \"{account}\", regions: all }}");
    }
    text
}

fn ask(path: &str, body: &Value) -> Vec<u8> {
    http::request(path, &account(0), body.to_string().as_bytes())
}

fn filtered(composite: &Value) -> Vec<u8> {
    ask("POST /findingsv2", &json!({ "MaxResults": 100, "Filters": { "CompositeFilters": [composite] } }))
}

fn string(field: &str, comparison: &str, value: &str) -> Value {
    json!({ "FieldName": field, "Filter": { "Value": value, "Comparison": comparison } })
}

/// A query with one EQUALS filter.
pub(crate) fn one_filter() -> Vec<u8> {
    filtered(&json!({ "StringFilters": [string("severity", "EQUALS", "High")] }))
}

/// A query for a unique ID that no finding has.
pub(crate) fn by_uid() -> Vec<u8> {
    filtered(&json!({ "StringFilters": [string("metadata.uid", "EQUALS", &"0".repeat(64))] }))
}

/// Five filters: two severities, an account, a title prefix, ten days, and a tag, as in the bench of a million findings.
pub(crate) fn mixed() -> Vec<Vec<u8>> {
    let question = |(number, team): (usize, &&str)| {
        let severities = [string("severity", "EQUALS", "High"), string("severity", "EQUALS", "Critical")];
        let range = json!({
            "Start": format!("2026-01-{:02}T00:00:00Z", number + 3),
            "End": format!("2026-01-{:02}T00:00:00Z", number + 13),
        });
        filtered(&json!({
            "StringFilters": [
                string("cloud.account.uid", "EQUALS", &account(number * 4 + 1)),
                string("finding_info.title", "PREFIX", "CVE-2025-1"),
            ],
            "DateFilters": [{ "FieldName": "finding_info.modified_time_dt", "Filter": range }],
            "MapFilters": [{
                "FieldName": "resources.tags",
                "Filter": { "Key": "team", "Value": team, "Comparison": "EQUALS" },
            }],
            "NestedCompositeFilters": [{ "Operator": "OR", "StringFilters": severities }],
        }))
    };
    TEAMS.iter().enumerate().map(question).collect()
}

/// Counts by severity.
pub(crate) fn by_severity() -> Vec<u8> {
    ask("POST /findingsv2/statistics", &json!({ "GroupByRules": [{ "GroupByField": "severity" }] }))
}

/// The newest findings.
pub(crate) fn newest() -> Vec<u8> {
    let sort = json!([{ "Field": "finding_info.modified_time_dt", "SortOrder": "desc" }]);
    ask("POST /findingsv2", &json!({ "MaxResults": 100, "SortCriteria": sort }))
}

/// A word of the title. Classic filters do not have this comparison.
pub(crate) fn words() -> Vec<Vec<u8>> {
    let question = |word| filtered(&json!({ "StringFilters": [string("finding_info.title", "CONTAINS_WORD", word)] }));
    ["bucket", "coreutils", "mining", "gateway"].map(question).into()
}

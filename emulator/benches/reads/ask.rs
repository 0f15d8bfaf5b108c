//! The measured kinds of GetFindings queries, sent by the administrator, who sees all accounts; pages of 100.

use serde_json::{Value, json};

use crate::common::http;
use crate::common::organization::account;

/// Teams in the tags of generated resources.
const TEAMS: [&str; 6] = ["payments", "data-science", "storefront", "finance", "search", "platform"];

/// A kind of query, with its name.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) questions: Vec<Vec<u8>>,
}

/// All kinds, in the order of the table.
pub(crate) fn shapes() -> Vec<Shape> {
    let shape = |name, questions| Shape { name, questions };
    vec![
        shape("no filter", vec![ask(&json!({}))]),
        shape("one EQUALS", vec![one_equals()]),
        shape("five mixed filters", five()),
        shape("newest UpdatedAt first", vec![newest()]),
        shape("by severity, then newest first", vec![by_severity()]),
        shape("a keyword", keywords()),
        shape("a map filter, ProductFields", product_fields()),
        shape("a map filter, ResourceTags", tags()),
        shape("a date range of one day", days()),
        shape("a date range of ten minutes", minutes()),
    ]
}

pub(crate) fn describe_hub() -> Vec<u8> {
    http::request("GET /accounts", &account(0), b"")
}

/// One EQUALS that many findings match.
pub(crate) fn one_equals() -> Vec<u8> {
    filtered(&json!({ "SeverityLabel": [equals("HIGH")] }))
}

/// The newest findings.
pub(crate) fn newest() -> Vec<u8> {
    ask(&json!({ "SortCriteria": [descending("UpdatedAt")] }))
}

/// A query for a value that no finding has.
pub(crate) fn none_has(field: &str) -> Vec<u8> {
    filtered(&json!({ field: [equals("no finding has this")] }))
}

fn by_severity() -> Vec<u8> {
    ask(&json!({ "SortCriteria": [descending("SeverityNormalized"), descending("UpdatedAt")] }))
}

/// Two severities, an account, a title prefix, three days and a tag: less than a page of a million findings match.
fn five() -> Vec<Vec<u8>> {
    let question = |(number, team): (usize, &&str)| {
        filtered(&json!({
            "SeverityLabel": [equals("HIGH"), equals("CRITICAL")],
            "AwsAccountId": [equals(&account(number * 5 + 1))],
            "Title": [{ "Value": "CVE-20", "Comparison": "PREFIX" }],
            "UpdatedAt": [days_from(number + 18, 3)],
            "ResourceTags": [{ "Key": "Team", "Value": team, "Comparison": "EQUALS" }],
        }))
    };
    TEAMS.iter().enumerate().map(question).collect()
}

fn keywords() -> Vec<Vec<u8>> {
    let question = |word: &str| filtered(&json!({ "Keyword": [{ "Value": word }] }));
    ["CVE-2023-38545", "mining pool", "restricted-ssh", "Port 3389"].map(question).into()
}

fn product_fields() -> Vec<Vec<u8>> {
    let question = |(key, value): (&str, &str)| {
        filtered(&json!({ "ProductFields": [{ "Key": key, "Value": value, "Comparison": "EQUALS" }] }))
    };
    let fields = [
        ("aws/inspector/ProductVersion", "2"),
        ("aws/inspector/inspectorScore", "9.8"),
        ("aws/guardduty/service/action/actionType", "DNS_REQUEST"),
        ("aws/config/ConfigRuleName", "restricted-ssh"),
        ("S3Bucket.effectivePermission", "PUBLIC"),
    ];
    fields.map(question).into()
}

fn tags() -> Vec<Vec<u8>> {
    let question =
        |team: &str| filtered(&json!({ "ResourceTags": [{ "Key": "Team", "Value": team, "Comparison": "EQUALS" }] }));
    TEAMS.map(question).into()
}

fn days() -> Vec<Vec<u8>> {
    (10..30).map(|day| filtered(&json!({ "UpdatedAt": [days_from(day, 1)] }))).collect()
}

fn minutes() -> Vec<Vec<u8>> {
    let question = |minute: usize| {
        let at = |minute: usize| format!("2026-01-25T09:{minute:02}:00Z");
        filtered(&json!({ "CreatedAt": [{ "Start": at(minute), "End": at(minute + 10) }] }))
    };
    (0..40).step_by(10).map(question).collect()
}

fn equals(value: &str) -> Value {
    json!({ "Value": value, "Comparison": "EQUALS" })
}

fn descending(field: &str) -> Value {
    json!({ "Field": field, "SortOrder": "desc" })
}

fn days_from(day: usize, days: usize) -> Value {
    let at = |day: usize| format!("2026-01-{day:02}T00:00:00Z");
    json!({ "Start": at(day), "End": at(day + days) })
}

fn filtered(filters: &Value) -> Vec<u8> {
    ask(&json!({ "Filters": filters }))
}

fn ask(input: &Value) -> Vec<u8> {
    body("POST /findings", input)
}

fn body(operation: &str, input: &Value) -> Vec<u8> {
    let mut input = input.clone();
    input["MaxResults"] = json!(100);
    http::request(operation, &account(0), input.to_string().as_bytes())
}

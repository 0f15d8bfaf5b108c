//! Filters on fields that no filter has used before: the first and the second response.

use std::time::Instant;

use serde_json::{Value, json};

use crate::ask::{equals, filtered};
use crate::common::child::Child;
use crate::common::connection::Connection;

/// Field, value, and description. No other query of the bench uses these fields.
pub(crate) const FIELDS: [(&str, &str, &str); 3] = [
    ("FindingProviderFieldsTypes", "Software and Configuration Checks/Vulnerabilities/CVE", "in all findings"),
    ("RecommendationText", "No finding recommends this.", "a different value in each finding"),
    ("VulnerabilitiesExploitAvailable", "YES", "in no finding"),
];

/// Seconds of the first and second response, for each field.
pub(crate) fn fields(program: &Child) -> [(f64, f64); 3] {
    FIELDS.map(|(field, value, _)| {
        let ask = || seconds(program, equals(field, value));
        (ask(), ask())
    })
}

/// Seconds of a query for a keyword that no finding contains.
pub(crate) fn keyword(program: &Child) -> f64 {
    seconds(program, json!({ "Keyword": [{ "Value": "no finding says so" }] }))
}

fn seconds(program: &Child, filters: Value) -> f64 {
    let (mut connection, question) = (Connection::open(program.address()), filtered(filters));
    let start = Instant::now();
    connection.send_ok(&question);
    start.elapsed().as_secs_f64()
}

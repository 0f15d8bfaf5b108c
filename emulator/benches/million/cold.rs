//! Filters on fields that no filter has named before: the first answer and the second.

use std::time::Instant;

use serde_json::{Value, json};

use crate::ask::{equals, filtered};
use crate::common::child::Child;
use crate::common::connection::Connection;

/// Field, value, and what it finds. No other question of the bench names one of the fields.
pub(crate) const FIELDS: [(&str, &str, &str); 3] = [
    ("FindingProviderFieldsTypes", "Software and Configuration Checks/Vulnerabilities/CVE", "all have it"),
    ("RecommendationText", "No finding recommends this.", "all have another"),
    ("VulnerabilitiesExploitAvailable", "YES", "none has the field"),
];

/// Seconds of the first answer and of the second, for each of the fields.
pub(crate) fn fields(program: &Child) -> [(f64, f64); 3] {
    FIELDS.map(|(field, value, _)| {
        let ask = || seconds(program, equals(field, value));
        (ask(), ask())
    })
}

/// Seconds of a keyword that no finding has.
pub(crate) fn keyword(program: &Child) -> f64 {
    seconds(program, json!({ "Keyword": [{ "Value": "no finding says so" }] }))
}

fn seconds(program: &Child, filters: Value) -> f64 {
    let (mut connection, question) = (Connection::open(program.address()), filtered(filters));
    let asked = Instant::now();
    connection.ask_well(&question);
    asked.elapsed().as_secs_f64()
}

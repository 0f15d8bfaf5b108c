//! Tests that advance the clock during calls.

use std::collections::BTreeSet;

use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use crate::client::{Client, Found, numbers, together};
use crate::explore;

const STANDARDS: [&str; 2] = ["pci-dss/v/3.2.1", "cis-aws-foundations-benchmark/v/1.4.0"];

/// The number of standards that are ready.
fn ready(client: &Client) -> usize {
    let answer = client.call(Operation::GetEnabledStandards, &json!({}));
    let subscriptions = answer["StandardsSubscriptions"].as_array().unwrap();
    assert_eq!(subscriptions.len(), STANDARDS.len(), "{answer}");
    subscriptions.iter().filter(|of| of["StandardsStatus"] == "READY").count()
}

/// Standards become ready an hour after they were enabled, all at the same time.
///
/// Rules: STD-63.
#[test]
fn changes_due_at_the_same_time_become_visible_together() {
    explore(|| {
        let client = Client::new();
        let requests =
            STANDARDS.map(|name| json!({ "StandardsArn": format!("arn:aws:securityhub:us-east-1::standards/{name}") }));
        client.call(Operation::BatchEnableStandards, &json!({ "StandardsSubscriptionRequests": requests }));
        let read: fn(&Client) = |client| {
            let counts = [ready(client), ready(client)];
            assert!(counts.is_sorted(), "a later call sees an earlier state: {counts:?}");
            assert!(
                counts.iter().all(|count| [0, STANDARDS.len()].contains(count)),
                "some work is still pending: {counts:?}"
            );
        };
        together(
            &client,
            &[
                |client| {
                    client.advance("1h");
                    assert_eq!(ready(client), STANDARDS.len(), "the clock has been advanced");
                },
                read,
                read,
            ],
        );
    });
}

/// The numbers of findings updated within a number of days before the call.
fn within_days(client: &Client, days: i64) -> Vec<usize> {
    let range = json!({ "UpdatedAt": [{ "DateRange": { "Value": days, "Unit": "DAYS" } }] });
    numbers(&client.page(&json!({ "Filters": range })).0)
}

/// The clock advances from a time at which both findings exist and are within the range, to a time at which both have
/// expired and the older one is out of the range. One of them must never be seen alone.
///
/// Rules: RET-01, VIS-07.
#[test]
fn a_response_is_consistent_with_one_time() {
    explore(|| {
        let client = Client::new();
        client.import(&[(0, 0)]);
        client.advance("24h");
        let later = json!({ "Findings": [later()] });
        client.call(Operation::BatchImportFindings, &later);
        let read: fn(&Client) = |client| {
            let found = within_days(client, 91);
            assert!([vec![], vec![0, 1]].contains(&found), "the response mixes two times: {found:?}");
        };
        together(&client, &[|client| client.advance("2161h"), read, read]);
        assert_eq!(within_days(&client, 91), Vec::<usize>::new());
    });
}

/// A finding that was updated a day after the others.
fn later() -> Value {
    let mut finding = securityhub_local_tests::sample::finding(crate::client::ADMINISTRATOR);
    finding["Id"] = json!("1");
    finding["Title"] = json!("version 0");
    finding["GeneratorId"] = json!("generator of 0");
    finding["UpdatedAt"] = json!("2026-01-16T08:00:00Z");
    finding
}

/// Findings expire one after the other while they are read. A call after an advance of the clock sees its effects.
///
/// Rules: RET-01, VIS-07.
#[test]
fn expired_findings_are_not_read_after_the_clock_has_advanced() {
    explore(|| {
        let client = Client::new();
        client.import(&[(0, 0), (1, 0)]);
        let all: fn(&Client) -> Vec<Found> = |client| client.page(&json!({})).0;
        assert_eq!(all(&client).len(), 2);
        together(
            &client,
            &[
                |client| {
                    client.advance("2200h");
                    let (found, _) = client.page(&json!({}));
                    assert!(found.iter().all(|found| found.version > 0), "expired: {found:?}");
                },
                |client| {
                    let (found, _) = client.page(&json!({}));
                    let old: BTreeSet<usize> =
                        found.iter().filter(|found| found.version == 0).map(|found| found.number).collect();
                    assert!(
                        [0, 2].contains(&old.len()),
                        "only some findings of one expiry time are visible: {found:?}"
                    );
                },
                |client| {
                    client.import(&[(2, 1)]);
                    client.import(&[(2, 2)]);
                },
            ],
        );
    });
}

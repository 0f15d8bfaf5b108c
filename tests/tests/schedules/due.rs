//! The clock is moved while calls are done.

use std::collections::BTreeSet;

use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use crate::client::{Client, Found, numbers, together};
use crate::explore;

const STANDARDS: [&str; 2] = ["pci-dss/v/3.2.1", "cis-aws-foundations-benchmark/v/1.4.0"];

/// How many of the standards are ready.
fn ready(client: &Client) -> usize {
    let answer = client.call(Operation::GetEnabledStandards, &json!({}));
    let subscriptions = answer["StandardsSubscriptions"].as_array().unwrap();
    assert_eq!(subscriptions.len(), STANDARDS.len(), "{answer}");
    subscriptions.iter().filter(|of| of["StandardsStatus"] == "READY").count()
}

/// Standards are ready an hour after they were enabled, all at the same time.
///
/// Rules: STD-63.
#[test]
fn no_answer_shows_one_of_several_things_undone_that_are_due_at_once() {
    explore(|| {
        let client = Client::new();
        let requests =
            STANDARDS.map(|name| json!({ "StandardsArn": format!("arn:aws:securityhub:us-east-1::standards/{name}") }));
        client.call(Operation::BatchEnableStandards, &json!({ "StandardsSubscriptionRequests": requests }));
        let read: fn(&Client) = |client| {
            let counts = [ready(client), ready(client)];
            assert!(counts.is_sorted(), "the clock went back: {counts:?}");
            assert!(counts.iter().all(|count| [0, STANDARDS.len()].contains(count)), "some are undone: {counts:?}");
        };
        together(
            &client,
            &[
                |client| {
                    client.advance("1h");
                    assert_eq!(ready(client), STANDARDS.len(), "the clock was moved before");
                },
                read,
                read,
            ],
        );
    });
}

/// The numbers of findings that were updated within so many days of the call.
fn within_days(client: &Client, days: i64) -> Vec<usize> {
    let range = json!({ "UpdatedAt": [{ "DateRange": { "Value": days, "Unit": "DAYS" } }] });
    numbers(&client.page(&json!({ "Filters": range })).0)
}

/// The clock is moved from when both findings are there, and within the range, to when both have expired, and the older
/// one is out of the range: one of them is never seen alone.
///
/// Rules: RET-01, VIS-07.
#[test]
fn an_answer_is_of_one_time() {
    explore(|| {
        let client = Client::new();
        client.import(&[(0, 0)]);
        client.advance("24h");
        let later = json!({ "Findings": [later()] });
        client.call(Operation::BatchImportFindings, &later);
        let read: fn(&Client) = |client| {
            let found = within_days(client, 91);
            assert!([vec![], vec![0, 1]].contains(&found), "of two times: {found:?}");
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

/// Findings expire one after the other while they are read; a call that follows a step of the clock sees what it left.
///
/// Rules: RET-01, VIS-07.
#[test]
fn findings_that_have_expired_are_not_read_by_who_calls_after_the_clock_was_moved() {
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
                    assert!([0, 2].contains(&old.len()), "they expire together: {found:?}");
                },
                |client| {
                    client.import(&[(2, 1)]);
                    client.import(&[(2, 2)]);
                },
            ],
        );
    });
}

//! Tests that a response is consistent while data is written and the clock advances. `schedules` tests the same with
//! chosen interleavings; here threads run as they do for users.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use securityhub_fixtures::Operation;
use securityhub_local::service::Settings;
use securityhub_local_tests::client::TestClient;
use securityhub_local_tests::sample;
use serde_json::{Value, json};

const ROUNDS: u64 = 100;

fn good(client: &TestClient, operation: Operation, input: &Value) -> Value {
    let (status, body) = client.call(operation, input);
    assert!(status < 300, "{}: {body}", operation.name());
    body
}

/// Reads on three threads while `write` runs.
fn read_while(client: &TestClient, write: impl FnOnce(), read: impl Fn(&TestClient) + Sync) {
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let client = client.another();
                while !is_done.load(Ordering::Relaxed) {
                    read(&client);
                }
            });
        }
        write();
        is_done.store(true, Ordering::Relaxed);
    });
}

/// The administrator of the small world of `schedules`.
fn administrator() -> TestClient {
    let mut client =
        TestClient::new(Settings::default(), Some(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schedules/world.yaml")));
    client.is_served = true;
    client
}

/// Rules: STD-63.
#[test]
fn changes_due_at_the_same_time_are_seen_together() {
    let mut client = administrator();
    // A hub of an independent account, so that it can be disabled and enabled again.
    client.account = "444444444444".to_owned();
    good(&client, Operation::EnableSecurityHub, &json!({ "EnableDefaultStandards": false }));
    let standards = good(&client, Operation::DescribeStandards, &json!({}));
    let standards = standards["Standards"].as_array().unwrap().iter();
    let requests: Vec<Value> = standards.map(|it| json!({ "StandardsArn": it["StandardsArn"] })).collect();
    for _ in 0..ROUNDS {
        good(&client, Operation::DisableSecurityHub, &json!({}));
        good(&client, Operation::EnableSecurityHub, &json!({ "EnableDefaultStandards": false }));
        good(&client, Operation::BatchEnableStandards, &json!({ "StandardsSubscriptionRequests": requests }));
        read_while(
            &client,
            || assert_eq!(client.control("POST", "/_emulator/clock", r#"{"advance": "1h"}"#), 200),
            |client| {
                let answer = good(client, Operation::GetEnabledStandards, &json!({}));
                let subscriptions = answer["StandardsSubscriptions"].as_array().unwrap().iter();
                let statuses: BTreeSet<&str> =
                    subscriptions.map(|of| of["StandardsStatus"].as_str().unwrap()).collect();
                assert_eq!(statuses.len(), 1, "some work is still pending: {answer}");
            },
        );
    }
}

/// Rules: AGG-14, VIS-03.
#[test]
fn findings_of_a_linked_region_stay_visible_while_it_is_unlinked_and_linked_again() {
    let client = administrator();
    let mut linked = client.another();
    linked.region = "eu-west-1".to_owned();
    let answer = good(&client, Operation::CreateFindingAggregator, &json!({ "RegionLinkingMode": "ALL_REGIONS" }));
    let arn = &answer["FindingAggregatorArn"];
    let mut finding = sample::finding(&client.account);
    finding["ProductArn"] = json!("arn:aws:securityhub:eu-west-1:111111111111:product/111111111111/default");
    let mut import = |version: u64| {
        finding["UpdatedAt"] = json!(format!("2026-01-15T08:00:00.{version:03}Z"));
        let answer = good(&linked, Operation::BatchImportFindings, &json!({ "Findings": [finding] }));
        assert_eq!(answer["SuccessCount"], 1, "{answer}");
    };
    import(0);
    let link = |mode: &str| {
        let input = json!({ "FindingAggregatorArn": arn, "RegionLinkingMode": mode });
        good(&client, Operation::UpdateFindingAggregator, &input);
    };
    let change = || {
        for round in 1..=ROUNDS {
            link("NO_REGIONS");
            link("ALL_REGIONS");
            import(round);
        }
    };
    read_while(&client, change, |client| {
        let answer = good(client, Operation::GetFindings, &json!({}));
        assert_eq!(answer["Findings"].as_array().unwrap().len(), 1, "{answer}");
    });
}

//! Tests of the cost of advancing the clock and of resets, as a world grows.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use securityhub_fixtures::Operation;
use securityhub_local::service::Settings;
use securityhub_local_tests::client::TestClient;
use securityhub_local_tests::{growth, sample};
use serde_json::{Value, json};

/// A world with this many findings, from a scenario with a frozen clock.
fn world(count: usize, name: &str) -> TestClient {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("growth-of-time-{name}-{count}"));
    std::fs::create_dir_all(&folder).unwrap();
    let findings: Vec<Value> = (0..count)
        .map(|number| {
            let mut finding = sample::finding("111111111111");
            finding["Id"] = json!(format!("finding-{number}"));
            finding
        })
        .collect();
    std::fs::write(folder.join("findings.json"), json!(findings).to_string()).unwrap();
    let scenario = "clock: { now: 2026-01-15T09:00:00Z, frozen: true }\n\
                    regions: [us-east-1]\nhubs: [{ account: '111111111111', regions: all }]\nfindings: [{ file: findings.json }]\n";
    let path = folder.join("scenario.yaml");
    std::fs::write(&path, scenario).unwrap();
    TestClient::new(Settings::default(), Some(path.to_str().unwrap()))
}

/// Rules: RET-01.
#[test]
fn deleting_expired_findings_takes_linear_time() {
    growth::assert_in_proportion(
        "a sweep",
        3_000,
        |size| world(size, "sweep"),
        |client| {
            assert_eq!(client.control("POST", "/_emulator/clock", r#"{"advance":"P91D"}"#), 200);
            let (_, answer) = client.call(Operation::GetFindings, &json!({ "MaxResults": 1 }));
            assert_eq!(answer["Findings"], json!([]));
        },
    );
}

#[test]
fn the_time_of_a_reset_is_independent_of_the_world() {
    let worlds = RefCell::new(HashMap::<usize, Rc<TestClient>>::new());
    // `size` times `size` findings: work that examines all of them would take four times as long.
    let prepare = |size: usize| {
        Rc::clone(worlds.borrow_mut().entry(size).or_insert_with(|| Rc::new(world(size * size, "reset"))))
    };
    growth::assert_in_proportion("resets", 50, prepare, |client| {
        for _ in 0..100 {
            assert_eq!(client.control("POST", "/_emulator/reset", ""), 200);
        }
    });
}

/// Rules: ARV-10.
#[test]
fn creating_tickets_takes_linear_time() {
    let prepare = |size: usize| {
        let client = TestClient::new(Settings::default(), None);
        client.call(Operation::EnableSecurityHubV2, &json!({}));
        let linking = json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "LinkedRegions": ["eu-west-1"] });
        client.call(Operation::CreateAggregatorV2, &linking);
        let secret = "arn:aws:secretsmanager:us-east-1:111111111111:secret:s";
        let provider = json!({ "ServiceNow": { "InstanceName": "dev1", "SecretArn": secret } });
        let connector = json!({ "Name": "tickets", "Provider": provider });
        let (_, created) = client.call(Operation::CreateConnectorV2, &connector);
        (client, created["ConnectorId"].clone(), size)
    };
    growth::assert_in_proportion("tickets", 1_000, prepare, |(client, connector, size)| {
        let ticket = json!({ "ConnectorId": connector, "FindingMetadataUid": "TEST_FINDING", "Mode": "DRYRUN" });
        for _ in 0..size {
            assert_eq!(client.call(Operation::CreateTicketV2, &ticket).0, 200);
        }
    });
}

/// Each connector has a client token, whose response is stored.
///
/// Rules: CNV-01, O2G-08.
#[test]
fn creating_connectors_with_tokens_takes_linear_time() {
    let prepare = |size: usize| {
        let client = TestClient::new(Settings::default(), None);
        client.call(Operation::EnableSecurityHubV2, &json!({}));
        (client, size)
    };
    growth::assert_in_proportion("connectors", 500, prepare, |(client, size)| {
        let scope = json!({ "ScopeType": "ORGANIZATION" });
        let config = "arn:aws:config:us-east-1:111111111111:connector/c";
        let gcp =
            json!({ "AWSConfigConnectorArn": config, "ScopeConfiguration": scope, "GCPRegions": ["europe-west1"] });
        for number in 0..size {
            let (name, token) = (format!("c{number}"), format!("token-{number}"));
            let connector = json!({ "Name": name, "Provider": { "GCP": gcp }, "ClientToken": token });
            assert_eq!(client.call(Operation::CreateConnectorV2, &connector).0, 200);
        }
    });
}

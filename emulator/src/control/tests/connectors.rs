//! Tests of connectors and tickets through the control plane.

use std::collections::BTreeSet;

use super::*;
use crate::state::ConnectorStatus;

/// A service with an aggregator and a connector to Jira, the state of its authorization, and its ID.
fn with_jira() -> (Service, String, String) {
    let service = service();
    post(&service, "/hubv2", "{}");
    let linking = r#"{"RegionLinkingMode": "SPECIFIED_REGIONS", "LinkedRegions": ["eu-west-1"]}"#;
    assert_eq!(post(&service, "/aggregatorv2/create", linking).0, 200);
    let jira = r#"{"Name": "jira", "Provider": {"JiraCloud": {"ProjectKey": "SEC"}}}"#;
    let (status, created) = post(&service, "/connectorsv2", jira);
    assert_eq!(status, 200, "{created}");
    let url = created["AuthUrl"].as_str().unwrap();
    assert!(url.starts_with("https://auth.atlassian.com/authorize?"), "{url}");
    let token = url.split("&state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    (service, token, created["ConnectorId"].as_str().unwrap().to_owned())
}

fn ticket(service: &Service, id: &str) -> (u16, Value) {
    let input = json!({ "ConnectorId": id, "FindingMetadataUid": "TEST_FINDING", "Mode": "DRYRUN" });
    post(service, "/ticketsv2", input.to_string())
}

/// Rules: CNV-06, CNV-07, TKV-05, DEC-01, DEC-21.
#[test]
fn the_page_authorizes_a_connector_and_tickets_are_listed() {
    let (service, token, id) = with_jira();
    let (status, answer) = send(&service, "GET", &format!("/_emulator/oauth/authorize?state={token}"), "");
    assert_eq!((status, &answer), (200, &json!({ "AuthCode": "local", "AuthState": token })));
    let path = format!("/_emulator/oauth/authorize?state={token}&redirect_uri=http://127.0.0.1/back");
    assert_eq!(send(&service, "GET", &path, "").0, 302);
    let (status, refused) = send(&service, "GET", &path.replace("back", "back%0Aa"), "");
    assert_eq!((status, &refused["Message"]), (400, &json!("`redirect_uri` contains control characters")));
    assert_eq!(post(&service, "/connectorsv2/register", answer.to_string()).0, 200);
    assert_eq!(send(&service, "GET", &path, "").0, 404, "the state was already used");
    assert_eq!(send(&service, "GET", "/_emulator/tickets", "").1, json!({ "Tickets": [] }));
    let created = ticket(&service, &id).1;
    let (_, listed) =
        send(&service, "GET", &format!("/_emulator/tickets?account={ADMINISTRATOR}&region=us-east-1"), "");
    let row = &listed["Tickets"][0];
    assert_eq!((&row["TicketId"], &row["ConnectorId"]), (&created["TicketId"], &json!(id)));
    assert_eq!(row["Title"], "TESTING Test CreateTicketV2 Finding");
    let (_, none) = send(&service, "GET", "/_emulator/tickets?region=eu-west-1", "");
    assert_eq!(none, json!({ "Tickets": [] }));
    assert_eq!(send(&service, "GET", "/_emulator/tickets?account=1", "").0, 400);
}

/// Rules: CNV-09, TKV-03, DEC-01.
#[test]
fn the_health_of_a_connector_is_set() {
    let (service, _, id) = with_jira();
    let put = |id: &str, body: Value| send(&service, "PUT", &format!("/_emulator/connectors/{id}"), body.to_string());
    let issue = json!({ "Code": "AUTHENTICATION_FAILURE", "Message": "m" });
    let (status, answer) = put(&id, json!({ "Status": "DEGRADED", "Issues": [issue] }));
    assert_eq!((status, &answer["Status"], &answer["Issues"]), (200, &json!("DEGRADED"), &json!([issue])));
    let (_, found) = send(&service, "GET", &format!("/connectorsv2/{id}"), "");
    assert_eq!(
        (&found["Health"]["ConnectorStatus"], &found["Health"]["Issues"]),
        (&json!("DEGRADED"), &json!([issue]))
    );
    assert_eq!(ticket(&service, &id).0, 409);
    assert_eq!(put(&id, json!({ "Status": "CONNECTED", "Issues": [], "JiraProject": false })).0, 200);
    assert_eq!(ticket(&service, &id).1["Message"], "Cannot find jira project");
    put(&id, json!({ "JiraProject": true, "JiraIssueType": false }));
    assert_eq!(ticket(&service, &id).1["Message"], "Security Hub issue type not found");
    put(&id, json!({ "JiraIssueType": true }));
    assert_eq!(ticket(&service, &id).0, 200);
    for wrong in [json!({ "Status": "x" }), json!({ "Issues": [{ "Code": "x", "Message": "m" }] }), json!({ "a": 1 })] {
        assert_eq!(put(&id, wrong).0, 400);
    }
    assert_eq!(put("x", json!({})).0, 404);
}

/// Rules: CNV-09, CNC-02.
#[test]
fn a_connector_gets_only_a_status_that_its_provider_has() {
    let (service, token, jira) = with_jira();
    let put = |id: &str, status: &str| {
        let body = json!({ "Status": status }).to_string();
        send(&service, "PUT", &format!("/_emulator/connectors/{id}"), body)
    };
    let azure =
        json!({ "AWSConfigConnectorArn": "a", "ScopeConfiguration": { "ScopeType": "TENANT" }, "AzureRegions": ["r"] });
    let input = json!({ "Name": "azure", "Provider": { "Azure": azure } }).to_string();
    let (status, created) = post(&service, "/connectors", input);
    assert_eq!(status, 200, "{created}");
    let id = created["ConnectorId"].as_str().unwrap();
    let (status, refused) = put(id, "PENDING_AUTHORIZATION");
    assert_eq!((status, &refused["Message"]), (400, &json!("a connector to AZURE cannot be PENDING_AUTHORIZATION")));
    assert_eq!(put(id, "UNKNOWN").0, 200);
    assert_eq!(send(&service, "GET", &format!("/connectors/{id}"), "").1["Health"]["ConnectorStatus"], "UNKNOWN");
    let auth_url =
        || send(&service, "GET", &format!("/connectorsv2/{jira}"), "").1["ProviderDetail"]["JiraCloud"].clone();
    assert_eq!(put(&jira, "CONNECTED").0, 200);
    assert_eq!((&auth_url()["AuthUrl"], &auth_url()["AuthStatus"]), (&Value::Null, &json!("ACTIVE")));
    assert_eq!(put(&jira, "PENDING_AUTHORIZATION").0, 200);
    let again = auth_url();
    assert!(again["AuthUrl"].as_str().is_some_and(|url| !url.contains(&token)), "the first state is used: {again}");
    assert_eq!(again["AuthStatus"], Value::Null);
}

/// Rules: CNV-09, CNC-02.
#[test]
fn only_connectors_to_jira_can_be_pending() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/v2-half.yaml");
    let scenario = crate::scenario::load(&[file.into()]).map_err(|errors| errors.to_string()).unwrap();
    let service = Service::new(Settings::default(), Some(scenario)).unwrap();
    let listed = |path: &str| send(&service, "GET", path, "").1["Connectors"].as_array().unwrap().clone();
    let connectors = [listed("/connectorsv2"), listed("/connectors")].concat();
    let provider = |connector: &Value| connector["ProviderSummary"]["ProviderName"].as_str().unwrap().to_owned();
    let providers: BTreeSet<String> = connectors.iter().map(provider).collect();
    assert_eq!(providers.len(), 4, "{providers:?}");
    for connector in &connectors {
        let path = format!("/_emulator/connectors/{}", connector["ConnectorId"].as_str().unwrap());
        for status in ConnectorStatus::ALL {
            let is_pending = status.as_str().starts_with("PENDING");
            let expected = if is_pending && provider(connector) != "JIRA_CLOUD" { 400 } else { 200 };
            let body = json!({ "Status": status.as_str() }).to_string();
            assert_eq!(send(&service, "PUT", &path, body).0, expected, "{status:?}: {connector}");
        }
    }
}

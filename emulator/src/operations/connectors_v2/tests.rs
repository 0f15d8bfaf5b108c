//! Rules of connectors of the V2 half, tested through the operations.

use jiff::SignedDuration;
use securityhub_fixtures::Operation::{
    CreateAggregatorV2, CreateConnectorV2, DeleteAggregatorV2, DeleteConnector, DeleteConnectorV2,
    DisableSecurityHubV2, EnableSecurityHub, EnableSecurityHubV2, GetConnector, GetConnectorV2, ListAggregatorsV2,
    ListConnectors, ListConnectorsV2, ListTagsForResource, RegisterConnectorV2, TagResource, UpdateConnector,
    UpdateConnectorV2,
};
use serde_json::{Value, json};

use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage};

const OTHER_REGION: &str = "eu-west-1";
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:111111111111:secret:s";

/// A V2 hub with an aggregator.
fn stage() -> Stage {
    let stage = Stage::empty();
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    let linking = json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "LinkedRegions": [OTHER_REGION] });
    stage.good(ADMINISTRATOR, CreateAggregatorV2, linking);
    stage
}

fn jira(name: &str) -> Value {
    json!({ "Name": name, "Provider": { "JiraCloud": { "ProjectKey": "SEC" } } })
}

fn service_now(name: &str) -> Value {
    json!({ "Name": name, "Provider": { "ServiceNow": { "InstanceName": "dev1", "SecretArn": SECRET } } })
}

fn azure_provider(kind: &str, values: Value) -> Value {
    let scope = json!({ "ScopeType": kind, "ScopeValues": values });
    let connector = "arn:aws:config:us-east-1:111111111111:connector/a";
    json!({ "Azure": { "AWSConfigConnectorArn": connector, "ScopeConfiguration": scope, "AzureRegions": ["eastus"] } })
}

fn azure(name: &str) -> Value {
    json!({ "Name": name, "Provider": azure_provider("TENANT", json!([])) })
}

fn gcp(name: &str) -> Value {
    let scope = json!({ "ScopeType": "PROJECT", "ScopeValues": ["p1"] });
    let connector = "arn:aws:config:us-east-1:111111111111:connector/g";
    let provider =
        json!({ "AWSConfigConnectorArn": connector, "ScopeConfiguration": scope, "GCPRegions": ["europe-west1"] });
    json!({ "Name": name, "Provider": { "GCP": provider } })
}

fn create(stage: &Stage, input: Value) -> Value {
    stage.good(ADMINISTRATOR, CreateConnectorV2, input)
}

fn get(stage: &Stage, created: &Value) -> Value {
    stage.good(ADMINISTRATOR, GetConnectorV2, json!({ "ConnectorId": created["ConnectorId"] }))
}

fn refused(stage: &Stage, input: Value, status: u16, code: &str) {
    stage.refused(ADMINISTRATOR, CreateConnectorV2, input, status, code);
}

/// The state in the authorization URL of a new connector.
fn state(created: &Value) -> String {
    let url = created["AuthUrl"].as_str().unwrap();
    url.split("&state=").nth(1).unwrap().split('&').next().unwrap().to_owned()
}

/// Rules: CNV-01, CNV-02, CNV-05.
#[test]
fn a_connector_has_a_name_an_id_and_one_provider() {
    let stage = stage();
    let created = create(&stage, service_now("tickets"));
    let id = created["ConnectorId"].as_str().unwrap();
    let arn = format!("arn:aws:securityhub:us-east-1:111111111111:connectorv2/{id}");
    assert_eq!(created, json!({ "ConnectorArn": arn, "ConnectorId": id, "ConnectorStatus": "CONNECTED" }));
    refused(&stage, service_now("tickets"), 409, "ConflictException");
    refused(&stage, service_now(&"x".repeat(65)), 400, "ValidationException");
    refused(&stage, json!({ "Name": "a", "Provider": {} }), 400, "ValidationException");
    let mut both = jira("a");
    both["Provider"]["ServiceNow"] = service_now("a")["Provider"]["ServiceNow"].clone();
    refused(&stage, both, 400, "ValidationException");
    let mut short = jira("a");
    short["Provider"]["JiraCloud"]["ProjectKey"] = json!("S");
    refused(&stage, short, 400, "ValidationException");
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({}));
    for values in [json!([]), Value::Null] {
        let input = json!({ "Name": "a", "Provider": azure_provider("SUBSCRIPTION", values) });
        refused(&stage, input, 400, "ValidationException");
    }
}

/// Rules: CNV-03, UNK-16, DEC-03.
#[test]
fn connectors_to_ticketing_systems_are_created_in_the_home_region() {
    let mut stage = stage();
    stage.call_in(OTHER_REGION, ADMINISTRATOR, EnableSecurityHubV2, json!({})).unwrap();
    let (status, code, message) = stage.call_in(OTHER_REGION, ADMINISTRATOR, CreateConnectorV2, jira("a")).unwrap_err();
    assert_eq!((status, code), (409, "ConflictException"));
    assert!(message.contains("does not match the aggregation Region us-east-1"), "{message}");
    let arn = stage.good(ADMINISTRATOR, ListAggregatorsV2, json!({}))["AggregatorsV2"][0]["AggregatorV2Arn"].clone();
    stage.good(ADMINISTRATOR, DeleteAggregatorV2, json!({ "AggregatorV2Arn": arn }));
    refused(&stage, service_now("a"), 409, "ConflictException");
    create(&stage, gcp("other clouds need none"));
    stage.0.v2_settings.connectors_need_aggregator = false;
    create(&stage, service_now("a"));
}

/// Rules: CNV-04, CNV-05, CNV-12, CNC-03.
#[test]
fn a_connector_to_azure_has_a_connector_of_the_classic_half() {
    let stage = stage();
    refused(&stage, azure("cloud"), 409, "ConflictException");
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({}));
    let created = create(&stage, azure("cloud"));
    assert_eq!(created["ConnectorStatus"], "UNKNOWN");
    assert_eq!(created["EnablementStatus"], "PENDING_ENABLEMENT");
    let linked = stage.good(ADMINISTRATOR, ListConnectors, json!({}))["Connectors"][0].clone();
    assert_eq!((&linked["Name"], &linked["CreatedBy"]), (&json!("cloud"), &json!("securityhub.amazonaws.com")));
    assert_ne!(linked["ConnectorId"], created["ConnectorId"]);
    let id = json!({ "ConnectorId": linked["ConnectorId"] });
    for operation in [UpdateConnector, DeleteConnector] {
        stage.refused(ADMINISTRATOR, operation, id.clone(), 409, "ConflictException");
    }
    let found = get(&stage, &created);
    assert_eq!(
        (&found["EnablementStatus"], &found["Health"]["ConnectorStatus"]),
        (&json!("ENABLED"), &json!("CONNECTED"))
    );
    assert_eq!(found["ProviderDetail"], azure("cloud")["Provider"]);
    let deleted = stage.good(ADMINISTRATOR, DeleteConnectorV2, json!({ "ConnectorId": created["ConnectorId"] }));
    assert_eq!(deleted, json!({ "EnablementStatus": "PENDING_DELETION" }));
    stage.refused(ADMINISTRATOR, GetConnector, id, 404, "ResourceNotFoundException");
    assert_eq!(stage.good(ADMINISTRATOR, ListConnectorsV2, json!({}))["Connectors"], json!([]));
}

/// Rules: CNV-05, CNV-09, CNV-12.
#[test]
fn the_work_of_a_connector_takes_the_time_of_the_scenario() {
    let mut stage = stage();
    stage.0.delays.connectors = SignedDuration::from_mins(10);
    let created = create(&stage, gcp("cloud"));
    let id = json!({ "ConnectorId": created["ConnectorId"] });
    let status = || {
        let found = get(&stage, &created);
        (found["EnablementStatus"].clone(), found["Health"]["ConnectorStatus"].clone())
    };
    assert_eq!(status(), (json!("PENDING_ENABLEMENT"), json!("UNKNOWN")));
    stage.0.clock.advance(SignedDuration::from_mins(10));
    assert_eq!(status(), (json!("ENABLED"), json!("CONNECTED")));
    let change = json!({ "ConnectorId": created["ConnectorId"], "Provider": gcp("x")["Provider"] });
    let mut change = change;
    change["Provider"]["GCP"].as_object_mut().unwrap().remove("AWSConfigConnectorArn");
    assert_eq!(stage.good(ADMINISTRATOR, UpdateConnectorV2, change)["EnablementStatus"], "PENDING_UPDATE");
    assert_eq!(status().0, "PENDING_UPDATE");
    stage.good(ADMINISTRATOR, DeleteConnectorV2, id.clone());
    stage.0.clock.advance(SignedDuration::from_mins(9));
    assert_eq!(status().0, "PENDING_DELETION", "the deletion is not finished yet");
    let description = json!({ "ConnectorId": created["ConnectorId"], "Description": "d" });
    stage.refused(ADMINISTRATOR, UpdateConnectorV2, description, 409, "ConflictException");
    stage.0.clock.advance(SignedDuration::from_mins(1));
    stage.refused(ADMINISTRATOR, GetConnectorV2, id, 404, "ResourceNotFoundException");
}

/// Rules: CNV-05, CNV-06, CNV-07, CNV-08, UNK-18.
#[test]
fn a_connector_to_jira_is_authorized_by_its_owner() {
    let stage = stage();
    let created = create(&stage, jira("Our Jira"));
    assert_eq!(created["ConnectorStatus"], "PENDING_AUTHORIZATION");
    let before = get(&stage, &created);
    assert_eq!(before["ProviderDetail"]["JiraCloud"], json!({ "ProjectKey": "SEC", "AuthUrl": created["AuthUrl"] }));
    let register = |state: &str| json!({ "AuthCode": "c", "AuthState": state });
    stage.refused(ADMINISTRATOR, RegisterConnectorV2, register("x"), 404, "ResourceNotFoundException");
    stage.days_pass(1);
    let registered = stage.good(ADMINISTRATOR, RegisterConnectorV2, register(&state(&created)));
    assert_eq!(registered["ConnectorId"], created["ConnectorId"]);
    let again = register(&state(&created));
    stage.refused(ADMINISTRATOR, RegisterConnectorV2, again, 404, "ResourceNotFoundException");
    let after = get(&stage, &created);
    let detail = &after["ProviderDetail"]["JiraCloud"];
    assert_eq!((&detail["Domain"], &detail["AuthStatus"]), (&json!("https://ourjira.atlassian.net"), &json!("ACTIVE")));
    assert_eq!((detail["CloudId"].as_str().unwrap().len(), &detail["AuthUrl"]), (36, &Value::Null));
    assert_eq!(after["Health"], json!({ "ConnectorStatus": "CONNECTED", "LastCheckedAt": stage.now() }));
    stage.days_pass(1);
    assert_eq!(get(&stage, &created), after, "reading does not check the connection");
    assert_ne!(state(&created), state(&create(&stage, jira("other"))));
}

/// Rules: CNV-07.
#[test]
fn an_authorization_can_fail() {
    let stage = stage();
    let created = create(&stage, jira("a"));
    let failing = json!({ "AuthCode": "fail", "AuthState": state(&created) });
    stage.refused(ADMINISTRATOR, RegisterConnectorV2, failing, 409, "ConflictException");
    let after = get(&stage, &created);
    assert_eq!(after["Health"]["ConnectorStatus"], "FAILED_TO_CONNECT");
    assert_eq!(after["ProviderDetail"]["JiraCloud"], json!({ "ProjectKey": "SEC", "AuthStatus": "FAILED" }));
}

/// Rules: CNV-07, CNV-09, CNV-10.
#[test]
fn a_connector_without_a_project_waits_for_one() {
    let stage = stage();
    let created = create(&stage, json!({ "Name": "a", "Provider": { "JiraCloud": {} } }));
    let register = json!({ "AuthCode": "c", "AuthState": state(&created) });
    stage.good(ADMINISTRATOR, RegisterConnectorV2, register);
    assert_eq!(get(&stage, &created)["Health"]["ConnectorStatus"], "PENDING_CONFIGURATION");
    let id = &created["ConnectorId"];
    let project = json!({ "ConnectorId": id, "Provider": { "JiraCloud": { "ProjectKey": "SEC" } } });
    assert_eq!(stage.good(ADMINISTRATOR, UpdateConnectorV2, project)["ConnectorStatus"], "CONNECTED");
}

/// Rules: CNV-08, CNV-10, O2G-05.
#[test]
fn a_connector_is_found_by_id_or_arn_and_changed() {
    let stage = stage();
    let created = create(&stage, service_now("a"));
    let (id, arn) = (&created["ConnectorId"], &created["ConnectorArn"]);
    assert_eq!(stage.good(ADMINISTRATOR, GetConnectorV2, json!({ "ConnectorId": arn })), get(&stage, &created));
    for unknown in [json!("x"), json!("arn:aws:securityhub:us-east-1:222222222222:connectorv2/x")] {
        stage.refused(
            ADMINISTRATOR,
            GetConnectorV2,
            json!({ "ConnectorId": unknown }),
            404,
            "ResourceNotFoundException",
        );
    }
    stage.days_pass(1);
    let secret = "arn:aws:secretsmanager:us-east-1:111111111111:secret:new";
    let change =
        json!({ "ConnectorId": arn, "Description": "d", "Provider": { "ServiceNow": { "SecretArn": secret } } });
    assert_eq!(stage.good(ADMINISTRATOR, UpdateConnectorV2, change), json!({ "ConnectorStatus": "CONNECTED" }));
    let after = get(&stage, &created);
    assert_eq!((&after["Description"], &after["LastUpdatedAt"]), (&json!("d"), &json!(stage.now())));
    let detail = json!({ "InstanceName": "dev1", "SecretArn": secret, "AuthStatus": "ACTIVE" });
    assert_eq!(after["ProviderDetail"]["ServiceNow"], detail);
    let other = json!({ "ConnectorId": id, "Provider": { "JiraCloud": { "ProjectKey": "SEC" } } });
    stage.refused(ADMINISTRATOR, UpdateConnectorV2, other, 400, "ValidationException");
    assert_eq!(stage.good(ADMINISTRATOR, DeleteConnectorV2, json!({ "ConnectorId": id })), json!({}));
    stage.refused(ADMINISTRATOR, GetConnectorV2, json!({ "ConnectorId": id }), 404, "ResourceNotFoundException");
    stage.good(ADMINISTRATOR, DisableSecurityHubV2, json!({}));
    let message = stage.refused(ADMINISTRATOR, GetConnectorV2, json!({ "ConnectorId": id }), 409, "ConflictException");
    assert!(message.contains("Security Hub V2 is not enabled"), "{message}");
}

/// Rules: CNV-11.
#[test]
fn connectors_are_listed_by_all_given_properties() {
    let stage = stage();
    for input in [jira("j"), service_now("s"), gcp("g")] {
        create(&stage, input);
    }
    let names = |filter: Value| -> Vec<String> {
        let listed = stage.good(ADMINISTRATOR, ListConnectorsV2, filter);
        let rows = listed["Connectors"].as_array().unwrap();
        let mut names: Vec<String> = rows.iter().map(|row| row["Name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names(json!({})), ["g", "j", "s"]);
    assert_eq!(names(json!({ "ProviderName": "SERVICENOW" })), ["s"]);
    assert_eq!(names(json!({ "ConnectorStatus": "CONNECTED" })), ["g", "s"]);
    assert_eq!(names(json!({ "ConnectorStatus": "CONNECTED", "EnablementStatus": "ENABLED" })), ["g"]);
    assert_eq!(names(json!({ "ProviderName": "AZURE" })), [""; 0]);
    assert_eq!(
        stage.good(ADMINISTRATOR, ListConnectorsV2, json!({ "MaxResults": 2 }))["Connectors"].as_array().unwrap().len(),
        2
    );
    stage.good(MEMBER, EnableSecurityHubV2, json!({}));
    assert_eq!(
        stage.good(MEMBER, ListConnectorsV2, json!({}))["Connectors"],
        json!([]),
        "the member has no connectors in {REGION}"
    );
}

/// Rules: CNV-01, TAG-02, O2G-08.
#[test]
fn a_connector_has_tags_and_is_created_once_for_each_token() {
    let stage = stage();
    let mut input = service_now("a");
    input["Tags"] = json!({ "a": "b" });
    input["ClientToken"] = json!("t");
    let created = create(&stage, input.clone());
    assert_eq!(create(&stage, input), created);
    let arn = &created["ConnectorArn"];
    stage.good(ADMINISTRATOR, TagResource, json!({ "ResourceArn": arn, "Tags": { "c": "d" } }));
    let tags = stage.good(ADMINISTRATOR, ListTagsForResource, json!({ "ResourceArn": arn }));
    assert_eq!(tags["Tags"], json!({ "a": "b", "c": "d" }));
}

/// Rules: CNV-13, UNK-20.
#[test]
fn the_number_of_connectors_is_not_limited_by_default() {
    let stage = stage();
    for number in 0..30 {
        create(&stage, service_now(&format!("service-now-{number}")));
        create(&stage, gcp(&format!("gcp-{number}")));
    }
    assert_eq!(stage.good(ADMINISTRATOR, ListConnectorsV2, json!({}))["Connectors"].as_array().unwrap().len(), 60);
}

//! Rules of connectors of the classic half, tested through the operations.

use securityhub_fixtures::Operation::{
    CreateConnector, DeleteConnector, DisableSecurityHub, GetConnector, ListConnectors, ListTagsForResource,
    UpdateConnector,
};
use serde_json::{Value, json};

use crate::testing::{ADMINISTRATOR, MEMBER, Stage};

fn azure(name: &str) -> Value {
    let scope = json!({ "ScopeType": "SUBSCRIPTION", "ScopeValues": ["s1"] });
    let connector = "arn:aws:config:us-east-1:111111111111:connector/a";
    let provider =
        json!({ "AWSConfigConnectorArn": connector, "ScopeConfiguration": scope, "AzureRegions": ["eastus"] });
    json!({ "Name": name, "Provider": { "Azure": provider }, "Tags": { "a": "b" } })
}

/// Rules: CNC-01, CNC-02, CNC-03, O2G-07.
#[test]
fn a_connector_of_the_classic_half_is_created_and_described() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    let created = stage.good(ADMINISTRATOR, CreateConnector, azure("cloud"));
    let id = &created["ConnectorId"];
    let arn = format!("arn:aws:securityhub:us-east-1:111111111111:connector/{}", id.as_str().unwrap());
    assert_eq!(
        created,
        json!({ "ConnectorArn": arn, "ConnectorId": id, "ConnectorStatus": "UNKNOWN", "EnablementStatus": "PENDING_ENABLEMENT" })
    );
    let found = stage.good(ADMINISTRATOR, GetConnector, json!({ "ConnectorId": arn }));
    assert_eq!(
        found,
        json!({
            "ConnectorArn": arn, "ConnectorId": id, "Name": "cloud", "EnablementStatus": "ENABLED",
            "CreatedAt": stage.now(), "LastUpdatedAt": stage.now(), "ProviderDetail": azure("cloud")["Provider"],
            "Health": { "ConnectorStatus": "CONNECTED", "LastCheckedAt": stage.now() },
        })
    );
    let tags = stage.good(ADMINISTRATOR, ListTagsForResource, json!({ "ResourceArn": arn }));
    assert_eq!(tags["Tags"], json!({ "a": "b" }));
    stage.refused(MEMBER, ListConnectors, json!({}), 401, "InvalidAccessException");
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    stage.refused(ADMINISTRATOR, GetConnector, json!({ "ConnectorId": id }), 401, "InvalidAccessException");
}

/// Rules: CNC-04.
#[test]
fn a_connector_of_the_classic_half_is_changed_listed_and_deleted() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    let created = stage.good(ADMINISTRATOR, CreateConnector, azure("cloud"));
    let id = json!({ "ConnectorId": created["ConnectorId"] });
    stage.refused(ADMINISTRATOR, CreateConnector, azure("cloud"), 409, "ConflictException");
    let mut incomplete = azure("x");
    incomplete["Provider"]["Azure"]["ScopeConfiguration"]["ScopeValues"] = json!([]);
    stage.refused(ADMINISTRATOR, CreateConnector, incomplete, 400, "ValidationException");
    let mut change = id.clone();
    let scope = json!({ "ScopeType": "TENANT" });
    change["Provider"] = json!({ "Azure": { "ScopeConfiguration": scope, "AzureRegions": ["westus"] } });
    let changed = stage.good(ADMINISTRATOR, UpdateConnector, change.clone());
    assert_eq!(changed, json!({ "ConnectorStatus": "CONNECTED", "EnablementStatus": "PENDING_UPDATE" }));
    let detail = stage.good(ADMINISTRATOR, GetConnector, id.clone())["ProviderDetail"]["Azure"].clone();
    assert_eq!((&detail["ScopeConfiguration"], &detail["AzureRegions"]), (&scope, &json!(["westus"])));
    assert!(detail["AWSConfigConnectorArn"].is_string(), "the connector of AWS Config cannot change");
    let listed =
        |filter: Value| stage.good(ADMINISTRATOR, ListConnectors, filter)["Connectors"].as_array().unwrap().len();
    assert_eq!((listed(json!({})), listed(json!({ "ProviderName": "GCP" }))), (1, 0));
    assert_eq!(listed(json!({ "EnablementStatus": "ENABLED", "ConnectorStatus": "CONNECTED" })), 1);
    let deleted = stage.good(ADMINISTRATOR, DeleteConnector, id.clone());
    assert_eq!(deleted, json!({ "EnablementStatus": "PENDING_DELETION" }));
    stage.refused(ADMINISTRATOR, GetConnector, id.clone(), 404, "ResourceNotFoundException");
    stage.refused(ADMINISTRATOR, DeleteConnector, id, 404, "ResourceNotFoundException");
}

//! Rules of tickets, tested through the operation.

use securityhub_fixtures::Operation::{
    BatchImportFindings, CreateAggregatorV2, CreateAutomationRuleV2, CreateConnectorV2, CreateTicketV2,
    EnableSecurityHub, EnableSecurityHubV2, GetFindingsV2, RegisterConnectorV2,
};
use serde_json::{Value, json};

use crate::domain::accounts::connectors::{self, Half};
use crate::state::{ConnectorStatus, HubKey, Provider, Region};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, finding, id};

const UID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn stage() -> Stage {
    let stage = Stage::empty();
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    let linking = json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "LinkedRegions": ["eu-west-1"] });
    stage.good(ADMINISTRATOR, CreateAggregatorV2, linking);
    stage
}

fn connector(stage: &Stage, provider: Value) -> Value {
    let created = stage.good(ADMINISTRATOR, CreateConnectorV2, json!({ "Name": "tickets", "Provider": provider }));
    if let Some(url) = created["AuthUrl"].as_str() {
        let token = url.split("&state=").nth(1).unwrap().split('&').next().unwrap();
        stage.good(ADMINISTRATOR, RegisterConnectorV2, json!({ "AuthCode": "c", "AuthState": token }));
    }
    created["ConnectorId"].clone()
}

fn service_now(stage: &Stage) -> Value {
    let secret = "arn:aws:secretsmanager:us-east-1:111111111111:secret:s";
    connector(stage, json!({ "ServiceNow": { "InstanceName": "dev1", "SecretArn": secret } }))
}

fn jira(stage: &Stage) -> Value {
    connector(stage, json!({ "JiraCloud": { "ProjectKey": "SEC" } }))
}

fn test_ticket(connector: &Value) -> Value {
    json!({ "ConnectorId": connector, "FindingMetadataUid": "TEST_FINDING", "Mode": "DRYRUN" })
}

fn key() -> HubKey {
    HubKey { account: id(ADMINISTRATOR), region: Region::new(REGION) }
}

/// Changes the stored connector, as a test does over the control plane.
fn change(stage: &Stage, connector: &Value, edit: impl FnOnce(&mut crate::state::Connector)) {
    let mut transaction = stage.0.write();
    let mut all = connectors::all(&transaction, Half::V2, &key());
    let mut found = all.remove(connector.as_str().unwrap()).unwrap();
    edit(&mut found);
    connectors::store(&mut transaction, Half::V2, &key(), found);
    transaction.commit();
}

/// Rules: TKV-01, TKV-04.
#[test]
fn a_test_ticket_is_created_each_time() {
    let stage = stage();
    let connector = service_now(&stage);
    let ticket = || stage.good(ADMINISTRATOR, CreateTicketV2, test_ticket(&connector));
    let (first, second) = (ticket(), ticket());
    assert_ne!(first, second);
    let id = first["TicketId"].as_str().unwrap();
    assert_eq!(id.len(), 32);
    let url = format!("https://dev1.service-now.com/nav_to.do?uri=x_aws_se_0_finding.do?sys_id={id}");
    assert_eq!(first["TicketSrcUrl"], url);
    let hub = stage.0.hub_v2(&key()).unwrap();
    assert!(hub.tickets.iter().all(|ticket| ticket.title == "TESTING Test CreateTicketV2 Finding"));
}

/// Rules: TKV-01, TKV-04, UNK-18.
#[test]
fn tickets_of_jira_are_numbered() {
    let stage = stage();
    let connector = jira(&stage);
    let ticket = || stage.good(ADMINISTRATOR, CreateTicketV2, test_ticket(&connector));
    let url = |number: u32| format!("https://tickets.atlassian.net/browse/SEC-{number}");
    assert_eq!(ticket(), json!({ "TicketId": "10001", "TicketSrcUrl": url(1) }));
    assert_eq!(ticket(), json!({ "TicketId": "10002", "TicketSrcUrl": url(2) }));
}

/// Rules: TKV-02, TKV-03.
#[test]
fn a_ticket_needs_a_finding_and_a_connector_that_can_create_it() {
    let stage = stage();
    let connector = jira(&stage);
    let refuse =
        |input: Value, status: u16, code: &str| stage.refused(ADMINISTRATOR, CreateTicketV2, input, status, code);
    let real = |uid: &str| json!({ "ConnectorId": connector, "FindingMetadataUid": uid });
    refuse(real("TEST_FINDING"), 400, "ValidationException");
    refuse(real(UID), 404, "ResourceNotFoundException");
    refuse(test_ticket(&json!("x")), 404, "ResourceNotFoundException");
    let set = |edit: &dyn Fn(&mut crate::state::Jira)| {
        change(&stage, &connector, |found| {
            if let Provider::Jira(jira) = &mut found.provider {
                edit(jira);
            }
        });
    };
    set(&|jira| jira.lacks_project = true);
    assert_eq!(refuse(test_ticket(&connector), 409, "ConflictException"), "Cannot find jira project");
    set(&|jira| (jira.lacks_project, jira.lacks_issue_type) = (false, true));
    assert_eq!(refuse(test_ticket(&connector), 409, "ConflictException"), "Security Hub issue type not found");
    change(&stage, &connector, |found| found.health.status = ConnectorStatus::FailedToConnect);
    refuse(test_ticket(&connector), 409, "ConflictException");
    let scope = json!({ "ScopeType": "ORGANIZATION" });
    let arn = "arn:aws:config:us-east-1:111111111111:connector/g";
    let gcp = json!({ "GCP": { "AWSConfigConnectorArn": arn, "ScopeConfiguration": scope, "GCPRegions": ["r"] } });
    let gcp = stage.good(ADMINISTRATOR, CreateConnectorV2, json!({ "Name": "cloud", "Provider": gcp }));
    refuse(test_ticket(&gcp["ConnectorId"]), 400, "ValidationException");
}

/// Rules: TKV-02, TKV-05, UNK-18.
#[test]
fn a_finding_has_one_ticket_of_each_connector() {
    let stage = stage();
    let connector = service_now(&stage);
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({}));
    stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [finding("1", json!({}))] }));
    let found = stage.good(ADMINISTRATOR, GetFindingsV2, json!({}));
    let uid = &found["Findings"][0]["metadata"]["uid"];
    let input = json!({ "ConnectorId": connector, "FindingMetadataUid": uid });
    let ticket = stage.good(ADMINISTRATOR, CreateTicketV2, input.clone());
    let message = stage.refused(ADMINISTRATOR, CreateTicketV2, input.clone(), 409, "ConflictException");
    assert!(message.contains(ticket["TicketId"].as_str().unwrap()), "{message}");
    assert_eq!(stage.good(ADMINISTRATOR, GetFindingsV2, json!({})), found, "the finding does not change");
    stage.good(MEMBER, EnableSecurityHubV2, json!({}));
    stage.refused(MEMBER, CreateTicketV2, input, 404, "ResourceNotFoundException");
}

/// Rules: O2G-08, TKV-01.
#[test]
fn a_repeated_call_creates_one_ticket() {
    let stage = stage();
    let mut input = test_ticket(&service_now(&stage));
    input["ClientToken"] = json!("t");
    let ticket = stage.good(ADMINISTRATOR, CreateTicketV2, input.clone());
    assert_eq!(stage.good(ADMINISTRATOR, CreateTicketV2, input), ticket);
    assert_eq!(stage.0.hub_v2(&key()).unwrap().tickets.iter().count(), 1);
}

/// A rule that lets a connector create a ticket for each finding of high severity.
fn rule(connector_id: &str) -> Value {
    let arn = format!("arn:aws:securityhub:us-east-1:111111111111:connectorv2/{connector_id}");
    let integration = json!({ "ConnectorArn": arn });
    let high = json!({ "FieldName": "severity", "Filter": { "Value": "High", "Comparison": "EQUALS" } });
    json!({
        "RuleName": "n", "Description": "d", "RuleOrder": 1.0,
        "Criteria": { "OcsfFindingCriteria": { "CompositeFilters": [{ "StringFilters": [high] }] } },
        "Actions": [{ "Type": "EXTERNAL_INTEGRATION", "ExternalIntegrationConfiguration": integration }],
    })
}

/// A scenario can hide findings of customers' private products from the V2 half.
///
/// Rules: OCM-02, UNK-02.
#[test]
fn hidden_findings_make_no_tickets_and_no_events_of_the_v2_half() {
    let mut stage = stage();
    stage.0.v2_settings.shows_custom_findings = false;
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({}));
    let connector = service_now(&stage);
    stage.good(ADMINISTRATOR, CreateAutomationRuleV2, rule(connector.as_str().unwrap()));
    stage.events();
    stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [finding("1", json!({}))] }));
    let found = stage.good(ADMINISTRATOR, GetFindingsV2, json!({}));
    assert_eq!(found["Findings"], json!([]));
    let kinds: Vec<Value> = stage.events().iter().map(|event| event["detail-type"].clone()).collect();
    assert_eq!(kinds, ["Security Hub Findings - Imported"]);
    assert_eq!(stage.0.hub_v2(&key()).unwrap().tickets.iter().count(), 0);
}

/// Rules: ARV-08, ARV-10.
#[test]
fn a_rule_creates_one_ticket_for_each_finding() {
    let stage = stage();
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({}));
    let connector = service_now(&stage);
    stage.refused(ADMINISTRATOR, CreateAutomationRuleV2, rule("x"), 400, "ValidationException");
    for _ in 0..2 {
        stage.good(ADMINISTRATOR, CreateAutomationRuleV2, rule(connector.as_str().unwrap()));
    }
    let import = |findings: Value| stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": findings }));
    let tickets = || {
        stage.good(ADMINISTRATOR, GetFindingsV2, json!({}));
        stage.0.hub_v2(&key()).unwrap().tickets.iter().cloned().collect::<Vec<_>>()
    };
    import(json!([finding("1", json!({})), finding("2", json!({ "Severity": { "Label": "LOW" } }))]));
    assert_eq!(tickets().len(), 1, "two rules, one matching finding");
    import(json!([finding("1", json!({ "UpdatedAt": "2026-01-11T08:00:00Z" }))]));
    let found = stage.good(ADMINISTRATOR, GetFindingsV2, json!({}));
    assert_eq!(tickets()[0].finding.as_deref(), found["Findings"][0]["metadata"]["uid"].as_str());
    assert_eq!(tickets().len(), 1, "the finding has a ticket");
    change(&stage, &connector, |found| found.health.status = ConnectorStatus::FailedToConnect);
    import(json!([finding("3", json!({}))]));
    assert_eq!(tickets().len(), 1, "the connector is not connected");
}

//! Tests of findings of accounts that have enabled only one of their hubs.

use securityhub_fixtures::Operation::{
    BatchImportFindings, CreateAutomationRuleV2, DisableSecurityHubV2, EnableSecurityHub, EnableSecurityHubV2,
    GetFindings, GetFindingsV2,
};
use serde_json::{Value, json};

use crate::domain::findings::{delivery, import};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, finding, finding_of};

/// Sends a finding of GuardDuty as the product does, and returns the error message if it is refused.
fn send(stage: &Stage, account: &str, id: &str) -> Option<String> {
    let product = format!("arn:aws:securityhub:{REGION}::product/aws/guardduty");
    let text = finding_of(account, id, json!({ "ProductArn": product })).to_string();
    let mut transaction = stage.0.write_findings();
    let read = import::read_finding(&text).unwrap();
    let outcome = delivery::deliver(&mut transaction, &stage.0, stage.0.clock.now(), &[read]).unwrap();
    transaction.commit();
    outcome.failed.into_iter().next().map(|failed| failed.message)
}

/// Sends a finding in OCSF, and returns the number of findings that are stored.
fn send_ocsf(stage: &Stage, account: &str) -> usize {
    let finding = json!({
        "class_uid": 2004,
        "cloud": { "account": { "uid": account }, "region": REGION },
        "finding_info": { "uid": "ocsf" },
        "metadata": { "product": { "uid": "arn:aws:securityhub:us-east-1::productv2/partner/product" } },
    });
    stage.try_to_send(finding).0
}

fn ids(stage: &Stage) -> Vec<String> {
    let found = stage.good(ADMINISTRATOR, GetFindingsV2, json!({}));
    let id = |finding: &Value| finding["finding_info"]["uid"].as_str().unwrap().to_owned();
    found["Findings"].as_array().unwrap().iter().map(id).collect()
}

fn kinds_of_events(stage: &Stage) -> Vec<Value> {
    stage.events().iter().map(|event| event["detail-type"].clone()).collect()
}

/// Rules: DEC-04.
#[test]
fn products_send_findings_to_an_account_with_either_hub() {
    let stage = Stage::with_hubs(&[MEMBER]);
    let refused = "Account 111111111111 is not subscribed to AWS Security Hub";
    assert_eq!((send(&stage, ADMINISTRATOR, "a").as_deref(), send_ocsf(&stage, ADMINISTRATOR)), (Some(refused), 0));
    assert_eq!(send_ocsf(&stage, MEMBER), 1);
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    stage.events();
    assert_eq!((send(&stage, ADMINISTRATOR, "a"), send_ocsf(&stage, ADMINISTRATOR)), (None, 1));
    assert_eq!(kinds_of_events(&stage), ["Findings Imported V2", "Findings Imported V2"]);
    assert_eq!(ids(&stage), ["a", "ocsf"]);
    let own = json!({ "Findings": [finding("own", json!({}))] });
    stage.refused(ADMINISTRATOR, BatchImportFindings, own, 401, "InvalidAccessException");
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({}));
    let classic = stage.good(ADMINISTRATOR, GetFindings, json!({}))["Findings"].clone();
    assert_eq!(
        (classic.as_array().unwrap().len(), &classic[0]["Id"]),
        (1, &json!("a")),
        "both halves show one stored finding"
    );
}

/// Rules: DEC-05.
#[test]
fn findings_that_arrive_while_the_hub_v2_is_disabled_are_shown_later_without_events_and_rules() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    let import = |id: &str| {
        let findings = json!({ "Findings": [finding(id, json!({}))] });
        assert_eq!(stage.good(ADMINISTRATOR, BatchImportFindings, findings)["SuccessCount"], 1);
    };
    import("before");
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    let all = json!([{ "FieldName": "severity", "Filter": { "Value": "High", "Comparison": "EQUALS" } }]);
    let rule = json!({
        "RuleName": "r", "Description": "d", "RuleOrder": 1,
        "Criteria": { "OcsfFindingCriteria": { "CompositeFilters": [{ "StringFilters": all }] } },
        "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": { "Comment": "by rule" } }],
    });
    stage.good(ADMINISTRATOR, CreateAutomationRuleV2, rule);
    stage.good(ADMINISTRATOR, DisableSecurityHubV2, json!({}));
    stage.events();
    import("meanwhile");
    assert_eq!(kinds_of_events(&stage), ["Security Hub Findings - Imported"]);
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    import("after");
    assert_eq!(ids(&stage), ["before", "meanwhile", "after"]);
    let found = stage.good(ADMINISTRATOR, GetFindingsV2, json!({}))["Findings"].clone();
    let comments: Vec<Value> = found.as_array().unwrap().iter().map(|it| it["comment"].clone()).collect();
    assert_eq!(comments, [Value::Null, Value::Null, json!("by rule")]);
}

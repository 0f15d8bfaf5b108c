//! Tests of `insights`, `action_targets`, `automation_rules` and `controls`.

use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::{build, errors, repository};
use crate::testing::Stage;

const OWNER: &str = "111111111111";
const HUBS: &str = "regions: [us-east-1, eu-west-1]\nhubs:\n  - { account: '111111111111', regions: [us-east-1], standards: \
                    [fsbp-1.0.0, cis-1.4.0], quiet: true, members: { '222222222222': enabled } }\n";

fn console_settings() -> Stage {
    let scenario = crate::scenario::load(&[repository("scenarios/console-settings.yaml")]).unwrap();
    let stage = Stage(scenario.build().unwrap());
    crate::domain::due::run(&stage.0, stage.0.clock.now());
    stage
}

/// Rules: CPL-157, INS-09.
#[test]
fn insights_are_declared() {
    let stage = console_settings();
    let found = stage.good(OWNER, Operation::GetInsights, json!({}));
    let insight = &found["Insights"][0];
    assert_eq!(
        (&insight["Name"], &insight["GroupByAttribute"]),
        (&json!("Resources with severe findings"), &json!("ResourceId"))
    );
    assert_eq!(insight["Filters"]["SeverityLabel"][1], json!({ "Value": "CRITICAL", "Comparison": "EQUALS" }));
    let arn = json!({ "InsightArn": insight["InsightArn"] });
    stage.good(OWNER, Operation::GetInsightResults, arn);
}

/// Rules: CPL-157, ACT-02.
#[test]
fn custom_actions_are_declared() {
    let found = console_settings().good(OWNER, Operation::DescribeActionTargets, json!({}));
    let expected = json!({
        "ActionTargetArn": "arn:aws:securityhub:us-east-1:111111111111:action/custom/Isolate",
        "Name": "Isolate resource",
        "Description": "Isolates the resource of the selected finding",
    });
    assert_eq!(found["ActionTargets"], json!([expected]));
}

/// Rules: CPL-157.
#[test]
fn automation_rules_of_the_classic_half_run_on_the_findings_of_the_scenario() {
    let stage = console_settings();
    let rules = stage.good(OWNER, Operation::ListAutomationRules, json!({}));
    let rules = rules["AutomationRulesMetadata"].as_array().unwrap().clone();
    let of = |name: &str| rules.iter().map(|rule| rule[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("RuleStatus"), ["ENABLED", "DISABLED"]);
    assert_eq!((of("RuleOrder"), of("IsTerminal")), (vec![json!(1), json!(2)], vec![json!(false), json!(true)]));
    let tags = stage.good(OWNER, Operation::ListTagsForResource, json!({ "ResourceArn": rules[0]["RuleArn"] }));
    assert_eq!(tags["Tags"], json!({ "team": "security" }));
    let filters = json!({ "ProductName": [{ "Value": "Macie", "Comparison": "EQUALS" }] });
    let found = stage.good(OWNER, Operation::GetFindings, json!({ "Filters": filters }));
    let found = found["Findings"].as_array().unwrap();
    assert_eq!(found.len(), 10);
    assert!(found.iter().all(|finding| finding["Workflow"]["Status"] == "SUPPRESSED"), "{found:?}");
}

/// Rules: CPL-157, SEC-46.
#[test]
fn controls_are_disabled_and_have_parameters_from_the_start() {
    let stage = console_settings();
    let associations = |control: &str| {
        let found =
            stage.good(OWNER, Operation::ListStandardsControlAssociations, json!({ "SecurityControlId": control }));
        let of = |it: &Value| (it["AssociationStatus"].clone(), it["UpdatedReason"].clone());
        found["StandardsControlAssociationSummaries"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let disabled = |reason: &str| (json!("DISABLED"), json!(reason));
    let s3_5 = associations("S3.5");
    assert!(!s3_5.is_empty() && s3_5.iter().all(|it| *it == disabled("The buckets have no clients")), "{s3_5:?}");
    let s3_8 = associations("S3.8");
    assert!(s3_8.contains(&disabled("Another team is responsible")), "{s3_8:?}");
    assert!(s3_8.iter().any(|(status, _)| status == "ENABLED"), "only in one standard: {s3_8:?}");
    let acm = stage.good(OWNER, Operation::BatchGetSecurityControls, json!({ "SecurityControlIds": ["ACM.1"] }));
    let acm = &acm["SecurityControls"][0];
    assert_eq!(
        (&acm["UpdateStatus"], &acm["Parameters"]["daysToExpiration"]["Value"]["Integer"]),
        (&json!("READY"), &json!(45))
    );
    let failed = json!({ "ComplianceStatus": [{ "Value": "FAILED", "Comparison": "EQUALS" }] });
    let found = stage.good(OWNER, Operation::GetFindings, json!({ "Filters": failed }));
    let controls: Vec<&Value> =
        found["Findings"].as_array().unwrap().iter().map(|it| &it["Compliance"]["SecurityControlId"]).collect();
    assert!(controls.contains(&&json!("ACM.1")) && !controls.contains(&&json!("S3.5")), "{controls:?}");
}

/// Rules: CPL-157.
#[test]
fn errors_of_settings_have_the_messages_of_the_api_at_their_positions() {
    let insight = |rest: &str| format!("  - {{ account: '111111111111', regions: [us-east-1], name: n, {rest} }}\n");
    insta::assert_snapshot!(errors(&format!(
        "{HUBS}insights:\n{}{}{}{}{}{}",
        insight("filters: { SeverityLable: [] }, group_by: ResourceId"),
        insight("filters: { SeverityLabel: [{ Value: HIGH, Comparison: CONTAINS }] }, group_by: ResourceId"),
        insight("filters: {}, group_by: UpdatedAt"),
        insight("filters: {}, grup_by: ResourceId"),
        "  - { account: '333333333333', regions: [us-east-1], name: n, filters: {}, group_by: ResourceId }\n",
        "  - { account: '111111111111', regions: all, name: n, filters: {}, group_by: ResourceId }\n",
    )));
    let action =
        |rest: &str| format!("  - {{ account: '111111111111', regions: [us-east-1], description: d, {rest} }}\n");
    insta::assert_snapshot!(errors(&format!(
        "{HUBS}action_targets:\n{}{}{}",
        action("id: Isolate, name: Isolate"),
        action("id: Isolate, name: Again"),
        action("id: ' ', name: ' '"),
    )));
    let rule = |account: &str, criteria: &str, update: &str| {
        format!(
            "  - {{ account: '{account}', regions: [us-east-1], name: r, description: d, order: 1, criteria: {criteria}, \
             update_finding: {update} }}\n"
        )
    };
    let suppress = "{ Workflow: { Status: SUPPRESSED } }";
    let low = "{ SeverityLabel: [{ Value: LOW, Comparison: EQUALS }] }";
    insta::assert_snapshot!(errors(&format!(
        "{HUBS}automation_rules:\n{}{}{}{}{}",
        rule(OWNER, "{}", suppress),
        rule(OWNER, "{ SeverityLabel: [{ Value: LOW, Comparison: EQUAL }] }", suppress),
        rule(OWNER, low, "{}"),
        rule(OWNER, low, "{ Workflow: { Status: DONE } }"),
        rule("222222222222", low, suppress),
    )));
}

/// Rules: CPL-157.
#[test]
fn errors_of_controls_are_reported_at_their_keys() {
    let control = |rest: &str| format!("  - {{ account: '111111111111', regions: [us-east-1], {rest} }}\n");
    insta::assert_snapshot!(errors(&format!(
        "{HUBS}controls:\n{}{}{}{}{}{}{}{}",
        control("control: S3.55, status: ENABLED"),
        control("control: S3.5, status: DISABLED"),
        control("control: S3.5, status: disabled, reason: r"),
        control("control: S3.5"),
        control("control: S3.5, status: ENABLED, standards: [fsbp-1.0]"),
        control("control: ACM.1, parameters: { daysToExpiraton: 45 }"),
        control("control: ACM.1, parameters: { daysToExpiration: soon }"),
        control("control: S3.1, parameters: { a: 1 }"),
    )));
    insta::assert_snapshot!(errors(&format!(
        "{HUBS}controls:\n{}{}{}",
        control("control: S3.5, status: ENABLED, standards: [cis-3.0.0]"),
        control("control: S3.9, status: ENABLED, standards: [cis-1.4.0]"),
        "  - { account: '222222222222', regions: [us-east-1], control: S3.5, status: ENABLED }\n",
    )));
}

/// Rules: CPL-151, CPL-157.
#[test]
fn an_error_of_a_hub_is_not_reported_again_for_its_settings() {
    let text = std::fs::read_to_string(repository("scenarios/console-settings.yaml")).unwrap();
    for (right, wrong) in [
        ("hubs:\n  - account: \"111111111111\"\n", "hubs:\n  - account: \"11111111111\"\n"),
        ("[fsbp-1.0.0, cis-1.4.0]", "[fsbp-1.0.0, cis-1.4]"),
    ] {
        assert!(text.contains(right), "{right}");
        let errors = errors(&text.replacen(right, wrong, 1));
        assert!(errors.ends_with("The scenario has 1 error."), "{errors}");
    }
    build(&text);
}

//! Tests of connectors, automation rules, recommended policies and remediations of the V2 half in scenarios.

use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::*;
use crate::domain::due;
use crate::domain::findings::v2::exports;
use crate::testing::Stage;

const OWNER: &str = "111111111111";
const HUBS: &str = "clock: { now: 2026-01-15T09:00:00Z, frozen: true }\nregions: [us-east-1, eu-west-1]\n\
                    hubs: [{ account: '111111111111', regions: [us-east-1] }]\n\
                    hubs_v2: [{ account: '111111111111', regions: all }]\n\
                    aggregators_v2: [{ account: '111111111111', home: us-east-1, regions: [eu-west-1] }]\n";

fn shipped() -> Stage {
    let scenario = crate::scenario::load(&[repository("scenarios/v2-half.yaml")]).map_err(|errors| errors.to_string());
    let world = scenario.unwrap().build().map_err(|errors| errors.to_string()).unwrap();
    Stage(world)
}

fn list(stage: &Stage, operation: Operation, member: &str) -> Vec<Value> {
    stage.good(OWNER, operation, json!({}))[member].as_array().unwrap().clone()
}

/// Rules: CNV-01, CNV-04, CNV-05, CNV-09, CNC-03, CPL-155.
#[test]
fn connectors_have_the_status_that_the_scenario_declares() {
    let stage = shipped();
    let connectors = list(&stage, Operation::ListConnectorsV2, "Connectors");
    let health = |name: &str| {
        let connector = connectors.iter().find(|it| it["Name"] == name).unwrap();
        let id = &connector["ConnectorId"];
        let found = stage.good(OWNER, Operation::GetConnectorV2, json!({ "ConnectorId": id }));
        let issue = found["Health"]["Issues"][0]["Code"].clone();
        (found["Health"]["ConnectorStatus"].clone(), found["EnablementStatus"].clone(), issue)
    };
    assert_eq!(health("jira"), (json!("CONNECTED"), Value::Null, Value::Null));
    let failed = (json!("FAILED_TO_CONNECT"), Value::Null, json!("AUTHENTICATION_FAILURE"));
    assert_eq!(health("service-now"), failed);
    assert_eq!(health("azure"), (json!("DEGRADED"), json!("ENABLED"), json!("DISCOVERY_FAILURE")));
    let classic = list(&stage, Operation::ListConnectors, "Connectors");
    let mut classic: Vec<_> = classic.iter().map(|it| (it["Name"].clone(), it["CreatedBy"].clone())).collect();
    classic.sort_by_key(|(name, _)| name.to_string());
    assert_eq!(classic, [(json!("azure"), json!("securityhub.amazonaws.com")), (json!("gcp"), Value::Null)]);
    let waiting = build(&format!(
        "{HUBS}connectors_v2: [{{ account: '111111111111', region: us-east-1, name: j, jira: {{ project_key: SEC, \
         issue_type_exists: false }} }}]\n"
    ));
    let hub = waiting.hub_v2(&key(OWNER, "us-east-1")).unwrap();
    let connector = hub.connectors.values().next().unwrap();
    let crate::state::Provider::Jira(jira) = &connector.provider else { panic!("{connector:?}") };
    assert!(jira.auth_state.is_some() && jira.lacks_issue_type && !jira.lacks_project);
}

/// Rules: ARV-01, ARV-07, ARV-09, ARV-10, CPL-155.
#[test]
fn automation_rules_run_on_the_findings_of_the_scenario() {
    let stage = shipped();
    let rules = list(&stage, Operation::ListAutomationRulesV2, "Rules");
    let rows: Vec<_> = rules.iter().map(|it| (&it["RuleName"], &it["RuleOrder"], &it["RuleStatus"])).collect();
    let (ticket, suppress) = (json!("ticket"), json!("suppress"));
    let expected = [(&ticket, &json!(1.0), &json!("ENABLED")), (&suppress, &json!(2.5), &json!("DISABLED"))];
    assert_eq!(rows, expected);
    let hub = stage.0.hub_v2(&key(OWNER, "us-east-1")).unwrap();
    assert_eq!(hub.tickets.iter().count(), 1, "one finding is critical");
    let enabled = build(
        &std::fs::read_to_string(repository("scenarios/v2-half.yaml"))
            .unwrap()
            .replace("enabled: false", "enabled: true"),
    );
    let found = Stage(enabled).good(OWNER, Operation::GetFindingsV2, json!({}));
    let suppressed: Vec<_> = found["Findings"].as_array().unwrap().iter().map(|it| &it["status"]).collect();
    assert!(suppressed.contains(&&json!("Suppressed")) && suppressed.contains(&&json!("New")), "{suppressed:?}");
}

/// Rules: RPV-01, RPV-03, CPL-155, DEC-01.
#[test]
fn a_declared_policy_is_recommended() {
    let stage = shipped();
    let found = stage.good(OWNER, Operation::GetFindingsV2, json!({}));
    let unused = found["Findings"].as_array().unwrap().iter().find(|it| it["finding_info"]["uid"] == "unused-1");
    let input = json!({ "MetadataUid": unused.unwrap()["metadata"]["uid"] });
    let policy = stage.good(OWNER, Operation::GetRecommendedPolicyV2, input.clone());
    let step = &policy["RecommendationSteps"][0]["UnusedPermissions"];
    assert_eq!((&policy["Status"], &step["RecommendedAction"]), (&json!("SUCCEEDED"), &json!("CREATE_POLICY")));
    let document: Value = serde_json::from_str(step["RecommendedPolicy"].as_str().unwrap()).unwrap();
    assert_eq!(document["Statement"]["Action"], "s3:PutObject");
    let text = std::fs::read_to_string(repository("scenarios/v2-half.yaml")).unwrap();
    let before = text.find("recommended_policies:").unwrap();
    let failing =
        "recommended_policies:\n  - { finding: unused-1, error: { code: AccessDenied, message: No access } }\n";
    let failing = Stage(build(&format!("{}{failing}", &text[..before])));
    failing.refused(OWNER, Operation::GetRecommendedPolicyV2, input.clone(), 404, "ResourceNotFoundException");
    failing.good(OWNER, Operation::GenerateRecommendedPolicyV2, input.clone());
    let policy = failing.good(OWNER, Operation::GetRecommendedPolicyV2, input);
    assert_eq!((&policy["Status"], &policy["Error"]["Code"]), (&json!("FAILED"), &json!("AccessDenied")));
    assert_eq!(policy["RecommendationSteps"], json!([]));
}

/// Rules: RMV-03, RMV-05, CPL-155, DEC-01.
#[test]
fn declared_advice_replaces_the_computed_one() {
    let stage = shipped();
    let input = json!({ "ShowGuidance": true });
    let found = stage.good(OWNER, Operation::GetRemediationsV2, input)["Items"].as_array().unwrap().clone();
    let summary = |kind: &str| &found.iter().find(|it| it["Trait"]["Type"] == kind).unwrap()["RemediationSummary"];
    let declared = json!({
        "Action": "Remove port 22 from the security group",
        "Description": "Session Manager replaces SSH.",
        "IsImmediate": true,
        "PostRemediationSteps": ["Check that the deployment still works."],
        "KbArticles": [{ "Title": "Session Manager", "Url": "https://docs.aws.amazon.com/systems-manager/" }],
    });
    assert_eq!(summary("Reachability"), &declared);
    assert_eq!(summary("Vulnerability")["Action"], "Update the vulnerable software");
    let text = std::fs::read_to_string(repository("scenarios/v2-half.yaml")).unwrap();
    let guidance = "    guidance:\n      TargetTypeName: t\n      Pattern: p\n      Version: '1'\n      Context: {}\n      \
                    Specification: {}\n      Examples: { AwsCli: aws, Python: boto3 }\n      Metadata: { ResourceType: t, \
                    ExposureType: e, TraitTitles: [], Reversibility: r, FixEffect: f, RiskLevel: l }\n";
    let stage = Stage(build(&format!("{text}{guidance}")));
    let input = json!({ "ShowGuidance": true, "GuidanceFormat": "Python" });
    let found = stage.good(OWNER, Operation::GetRemediationsV2, input)["Items"].as_array().unwrap().clone();
    let reachability = found.iter().find(|it| it["Trait"]["Type"] == "Reachability").unwrap();
    assert_eq!(reachability["Guidance"]["Examples"], json!({ "Python": "boto3" }));
}

/// Rules: CNV-02, CNV-09, ARV-04, ARV-07, RPV-02, CPL-155.
#[test]
fn errors_of_entries_have_the_messages_of_the_api() {
    let rule =
        |rest: &str| format!("  - {{ account: '{OWNER}', region: us-east-1, name: r, description: d, {rest} }}\n");
    let filter = "criteria: { OcsfFindingCriteria: { CompositeFilters: [{ StringFilters: [{ FieldName: severity, Filter: { \
                  Value: Low, Comparison: EQUALS } }] }] } }";
    insta::assert_snapshot!(errors(&format!(
        "{HUBS}connectors_v2:\n  - {{ account: '{OWNER}', region: us-east-1, name: ' ', jira: {{}} }}\n  \
         - {{ account: '{OWNER}', region: us-east-1, name: none }}\n  \
         - {{ account: '{OWNER}', region: us-east-1, name: gcp, gcp: {{ config_connector_arn: a, scope_type: TENANT, \
         regions: [europe-west1] }}, issues: [{{ code: DISCOVERY_FAILUR, message: m }}] }}\n  \
         - {{ account: '{OWNER}', region: us-east-1, name: jira, jira: {{}} }}\n\
         connectors:\n  - {{ account: '{OWNER}', region: us-west-1, name: a, azure: {{ config_connector_arn: a, scope_type: \
         TENANT, regions: [westeurope] }}, status: CONECTED }}\n\
         automation_rules_v2:\n{}{}{}{}",
        rule(&format!("order: 0.5, {filter}, action: {{ set_criticality: Higher }}")),
        rule("order: 1, criteria: { OcsfFindingCriteria: { CompositFilters: [] } }, action: { update_finding: {} }"),
        rule(&format!("order: 1, {filter}, action: {{ create_ticket: jra }}")),
        rule(&format!("order: 1, {filter}, action: {{ create_ticket: other, set_criticality: High }}")),
    )));
}

/// Rules: CNV-01, CNV-02, CNV-03, CNV-04, ARV-06, ARV-08, CPL-155.
#[test]
fn refusals_of_entries_have_positions() {
    let entry = |rest: &str| format!("  - {{ account: '{OWNER}', region: us-east-1, {rest} }}\n");
    let azure = |kind: &str| format!("azure: {{ config_connector_arn: a, scope_type: {kind}, regions: [westeurope] }}");
    let rule = |criteria: &str, action: &str| {
        entry(&format!("name: r, description: d, order: 1, criteria: {criteria}, action: {action}"))
    };
    let low = "{ OcsfFindingCriteria: { CompositeFilters: [{ StringFilters: [{ FieldName: severity, Filter: { Value: Low, \
               Comparison: EQUALS } }] }] } }";
    insta::assert_snapshot!(errors(&format!(
        "{HUBS}connectors_v2:\n{}{}{}{}{}",
        entry("name: a, jira: {}"),
        entry("name: a, jira: {}"),
        entry(&format!("name: b, {}", azure("SUBSCRIPTION"))),
        entry(&format!("name: c, {}, status: PENDING_AUTHORIZATION", azure("TENANT"))),
        format_args!(
            "  - {{ account: '222222222222', region: us-east-1, name: d, jira: {{}} }}\n  - {{ account: '{OWNER}', region: \
             eu-west-1, name: e, {} }}\n",
            azure("TENANT")
        ),
    )));
    insta::assert_snapshot!(errors(&format!(
        "{HUBS}automation_rules_v2:\n{}{}{}{}",
        rule("{ OcsfFindingCriteria: { CompositeFilters: [] } }", "{ set_criticality: High }"),
        rule(low, "{ set_criticality: High }"),
        rule(low, "{ update_finding: { severity_id: 7 } }"),
        format_args!(
            "  - {{ account: '{OWNER}', region: eu-west-1, name: r, description: d, order: 1, criteria: {low}, action: {{ \
             update_finding: {{ status_id: 3 }} }} }}\n"
        ),
    )));
    let finding = "findings: [{ ocsf: [{ class_uid: 2004, cloud: { account: { uid: '111111111111' }, region: us-east-1 }, \
                   finding_info: { uid: other, title: t }, metadata: { product: { uid: p } } }] }]\n";
    insta::assert_snapshot!(errors(&format!(
        "{HUBS}{finding}recommended_policies:\n  - {{ finding: other }}\n  - {{ finding: nothing }}\n"
    )));
    insta::assert_snapshot!(errors(
        "recommended_policies:\n  - { finding: a, status: FAILED }\n  - { finding: a, status: SUCCEEDED, error: { code: c, \
         message: m }, steps: [{ action: DETACH_POLICY, policy_updated_at: soon }] }\n\
         remediations:\n  - { resource: i-1, trait: Reachabilty, guidance: { Pattern: p, Nope: 1 } }\n"
    ));
}

/// Rules: CNV-13, UNK-20.
#[test]
fn the_number_of_connectors_is_limited_by_a_quota_of_the_scenario() {
    let text = std::fs::read_to_string(repository("scenarios/v2-half.yaml")).unwrap();
    let stage = Stage(build(&format!("{text}quotas: {{ connectors: 3 }}\n")));
    let input = |name: &str| {
        let scope = json!({ "ScopeType": "ORGANIZATION" });
        let gcp = json!({ "AWSConfigConnectorArn": "a", "ScopeConfiguration": scope, "GCPRegions": ["r"] });
        json!({ "Name": name, "Provider": { "GCP": gcp } })
    };
    let message =
        stage.refused(OWNER, Operation::CreateConnectorV2, input("fourth"), 402, "ServiceQuotaExceededException");
    assert_eq!(message, "At most 3 connectors are supported");
    for name in ["second", "third"] {
        stage.good(OWNER, Operation::CreateConnector, input(name));
    }
    stage.refused(OWNER, Operation::CreateConnector, input("fourth"), 402, "ServiceQuotaExceededException");
    let refused = errors(&format!("{text}quotas: {{ connectors: 2 }}\n"));
    assert!(refused.contains("At most 2 connectors are supported"), "{refused}");
}

/// Rules: RSV-06.
#[test]
fn a_resource_has_the_criticality_of_its_finding_unless_a_rule_sets_one() {
    let text = std::fs::read_to_string(repository("scenarios/v2-half.yaml")).unwrap();
    let resource = "uid: i-1, region: us-east-1";
    let text = text.replace(resource, &format!("{resource}, criticality: High"));
    let criticality = |text: &str| {
        let found = Stage(build(text)).good(OWNER, Operation::GetResourcesV2, json!({}));
        let found = found["Resources"].as_array().unwrap().clone();
        let of = |id: &str| found.iter().find(|it| it["ResourceId"] == id).unwrap()["ResourceCriticality"].clone();
        (of("i-1"), of("arn:aws:iam::111111111111:role/deploy"))
    };
    assert_eq!(criticality(&text), (json!("High"), json!("Unknown")));
    assert_eq!(criticality(&text.replace("criticality: High", "criticality: '1'")).0, "Unknown");
    let rule = "automation_rules_v2:\n  - { account: '111111111111', region: us-east-1, name: r, description: d, order: 9, \
                criteria: { ResourceCriteria: { CompositeFilters: [{ StringFilters: [{ FieldName: ResourceId, Filter: { \
                Value: i-1, Comparison: EQUALS } }] }] } }, action: { set_criticality: Low } }\n";
    assert_eq!(criticality(&text.replace("automation_rules_v2:\n", rule)).0, "Low");
}

/// Rules: CPL-151, CPL-155.
#[test]
fn an_error_of_a_hub_or_a_connector_is_not_reported_again_for_its_entries() {
    let text = std::fs::read_to_string(repository("scenarios/v2-half.yaml")).unwrap();
    for (right, wrong) in [
        ("hubs_v2:\n  - account: \"111111111111\"\n", "hubs_v2:\n  - account: \"11111111111\"\n"),
        ("    jira: { project_key: SEC }\n", "    jira: { project_key: ' ' }\n"),
        ("    home: us-east-1\n", "    home: us-esat-1\n"),
    ] {
        assert!(text.contains(right), "{right}");
        let errors = errors(&text.replacen(right, wrong, 1));
        assert!(errors.ends_with("The scenario has 1 error."), "{errors}");
    }
}

/// Rules: HV2-10, CPL-156, DEC-08.
#[test]
fn findings_that_the_v2_half_does_not_show_are_reported() {
    let ocsf = |uid: &str, rest: &str, modified: &str| {
        format!(
            "{{ class_uid: 2004, cloud: {{ account: {{ uid: '{OWNER}' }}, region: us-east-1 }}, finding_info: {{ uid: {uid}, \
             title: t, modified_time_dt: '{modified}' }}, metadata: {{ product: {{ uid: p }} }}{rest} }}"
        )
    };
    let closed = ocsf("closed", ", activity_id: 3", "2025-12-31T00:00:00Z");
    let open = ocsf("open", "", "2025-12-31T00:00:00Z");
    let text =
        |hubs: &str| format!("{hubs}findings:\n  - ocsf:\n      - {open}\n      - {closed}\n  - file: old.json\n");
    let old = crate::testing::finding_of(OWNER, "old", json!({ "UpdatedAt": "2025-01-10T08:00:00Z" }));
    let new = crate::testing::finding_of(OWNER, "new", json!({}));
    let old = serde_json::to_string_pretty(&json!([new, old])).unwrap();
    let warned = |hubs: &str| errors_of(&[("scenario.yaml", &text(hubs)), ("old.json", &old)]);
    insta::assert_snapshot!(warned(HUBS));
    let unlimited = warned(&format!("{HUBS}security_hub_v2: {{ retention: off }}\n"));
    assert!(!unlimited.contains("V2 half") && unlimited.contains("AWS would have deleted it"), "{unlimited}");
    let classic = HUBS.lines().filter(|line| !line.contains("_v2")).collect::<Vec<_>>().join("\n");
    assert!(!warned(&format!("{classic}\n")).contains("V2 half"));
}

/// Rules: CPL-158, EXV-05, EXV-06.
#[test]
fn export_jobs_are_declared_in_any_status() {
    let text = std::fs::read_to_string(repository("scenarios/console-settings.yaml")).unwrap();
    let more = "  - { account: '111111111111', region: us-east-1, output: { Findings: { Format: OCSF_JSON } }, destination: { S3: { \
                BucketArn: 'arn:aws:s3:::b', KmsKeyArn: 'arn:aws:kms:us-east-1:111111111111:key/1' } }, status: ";
    let stage = Stage(build(&format!("{text}{more}CANCELLED }}\n{more}RUNNING }}\n")));
    due::run(&stage.0, stage.0.clock.now());
    let jobs = stage.good(OWNER, Operation::ListExportJobsV2, json!({}));
    let jobs = jobs["Items"].as_array().unwrap();
    let of = |name: &str| jobs.iter().map(|job| job[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("Status"), ["RUNNING", "CANCELLED", "FAILED", "SUCCEEDED"], "{jobs:?}");
    assert_eq!((&jobs[2]["Name"], &jobs[2]["FailureCode"]), (&json!("denied"), &json!("ACCESS_DENIED")));
    let id = jobs[3]["ExportJobId"].as_str().unwrap();
    let (_, job) = exports::of_any_account(&stage.0, id).unwrap();
    let lines = String::from_utf8(job.exported.as_ref().unwrap().to_vec()).unwrap();
    assert!(lines.lines().count() >= 10, "the findings of the scenario: {lines}");
    let job = |rest: &str| format!("  - {{ account: '111111111111', region: us-east-1, {rest} }}\n");
    let to =
        "destination: { S3: { BucketArn: 'arn:aws:s3:::b', KmsKeyArn: 'arn:aws:kms:us-east-1:111111111111:key/1' } }";
    let json = "output: { Findings: { Format: OCSF_JSON } }";
    insta::assert_snapshot!(errors(&format!(
        "{HUBS}export_jobs:\n{}{}{}{}{}",
        job(&format!("{to}, output: {{ Findings: {{ Format: PDF }} }}")),
        job(&format!("{to}, {json}, status: FAILED")),
        job(&format!("{to}, {json}, failure: {{ code: ACESS_DENIED, message: m }}")),
        job(&format!("{to}, {json}, status: RUNNING, failure: {{ code: ACCESS_DENIED, message: m }}")),
        job(&format!("{json}, status: DONE")),
    )));
    insta::assert_snapshot!(errors(&format!(
        "{HUBS}export_jobs:\n{}{}{}  - {{ account: '222222222222', region: us-east-1, {to}, {json} }}\n",
        job(&format!("{to}, output: {{ Findings: {{ Format: CSV }} }}")),
        job(&format!("{to}, {json}, status: RUNNING")),
        job(&format!("{to}, {json}, status: RUNNING")),
    )));
}

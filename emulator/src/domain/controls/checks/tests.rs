//! Control findings, observed through the operations (FND, RES).

mod changes;
mod parameters;

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use securityhub_fixtures::Operation::{
    BatchDisableStandards, BatchEnableStandards, BatchUpdateFindings, BatchUpdateStandardsControlAssociations,
    CreateAutomationRule, DescribeStandards, EnableSecurityHub, GetFindingHistory, GetFindings, UpdateSecurityControl,
    UpdateSecurityHubConfiguration,
};
use securityhub_fixtures::standards::{Availability, CONTROLS, Control, STANDARDS, Standard};
use serde_json::{Value, json};

use crate::state::{CheckResult, ComplianceStatus, ConfigRecorder, Hub, HubKey, Region, Resource};
use crate::testing::{ADMINISTRATOR, REGION, Stage, id};

const CIS_1_2: &str = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0";
const CIS_1_4: &str = "arn:aws:securityhub:us-east-1::standards/cis-aws-foundations-benchmark/v/1.4.0";
const PCI: &str = "arn:aws:securityhub:us-east-1::standards/pci-dss/v/3.2.1";
const TAGGING: &str = "arn:aws:securityhub:us-east-1::standards/aws-resource-tagging-standard/v/1.0.0";
const OF_PCI: &str = "arn:aws:securityhub:us-east-1:111111111111:subscription/pci-dss/v/3.2.1";
const OF_CIS_1_4: &str =
    "arn:aws:securityhub:us-east-1:111111111111:subscription/cis-aws-foundations-benchmark/v/1.4.0";

fn key() -> HubKey {
    HubKey { account: id(ADMINISTRATOR), region: Region::new(REGION) }
}

fn result(status: ComplianceStatus, reason: Option<&str>) -> CheckResult {
    CheckResult { status, reason: reason.map(str::to_owned) }
}

fn bucket(fails: &[&'static str]) -> Resource {
    Resource {
        resource_type: "AwsS3Bucket",
        id: "arn:aws:s3:::pay-invoices".into(),
        results: fails.iter().map(|id| (*id, result(ComplianceStatus::Failed, None))).collect(),
        ..Resource::default()
    }
}

fn declare(stage: &Stage, declared: Vec<Resource>) {
    let mut transaction = stage.0.write();
    let declared = BTreeMap::from([(key(), declared)]);
    super::change::declare(&mut transaction, &stage.0, declared, stage.0.clock.now());
    transaction.commit();
}

fn edit_hub(stage: &Stage, edit: impl FnOnce(&mut Hub)) {
    let mut transaction = stage.0.write();
    let mut hub = (*transaction.hub(&key()).unwrap()).clone();
    edit(&mut hub);
    transaction.stage_hub(key(), hub);
    transaction.commit();
}

/// A quiet hub without standards, in a world with these resources.
fn quiet(declared: Vec<Resource>) -> Stage {
    let stage = loud(declared);
    edit_hub(&stage, |hub| hub.is_quiet = true);
    stage
}

/// The same, with findings for controls without resources.
fn loud(declared: Vec<Resource>) -> Stage {
    let stage = Stage::empty();
    declare(&stage, declared);
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "EnableDefaultStandards": false }));
    stage
}

fn enable(stage: &Stage, standards: &[&str]) {
    let requests: Vec<Value> = standards.iter().map(|arn| json!({ "StandardsArn": arn })).collect();
    stage.good(ADMINISTRATOR, BatchEnableStandards, json!({ "StandardsSubscriptionRequests": requests }));
}

fn generator(stage: &Stage, value: &str) {
    stage.good(ADMINISTRATOR, UpdateSecurityHubConfiguration, json!({ "ControlFindingGenerator": value }));
}

fn equals(value: &str) -> Value {
    json!([{ "Value": value, "Comparison": "EQUALS" }])
}

fn found(stage: &Stage, filters: Value) -> Vec<Value> {
    let mut all = Vec::new();
    let mut input = json!({ "Filters": filters, "MaxResults": 100 });
    loop {
        let mut answer = stage.good(ADMINISTRATOR, GetFindings, input.clone());
        all.append(answer["Findings"].as_array_mut().unwrap());
        let Some(token) = answer.get("NextToken") else { return all };
        input["NextToken"] = token.clone();
    }
}

/// The findings of a security control.
fn of(stage: &Stage, control: &str) -> Vec<Value> {
    found(stage, json!({ "ComplianceSecurityControlId": equals(control) }))
}

fn only(stage: &Stage, control: &str) -> Value {
    let mut all = of(stage, control);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

fn hours_pass(stage: &Stage, hours: i64) {
    stage.0.clock.advance(SignedDuration::from_hours(hours));
}

fn recorder_off(stage: &Stage) {
    edit_hub(stage, |hub| hub.config_recorder = ConfigRecorder::Off);
}

/// Rules: RES-02.
#[test]
fn nothing_is_checked_if_no_resources_are_declared() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    assert_eq!(found(&stage, json!({})), Vec::<Value>::new());
}

/// Rules: FND-02 to FND-09, RES-02, STD-04.
#[test]
fn a_finding_of_a_security_control_has_the_documented_form() {
    let stage = quiet(vec![bucket(&["S3.5"])]);
    enable(&stage, &[CIS_1_4, PCI]);
    insta::assert_json_snapshot!("a_finding_of_a_security_control", only(&stage, "S3.5"));
    let passed = only(&stage, "S3.1");
    assert_eq!(
        (&passed["Compliance"]["Status"], &passed["Workflow"]["Status"]),
        (&json!("PASSED"), &json!("RESOLVED"))
    );
    assert_eq!(passed["Severity"], json!({ "Label": "INFORMATIONAL", "Normalized": 0, "Original": "INFORMATIONAL" }));
}

/// Rules: FND-06, STD-04.
#[test]
fn a_finding_of_a_ruleset_has_the_documented_form() {
    let stage = quiet(vec![]);
    generator(&stage, "STANDARD_CONTROL");
    enable(&stage, &[CIS_1_2]);
    insta::assert_json_snapshot!("a_finding_of_a_ruleset", only(&stage, "IAM.9"));
}

/// Rules: STD-04, FND-04.
#[test]
fn a_finding_of_a_standard_control_has_the_documented_form() {
    let stage = quiet(vec![bucket(&["S3.5"])]);
    generator(&stage, "STANDARD_CONTROL");
    enable(&stage, &[PCI]);
    let finding = only(&stage, "S3.5");
    let of = |name: &str| finding["ProductFields"][name].clone();
    assert_eq!(of("StandardsArn"), "arn:aws:securityhub:::standards/pci-dss/v/3.2.1");
    assert_eq!((of("StandardsSubscriptionArn"), of("ControlId")), (json!(OF_PCI), json!("PCI.S3.5")));
    assert!(finding["Id"].as_str().unwrap().starts_with(&format!("{OF_PCI}/PCI.S3.5/finding/")));
    assert_eq!(finding["GeneratorId"], "pci-dss/v/3.2.1/PCI.S3.5");
    assert!(finding["Title"].as_str().unwrap().starts_with("PCI.S3.5 "));
    assert_eq!(
        finding["Severity"],
        json!({ "Product": 40, "Label": "MEDIUM", "Normalized": 40, "Original": "MEDIUM" })
    );
    assert_eq!(finding["Compliance"]["RelatedRequirements"], json!(["PCI DSS 4.1"]));
    assert_eq!(finding["Compliance"]["AssociatedStandards"], json!([{ "StandardsId": "standards/pci-dss/v/3.2.1" }]));
}

/// Rules: CIS-11, FND-30.
#[test]
fn a_control_has_one_finding_or_one_per_standard() {
    let stage = quiet(vec![]);
    enable(&stage, &[CIS_1_2, CIS_1_4]);
    let standards = only(&stage, "IAM.9")["Compliance"]["AssociatedStandards"].clone();
    let names = ["ruleset/cis-aws-foundations-benchmark/v/1.2.0", "standards/cis-aws-foundations-benchmark/v/1.4.0"];
    assert_eq!(standards, json!(names.map(|name| json!({ "StandardsId": name }))));
    let stage = quiet(vec![]);
    generator(&stage, "STANDARD_CONTROL");
    enable(&stage, &[CIS_1_2, CIS_1_4]);
    assert_eq!(of(&stage, "IAM.9").len(), 2);
    assert_eq!(of(&stage, "CloudWatch.1").len(), 4, "two standard controls in each standard");
}

/// Rules: FND-01.
#[test]
fn a_tag_control_has_the_same_finding_in_both_modes() {
    let queue = Resource {
        resource_type: "AwsSqsQueue",
        id: "arn:aws:sqs:us-east-1:111111111111:pay".into(),
        tags: Some(BTreeMap::from([("team".to_owned(), "pay".to_owned())])),
        ..Resource::default()
    };
    let stage = quiet(vec![queue]);
    generator(&stage, "STANDARD_CONTROL");
    enable(&stage, &[TAGGING]);
    let finding = only(&stage, "SQS.2");
    assert_eq!(finding["GeneratorId"], "security-control/SQS.2");
    assert_eq!((finding["ProductFields"].get("StandardsArn"), finding["Severity"].get("Product")), (None, None));
    generator(&stage, "SECURITY_CONTROL");
    assert_eq!(only(&stage, "SQS.2")["Id"], finding["Id"]);
}

/// Rules: RES-08, SEC-37, FND-10, FND-21, FND-45.
#[test]
fn tag_controls_check_the_tags_of_resources() {
    let queue = Resource {
        resource_type: "AwsSqsQueue",
        id: "arn:aws:sqs:us-east-1:111111111111:pay".into(),
        tags: Some(BTreeMap::from([("team".to_owned(), "pay".to_owned())])),
        ..Resource::default()
    };
    let stage = quiet(vec![queue]);
    enable(&stage, &[TAGGING]);
    let finding = only(&stage, "SQS.2");
    assert_eq!(
        (&finding["Compliance"]["Status"], finding["Compliance"].get("SecurityControlParameters")),
        (&json!("PASSED"), None)
    );
    let value = json!({ "ValueType": "CUSTOM", "Value": { "StringList": ["team", "owner"] } });
    let input = json!({ "SecurityControlId": "SQS.2", "Parameters": { "requiredTagKeys": value } });
    stage.good(ADMINISTRATOR, UpdateSecurityControl, input);
    let failed = only(&stage, "SQS.2");
    assert_eq!(failed["Compliance"]["Status"], "FAILED");
    let parameters = json!([{ "Name": "requiredTagKeys", "Value": ["team", "owner"] }]);
    assert_eq!(failed["Compliance"]["SecurityControlParameters"], parameters);
    assert_eq!(failed["ProductFields"]["PreviousComplianceStatus"], "PASSED");
    assert_eq!(failed["Workflow"]["Status"], "NEW");
}

/// Rules: FND-31, FND-39, RES-04, RES-06.
#[test]
fn controls_without_resources_pass_on_the_account() {
    let stage = loud(vec![bucket(&[])]);
    enable(&stage, &[PCI]);
    let empty = only(&stage, "RDS.1");
    assert_eq!(empty["Resources"][0]["Type"], "AwsAccount");
    assert_eq!(empty["Compliance"]["StatusReasons"][0]["ReasonCode"], "CONFIG_EVALUATIONS_EMPTY");
    assert!(empty["ProductFields"]["aws/securityhub/annotation"].as_str().unwrap().starts_with("AWS Config evaluated"));
    assert_eq!(only(&stage, "S3.5")["Resources"][0]["Type"], "AwsS3Bucket");
    let all = found(&stage, json!({}));
    assert_eq!(all.len(), 44 - unavailable(), "one finding for each control of the Region");
    let stage = quiet(vec![bucket(&[])]);
    enable(&stage, &[PCI]);
    assert_eq!(of(&stage, "RDS.1"), Vec::<Value>::new());
    assert_eq!(of(&stage, "IAM.9").len(), 1, "the account is a resource");
}

/// Number of controls of PCI DSS 3.2.1 that the Region does not support.
fn unavailable() -> usize {
    let pci = securityhub_fixtures::standards::standard("pci-dss-3.2.1").unwrap();
    pci.controls.iter().filter(|standard_control| !standard_control.control.is_available(REGION)).count()
}

/// Rules: FND-34, FND-36, FND-38, RES-05.
#[test]
fn without_a_recorder_config_rules_warn_and_config_1_fails() {
    let stage = loud(vec![bucket(&["S3.5"])]);
    recorder_off(&stage);
    enable(&stage, &[PCI]);
    let config = only(&stage, "Config.1");
    assert_eq!(config["Compliance"]["StatusReasons"][0]["ReasonCode"], "CONFIG_RECORDER_DISABLED");
    assert_eq!((&config["Compliance"]["Status"], &config["Severity"]["Label"]), (&json!("FAILED"), &json!("CRITICAL")));
    let bucket = only(&stage, "S3.5");
    assert_eq!((&bucket["Compliance"]["Status"], &bucket["Severity"]["Label"]), (&json!("WARNING"), &json!("MEDIUM")));
    assert_eq!(bucket["Resources"][0]["Type"], "AwsAccount");
    assert_eq!(only(&stage, "CloudWatch.1")["Compliance"]["Status"], "PASSED", "the control has no AWS Config rule");
}

/// Rules: FND-40, FND-42, FND-43, FND-46.
#[test]
fn a_check_with_the_same_result_changes_only_timestamps() {
    let stage = quiet(vec![bucket(&["S3.5"])]);
    enable(&stage, &[PCI]);
    let first = only(&stage, "S3.5");
    assert_eq!(
        (&first["CreatedAt"], first["ProductFields"].get("PreviousComplianceStatus")),
        (&json!(stage.now()), None)
    );
    hours_pass(&stage, 12);
    let second = only(&stage, "S3.5");
    assert_eq!((&second["UpdatedAt"], &second["LastObservedAt"]), (&json!(stage.now()), &json!(stage.now())));
    assert_eq!((&second["CreatedAt"], &second["FirstObservedAt"]), (&first["CreatedAt"], &first["FirstObservedAt"]));
    assert_eq!(second["ProductFields"]["PreviousComplianceStatus"], "FAILED");
    let records = |stage: &Stage| {
        let identifier = json!({ "Id": first["Id"], "ProductArn": first["ProductArn"] });
        let history = stage.good(ADMINISTRATOR, GetFindingHistory, json!({ "FindingIdentifier": identifier }));
        history["Records"].as_array().unwrap().len()
    };
    let before = records(&stage);
    hours_pass(&stage, 12);
    assert_eq!(only(&stage, "S3.5")["UpdatedAt"], stage.now());
    assert_eq!(records(&stage), before, "changes of timestamps are not recorded");
}

/// Rules: FND-22, FND-23.
#[test]
fn customer_updates_survive_checks() {
    let stage = quiet(vec![bucket(&["S3.5"])]);
    enable(&stage, &[PCI]);
    let finding = only(&stage, "S3.5");
    let identifiers = json!([{ "Id": finding["Id"], "ProductArn": finding["ProductArn"] }]);
    let change = json!({ "FindingIdentifiers": identifiers, "Workflow": { "Status": "RESOLVED" }, "Severity": { "Label": "LOW" } });
    stage.good(ADMINISTRATOR, BatchUpdateFindings, change);
    hours_pass(&stage, 24);
    let checked = only(&stage, "S3.5");
    assert_eq!((&checked["Workflow"]["Status"], &checked["Severity"]["Label"]), (&json!("RESOLVED"), &json!("LOW")));
    assert_eq!(checked["FindingProviderFields"]["Severity"]["Label"], "MEDIUM");
    assert_eq!(checked["UpdatedAt"], stage.now());
}

/// Rules: FND-20, FND-44, FND-46, REI-35.
#[test]
fn a_changed_result_updates_the_same_finding_and_makes_an_event() {
    let stage = quiet(vec![bucket(&["S3.5"])]);
    enable(&stage, &[PCI]);
    let first = only(&stage, "S3.5");
    declare(&stage, vec![bucket(&[])]);
    hours_pass(&stage, 12);
    let second = only(&stage, "S3.5");
    assert_eq!((&second["Id"], &second["CreatedAt"]), (&first["Id"], &first["CreatedAt"]));
    let change = "2026-01-15T09:00:00.001Z";
    assert_eq!(second["FirstObservedAt"], change, "the check has the time of the change that caused it");
    assert_eq!((&second["UpdatedAt"], &second["Workflow"]["Status"]), (&json!(stage.now()), &json!("RESOLVED")));
    assert_eq!(second["ProductFields"]["PreviousComplianceStatus"], "PASSED");
    let identifier = json!({ "Id": first["Id"], "ProductArn": first["ProductArn"] });
    let history = stage.good(ADMINISTRATOR, GetFindingHistory, json!({ "FindingIdentifier": identifier }));
    let source = json!({ "Type": "BATCH_IMPORT_FINDINGS", "Identity": first["ProductArn"] });
    assert_eq!(history["Records"][0]["UpdateSource"], source);
}

/// Rules: STD-43, STD-44, FND-50, FND-55, REI-32.
#[test]
fn findings_of_a_disabled_standard_are_archived_after_three_days() {
    let stage = quiet(vec![bucket(&["S3.5", "S3.2"])]);
    enable(&stage, &[PCI, CIS_1_4]);
    let first = only(&stage, "S3.2");
    stage.good(ADMINISTRATOR, BatchDisableStandards, json!({ "StandardsSubscriptionArns": [OF_PCI] }));
    hours_pass(&stage, 48);
    assert_eq!(only(&stage, "S3.2")["RecordState"], "ACTIVE");
    hours_pass(&stage, 24);
    assert_eq!(only(&stage, "S3.2")["RecordState"], "ARCHIVED");
    let shared = only(&stage, "S3.5");
    let left = json!([{ "StandardsId": "standards/cis-aws-foundations-benchmark/v/1.4.0" }]);
    assert_eq!((&shared["RecordState"], &shared["Compliance"]["AssociatedStandards"]), (&json!("ACTIVE"), &left));
    enable(&stage, &[PCI]);
    let again = only(&stage, "S3.2");
    assert_eq!((&again["Id"], &again["RecordState"]), (&first["Id"], &json!("ACTIVE")));
}

/// Rules: FND-50.
#[test]
fn findings_of_a_disabled_control_are_archived_after_the_scenarios_delay() {
    let mut stage = quiet(vec![bucket(&["S3.5"])]);
    stage.0.delays.archive_disabled = SignedDuration::ZERO;
    enable(&stage, &[PCI]);
    let update = json!({ "StandardsArn": PCI, "SecurityControlId": "S3.5", "AssociationStatus": "DISABLED", "UpdatedReason": "x" });
    let input = json!({ "StandardsControlAssociationUpdates": [update] });
    assert_eq!(only(&stage, "S3.5")["RecordState"], "ACTIVE");
    stage.good(ADMINISTRATOR, BatchUpdateStandardsControlAssociations, input);
    assert_eq!(only(&stage, "S3.5")["RecordState"], "ARCHIVED");
    assert_eq!(only(&stage, "S3.1")["RecordState"], "ACTIVE");
    let enable = json!({ "StandardsArn": PCI, "SecurityControlId": "S3.5", "AssociationStatus": "ENABLED" });
    let input = json!({ "StandardsControlAssociationUpdates": [enable] });
    stage.good(ADMINISTRATOR, BatchUpdateStandardsControlAssociations, input);
    assert_eq!(only(&stage, "S3.5")["RecordState"], "ACTIVE");
}

/// Rules: FND-51, FND-52, FND-53, FND-56, REI-33.
#[test]
fn changing_the_finding_generator_archives_the_old_findings() {
    let stage = quiet(vec![bucket(&["S3.5"])]);
    enable(&stage, &[PCI]);
    let consolidated = only(&stage, "S3.5");
    generator(&stage, "STANDARD_CONTROL");
    let by_state = |state: &str| {
        let filters = json!({ "ComplianceSecurityControlId": equals("S3.5"), "RecordState": equals(state) });
        let mut all = found(&stage, filters);
        assert_eq!(all.len(), 1);
        all.remove(0)
    };
    let (active, archived) = (by_state("ACTIVE"), by_state("ARCHIVED"));
    assert_eq!(archived["Id"], consolidated["Id"]);
    assert_eq!(archived["ProductFields"]["ArchivalReasons:0/ReasonCode"], "CONSOLIDATED_CONTROL_FINDINGS_UPDATE");
    assert!(active["Id"].as_str().unwrap().contains(":subscription/"));
    generator(&stage, "SECURITY_CONTROL");
    assert_eq!(by_state("ACTIVE")["Id"], consolidated["Id"]);
    assert_eq!(by_state("ARCHIVED")["Id"], active["Id"]);
}

/// Rules: FND-54.
#[test]
fn findings_that_are_checked_do_not_expire() {
    let stage = quiet(vec![bucket(&["S3.5"])]);
    enable(&stage, &[CIS_1_4]);
    assert_eq!(only(&stage, "S3.5")["RecordState"], "ACTIVE");
    stage.days_pass(200);
    assert_eq!(only(&stage, "S3.5")["UpdatedAt"], stage.now());
    stage.good(ADMINISTRATOR, BatchDisableStandards, json!({ "StandardsSubscriptionArns": [OF_CIS_1_4] }));
    stage.days_pass(3);
    assert_eq!(only(&stage, "S3.5")["RecordState"], "ARCHIVED");
    stage.days_pass(31);
    assert_eq!(of(&stage, "S3.5"), Vec::<Value>::new());
}

/// Rules: RES-13.
#[test]
fn an_empty_account_has_one_finding_per_control() {
    let fsbp = "arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0";
    let standards = ["fsbp-1.0.0", "cis-1.2.0"].map(|id| securityhub_fixtures::standards::standard(id).unwrap());
    let standard_controls = || standards.iter().flat_map(|standard| standard.controls);
    // CloudTrail.6 and CloudTrail.7 only have findings on the bucket of a trail.
    let is_checked = |id: &str| !["CloudTrail.6", "CloudTrail.7"].contains(&id);
    let here = || {
        standard_controls().filter(|standard_control| {
            standard_control.control.is_available(REGION) && is_checked(standard_control.control.id)
        })
    };
    let controls: BTreeSet<&str> = here().map(|standard_control| standard_control.control.id).collect();
    for (value, expected) in [("SECURITY_CONTROL", controls.len()), ("STANDARD_CONTROL", here().count())] {
        let stage = loud(vec![]);
        generator(&stage, value);
        enable(&stage, &[fsbp, CIS_1_2]);
        assert_eq!(found(&stage, json!({})).len(), expected, "{value}");
    }
    assert!(controls.len() > 380 && here().count() > controls.len());
}

/// Rules: FND-30.
#[test]
fn every_control_of_every_standard_makes_a_valid_finding() {
    for value in ["SECURITY_CONTROL", "STANDARD_CONTROL"] {
        let stage = loud(vec![]);
        generator(&stage, value);
        let all = stage.good(ADMINISTRATOR, DescribeStandards, json!({}))["Standards"].as_array().unwrap().clone();
        enable(&stage, &all.iter().map(|standard| standard["StandardsArn"].as_str().unwrap()).collect::<Vec<_>>());
        let ids: BTreeSet<String> = found(&stage, json!({}))
            .iter()
            .map(|finding| finding["Compliance"]["SecurityControlId"].as_str().unwrap().to_owned())
            .collect();
        let is_held = |control: &&'static Control| STANDARDS.iter().any(|it| is_offered(it, control));
        let expected = CONTROLS.iter().filter(|control| control.is_available(REGION)).filter(is_held);
        let missing: Vec<&str> = expected.map(|control| control.id).filter(|id| !ids.contains(*id)).collect();
        assert_eq!(missing, ["CloudTrail.6", "CloudTrail.7"], "{value}: these controls require the bucket of a trail");
    }
}

fn is_offered(standard: &Standard, control: &Control) -> bool {
    standard.offered == Availability::Always && standard.controls_for(control).next().is_some()
}

/// Rules: FND-40.
#[test]
fn standards_enabled_in_one_call_are_checked_together() {
    let stage = quiet(vec![bucket(&["S3.5"])]);
    enable(&stage, &[PCI, CIS_1_4]);
    let finding = only(&stage, "S3.5");
    assert_eq!((&finding["UpdatedAt"], &finding["CreatedAt"]), (&json!(stage.now()), &json!(stage.now())));
    assert_eq!(finding["ProductFields"].get("PreviousComplianceStatus"), None);
    assert_eq!(finding["Compliance"]["AssociatedStandards"].as_array().unwrap().len(), 2);
}

/// Rules: FND-12.
#[test]
fn automation_rules_apply_to_control_findings() {
    let stage = quiet(vec![bucket(&["S3.5"])]);
    let rule = json!({
        "RuleName": "Quiet",
        "Description": "Requests are terminated elsewhere.",
        "RuleOrder": 1,
        "Criteria": { "ComplianceSecurityControlId": equals("S3.5") },
        "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": { "Workflow": { "Status": "SUPPRESSED" } } }],
    });
    stage.good(ADMINISTRATOR, CreateAutomationRule, rule);
    enable(&stage, &[PCI]);
    assert_eq!(only(&stage, "S3.5")["Workflow"]["Status"], "SUPPRESSED");
    hours_pass(&stage, 12);
    assert_eq!(only(&stage, "S3.5")["Workflow"]["Status"], "SUPPRESSED");
}

/// Rules: CIS-07, CIS-13.
#[test]
fn metric_filter_and_trail_controls_have_findings_on_the_right_resource() {
    let mut of_trail = bucket(&["CloudTrail.6"]);
    of_trail.id = "arn:aws:s3:::trail".into();
    let stage = loud(vec![bucket(&[]), of_trail]);
    enable(&stage, &[CIS_1_2]);
    assert_eq!(only(&stage, "CloudWatch.4")["Resources"][0]["Type"], "AwsAccount");
    assert_eq!(only(&stage, "CloudTrail.6")["Resources"][0]["Id"], "arn:aws:s3:::trail");
    assert_eq!(of(&stage, "CloudTrail.7"), Vec::<Value>::new());
}

/// Rules: RES-12, FND-11.
#[test]
fn control_findings_belong_to_each_hub_and_cannot_be_imported() {
    let stage = quiet(vec![bucket(&["S3.5"])]);
    enable(&stage, &[PCI]);
    let finding = only(&stage, "S3.5");
    let input = json!({ "Findings": [finding] });
    let refused = stage.call(ADMINISTRATOR, securityhub_fixtures::Operation::BatchImportFindings, input);
    assert_eq!(refused.unwrap_err().0, 403);
    stage.call_in("eu-west-1", ADMINISTRATOR, EnableSecurityHub, json!({})).unwrap();
    let filters = json!({ "Filters": { "ComplianceSecurityControlId": equals("S3.5") } });
    let there = stage.call_in("eu-west-1", ADMINISTRATOR, GetFindings, filters).unwrap();
    assert_eq!(there["Findings"][0]["Resources"][0]["Type"], "AwsAccount", "the other Region has no declared bucket");
}

/// Rules: RES-01.
#[test]
fn findings_use_the_asff_type_of_a_resource() {
    for spelling in ["AwsStepFunctionStateMachine", "AwsStepFunctionsStateMachine", "AWS::StepFunctions::StateMachine"]
    {
        let machine = Resource {
            resource_type: super::resource_type(spelling).unwrap(),
            id: "arn:aws:states:us-east-1:111111111111:stateMachine:orders".into(),
            details: Some(json!({ "LoggingConfiguration": { "Level": "OFF" } })),
            ..Resource::default()
        };
        let stage = quiet(vec![machine]);
        enable(&stage, &["arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0"]);
        let resource = only(&stage, "StepFunctions.1")["Resources"][0].clone();
        assert_eq!(resource["Type"], "AwsStepFunctionStateMachine", "{spelling}");
        let level = &resource["Details"]["AwsStepFunctionStateMachine"]["LoggingConfiguration"]["Level"];
        assert_eq!(*level, "OFF", "{spelling}");
    }
}

//! Resources and recorders that change at run time, and control findings in ordinary reads.

use securityhub_fixtures::Operation::{CreateFindingAggregator, CreateInsight, GetEnabledStandards, GetInsightResults};

use super::*;
use crate::domain::controls::checks::change::{self, ResourceSelector};
use crate::domain::controls::checks::results::{self, CheckContext};
use crate::state::{Comparison, ParameterCondition, RecorderSettings};

const FSBP: &str = "arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0";
const CIS_3: &str = "arn:aws:securityhub:us-east-1::standards/cis-aws-foundations-benchmark/v/3.0.0";
const NIST_171: &str = "arn:aws:securityhub:us-east-1::standards/nist-800-171/v/2.0.0";

fn delete(stage: &Stage, resource_type: &'static str, id: &str) -> usize {
    let mut transaction = stage.0.write();
    let account = super::id(ADMINISTRATOR);
    let which =
        ResourceSelector { account, regions: None, resource_type: Some(resource_type), id: Some(id.to_owned()) };
    let deleted = change::delete(&mut transaction, &which, stage.0.clock.now());
    transaction.commit();
    deleted.len()
}

fn record(stage: &Stage, recorder: ConfigRecorder) {
    let mut transaction = stage.0.write();
    change::record(&mut transaction, &key(), recorder, stage.0.clock.now()).unwrap();
    transaction.commit();
}

fn types(types: &[&'static str]) -> ConfigRecorder {
    ConfigRecorder::Custom(RecorderSettings { types: Some(types.iter().copied().collect()), has_custom_role: false })
}

fn status(finding: &Value) -> (&str, &str, &str) {
    let text = |value: &'static str| finding.pointer(value).and_then(Value::as_str).unwrap();
    (text("/Compliance/Status"), text("/RecordState"), text("/Workflow/Status"))
}

fn reason(finding: &Value) -> &str {
    finding["Compliance"]["StatusReasons"][0]["ReasonCode"].as_str().unwrap_or_default()
}

/// The findings of a control on resources of a type.
fn on(stage: &Stage, control: &str, resource_type: &str) -> Vec<Value> {
    let filters = json!({ "ComplianceSecurityControlId": equals(control), "ResourceType": equals(resource_type) });
    found(stage, filters)
}

fn user(fails: &[&'static str]) -> Resource {
    Resource { resource_type: "AwsIamUser", id: "arn:aws:iam::111111111111:user/ops".into(), ..bucket(fails) }
}

/// Rules: RES-10, FND-20.
#[test]
fn a_fixed_resource_passes_at_once_or_at_the_next_periodic_check() {
    let stage = quiet(vec![bucket(&["S3.5"]), user(&["IAM.3"])]);
    enable(&stage, &[CIS_1_4]);
    assert_eq!(status(&only(&stage, "S3.5")), ("FAILED", "ACTIVE", "NEW"));
    declare(&stage, vec![bucket(&[]), user(&[])]);
    let fixed = only(&stage, "S3.5");
    assert_eq!(status(&fixed), ("PASSED", "ACTIVE", "RESOLVED"));
    assert_eq!(fixed["ProductFields"]["PreviousComplianceStatus"], "FAILED");
    assert_eq!(only(&stage, "IAM.3")["Compliance"]["Status"], "FAILED", "the control is periodic");
    let mut transaction = stage.0.write();
    change::check(&mut transaction, &[key()], stage.0.clock.now());
    transaction.commit();
    assert_eq!(only(&stage, "IAM.3")["Compliance"]["Status"], "PASSED");
    declare(&stage, vec![user(&["IAM.3"])]);
    assert_eq!(only(&stage, "IAM.3")["Compliance"]["Status"], "PASSED");
    hours_pass(&stage, 12);
    assert_eq!(only(&stage, "IAM.3")["Compliance"]["Status"], "FAILED");
}

/// Rules: RES-10.
#[test]
fn declaring_the_first_resource_starts_all_checks() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    assert_eq!(found(&stage, json!({})), Vec::<Value>::new());
    declare(&stage, vec![bucket(&["S3.5"])]);
    assert_eq!(only(&stage, "S3.5")["Compliance"]["Status"], "FAILED");
    assert!(!of(&stage, "IAM.9").is_empty(), "periodic controls are checked, too");
}

/// Rules: FND-32.
#[test]
fn the_first_resource_of_a_type_archives_the_finding_on_the_account() {
    let stage = loud(vec![]);
    enable(&stage, &[PCI]);
    let empty = only(&stage, "S3.5");
    assert_eq!(reason(&empty), "CONFIG_EVALUATIONS_EMPTY");
    declare(&stage, vec![bucket(&["S3.5"])]);
    assert_eq!(status(&on(&stage, "S3.5", "AwsAccount")[0]), ("PASSED", "ARCHIVED", "RESOLVED"));
    assert_eq!(status(&on(&stage, "S3.5", "AwsS3Bucket")[0]), ("FAILED", "ACTIVE", "NEW"));
}

/// Rules: FND-33.
#[test]
fn a_deleted_resource_archives_its_finding_and_the_account_passes_18_hours_later() {
    let stage = loud(vec![Resource { details: Some(json!({ "OwnerId": "x" })), ..bucket(&["S3.5"]) }]);
    enable(&stage, &[PCI]);
    let first = only(&stage, "S3.5");
    hours_pass(&stage, 1);
    assert_eq!(delete(&stage, "AwsS3Bucket", "pay-invoices"), 1);
    let gone = only(&stage, "S3.5");
    assert_eq!(gone["Id"], first["Id"]);
    assert_eq!(status(&gone), ("NOT_AVAILABLE", "ARCHIVED", "NEW"));
    assert_eq!(reason(&gone), "CONFIG_RETURNS_NOT_APPLICABLE");
    assert_eq!((&gone["Severity"]["Label"], &gone["Resources"]), (&json!("INFORMATIONAL"), &first["Resources"]));
    hours_pass(&stage, 17);
    assert_eq!(of(&stage, "S3.5").len(), 1);
    hours_pass(&stage, 1);
    let account = on(&stage, "S3.5", "AwsAccount");
    assert_eq!(
        (status(&account[0]), reason(&account[0])),
        (("PASSED", "ACTIVE", "RESOLVED"), "CONFIG_EVALUATIONS_EMPTY")
    );
    declare(&stage, vec![bucket(&["S3.5"])]);
    let back = on(&stage, "S3.5", "AwsS3Bucket");
    assert_eq!((&back[0]["Id"], status(&back[0])), (&first["Id"], ("FAILED", "ACTIVE", "NEW")));
    assert_eq!(delete(&stage, "AwsS3Bucket", "nothing"), 0);
}

/// Rules: FND-34, RES-05.
#[test]
fn findings_change_with_the_recorder() {
    let stage = quiet(vec![bucket(&["S3.5"])]);
    enable(&stage, &[PCI]);
    assert_eq!(only(&stage, "S3.5")["Compliance"]["Status"], "FAILED");
    record(&stage, ConfigRecorder::Off);
    assert_eq!(reason(&only(&stage, "Config.1")), "CONFIG_RECORDER_DISABLED");
    assert_eq!(on(&stage, "S3.5", "AwsAccount")[0]["Compliance"]["Status"], "WARNING");
    assert_eq!(on(&stage, "S3.5", "AwsS3Bucket")[0]["Compliance"]["Status"], "WARNING", "the finding is kept");
    record(&stage, ConfigRecorder::On);
    assert_eq!(only(&stage, "Config.1")["Compliance"]["Status"], "PASSED");
    assert_eq!(status(&on(&stage, "S3.5", "AwsAccount")[0]), ("WARNING", "ARCHIVED", "NEW"));
    assert_eq!(status(&on(&stage, "S3.5", "AwsS3Bucket")[0]), ("FAILED", "ACTIVE", "NEW"));
}

/// Rules: FND-35, FND-37.
#[test]
fn an_unrecorded_type_warns_and_iam_types_pass() {
    let stage = loud(vec![bucket(&["S3.5"])]);
    enable(&stage, &[CIS_1_4]);
    assert_eq!(only(&stage, "S3.5")["Compliance"]["Status"], "FAILED");
    record(&stage, types(&["AwsEc2Vpc"]));
    let config = only(&stage, "Config.1");
    assert_eq!(reason(&config), "CONFIG_RECORDER_MISSING_REQUIRED_RESOURCE_TYPES");
    assert!(config["ProductFields"]["aws/securityhub/annotation"].as_str().unwrap().contains("AwsS3Bucket"));
    for name in ["AwsAccount", "AwsS3Bucket"] {
        assert_eq!(on(&stage, "S3.5", name)[0]["Compliance"]["Status"], "WARNING", "{name}");
    }
    let of_iam = on(&stage, "IAM.3", "AwsAccount");
    assert_eq!(
        (of_iam[0]["Compliance"]["Status"].as_str(), reason(&of_iam[0])),
        (Some("PASSED"), "CONFIG_EVALUATIONS_EMPTY")
    );
}

/// Rules: FND-36.
#[test]
fn config_1_requires_the_needed_types_and_the_service_linked_role() {
    let stage = quiet(vec![]);
    enable(&stage, &[CIS_1_4]);
    let cis = securityhub_fixtures::standards::standard("cis-1.4.0").unwrap();
    let needed: BTreeSet<&'static str> = cis
        .controls
        .iter()
        .filter(|standard_control| standard_control.control.config_rule.is_some())
        .flat_map(|standard_control| standard_control.control.resource_types)
        .copied()
        .collect();
    let recording = |types: BTreeSet<&'static str>, has_custom_role| {
        ConfigRecorder::Custom(RecorderSettings { types: Some(types), has_custom_role })
    };
    let without_iam: BTreeSet<&str> = needed.iter().copied().filter(|name| !name.starts_with("AwsIam")).collect();
    record(&stage, recording(needed.clone(), false));
    assert_eq!(only(&stage, "Config.1")["Compliance"]["Status"], "PASSED");
    record(&stage, recording(without_iam.clone(), false));
    assert_eq!(reason(&only(&stage, "Config.1")), "CONFIG_RECORDER_MISSING_REQUIRED_RESOURCE_TYPES");
    let linked = json!({ "RegionLinkingMode": "ALL_REGIONS" });
    stage.call_in("eu-west-1", ADMINISTRATOR, EnableSecurityHub, json!({ "EnableDefaultStandards": false })).unwrap();
    stage.call_in("eu-west-1", ADMINISTRATOR, CreateFindingAggregator, linked).unwrap();
    record(&stage, recording(without_iam, false));
    assert_eq!(only(&stage, "Config.1")["Compliance"]["Status"], "PASSED", "IAM is recorded in the home Region");
    record(&stage, recording(needed, true));
    assert_eq!(reason(&only(&stage, "Config.1")), "CONFIG_RECORDER_CUSTOM_ROLE");
    let value = json!({ "ValueType": "CUSTOM", "Value": { "Boolean": false } });
    let parameters = json!({ "includeConfigServiceLinkedRoleCheck": value });
    let input = json!({ "SecurityControlId": "Config.1", "Parameters": parameters });
    stage.good(ADMINISTRATOR, UpdateSecurityControl, input);
    assert_eq!(only(&stage, "Config.1")["Compliance"]["Status"], "PASSED");
}

/// Rules: STD-61.
#[test]
fn incomplete_standards_try_again_when_a_recorder_starts() {
    let mut stage = quiet(vec![bucket(&["S3.5"])]);
    let statuses = |stage: &Stage| {
        let answer = stage.good(ADMINISTRATOR, GetEnabledStandards, json!({}));
        let rows = answer["StandardsSubscriptions"].as_array().unwrap().clone();
        rows.iter().map(|row| row["StandardsStatus"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    recorder_off(&stage);
    enable(&stage, &[PCI, CIS_1_4]);
    assert_eq!(statuses(&stage), ["INCOMPLETE", "INCOMPLETE"]);
    let types = BTreeSet::from(["AwsS3Bucket"]);
    let recording = RecorderSettings { types: Some(types), has_custom_role: false };
    record(&stage, ConfigRecorder::Custom(recording));
    assert_eq!(statuses(&stage), ["READY", "READY"]);
    let active: Vec<Value> = of(&stage, "S3.5").into_iter().filter(|it| it["RecordState"] == "ACTIVE").collect();
    assert_eq!((active.len(), &active[0]["Compliance"]["Status"]), (1, &json!("FAILED")));

    stage.0.delays.recorder_retry = SignedDuration::from_mins(30);
    recorder_off(&stage);
    enable(&stage, &[CIS_1_2]);
    assert!(statuses(&stage).contains(&"INCOMPLETE".to_owned()));
    record(&stage, ConfigRecorder::On);
    stage.0.clock.advance(SignedDuration::from_mins(29));
    assert!(statuses(&stage).contains(&"INCOMPLETE".to_owned()));
    stage.0.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(statuses(&stage), ["READY", "READY", "READY"]);
}

/// Rules: STD-61.
#[test]
fn an_incomplete_standard_tries_again_after_1_3_and_7_days() {
    let mut stage = quiet(vec![]);
    stage.0.delays.recorder_retry = SignedDuration::from_hours(24 * 365);
    recorder_off(&stage);
    enable(&stage, &[PCI]);
    let status = || {
        let answer = stage.good(ADMINISTRATOR, GetEnabledStandards, json!({}));
        answer["StandardsSubscriptions"][0]["StandardsStatus"].as_str().unwrap().to_owned()
    };
    for days in [0, 1, 2, 4, 7] {
        stage.days_pass(days);
        assert_eq!(status(), "INCOMPLETE");
    }
    record(&stage, ConfigRecorder::On);
    stage.days_pass(6);
    assert_eq!(status(), "INCOMPLETE", "the next retry is on day 21");
    stage.days_pass(1);
    assert_eq!(status(), "READY");
}

/// Rules: RES-09, SEC-37.
#[test]
fn a_result_changes_with_a_parameter() {
    let certificate = Resource {
        resource_type: "AwsCertificateManagerCertificate",
        id: "arn:aws:acm:us-east-1:111111111111:certificate/a".into(),
        conditions: vec![ParameterCondition {
            control: "ACM.1",
            parameter: "daysToExpiration",
            comparison: Comparison::AtLeast,
            value: "45".into(),
        }],
        ..bucket(&[])
    };
    let stage = quiet(vec![certificate]);
    enable(&stage, &[FSBP]);
    assert_eq!(only(&stage, "ACM.1")["Compliance"]["Status"], "PASSED");
    for (days, expected) in [(60, "FAILED"), (45, "FAILED"), (44, "PASSED")] {
        let value = json!({ "ValueType": "CUSTOM", "Value": { "Integer": days } });
        let input = json!({ "SecurityControlId": "ACM.1", "Parameters": { "daysToExpiration": value } });
        stage.good(ADMINISTRATOR, UpdateSecurityControl, input);
        assert_eq!(only(&stage, "ACM.1")["Compliance"]["Status"], expected, "{days}");
    }
}

/// Rules: RES-07.
#[test]
fn a_control_of_several_types_checks_all_of_them() {
    let stage = loud(vec![bucket(&[]), user(&[])]);
    let s3 = securityhub_fixtures::standards::control("S3.5").unwrap();
    let both = Control { resource_types: &["AwsS3Bucket", "AwsIamUser"], ..copy(s3) };
    let (hub, resources, key) = (stage.0.hub(&key()).unwrap(), stage.0.resources().unwrap(), key());
    let now = stage.0.clock.now();
    let context = CheckContext { key: &key, hub: &hub, resources: &resources, unrecorded: BTreeSet::new(), now };
    assert_eq!(results::of(&context, &both).len(), 2);
}

fn copy(control: &Control) -> Control {
    Control { ..*control }
}

/// Rules: RES-01, RES-02, FND-07, IMP-37.
#[test]
fn findings_show_details_and_annotations_and_skip_inapplicable_resources() {
    let resource = Resource {
        details: Some(json!({ "OwnerId": "owner" })),
        annotations: BTreeMap::from([("S3.5", "Seen by hand".to_owned())]),
        results: BTreeMap::from([(
            "S3.2",
            result(ComplianceStatus::NotAvailable, Some("CONFIG_RETURNS_NOT_APPLICABLE")),
        )]),
        ..bucket(&[])
    };
    let stage = quiet(vec![resource.clone()]);
    enable(&stage, &[PCI]);
    let finding = only(&stage, "S3.5");
    assert_eq!(finding["Resources"][0]["Details"], json!({ "AwsS3Bucket": { "OwnerId": "owner" } }));
    assert_eq!(finding["ProductFields"]["aws/securityhub/annotation"], "Seen by hand");
    let archived = only(&stage, "S3.2");
    assert_eq!(status(&archived), ("NOT_AVAILABLE", "ARCHIVED", "NEW"));
    hours_pass(&stage, 12);
    assert_eq!(only(&stage, "S3.2")["UpdatedAt"], archived["UpdatedAt"], "an archived finding is not archived again");
    let parts: Vec<String> = (0..10).map(|_| "x".repeat(30_000)).collect();
    let large =
        json!({ "BucketWebsiteConfiguration": { "RoutingRules": [{ "Redirect": { "HostName": parts.concat() } }] } });
    declare(&stage, vec![Resource { details: Some(large), ..resource }]);
    assert_eq!(only(&stage, "S3.5")["Resources"][0].get("Details"), None);
}

/// Rules: RES-14.
#[test]
fn a_check_adopts_an_existing_finding_on_the_same_control_and_resource() {
    let other = quiet(vec![bucket(&["S3.5"])]);
    enable(&other, &[PCI]);
    let mut given = only(&other, "S3.5");
    let id = "arn:aws:securityhub:us-east-1:111111111111:security-control/S3.5/finding/given";
    given["Id"] = json!(id);
    let stage = quiet(vec![bucket(&[])]);
    let given = given.to_string();
    let read = crate::domain::findings::import::read_finding(&given).unwrap();
    let mut transaction = stage.0.write_findings();
    let now = stage.0.clock.now();
    crate::domain::findings::delivery::deliver(&mut transaction, &stage.0, now, &[read]).unwrap();
    transaction.commit();
    enable(&stage, &[PCI]);
    let adopted = only(&stage, "S3.5");
    assert_eq!((&adopted["Id"], status(&adopted)), (&json!(id), ("PASSED", "ACTIVE", "RESOLVED")));
    hours_pass(&stage, 12);
    assert_eq!(only(&stage, "S3.5")["Id"], id);
}

/// Rules: FND-41.
#[test]
fn a_standard_that_shares_a_rule_is_checked_after_the_scenarios_delay() {
    let mut stage = quiet(vec![bucket(&["S3.5"])]);
    stage.0.delays.shared_rule = SignedDuration::from_hours(18);
    enable(&stage, &[PCI]);
    let standards = || only(&stage, "S3.5")["Compliance"]["AssociatedStandards"].as_array().unwrap().len();
    assert_eq!(standards(), 1);
    hours_pass(&stage, 1);
    enable(&stage, &[CIS_1_4]);
    assert_eq!((standards(), of(&stage, "S3.20").len()), (1, 1), "a control without a shared rule is checked at once");
    hours_pass(&stage, 17);
    assert_eq!(standards(), 1);
    hours_pass(&stage, 1);
    assert_eq!(standards(), 2);
}

/// Rules: FND-41.
#[test]
fn the_second_of_two_standards_enabled_at_once_waits_for_shared_rules() {
    for together in [true, false] {
        let mut stage = quiet(vec![bucket(&["S3.5"])]);
        stage.0.delays.shared_rule = SignedDuration::from_hours(18);
        if together {
            enable(&stage, &[PCI, CIS_1_4]);
        } else {
            enable(&stage, &[PCI]);
            enable(&stage, &[CIS_1_4]);
        }
        let standards = || only(&stage, "S3.5")["Compliance"]["AssociatedStandards"].clone();
        assert_eq!(standards(), json!([{ "StandardsId": "standards/pci-dss/v/3.2.1" }]), "{together}");
        hours_pass(&stage, 18);
        assert_eq!(standards().as_array().unwrap().len(), 2, "{together}");
    }
}

/// Rules: FND-13, CIS-15.
#[test]
fn a_finding_has_the_account_name_and_requirements_with_a_slash() {
    let stage = quiet(vec![bucket(&["S3.5"])]);
    stage.organization(&[(ADMINISTRATOR, "payments")]);
    enable(&stage, &[CIS_3, NIST_171]);
    let finding = only(&stage, "S3.5");
    assert_eq!(finding["AwsAccountName"], "payments");
    let requirements = finding["Compliance"]["RelatedRequirements"].as_array().unwrap();
    let of_nist = requirements.iter().filter_map(Value::as_str).filter(|text| text.starts_with("NIST.800-171"));
    let of_nist: Vec<&str> = of_nist.collect();
    assert!(!of_nist.is_empty() && of_nist.iter().all(|text| text.starts_with("NIST.800-171.r2/")), "{of_nist:?}");
}

/// Rules: RES-11.
#[test]
fn a_check_runs_automation_rules_and_adds_history_records() {
    let stage = quiet(vec![bucket(&["S3.5"])]);
    let update = json!({ "Note": { "Text": "seen", "UpdatedBy": "rule" } });
    let rule = json!({
        "RuleName": "Passed",
        "Description": "Notes what passes.",
        "RuleOrder": 1,
        "Criteria": { "ComplianceStatus": equals("PASSED"), "SeverityLabel": equals("INFORMATIONAL") },
        "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": update }],
    });
    stage.good(ADMINISTRATOR, CreateAutomationRule, rule);
    enable(&stage, &[PCI]);
    assert_eq!(only(&stage, "S3.5").get("Note"), None);
    hours_pass(&stage, 1);
    declare(&stage, vec![bucket(&[])]);
    let finding = only(&stage, "S3.5");
    assert_eq!(finding["Note"]["Text"], "seen", "the rule is applied to the finding of the check");
    let identifier = json!({ "Id": finding["Id"], "ProductArn": finding["ProductArn"] });
    let history = stage.good(ADMINISTRATOR, GetFindingHistory, json!({ "FindingIdentifier": identifier }));
    assert!(history["Records"].to_string().contains("Compliance"), "{history:#}");
}

/// Rules: RES-11.
#[test]
fn control_findings_are_found_by_filters_and_insights() {
    let stage = quiet(vec![bucket(&["S3.5", "S3.8"])]);
    enable(&stage, &[PCI]);
    let filters = json!({ "ComplianceStatus": equals("FAILED"), "ProductName": equals("Security Hub") });
    assert_eq!(found(&stage, filters.clone()).len(), 1, "S3.8 is not in the standard");
    let insight = json!({ "Name": "Fails", "Filters": filters, "GroupByAttribute": "ComplianceSecurityControlId" });
    let arn = stage.good(ADMINISTRATOR, CreateInsight, insight)["InsightArn"].clone();
    let results = stage.good(ADMINISTRATOR, GetInsightResults, json!({ "InsightArn": arn }));
    let values = json!([{ "GroupByAttributeValue": "S3.5", "Count": 1 }]);
    assert_eq!(results["InsightResults"]["ResultValues"], values);
}

/// Rules: RES-02, RES-08.
#[test]
fn invalid_or_oversized_resource_data_is_omitted_from_a_finding() {
    let tagged = |tags: &[(&str, &str)]| Resource {
        tags: Some(tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()),
        ..bucket(&["S3.5"])
    };
    let stage = quiet(vec![tagged(&[("team", ""), ("stage", "test")])]);
    enable(&stage, &[CIS_1_4]);
    let finding = only(&stage, "S3.5");
    assert_eq!(finding["Resources"][0]["Tags"], json!({ "stage": "test" }));
    let broken = Resource { details: Some(json!({ "OwnerId": 5 })), ..tagged(&[]) };
    declare(&stage, vec![broken]);
    hours_pass(&stage, 12);
    let finding = only(&stage, "S3.5");
    assert_eq!((&finding["UpdatedAt"], &finding["Resources"][0]["Details"]), (&json!(stage.now()), &Value::Null));
}

/// Rules: RES-08.
#[test]
fn aws_tags_are_ignored() {
    let tags = BTreeMap::from([("aws:a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]);
    let required = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert!(results::has_tags(&tags, &required(&["b"])));
    assert!(!results::has_tags(&tags, &required(&["aws:a"])));
}

/// Rules: FND-33.
#[test]
fn an_inapplicable_last_resource_makes_no_finding_on_the_account() {
    let stage = loud(vec![bucket(&[])]);
    enable(&stage, &[CIS_1_4]);
    let result = result(ComplianceStatus::NotAvailable, Some("CONFIG_RETURNS_NOT_APPLICABLE"));
    declare(&stage, vec![Resource { results: BTreeMap::from([("S3.5", result)]), ..bucket(&[]) }]);
    assert_eq!(status(&only(&stage, "S3.5")), ("NOT_AVAILABLE", "ARCHIVED", "NEW"));
}

/// Rules: FND-50.
#[test]
fn findings_of_a_disabled_control_are_archived_exactly_three_days_later() {
    let stage = quiet(vec![bucket(&["S3.5"])]);
    enable(&stage, &[CIS_1_4]);
    hours_pass(&stage, 11);
    let set = |status: &str| {
        let update = json!({ "StandardsArn": CIS_1_4, "SecurityControlId": "S3.5", "AssociationStatus": status, "UpdatedReason": "x" });
        let input = json!({ "StandardsControlAssociationUpdates": [update] });
        stage.good(ADMINISTRATOR, BatchUpdateStandardsControlAssociations, input);
    };
    let record_state = || only(&stage, "S3.5")["RecordState"].as_str().unwrap().to_owned();
    set("DISABLED");
    hours_pass(&stage, 71);
    assert_eq!(record_state(), "ACTIVE");
    hours_pass(&stage, 1);
    assert_eq!(record_state(), "ARCHIVED");
    set("ENABLED");
    set("DISABLED");
    assert_eq!(record_state(), "ACTIVE");
    hours_pass(&stage, 72);
    assert_eq!(record_state(), "ARCHIVED");
}

/// Rules: REI-22, FND-20.
#[test]
fn a_reactivated_finding_that_passes_is_resolved() {
    let stage = quiet(vec![bucket(&[])]);
    enable(&stage, &[CIS_1_4]);
    assert_eq!(status(&only(&stage, "S3.5")), ("PASSED", "ACTIVE", "RESOLVED"));
    assert_eq!(delete(&stage, "AwsS3Bucket", "arn:aws:s3:::pay-invoices"), 1);
    assert_eq!(only(&stage, "S3.5")["RecordState"], "ARCHIVED");
    declare(&stage, vec![bucket(&[])]);
    assert_eq!(status(&only(&stage, "S3.5")), ("PASSED", "ACTIVE", "RESOLVED"));
}

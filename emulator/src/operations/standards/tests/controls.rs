//! Standard controls (CTL).

use securityhub_fixtures::Operation::{
    BatchDisableStandards, BatchEnableStandards, BatchGetStandardsControlAssociations, DescribeStandardsControls,
    UpdateSecurityHubConfiguration, UpdateStandardsControl,
};
use serde_json::{Value, json};

use super::*;

fn controls(stage: &Stage, subscription: &str) -> Vec<Value> {
    let input = json!({ "StandardsSubscriptionArn": subscription });
    stage.good(ADMINISTRATOR, DescribeStandardsControls, input)["Controls"].as_array().unwrap().clone()
}

fn control(stage: &Stage, subscription: &str, id: &str) -> Value {
    let found = controls(stage, subscription).into_iter().find(|control| control["ControlId"] == id);
    found.unwrap_or_else(|| panic!("no {id}"))
}

fn arn(tail: &str) -> String {
    format!("arn:aws:securityhub:us-east-1:111111111111:control/{tail}")
}

fn set(arn: &str, status: &str, reason: Option<&str>) -> Value {
    let mut input = json!({ "StandardsControlArn": arn, "ControlStatus": status });
    if let Some(reason) = reason {
        input["DisabledReason"] = json!(reason);
    }
    input
}

fn set_pci_cw_1(status: &str, reason: Option<&str>) -> Value {
    set(&arn("pci-dss/v/3.2.1/PCI.CW.1"), status, reason)
}

/// Rules: CTL-02, CTL-04, CTL-05, CTL-06, CTL-07.
#[test]
fn a_control_of_the_first_cis_benchmark_is_described() {
    let stage = with(&[CIS_1_2]);
    insta::assert_json_snapshot!(control(&stage, OF_CIS_1_2, "CIS.1.10"), @r#"
    {
      "StandardsControlArn": "arn:aws:securityhub:us-east-1:111111111111:control/cis-aws-foundations-benchmark/v/1.2.0/1.10",
      "ControlStatus": "ENABLED",
      "ControlStatusUpdatedAt": "2026-01-15T09:00:00.000Z",
      "ControlId": "CIS.1.10",
      "Title": "Ensure IAM password policy prevents password reuse",
      "Description": "This control checks the following: Ensure IAM password policy prevents password reuse.",
      "RemediationUrl": "https://docs.aws.amazon.com/console/securityhub/standards-cis-1.10/remediation",
      "SeverityRating": "LOW",
      "RelatedRequirements": [
        "CIS AWS Foundations 1.10"
      ]
    }
    "#);
    let numbers: Vec<String> =
        controls(&stage, OF_CIS_1_2).iter().map(|it| it["ControlId"].as_str().unwrap().to_owned()).collect();
    assert_eq!((numbers.len(), &*numbers[8], &*numbers[9]), (43, "CIS.1.9", "CIS.1.10"));
}

/// Rules: CTL-04, CTL-06, CTL-07, STD-03.
#[test]
fn other_standards_have_their_own_ids_and_remediation_pages() {
    let nist = "arn:aws:securityhub:us-east-1::standards/nist-800-53/v/5.0.0";
    let stage = with(&[PCI, CIS_1_4, FSBP, nist]);
    let of = |path: &str| format!("arn:aws:securityhub:us-east-1:111111111111:subscription/{path}");
    let page = |id: &str| format!("https://docs.aws.amazon.com/console/securityhub/{id}/remediation");
    for (path, id, name, requirements) in [
        ("pci-dss/v/3.2.1", "PCI.CW.1", "PCI.CW.1", json!(["PCI DSS 7.2.1"])),
        (
            "cis-aws-foundations-benchmark/v/1.4.0",
            "3.1",
            "CloudTrail.1",
            json!(["CIS AWS Foundations Benchmark v1.4.0/3.1"]),
        ),
        ("aws-foundational-security-best-practices/v/1.0.0", "ACM.1", "ACM.1", json!([])),
        ("nist-800-53/v/5.0.0", "Account.2", "Account.2", json!(["NIST.800-53.r5 CA-9(1)", "NIST.800-53.r5 CM-2"])),
    ] {
        let control = control(&stage, &of(path), id);
        assert_eq!(control["StandardsControlArn"], arn(&format!("{path}/{id}")));
        assert_eq!((&control["RemediationUrl"], &control["RelatedRequirements"]), (&json!(page(name)), &requirements));
    }
}

/// Rules: CTL-03.
#[test]
fn the_finding_generator_does_not_change_the_list_of_controls() {
    let stage = with(&[PCI]);
    let before = controls(&stage, OF_PCI);
    let input = json!({ "ControlFindingGenerator": "STANDARD_CONTROL" });
    stage.good(ADMINISTRATOR, UpdateSecurityHubConfiguration, input);
    assert_eq!(controls(&stage, OF_PCI), before);
}

/// Rules: CTL-08, CTL-17.
#[test]
fn controls_of_a_standard_that_is_not_ready_cannot_be_listed_or_updated() {
    let stage = slow();
    stage.good(ADMINISTRATOR, BatchEnableStandards, enable(&[PCI]));
    let update = set_pci_cw_1("ENABLED", None);
    for hours in [1, 2] {
        assert_eq!(controls(&stage, OF_PCI), Vec::<Value>::new());
        let refused =
            stage.refused(ADMINISTRATOR, UpdateStandardsControl, update.clone(), 404, "ResourceNotFoundException");
        assert_eq!(refused, "StandardsControl not found");
        hours_pass(&stage, hours);
        if hours == 1 {
            assert_eq!(controls(&stage, OF_PCI).len(), 44);
            stage.good(ADMINISTRATOR, UpdateStandardsControl, update.clone());
            stage.good(ADMINISTRATOR, BatchDisableStandards, disable(&[OF_PCI]));
        }
    }
}

/// Rules: CTL-01, CTL-09.
#[test]
fn an_unknown_subscription_is_refused() {
    let stage = with(&[PCI]);
    for wrong in [OF_CIS_1_2, PCI, "x", &OF_PCI.replace("111", "222"), &OF_PCI.replace("us-east-1", "eu-west-1")] {
        let input = json!({ "StandardsSubscriptionArn": wrong });
        let message = stage.refused(ADMINISTRATOR, DescribeStandardsControls, input, 404, "ResourceNotFoundException");
        assert_eq!(message, "StandardsSubscription not found");
    }
}

/// Rules: CTL-10, CTL-11, TF-22.
#[test]
fn the_default_page_has_100_controls() {
    let stage = with(&[FSBP]);
    let of_fsbp =
        "arn:aws:securityhub:us-east-1:111111111111:subscription/aws-foundational-security-best-practices/v/1.0.0";
    let mut input = json!({ "StandardsSubscriptionArn": of_fsbp });
    let mut sizes = Vec::new();
    loop {
        let answer = stage.good(ADMINISTRATOR, DescribeStandardsControls, input.clone());
        sizes.push(answer["Controls"].as_array().unwrap().len());
        let Some(token) = answer.get("NextToken") else { break };
        input["NextToken"] = token.clone();
    }
    assert_eq!(sizes, [100, 100, 100, 68]);
    input["StandardsSubscriptionArn"] = json!(OF_PCI);
    stage.good(ADMINISTRATOR, BatchEnableStandards, enable(&[PCI]));
    let message = stage.refused(ADMINISTRATOR, DescribeStandardsControls, input, 400, "InvalidInputException");
    assert_eq!(message, "Invalid NextToken: Input Query has changed");
}

/// Rules: CTL-12, CTL-16, CTL-18, TF-22.
#[test]
fn a_control_is_disabled_with_a_reason_and_enabled_without_one() {
    let stage = with(&[PCI]);
    let enabled_at = stage.now();
    assert_eq!(control(&stage, OF_PCI, "PCI.CW.1")["ControlStatusUpdatedAt"], enabled_at);
    hours_pass(&stage, 1);
    let answer = stage.good(ADMINISTRATOR, UpdateStandardsControl, set_pci_cw_1("DISABLED", Some("no root")));
    assert_eq!(answer, json!({}));
    let read = |stage: &Stage| {
        let found = control(stage, OF_PCI, "PCI.CW.1");
        (found["ControlStatus"].clone(), found.get("DisabledReason").cloned(), found["ControlStatusUpdatedAt"].clone())
    };
    assert_eq!(read(&stage), (json!("DISABLED"), Some(json!("no root")), json!(stage.now())));
    hours_pass(&stage, 1);
    stage.good(ADMINISTRATOR, UpdateStandardsControl, set_pci_cw_1("DISABLED", Some("still none")));
    let disabled = (json!("DISABLED"), Some(json!("still none")), json!(stage.now()));
    assert_eq!(read(&stage), disabled);
    hours_pass(&stage, 1);
    let nothing = json!({ "StandardsControlArn": arn("pci-dss/v/3.2.1/PCI.CW.1"), "DisabledReason": "x" });
    stage.good(ADMINISTRATOR, UpdateStandardsControl, nothing);
    assert_eq!(read(&stage), disabled, "without a status nothing changes");
    stage.good(ADMINISTRATOR, UpdateStandardsControl, set_pci_cw_1("ENABLED", Some("still none")));
    assert_eq!(read(&stage), (json!("ENABLED"), None, json!(stage.now())));
}

/// Rules: CTL-13, CTL-14, DEN-08.
#[test]
fn only_the_callers_own_controls_can_be_changed() {
    let stage = with(&[PCI]);
    for unknown in [
        "pci-dss/v/3.2.1/PCI.X.1",
        "pci-dss/v/3.2.1/*",
        "pci-dss/v/3.2.1/",
        "cis-aws-foundations-benchmark/v/1.2.0/1.1",
    ] {
        let input = set(&arn(unknown), "ENABLED", None);
        let message = stage.refused(ADMINISTRATOR, UpdateStandardsControl, input, 404, "ResourceNotFoundException");
        assert_eq!(message, "StandardsControl not found", "{unknown}");
    }
    for foreign in [
        "arn:aws:securityhub:us-east-1::standards/nist-800-53/v/5.0.0/S3.11",
        "arn:aws:securityhub:us-east-1:222222222222:control/pci-dss/v/3.2.1/PCI.CW.1",
    ] {
        let input = set(foreign, "ENABLED", None);
        let message = stage.refused(ADMINISTRATOR, UpdateStandardsControl, input, 403, "AccessDeniedException");
        let expected = format!("Account id 111111111111 is not authorized to perform action on resource: {foreign}");
        assert_eq!(message, expected);
    }
    let input = set("PCI.CW.1", "ENABLED", None);
    stage.refused(ADMINISTRATOR, UpdateStandardsControl, input, 400, "InvalidInputException");
}

/// Rules: CTL-15.
#[test]
fn disabling_a_control_requires_a_reason() {
    let stage = with(&[PCI]);
    let input = set_pci_cw_1("DISABLED", None);
    let message = stage.refused(ADMINISTRATOR, UpdateStandardsControl, input, 400, "InvalidInputException");
    assert_eq!(message, "Invalid parameter 'DisabledReason'. data should have required property 'DisabledReason'");
    assert_eq!(control(&stage, OF_PCI, "PCI.CW.1")["ControlStatus"], "ENABLED");
}

/// Rules: CTL-20, CTL-21.
#[test]
fn an_association_is_enabled_while_any_of_its_standard_controls_is() {
    let stage = with(&[PCI, CIS_1_2]);
    let association = |stage: &Stage, standard: &str| {
        let ids = json!([{ "SecurityControlId": "CloudWatch.1", "StandardsArn": standard }]);
        let input = json!({ "StandardsControlAssociationIds": ids });
        let answer = stage.good(ADMINISTRATOR, BatchGetStandardsControlAssociations, input);
        answer["StandardsControlAssociationDetails"][0].clone()
    };
    let [first, second] = ["1.1", "3.3"].map(|number| arn(&format!("cis-aws-foundations-benchmark/v/1.2.0/{number}")));
    stage.good(ADMINISTRATOR, UpdateStandardsControl, set(&first, "DISABLED", Some("x")));
    assert_eq!(control(&stage, OF_CIS_1_2, "CIS.1.1")["ControlStatus"], "DISABLED");
    assert_eq!(control(&stage, OF_CIS_1_2, "CIS.3.3")["ControlStatus"], "ENABLED");
    assert_eq!(association(&stage, CIS_1_2)["AssociationStatus"], "ENABLED");
    assert_eq!(association(&stage, CIS_1_2)["StandardsControlArns"], json!([first, second]));
    stage.good(ADMINISTRATOR, UpdateStandardsControl, set(&second, "DISABLED", Some("y")));
    let read = association(&stage, CIS_1_2);
    assert_eq!((&read["AssociationStatus"], &read["UpdatedReason"]), (&json!("DISABLED"), &json!("y")));
    assert_eq!(
        association(&stage, PCI)["AssociationStatus"],
        "ENABLED",
        "the status in the other standard does not change"
    );
}

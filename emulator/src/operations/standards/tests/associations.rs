//! Associations of security controls and standards (SEC-40 … SEC-49).

use securityhub_fixtures::Operation::{
    BatchEnableStandards, BatchGetStandardsControlAssociations, BatchUpdateStandardsControlAssociations,
    DescribeStandardsControls, ListStandardsControlAssociations, UpdateStandardsControl,
};
use serde_json::{Value, json};

use super::*;

fn listed(stage: &Stage, control: &str) -> Vec<Value> {
    let input = json!({ "SecurityControlId": control });
    let answer = stage.good(ADMINISTRATOR, ListStandardsControlAssociations, input);
    answer["StandardsControlAssociationSummaries"].as_array().unwrap().clone()
}

fn update(standard: &str, control: &str, status: &str, reason: Option<&str>) -> Value {
    let mut update = json!({ "StandardsArn": standard, "SecurityControlId": control, "AssociationStatus": status });
    if let Some(reason) = reason {
        update["UpdatedReason"] = json!(reason);
    }
    update
}

fn apply(stage: &Stage, updates: &[Value]) -> Value {
    let input = json!({ "StandardsControlAssociationUpdates": updates });
    stage.good(ADMINISTRATOR, BatchUpdateStandardsControlAssociations, input)["UnprocessedAssociationUpdates"].clone()
}

/// Rules: SEC-40, SEC-41, TF-24.
#[test]
fn enabled_standards_that_contain_the_control_are_listed() {
    let stage = with(&[PCI, CIS_1_2]);
    let rows = listed(&stage, "KMS.4");
    let arns: Vec<&Value> = rows.iter().map(|row| &row["StandardsArn"]).collect();
    assert_eq!(arns, [&json!(CIS_1_2), &json!(PCI)]);
    insta::assert_json_snapshot!(rows[0], @r#"
    {
      "StandardsArn": "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0",
      "SecurityControlId": "KMS.4",
      "SecurityControlArn": "arn:aws:securityhub:us-east-1:111111111111:security-control/KMS.4",
      "AssociationStatus": "ENABLED",
      "RelatedRequirements": [
        "CIS AWS Foundations 2.8"
      ],
      "UpdatedAt": "2026-01-15T09:00:00.000Z",
      "StandardsControlTitle": "Ensure rotation for customer created CMKs is enabled",
      "StandardsControlDescription": "This control checks the following: Ensure rotation for customer created CMKs is enabled."
    }
    "#);
    let by_arn = listed(&stage, "arn:aws:securityhub:us-east-1:111111111111:security-control/KMS.4");
    assert_eq!(by_arn, rows);
    assert_eq!(listed(&stage, "S3.8"), Vec::<Value>::new());
    let first = json!({ "SecurityControlId": "KMS.4", "MaxResults": 1 });
    let first = stage.good(ADMINISTRATOR, ListStandardsControlAssociations, first);
    let rest = json!({ "SecurityControlId": "KMS.4", "NextToken": first["NextToken"] });
    let rest = stage.good(ADMINISTRATOR, ListStandardsControlAssociations, rest);
    assert_eq!(rest["StandardsControlAssociationSummaries"], json!([rows[1]]));
}

/// Rules: SEC-40, SEC-44.
#[test]
fn standards_that_are_not_ready_are_not_listed() {
    let stage = slow();
    stage.good(ADMINISTRATOR, BatchEnableStandards, enable(&[PCI]));
    assert_eq!(listed(&stage, "KMS.4"), Vec::<Value>::new());
    let refused = apply(&stage, &[update(PCI, "KMS.4", "ENABLED", None)]);
    assert_eq!(refused[0]["ErrorCode"], "RESOURCE_NOT_FOUND");
    hours_pass(&stage, 1);
    assert_eq!(listed(&stage, "KMS.4").len(), 1);
}

/// Rules: SEC-42.
#[test]
fn an_unknown_control_is_refused() {
    let stage = with(&[PCI]);
    let input = json!({ "SecurityControlId": "KMS.999" });
    stage.refused(ADMINISTRATOR, ListStandardsControlAssociations, input, 400, "InvalidInputException");
}

/// Rules: SEC-43, SEC-44, SEC-45.
#[test]
fn associations_are_found_by_any_form_of_standard_arn() {
    let stage = with(&[PCI, CIS_1_2]);
    let get = |standard: &str, control: &str| {
        let ids = json!([{ "SecurityControlId": control, "StandardsArn": standard }]);
        let input = json!({ "StandardsControlAssociationIds": ids });
        let answer = stage.good(ADMINISTRATOR, BatchGetStandardsControlAssociations, input);
        let details = answer["StandardsControlAssociationDetails"].as_array().unwrap().first().cloned();
        details.ok_or_else(|| answer["UnprocessedAssociations"][0].clone())
    };
    for form in [
        PCI,
        "arn:aws:securityhub:::standards/pci-dss/v/3.2.1",
        "arn:aws:securityhub:us-east-1:123456789012:standards/pci-dss/v/3.2.1",
    ] {
        let detail = get(form, "KMS.4").unwrap();
        assert_eq!(detail["StandardsArn"], PCI);
        let arns = json!(["arn:aws:securityhub:us-east-1:111111111111:control/pci-dss/v/3.2.1/PCI.KMS.1"]);
        assert_eq!(detail["StandardsControlArns"], arns);
    }
    for (standard, control, code) in [
        (CIS_1_4, "KMS.4", "RESOURCE_NOT_FOUND"),
        (PCI, "S3.8", "RESOURCE_NOT_FOUND"),
        (PCI, "X.1", "RESOURCE_NOT_FOUND"),
        ("arn:aws:securityhub:eu-west-1::standards/pci-dss/v/3.2.1", "KMS.4", "RESOURCE_NOT_FOUND"),
        ("pci", "KMS.4", "INVALID_INPUT"),
        ("arn:aws:s3:::standards/pci-dss/v/3.2.1", "KMS.4", "INVALID_INPUT"),
    ] {
        let refused = get(standard, control).unwrap_err();
        assert_eq!(refused["ErrorCode"], code, "{standard} {control}");
        let sent = json!({ "SecurityControlId": control, "StandardsArn": standard });
        assert_eq!(refused["StandardsControlAssociationId"], sent);
    }
}

/// Rules: SEC-46, SEC-47.
#[test]
fn updates_are_processed_independently() {
    let stage = with(&[PCI, CIS_1_2]);
    let updates = [
        update(PCI, "KMS.4", "DISABLED", Some("rotated by hand")),
        update(CIS_1_2, "KMS.4", "DISABLED", None),
        update(CIS_1_4, "KMS.4", "ENABLED", None),
        update(PCI, "X.1", "ENABLED", None),
    ];
    let refused = apply(&stage, &updates);
    insta::assert_json_snapshot!(refused, @r#"
    [
      {
        "StandardsControlAssociationUpdate": {
          "StandardsArn": "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0",
          "SecurityControlId": "KMS.4",
          "AssociationStatus": "DISABLED"
        },
        "ErrorCode": "INVALID_INPUT",
        "ErrorReason": "UpdatedReason is required to disable a control"
      },
      {
        "StandardsControlAssociationUpdate": {
          "StandardsArn": "arn:aws:securityhub:us-east-1::standards/cis-aws-foundations-benchmark/v/1.4.0",
          "SecurityControlId": "KMS.4",
          "AssociationStatus": "ENABLED"
        },
        "ErrorCode": "RESOURCE_NOT_FOUND",
        "ErrorReason": "The standard is not enabled"
      },
      {
        "StandardsControlAssociationUpdate": {
          "StandardsArn": "arn:aws:securityhub:us-east-1::standards/pci-dss/v/3.2.1",
          "SecurityControlId": "X.1",
          "AssociationStatus": "ENABLED"
        },
        "ErrorCode": "RESOURCE_NOT_FOUND",
        "ErrorReason": "Security control not found"
      }
    ]
    "#);
    let statuses: Vec<Value> = listed(&stage, "KMS.4").iter().map(|row| row["AssociationStatus"].clone()).collect();
    assert_eq!(statuses, ["ENABLED", "DISABLED"]);
    assert_eq!(apply(&stage, &updates[..1]), json!([]));
    let many = json!({ "StandardsControlAssociationUpdates": vec![updates[0].clone(); 101] });
    stage.refused(ADMINISTRATOR, BatchUpdateStandardsControlAssociations, many, 400, "InvalidInputException");
}

/// Rules: SEC-48, TF-23.
#[test]
fn both_operations_share_the_state_of_a_control() {
    let stage = with(&[PCI]);
    let control = |stage: &Stage| {
        let input = json!({ "StandardsSubscriptionArn": OF_PCI });
        let answer = stage.good(ADMINISTRATOR, DescribeStandardsControls, input);
        let found = answer["Controls"].as_array().unwrap().iter().find(|it| it["ControlId"] == "PCI.KMS.1").cloned();
        found.unwrap()
    };
    hours_pass(&stage, 1);
    apply(&stage, &[update(PCI, "KMS.4", "DISABLED", Some("by hand"))]);
    let (standard_control, row) = (control(&stage), listed(&stage, "KMS.4").remove(0));
    assert_eq!(
        (&standard_control["ControlStatus"], &standard_control["DisabledReason"]),
        (&json!("DISABLED"), &json!("by hand"))
    );
    assert_eq!(
        (&row["UpdatedAt"], &row["UpdatedReason"]),
        (&standard_control["ControlStatusUpdatedAt"], &json!("by hand"))
    );
    assert_eq!(row["UpdatedAt"], stage.now());
    apply(&stage, &[update(PCI, "KMS.4", "ENABLED", Some("needed again"))]);
    assert_eq!(listed(&stage, "KMS.4")[0]["UpdatedReason"], "needed again");
    assert_eq!(control(&stage).get("DisabledReason"), None);
    apply(&stage, &[update(PCI, "KMS.4", "ENABLED", None)]);
    assert_eq!(listed(&stage, "KMS.4")[0].get("UpdatedReason"), None);
    let arn = "arn:aws:securityhub:us-east-1:111111111111:control/pci-dss/v/3.2.1/PCI.KMS.1";
    for status in ["DISABLED", "ENABLED"] {
        let input = json!({ "StandardsControlArn": arn, "ControlStatus": status, "DisabledReason": "audit" });
        stage.good(ADMINISTRATOR, UpdateStandardsControl, input);
        let reason = listed(&stage, "KMS.4")[0].get("UpdatedReason").cloned();
        assert_eq!(reason, (status == "DISABLED").then(|| json!("audit")));
    }
}

/// Rules: CTL-21, SEC-48.
#[test]
fn an_association_sets_all_its_standard_controls() {
    let stage = with(&[CIS_1_2]);
    apply(&stage, &[update(CIS_1_2, "CloudWatch.1", "DISABLED", Some("x"))]);
    let input = json!({ "StandardsSubscriptionArn": OF_CIS_1_2 });
    let answer = stage.good(ADMINISTRATOR, DescribeStandardsControls, input);
    let disabled: Vec<&Value> = answer["Controls"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|control| control["ControlStatus"] == "DISABLED")
        .map(|control| &control["ControlId"])
        .collect();
    assert_eq!(disabled, [&json!("CIS.1.1"), &json!("CIS.3.3")]);
}

/// Rules: SEC-49.
#[test]
fn controls_of_the_control_tower_standard_can_be_changed() {
    let stage = bare();
    let arn = control_tower(&stage);
    assert_eq!(apply(&stage, &[update(arn, "CloudTrail.2", "DISABLED", Some("drift"))]), json!([]));
    assert_eq!(listed(&stage, "CloudTrail.2")[0]["AssociationStatus"], "DISABLED");
}

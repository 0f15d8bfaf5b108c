//! Standards and their subscriptions (STD).

use securityhub_fixtures::Operation::{
    BatchDisableStandards, BatchEnableStandards, BatchUpdateStandardsControlAssociations, DescribeStandards,
    DescribeStandardsControls, DisableSecurityHub, EnableSecurityHub, GetEnabledStandards,
    ListStandardsControlAssociations, UpdateSecurityControl, UpdateStandardsControl,
};
use serde_json::{Value, json};

use super::*;
use crate::testing::MEMBER;

fn described(stage: &Stage, input: Value) -> Vec<Value> {
    stage.good(ADMINISTRATOR, DescribeStandards, input)["Standards"].as_array().unwrap().clone()
}

/// Rules: STD-06, STD-08, STD-10, STD-13, STD-14.
#[test]
fn all_standards_that_can_be_enabled_are_described() {
    let stage = bare();
    let all = described(&stage, json!({}));
    assert_eq!(all.len(), 11, "all but the standards of Control Tower and Azure");
    assert_eq!(all[0]["StandardsArn"], FSBP);
    assert_eq!(all[1]["StandardsArn"], CIS_1_2);
    let default: Vec<bool> = all.iter().map(|standard| standard["EnabledByDefault"].as_bool().unwrap()).collect();
    assert_eq!(default, [true, true, false, false, false, false, false, false, false, false, false]);
    insta::assert_json_snapshot!(all[5], @r#"
    {
      "StandardsArn": "arn:aws:securityhub:us-east-1::standards/pci-dss/v/3.2.1",
      "Name": "PCI DSS v3.2.1",
      "Description": "Checks resources that handle card data against requirements of PCI DSS, version 3.2.1.",
      "EnabledByDefault": false,
      "Provider": "AWS",
      "StandardsManagedBy": {
        "Company": "AWS",
        "Product": "Security Hub"
      }
    }
    "#);
}

/// Rules: STD-13, STD-27.
#[test]
fn the_control_tower_standard_appears_once_it_exists() {
    let stage = bare();
    stage.refused(ADMINISTRATOR, BatchEnableStandards, enable(&[CONTROL_TOWER]), 400, "InvalidInputException");
    let arn = control_tower(&stage);
    let last = described(&stage, json!({})).pop().unwrap();
    let company = json!({ "Company": "AWS", "Product": "Control Tower" });
    assert_eq!((&last["StandardsArn"], &last["StandardsManagedBy"]), (&json!(arn), &company));
    assert_eq!(statuses(&stage), [(arn.to_owned(), "READY".to_owned())]);
}

/// Rules: STD-05.
#[test]
fn standard_arns_have_the_partition_of_the_region() {
    let stage = Stage::empty();
    stage.call_in("cn-north-1", ADMINISTRATOR, EnableSecurityHub, json!({})).unwrap();
    let answer = stage.call_in("cn-north-1", ADMINISTRATOR, GetEnabledStandards, json!({})).unwrap();
    let rows = answer["StandardsSubscriptions"].as_array().unwrap();
    assert_eq!(rows[1]["StandardsArn"], "arn:aws-cn:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0");
    assert_eq!(
        rows[1]["StandardsSubscriptionArn"],
        "arn:aws-cn:securityhub:cn-north-1:111111111111:subscription/cis-aws-foundations-benchmark/v/1.2.0"
    );
}

/// Rules: STD-07.
#[test]
fn lists_are_filtered_by_provider() {
    let stage = with(&[PCI]);
    assert_eq!(described(&stage, json!({ "Providers": ["Azure"] })), Vec::<Value>::new());
    assert_eq!(described(&stage, json!({ "Providers": ["AWS", "GCP"] })).len(), 11);
    let of = |provider: &str| {
        let answer = stage.good(ADMINISTRATOR, GetEnabledStandards, json!({ "Providers": [provider] }));
        answer["StandardsSubscriptions"].as_array().unwrap().len()
    };
    assert_eq!((of("AWS"), of("GCP")), (1, 0));
}

/// Rules: STD-11, STD-52.
#[test]
fn lists_of_standards_are_paged() {
    let stage = with(&[PCI, CIS_1_4, FSBP]);
    let first = stage.good(ADMINISTRATOR, DescribeStandards, json!({ "MaxResults": 7 }));
    let rest = described(&stage, json!({ "NextToken": first["NextToken"], "MaxResults": 100 }));
    assert_eq!((first["Standards"].as_array().unwrap().len(), rest.len()), (7, 4));
    let first = stage.good(ADMINISTRATOR, GetEnabledStandards, json!({ "MaxResults": 2 }));
    let arns = |answer: &Value| {
        let rows = answer["StandardsSubscriptions"].as_array().unwrap();
        rows.iter().map(|row| row["StandardsArn"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(arns(&first), [FSBP, CIS_1_4]);
    let rest = stage.good(ADMINISTRATOR, GetEnabledStandards, json!({ "NextToken": first["NextToken"] }));
    assert_eq!((arns(&rest), rest.get("NextToken")), (vec![PCI.to_owned()], None));
    for wrong in [0, 101] {
        let input = json!({ "MaxResults": wrong });
        stage.refused(ADMINISTRATOR, DescribeStandards, input.clone(), 400, "InvalidInputException");
        stage.refused(ADMINISTRATOR, GetEnabledStandards, input, 400, "InvalidInputException");
    }
}

/// Rules: STD-12.
#[test]
fn a_disabled_hub_has_no_standards() {
    let stage = Stage::empty();
    for operation in [DescribeStandards, GetEnabledStandards] {
        let message = stage.refused(ADMINISTRATOR, operation, json!({}), 401, "InvalidAccessException");
        assert_eq!(message, "Account 111111111111 is not subscribed to AWS Security Hub");
    }
}

/// Rules: STD-02, STD-20, STD-23, STD-51, STD-63, TF-21.
#[test]
fn an_enabled_standard_is_pending_and_then_ready() {
    let stage = bare();
    let request = json!({ "StandardsArn": PCI, "StandardsInput": { "scope": "cards" } });
    let input =
        json!({ "StandardsSubscriptionRequests": [request, { "StandardsArn": CIS_1_2 }, { "StandardsArn": PCI }] });
    let answer = stage.good(ADMINISTRATOR, BatchEnableStandards, input);
    insta::assert_json_snapshot!(answer, @r#"
    {
      "StandardsSubscriptions": [
        {
          "StandardsSubscriptionArn": "arn:aws:securityhub:us-east-1:111111111111:subscription/pci-dss/v/3.2.1",
          "StandardsArn": "arn:aws:securityhub:us-east-1::standards/pci-dss/v/3.2.1",
          "StandardsInput": {
            "scope": "cards"
          },
          "StandardsStatus": "PENDING",
          "StandardsControlsUpdatable": "NOT_READY_FOR_UPDATES",
          "Provider": "AWS"
        },
        {
          "StandardsSubscriptionArn": "arn:aws:securityhub:us-east-1:111111111111:subscription/cis-aws-foundations-benchmark/v/1.2.0",
          "StandardsArn": "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0",
          "StandardsInput": {},
          "StandardsStatus": "PENDING",
          "StandardsControlsUpdatable": "NOT_READY_FOR_UPDATES",
          "Provider": "AWS"
        }
      ]
    }
    "#);
    assert_eq!(statuses(&stage), [(CIS_1_2.to_owned(), "READY".to_owned()), (PCI.to_owned(), "READY".to_owned())]);
    let row = &stage.good(ADMINISTRATOR, GetEnabledStandards, json!({}))["StandardsSubscriptions"][1];
    assert_eq!(row["StandardsControlsUpdatable"], "READY_FOR_UPDATES");
    assert_eq!(row["StandardsInput"], json!({ "scope": "cards" }));
}

/// Rules: STD-20, STD-30.
#[test]
fn between_1_and_25_standards_are_accepted() {
    let stage = bare();
    for count in [0, 26] {
        let arns = vec![PCI; count];
        stage.refused(ADMINISTRATOR, BatchEnableStandards, enable(&arns), 400, "InvalidInputException");
        stage.refused(ADMINISTRATOR, BatchDisableStandards, disable(&arns), 400, "InvalidInputException");
    }
}

/// Rules: STD-21, STD-22.
#[test]
fn one_invalid_arn_refuses_the_whole_call() {
    let stage = bare();
    for wrong in [
        "arn:aws:securityhub:::standards/pci-dss/v/3.2.1",
        "arn:aws:securityhub:eu-west-1::standards/pci-dss/v/3.2.1",
        "arn:aws:securityhub:us-east-1::standards/pci-dss/v/9",
        "arn:aws:securityhub:us-east-1::ruleset/cis-aws-foundations-benchmark/v/1.2.0",
        "arn:aws:securityhub:us-east-1::",
        "pci",
    ] {
        let input = enable(&[PCI, wrong]);
        let message = stage.refused(ADMINISTRATOR, BatchEnableStandards, input, 400, "InvalidInputException");
        assert_eq!(message, format!(r#"Invalid StandardsSubscriptionRequest(s): [{{"StandardsArn":"{wrong}"}}]"#));
    }
    assert_eq!(statuses(&stage), []);
}

/// Rules: STD-24.
#[test]
fn enabling_a_standard_again_has_no_effect() {
    let stage = with(&[PCI]);
    let control = "arn:aws:securityhub:us-east-1:111111111111:control/pci-dss/v/3.2.1/PCI.CW.1";
    let input = json!({ "StandardsControlArn": control, "ControlStatus": "DISABLED", "DisabledReason": "no" });
    stage.good(ADMINISTRATOR, UpdateStandardsControl, input);
    let answer = stage.good(ADMINISTRATOR, BatchEnableStandards, enable(&[PCI]));
    assert_eq!(answer["StandardsSubscriptions"][0]["StandardsStatus"], "READY");
    let controls = stage.good(ADMINISTRATOR, DescribeStandardsControls, json!({ "StandardsSubscriptionArn": OF_PCI }));
    let disabled = controls["Controls"].as_array().unwrap().iter().filter(|it| it["ControlStatus"] == "DISABLED");
    assert_eq!(disabled.count(), 1);
}

/// Rules: STD-25, STD-34.
#[test]
fn a_standard_that_is_being_disabled_can_be_neither_enabled_nor_disabled() {
    let stage = slow();
    stage.good(ADMINISTRATOR, BatchEnableStandards, enable(&[PCI]));
    hours_pass(&stage, 1);
    let answer = stage.good(ADMINISTRATOR, BatchDisableStandards, disable(&[OF_PCI]));
    assert_eq!(answer["StandardsSubscriptions"][0]["StandardsStatus"], "DELETING");
    let expected = format!(r#"StandardsSubscription(s) in state DELETING, please try later: ["{OF_PCI}"]"#);
    let input = enable(&[FSBP, PCI]);
    assert_eq!(stage.refused(ADMINISTRATOR, BatchEnableStandards, input, 400, "InvalidInputException"), expected);
    let input = disable(&[OF_PCI]);
    assert_eq!(stage.refused(ADMINISTRATOR, BatchDisableStandards, input, 400, "InvalidInputException"), expected);
    assert_eq!(statuses(&stage), [(PCI.to_owned(), "DELETING".to_owned())]);
    hours_pass(&stage, 2);
    assert_eq!(statuses(&stage), []);
}

/// Rules: STD-33, STD-63.
#[test]
fn a_standard_that_is_being_enabled_cannot_be_disabled() {
    let stage = slow();
    stage.good(ADMINISTRATOR, BatchEnableStandards, enable(&[PCI]));
    let message = stage.refused(ADMINISTRATOR, BatchDisableStandards, disable(&[OF_PCI]), 400, "InvalidInputException");
    assert_eq!(message, format!(r#"StandardsSubscription(s) in state PENDING, please try later: ["{OF_PCI}"]"#));
    hours_pass(&stage, 1);
    assert_eq!(statuses(&stage), [(PCI.to_owned(), "READY".to_owned())]);
    stage.good(ADMINISTRATOR, BatchDisableStandards, disable(&[OF_PCI]));
}

/// Rules: STD-30, STD-31, STD-46.
#[test]
fn a_disabled_standard_is_removed() {
    let stage = with(&[PCI, CIS_1_2]);
    let answer = stage.good(ADMINISTRATOR, BatchDisableStandards, disable(&[OF_PCI, OF_PCI]));
    let rows = answer["StandardsSubscriptions"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["StandardsStatus"]), (1, &json!("DELETING")));
    assert_eq!(rows[0]["StandardsControlsUpdatable"], "NOT_READY_FOR_UPDATES");
    assert_eq!(statuses(&stage), [(CIS_1_2.to_owned(), "READY".to_owned())]);
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "EnableDefaultStandards": false }));
    assert_eq!(statuses(&stage), []);
}

/// Rules: STD-32.
#[test]
fn one_unknown_subscription_refuses_the_whole_call() {
    let stage = with(&[PCI]);
    for wrong in [OF_CIS_1_2, PCI, "x", &OF_PCI.replace("111111111111", MEMBER)] {
        let input = disable(&[OF_PCI, wrong]);
        let message = stage.refused(ADMINISTRATOR, BatchDisableStandards, input, 400, "InvalidInputException");
        assert_eq!(message, format!(r#"Invalid StandardsSubscriptionArn(s): ["{wrong}"]"#));
    }
    assert_eq!(statuses(&stage), [(PCI.to_owned(), "READY".to_owned())]);
}

/// Rules: STD-29.
#[test]
fn a_centrally_managed_account_cannot_change_standards() {
    let stage = with(&[PCI]);
    manage_centrally(&stage);
    let update = json!({ "StandardsControlArn": "arn:aws:securityhub:us-east-1:111111111111:control/x/1" });
    let associations = json!({ "StandardsControlAssociationUpdates": [] });
    let parameters = json!({ "SecurityControlId": "ACM.1", "Parameters": { "x": { "ValueType": "DEFAULT" } } });
    for (operation, input) in [
        (BatchEnableStandards, enable(&[CIS_1_2])),
        (BatchDisableStandards, disable(&[OF_PCI])),
        (UpdateStandardsControl, update),
        (BatchUpdateStandardsControlAssociations, associations),
        (UpdateSecurityControl, parameters),
    ] {
        let message = stage.refused(ADMINISTRATOR, operation, input, 403, "AccessDeniedException");
        assert!(message.contains("central configuration policy"), "{message}");
    }
}

/// Rules: STD-35, STD-60, STD-61.
#[test]
fn without_a_recorder_a_standard_is_incomplete() {
    let stage = bare();
    recorder(&stage, ConfigRecorder::Off);
    stage.good(ADMINISTRATOR, BatchEnableStandards, enable(&[PCI]));
    let row = stage.good(ADMINISTRATOR, GetEnabledStandards, json!({}))["StandardsSubscriptions"][0].clone();
    assert_eq!(row["StandardsStatus"], "INCOMPLETE");
    assert_eq!(row["StandardsStatusReason"], json!({ "StatusReasonCode": "NO_AVAILABLE_CONFIGURATION_RECORDER" }));
    assert_eq!(row["StandardsControlsUpdatable"], "READY_FOR_UPDATES");
    recorder(&stage, ConfigRecorder::On);
    let answer = stage.good(ADMINISTRATOR, BatchEnableStandards, enable(&[PCI]));
    assert_eq!(answer["StandardsSubscriptions"][0]["StandardsStatus"], "PENDING");
    assert_eq!(statuses(&stage), [(PCI.to_owned(), "READY".to_owned())]);
    recorder(&stage, ConfigRecorder::Off);
    stage.good(ADMINISTRATOR, BatchEnableStandards, enable(&[CIS_1_2]));
    stage.good(ADMINISTRATOR, BatchDisableStandards, disable(&[OF_CIS_1_2]));
    assert_eq!(statuses(&stage).len(), 1);
}

/// Rules: STD-50.
#[test]
fn only_requested_subscriptions_are_listed() {
    let stage = with(&[PCI, CIS_1_2]);
    let listed = |arns: Value| {
        let answer = stage.good(ADMINISTRATOR, GetEnabledStandards, json!({ "StandardsSubscriptionArns": arns }));
        answer["StandardsSubscriptions"].as_array().unwrap().len()
    };
    assert_eq!(listed(json!([OF_PCI])), 1);
    assert_eq!(listed(json!(["arn:aws:securityhub:us-east-1:111111111111:subscription/x", OF_PCI])), 1);
    assert_eq!(listed(json!([FSBP])), 0);
    let many = json!({ "StandardsSubscriptionArns": vec![OF_PCI; 26] });
    stage.refused(ADMINISTRATOR, GetEnabledStandards, many, 400, "InvalidInputException");
}

/// Rules: STD-40, STD-41, STD-42.
#[test]
fn enabling_a_standard_again_resets_its_controls() {
    let stage = with(&[PCI, CIS_1_2]);
    let updates = [PCI, CIS_1_2].map(|arn| {
        json!({ "StandardsArn": arn, "SecurityControlId": "KMS.4", "AssociationStatus": "DISABLED", "UpdatedReason": "no" })
    });
    let input = json!({ "StandardsControlAssociationUpdates": updates });
    stage.good(ADMINISTRATOR, BatchUpdateStandardsControlAssociations, input);
    let associations = |stage: &Stage| {
        let input = json!({ "SecurityControlId": "KMS.4" });
        let answer = stage.good(ADMINISTRATOR, ListStandardsControlAssociations, input);
        let rows = answer["StandardsControlAssociationSummaries"].as_array().unwrap().clone();
        rows.iter().map(|row| (row["StandardsArn"].clone(), row["AssociationStatus"].clone())).collect::<Vec<_>>()
    };
    stage.good(ADMINISTRATOR, BatchDisableStandards, disable(&[OF_PCI]));
    assert_eq!(associations(&stage), [(json!(CIS_1_2), json!("DISABLED"))]);
    stage.good(ADMINISTRATOR, BatchEnableStandards, enable(&[PCI, CIS_1_4]));
    let expected = [(CIS_1_2, "DISABLED"), (CIS_1_4, "ENABLED"), (PCI, "ENABLED")];
    assert_eq!(associations(&stage), expected.map(|(arn, status)| (json!(arn), json!(status))));
}

/// Rules: STD-45.
#[test]
fn changing_controls_does_not_change_the_subscription() {
    let stage = slow();
    stage.good(ADMINISTRATOR, BatchEnableStandards, enable(&[FSBP]));
    hours_pass(&stage, 1);
    let control =
        "arn:aws:securityhub:us-east-1:111111111111:control/aws-foundational-security-best-practices/v/1.0.0/ACM.1";
    let input = json!({ "StandardsControlArn": control, "ControlStatus": "DISABLED", "DisabledReason": "no" });
    stage.good(ADMINISTRATOR, UpdateStandardsControl, input);
    let parameters = json!({ "daysToExpiration": { "ValueType": "CUSTOM", "Value": { "Integer": 40 } } });
    let input = json!({ "SecurityControlId": "ACM.1", "Parameters": parameters });
    stage.good(ADMINISTRATOR, UpdateSecurityControl, input);
    assert_eq!(statuses(&stage), [(FSBP.to_owned(), "READY".to_owned())]);
}

/// Rules: STD-63.
#[test]
fn enabling_the_hub_again_restarts_its_standards() {
    let mut stage = slow();
    stage.0.delays.standards_enable = jiff::SignedDuration::from_hours(3);
    stage.good(ADMINISTRATOR, BatchEnableStandards, enable(&[PCI]));
    hours_pass(&stage, 2);
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "EnableDefaultStandards": false }));
    stage.good(ADMINISTRATOR, BatchEnableStandards, enable(&[PCI]));
    hours_pass(&stage, 1);
    assert_eq!(statuses(&stage), [(PCI.to_owned(), "PENDING".to_owned())], "the earlier due entry has no effect");
    hours_pass(&stage, 2);
    assert_eq!(statuses(&stage), [(PCI.to_owned(), "READY".to_owned())]);
}

//! Security controls, their definitions and parameters (SEC-01 … SEC-38).

use securityhub_fixtures::Operation::{
    BatchGetSecurityControls, GetSecurityControlDefinition, ListSecurityControlDefinitions, UpdateSecurityControl,
    UpdateStandardsControl,
};
use serde_json::{Value, json};

use super::*;

fn definitions(stage: &Stage, mut input: Value) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let mut answer = stage.good(ADMINISTRATOR, ListSecurityControlDefinitions, input.clone());
        all.append(answer["SecurityControlDefinitions"].as_array_mut().unwrap());
        let Some(token) = answer.get("NextToken") else { return all };
        input["NextToken"] = token.clone();
    }
}

fn definition(stage: &Stage, id: &str) -> Value {
    let input = json!({ "SecurityControlId": id });
    stage.good(ADMINISTRATOR, GetSecurityControlDefinition, input)["SecurityControlDefinition"].clone()
}

fn control(stage: &Stage, id: &str) -> Value {
    let input = json!({ "SecurityControlIds": [id] });
    stage.good(ADMINISTRATOR, BatchGetSecurityControls, input)["SecurityControls"][0].clone()
}

fn update(id: &str, parameters: Value) -> Value {
    json!({ "SecurityControlId": id, "Parameters": parameters })
}

fn custom(type_name: &str, value: Value) -> Value {
    json!({ "ValueType": "CUSTOM", "Value": { type_name: value } })
}

/// Rules: SEC-01, SEC-02, SEC-05.
#[test]
fn definitions_are_listed_without_subscriptions() {
    let stage = bare();
    let first = stage.good(ADMINISTRATOR, ListSecurityControlDefinitions, json!({}));
    assert_eq!(first["SecurityControlDefinitions"].as_array().unwrap().len(), 25);
    let all = definitions(&stage, json!({ "MaxResults": 100 }));
    assert_eq!(all.len(), 592);
    let ids: Vec<&str> = all.iter().map(|it| it["SecurityControlId"].as_str().unwrap()).take(3).collect();
    assert_eq!(ids, ["Account.1", "Account.2", "ACM.1"]);
    let of_pci = definitions(&stage, json!({ "StandardsArn": PCI }));
    assert_eq!(of_pci.len(), 44);
    assert_eq!(definitions(&stage, json!({ "StandardsArn": CIS_1_2 })).len(), 42, "CloudWatch.1 is listed once");
    assert_eq!(definitions(&stage, json!({ "Providers": ["GCP"] })).len(), 0);
}

/// Rules: SEC-03.
#[test]
fn an_unknown_standard_is_refused() {
    let stage = bare();
    for wrong in ["x", "arn:aws:securityhub:eu-west-1::standards/pci-dss/v/3.2.1", "arn:aws:securityhub:us-east-1::"] {
        let input = json!({ "StandardsArn": wrong });
        stage.refused(ADMINISTRATOR, ListSecurityControlDefinitions, input, 400, "InvalidInputException");
    }
}

/// Rules: SEC-04, SEC-08, SEC-09.
#[test]
fn a_definition_describes_its_parameters() {
    let stage = bare();
    insta::assert_json_snapshot!(definition(&stage, "ACM.1"), @r#"
    {
      "SecurityControlId": "ACM.1",
      "Title": "Imported and ACM-issued certificates should be renewed after a specified time period",
      "Description": "This control checks the following: Imported and ACM-issued certificates should be renewed after a specified time period.",
      "RemediationUrl": "https://docs.aws.amazon.com/console/securityhub/ACM.1/remediation",
      "SeverityRating": "MEDIUM",
      "CurrentRegionAvailability": "AVAILABLE",
      "CustomizableProperties": [
        "Parameters"
      ],
      "ParameterDefinitions": {
        "daysToExpiration": {
          "Description": "Parameter daysToExpiration of the control",
          "ConfigurationOptions": {
            "Integer": {
              "DefaultValue": 30,
              "Min": 14,
              "Max": 365
            }
          }
        }
      },
      "Provider": "AWS"
    }
    "#);
    let plain = definition(&stage, "S3.1");
    assert_eq!((&plain["CustomizableProperties"], plain.get("ParameterDefinitions")), (&json!([]), None));
    let listed = definitions(&stage, json!({ "StandardsArn": FSBP, "MaxResults": 2 }));
    let acm = listed.iter().find(|it| it["SecurityControlId"] == "ACM.1").unwrap();
    assert_eq!((&acm["CustomizableProperties"], acm.get("ParameterDefinitions")), (&json!(["Parameters"]), None));
}

/// Rules: SEC-08, SEC-09, SEC-11.
#[test]
fn each_parameter_has_options_of_one_type() {
    let stage = bare();
    let options =
        |id: &str, name: &str| definition(&stage, id)["ParameterDefinitions"][name]["ConfigurationOptions"].clone();
    for (id, name, expected) in [
        ("RDS.14", "BacktrackWindowInHours", json!({ "Double": { "Min": 0.1, "Max": 72.0 } })),
        ("ACM.3", "requiredTagKeys", json!({ "StringList": { "MaxItems": 6 } })),
        ("AppConfig.1", "requiredKeyTags", json!({ "StringList": { "MaxItems": 6 } })),
        ("Cognito.3", "requireLowercase", json!({ "Boolean": { "DefaultValue": true } })),
        (
            "AutoScaling.2",
            "minAvailabilityZones",
            json!({ "Enum": { "DefaultValue": "2", "AllowedValues": ["2", "3", "4", "5", "6"] } }),
        ),
        (
            "RDS.40",
            "logTypes",
            json!({ "EnumList": { "DefaultValue": ["agent", "error"], "AllowedValues": ["agent", "error"], "MaxItems": 2 } }),
        ),
        (
            "EC2.18",
            "authorizedTcpPorts",
            json!({ "IntegerList": { "DefaultValue": [80, 443], "Min": 1, "Max": 65535, "MaxItems": 32 } }),
        ),
    ] {
        assert_eq!(options(id, name), expected, "{id}");
    }
}

/// Rules: SEC-06.
#[test]
fn availability_refers_to_the_callers_region() {
    let stage = bare();
    stage.call_in("cn-north-1", ADMINISTRATOR, securityhub_fixtures::Operation::EnableSecurityHub, json!({})).unwrap();
    let input = json!({ "SecurityControlId": "Account.1" });
    assert_eq!(definition(&stage, "Account.1")["CurrentRegionAvailability"], "AVAILABLE");
    let there = stage.call_in("cn-north-1", ADMINISTRATOR, GetSecurityControlDefinition, input).unwrap();
    assert_eq!(there["SecurityControlDefinition"]["CurrentRegionAvailability"], "UNAVAILABLE");
}

/// Rules: SEC-07, SEC-10.
#[test]
fn control_ids_are_case_sensitive_and_retired_ones_unknown() {
    let stage = bare();
    for wrong in ["s3.1", "AppSync.1", "S3.999", "arn:aws:securityhub:us-east-1:111111111111:security-control/S3.1"] {
        let input = json!({ "SecurityControlId": wrong });
        let refusal =
            stage.refused(ADMINISTRATOR, GetSecurityControlDefinition, input, 404, "ResourceNotFoundException");
        assert_eq!(refusal, "Security control not found");
    }
}

/// Rules: SEC-20, SEC-21, SEC-23, SEC-25.
#[test]
fn controls_are_found_by_id_or_arn_without_duplicates() {
    let stage = with(&[FSBP]);
    let arn = "arn:aws:securityhub:us-east-1:111111111111:security-control/ACM.1";
    let input = json!({ "SecurityControlIds": ["S3.1", arn, "ACM.1", "ACM.3"] });
    let answer = stage.good(ADMINISTRATOR, BatchGetSecurityControls, input);
    let controls = answer["SecurityControls"].as_array().unwrap();
    let ids: Vec<&str> = controls.iter().map(|control| control["SecurityControlId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["S3.1", "ACM.1", "ACM.3"]);
    assert_eq!(answer["UnprocessedIds"], json!([]));
    insta::assert_json_snapshot!(controls[1], @r#"
    {
      "SecurityControlId": "ACM.1",
      "SecurityControlArn": "arn:aws:securityhub:us-east-1:111111111111:security-control/ACM.1",
      "Title": "Imported and ACM-issued certificates should be renewed after a specified time period",
      "Description": "This control checks the following: Imported and ACM-issued certificates should be renewed after a specified time period.",
      "RemediationUrl": "https://docs.aws.amazon.com/console/securityhub/ACM.1/remediation",
      "SeverityRating": "MEDIUM",
      "SecurityControlStatus": "ENABLED",
      "UpdateStatus": "READY",
      "Parameters": {
        "daysToExpiration": {
          "ValueType": "DEFAULT",
          "Value": {
            "Integer": 30
          }
        }
      },
      "Provider": "AWS"
    }
    "#);
    assert_eq!(controls[0]["Parameters"], json!({}));
    assert_eq!(controls[2]["Parameters"], json!({ "requiredTagKeys": { "ValueType": "DEFAULT" } }));
    let many = json!({ "SecurityControlIds": vec!["S3.1"; 101] });
    stage.refused(ADMINISTRATOR, BatchGetSecurityControls, many, 400, "InvalidInputException");
}

/// Rules: SEC-22.
#[test]
fn a_control_is_enabled_while_one_enabled_standard_has_it_enabled() {
    let stage = with(&[PCI, CIS_1_2]);
    let status = |stage: &Stage| control(stage, "KMS.4")["SecurityControlStatus"].clone();
    assert_eq!(control(&stage, "S3.8")["SecurityControlStatus"], "DISABLED", "no enabled standard includes S3.8");
    for (tail, expected) in
        [("pci-dss/v/3.2.1/PCI.KMS.1", "ENABLED"), ("cis-aws-foundations-benchmark/v/1.2.0/2.8", "DISABLED")]
    {
        let arn = format!("arn:aws:securityhub:us-east-1:111111111111:control/{tail}");
        let input = json!({ "StandardsControlArn": arn, "ControlStatus": "DISABLED", "DisabledReason": "x" });
        stage.good(ADMINISTRATOR, UpdateStandardsControl, input);
        assert_eq!(status(&stage), expected, "{tail}");
    }
}

/// Rules: SEC-24.
#[test]
fn unknown_controls_are_listed_as_unprocessed() {
    let stage = bare();
    let ids = [
        "X.1",
        "arn:aws:securityhub:us-east-1:222222222222:security-control/S3.1",
        "arn:aws:securityhub:eu-west-1:111111111111:security-control/S3.1",
        "arn:aws:securityhub:us-east-1:111111111111:security-control/X.1",
        "arn:aws:securityhub:us-east-1:111111111111:hub/default",
        "arn:x",
        "X.1",
    ];
    let answer = stage.good(ADMINISTRATOR, BatchGetSecurityControls, json!({ "SecurityControlIds": ids }));
    let unprocessed: Vec<(&Value, &Value)> = answer["UnprocessedIds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (&it["SecurityControlId"], &it["ErrorCode"]))
        .collect();
    let codes = [
        "RESOURCE_NOT_FOUND",
        "ACCESS_DENIED",
        "ACCESS_DENIED",
        "RESOURCE_NOT_FOUND",
        "INVALID_INPUT",
        "INVALID_INPUT",
    ];
    let expected: Vec<(Value, Value)> = ids.iter().zip(codes).map(|(id, code)| (json!(id), json!(code))).collect();
    assert_eq!(unprocessed, expected.iter().map(|(id, code)| (id, code)).collect::<Vec<_>>());
    assert_eq!(answer["UnprocessedIds"][0]["ErrorReason"], "Security control not found");
    assert_eq!(answer["SecurityControls"], json!([]));
}

/// Rules: SEC-30, SEC-31, SEC-32, SEC-33.
#[test]
fn parameters_can_be_set_and_reset_to_the_default() {
    let stage = with(&[FSBP]);
    let set = |parameters: Value| {
        assert_eq!(stage.good(ADMINISTRATOR, UpdateSecurityControl, update("Cognito.3", parameters)), json!({}));
    };
    let length = |stage: &Stage| control(stage, "Cognito.3")["Parameters"]["requireLowercase"].clone();
    set(json!({ "requireLowercase": custom("Boolean", json!(false)) }));
    assert_eq!(length(&stage), json!({ "ValueType": "CUSTOM", "Value": { "Boolean": false } }));
    set(json!({ "requireUppercase": custom("Boolean", json!(true)) }));
    assert_eq!(length(&stage)["ValueType"], "CUSTOM", "other parameters keep their values");
    let upper = control(&stage, "Cognito.3")["Parameters"]["requireUppercase"].clone();
    assert_eq!(upper["ValueType"], "CUSTOM", "a value equal to the default is custom, too");
    set(json!({ "requireLowercase": { "ValueType": "DEFAULT", "Value": { "Boolean": false } } }));
    assert_eq!(length(&stage), json!({ "ValueType": "DEFAULT", "Value": { "Boolean": true } }));
}

/// Rules: SEC-21, SEC-30.
#[test]
fn the_reason_is_that_of_the_last_update() {
    let stage = bare();
    assert_eq!(control(&stage, "ACM.1").get("LastUpdateReason"), None);
    let mut input = update("ACM.1", json!({ "daysToExpiration": custom("Integer", json!(45)) }));
    input["LastUpdateReason"] = json!("Audit 7");
    stage.good(ADMINISTRATOR, UpdateSecurityControl, input.clone());
    assert_eq!(control(&stage, "ACM.1")["LastUpdateReason"], "Audit 7");
    input["LastUpdateReason"] = json!("no!");
    stage.refused(ADMINISTRATOR, UpdateSecurityControl, input, 400, "InvalidInputException");
}

/// Sets a parameter to a custom value, expects a refusal, and returns its message after `data.Parameters`.
fn refused(stage: &Stage, id: &str, name: &str, configuration: Value) -> String {
    let input = update(id, json!({ name: configuration }));
    let refusal = stage.refused(ADMINISTRATOR, UpdateSecurityControl, input, 400, "InvalidInputException");
    refusal.strip_prefix("Invalid parameter 'Parameters'. data.Parameters").unwrap_or(&refusal).to_owned()
}

/// Rules: SEC-34.
#[test]
fn values_out_of_range_or_of_the_wrong_type_are_refused() {
    let stage = bare();
    let days = |configuration| refused(&stage, "ACM.1", "daysToExpiration", configuration);
    assert_eq!(days(custom("Integer", json!(366))), ".daysToExpiration.Value.Integer should be <= 365");
    assert_eq!(days(custom("Integer", json!(13))), ".daysToExpiration.Value.Integer should be >= 14");
    let refusal = ".daysToExpiration.Value should have required property 'Integer'";
    assert_eq!(days(custom("Double", json!(20.0))), refusal);
    assert_eq!(days(json!({ "ValueType": "CUSTOM" })), ".daysToExpiration should have required property 'Value'");
    assert_eq!(control(&stage, "ACM.1")["Parameters"]["daysToExpiration"]["ValueType"], "DEFAULT");
    let hours = refused(&stage, "RDS.14", "BacktrackWindowInHours", custom("Double", json!(72.5)));
    assert_eq!(hours, ".BacktrackWindowInHours.Value.Double should be <= 72");
    let zones = refused(&stage, "AutoScaling.2", "minAvailabilityZones", custom("Enum", json!("7")));
    assert_eq!(zones, ".minAvailabilityZones.Value.Enum should be equal to one of the allowed values");
}

/// Rules: SEC-34.
#[test]
fn parameters_of_bucket_controls_accept_the_documented_values() {
    let stage = bare();
    let refusal = refused(&stage, "S3.13", "targetTransitionStorageClass", custom("Enum", json!("nonsense")));
    assert_eq!(refusal, ".targetTransitionStorageClass.Value.Enum should be equal to one of the allowed values");
    let refusal = refused(&stage, "S3.11", "eventTypes", custom("EnumList", json!(["s3:TestEvent", "nonsense"])));
    assert_eq!(refusal, ".eventTypes.Value.EnumList[1] should be equal to one of the allowed values");
    for (id, name, value) in [
        ("S3.13", "targetTransitionStorageClass", custom("Enum", json!("GLACIER_IR"))),
        ("S3.11", "eventTypes", custom("EnumList", json!(["s3:ObjectCreated:*", "s3:Replication:*"]))),
        ("FSx.4", "deploymentTypes", custom("Enum", json!("MULTI_AZ_2"))),
    ] {
        stage.good(ADMINISTRATOR, UpdateSecurityControl, update(id, json!({ name: value })));
    }
}

/// Rules: SEC-34.
#[test]
fn lists_are_validated_item_by_item() {
    let stage = bare();
    let logs = refused(&stage, "RDS.40", "logTypes", custom("EnumList", json!(["agent", "x"])));
    assert_eq!(logs, ".logTypes.Value.EnumList[1] should be equal to one of the allowed values");
    let ports = refused(&stage, "EC2.18", "authorizedTcpPorts", custom("IntegerList", json!([22, 0])));
    assert_eq!(ports, ".authorizedTcpPorts.Value.IntegerList[1] should be >= 1");
    let tags = |tags| refused(&stage, "ACM.3", "requiredTagKeys", custom("StringList", tags));
    assert_eq!(tags(json!([])), ".requiredTagKeys.Value.StringList should NOT have fewer than 1 items");
    let refusal = ".requiredTagKeys.Value.StringList should NOT have more than 6 items";
    assert_eq!(tags(json!(["a", "b", "c", "d", "e", "f", "g"])), refusal);
}

/// Rules: SEC-34.
#[test]
fn unknown_parameters_of_a_control_are_refused() {
    let stage = bare();
    let unknown = refused(&stage, "ACM.1", "days", custom("Integer", json!(30)));
    assert_eq!(unknown, " should NOT have additional properties");
    let none = json!({ "ValueType": "DEFAULT" });
    let refusal = "Invalid parameter 'Parameters'. Security control S3.1 has no customizable parameters";
    assert_eq!(refused(&stage, "S3.1", "x", none), refusal);
    let empty = update("ACM.1", json!({}));
    let refusal = stage.refused(ADMINISTRATOR, UpdateSecurityControl, empty, 400, "InvalidInputException");
    assert_eq!(refusal, "Invalid parameter 'Parameters'. data.Parameters should NOT have fewer than 1 properties");
}

/// Rules: SEC-35.
#[test]
fn unknown_and_unavailable_controls_cannot_be_updated() {
    let stage = bare();
    let parameters = json!({ "daysToExpiration": custom("Integer", json!(40)) });
    let input = update("ACM.99", parameters.clone());
    stage.refused(ADMINISTRATOR, UpdateSecurityControl, input, 404, "ResourceNotFoundException");
    stage.call_in("af-south-1", ADMINISTRATOR, securityhub_fixtures::Operation::EnableSecurityHub, json!({})).unwrap();
    let (status, code, _) =
        stage.call_in("af-south-1", ADMINISTRATOR, UpdateSecurityControl, update("ACM.1", parameters)).unwrap_err();
    assert_eq!((status, code), (400, "InvalidInputException"));
}

/// Rules: SEC-36.
#[test]
fn a_control_is_updating_until_its_checks_use_the_new_values() {
    let stage = slow();
    let input = update("ACM.1", json!({ "daysToExpiration": custom("Integer", json!(40)) }));
    stage.good(ADMINISTRATOR, UpdateSecurityControl, input.clone());
    assert_eq!(control(&stage, "ACM.1")["UpdateStatus"], "UPDATING");
    stage.refused(ADMINISTRATOR, UpdateSecurityControl, input.clone(), 400, "ResourceInUseException");
    hours_pass(&stage, 3);
    assert_eq!(control(&stage, "ACM.1")["UpdateStatus"], "READY");
    stage.good(ADMINISTRATOR, UpdateSecurityControl, input);
}

/// Rules: SEC-38.
#[test]
fn parameters_belong_to_one_region() {
    let stage = bare();
    stage.call_in("eu-west-1", ADMINISTRATOR, securityhub_fixtures::Operation::EnableSecurityHub, json!({})).unwrap();
    let input = update("ACM.1", json!({ "daysToExpiration": custom("Integer", json!(40)) }));
    stage.good(ADMINISTRATOR, UpdateSecurityControl, input);
    let request = json!({ "SecurityControlIds": ["ACM.1"] });
    let there = stage.call_in("eu-west-1", ADMINISTRATOR, BatchGetSecurityControls, request).unwrap();
    assert_eq!(there["SecurityControls"][0]["Parameters"]["daysToExpiration"]["ValueType"], "DEFAULT");
}

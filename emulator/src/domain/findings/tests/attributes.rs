//! Attributes: validation of findings, and members that the service adds.

use securityhub_fixtures::Operation::{BatchImportFindings, EnableSecurityHub, GetFindings};
use serde_json::{Value, json};

use super::{as_product, hub, product_arn, read, refusal, stored};
use crate::state::Region;
use crate::testing::{ADMINISTRATOR, REGION, Stage, finding};

/// Rules: ASF-01.
#[test]
fn a_missing_required_attribute_is_named_in_the_error() {
    for name in
        ["SchemaVersion", "GeneratorId", "AwsAccountId", "CreatedAt", "UpdatedAt", "Title", "Description", "Resources"]
    {
        assert_eq!(refusal(json!({ name: null })), format!("data should have required property '{name}'."));
    }
}

/// Rules: ASF-02, ASF-03.
#[test]
fn severity_and_types_are_required_in_one_of_two_places() {
    let missing = "data should have required property 'FindingProviderFields', data should match some schema in anyOf.";
    assert_eq!(refusal(json!({ "Severity": null })), missing);
    assert_eq!(refusal(json!({ "Types": null })), missing);
    let mixed = json!({ "Severity": null, "FindingProviderFields": { "Severity": { "Label": "LOW" } } });
    stored(&hub(), &finding("f", mixed));
    let without_types = json!({ "Types": null, "FindingProviderFields": { "Severity": { "Label": "LOW" } } });
    assert_eq!(refusal(without_types), "data.FindingProviderFields should have required property 'Types'.");
}

/// Rules: ASF-04, ASF-05, ASF-08, ASF-70.
#[test]
fn each_invalid_attribute_gets_its_own_error_message() {
    assert_eq!(
        refusal(json!({ "SchemaVersion": "2019-01-01" })),
        "data.SchemaVersion should be equal to one of the allowed values."
    );
    assert_eq!(refusal(json!({ "AwsAccountId": "1" })), "data.AwsAccountId should match pattern \"^[0-9]{12}$\".");
    assert_eq!(refusal(json!({ "Resources": [] })), "data.Resources should NOT have fewer than 1 items.");
    assert_eq!(
        refusal(json!({ "Resources": [{ "Type": "", "Id": "x" }] })),
        "data.Resources[0].Type should NOT be shorter than 1 characters."
    );
    assert_eq!(
        refusal(json!({ "Types": ["a/b/c/d"] })),
        "data.Types[0] should match pattern \"^([^/]+)(/[^/]+){0,2}$\"."
    );
    assert_eq!(
        refusal(json!({ "Remediation": { "Recommendation": { "Text": "x".repeat(513) } } })),
        "data.Remediation.Recommendation.Text should NOT be longer than 512 characters."
    );
    let other = json!({ "Destinations": "x".repeat(1025) });
    assert_eq!(
        refusal(json!({ "Resources": [{ "Type": "Other", "Id": "x", "Details": { "Other": other } }] })),
        "data.Resources[0].Details.Other['Destinations'] should NOT be longer than 1024 characters."
    );
}

/// Rules: ASF-40, ASF-42, ASF-43.
#[test]
fn timestamps_are_validated_and_stored_as_sent() {
    for wrong in ["2026-01-10", "2026-01-10 08:00:00Z", "2026-02-31T08:00:00Z", "2026-01-10T08:00:00", "yesterday"] {
        assert_eq!(refusal(json!({ "CreatedAt": wrong })), "data.CreatedAt should match format \"date-time\".");
    }
    let sent = "2026-01-10T10:00:00.123456789+02:00";
    assert_eq!(stored(&hub(), &finding("f", json!({ "CreatedAt": sent })))["CreatedAt"], sent);
}

/// Rules: ASF-63, ASF-64.
#[test]
fn a_severity_needs_a_label_or_a_number() {
    assert_eq!(
        refusal(json!({ "Severity": { "Original": "bad" } })),
        "data.Severity should have required property 'Normalized', data.Severity should have required property 'Label', \
         data.Severity should match some schema in anyOf."
    );
    assert_eq!(refusal(json!({ "Severity": { "Normalized": 101 } })), "data.Severity.Normalized should be <= 100.");
    assert_eq!(refusal(json!({ "Severity": { "Normalized": 50.5 } })), "data.Severity.Normalized should be integer.");
    assert_eq!(
        refusal(json!({ "Severity": { "Label": "BAD" } })),
        "data.Severity.Label should be equal to one of the allowed values."
    );
}

/// Rules: ASF-94, ASF-96.
#[test]
fn aws_product_fields_are_not_counted_and_a_recommendation_needs_text_or_url() {
    let pairs =
        |count: usize, prefix: &str| -> Value { (0..count).map(|n| (format!("{prefix}{n}"), json!("x"))).collect() };
    assert_eq!(
        refusal(json!({ "ProductFields": pairs(51, "p") })),
        "data.ProductFields should NOT have more than 50 properties."
    );
    stored(&hub(), &finding("f", json!({ "ProductFields": pairs(60, "aws/x/") })));
    assert_eq!(
        refusal(json!({ "Remediation": { "Recommendation": {} } })),
        "data.Remediation.Recommendation should have required property 'Text', data.Remediation.Recommendation should \
         have required property 'Url', data.Remediation.Recommendation should match some schema in anyOf."
    );
}

/// Rules: ASF-20 to ASF-32.
#[test]
fn the_service_adds_missing_members_to_a_finding() {
    insta::assert_json_snapshot!(stored(
        &hub(),
        &finding("f", json!({ "ProcessedAt": "2020-01-01T00:00:00Z", "Region": "mars" }))
    ));
}

/// Rules: ASF-22, ASF-24.
#[test]
fn a_listed_product_gets_its_names_from_the_catalogue() {
    let stage = hub();
    let of_guardduty = finding("f", json!({ "ProductArn": product_arn("aws/guardduty"), "ProductName": "Mine" }));
    as_product(&stage, &[of_guardduty]);
    let read = read(&stage, "f");
    assert_eq!((&read["ProductName"], &read["CompanyName"]), (&json!("GuardDuty"), &json!("Amazon")));
    assert_eq!(
        read["ProductFields"]["aws/securityhub/FindingId"],
        format!("arn:aws:securityhub:{REGION}::product/aws/guardduty/f")
    );
}

/// Rules: ASF-23, ASF-25.
#[test]
fn a_private_product_may_set_its_product_and_company_name() {
    let read = stored(&hub(), &finding("f", json!({ "ProductName": "DecoyDetector" })));
    assert_eq!((&read["ProductName"], &read["CompanyName"]), (&json!("DecoyDetector"), &json!("Personal")));
    assert_eq!(read["ProductFields"]["aws/securityhub/ProductName"], "Default");
}

/// Rules: ASF-33.
#[test]
fn findings_of_organization_accounts_get_the_account_name() {
    let stage = hub();
    assert_eq!(stored(&stage, &finding("f", json!({ "AwsAccountName": "mine" }))).get("AwsAccountName"), None);
    stage.organization(&[(ADMINISTRATOR, "security")]);
    assert_eq!(stored(&stage, &finding("g", json!({})))["AwsAccountName"], "security");
}

/// Rules: ASF-50, ASF-51, ASF-52, ASF-53.
#[test]
fn a_new_finding_gets_provider_fields_from_its_top_level() {
    let shown = |with: Value| {
        let read = stored(&hub(), &finding("f", with));
        (read["FindingProviderFields"]["Confidence"].clone(), read["Confidence"].clone())
    };
    assert_eq!(shown(json!({ "FindingProviderFields": { "Confidence": 1 } })), (json!(1), json!(1)));
    assert_eq!(shown(json!({ "Confidence": 2 })), (json!(2), json!(2)));
    assert_eq!(shown(json!({ "Confidence": 2, "FindingProviderFields": { "Confidence": 1 } })), (json!(1), json!(1)));
    assert_eq!(shown(json!({})), (Value::Null, Value::Null));
}

/// Rules: ASF-50, ASF-51, ASF-52, ASF-53.
#[test]
fn provider_fields_of_a_stored_finding_are_updated_by_imports() {
    let shown = |with: Value| {
        let stage = hub();
        stored(&stage, &finding("f", json!({ "Confidence": 9 })));
        let mut again = finding("f", with);
        again["UpdatedAt"] = json!("2026-01-11T08:00:00Z");
        let read = stored(&stage, &again);
        (read["FindingProviderFields"]["Confidence"].clone(), read["Confidence"].clone())
    };
    assert_eq!(shown(json!({ "FindingProviderFields": { "Confidence": 1 } })), (json!(1), json!(1)));
    assert_eq!(shown(json!({ "Confidence": 2 })), (json!(2), json!(2)));
    assert_eq!(shown(json!({ "Confidence": 2, "FindingProviderFields": { "Confidence": 1 } })), (json!(1), json!(2)));
    assert_eq!(shown(json!({})), (Value::Null, Value::Null));
}

/// Rules: ASF-54, ASF-60, ASF-61, ASF-62.
#[test]
fn severity_label_and_number_are_derived_from_each_other() {
    let shown = |severity: Value| {
        let read = stored(&hub(), &finding("f", json!({ "Severity": severity })));
        assert_eq!(read["Severity"], read["FindingProviderFields"]["Severity"]);
        (read["Severity"]["Label"].as_str().unwrap().to_owned(), read["Severity"]["Normalized"].as_i64().unwrap())
    };
    for (least, most, label, number) in [
        (0, 0, "INFORMATIONAL", 0),
        (1, 39, "LOW", 1),
        (40, 69, "MEDIUM", 40),
        (70, 89, "HIGH", 70),
        (90, 100, "CRITICAL", 90),
    ] {
        assert_eq!(shown(json!({ "Normalized": least })).0, label);
        assert_eq!(shown(json!({ "Normalized": most })).0, label);
        assert_eq!(shown(json!({ "Label": label })).1, number);
    }
    assert_eq!(shown(json!({ "Label": "LOW", "Normalized": 95 })), ("LOW".into(), 95));
}

/// Rules: ASF-08, ASF-70.
#[test]
fn observed_error_messages_are_reproduced() {
    let resource = |kind: &str, id: &str| json!({ "Resources": [{ "Type": kind, "Id": id }] });
    assert_eq!(refusal(resource("Other", "")), "data.Resources[0].Id should NOT be shorter than 1 characters.");
    let recommendation = json!({ "Remediation": { "Recommendation": { "Text": "", "Url": "https://x" } } });
    assert_eq!(
        refusal(recommendation),
        "data.Remediation.Recommendation.Text should NOT be shorter than 1 characters."
    );
    assert_eq!(refusal(json!({ "Types": [""] })), "data.Types[0] should match pattern \"^([^/]+)(/[^/]+){0,2}$\".");
    assert_eq!(stored(&hub(), &finding("f", json!({ "Types": [] })))["Types"], json!([]));
}

/// Rules: ASF-28, ASF-29, ASF-34, ASF-35.
#[test]
fn customer_attributes_of_the_first_import_are_stored() {
    let sent = json!({
        "Note": { "Text": "n", "UpdatedBy": "scanner", "UpdatedAt": "2026-01-10T08:00:00Z" },
        "UserDefinedFields": { "team": "red" },
        "VerificationState": "BENIGN_POSITIVE",
        "Workflow": { "Status": "NOTIFIED" },
        "WorkflowState": "DEFERRED",
        "RecordState": "ARCHIVED",
    });
    let read = stored(&hub(), &finding("f", sent.clone()));
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(&read[name], value);
    }
}

/// Rules: ASF-34, ASF-36, ASF-37, ASF-103.
#[test]
fn the_service_adds_no_undocumented_members() {
    let stage = hub();
    let control =
        finding("f", json!({ "ProductArn": product_arn("aws/guardduty"), "Compliance": { "Status": "FAILED" } }));
    as_product(&stage, &[control]);
    let read = read(&stage, "f");
    assert_eq!(read["Compliance"], json!({ "Status": "FAILED" }));
    assert_eq!(read["Resources"].as_array().unwrap()[0].as_object().unwrap().len(), 4);
    for absent in ["Sample", "VerificationState", "Note", "UserDefinedFields", "AwsAccountName", "Confidence"] {
        assert_eq!(read.get(absent), None);
    }
}

/// Rules: ASF-44.
#[test]
fn every_timestamp_is_validated() {
    let at = "soon";
    for (with, path) in [
        (json!({ "FirstObservedAt": at }), "FirstObservedAt"),
        (json!({ "LastObservedAt": at }), "LastObservedAt"),
        (json!({ "UpdatedAt": at }), "UpdatedAt"),
        (json!({ "ProcessedAt": at }), "ProcessedAt"),
        (json!({ "Note": { "Text": "n", "UpdatedBy": "x", "UpdatedAt": at } }), "Note.UpdatedAt"),
        (json!({ "Process": { "LaunchedAt": at } }), "Process.LaunchedAt"),
        (json!({ "Process": { "TerminatedAt": at } }), "Process.TerminatedAt"),
        (json!({ "ThreatIntelIndicators": [{ "LastObservedAt": at }] }), "ThreatIntelIndicators[0].LastObservedAt"),
        (
            json!({ "Vulnerabilities": [{ "Id": "CVE-1", "Vendor": { "Name": "n", "VendorCreatedAt": at } }] }),
            "Vulnerabilities[0].Vendor.VendorCreatedAt",
        ),
        (
            json!({ "Vulnerabilities": [{ "Id": "CVE-1", "LastKnownExploitAt": at }] }),
            "Vulnerabilities[0].LastKnownExploitAt",
        ),
        (json!({ "PatchSummary": { "Id": "p", "OperationEndTime": at } }), "PatchSummary.OperationEndTime"),
        (json!({ "Action": { "AwsApiCallAction": { "FirstSeen": at } } }), "Action.AwsApiCallAction.FirstSeen"),
    ] {
        assert_eq!(refusal(with), format!("data.{path} should match format \"date-time\"."));
    }
}

/// Rules: ASF-45.
#[test]
fn dates_may_be_in_the_future_and_contradict_each_other() {
    let ahead = json!({ "CreatedAt": "2999-01-01T00:00:00Z", "LastObservedAt": "2998-01-01T00:00:00-1800" });
    assert_eq!(stored(&hub(), &finding("f", ahead))["LastObservedAt"], "2998-01-01T00:00:00-1800");
}

/// Rules: ASF-06, ASF-55, ASF-91.
#[test]
fn unknown_members_are_dropped() {
    let with = json!({
        "Nope": 1,
        "FindingProviderFields": { "Confidence": 5, "Title": "x" },
        "Resources": [{ "Type": "Other", "Id": "x", "Details": { "Nope": {}, "Other": { "a": "b" } } }],
    });
    let read = stored(&hub(), &finding("f", with));
    assert_eq!(read.get("Nope"), None);
    assert_eq!(read["FindingProviderFields"].get("Title"), None);
    assert_eq!(read["Resources"][0]["Details"], json!({ "Other": { "a": "b" } }));
}

/// Rules: ASF-65, ASF-66.
#[test]
fn original_and_product_of_a_severity_are_stored_as_sent() {
    let severity = json!({ "Label": "LOW", "Original": "o".repeat(64), "Product": 8.5 });
    let read = stored(&hub(), &finding("f", json!({ "Severity": severity })));
    assert_eq!((&read["Severity"]["Original"], &read["Severity"]["Product"]), (&severity["Original"], &json!(8.5)));
    assert_eq!(read["FindingProviderFields"]["Severity"]["Product"], json!(8.5), "copied whole (ASF-54)");
    let provided = json!({ "Severity": { "Label": "LOW", "Product": 3 }, "Types": ["TTPs"] });
    let read = stored(&hub(), &finding("f", json!({ "FindingProviderFields": provided, "Severity": null })));
    assert_eq!(read["FindingProviderFields"]["Severity"], json!({ "Label": "LOW", "Product": 3, "Normalized": 1 }));
    assert_eq!(read["Severity"], read["FindingProviderFields"]["Severity"]);
    assert_eq!(
        refusal(json!({ "Severity": { "Label": "LOW", "Original": "o".repeat(65) } })),
        "data.Severity.Original should NOT be longer than 64 characters."
    );
}

/// Rules: ASF-71, ASF-73.
#[test]
fn types_are_free_text_and_at_most_50() {
    let read = stored(&hub(), &finding("f", json!({ "Types": ["custom/a/b", "ens-op.acc.5.aws.iam.1"] })));
    assert_eq!(read["Types"], json!(["custom/a/b", "ens-op.acc.5.aws.iam.1"]));
    stored(&hub(), &finding("f", json!({ "Types": vec!["a"; 50] })));
    assert_eq!(refusal(json!({ "Types": vec!["a"; 51] })), "data.Types should NOT have more than 50 items.");
}

/// Rules: ASF-80.
#[test]
fn enumerated_attributes_accept_only_their_values() {
    for (with, path) in [
        (json!({ "RecordState": "GONE" }), "RecordState"),
        (json!({ "WorkflowState": "NOTIFIED" }), "WorkflowState"),
        (json!({ "Workflow": { "Status": "new" } }), "Workflow.Status"),
        (json!({ "VerificationState": "MAYBE" }), "VerificationState"),
        (json!({ "Compliance": { "Status": "passed" } }), "Compliance.Status"),
        (json!({ "Malware": [{ "Name": "m", "Type": "VIRUS_2" }] }), "Malware[0].Type"),
        (json!({ "ThreatIntelIndicators": [{ "Category": "X" }] }), "ThreatIntelIndicators[0].Category"),
        (json!({ "Network": { "Direction": "INBOUND" } }), "Network.Direction"),
        (json!({ "Resources": [{ "Type": "Other", "Id": "x", "Partition": "mars" }] }), "Resources[0].Partition"),
        (json!({ "Vulnerabilities": [{ "Id": "CVE-1", "FixAvailable": "yes" }] }), "Vulnerabilities[0].FixAvailable"),
    ] {
        assert_eq!(refusal(with), format!("data.{path} should be equal to one of the allowed values."));
    }
}

/// Rules: ASF-81, ASF-90, ASF-97, ASF-98, ASF-101, ASF-102.
#[test]
fn attributes_without_an_enumeration_accept_any_text() {
    let with = json!({
        "SourceUrl": "not a url",
        "RelatedFindings": [{ "ProductArn": "arn:nowhere", "Id": "none" }],
        "Action": { "ActionType": "DANCE", "PortProbeAction": { "Blocked": true } },
        "Threats": [{ "Name": "t", "Severity": "dire" }],
        "GeneratorDetails": { "Name": "g", "Labels": ["a"] },
        "Sample": false,
        "Resources": [{
            "Type": "AwsUnheardOfThing", "Id": "x", "ResourceRole": "Bystander",
            "Details": { "AwsIamUser": { "UserName": "u" }, "AwsS3Bucket": { "OwnerId": "o" } },
        }],
    });
    let mut expected = with.clone();
    expected["Resources"][0]["Partition"] = json!("aws");
    expected["Resources"][0]["Region"] = json!(REGION);
    let read = stored(&hub(), &finding("f", with));
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&read[name], value);
    }
}

/// Rules: ASF-92, ASF-93, ASF-95.
#[test]
fn map_keys_and_values_may_contain_any_characters() {
    assert_eq!(refusal(json!({ "UserDefinedFields": { "a": true } })), "data.UserDefinedFields['a'] should be string.");
    let odd = json!({ "§ä!": "Ω <&>" });
    let resource = json!([{ "Type": "Other", "Id": "x", "Tags": odd }]);
    let read = stored(&hub(), &finding("f", json!({ "UserDefinedFields": odd, "Resources": resource })));
    assert_eq!((&read["UserDefinedFields"], &read["Resources"][0]["Tags"]), (&odd, &odd));
}

/// Rules: ASF-97.
#[test]
fn only_the_url_of_a_recommendation_must_be_a_uri() {
    let at = |url: &str| json!({ "Remediation": { "Recommendation": { "Url": url } } });
    for url in ["https://example.com/a", "s3://bucket/x", "URN:isbn:1"] {
        let read = stored(&hub(), &finding("f", at(url)));
        assert_eq!(read["Remediation"], at(url)["Remediation"]);
    }
    let path = "data.Remediation.Recommendation.Url";
    for url in ["N/A", "docs.example.com", "https://example.com/a b", " "] {
        assert_eq!(refusal(at(url)), format!("{path} should match format \"uri\"."));
    }
    assert_eq!(
        refusal(at("")),
        format!("{path} should NOT be shorter than 1 characters, {path} should match format \"uri\".")
    );
    let elsewhere = json!({ "SourceUrl": "N/A", "ThreatIntelIndicators": [{ "SourceUrl": "x y" }] });
    assert_eq!(stored(&hub(), &finding("f", elsewhere))["SourceUrl"], "N/A");
}

/// Rules: ASF-105.
#[test]
fn size_limits_known_from_published_errors_are_enforced() {
    let standards = |count: usize| json!({ "Compliance": { "AssociatedStandards": vec![json!({ "StandardsId": "standards/x" }); count] } });
    let details = |details: Value| json!({ "Resources": [{ "Type": "Other", "Id": "x", "Details": details }] });
    let addresses = |count: usize| details(json!({ "AwsEc2Instance": { "IpV4Addresses": vec!["10.0.0.1"; count] } }));
    let image = |length: usize| details(json!({ "Container": { "ImageName": "i".repeat(length) } }));
    for with in [standards(20), addresses(10), image(128)] {
        stored(&hub(), &finding("f", with));
    }
    assert_eq!(refusal(standards(21)), "data.Compliance.AssociatedStandards should NOT have more than 20 items.");
    let path = "data.Resources[0].Details";
    assert_eq!(
        refusal(addresses(11)),
        format!("{path}.AwsEc2Instance.IpV4Addresses should NOT have more than 10 items.")
    );
    assert_eq!(refusal(image(129)), format!("{path}.Container.ImageName should NOT be longer than 128 characters."));
}

/// Rules: ASF-94.
#[test]
fn product_fields_of_the_service_are_overwritten_and_other_aws_fields_stored() {
    let sent = json!({ "aws/securityhub/FindingId": "forged", "aws/other/x": "y" });
    let fields = stored(&hub(), &finding("f", json!({ "ProductFields": sent })))["ProductFields"].clone();
    assert!(fields["aws/securityhub/FindingId"].as_str().unwrap().ends_with("/default/f"));
    assert_eq!(fields["aws/other/x"], "y");
}

/// Rules: ASF-99, ASF-100.
#[test]
fn compliance_reasons_need_a_code_and_ports_are_numbers() {
    assert_eq!(
        refusal(json!({ "Compliance": { "StatusReasons": [{ "Description": "d" }] } })),
        "data.Compliance.StatusReasons[0] should have required property 'ReasonCode'."
    );
    assert_eq!(refusal(json!({ "Network": { "SourcePort": "22" } })), "data.Network.SourcePort should be number.");
}

/// Rules: ASF-32.
#[test]
fn a_resource_gets_a_partition_only_if_the_service_model_has_a_value_for_it() {
    for (region, partition) in [
        ("us-east-1", json!("aws")),
        ("us-gov-west-1", json!("aws-us-gov")),
        ("us-iso-east-1", json!("aws-us-iso")),
        ("us-isof-south-1", Value::Null),
        ("eusc-de-east-1", Value::Null),
    ] {
        let stage = Stage::empty();
        stage.call_in(region, ADMINISTRATOR, EnableSecurityHub, json!({})).unwrap();
        let arn_partition = Region::new(region).partition();
        let product =
            format!("arn:{arn_partition}:securityhub:{region}:{ADMINISTRATOR}:product/{ADMINISTRATOR}/default");
        let sent = json!({ "Findings": [finding("f", json!({ "ProductArn": product }))] });
        assert_eq!(stage.call_in(region, ADMINISTRATOR, BatchImportFindings, sent).unwrap()["FailedCount"], 0);
        let read = stage.call_in(region, ADMINISTRATOR, GetFindings, json!({})).unwrap();
        assert_eq!(read["Findings"][0]["Resources"][0]["Partition"], partition, "{region}");
    }
}

//! Attributes of all classes: the envelope, times, metadata and resources.

use serde_json::{Value, json};

use super::{Annex, Settings, control, convert, convert_with, detection, set, with_resource};

/// The whole finding, as recorded ones look.
///
/// Rules: OCF-01 to OCF-07, OCF-09 to OCF-17, OCF-22 to OCF-25, OCF-30, OCT-01, OCM-10 to OCM-12, OCM-14 to OCM-16, OCM-28, UNK-25.
#[test]
fn a_finding_of_a_control_is_converted() {
    let expected = json!({
        "activity_id": 1, "activity_name": "Create", "category_name": "Findings", "category_uid": 2,
        "class_name": "Compliance Finding", "class_uid": 2003,
        "cloud": { "account": { "name": "payments", "uid": "123456789012" }, "provider": "AWS", "region": "us-east-2" },
        "compliance": {
            "assessments": [{ "desc": "AWS Config evaluated.", "meets_criteria": true, "name": "CONFIG_EVALUATIONS_EMPTY" }],
            "control": "Redshift.3",
            "standards": ["standards/aws-foundational-security-best-practices/v/1.0.0"],
            "status": "Pass", "status_id": 1
        },
        "finding_info": {
            "analytic": {
                "category": "AWS::Config::ConfigRule", "name": "securityhub-redshift-backup-enabled-abc12311",
                "type": "Rule", "type_id": 1
            },
            "created_time": 1_726_096_120_044_i64, "created_time_dt": "2024-09-11T23:08:40.044Z",
            "desc": "This control checks \"snapshots\".",
            "first_seen_time": 1_726_096_120_044_i64, "first_seen_time_dt": "2024-09-11T23:08:40.044Z",
            "last_seen_time": 1_758_886_482_714_i64, "last_seen_time_dt": "2025-09-26T11:34:42.714Z",
            "modified_time": 1_758_886_482_714_i64, "modified_time_dt": "2025-09-26T11:34:42.714Z",
            "title": "Amazon Redshift clusters should have automatic snapshots enabled",
            "types": ["Software and Configuration Checks/Industry and Regulatory Standards", "Posture Management"],
            "uid": "arn:aws:securityhub:us-east-2:123456789012:security-control/Redshift.3/finding/c3ab"
        },
        "metadata": {
            "product": {
                "name": "Security Hub", "uid": "arn:aws:securityhub:us-east-2::productv2/aws/securityhub",
                "vendor_name": "AWS"
            },
            "profiles": ["cloud", "datetime"],
            "uid": super::super::uid([
                "arn:aws:securityhub:us-east-2::productv2/aws/securityhub",
                "123456789012",
                "us-east-2",
                "arn:aws:securityhub:us-east-2:123456789012:security-control/Redshift.3/finding/c3ab",
            ]),
            "version": "1.6.0"
        },
        "remediation": { "desc": "Consult the controls documentation.", "references": ["https://docs.example"] },
        "resources": [{
            "cloud_partition": "aws",
            "owner": { "account": { "name": "payments", "uid": "123456789012" }, "org": { "uid": "o-abcd123456" } },
            "provider": "AWS", "region": "us-east-2", "type": "AWS::::Account", "uid": "123456789012"
        }],
        "severity": "Informational", "severity_id": 1, "status": "Resolved", "status_id": 4,
        "time": 1_758_886_482_714_i64, "time_dt": "2025-09-26T11:34:42.714Z",
        "type_name": "Compliance Finding: Create", "type_uid": 200_301,
        "vendor_attributes": { "severity": "Informational", "severity_id": 1 }
    });
    assert_eq!(convert(&control()), expected);
}

/// Rules: OCT-01, OCT-02, OCT-03, OCM-30, OCM-40, OCM-60, OCM-61, OCF-20, DEC-07.
#[test]
fn the_activity_follows_what_the_provider_sends() {
    let first = convert(&control());
    let mut again = control();
    set(
        &mut again,
        json!({
            "Severity": { "Label": "MEDIUM" }, "Workflow": { "Status": "NEW" }, "Compliance": { "Status": "FAILED" },
            "FindingProviderFields": { "Severity": { "Label": "MEDIUM" } }
        }),
    );
    let updated = Annex { is_updated: true, ..Annex::default() };
    let second = convert_with(&again, &updated, Settings::default());
    set(&mut again, json!({ "RecordState": "ARCHIVED" }));
    let third = convert_with(&again, &updated, Settings::default());
    let of = |ocsf: &Value| {
        let texts = [&ocsf["type_name"], &ocsf["compliance"]["status"], &ocsf["status"], &ocsf["severity"]]
            .map(|it| it.as_str().unwrap().to_owned());
        let numbers = [
            &ocsf["activity_id"],
            &ocsf["type_uid"],
            &ocsf["compliance"]["status_id"],
            &ocsf["status_id"],
            &ocsf["severity_id"],
        ]
        .map(|it| it.as_u64().unwrap());
        (texts, numbers)
    };
    assert_eq!(of(&first).1, [1, 200_301, 1, 4, 1]);
    assert_eq!(of(&second).0, ["Compliance Finding: Update", "Fail", "New", "Medium"]);
    assert_eq!(of(&second).1, [2, 200_302, 3, 1, 3]);
    assert_eq!(of(&third).0[0], "Compliance Finding: Close");
    assert_eq!(of(&third).1[..2], [3, 200_303]);
    assert_eq!(first["metadata"]["uid"], second["metadata"]["uid"]);
    assert_eq!(first["metadata"]["uid"], third["metadata"]["uid"]);
    let archived_first = convert_with(&again, &Annex::default(), Settings::default());
    assert_eq!(archived_first["activity_name"], "Close");
}

/// Rules: OCM-04, OCM-05, OCM-62, OCF-05, OCF-06, OCF-08, OCF-09, DEC-25.
#[test]
fn each_half_has_its_own_changes_unless_the_state_is_shared() {
    let mut finding = control();
    set(
        &mut finding,
        json!({
            "Severity": { "Label": "LOW" }, "Workflow": { "Status": "SUPPRESSED" }, "Types": ["A/B/C"],
            "Note": { "Text": "classic", "UpdatedBy": "me" }, "Confidence": 7, "UserDefinedFields": { "a": "b" }
        }),
    );
    let mut annex = Annex::default();
    annex.provided.insert("Workflow".to_owned(), serde_json::value::to_raw_value(&json!({ "Status": "NEW" })).ok());
    annex.provided.insert("Confidence".to_owned(), None);
    annex.provided.insert("UserDefinedFields".to_owned(), None);
    let separate = convert_with(&finding, &annex, Settings::default());
    assert_eq!((&separate["severity"], &separate["status"]), (&json!("Informational"), &json!("New")));
    assert_eq!((separate.get("comment"), separate.get("confidence_score")), (None, None));
    assert_eq!(separate["finding_info"]["types"][0], control()["Types"][0]);
    assert_eq!(separate["finding_info"].get("tags"), None);
    let shared = convert_with(&finding, &annex, Settings { is_shared: true, ..Settings::default() });
    assert_eq!((&shared["severity"], &shared["status"]), (&json!("Low"), &json!("Suppressed")));
    assert_eq!((&shared["comment"], &shared["confidence_score"]), (&json!("classic"), &json!(7)));
    assert_eq!(shared["finding_info"]["types"], json!(["A/B/C", "Posture Management"]));
    assert_eq!(shared["finding_info"]["tags"], json!([{ "name": "a", "value": "b" }]));
    assert_eq!(shared["vendor_attributes"]["severity"], "Informational", "the severity of the provider");
}

/// Rules: OCT-10, OCF-08, OCM-62.
#[test]
fn changes_of_the_v2_half_win() {
    let annex = Annex {
        severity_id: Some(6),
        status_id: Some(5),
        comment: Some("é \"quoted\"\n".to_owned()),
        criticality: [(0, "Very High".to_owned())].into(),
        ..Annex::default()
    };
    let ocsf = convert_with(&control(), &annex, Settings::default());
    assert_eq!((&ocsf["severity"], &ocsf["severity_id"]), (&json!("Fatal"), &json!(6)));
    assert_eq!((&ocsf["status"], &ocsf["status_id"]), (&json!("Archived"), &json!(5)));
    assert_eq!(ocsf["comment"], "é \"quoted\"\n");
    assert_eq!(ocsf["resources"][0]["criticality"], "Very High");
    let before = convert(&control());
    assert_eq!(ocsf["vendor_attributes"], before["vendor_attributes"]);
    assert_eq!(ocsf["finding_info"], before["finding_info"]);
    assert_eq!((&ocsf["time"], &ocsf["activity_id"]), (&before["time"], &before["activity_id"]));
}

/// Rules: OCT-11, OCF-13, OCM-15.
#[test]
fn times_have_two_forms_of_the_same_instant() {
    let cases = [
        ("2025-09-19T11:17:19.594+02:00", "2025-09-19T09:17:19.594Z", 1_758_273_439_594_i64),
        ("2025-09-19T09:17:19Z", "2025-09-19T09:17:19.000Z", 1_758_273_439_000),
        ("2025-09-19T09:17:19.5Z", "2025-09-19T09:17:19.500Z", 1_758_273_439_500),
        ("2025-09-19T09:17:19.123456789Z", "2025-09-19T09:17:19.123Z", 1_758_273_439_123),
        ("2016-12-31T23:59:60.000Z", "2017-01-01T00:00:00.000Z", 1_483_228_800_000),
        ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z", -1),
    ];
    for (asff, text, milliseconds) in cases {
        let mut finding = control();
        set(&mut finding, json!({ "UpdatedAt": asff, "FirstObservedAt": "no date" }));
        let ocsf = convert(&finding);
        let info = &ocsf["finding_info"];
        assert_eq!((&info["modified_time_dt"], &info["modified_time"]), (&json!(text), &json!(milliseconds)), "{asff}");
        assert_eq!((&ocsf["time_dt"], &ocsf["time"]), (&json!(text), &json!(milliseconds)));
        assert_eq!((info.get("first_seen_time"), info.get("first_seen_time_dt")), (None, None));
    }
}

/// Rules: OCM-10, OCM-11, OCM-13, OCF-11, OCF-16 to OCF-18.
#[test]
fn the_product_names_its_vendor_and_its_partition() {
    let ocsf = convert(&detection("aws/guardduty", json!({})));
    assert_eq!(ocsf["metadata"]["product"]["vendor_name"], "AWS");
    assert_eq!(ocsf["finding_info"]["uid_alt"], "a44d");
    let account = json!({ "type": "AWS Account", "type_id": 10, "uid": "123456789012" });
    assert_eq!((&ocsf["cloud"]["account"], &ocsf["cloud"]["cloud_partition"]), (&account, &json!("aws")));
    let mut custom =
        detection("123456789012/default", json!({ "CompanyName": "Harborline", "ProductName": "Default" }));
    set(
        &mut custom,
        json!({ "ProductArn": "arn:aws:securityhub:us-east-2:123456789012:product/123456789012/default" }),
    );
    let product = json!({
        "name": "Default", "vendor_name": "Harborline",
        "uid": "arn:aws:securityhub:us-east-2:123456789012:productv2/123456789012/default"
    });
    let ocsf = convert(&custom);
    assert_eq!(ocsf["metadata"]["product"], product);
    assert_eq!(ocsf["cloud"]["account"], json!({ "uid": "123456789012" }));
}

/// Rules: OCM-52, OCT-06, OCT-07, OCT-08, DEC-06.
#[test]
fn resources_have_a_short_id_beside_their_arn() {
    let ids = |kind: &str, id: &str| {
        let ocsf = convert(&with_resource(json!({ "Type": kind, "Id": id })));
        let resource = &ocsf["resources"][0];
        let text = |name: &str| resource.get(name).map(|it| it.as_str().unwrap().to_owned());
        assert!(text("uid_alt").is_none_or(|arn| arn == id));
        (text("type").unwrap(), text("uid").unwrap(), text("uid_alt").is_some())
    };
    let cases = [
        ("AwsEc2Instance", "arn:aws:ec2:us-east-2:123456789012:instance/i-0abc", "AWS::EC2::Instance", "i-0abc", true),
        ("AwsEc2Instance", "i-0abc", "AWS::EC2::Instance", "i-0abc", false),
        (
            "AwsSqsQueue",
            "arn:aws:sqs:us-east-2:123456789012:q",
            "AWS::SQS::Queue",
            "https://sqs.us-east-2.amazonaws.com/123456789012/q",
            true,
        ),
        ("AwsAccount", "AWS::::Account:123456789012", "AWS::::Account", "123456789012", false),
        ("AwsAccount", "123456789012", "AWS::::Account", "123456789012", false),
        ("AwsS3Bucket", "arn:aws:s3:::b", "AWS::S3::Bucket", "b", true),
        ("AwsS3Object", "arn:aws:s3:::b/a/b.csv", "AWS::S3::Object", "a/b.csv", true),
        (
            "AwsLambdaFunction",
            "arn:aws:lambda:us-east-2:123456789012:function:f:$LATEST",
            "AWS::Lambda::Function",
            "f",
            true,
        ),
        ("AwsIamRole", "arn:aws:iam::123456789012:role/path/r", "AWS::IAM::Role", "r", true),
        ("Container", "arn:aws:x", "Container", "arn:aws:x", false),
        ("Other", "a\"/b", "Other", "a\"/b", false),
    ];
    for (kind, id, ocsf, uid, has_arn) in cases {
        assert_eq!(ids(kind, id), (ocsf.to_owned(), uid.to_owned(), has_arn), "{id}");
    }
}

/// Rules: OCM-53 to OCM-56, OCT-09, OCF-22.
#[test]
fn resources_have_names_owners_tags_and_details() {
    let resource = json!({
        "Type": "AwsEc2Instance", "Id": "arn:aws:ec2:us-east-1:210987654321:instance/i-0abc", "Region": "us-east-1",
        "Tags": { "team": "a", "empty": "" },
        "Details": { "AwsEc2Instance": {
            "ImageId": "ami-1", "VpcId": "vpc-1", "SubnetId": "subnet-1", "KeyName": "", "IpV4Addresses": ["10.0.0.1"],
            "MetadataOptions": { "HttpTokens": "required", "HttpPutResponseHopLimit": 1 }, "Monitoring": {}
        } }
    });
    let of_control = &convert(&with_resource(resource.clone()))["resources"][0];
    assert_eq!(of_control["tags"], json!([{ "name": "team", "value": "a" }, { "name": "empty", "value": "" }]));
    assert_eq!(of_control["owner"], json!({ "account": { "uid": "210987654321" } }));
    assert_eq!((&of_control["region"], of_control.get("data")), (&json!("us-east-1"), None));
    assert_eq!(
        (&of_control["vpc_uid"], &of_control["device"]),
        (&json!("vpc-1"), &json!({ "image": { "uid": "ami-1" } }))
    );
    assert_eq!(of_control["subnet_info"], json!({ "uid": "subnet-1" }));
    let found = convert(&detection("aws/inspector", json!({ "Resources": [resource] })));
    let data = json!({ "awsEc2InstanceDetails": {
        "imageId": "ami-1", "vpcId": "vpc-1", "subnetId": "subnet-1", "ipV4Addresses": ["10.0.0.1"],
        "metadataOptions": { "httpTokens": "required", "httpPutResponseHopLimit": 1 }
    } });
    assert_eq!(found["resources"][0]["data"], data);
    let key = json!({
        "Type": "AwsIamAccessKey", "Id": "AWS::IAM::AccessKey:AKIA1",
        "Details": { "AwsIamAccessKey": { "PrincipalId": "AIDA1", "PrincipalType": "IAMUser", "UserName": "u" } }
    });
    let found = &convert(&detection("aws/guardduty", json!({ "Resources": [key] })))["resources"][0];
    let data = json!({ "access_key_id": "AKIA1", "principal_id": "AIDA1", "user_name": "u", "user_type": "IAMUser" });
    assert_eq!((&found["data"], &found["name"], &found["region"]), (&data, &json!("u"), &json!("global")));
    let function = json!({
        "Type": "AwsLambdaFunction", "Id": "arn:aws:lambda:us-east-2:123456789012:function:f",
        "Owner": { "Account": { "Id": "111111111111" }, "Org": { "Id": "o-1" } },
        "Details": { "AwsLambdaFunction": {
            "Runtime": "python3.12", "Role": "arn:aws:iam::123456789012:role/r", "Layers": [{ "Arn": "layer-1" }],
            "VpcConfig": { "VpcId": "vpc-2" }
        } }
    });
    let found = &convert(&with_resource(function))["resources"][0];
    let cloud_function = json!({
        "layers": [{ "uid_alt": "layer-1" }], "runtime": "python3.12", "user": { "uid": "arn:aws:iam::123456789012:role/r" }
    });
    assert_eq!((&found["cloud_function"], &found["vpc_uid"]), (&cloud_function, &json!("vpc-2")));
    assert_eq!((&found["name"], &found["owner"]["org"]["uid"]), (&json!("f"), &json!("o-1")));
}

/// Rules: OCM-09, OCF-24, OCF-25, OCM-90.
#[test]
fn attributes_that_no_recorded_finding_has_are_omitted() {
    let mut finding = control();
    set(
        &mut finding,
        json!({
            "Sample": true, "Criticality": 5, "VerificationState": "TRUE_POSITIVE", "PatchSummary": { "Id": "p" },
            "ThreatIntelIndicators": [{ "Type": "IPV4_ADDRESS", "Value": "192.0.2.1" }], "ProcessedAt": "2025-09-26T11:34:42.714Z",
            "NetworkPath": [{ "ComponentId": "a" }], "GeneratorDetails": { "Name": "g" }, "Title": "", "SourceUrl": ""
        }),
    );
    let mut expected = convert(&control());
    expected["finding_info"].as_object_mut().unwrap().shift_remove("title");
    assert_eq!(convert(&finding), expected);
}

/// Rules: OCF-15, UNK-25.
#[test]
fn the_version_is_a_setting_and_no_extension_is_named() {
    let of = |settings: Settings| convert_with(&control(), &Annex::default(), settings)["metadata"].clone();
    let metadata = of(Settings { version: "1.8.0".to_owned(), ..Settings::default() });
    assert_eq!((&metadata["version"], &metadata["profiles"]), (&json!("1.8.0"), &json!(["cloud", "datetime"])));
    assert_eq!((metadata.get("extensions"), &of(Settings::default())["version"]), (None, &json!("1.6.0")));
}

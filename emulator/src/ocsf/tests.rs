//! Tests of the conversion to OCSF.

mod attributes;
mod classes;
mod incomplete;
pub(crate) mod random;

use securityhub_engine::{Parts, Stored};
use serde_json::{Map, Value, json};

use super::native::{self, Native};
use super::{Annex, ConversionContext, Converter, Settings};

/// Converts a finding.
fn convert_with(asff: &Value, annex: &Annex, settings: Settings) -> Value {
    convert_stored(&asff.to_string(), annex, settings)
}

/// Converts a finding that is given as text, with its escapes.
fn convert_text(asff: &str) -> Value {
    convert_stored(asff, &Annex::default(), Settings::default())
}

fn convert_stored(document: &str, annex: &Annex, settings: Settings) -> Value {
    let annex = annex.to_bytes();
    let stored = Stored { document: document.as_bytes(), annex: &annex };
    let organization_of = |account: &str| (account == "123456789012").then_some("o-abcd123456");
    let context = ConversionContext { organization_of: &organization_of };
    let mut ocsf = Vec::new();
    Converter { settings }.write(stored, Parts::ALL, context, &mut ocsf);
    serde_json::from_slice(&ocsf).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&ocsf)))
}

fn convert(asff: &Value) -> Value {
    convert_with(asff, &Annex::default(), Settings::default())
}

/// A finding of a control, as Security Hub stores it.
fn control() -> Value {
    json!({
        "ProductArn": "arn:aws:securityhub:us-east-2::product/aws/securityhub",
        "Id": "arn:aws:securityhub:us-east-2:123456789012:security-control/Redshift.3/finding/c3ab",
        "AwsAccountId": "123456789012",
        "AwsAccountName": "payments",
        "SchemaVersion": "2018-10-08",
        "ProductName": "Security Hub",
        "CompanyName": "AWS",
        "Region": "us-east-2",
        "GeneratorId": "security-control/Redshift.3",
        "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
        "FirstObservedAt": "2024-09-11T23:08:40.044Z",
        "LastObservedAt": "2025-09-26T11:34:42.714Z",
        "CreatedAt": "2024-09-11T23:08:40.044Z",
        "UpdatedAt": "2025-09-26T11:34:42.714Z",
        "Severity": { "Label": "INFORMATIONAL", "Normalized": 0, "Original": "INFORMATIONAL" },
        "Title": "Amazon Redshift clusters should have automatic snapshots enabled",
        "Description": "This control checks \"snapshots\".",
        "Remediation": { "Recommendation": { "Text": "Consult the controls documentation.", "Url": "https://docs.example" } },
        "ProductFields": {
            "RelatedAWSResources:0/name": "securityhub-redshift-backup-enabled-abc12311",
            "RelatedAWSResources:0/type": "AWS::Config::ConfigRule",
            "aws/securityhub/ProductName": "Security Hub"
        },
        "Resources": [
            { "Type": "AwsAccount", "Id": "AWS::::Account:123456789012", "Partition": "aws", "Region": "us-east-2" }
        ],
        "Compliance": {
            "Status": "PASSED",
            "SecurityControlId": "Redshift.3",
            "AssociatedStandards": [{ "StandardsId": "standards/aws-foundational-security-best-practices/v/1.0.0" }],
            "StatusReasons": [{ "ReasonCode": "CONFIG_EVALUATIONS_EMPTY", "Description": "AWS Config evaluated." }]
        },
        "Workflow": { "Status": "RESOLVED" },
        "RecordState": "ACTIVE",
        "FindingProviderFields": {
            "Severity": { "Label": "INFORMATIONAL", "Original": "INFORMATIONAL" },
            "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"]
        }
    })
}

/// A finding without Compliance and Vulnerabilities.
fn detection(product: &str, members: Value) -> Value {
    let mut finding = json!({
        "ProductArn": format!("arn:aws:securityhub:us-east-2::product/{product}"),
        "Id": "arn:aws:guardduty:us-east-2:123456789012:detector/d0c7/finding/a44d",
        "AwsAccountId": "123456789012",
        "ProductName": "GuardDuty",
        "CompanyName": "Amazon",
        "Region": "us-east-2",
        "UpdatedAt": "2025-09-19T09:17:19.594Z",
        "Severity": { "Label": "HIGH" },
        "RecordState": "ACTIVE",
        "Workflow": { "Status": "NEW" }
    });
    set(&mut finding, members);
    finding
}

/// Sets members of an object.
fn set(object: &mut Value, members: Value) {
    let (Some(object), Value::Object(members)) = (object.as_object_mut(), members) else { return };
    object.extend(members);
}

/// A finding of a control with one resource.
fn with_resource(resource: Value) -> Value {
    let mut finding = control();
    set(&mut finding, json!({ "Resources": [resource] }));
    finding
}

fn map(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("{value}") };
    map
}

/// Converts a finding that exists only in OCSF.
fn convert_native(native: &Native, annex: &Annex) -> Value {
    let (document, annex) = (native.to_bytes(), annex.to_bytes());
    let stored = Stored { document: &document, annex: &annex };
    let mut ocsf = Vec::new();
    Converter::default().write(stored, Parts::ALL, ConversionContext { organization_of: &|_| None }, &mut ocsf);
    serde_json::from_slice(&ocsf).unwrap()
}

/// A finding of a partner.
fn partner() -> Map<String, Value> {
    map(json!({
        "class_uid": 2004,
        "cloud": { "account": { "uid": "123456789012" }, "region": "us-east-1", "provider": "AWS" },
        "finding_info": { "uid": "f-1", "title": "t", "created_time": 1_758_273_439_594_i64, "modified_time_dt": "2025-09-19T09:17:19.594Z" },
        "metadata": { "product": { "uid": "arn:aws:securityhub:us-east-1::productv2/1234", "name": "Scanner" } },
        "resources": [{ "uid": "a" }, { "uid": "b", "criticality": "Low" }],
        "severity_id": 4,
        "extra": { "kept": [null, ""] }
    }))
}

/// Rules: OCM-03, OCF-02, OCF-04, OCF-13, OCF-21, OCF-34, UNK-08.
#[test]
fn findings_that_exist_only_in_ocsf_are_completed_and_kept() {
    let native = native::complete(partner()).unwrap();
    let uid = super::uid(["arn:aws:securityhub:us-east-1::productv2/1234", "123456789012", "us-east-1", "f-1"]);
    assert_eq!(uid, "11ab0ef2279c6906777771fb401f5084ee372f654aeb6945b491c2c6ad3eabd8", "SHA-256 of the lines");
    assert_eq!(
        (native.uid.as_str(), native.account.as_str(), native.region.as_str()),
        (&*uid, "123456789012", "us-east-1")
    );
    let ocsf = convert_native(&native, &Annex::default());
    let mut expected = Value::Object(partner());
    set(
        &mut expected,
        json!({
            "activity_id": 1, "activity_name": "Create", "category_name": "Findings", "category_uid": 2,
            "class_name": "Detection Finding", "type_name": "Detection Finding: Create", "type_uid": 200_401,
            "status": "New", "status_id": 1, "severity": "High", "time": 1_758_273_439_594_i64,
            "time_dt": "2025-09-19T09:17:19.594Z", "vendor_attributes": { "severity": "High", "severity_id": 4 }
        }),
    );
    expected["metadata"]["uid"] = json!(uid);
    set(
        &mut expected["finding_info"],
        json!({ "created_time_dt": "2025-09-19T09:17:19.594Z", "modified_time": 1_758_273_439_594_i64 }),
    );
    assert_eq!(ocsf, expected);
    let again = native::complete(map(ocsf.clone())).unwrap();
    assert_eq!(again.ocsf, map(ocsf), "a complete finding does not change");
}

/// Rules: OCM-03, OCF-26.
#[test]
fn changes_of_the_v2_half_are_applied_to_findings_that_exist_only_in_ocsf() {
    let native = native::complete(partner()).unwrap();
    let annex = Annex {
        is_updated: true,
        severity_id: Some(6),
        status_id: Some(3),
        comment: Some("a \"b\"".to_owned()),
        criticality: [(1, "High".to_owned())].into(),
        ..Annex::default()
    };
    let ocsf = convert_native(&native, &annex);
    assert_eq!((&ocsf["severity"], &ocsf["severity_id"]), (&json!("Fatal"), &json!(6)));
    assert_eq!((&ocsf["status"], &ocsf["status_id"]), (&json!("Suppressed"), &json!(3)));
    assert_eq!((&ocsf["comment"], &ocsf["type_uid"]), (&json!("a \"b\""), &json!(200_402)));
    assert_eq!((&ocsf["activity_name"], &ocsf["type_name"]), (&json!("Update"), &json!("Detection Finding: Update")));
    assert_eq!(ocsf["resources"], json!([{ "uid": "a" }, { "uid": "b", "criticality": "High" }]));
    assert_eq!(ocsf["vendor_attributes"]["severity"], json!("High"));
    assert_eq!(ocsf["extra"], partner()["extra"]);
}

/// Rules: OCM-03.
#[test]
fn values_that_cannot_be_read_are_refused_and_nulls_are_absent() {
    let with = |pointer: &str, value: Value| {
        let mut finding = Value::Object(partner());
        let (object, name) = pointer.rsplit_once('/').unwrap();
        finding.pointer_mut(object).unwrap()[name] = value;
        native::complete(map(finding))
    };
    for (pointer, value, expected) in [
        ("/severity_id", json!("4"), "`severity_id` is \"4\"; expected 0 to 6 or 99"),
        ("/severity_id", json!(77), "`severity_id` is 77; expected 0 to 6 or 99"),
        ("/status_id", json!(6), "`status_id` is 6; expected 0 to 5 or 99"),
        ("/activity_id", json!(9), "`activity_id` is 9; expected 0 to 3 or 99"),
        ("/status", json!(""), "`status` is \"\"; expected text"),
        ("/finding_info/title", json!(5), "`finding_info.title` is 5; expected text"),
        ("/finding_info/types", json!("T"), "`finding_info.types` is \"T\"; expected a list of texts"),
        (
            "/finding_info/modified_time_dt",
            json!("yesterday"),
            "`finding_info.modified_time_dt` is \"yesterday\"; expected a date and time",
        ),
        (
            "/time",
            json!("2026-01-01T00:00:00Z"),
            "`time` is \"2026-01-01T00:00:00Z\"; expected milliseconds since 1970",
        ),
        ("/time", json!(i64::MAX), "`time` is 9223372036854775807; expected milliseconds since 1970"),
        ("/resources", json!({}), "`resources` is {}; expected a list of objects"),
        ("/resources", json!([null]), "`resources` is [null]; expected a list of objects"),
        ("/resources/0/uid", json!(""), "`resources[0].uid` is \"\"; expected text"),
    ] {
        assert_eq!(with(pointer, value), Err(vec![expected.to_owned()]));
    }
    for pointer in
        ["/resources", "/severity", "/time", "/finding_info/created_time", "/resources/0/owner", "/metadata/uid"]
    {
        let ocsf = with(pointer, Value::Null).unwrap().ocsf;
        assert!(Value::Object(ocsf).pointer(pointer).is_none_or(|value| !value.is_null()), "{pointer}");
    }
}

/// Rules: OCM-03, OCF-05, OCF-06, OCF-07.
#[test]
fn numbers_follow_from_names_and_the_last_change_from_the_time_of_the_event() {
    let mut finding = partner();
    finding.remove("severity_id");
    let given = json!({ "severity": "Critical", "status": "Resolved", "time_dt": "2026-01-01T00:00:00Z" });
    finding.extend(map(given));
    finding["finding_info"].as_object_mut().unwrap().remove("modified_time_dt");
    let ocsf = Value::Object(native::complete(finding.clone()).unwrap().ocsf);
    assert_eq!((&ocsf["severity_id"], &ocsf["status_id"]), (&json!(5), &json!(4)));
    assert_eq!(ocsf["vendor_attributes"], json!({ "severity": "Critical", "severity_id": 5 }));
    assert_eq!(ocsf["finding_info"]["modified_time"], json!(1_767_225_600_000_i64));
    finding.remove("time_dt");
    let undated = native::complete(finding).unwrap();
    let dated = undated.dated(1_767_225_600_000).into_owned();
    assert_eq!(dated.ocsf["finding_info"]["modified_time_dt"], "2026-01-01T00:00:00.000Z");
    assert_eq!(dated.ocsf["time"], json!(1_767_225_600_000_i64));
    assert_eq!(dated.dated(0).into_owned(), dated);
}

/// Rules: OCF-22.
#[test]
fn resources_of_findings_that_exist_only_in_ocsf_name_the_organization_of_their_owner() {
    let mut finding = partner();
    let owned = |owner: Value| json!({ "uid": "a", "owner": owner });
    finding["resources"] = json!([
        owned(json!({ "account": { "uid": "123456789012" } })),
        owned(json!({ "account": { "uid": "123456789012" }, "org": { "uid": "o-given" } })),
        owned(json!({ "account": { "uid": "999999999999" } })),
        { "uid": "b" },
    ]);
    let (document, mut ocsf) = (native::complete(finding).unwrap().to_bytes(), Vec::new());
    let organization_of = |account: &str| (account == "123456789012").then_some("o-abcd123456");
    let context = ConversionContext { organization_of: &organization_of };
    let stored = Stored { document: &document, annex: &[] };
    Converter::default().write(stored, Parts::ALL, context, &mut ocsf);
    let ocsf: Value = serde_json::from_slice(&ocsf).unwrap();
    let of = |position: usize| ocsf["resources"][position]["owner"]["org"]["uid"].clone();
    assert_eq!([of(0), of(1), of(2), of(3)], [json!("o-abcd123456"), json!("o-given"), json!(null), json!(null)]);
}

/// Rules: OCM-03.
#[test]
fn missing_attributes_of_a_finding_in_ocsf_are_named() {
    let wrong =
        native::complete(map(json!({ "class_uid": 1001, "metadata": { "uid": "A" }, "cloud": { "region": 1 } })));
    let expected = [
        "`class_uid` is 1001; expected a number from 2001 to 2007",
        "`cloud.account.uid` is missing; expected text",
        "`cloud.region` is 1; expected text",
        "`finding_info.uid` is missing; expected text",
        "`metadata.product.uid` is missing; expected text",
        "`metadata.uid` is \"A\"; expected 64 characters of 0-9 and a-z",
    ];
    assert_eq!(wrong, Err(expected.map(str::to_owned).to_vec()));
    assert!(native::is_uid(&"0z".repeat(32)) && !native::is_uid(&"0Z".repeat(32)) && !native::is_uid("0"));
}

/// Rules: UNK-10.
#[test]
fn impact_likelihood_and_traits_are_stored_as_their_product_sent_them() {
    let mut finding = partner();
    let sent =
        json!({ "impact": "High", "impact_id": 3, "impact_score": 80, "likelihood": "Medium", "likelihood_id": 2 });
    finding.extend(map(sent.clone()));
    let events =
        json!([{ "uid": "r", "traits": [{ "category": "Reachability", "name": "n", "uid": "t" }], "tags": [] }]);
    finding["finding_info"]["related_events"] = events.clone();
    let ocsf = convert_native(&native::complete(finding).unwrap(), &Annex::default());
    for (member, value) in map(sent) {
        assert_eq!(ocsf[&member], value, "{member}");
    }
    assert_eq!(ocsf["finding_info"]["related_events"], events);
}

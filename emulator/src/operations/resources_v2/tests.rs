//! Tests of resources and software.

use securityhub_fixtures::Operation::{
    BatchImportFindings, BatchUpdateFindingsV2, CreateAggregatorV2, EnableSecurityHub, EnableSecurityHubV2,
    GetFindingsV2, GetResourcesStatisticsV2, GetResourcesV2, GetSoftwareResourcesV2, GetSoftwareStatisticsV2,
    GetSoftwareV2,
};
use serde_json::{Value, json};

use crate::testing::{ADMINISTRATOR, REGION, Stage, finding};

const BUCKET: &str = "arn:aws:s3:::data";
const INSTANCE: &str = "arn:aws:ec2:us-east-1:111111111111:instance/i-1";

/// An account with findings about a bucket and an instance with vulnerable packages.
fn stage() -> Stage {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    let bucket = json!({ "Type": "AwsS3Bucket", "Id": BUCKET, "Region": REGION, "Tags": { "team": "a", "empty": "" } });
    let instance = json!({ "Type": "AwsEc2Instance", "Id": INSTANCE, "Region": REGION });
    let package = |name: &str, manager: &str| json!({ "Name": name, "Version": "1.0", "PackageManager": manager });
    let vulnerability =
        json!({ "Id": "CVE-2024-1", "VulnerablePackages": [package("openssl", "OS"), package("log4j", "JAR")] });
    for finding in [
        finding("a", json!({ "Resources": [bucket] })),
        finding(
            "b",
            json!({ "Resources": [instance], "Vulnerabilities": [vulnerability], "Severity": { "Label": "CRITICAL" } }),
        ),
        finding("c", json!({ "Resources": [instance, bucket], "UpdatedAt": "2026-01-12T00:00:00Z" })),
    ] {
        let answer = stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [finding] }));
        assert_eq!(answer["SuccessCount"], 1, "{answer}");
    }
    stage
}

fn ids(stage: &Stage, input: Value) -> Vec<String> {
    let answer = stage.good(ADMINISTRATOR, GetResourcesV2, input);
    let id = |resource: &Value| resource["ResourceId"].as_str().unwrap().to_owned();
    answer["Resources"].as_array().unwrap().iter().map(id).collect()
}

fn filters(composite: Value) -> Value {
    json!({ "CompositeFilters": [composite] })
}

fn string(field: &str, value: &str) -> Value {
    json!({ "FieldName": field, "Filter": { "Value": value, "Comparison": "EQUALS" } })
}

/// Rules: RSV-01, RSV-02, RSV-03, RSV-05, RSV-06, UNK-15, DEC-11.
#[test]
fn a_resource_is_described_by_the_findings_that_name_it() {
    let stage = stage();
    let by_id = json!({ "Filters": filters(json!({ "StringFilters": [string("ResourceId", BUCKET)] })) });
    let bucket = stage.good(ADMINISTRATOR, GetResourcesV2, by_id.clone())["Resources"][0].clone();
    let expected = [
        ("AccountId", ADMINISTRATOR),
        ("Region", REGION),
        ("ResourceRegion", REGION),
        ("ResourceType", "AWS::S3::Bucket"),
        ("ResourceCategory", "Storage"),
        ("ResourceProvider", "AWS"),
        ("ResourceOwnerAccountId", ADMINISTRATOR),
        ("ResourceCriticality", "Unknown"),
        ("ResourceDetailCaptureTimeDt", "2026-01-12T00:00:00.000Z"),
    ];
    for (member, value) in expected {
        assert_eq!(bucket[member], value, "{member}");
    }
    assert_eq!(bucket["ResourceTags"], json!([{ "Key": "team", "Value": "a" }]));
    let summary = &bucket["FindingsSummary"];
    assert_eq!((summary.as_array().unwrap().len(), &summary[0]["TotalFindings"]), (1, &json!(2)));
    assert_eq!(summary[0]["Severities"]["High"], 2);
    let uid = stage.good(ADMINISTRATOR, GetFindingsV2, json!({}))["Findings"][0]["metadata"]["uid"].clone();
    stage.good(ADMINISTRATOR, BatchUpdateFindingsV2, json!({ "MetadataUids": [uid], "StatusId": 4 }));
    let bucket = stage.good(ADMINISTRATOR, GetResourcesV2, by_id)["Resources"][0].clone();
    assert_eq!(bucket["FindingsSummary"][0]["TotalFindings"], 1, "a resolved finding does not count (DEC-11)");
}

/// Rules: DEC-10.
#[test]
fn a_resource_is_identified_by_its_own_region() {
    let stage = stage();
    for operation in [EnableSecurityHub, EnableSecurityHubV2] {
        stage.call_in("eu-west-1", ADMINISTRATOR, operation, json!({})).unwrap();
    }
    let linked = json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "LinkedRegions": ["eu-west-1"] });
    stage.good(ADMINISTRATOR, CreateAggregatorV2, linked);
    let import = |region: &str, id: &str, updated_at: &str| {
        let bucket = json!({ "Type": "AwsS3Bucket", "Id": BUCKET, "Region": "eu-west-1" });
        let product = format!("arn:aws:securityhub:{region}:{ADMINISTRATOR}:product/{ADMINISTRATOR}/default");
        let with = json!({ "Resources": [bucket], "UpdatedAt": updated_at, "ProductArn": product });
        let findings = json!({ "Findings": [finding(id, with)] });
        let answer = stage.call_in(region, ADMINISTRATOR, BatchImportFindings, findings).unwrap();
        assert_eq!(answer["SuccessCount"], 1, "{answer}");
    };
    let regions = || {
        let by_id = json!({ "Filters": filters(json!({ "StringFilters": [string("ResourceId", BUCKET)] })) });
        let found = stage.good(ADMINISTRATOR, GetResourcesV2, by_id)["Resources"].clone();
        let names = ["ResourceRegion", "Region"];
        let row = |it: &Value| names.map(|name| it[name].as_str().unwrap().to_owned());
        let mut rows: Vec<_> = found.as_array().unwrap().iter().map(row).collect();
        rows.sort();
        rows
    };
    import(REGION, "d", "2026-01-13T00:00:00Z");
    assert_eq!(regions(), [["eu-west-1", REGION], [REGION, REGION]]);
    import("eu-west-1", "e", "2026-01-14T00:00:00Z");
    assert_eq!(regions(), [["eu-west-1", "eu-west-1"], [REGION, REGION]], "the newest finding decides");
}

/// Rules: RSV-07, RSV-08, GFV-10.
#[test]
fn resources_are_filtered_sorted_and_counted() {
    let stage = stage();
    assert_eq!(ids(&stage, json!({})).len(), 2);
    let sorted = json!({ "SortCriteria": [{ "Field": "FindingsSummary.Severities.Critical", "SortOrder": "desc" }] });
    assert_eq!(ids(&stage, sorted)[0], INSTANCE);
    let number = json!({ "FieldName": "FindingsSummary.Severities.Critical", "Filter": { "Gte": 1 } });
    assert_eq!(ids(&stage, json!({ "Filters": filters(json!({ "NumberFilters": [number] })) })), [INSTANCE]);
    let tag = json!({ "FieldName": "ResourceTags", "Filter": { "Key": "team", "Value": "a", "Comparison": "EQUALS" } });
    assert_eq!(ids(&stage, json!({ "Filters": filters(json!({ "MapFilters": [tag] })) })), [BUCKET]);
    let page = stage.good(ADMINISTRATOR, GetResourcesV2, json!({ "MaxResults": 1 }));
    let next = stage.good(ADMINISTRATOR, GetResourcesV2, json!({ "MaxResults": 1, "NextToken": page["NextToken"] }));
    assert_ne!(page["Resources"], next["Resources"]);
    assert!(next.get("NextToken").is_none());
    let counted = stage.good(
        ADMINISTRATOR,
        GetResourcesStatisticsV2,
        json!({
            "GroupByRules": [{ "GroupByField": "ResourceType" }, { "GroupByField": "FindingsSummary.FindingType" }],
        }),
    );
    let types =
        json!([{ "FieldValue": "AWS::EC2::Instance", "Count": 1 }, { "FieldValue": "AWS::S3::Bucket", "Count": 1 }]);
    assert_eq!(counted["GroupByResults"][0]["GroupByValues"], types);
    let sub_category = json!({ "StringFilters": [string("ResourceSubCategory", "Model")] });
    for (operation, refused) in [
        (GetResourcesV2, json!({ "Filters": filters(sub_category) })),
        (GetResourcesV2, json!({ "SortCriteria": [{ "Field": "ResourceTags" }] })),
        (GetResourcesStatisticsV2, json!({ "GroupByRules": [{ "GroupByField": "ResourceSubCategory" }] })),
    ] {
        stage.refused(ADMINISTRATOR, operation, refused, 400, "ValidationException");
    }
}

/// Rules: SWV-01, SWV-02, SWV-03, SWV-04.
#[test]
fn software_consists_of_vulnerable_packages() {
    let stage = stage();
    let software = stage.good(ADMINISTRATOR, GetSoftwareV2, json!({}))["Software"].clone();
    let row = |name: &str, kind: &str| json!({ "PackageName": name, "PackageVersion": "1.0", "PackageType": kind, "ResourceCount": 1 });
    assert_eq!(software, json!([row("log4j", "library"), row("openssl", "operating-system")]));
    let openssl = json!({ "PackageName": "openssl", "PackageType": "operating-system" });
    let resources = stage.good(ADMINISTRATOR, GetSoftwareResourcesV2, openssl)["SoftwareResources"].clone();
    assert_eq!((resources.as_array().unwrap().len(), &resources[0]["ResourceId"]), (1, &json!(INSTANCE)));
    let unknown = json!({ "PackageName": "none", "PackageType": "library" });
    assert_eq!(stage.good(ADMINISTRATOR, GetSoftwareResourcesV2, unknown)["SoftwareResources"], json!([]));
    let counted = json!({ "GroupByRules": [{ "GroupByField": "PackageType" }] });
    let counted = stage.good(ADMINISTRATOR, GetSoftwareStatisticsV2, counted);
    assert_eq!(counted["GroupByResults"][0]["GroupByValues"].as_array().unwrap().len(), 2);
    let word = json!({ "FieldName": "PackageName", "Filter": { "Value": "x", "Comparison": "CONTAINS_WORD" } });
    for refused in [
        json!({ "SortCriteria": [{ "Field": "PackageName" }] }),
        json!({ "Filters": filters(json!({ "StringFilters": [word] })) }),
    ] {
        stage.refused(ADMINISTRATOR, GetSoftwareV2, refused, 400, "ValidationException");
    }
}

/// Rules: O2G-11.
#[test]
fn a_token_of_software_is_valid_for_an_hour() {
    let stage = stage();
    let page = stage.good(ADMINISTRATOR, GetSoftwareV2, json!({ "MaxResults": 1 }));
    let next = json!({ "MaxResults": 1, "NextToken": page["NextToken"] });
    stage.0.clock.advance(jiff::SignedDuration::from_mins(59));
    assert_eq!(stage.good(ADMINISTRATOR, GetSoftwareV2, next.clone())["Software"][0]["PackageName"], "openssl");
    stage.0.clock.advance(jiff::SignedDuration::from_mins(1));
    let message = stage.refused(ADMINISTRATOR, GetSoftwareV2, next, 400, "ValidationException");
    assert_eq!(message, "Invalid NextToken: The token has expired");
}

//! Properties of all conversions, over generated findings and over random ones.

use std::sync::OnceLock;

use fastrand::Rng;
use quickcheck::{Arbitrary, Gen};
use securityhub_engine::{Derive as _, Parts, Stored, date};
use securityhub_fixtures::fields::OCSF_FIELDS;
use securityhub_fixtures::model::{Kind, ShapeId};
use serde_json::{Map, Value, json};

use super::super::{ConversionContext, Converter};
use super::convert;
use crate::generate::{Product, Request, findings};
use crate::state::{AccountId, HubKey, Region};
use crate::testing::check;

/// Findings of every product.
pub(crate) fn generated(count: usize) -> Vec<Value> {
    let account = AccountId::parse("111111111111").unwrap();
    let hubs = vec![HubKey { account, region: Region::new("us-east-1") }];
    let one = |product: Product| {
        let products = vec![product];
        let now = "2026-01-15T09:00:00Z".parse().unwrap();
        let administrator = account;
        Request {
            products,
            count,
            hubs: hubs.clone(),
            administrator,
            days: 30,
            seed: 7,
            sequence: 0,
            now,
            private: false,
        }
    };
    let all = Product::all().flat_map(|product| findings(one(product)).unwrap());
    all.map(|made| {
        let mut finding: Value = serde_json::from_str(&made.text).unwrap();
        super::set(&mut finding, json!({ "Region": "us-east-1", "ProductName": "P", "CompanyName": "C" }));
        finding
    })
    .collect()
}

/// A random finding that the service model accepts.
#[derive(Clone, Debug)]
pub(crate) struct Random(pub(crate) Value);

impl Arbitrary for Random {
    fn arbitrary(random: &mut Gen) -> Self {
        static SHAPE: OnceLock<ShapeId> = OnceLock::new();
        let shape = *SHAPE.get_or_init(|| ShapeId::named("AwsSecurityFinding").unwrap());
        let mut random = Rng::with_seed(u64::arbitrary(random));
        Random(value(shape, 0, &mut random))
    }
}

const TEXTS: [&str; 18] = [
    "",
    "a",
    "é\"\\\n/b",
    "arn:aws:sqs:us-east-2:123456789012:q",
    "arn:aws:s3:::b/a\"/b.csv",
    "arn:aws:lambda:us-east-2:123456789012:function:f",
    "arn:",
    "arn:aws:securityhub:us-east-1::product/aws/guardduty",
    "arn:aws:securityhub:us-east-1::product/aws/macie",
    "AWS::::Account:123456789012",
    "AwsS3Bucket",
    "AwsS3Object",
    "AwsEc2Instance",
    "Sensitive Data Identifications/PII/SensitiveData:S3Object-Personal",
    "TTPs/",
    "2025-09-19T11:17:19.5+02:00",
    "0000-01-01T00:00:00+10:00",
    "12",
];

fn value(shape: ShapeId, depth: u32, random: &mut Rng) -> Value {
    match &shape.shape().kind {
        Kind::Structure(structure) => {
            // Few of many members, such as the details of a resource.
            let frequency = if structure.members.len() > 60 && depth > 0 { 0.03 } else { 0.6 };
            let has = |random: &mut Rng| depth < 7 && random.f64() < frequency;
            let members = structure.members.iter().filter(|member| member.required || has(random)).collect::<Vec<_>>();
            let members =
                members.into_iter().map(|member| (member.name.to_owned(), value(member.shape, depth + 1, random)));
            Value::Object(members.collect())
        }
        Kind::List { member, .. } => (0..random.usize(..3)).map(|_| value(*member, depth + 1, random)).collect(),
        Kind::Map { value: of, .. } => {
            (0..random.usize(..3)).map(|_| (text(random), value(*of, depth + 1, random))).collect::<Map<_, _>>().into()
        }
        Kind::String(string) => match random.choice(string.values) {
            Some(value) => json!(value),
            None => json!(text(random)),
        },
        Kind::Integer { .. } => json!(random.i32(-3..100_000)),
        Kind::Float { .. } => json!(f64::from(random.i32(-3..200)) / 16.0),
        Kind::Boolean => json!(random.bool()),
        Kind::Timestamp => json!("2025-09-19T09:17:19.594Z"),
    }
}

fn text(random: &mut Rng) -> String {
    random.choice(TEXTS).unwrap_or_default().to_owned()
}

/// The path of a value that no finding may contain: null, empty text, an empty list or object. Values of tags may be
/// empty (OCT-09).
fn nothing(value: &Value, path: &str) -> Option<String> {
    match value {
        Value::Null => Some(path.to_owned()),
        Value::String(text) => (text.is_empty() && !path.ends_with(".tags[].value")).then(|| path.to_owned()),
        Value::Array(list) if list.is_empty() => Some(path.to_owned()),
        Value::Array(list) => list.iter().find_map(|value| nothing(value, &format!("{path}[]"))),
        Value::Object(object) if object.is_empty() => Some(path.to_owned()),
        Value::Object(object) => object.iter().find_map(|(name, value)| nothing(value, &format!("{path}.{name}"))),
        _ => None,
    }
}

/// The values at a path of the table of fields.
fn at<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    path.split('.').fold(vec![value], |values, step| {
        let (name, is_list) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
        let found = values.into_iter().filter_map(|value| value.get(name));
        if is_list { found.filter_map(Value::as_array).flatten().collect() } else { found.collect() }
    })
}

/// Fields whose values are copied: path in OCSF, path in ASFF.
const COPIED: [(&str, &str); 37] = [
    ("cloud.account.uid", "AwsAccountId"),
    ("cloud.account.name", "AwsAccountName"),
    ("cloud.region", "Region"),
    ("finding_info.desc", "Description"),
    ("finding_info.src_url", "SourceUrl"),
    ("finding_info.title", "Title"),
    ("finding_info.uid", "Id"),
    ("metadata.product.name", "ProductName"),
    ("remediation.desc", "Remediation.Recommendation.Text"),
    ("remediation.references[]", "Remediation.Recommendation.Url"),
    ("compliance.control", "Compliance.SecurityControlId"),
    ("compliance.standards[]", "Compliance.AssociatedStandards[].StandardsId"),
    ("compliance.requirements[]", "Compliance.RelatedRequirements[]"),
    ("compliance.assessments[].name", "Compliance.StatusReasons[].ReasonCode"),
    ("compliance.assessments[].desc", "Compliance.StatusReasons[].Description"),
    ("vulnerabilities[].cve.uid", "Vulnerabilities[].Id"),
    ("vulnerabilities[].related_vulnerabilities[]", "Vulnerabilities[].RelatedVulnerabilities[]"),
    ("vulnerabilities[].references[]", "Vulnerabilities[].ReferenceUrls[]"),
    ("vulnerabilities[].severity", "Vulnerabilities[].Vendor.VendorSeverity"),
    ("vulnerabilities[].cve.cvss[].base_score", "Vulnerabilities[].Cvss[].BaseScore"),
    ("vulnerabilities[].cve.cvss[].vendor_name", "Vulnerabilities[].Cvss[].Source"),
    ("vulnerabilities[].cve.cvss[].version", "Vulnerabilities[].Cvss[].Version"),
    ("vulnerabilities[].affected_packages[].name", "Vulnerabilities[].VulnerablePackages[].Name"),
    ("vulnerabilities[].affected_packages[].version", "Vulnerabilities[].VulnerablePackages[].Version"),
    ("vulnerabilities[].affected_code[].file.path", "Vulnerabilities[].CodeVulnerabilities[].FilePath.FilePath"),
    ("resources[].cloud_function.runtime", "Resources[].Details.AwsLambdaFunction.Runtime"),
    ("resources[].cloud_function.user.uid", "Resources[].Details.AwsLambdaFunction.Role"),
    ("resources[].cloud_function.layers[].uid_alt", "Resources[].Details.AwsLambdaFunction.Layers[].Arn"),
    ("resources[].device.encryption_details.key_uid", "Resources[].Details.AwsEc2Volume.KmsKeyId"),
    ("resources[].device.image.uid", "Resources[].Details.AwsEc2Instance.ImageId"),
    ("resources[].image.architecture", "Resources[].Details.AwsEcrContainerImage.Architecture"),
    ("resources[].image.registry_uid", "Resources[].Details.AwsEcrContainerImage.RegistryId"),
    ("resources[].image.repository_name", "Resources[].Details.AwsEcrContainerImage.RepositoryName"),
    ("resources[].image.uid", "Resources[].Details.AwsEcrContainerImage.ImageDigest"),
    ("resources[].subnet_info.uid", "Resources[].Details.AwsEc2Instance.SubnetId"),
    ("evidences[].actor.user.account.uid", "Detection.Sequence.Actors[].User.Account.Uid"),
    ("evidences[].api.operation", "Action.AwsApiCallAction.Api"),
];

/// The finding without what lacks members that the schema of OCSF requires.
fn complete(mut asff: Value) -> Value {
    let has = |value: &Value, name: &str| value.get(name).is_some_and(|value| *value != json!(""));
    let retain = |list: Option<&mut Value>, keep: &dyn Fn(&Value) -> bool| {
        if let Some(Value::Array(list)) = list {
            list.retain(keep);
        }
    };
    for vulnerability in asff.get_mut("Vulnerabilities").and_then(Value::as_array_mut).into_iter().flatten() {
        retain(vulnerability.get_mut("VulnerablePackages"), &|package| has(package, "Name"));
        retain(vulnerability.get_mut("Cvss"), &|score| has(score, "BaseScore"));
    }
    let is_user = |actor: &Value| actor.get("User").is_some_and(|user| has(user, "Name") || has(user, "Uid"));
    retain(asff.pointer_mut("/Detection/Sequence/Actors"), &is_user);
    if let Some(recommendation) = asff.pointer_mut("/Remediation/Recommendation")
        && has(recommendation, "Url")
        && !has(recommendation, "Text")
    {
        recommendation["Text"] =
            json!("Please review the remediation guidance provided in the referenced documentation");
    }
    asff
}

/// Asserts that a finding in OCSF has the values of its ASFF form at the paths of the table of copied fields.
fn assert_same(asff: &Value, ocsf: &Value) {
    let class = ocsf["class_uid"].as_u64();
    let is_full = |value: &&Value| **value != json!("");
    let asff = &complete(asff.clone());
    for (path, source) in COPIED {
        let belongs = match path.split('.').next() {
            Some("remediation") => {
                class != Some(2006) && !asff["ProductArn"].as_str().unwrap_or_default().ends_with("aws/inspector")
            }
            Some("compliance") => class == Some(2003),
            Some("evidences[]") => matches!(class, Some(2003 | 2004)),
            _ => true,
        };
        if belongs {
            let expected: Vec<&Value> = at(asff, source).into_iter().filter(is_full).collect();
            assert_eq!(at(ocsf, path), expected, "{path}: {asff}");
        }
    }
    assert_codes(asff, ocsf);
    assert_types(asff, ocsf);
    assert_resources(asff, ocsf);
    assert_times(asff, &ocsf["finding_info"]);
}

fn assert_codes(asff: &Value, ocsf: &Value) {
    let severity = asff.pointer("/FindingProviderFields/Severity/Label").or_else(|| asff.pointer("/Severity/Label"));
    let labels = ["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"];
    let severity = severity.and_then(|label| labels.iter().position(|it| label == it)).map_or(0, |at| at + 1);
    assert_eq!((&ocsf["severity_id"], &ocsf["vendor_attributes"]["severity_id"]), (&json!(severity), &json!(severity)));
    let statuses = ["NEW", "NOTIFIED", "SUPPRESSED", "RESOLVED"];
    let status = asff.pointer("/Workflow/Status").and_then(|it| statuses.iter().position(|status| it == status));
    assert_eq!(ocsf["status_id"], json!(status.unwrap_or_default() + 1));
    let activity = if asff["RecordState"] == "ARCHIVED" { (3, "Close") } else { (1, "Create") };
    assert_eq!((ocsf["activity_id"].as_u64(), ocsf["activity_name"].as_str()), (Some(activity.0), Some(activity.1)));
    let results = [("PASSED", "Pass"), ("WARNING", "Warning"), ("FAILED", "Fail"), ("NOT_AVAILABLE", "Unknown")];
    let result =
        asff.pointer("/Compliance/Status").map(|status| results.iter().find(|(it, _)| status == it).unwrap().1);
    let result = result.filter(|_| ocsf["class_uid"] == 2003);
    assert_eq!(ocsf.pointer("/compliance/status").and_then(Value::as_str), result);
    assert_eq!(ocsf.get("confidence_score"), provided(asff, "Confidence"));
    let product = asff["ProductArn"].as_str().unwrap().replace(":product/", ":productv2/");
    assert_eq!(ocsf.pointer("/metadata/product/uid").and_then(Value::as_str).unwrap_or_default(), product);
}

/// A member as its provider has sent it: FindingProviderFields, if present, contain all of it.
fn provided<'v>(asff: &'v Value, name: &str) -> Option<&'v Value> {
    asff.get("FindingProviderFields").unwrap_or(asff).get(name)
}

/// The types are those of ASFF and one more, unless their product shortens them.
fn assert_types(asff: &Value, ocsf: &Value) {
    let types = at(ocsf, "finding_info.types[]");
    let words = ["Vulnerabilities", "Posture Management", "Threats", "Sensitive Data"];
    assert!(words.iter().any(|word| types.last().unwrap() == word), "{types:?}");
    let product = asff["ProductArn"].as_str().unwrap();
    if !product.contains("product/aws/guardduty") && !product.contains("product/aws/macie") {
        let provided =
            provided(asff, "Types").and_then(Value::as_array).into_iter().flatten().filter(|it| **it != json!(""));
        assert_eq!(types[..types.len() - 1], provided.collect::<Vec<_>>());
    }
}

fn assert_resources(asff: &Value, ocsf: &Value) {
    let resources = at(asff, "Resources[]");
    assert_eq!(at(ocsf, "resources[]").len(), resources.len());
    for (resource, found) in resources.into_iter().zip(at(ocsf, "resources[]")) {
        let text = |name: &str| resource[name].as_str().filter(|text| !text.is_empty());
        let partition =
            asff["ProductArn"].as_str().unwrap().split(':').nth(1).filter(|it| !it.is_empty()).unwrap_or("aws");
        assert_eq!(found["cloud_partition"], text("Partition").unwrap_or(partition));
        assert_eq!(found["provider"], text("Provider").unwrap_or("AWS"));
        let region = text("Region").or_else(|| asff["Region"].as_str().filter(|text| !text.is_empty()));
        let is_global = text("Type").is_some_and(|kind| kind.starts_with("AwsIam"));
        assert_eq!(found.get("region").and_then(Value::as_str), if is_global { Some("global") } else { region });
        let tags = resource["Tags"].as_object().into_iter().flatten().filter(|(name, _)| !name.is_empty());
        let tags: Vec<Value> = tags.map(|(name, value)| json!({ "name": name, "value": value })).collect();
        assert_eq!(found["tags"].as_array().cloned().unwrap_or_default(), tags);
        let ids = [&found["uid"], &found["uid_alt"]];
        assert!(
            text("Type") == Some("AwsAccount") || text("Id").is_none_or(|id| ids.iter().any(|it| *it == id)),
            "{asff}"
        );
    }
}

fn assert_times(asff: &Value, info: &Value) {
    let names = [
        ("created", "CreatedAt"),
        ("modified", "UpdatedAt"),
        ("first_seen", "FirstObservedAt"),
        ("last_seen", "LastObservedAt"),
    ];
    for (name, source) in names {
        let instant = asff.get(source).and_then(Value::as_str).and_then(date::strict);
        let milliseconds = info.get(format!("{name}_time")).and_then(Value::as_i64);
        assert_eq!(milliseconds.map(i128::from), instant.map(|instant| instant.div_euclid(1_000_000)), "{asff}");
        let text = info.get(format!("{name}_time_dt")).and_then(Value::as_str);
        // The offset of a date can make its year longer than four digits.
        if let Some(text) = text.filter(|text| !text.starts_with('-')) {
            let again = date::strict(text).map(|instant| instant / 1_000_000);
            assert_eq!((text.len(), again), (24, milliseconds.map(i128::from)), "{text}");
        }
    }
}

fn assert_valid(asff: &Value) {
    let ocsf = convert(asff);
    assert_eq!(nothing(&ocsf, ""), None, "{asff}");
    assert_same(asff, &ocsf);
}

/// Rules: OCF-12, OCF-23, OCM-31, OCM-76.
#[test]
fn generated_findings_become_findings_without_empty_values() {
    for finding in generated(60) {
        assert_valid(&finding);
    }
}

/// Rules: OCT-09, OCM-05.
#[test]
fn random_findings_become_findings_without_empty_values() {
    fn valid(Random(finding): Random) -> bool {
        assert_valid(&finding);
        true
    }
    check(100).quickcheck(valid as fn(Random) -> bool);
}

/// The values of a field in the parts that a column reads are those of the whole finding.
#[test]
fn parts_contain_the_values_of_their_fields() {
    fn same(Random(finding): Random) -> bool {
        assert_parts(&finding);
        true
    }
    check(100).quickcheck(same as fn(Random) -> bool);
    generated(10).iter().for_each(assert_parts);
}

fn assert_parts(asff: &Value) {
    let document = asff.to_string();
    let stored = Stored { document: document.as_bytes(), annex: b"" };
    let converter = Converter::default();
    let read = |parts: Parts| -> Value {
        let mut ocsf = Vec::new();
        converter.write(stored, parts, ConversionContext { organization_of: &|_| None }, &mut ocsf);
        serde_json::from_slice(&ocsf).unwrap()
    };
    let whole = read(Parts::ALL);
    for row in OCSF_FIELDS {
        let path = row.field.path;
        assert_eq!(at(&read(converter.parts(path)), path), at(&whole, path), "{path}: {document}");
    }
}

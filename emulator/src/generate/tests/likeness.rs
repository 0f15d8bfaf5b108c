//! Compares the generated findings of each product with those sent by the real services.
//!
//! Sources of the facts, as the tests name them:
//! - *guide*: the page on the integration with Security Hub in the user guide of the service, with its table of types and
//!   its typical finding; for Health and Config, the page on AWS integrations of the Security Hub user guide; for Firewall
//!   Manager, the pages on findings of its developer guide; for Inspector also its samples of `EventBridge` events.
//! - *recorded*: answers of `GetFindings` and events that projects publish as test data: cloud-custodian (ECR image
//!   findings), `DefectDojo` (`unittests/scans/awssecurityhub`), the Splunk SOAR connector `awssecurityhub`, and for
//!   GuardDuty a `GetFindings` answer and a Security Lake record of 2025.

use std::collections::{BTreeMap, BTreeSet};

use regex_lite::Regex;
use serde_json::Value;

use super::{generate, request};
use crate::generate::Product;

/// Members of every finding of every product, in addition to those that a test lists.
const EVERYWHERE: [&str; 12] = [
    "SchemaVersion",
    "Id",
    "ProductArn",
    "GeneratorId",
    "AwsAccountId",
    "Types",
    "CreatedAt",
    "UpdatedAt",
    "Severity",
    "Title",
    "Description",
    "Resources",
];
const MILLISECONDS: &str = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z";
const SECONDS: &str = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ";
/// The names that patterns can contain, such as `REGION`, with their patterns.
const PARTS: [(&str, &str); 4] =
    [("REGION", "[a-z]+-[a-z]+-[0-9]"), ("ACCOUNT", "[0-9]{12}"), ("HASH", "[0-9a-f]{32}"), ("UUID", "[0-9a-f-]{36}")];

/// Findings of a product for several seeds.
struct Sample(Vec<Value>);

impl Sample {
    fn of(product: &str) -> Sample {
        let of_seed = |seed| {
            let mut request = request(vec![Product::named(product).unwrap()], 150);
            request.seed = seed;
            generate(request).map(Value::Object)
        };
        Sample((1..=6).flat_map(of_seed).collect())
    }

    /// The findings that have a value at a path.
    fn with(&self, path: &str) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |finding| !at(finding, path).is_null())
    }

    /// Checks that every finding has the members common to all products and those in `always`, that some findings but
    /// not all have those in `sometimes`, and that there are no other members.
    fn has_members(&self, always: &[&str], sometimes: &[&str]) {
        let mut met: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in &self.0 {
            finding.as_object().unwrap().keys().for_each(|name| *met.entry(name).or_default() += 1);
        }
        for name in EVERYWHERE.iter().chain(always) {
            assert_eq!(met.remove(name), Some(self.0.len()), "not every finding has {name}");
        }
        for name in sometimes {
            let count = met.remove(name).unwrap_or_default();
            assert!(0 < count && count < self.0.len(), "{name}: {count} of {}", self.0.len());
        }
        assert!(met.is_empty(), "{met:?}");
    }

    /// The values at a path.
    fn values(&self, path: &str) -> BTreeSet<String> {
        self.with(path).map(|finding| text(at(finding, path))).collect()
    }

    /// Checks that the values at a path match a pattern.
    fn has_form(&self, path: &str, form: &str) {
        let form = PARTS.iter().fold(form.to_owned(), |form, (name, part)| form.replace(name, part));
        let form = Regex::new(&format!("^(?:{form})$")).unwrap();
        let values = self.values(path);
        assert!(!values.is_empty(), "no finding has {path}");
        for value in values {
            assert!(form.is_match(&value), "{path}: {value}");
        }
    }

    /// Checks that the product fields match these patterns, and that each pattern occurs.
    fn has_product_fields(&self, forms: &[&str]) {
        let mut forms: Vec<(Regex, bool)> =
            forms.iter().map(|form| (Regex::new(&format!("^(?:{form})$")).unwrap(), false)).collect();
        for finding in self.with("ProductFields") {
            for key in at(finding, "ProductFields").as_object().unwrap().keys() {
                let form = forms.iter_mut().find(|(form, _)| form.is_match(key));
                form.unwrap_or_else(|| panic!("{key}")).1 = true;
            }
        }
        for (form, is_met) in forms {
            assert!(is_met, "no finding has {form}");
        }
    }

    /// Checks the severities as product, label and normalized number.
    fn has_severities(&self, expected: &[(&str, &str, &str)]) {
        let part = |finding, name: &str| text(at(finding, &format!("Severity>{name}")));
        let met: BTreeSet<_> =
            self.0.iter().map(|it| (part(it, "Product"), part(it, "Label"), part(it, "Normalized"))).collect();
        let expected = expected.iter().map(|(product, label, number)| (product, label, number));
        let expected: BTreeSet<_> = expected
            .map(|(product, label, number)| (product.to_string(), label.to_string(), number.to_string()))
            .collect();
        assert_eq!(met, expected);
    }
}

/// The value at a path such as `Resources>0>Type`, or null.
fn at<'v>(value: &'v Value, path: &str) -> &'v Value {
    let step = |value: &'v Value, name: &str| match name.parse::<usize>() {
        Ok(position) if value.is_array() => value.get(position),
        _ => value.get(name),
    };
    path.split('>').try_fold(value, step).unwrap_or(&Value::Null)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn is(finding: &Value, path: &str, value: &str) -> bool {
    at(finding, path).as_str() == Some(value)
}

/// Rules: PRD-26.
///
/// guide: the table of fields, the logic of the label and the typical finding. `HealthEventStartTime` is read by clients
/// that export Health findings from Security Hub.
#[test]
fn a_health_finding_has_its_event_and_one_resource_of_type_other() {
    let sample = Sample::of("health");
    sample.has_members(&["SourceUrl", "ProductFields"], &[]);
    let event = "event/[A-Z0-9]+/AWS_[A-Z0-9_]+/AWS_[A-Z0-9_]+_[0-9]{12}_UUID";
    sample.has_form("Id", &format!("arn:aws:health:REGION:ACCOUNT:{event}/[0-9A-F]{{64}}"));
    sample.has_form("Title", "AWS Health - AWS_[A-Z0-9_]+");
    let page = r"https://phd\.aws\.amazon\.com/phd/home#/event-log\?eventID=arn:aws:health:REGION::";
    sample.has_form("SourceUrl", &format!("{page}{event}"));
    sample.has_product_fields(&["HealthEventStartTime"]);
    sample.has_form("CreatedAt", r".+\.000Z");
    sample.has_form("UpdatedAt", r".+\.000Z");
    for finding in &sample.0 {
        let code = text(at(finding, "GeneratorId"));
        let id = text(at(finding, "Id"));
        let service = id.split('/').nth(1).unwrap();
        assert_eq!(id.split('/').nth(2), Some(&*code));
        assert_eq!(text(at(finding, "Title")), format!("AWS Health - {code}"));
        assert_eq!(at(finding, "Types").to_string(), r#"["Software and Configuration Checks"]"#);
        assert_eq!(at(finding, "ProductFields>HealthEventStartTime"), at(finding, "CreatedAt"));
        let resources = at(finding, "Resources").as_array().unwrap();
        let members: Vec<&str> = resources[0].as_object().unwrap().keys().map(String::as_str).collect();
        assert!(resources.len() == 1 && members == ["Type", "Id"] && is(finding, "Resources>0>Type", "Other"));
        let label = match (service, &*code) {
            ("RISK" | "SHIELD", _) | (_, "AWS_S3_OPEN_ACCESS_BUCKET_NOTIFICATION") => "CRITICAL",
            ("ABUSE", _) => "HIGH",
            (_, code) if code.contains("SECURITY_NOTIFICATION") => "HIGH",
            _ => "MEDIUM",
        };
        assert!(is(finding, "Severity>Label", label), "{code}");
    }
    sample.has_severities(&[("null", "CRITICAL", "90"), ("null", "HIGH", "70"), ("null", "MEDIUM", "40")]);
}

/// Rules: PRD-27.
///
/// guide: the table of fields and the typical finding; recorded: an account as resource of type `Other`.
#[test]
fn a_config_finding_is_named_after_its_rule() {
    let sample = Sample::of("config");
    sample.has_members(&["ProductFields", "Compliance"], &[]);
    sample.has_form("Id", "arn:aws:config:REGION:ACCOUNT:config-rule/config-rule-[a-z0-9]{6}/finding/[0-9a-f]{40}");
    sample.has_product_fields(&["aws/config/ConfigRule(Arn|Name)", "aws/config/ConfigComplianceType"]);
    sample.has_severities(&[("null", "MEDIUM", "40")]);
    for finding in &sample.0 {
        let (rule, name) = (at(finding, "GeneratorId"), at(finding, "Title"));
        assert!(text(at(finding, "Id")).starts_with(&text(rule)));
        assert_eq!(at(finding, "ProductFields>aws/config/ConfigRuleArn"), rule);
        assert_eq!(at(finding, "ProductFields>aws/config/ConfigRuleName"), name);
        let start = "This finding is created for a resource compliance change for config rule: ";
        assert_eq!(text(at(finding, "Description")), format!("{start}{}", text(name)));
        let status = match &*text(at(finding, "ProductFields>aws/config/ConfigComplianceType")) {
            "NON_COMPLIANT" => "FAILED",
            "COMPLIANT" => "PASSED",
            _ => "NOT_AVAILABLE",
        };
        assert!(is(finding, "Compliance>Status", status));
        if is(finding, "Resources>0>Type", "Other") {
            assert_eq!(
                text(at(finding, "Resources>0>Id")),
                format!("AWS::::Account:{}", text(at(finding, "AwsAccountId")))
            );
            assert!(at(finding, "Resources>0>Details").is_null());
        }
    }
    assert!(sample.0.iter().any(|finding| is(finding, "Resources>0>Type", "Other")));
    assert_eq!(sample.values("Compliance>Status").len(), 3);
}

/// Rules: PRD-28.
///
/// guide: the table of types and the typical finding; recorded: numbers of severities, `Sample`, the product fields,
/// the other caller type of the action, and exactly 50 product fields, the maximum, for an anomaly.
#[test]
fn a_guardduty_finding_has_flattened_service_fields() {
    let sample = Sample::of("guardduty");
    let always = ["FirstObservedAt", "LastObservedAt", "SourceUrl", "ProductFields", "Sample"];
    sample.has_members(&always, &["Action", "Process", "Malware", "Threats", "Detection"]);
    sample.has_form("Id", "arn:aws:guardduty:REGION:ACCOUNT:detector/HASH/finding/HASH");
    sample.has_form("GeneratorId", "arn:aws:guardduty:REGION:ACCOUNT:detector/HASH");
    sample.has_form("FirstObservedAt", r".+\.000Z");
    let page = r"guardduty/home\?region=REGION#/findings\?macros=current&fId=HASH";
    sample.has_form("SourceUrl", &format!(r"https://REGION\.console\.aws\.amazon\.com/{page}"));
    sample.has_form("Title", r".+\.");
    let severities = [("2", "LOW", "40"), ("5", "MEDIUM", "50"), ("8", "HIGH", "60"), ("9", "CRITICAL", "90")];
    sample.has_severities(&severities);
    sample.has_form(
        "Types>0",
        r"(TTPs|Effects|Unusual Behaviors|Software and Configuration Checks)(/[A-Za-z &]+)?/([A-Za-z0-9]+[:-])?.+",
    );
    let action = "aws/guardduty/service/action";
    sample.has_form(&format!("ProductFields>{action}/awsApiCallAction/callerType"), "Remote IP");
    sample.has_form("Action>AwsApiCallAction>CallerType", "remoteIp");
    sample.has_form(
        "Action>AwsApiCallAction>RemoteIpDetails>Country>CountryCode",
        "[A-Z]{2}|GeneratedFindingCountryCode",
    );
    for finding in &sample.0 {
        assert!(text(at(finding, "Id")).starts_with(&text(at(finding, "GeneratorId"))));
        let fields = at(finding, "ProductFields").as_object().unwrap();
        assert!(fields.keys().all(|key| key.starts_with("aws/guardduty/service/")) && fields.len() <= 50);
        for name in ["serviceName", "detectorId", "resourceRole"] {
            assert!(fields.contains_key(&format!("aws/guardduty/service/{name}")), "{name}");
        }
        let is_anomaly = fields.contains_key("aws/guardduty/service/additionalInfo/anomalies/anomalousAPIs");
        let details = ["additionalInfo/type", "additionalInfo/value"];
        for name in ["archived", "count", "eventFirstSeen", "eventLastSeen"].iter().chain(&details) {
            assert_eq!(fields.contains_key(&format!("aws/guardduty/service/{name}")), !is_anomaly, "{name}");
        }
        let id = text(at(finding, "Resources>0>Id"));
        assert_eq!(at(finding, "Sample"), &Value::Bool(id.contains("GeneratedFinding")));
        let of_key = |resource: &Value| at(resource, "Details>AwsIamAccessKey").as_object().map(serde_json::Map::len);
        let resources = at(finding, "Resources").as_array().unwrap();
        assert!(resources.iter().filter_map(of_key).all(|members| members == 3));
    }
    let info = "ProductFields>aws/guardduty/service/additionalInfo";
    sample.has_form(&format!("{info}/type"), "|default");
    sample.has_form(&format!("{info}/value"), r#"|\{".+\}"#);
    for part in ["type", "value"] {
        assert!(sample.values(&format!("{info}/{part}")).contains(""), "{part} is sometimes empty");
    }
    for finding in sample.with(&format!("{info}/threatListName")) {
        let value: Value = serde_json::from_str(&text(at(finding, &format!("{info}/value")))).unwrap();
        assert_eq!(at(&value, "threatListName"), at(finding, &format!("{info}/threatListName")));
    }
    let types = sample.values("Types>0");
    let of_tactic = |tactic: &str| types.iter().filter(|it| it.ends_with(tactic)).count();
    assert!(of_tactic("/IAMUser-AnomalousBehavior") >= 5 && types.len() >= 36, "{types:#?}");
}

/// Rules: PRD-28.
#[test]
fn a_guardduty_anomaly_lists_usual_and_unusual_behavior() {
    let sample = Sample::of("guardduty");
    let info = "aws/guardduty/service/additionalInfo";
    let anomalies: Vec<&Value> = sample.with(&format!("ProductFields>{info}/anomalies/anomalousAPIs")).collect();
    assert!(anomalies.len() > 40);
    for finding in anomalies {
        let fields = at(finding, "ProductFields").as_object().unwrap();
        let of = |family: &str| fields.keys().filter(|key| key.starts_with(&format!("{info}/{family}"))).count();
        assert_eq!((of("profiledBehavior/"), of("unusualBehavior/"), of("userAgent/")), (24, 6, 2));
        assert_eq!((fields.len(), fields.values().any(|value| value == "")), (50, true));
    }
}

/// Rules: PRD-29.
///
/// recorded: everything but network paths and weaknesses of code, whose forms are those of the events in the guide.
#[test]
fn an_inspector_finding_has_the_scanned_resource() {
    let sample = Sample::of("inspector");
    let always = ["FirstObservedAt", "LastObservedAt", "Remediation", "ProductFields", "RecordState"];
    sample.has_members(&always, &["Vulnerabilities", "NetworkPath"]);
    sample.has_form("Id", "arn:aws:inspector2:REGION:ACCOUNT:finding/HASH");
    sample.has_form("GeneratorId", "AWSInspector");
    sample.has_form("Title", r"(CVE-\d{4}-\d+|CWE-\d+) - .+|Port \d+ is reachable from an Internet Gateway - TCP");
    let (resource, packages) = ("resources/1/resourceDetails", "packageVulnerabilityDetails/vulnerablePackages");
    sample.has_product_fields(&[
        "aws/inspector/ProductVersion",
        "aws/inspector/FindingStatus",
        "aws/inspector/inspectorScore",
        "aws/inspector/instanceId",
        &format!("aws/inspector/{resource}/awsEc2InstanceDetails/platform"),
        &format!("aws/inspector/{resource}/awsEcrContainerImageDetails/platform"),
        &format!("aws/inspector/{resource}/awsLambdaFunctionDetails/runtime"),
        &format!("aws/inspector/{packages}/sourceLayerHashes"),
        &format!("aws/inspector/{packages}/1/sourceLayerHash"),
        "aws/inspector/networkReachabilityDetails/.+",
    ]);
    let severities = [
        ("null", "CRITICAL", "90"),
        ("null", "HIGH", "70"),
        ("null", "MEDIUM", "40"),
        ("null", "LOW", "1"),
        ("null", "INFORMATIONAL", "0"),
    ];
    sample.has_severities(&severities);
    for finding in &sample.0 {
        let field = |name: &str| at(finding, &format!("ProductFields>aws/inspector/{name}"));
        let state = if text(field("FindingStatus")) == "ACTIVE" { "ACTIVE" } else { "ARCHIVED" };
        assert!(is(finding, "RecordState", state) && text(field("ProductVersion")) == "2");
        assert_eq!(at(finding, "FirstObservedAt"), at(finding, "CreatedAt"));
        assert_eq!(at(finding, "LastObservedAt"), at(finding, "UpdatedAt"));
        let id = text(at(finding, "Resources>0>Id"));
        let kind = text(at(finding, "Resources>0>Type"));
        let instance = field("instanceId").as_str().map(|instance| format!("/{instance}"));
        assert_eq!(instance.is_some(), kind == "AwsEc2Instance");
        assert!(instance.is_none_or(|instance| id.ends_with(&instance)));
        assert!(kind != "AwsLambdaFunction" || id.ends_with(":$LATEST"), "{id}");
    }
}

/// Rules: PRD-29.
///
/// recorded: packages with their remediation, layers of images in two forms, and vendors with their times.
#[test]
fn an_inspector_vulnerability_has_packages_and_vendor() {
    let sample = Sample::of("inspector");
    let package = "Vulnerabilities>0>VulnerablePackages>0";
    sample.has_form(&format!("{package}>Epoch"), "[0-9]");
    sample.has_form(
        &format!("{package}>Remediation"),
        "yum update .+|apt-get update && apt-get upgrade|apk update && apk upgrade|Update .+ to .+",
    );
    sample.has_form(&format!("{package}>SourceLayerHash"), "sha256:[0-9a-f]{64}");
    sample.has_form("Resources>0>Details>AwsEc2Instance>LaunchedAt", SECONDS);
    sample.has_form("Resources>0>Details>AwsEcrContainerImage>ImagePublishedAt", SECONDS);
    sample.has_form("Vulnerabilities>0>Vendor>VendorUpdatedAt", SECONDS);
    for finding in sample.with(package) {
        let kind = text(at(finding, "Resources>0>Type"));
        let package = at(finding, package);
        let is_of_the_system = is(package, "PackageManager", "OS");
        assert_eq!(at(package, "FilePath").is_null(), is_of_the_system, "{package}");
        assert_eq!(at(package, "Release").is_null(), !is_of_the_system, "{package}");
        assert_eq!(at(package, "FixedInVersion").is_null(), at(package, "Remediation").is_null(), "{package}");
        let layers = "ProductFields>aws/inspector/packageVulnerabilityDetails/vulnerablePackages";
        let layer = |name: &str| at(finding, &format!("{layers}/{name}"));
        let hashes = [layer("sourceLayerHashes"), layer("1/sourceLayerHash")];
        let named = hashes.iter().filter(|hash| hash.is_string()).count();
        assert_eq!(named, usize::from(kind == "AwsEcrContainerImage"));
        assert_eq!(at(package, "SourceLayerHash"), hashes[0]);
    }
    let vendors = sample.with("Vulnerabilities>0>Vendor").count();
    let of_nvd: Vec<&Value> =
        sample.0.iter().filter(|finding| is(finding, "Vulnerabilities>0>Vendor>Name", "NVD")).collect();
    assert!(of_nvd.len() > vendors * 2 / 3 && of_nvd.len() < vendors);
    for finding in of_nvd {
        let vendor = at(finding, "Vulnerabilities>0>Vendor");
        let times = [at(vendor, "VendorCreatedAt"), at(vendor, "VendorUpdatedAt")].map(text);
        assert!(times.iter().all(|time| time != "null") && times[0] <= times[1], "{times:?}");
        let cve = text(at(finding, "Vulnerabilities>0>Id"));
        assert_eq!(text(at(vendor, "Url")), format!("https://nvd.nist.gov/vuln/detail/{cve}"));
    }
}

/// Rules: PRD-30.
///
/// Inferred, but for the type of `S3BucketPublic`, the sample bucket and `Sample`, which published findings show. A policy
/// finding has a UUID, a finding on sensitive data a hexadecimal ID, and neither has an observation time or a URL.
#[test]
fn a_macie_finding_concerns_a_bucket_or_an_object() {
    let sample = Sample::of("macie");
    sample.has_members(&["ProductFields", "Sample"], &[]);
    sample.has_form("Id", "HASH|UUID");
    sample.has_form("GeneratorId", "aws/macie");
    sample.has_severities(&[("null", "HIGH", "70"), ("null", "MEDIUM", "40"), ("null", "LOW", "1")]);
    let data = "(Personal|Financial|Credentials|CustomIdentifier|Multiple)";
    let data = format!("Sensitive Data Identifications/(PII|Financial|Passwords)/SensitiveData:S3Object-{data}");
    let practice = "Software and Configuration Checks/AWS Security Best Practices/Policy:IAMUser-S3[A-Za-z]+";
    let public = "Effects/Data Exposure/Policy:IAMUser-S3BucketPublic";
    sample.has_form("Types>0", &format!("{data}|{practice}|{public}"));
    assert!(sample.values("Types>0").len() >= 11);
    let fields =
        ["S3Bucket.effectivePermission", "S3Bucket.allowsUnencryptedObjectUploads", "OriginType", "Job(Arn|Id)"];
    sample.has_product_fields(&[&fields[..], &["S3Object.(Path|Extension|PublicAccess|Size|StorageClass)"]].concat());
    for finding in &sample.0 {
        let is_on_data = text(at(finding, "Types>0")).starts_with("Sensitive");
        assert_eq!(text(at(finding, "Id")).contains('-'), !is_on_data);
        let types: Vec<String> =
            at(finding, "Resources").as_array().unwrap().iter().map(|it| text(at(it, "Type"))).collect();
        let expected: &[&str] = if is_on_data { &["AwsS3Bucket", "AwsS3Object"] } else { &["AwsS3Bucket"] };
        assert_eq!(types, expected);
        let bucket = text(at(finding, "Resources>0>Id"));
        assert_eq!(at(finding, "Sample"), &Value::Bool(bucket.ends_with(":macie-sample-finding-bucket")));
        let origin = at(finding, "ProductFields>OriginType").as_str();
        assert_eq!(origin.is_some(), is_on_data);
        assert_eq!(at(finding, "ProductFields>JobId").is_string(), origin == Some("SENSITIVE_DATA_DISCOVERY_JOB"));
        let result = at(finding, "Resources>1>DataClassification>Result");
        assert!(
            !is_on_data || result["SensitiveData"].is_array() && result["CustomDataIdentifiers"]["TotalCount"].is_u64()
        );
    }
}

/// Rules: PRD-31.
///
/// guide: the table of types and titles and the two typical findings. One finding for each resource of an analyzer, which
/// the ID names.
#[test]
fn an_access_analyzer_finding_is_named_after_its_resource() {
    let sample = Sample::of("access-analyzer");
    sample.has_members(&["Remediation", "SourceUrl", "ProductFields", "RecordState"], &[]);
    sample.has_form("GeneratorId", "aws/access-analyzer");
    sample.has_severities(&[("70", "HIGH", "70"), ("40", "MEDIUM", "40"), ("1", "LOW", "1")]);
    let practice = "Software and Configuration Checks/AWS Security Best Practices";
    let unused = "Unused (Permission|IAM Role|IAM User Password|IAM User Access Key)";
    let shared = "External Access Granted";
    sample.has_form("Types>0", &format!("Effects/Data Exposure/{shared}|{practice}/({shared}|{unused})"));
    assert_eq!(sample.values("Types>0").len(), 6);
    let words = "contains unused (permissions|IAM role|IAM user password|IAM user access key)";
    sample.has_form("Title", &format!("Aws[A-Za-z0-9]+/arn:aws:.+/ (allows (public|cross-account) access|{words})"));
    let mut ids = BTreeSet::new();
    for finding in &sample.0 {
        let (id, resource) = (text(at(finding, "Id")), text(at(finding, "Resources>0>Id")));
        let resources = at(finding, "Resources").as_array().unwrap();
        assert!(resources.len() == 1 && at(&resources[0], "Region").is_null(), "{id}");
        let title = text(at(finding, "Title"));
        assert!(title.starts_with(&format!("{}/{resource}/ ", text(at(finding, "Resources>0>Type")))), "{title}");
        assert!(text(at(finding, "Description")).contains(&format!("/{resource}/ ")));
        let is_external = text(at(finding, "Types>0")).ends_with("External Access Granted");
        assert_eq!(id.ends_with(&resource), is_external, "{id}");
        assert!(id.starts_with("arn:aws:access-analyzer:") && id.contains(&format!("/{resource}")));
        let other = at(finding, "Resources>0>Details>Other");
        let names: Vec<&str> = other.as_object().map(|it| it.keys().map(String::as_str).collect()).unwrap_or_default();
        let expected: &[&str] = if is_external {
            &["External Principal Type", "Condition", "Action Granted", "External Principal"]
        } else {
            &[]
        };
        assert_eq!(names, expected);
        let is_public = is(other, "External Principal", "*");
        assert_eq!(title.ends_with("public access"), is_public);
        assert_eq!(is(finding, "Severity>Label", "HIGH"), is_public);
        assert_eq!(at(finding, "ProductFields>findingType").is_string(), !is_external);
        ids.insert(id);
    }
    assert_eq!(ids.len(), sample.0.len());
    sample.has_form("ProductFields>ResourceOwnerAccount", r"\d{12}");
    sample.has_form("ProductFields>roleLastUsedTimestamp", MILLISECONDS);
}

/// Rules: PRD-32.
///
/// guide: the pages on findings of web ACL, Shield Advanced and security group policies list title, number of severity and
/// whether there is a status. The IDs are inferred.
#[test]
fn the_title_of_a_firewall_manager_finding_determines_severity_and_status() {
    let sample = Sample::of("firewall-manager");
    sample.has_members(&["ProductFields"], &["Compliance", "Remediation"]);
    let expected: BTreeMap<&str, (&str, bool)> = [
        ("Resource is missing Firewall Manager managed web ACL", ("80", true)),
        ("Firewall Manager managed web ACL has misconfigured rule groups", ("80", true)),
        ("Resource lacks Shield Advanced protection", ("60", true)),
        ("Shield Advanced detected attack against monitored resource", ("70", false)),
        ("Resource has misconfigured security group", ("70", true)),
        ("Firewall Manager replica security group is out of sync with primary security group", ("80", true)),
        ("Security group is not compliant with content audit security group", ("70", true)),
        ("Firewall Manager found redundant security group", ("30", false)),
        ("Firewall Manager found unused security group", ("30", false)),
    ]
    .into();
    assert_eq!(sample.values("Title"), expected.keys().map(|title| (*title).to_owned()).collect());
    for finding in &sample.0 {
        let title = text(at(finding, "Title"));
        let (number, has_status) = expected[&*title];
        let status = at(finding, "Compliance>Status").as_str();
        assert_eq!(status.is_some(), has_status, "{title}");
        let number = if status == Some("PASSED") { "0" } else { number };
        assert_eq!(text(at(finding, "Severity>Normalized")), number, "{title}");
    }
    sample.has_form("Severity>Label", "HIGH|MEDIUM|LOW|INFORMATIONAL");
}

//! `databucket`: the bucket and the object in which sensitive data was found (OCF-35).

use securityhub_engine::json::text;

use super::asff::Member;
use super::out::{Out, inside};
use super::resources;
use super::source::Source;

/// Names and numbers of categories of data, by category of ASFF.
const CATEGORIES: [(&str, u8, &str); 3] = [
    ("PERSONAL_INFORMATION", 1, "Personal"),
    ("FINANCIAL_INFORMATION", 3, "Financial"),
    ("CREDENTIALS", 6, "Security"),
];

/// Writes `databucket` from the resources (OCM-89): the first bucket, and the first object.
pub(super) fn write(source: &Source<'_>, out: &mut Out<'_>) {
    let (mut bucket, mut object) = (None, None);
    text::each_element(source.get(Member::Resources).unwrap_or_default(), |resource| {
        let [kind] = text::values_of(Some(resource), ["Type"]);
        let found = match inside(kind) {
            Some("AwsS3Bucket") => &mut bucket,
            Some("AwsS3Object") => &mut object,
            _ => return,
        };
        found.get_or_insert(resource);
    });
    let named = Named::of(bucket, object);
    if named.name.is_some() {
        out.object("databucket", |out| {
            if let Some(object) = object {
                out.object("file", |out| file(object, out));
            }
            self::bucket(source, bucket, &named, out);
        });
    }
}

/// The names of a bucket. The schema requires one.
struct Named<'t> {
    name: Option<String>,
    arn: &'t str,
}

impl<'t> Named<'t> {
    fn of(bucket: Option<&'t str>, object: Option<&str>) -> Named<'t> {
        let [id, details] = text::values_of(bucket, ["Id", "Details"]);
        let [details] = text::values_of(details, ["AwsS3Bucket"]);
        let [named] = text::values_of(details, ["Name"]);
        let [object_id] = text::values_of(object, ["Id"]);
        let arn = inside(id).unwrap_or_default();
        let short = resources::ids("AwsS3Bucket", arn).0;
        let short = Some(&*short).filter(|short| !short.is_empty());
        let name = inside(named).or(short).or(inside(object_id).and_then(resources::bucket_of));
        Named { name: name.map(str::to_owned), arn }
    }
}

fn bucket(source: &Source<'_>, bucket: Option<&str>, named: &Named<'_>, out: &mut Out<'_>) {
    let [region, tags, details] = text::values_of(bucket, ["Region", "Tags", "Details"]);
    let [details] = text::values_of(details, ["AwsS3Bucket"]);
    let [encryption, access] =
        text::values_of(details, ["ServerSideEncryptionConfiguration", "PublicAccessBlockConfiguration"]);
    encryption_details(encryption, out);
    if encryption.is_some() {
        out.flag("is_encrypted", true);
    }
    if access.is_some_and(is_closed) {
        out.flag("is_public", false);
    }
    out.text("name", named.name.as_deref().unwrap_or_default());
    out.text("region", inside(region).unwrap_or_else(|| source.text(Member::Region)));
    out.tags("tags", tags);
    out.coded(["type", "type_id"], (1, "S3"));
    out.text("uid", named.arn);
}

fn encryption_details(encryption: Option<&str>, out: &mut Out<'_>) {
    let [rules] = text::values_of(encryption, ["Rules"]);
    let first = text::elements_of(rules.unwrap_or_default()).first().copied();
    let [default] = text::values_of(first, ["ApplyServerSideEncryptionByDefault"]);
    let [algorithm, key] = text::values_of(default, ["SSEAlgorithm", "KMSMasterKeyID"]);
    out.object("encryption_details", |out| {
        out.copy("algorithm", algorithm);
        out.copy("key_uid", key);
    });
}

/// Returns whether all kinds of public access are blocked. If not, the policies of the bucket decide, and a finding
/// does not contain them.
fn is_closed(access: &str) -> bool {
    let names = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
    text::values_of(Some(access), names).iter().all(|value| *value == Some("true"))
}

fn file(object: &str, out: &mut Out<'_>) {
    let [id, classification] = text::values_of(Some(object), ["Id", "DataClassification"]);
    let [result] = text::values_of(classification, ["Result"]);
    let [sensitive, custom, status] = text::values_of(result, ["SensitiveData", "CustomDataIdentifiers", "Status"]);
    let [status] = text::values_of(status, ["Code"]);
    let [custom] = text::values_of(custom, ["Detections"]);
    out.list("data_classifications", |out| {
        text::each_element(sensitive.unwrap_or_default(), |data| {
            let [category, detections] = text::values_of(Some(data), ["Category", "Detections"]);
            text::each_element(detections.unwrap_or_default(), |detection| {
                let [kind, count] = text::values_of(Some(detection), ["Type", "Count"]);
                out.element(|out| detected((category, kind, count), status, out));
            });
        });
        text::each_element(custom.unwrap_or_default(), |detection| {
            let [name, count] = text::values_of(Some(detection), ["Name", "Count"]);
            out.element(|out| detected((None, name, count), status, out));
        });
    });
    let key = resources::ids("AwsS3Object", inside(id).unwrap_or_default()).0;
    out.text("name", key.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(&key));
    out.text("path", &key);
    out.number("type_id", 1);
}

/// Writes the classification of one kind of data. A classification has one classifier, so each kind of data needs a
/// classification of its own.
fn detected(
    (category, kind, count): (Option<&str>, Option<&str>, Option<&str>),
    status: Option<&str>,
    out: &mut Out<'_>,
) {
    let category = inside(category).unwrap_or_default();
    let (id, name) = CATEGORIES.iter().find(|(asff, ..)| *asff == category).map_or((99, "Other"), |it| (it.1, it.2));
    out.coded(["category", "category_id"], (id, name));
    out.object("classifier_details", |out| out.copy("type", kind));
    out.list("discovery_details", |out| {
        out.element(|out| {
            out.copy_number("count", count);
            out.copy("type", kind);
        });
    });
    match inside(status) {
        Some("COMPLETE") => out.coded(["status", "status_id"], (1, "Complete")),
        Some("PARTIAL") => out.coded(["status", "status_id"], (2, "Partial")),
        Some(_) => out.coded(["status", "status_id"], (99, "Other")),
        None => {}
    }
}

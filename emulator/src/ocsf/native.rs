//! Findings that exist only in OCSF, such as exposures and findings of partners (OCM-03).
//!
//! The stored document is `{"uid":…,"AwsAccountId":…,"Region":…,"ocsf":{…}}`: the attributes that keys and visibility
//! need, with their names in ASFF, and the finding itself.

mod checks;

use std::borrow::Cow;

use securityhub_engine::Key;
use securityhub_engine::json::text;
use serde_json::{Map, Value, json};

use super::annex::Annex;
use super::envelope;
use super::moment;
use super::out::{Out, inside};
use super::settings::ConversionContext;

/// The beginning of a stored finding that exists only in OCSF. Findings in ASFF begin with their product.
const START: &str = "{\"uid\":";
/// The classes of findings of OCSF. The API names no others.
const CLASSES: [(u64, &str); 7] = [
    (2001, "Security Finding"),
    (2002, "Vulnerability Finding"),
    (2003, "Compliance Finding"),
    (2004, "Detection Finding"),
    (2005, "Incident Finding"),
    (2006, "Data Security Finding"),
    (2007, "Application Security Posture Finding"),
];

/// A completed finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Native {
    /// `metadata.uid`.
    pub uid: String,
    /// `cloud.account.uid`.
    pub account: String,
    /// `cloud.region`.
    pub region: String,
    /// The finding.
    pub ocsf: Map<String, Value>,
}

impl Native {
    /// The stored document.
    pub fn to_bytes(&self) -> Vec<u8> {
        let ocsf = Value::Object(self.ocsf.clone()).to_string();
        let [uid, account, region] = [&self.uid, &self.account, &self.region].map(|part| text::quoted(part));
        text::object([("uid", &*uid), ("AwsAccountId", &account), ("Region", &region), ("ocsf", &ocsf)]).into_bytes()
    }
}

/// The key of the finding with this `metadata.uid`.
pub fn key(uid: &str) -> Key {
    let key = format!("{START}{}", text::quoted(uid)).into_bytes();
    let length = key.len();
    Key::new(key, length)
}

/// Returns whether a stored document is a finding that exists only in OCSF.
pub fn is_native(document: &str) -> bool {
    document.starts_with(START)
}

/// Returns whether a stored finding that exists only in OCSF is about a check that has passed.
pub fn is_passed(document: &[u8]) -> bool {
    let document = std::str::from_utf8(document).ok();
    let [finding] = text::values_of(document, ["ocsf"]);
    let [compliance] = text::values_of(finding, ["compliance"]);
    text::values_of(compliance, ["status_id"]) == [Some("1")]
}

/// Checks that a finding contains what Security Hub needs, and adds derived attributes: names and numbers of class and
/// type (OCF-02, OCF-04), the second form of each time (OCF-13), the unique ID (OCF-21), and the status of new
/// findings. A member that is null counts as absent.
pub fn complete(mut ocsf: Map<String, Value>) -> Result<Native, Vec<String>> {
    checks::drop_nulls(&mut ocsf);
    let mut wrong = Vec::new();
    let class = ocsf.get("class_uid").and_then(Value::as_u64);
    let class = CLASSES.into_iter().find(|(uid, _)| class == Some(*uid));
    if class.is_none() {
        wrong.push(format!("`class_uid` is {}; expected a number from 2001 to 2007", given(ocsf.get("class_uid"))));
    }
    let whole = Value::Object(ocsf.clone());
    let mut text_at = |path: &str| {
        let pointer = format!("/{}", path.replace('.', "/"));
        let found = whole.pointer(&pointer);
        let text = found.and_then(Value::as_str).filter(|text| !text.is_empty());
        if text.is_none() {
            wrong.push(format!("`{path}` is {}; expected text", given(found)));
        }
        text.unwrap_or_default().to_owned()
    };
    let [account, region, id, product] =
        ["cloud.account.uid", "cloud.region", "finding_info.uid", "metadata.product.uid"].map(&mut text_at);
    let uid = match whole.pointer("/metadata/uid") {
        None => envelope::uid([&product, &account, &region, &id]),
        Some(Value::String(uid)) if is_uid(uid) => uid.clone(),
        given @ Some(_) => {
            wrong.push(format!("`metadata.uid` is {}; expected 64 characters of 0-9 and a-z", self::given(given)));
            String::new()
        }
    };
    wrong.extend(checks::faults(&ocsf));
    let Some(class) = class.filter(|_| wrong.is_empty()) else { return Err(wrong) };
    classify(&mut ocsf, class);
    if let Some(Value::Object(metadata)) = ocsf.get_mut("metadata") {
        metadata.insert("uid".to_owned(), json!(uid));
    }
    date(&mut ocsf, None);
    Ok(Native { uid, account, region, ocsf })
}

impl Native {
    /// The finding with a time of its last change. If its product sent none, this is the time of its delivery,
    /// `milliseconds`.
    pub fn dated(&self, milliseconds: i64) -> Cow<'_, Native> {
        if self.ocsf.contains_key("time") {
            return Cow::Borrowed(self);
        }
        let mut dated = self.clone();
        date(&mut dated.ocsf, Some(milliseconds));
        Cow::Owned(dated)
    }
}

/// Adds the time of the event and the time of the last change, which are equal (OCF-07). A missing one is taken from
/// the other, or from the time of delivery. Also adds the second form of each time.
fn date(ocsf: &mut Map<String, Value>, delivered: Option<i64>) {
    add_times(ocsf);
    let event = ["time", "time_dt"].map(|name| ocsf.get(name).cloned());
    let Some(Value::Object(info)) = ocsf.get_mut("finding_info") else { return };
    if !info.contains_key("modified_time")
        && let Some(time) = event[0].clone().or_else(|| delivered.map(|time| json!(time)))
    {
        info.insert("modified_time".to_owned(), time);
        add_times(info);
    }
    let modified = ["modified_time", "modified_time_dt"].map(|name| info.get(name).cloned());
    for (name, value) in ["time", "time_dt"].into_iter().zip(modified) {
        if let Some(value) = value {
            ocsf.entry(name).or_insert(value);
        }
    }
}

fn given(value: Option<&Value>) -> String {
    value.map_or_else(|| "missing".to_owned(), Value::to_string)
}

/// Returns whether a text has the form of a unique ID.
pub fn is_uid(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

/// Adds names and numbers of class, activity, type and status, and the severity that the provider gave.
fn classify(ocsf: &mut Map<String, Value>, (class_id, class): (u64, &str)) {
    let named = |name: &str| ocsf.get(name).and_then(Value::as_str);
    let severity_id = named("severity").map_or(0, envelope::severity_named);
    let status_id = named("status").map_or(1, envelope::status_named);
    let mut add = |name: &str, value: Value| ocsf.entry(name).or_insert(value).clone();
    add("category_uid", json!(2));
    add("category_name", json!("Findings"));
    let class = add("class_name", json!(class));
    let activity_id = add("activity_id", json!(1)).as_u64().unwrap_or_default();
    let activity = activity_id.try_into().ok().and_then(envelope::activity).unwrap_or("Other");
    let activity = add("activity_name", json!(activity));
    add("type_uid", json!(class_id * 100 + activity_id));
    let type_name = format!("{}: {}", class.as_str().unwrap_or_default(), activity.as_str().unwrap_or_default());
    add("type_name", json!(type_name));
    let status_id = add("status_id", json!(status_id)).as_u64().and_then(|id| id.try_into().ok());
    add("status", json!(status_id.and_then(envelope::status).unwrap_or("Other")));
    let severity_id = add("severity_id", json!(severity_id)).as_u64().and_then(|id| id.try_into().ok());
    let severity = add("severity", json!(severity_id.and_then(envelope::severity).unwrap_or("Other")));
    add("vendor_attributes", json!({ "severity": severity, "severity_id": severity_id.unwrap_or(99) }));
}

/// Adds the missing form of each time, at any depth.
fn add_times(object: &mut Map<String, Value>) {
    let mut missing = Vec::new();
    for (name, value) in object.iter_mut() {
        match value {
            Value::Object(inner) => add_times(inner),
            Value::Array(list) => list.iter_mut().filter_map(Value::as_object_mut).for_each(add_times),
            Value::Number(number) if name == "time" || name.ends_with("_time") => {
                missing.extend(number.as_i64().map(|time| (format!("{name}_dt"), json!(moment::of(time)))));
            }
            Value::String(text) => {
                let time = name.strip_suffix("_dt").filter(|name| *name == "time" || name.ends_with("_time"));
                let moment = time.and_then(|name| Some((name.to_owned(), json!(moment::read(text)?.milliseconds))));
                missing.extend(moment);
            }
            _ => {}
        }
    }
    for (name, value) in missing {
        object.entry(name).or_insert(value);
    }
}

/// Appends a stored finding with the changes in its annex, and with the organizations that own its resources.
pub(super) fn write(document: &str, annex: &Annex, context: ConversionContext<'_>, ocsf: &mut Vec<u8>) {
    let finding = text::member_of(document, "ocsf").unwrap_or("{}");
    let mut has_organization = false;
    let [list] = text::values_of(Some(finding), ["resources"]);
    text::each_element(list.unwrap_or("[]"), |resource| has_organization |= organization(resource, context).is_some());
    let changes_resources = has_organization || !annex.criticality.is_empty();
    let is_changed = changes_resources
        || annex.is_updated
        || annex.severity_id.is_some()
        || annex.status_id.is_some()
        || annex.comment.is_some();
    if !is_changed {
        return ocsf.extend_from_slice(finding.as_bytes());
    }
    ocsf.push(b'{');
    let mut out = Out::new(ocsf);
    let activity = updated(finding, annex);
    let replaced = |name: &str| match name {
        "severity" | "severity_id" => annex.severity_id.is_some(),
        "status" | "status_id" => annex.status_id.is_some(),
        "comment" => annex.comment.is_some(),
        "activity_id" | "activity_name" | "type_name" | "type_uid" => activity.is_some(),
        "resources" => changes_resources,
        _ => false,
    };
    text::each_member(finding, |name, value| {
        if name == "resources" && replaced(name) {
            out.list(name, |out| resources(value, annex, context, out));
        } else if !replaced(name) {
            out.raw(name, value);
        }
    });
    if let Some(id) = annex.severity_id {
        out.coded(["severity", "severity_id"], (id, envelope::severity(id).unwrap_or("Other")));
    }
    if let Some(id) = annex.status_id {
        out.coded(["status", "status_id"], (id, envelope::status(id).unwrap_or("Other")));
    }
    if let Some(comment) = &annex.comment {
        out.plain("comment", comment);
    }
    if let Some((class_id, class)) = activity {
        out.coded(["activity_name", "activity_id"], (2, "Update"));
        out.pieces("type_name", [class, ": Update"]);
        out.number("type_uid", class_id * 100 + 2);
    }
    ocsf.push(b'}');
}

/// The class of a finding whose activity is still Create although its provider has sent it again (OCM-40); `None` for
/// other findings.
fn updated<'t>(finding: &'t str, annex: &Annex) -> Option<(i64, &'t str)> {
    let [activity, class_id, class] = text::values_of(Some(finding), ["activity_id", "class_uid", "class_name"]);
    (annex.is_updated && activity == Some("1")).then_some(())?;
    Some((class_id?.parse().ok()?, inside(class)?))
}

/// The organization of a resource's owner, if the resource does not name one.
fn organization<'w>(resource: &str, context: ConversionContext<'w>) -> Option<&'w str> {
    let [owner] = text::values_of(Some(resource), ["owner"]);
    let [account, named] = text::values_of(owner, ["account", "org"]);
    let [account] = text::values_of(account, ["uid"]);
    (context.organization_of)(inside(account)?).filter(|_| named.is_none())
}

fn resources(list: &str, annex: &Annex, context: ConversionContext<'_>, out: &mut Out<'_>) {
    let mut position = 0;
    text::each_element(list, |resource| {
        let criticality = annex.criticality.get(&position);
        let organization = organization(resource, context);
        out.element(|out| {
            text::each_member(resource, |name, value| {
                if name == "owner" && organization.is_some() {
                    out.object(name, |out| {
                        text::each_member(value, |name, value| out.raw(name, value));
                        out.object("org", |out| out.plain("uid", organization.unwrap_or_default()));
                    });
                } else if name != "criticality" || criticality.is_none() {
                    out.raw(name, value);
                }
            });
            out.plain("criticality", criticality.map(String::as_str).unwrap_or_default());
        });
        position += 1;
    });
}

//! Checks of findings in OCSF: finds values that Security Hub cannot read.

use serde_json::{Map, Value};

use super::super::{envelope, moment};

/// A member, the names of its values, and a description of the expected values.
type Number = (&'static str, fn(u8) -> Option<&'static str>, &'static str);

/// The members that are numbers with names.
const NUMBERS: [Number; 3] = [
    ("activity_id", envelope::activity, "0 to 3 or 99"),
    ("severity_id", envelope::severity, "0 to 6 or 99"),
    ("status_id", envelope::status, "0 to 5 or 99"),
];
/// Attributes that are text.
const TEXTS: [&str; 5] = ["comment", "severity", "status", "finding_info.desc", "finding_info.title"];
/// Attributes that are milliseconds, each with a text beside it whose name ends with `_dt`.
const TIMES: [&str; 5] = [
    "time",
    "finding_info.created_time",
    "finding_info.first_seen_time",
    "finding_info.last_seen_time",
    "finding_info.modified_time",
];
/// Members of resources that are text.
const TEXTS_OF_RESOURCES: [&str; 5] = ["type", "uid", "uid_alt", "name", "region"];
/// The years 1 to 9999.
const MILLISECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;

/// Removes members that are null, at any depth.
pub(super) fn drop_nulls(object: &mut Map<String, Value>) {
    object.retain(|_, value| !value.is_null());
    for value in object.values_mut() {
        match value {
            Value::Object(inner) => drop_nulls(inner),
            Value::Array(list) => list.iter_mut().filter_map(Value::as_object_mut).for_each(drop_nulls),
            _ => {}
        }
    }
}

/// The attributes with a value that Security Hub cannot read.
pub(super) fn faults(ocsf: &Map<String, Value>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut expect = |path: &str, value: Option<&Value>, is_good: &dyn Fn(&Value) -> bool, expected: &str| {
        if let Some(value) = value.filter(|value| !is_good(value)) {
            faults.push(format!("`{path}` is {value}; expected {expected}"));
        }
    };
    for (name, name_of, expected) in NUMBERS {
        let is_known =
            |value: &Value| value.as_u64().and_then(|number| u8::try_from(number).ok()).and_then(name_of).is_some();
        expect(name, ocsf.get(name), &is_known, expected);
    }
    for path in TEXTS {
        expect(path, at(ocsf, path), &is_text, "text");
    }
    for path in TIMES {
        let is_number = |value: &Value| value.as_i64().is_some_and(|number| MILLISECONDS.contains(&number));
        expect(path, at(ocsf, path), &is_number, "milliseconds since 1970");
        let path = format!("{path}_dt");
        let is_date = |value: &Value| value.as_str().is_some_and(|text| moment::read(text).is_some());
        expect(&path, at(ocsf, &path), &is_date, "a date and time");
    }
    let is_list_of = |value: &Value, is_good: fn(&Value) -> bool| {
        value.as_array().is_some_and(|elements| elements.iter().all(is_good))
    };
    let types = at(ocsf, "finding_info.types");
    expect("finding_info.types", types, &|value| is_list_of(value, is_text), "a list of texts");
    let resources = ocsf.get("resources");
    expect("resources", resources, &|value| is_list_of(value, Value::is_object), "a list of objects");
    for (position, resource) in resources.and_then(Value::as_array).into_iter().flatten().enumerate() {
        for member in TEXTS_OF_RESOURCES {
            expect(&format!("resources[{position}].{member}"), resource.get(member), &is_text, "text");
        }
    }
    faults
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

/// The attribute at a path of at most two names.
fn at<'o>(ocsf: &'o Map<String, Value>, path: &str) -> Option<&'o Value> {
    match path.split_once('.') {
        Some((object, name)) => ocsf.get(object)?.get(name),
        None => ocsf.get(path),
    }
}

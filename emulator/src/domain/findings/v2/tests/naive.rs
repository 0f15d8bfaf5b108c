//! A naive evaluation of composite filters, as the rules describe them, over a finding as a JSON value.

use std::net::{IpAddr, Ipv4Addr};

use jiff::{SignedDuration, Timestamp};
use securityhub_fixtures::fields::OCSF_FIELDS;
use serde_json::Value;

/// Returns whether a finding satisfies filters (GFV-01, GFV-05).
pub(super) fn satisfies(finding: &Value, filters: &Value, now: Timestamp) -> bool {
    let composites = list(filters, "CompositeFilters");
    joined(&filters["CompositeOperator"], composites.iter().map(|it| composite(finding, it, now)).collect())
}

fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}

/// Joins verdicts. Without verdicts the result is true (GFV-06).
fn joined(operator: &Value, verdicts: Vec<bool>) -> bool {
    match operator.as_str() {
        Some("OR") => verdicts.is_empty() || verdicts.contains(&true),
        _ => !verdicts.contains(&false),
    }
}

fn composite(finding: &Value, composite: &Value, now: Timestamp) -> bool {
    type Test = fn(&[&Value], &Value, Timestamp) -> bool;
    let kinds: [(&str, Test); 6] = [
        ("StringFilters", string),
        ("DateFilters", date),
        ("BooleanFilters", boolean),
        ("NumberFilters", number),
        ("MapFilters", map),
        ("IpFilters", address),
    ];
    let mut verdicts = Vec::new();
    for (member, test) in kinds {
        for filter in list(composite, member) {
            let name = filter["FieldName"].as_str().unwrap();
            let field = OCSF_FIELDS.iter().find(|field| field.field.name == name).unwrap();
            verdicts.push(test(&values_at(finding, field.field.path), &filter["Filter"], now));
        }
    }
    let nested = list(composite, "NestedCompositeFilters");
    verdicts.extend(nested.iter().map(|nested| self::composite(finding, nested, now)));
    joined(&composite["Operator"], verdicts)
}

/// The values at a path, in which `[]` stands for any element.
pub(super) fn values_at<'v>(finding: &'v Value, path: &str) -> Vec<&'v Value> {
    path.split('.').fold(vec![finding], |values, step| match step.strip_suffix("[]") {
        None => values.into_iter().filter_map(|value| value.get(step)).collect(),
        Some(name) => values.into_iter().filter_map(|value| value.get(name)?.as_array()).flatten().collect(),
    })
}

/// Positive comparisons hold if any value passes, negative ones if none does (GFV-08, GFV-13).
fn string(values: &[&Value], filter: &Value, _: Timestamp) -> bool {
    let wanted = filter["Value"].as_str().unwrap();
    let any = |passes: &dyn Fn(&str) -> bool| values.iter().filter_map(|value| value.as_str()).any(passes);
    match filter["Comparison"].as_str().unwrap() {
        "EQUALS" => any(&|text| text == wanted),
        "NOT_EQUALS" => !any(&|text| text == wanted),
        "PREFIX" => any(&|text| text.starts_with(wanted)),
        "PREFIX_NOT_EQUALS" => !any(&|text| text.starts_with(wanted)),
        "CONTAINS_WORD" => spaced(wanted) != " " && any(&|text| spaced(text).contains(&spaced(wanted))),
        other => panic!("{other} is not a comparison of queries"),
    }
}

/// Words in lower case, each surrounded by single spaces.
fn spaced(text: &str) -> String {
    let letters: String = text.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    letters.split_whitespace().fold(" ".to_owned(), |spaced, word| spaced + word + " ")
}

/// Returns whether any of the values is in the range of a date filter (GFV-09).
fn date(values: &[&Value], filter: &Value, now: Timestamp) -> bool {
    // A time before the year 0000 is not a date: RFC 3339 cannot write it.
    let instant = |value: &Value| value.as_str().filter(|text| !text.starts_with('-'))?.parse::<Timestamp>().ok();
    let edge = || now - SignedDuration::from_hours(24 * filter["DateRange"]["Value"].as_i64().unwrap());
    values.iter().filter_map(|value| instant(value)).any(|found| match filter["DateRange"]["Comparison"].as_str() {
        Some("OLDER_THAN") => found < edge(),
        _ if filter.get("DateRange").is_some() => found >= edge(),
        _ => (instant(&filter["Start"]).unwrap()..=instant(&filter["End"]).unwrap()).contains(&found),
    })
}

/// A missing value is neither true nor false (GFV-10).
fn boolean(values: &[&Value], filter: &Value, _: Timestamp) -> bool {
    values.contains(&&filter["Value"])
}

/// One value satisfies all bounds (GFV-10).
fn number(values: &[&Value], filter: &Value, _: Timestamp) -> bool {
    let bound = |name: &str| filter[name].as_f64();
    values.iter().filter_map(|value| value.as_f64()).any(|found| {
        bound("Eq").is_none_or(|bound| (found - bound).abs() < f64::EPSILON)
            && bound("Gte").is_none_or(|bound| found >= bound)
            && bound("Lte").is_none_or(|bound| found <= bound)
            && bound("Gt").is_none_or(|bound| found > bound)
            && bound("Lt").is_none_or(|bound| found < bound)
    })
}

/// Name and value belong to one element (GFV-10).
fn map(values: &[&Value], filter: &Value, _: Timestamp) -> bool {
    let has_entry = values.iter().any(|entry| entry["name"] == filter["Key"] && entry["value"] == filter["Value"]);
    has_entry == (filter["Comparison"] == "EQUALS")
}

/// Addresses of version 4, alone or with a prefix (GFV-10, GFV-12).
fn address(values: &[&Value], filter: &Value, _: Timestamp) -> bool {
    let (network, length) = filter["Cidr"].as_str().unwrap().split_once('/').map_or_else(
        || (filter["Cidr"].as_str().unwrap(), 32),
        |(network, length)| (network, length.parse::<u32>().unwrap()),
    );
    let network = u32::from(network.parse::<Ipv4Addr>().unwrap());
    let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
    let addresses = values.iter().filter_map(|value| value.as_str()?.parse::<IpAddr>().ok());
    addresses.into_iter().any(|found| match found {
        IpAddr::V4(found) => u32::from(found) & mask == network & mask,
        IpAddr::V6(_) => false,
    })
}

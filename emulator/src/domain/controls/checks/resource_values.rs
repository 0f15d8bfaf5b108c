//! Compares values in declared resources with the parameters of controls (RES-09).
//!
//! The table `parameter-checks.tsv` names the member of a resource for each parameter. If the details of a resource
//! have the first member of that path, a value that is missing further down fails; for example, an account without a
//! password policy fails the controls of password policies.

use securityhub_engine::date;
use securityhub_fixtures::standards::{Options, Parameter, ValueCheck, ValueComparison};
use serde_json::Value;

use crate::state::Timestamp;

const DAY: i128 = 86_400 * 1_000_000_000;

/// Returns whether the resource violates the values of the parameter.
pub(super) fn fails(
    check: &ValueCheck,
    parameter: &Parameter,
    required: &[String],
    details: &Value,
    now: Timestamp,
) -> bool {
    let Some(values) = values(details, check.member) else { return false };
    let has_number = |compare: fn(f64, f64) -> bool, unit: f64| {
        let Some(required) = required.first().and_then(|required| required.parse::<f64>().ok()) else { return true };
        !values.is_empty() && values.iter().all(|value| number(value).is_none_or(|own| compare(own, required * unit)))
    };
    let is_true = required.first().is_some_and(|required| required == "true");
    let age = |value: &Value| Some(now.as_nanosecond() - moment(value.as_str()?)?);
    let days = required.first().and_then(|required| required.parse::<i128>().ok());
    let is_satisfied = match check.comparison {
        ValueComparison::AtLeast => has_number(|own, required| own >= required, 1.0),
        ValueComparison::AtLeastHours => has_number(|own, required| own >= required, 3600.0),
        ValueComparison::AtMost => has_number(|own, required| own <= required, 1.0),
        ValueComparison::OneOf => is_one_of(&values, required, &parameter.options),
        ValueComparison::Holds => required.iter().all(|required| values.iter().any(|value| text(value) == *required)),
        ValueComparison::IfTrue => !is_true || values.iter().any(|value| text(value) == "true"),
        ValueComparison::SomeIfTrue => !is_true || !values.is_empty(),
        ValueComparison::Items | ValueComparison::ItemsIfAny => {
            let least = required.first().and_then(|required| required.parse::<usize>().ok());
            let may_be_empty = check.comparison == ValueComparison::ItemsIfAny;
            least.is_none_or(|least| values.len() >= least) || may_be_empty && values.is_empty()
        }
        ValueComparison::DaysLeft => {
            let is_far = |value: &&Value| age(value).is_none_or(|age| days.is_none_or(|days| -age >= days * DAY));
            values.iter().all(is_far)
        }
        ValueComparison::DaysSince => {
            let is_near = |value: &&Value| age(value).is_none_or(|age| days.is_none_or(|days| age <= days * DAY));
            values.iter().all(is_near)
        }
        ValueComparison::Ports(protocol) => values.iter().all(|permission| are_allowed(permission, protocol, required)),
    };
    !is_satisfied
}

/// Returns whether each value is among the required ones or, if the parameter has no value, among its options.
fn is_one_of(values: &[&Value], required: &[String], options: &Options) -> bool {
    // A parameter with a single value may contain several in one text, as the default of FSx.4 does.
    let required: Vec<&str> = required.iter().flat_map(|required| required.split(',')).map(str::trim).collect();
    match options {
        Options::Enum { allowed, .. } if required.is_empty() => {
            values.iter().all(|value| allowed.contains(&text(value).as_str()))
        }
        _ if required.is_empty() => true,
        _ => !values.is_empty() && values.iter().all(|value| required.contains(&text(value).as_str())),
    }
}

/// Returns whether a permission of a security group opens only these ports to the world.
fn are_allowed(permission: &Value, protocol: &str, ports: &[String]) -> bool {
    let has = |list: &str, name: &str, all: &str| {
        let ranges = member(permission, list).and_then(Value::as_array).into_iter().flatten();
        ranges.filter_map(|range| member(range, name)).any(|range| range.as_str() == Some(all))
    };
    let is_open = has("IpRanges", "CidrIp", "0.0.0.0/0") || has("Ipv6Ranges", "CidrIpv6", "::/0");
    let of = member(permission, "IpProtocol").map(text).unwrap_or_default();
    let is_of_protocol = match protocol {
        "tcp" => ["tcp", "6", "-1"].contains(&of.as_str()),
        _ => ["udp", "17", "-1"].contains(&of.as_str()),
    };
    if !is_open || !is_of_protocol {
        return true;
    }
    let port = |name: &str| member(permission, name).and_then(Value::as_i64).filter(|port| *port >= 0);
    match (port("FromPort"), port("ToPort")) {
        // The list of ports is short, so a longer range contains a port that is not in it.
        (Some(from), Some(to)) if of != "-1" => {
            to - from < 64 && (from..=to).all(|port| ports.contains(&port.to_string()))
        }
        _ => false,
    }
}

/// The values at a path; none if the details lack its first member.
fn values<'v>(details: &'v Value, path: &str) -> Option<Vec<&'v Value>> {
    let mut values = vec![details];
    for (index, segment) in path.split('.').enumerate() {
        let (name, wanted) = match segment.split_once('[') {
            Some((name, wanted)) => (name, Some(wanted.trim_end_matches(']'))),
            None => (segment, None),
        };
        let members: Vec<&Value> = values.iter().filter_map(|value| member(value, name)).collect();
        if index == 0 && members.is_empty() {
            return None;
        }
        values = match wanted {
            None => members,
            Some(wanted) => {
                let items = members.into_iter().filter_map(Value::as_array).flatten();
                items.filter(|item| is_wanted(item, wanted)).collect()
            }
        };
    }
    Some(values)
}

/// Returns whether a list item has the member and value of `name=value`, if a filter is given.
fn is_wanted(item: &Value, wanted: &str) -> bool {
    wanted.split_once('=').is_none_or(|(name, value)| member(item, name).is_some_and(|own| text(own) == value))
}

/// ASFF, CloudFormation and AWS Config use the same member names apart from case.
fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let mut members = value.as_object()?.iter();
    members.find(|(own, value)| own.eq_ignore_ascii_case(name) && !value.is_null()).map(|(_, value)| value)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

/// A time, alone or within the reason why an instance was stopped: `User initiated (2026-01-15 09:00:00 GMT)`.
fn moment(text: &str) -> Option<i128> {
    let of_reason = || {
        let (_, rest) = text.split_once('(')?;
        let (time, _) = rest.split_once(" GMT)")?;
        date::strict(&format!("{}Z", time.replacen(' ', "T", 1)))
    };
    date::lenient(text).or_else(of_reason)
}

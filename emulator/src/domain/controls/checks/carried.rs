//! Values that a declared resource carries, held against the parameters of controls that are about them (RES-09).
//!
//! The table `parameter-checks.tsv` names the member of each parameter. A resource carries the value where its details
//! have the first member of that path: then a value that is missing further down fails, as no password policy fails a
//! control of password policies.

use securityhub_engine::date;
use securityhub_fixtures::standards::{Options, Parameter, ValueCheck, ValueComparison};
use serde_json::Value;

use crate::state::Timestamp;

const DAY: i128 = 86_400 * 1_000_000_000;

/// Whether what the resource carries is not as the values of the parameter ask.
pub(super) fn fails(
    check: &ValueCheck,
    parameter: &Parameter,
    asked: &[String],
    details: &Value,
    now: Timestamp,
) -> bool {
    let Some(carried) = carried(details, check.member) else { return false };
    let has_number = |compare: fn(f64, f64) -> bool, unit: f64| {
        let Some(asked) = asked.first().and_then(|asked| asked.parse::<f64>().ok()) else { return true };
        !carried.is_empty() && carried.iter().all(|value| number(value).is_none_or(|own| compare(own, asked * unit)))
    };
    let is_true = asked.first().is_some_and(|asked| asked == "true");
    let age = |value: &Value| Some(now.as_nanosecond() - moment(value.as_str()?)?);
    let days = asked.first().and_then(|asked| asked.parse::<i128>().ok());
    let is_good = match check.comparison {
        ValueComparison::AtLeast => has_number(|own, asked| own >= asked, 1.0),
        ValueComparison::AtLeastHours => has_number(|own, asked| own >= asked, 3600.0),
        ValueComparison::AtMost => has_number(|own, asked| own <= asked, 1.0),
        ValueComparison::OneOf => is_one_of(&carried, asked, &parameter.options),
        ValueComparison::Holds => asked.iter().all(|asked| carried.iter().any(|value| text(value) == *asked)),
        ValueComparison::IfTrue => !is_true || carried.iter().any(|value| text(value) == "true"),
        ValueComparison::SomeIfTrue => !is_true || !carried.is_empty(),
        ValueComparison::Items | ValueComparison::ItemsIfAny => {
            let least = asked.first().and_then(|asked| asked.parse::<usize>().ok());
            let may_be_empty = check.comparison == ValueComparison::ItemsIfAny;
            least.is_none_or(|least| carried.len() >= least) || may_be_empty && carried.is_empty()
        }
        ValueComparison::DaysLeft => {
            let is_far = |value: &&Value| age(value).is_none_or(|age| days.is_none_or(|days| -age >= days * DAY));
            carried.iter().all(is_far)
        }
        ValueComparison::DaysSince => {
            let is_near = |value: &&Value| age(value).is_none_or(|age| days.is_none_or(|days| age <= days * DAY));
            carried.iter().all(is_near)
        }
        ValueComparison::Ports(protocol) => carried.iter().all(|permission| are_allowed(permission, protocol, asked)),
    };
    !is_good
}

/// Each value is one that is asked for. Of a parameter without a value, each is one that it allows.
fn is_one_of(carried: &[&Value], asked: &[String], options: &Options) -> bool {
    // A parameter of one value may name several in one text, as the default of FSx.4 does.
    let asked: Vec<&str> = asked.iter().flat_map(|asked| asked.split(',')).map(str::trim).collect();
    match options {
        Options::Enum { allowed, .. } if asked.is_empty() => {
            carried.iter().all(|value| allowed.contains(&text(value).as_str()))
        }
        _ if asked.is_empty() => true,
        _ => !carried.is_empty() && carried.iter().all(|value| asked.contains(&text(value).as_str())),
    }
}

/// Whether a permission of a security group opens no other ports than these to everybody.
fn are_allowed(permission: &Value, protocol: &str, ports: &[String]) -> bool {
    let has = |list: &str, name: &str, all: &str| {
        let ranges = member(permission, list).and_then(Value::as_array).into_iter().flatten();
        ranges.filter_map(|range| member(range, name)).any(|range| range.as_str() == Some(all))
    };
    let is_open = has("IpRanges", "CidrIp", "0.0.0.0/0") || has("Ipv6Ranges", "CidrIpv6", "::/0");
    let of = member(permission, "IpProtocol").map(text).unwrap_or_default();
    let is_meant = match protocol {
        "tcp" => ["tcp", "6", "-1"].contains(&of.as_str()),
        _ => ["udp", "17", "-1"].contains(&of.as_str()),
    };
    if !is_open || !is_meant {
        return true;
    }
    let port = |name: &str| member(permission, name).and_then(Value::as_i64).filter(|port| *port >= 0);
    match (port("FromPort"), port("ToPort")) {
        // The list of ports is short, so a longer range has one that is not in it.
        (Some(from), Some(to)) if of != "-1" => {
            to - from < 64 && (from..=to).all(|port| ports.contains(&port.to_string()))
        }
        _ => false,
    }
}

/// The values at a path; none where the details lack its first member.
fn carried<'v>(details: &'v Value, path: &str) -> Option<Vec<&'v Value>> {
    let mut found = vec![details];
    for (place, segment) in path.split('.').enumerate() {
        let (name, wanted) = match segment.split_once('[') {
            Some((name, wanted)) => (name, Some(wanted.trim_end_matches(']'))),
            None => (segment, None),
        };
        let members: Vec<&Value> = found.iter().filter_map(|value| member(value, name)).collect();
        if place == 0 && members.is_empty() {
            return None;
        }
        found = match wanted {
            None => members,
            Some(wanted) => {
                let items = members.into_iter().filter_map(Value::as_array).flatten();
                items.filter(|item| is_wanted(item, wanted)).collect()
            }
        };
    }
    Some(found)
}

/// Whether an item of a list has a member with a value, `name=value`, if one is asked for.
fn is_wanted(item: &Value, wanted: &str) -> bool {
    wanted.split_once('=').is_none_or(|(name, value)| member(item, name).is_some_and(|own| text(own) == value))
}

/// ASFF, CloudFormation and AWS Config spell members alike but for the case of letters.
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

/// A time, or that in the reason for which an instance stopped: `User initiated (2026-01-15 09:00:00 GMT)`.
fn moment(text: &str) -> Option<i128> {
    let of_reason = || {
        let (_, rest) = text.split_once('(')?;
        let (time, _) = rest.split_once(" GMT)")?;
        date::strict(&format!("{}Z", time.replacen(' ', "T", 1)))
    };
    date::lenient(text).or_else(of_reason)
}

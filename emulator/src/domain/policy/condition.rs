//! Evaluation of conditions.

use std::cmp::Ordering;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::keys::Keys;
use super::pattern;
use crate::state::{Condition, Operator, Pattern, Quantifier, Relation, Test};

/// Returns whether a condition holds for a request. If the request lacks the key, only a condition that is negated,
/// ends in `IfExists` or uses `ForAllValues` holds.
pub fn holds(condition: &Condition, keys: &Keys) -> bool {
    let Operator { quantifier, test, negated, if_exists } = condition.operator;
    let found = keys.get(&condition.key);
    if test == Test::Null {
        let expects_absence = |value: &Pattern| pattern::text(value, keys).as_deref().and_then(boolean);
        return condition.values.iter().any(|value| expects_absence(value) == Some(found.is_none()));
    }
    let Some(found) = found else {
        return match quantifier {
            Some(Quantifier::All) => true,
            Some(Quantifier::Any) => if_exists,
            None => negated || if_exists,
        };
    };
    let passes = |value: &String| condition.values.iter().any(|written| compare(test, written, value, keys));
    match quantifier {
        Some(Quantifier::All) => found.iter().all(|value| passes(value) != negated),
        Some(Quantifier::Any) => found.iter().any(|value| passes(value) != negated),
        // If a key has several values, one must pass; for a negated operator none may (`inferred`: AWS requires a
        // quantifier here).
        None => found.iter().any(passes) != negated,
    }
}

/// Returns whether a value of the request passes a comparison with a value of the policy.
fn compare(test: Test, written: &Pattern, value: &str, keys: &Keys) -> bool {
    match test {
        Test::Like => return pattern::matches_text(written, keys, value),
        Test::Arn => return pattern::matches_arn(written, keys, value),
        _ => {}
    }
    let Some(written) = pattern::text(written, keys) else { return false };
    match test {
        Test::Equals => written == value,
        Test::EqualsIgnoreCase => written.to_lowercase() == value.to_lowercase(),
        Test::Bool => boolean(&written).is_some() && boolean(&written) == boolean(value),
        Test::Number(relation) => satisfies(relation, number(value).partial_cmp(&number(&written))),
        Test::Date(relation) => {
            let (found, written) = (date(value), date(&written));
            satisfies(relation, found.is_some().then(|| found.cmp(&written)).filter(|_| written.is_some()))
        }
        Test::IpAddress => network(&written).zip(value.parse().ok()).is_some_and(|(net, found)| is_in(found, net)),
        Test::Like | Test::Arn | Test::Null => false,
    }
}

fn satisfies(relation: Relation, order: Option<Ordering>) -> bool {
    order.is_some_and(|order| match relation {
        Relation::Equal => order.is_eq(),
        Relation::Less => order.is_lt(),
        Relation::LessOrEqual => order.is_le(),
        Relation::Greater => order.is_gt(),
        Relation::GreaterOrEqual => order.is_ge(),
    })
}

/// The expected form, if `written` does not have the form that the comparison requires.
pub fn expected_form(test: Test, written: &str) -> Option<&'static str> {
    let (is_valid, expected) = match test {
        Test::Equals | Test::EqualsIgnoreCase | Test::Like | Test::Arn => (true, ""),
        Test::Bool | Test::Null => (boolean(written).is_some(), "true or false"),
        Test::Number(_) => (number(written).is_finite(), "a number"),
        Test::Date(_) => (date(written).is_some(), "a date, such as 2026-01-15T09:00:00Z, or seconds since 1970"),
        Test::IpAddress => (network(written).is_some(), "an address or a network, such as 203.0.113.0/24"),
    };
    (!is_valid).then_some(expected)
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A number. Any other text becomes NaN, which equals nothing.
fn number(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// A time: an RFC 3339 timestamp, a date (its start in UTC), or seconds since 1970.
fn date(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse() {
        return Timestamp::from_second(seconds).ok();
    }
    let day = || TimeZone::UTC.to_timestamp(text.parse::<Date>().ok()?.into()).ok();
    text.parse().ok().or_else(day)
}

fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// An IPv4-mapped IPv6 address counts as IPv4, since a dual-stack socket reports it that way.
fn is_in(address: IpAddr, network: IpNet) -> bool {
    network.contains(&address.to_canonical())
}

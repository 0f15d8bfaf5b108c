//! Whether conditions hold.

use std::cmp::Ordering;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::keys::Keys;
use super::pattern;
use crate::state::{Condition, Operator, Pattern, Quantifier, Relation, Test};

/// Whether a condition holds of a request. One on a key that the request lacks holds only if it is negated, ends in
/// `IfExists` or asks `ForAllValues`.
pub fn holds(condition: &Condition, keys: &Keys) -> bool {
    let Operator { quantifier, test, negated, if_exists } = condition.operator;
    let found = keys.get(&condition.key);
    if test == Test::Null {
        let asked = |value: &Pattern| pattern::text(value, keys).as_deref().and_then(boolean);
        return condition.values.iter().any(|value| asked(value) == Some(found.is_none()));
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
        // Of several values one suffices, and negated none may (inferred: AWS asks for a quantifier there).
        None => found.iter().any(passes) != negated,
    }
}

/// Whether a value of a request passes a comparison with one that a policy writes.
fn compare(test: Test, written: &Pattern, value: &str, keys: &Keys) -> bool {
    match test {
        Test::Like => return pattern::fits(written, keys, value),
        Test::Arn => return pattern::fits_arn(written, keys, value),
        _ => {}
    }
    let Some(written) = pattern::text(written, keys) else { return false };
    match test {
        Test::Equals => written == value,
        Test::EqualsIgnoreCase => written.to_lowercase() == value.to_lowercase(),
        Test::Bool => boolean(&written).is_some() && boolean(&written) == boolean(value),
        Test::Number(relation) => relates(relation, number(value).partial_cmp(&number(&written))),
        Test::Date(relation) => {
            let (found, written) = (date(value), date(&written));
            relates(relation, found.is_some().then(|| found.cmp(&written)).filter(|_| written.is_some()))
        }
        Test::IpAddress => network(&written).zip(value.parse().ok()).is_some_and(|(net, found)| is_in(found, net)),
        Test::Like | Test::Arn | Test::Null => false,
    }
}

fn relates(relation: Relation, order: Option<Ordering>) -> bool {
    order.is_some_and(|order| match relation {
        Relation::Equal => order.is_eq(),
        Relation::Less => order.is_lt(),
        Relation::LessOrEqual => order.is_le(),
        Relation::Greater => order.is_gt(),
        Relation::GreaterOrEqual => order.is_ge(),
    })
}

/// What `written` is for a comparison that takes no other text, and `None` where it is that.
pub fn unfit(test: Test, written: &str) -> Option<&'static str> {
    let (fits, expected) = match test {
        Test::Equals | Test::EqualsIgnoreCase | Test::Like | Test::Arn => (true, ""),
        Test::Bool | Test::Null => (boolean(written).is_some(), "true or false"),
        Test::Number(_) => (number(written).is_finite(), "a number"),
        Test::Date(_) => (date(written).is_some(), "a date, such as 2026-01-15T09:00:00Z, or seconds since 1970"),
        Test::IpAddress => (network(written).is_some(), "an address or a network, such as 203.0.113.0/24"),
    };
    (!fits).then_some(expected)
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A number; what is none compares with nothing.
fn number(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// A time, a day's beginning in UTC, or seconds since 1970.
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

/// An IPv4 address that came over an IPv6 socket is one of IPv4.
fn is_in(address: IpAddr, network: IpNet) -> bool {
    network.contains(&address.to_canonical())
}

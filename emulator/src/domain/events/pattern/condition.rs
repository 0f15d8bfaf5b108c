//! Conditions on a single value (PAT-03 … PAT-06, PAT-20 … PAT-30).

use std::fmt;
use std::net::IpAddr;

use serde_json::Value;

use crate::invariant::Invariant;

/// One alternative in the condition of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    /// A string; an IP address matches all of its spellings (PAT-05).
    Text(String),
    /// A number, as written (PAT-04).
    Number(String),
    /// `true`, `false` or `null`.
    Word(Value),
    /// A string with a certain form.
    Form(Form),
    /// Present, and not one of these numbers or strings (PAT-25).
    AnythingBut(Vec<Condition>),
    /// Present, and without any of these forms (PAT-26).
    AnythingButForms(Vec<Form>),
    /// A number in a range: lower and upper bound, each with whether it is inclusive (PAT-27).
    Range(Option<(f64, bool)>, Option<(f64, bool)>),
    /// An address in a block: its base and the length of its prefix in bits (PAT-28).
    Block(IpAddr, u32),
    /// Present (PAT-29).
    Present,
    /// Absent.
    Absent,
}

/// A form of strings.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    /// Begins with the text.
    Prefix(String),
    /// Begins with the text, ignoring case.
    PrefixIgnoreCase(String),
    /// Ends with the text.
    Suffix(String),
    /// Ends with the text, ignoring case.
    SuffixIgnoreCase(String),
    /// Equals the text, ignoring case.
    EqualsIgnoreCase(String),
    /// Consists of these parts with any text between them.
    Wildcard(Vec<String>),
}

impl Condition {
    /// Returns whether the condition holds for a value that is present.
    pub(super) fn holds(&self, value: &Value) -> bool {
        match self {
            Condition::Text(text) => value.as_str().is_some_and(|value| is_same_text(text, value)),
            Condition::Number(number) => is_same_number(number, value),
            Condition::Word(word) => word == value,
            Condition::Form(form) => value.as_str().is_some_and(|value| form.holds(value)),
            Condition::AnythingBut(others) => !others.iter().any(|other| other.holds(value)),
            Condition::AnythingButForms(forms) => {
                !value.as_str().is_some_and(|value| forms.iter().any(|form| form.holds(value)))
            }
            Condition::Range(bottom, top) => value.as_f64().is_some_and(|number| {
                bottom.is_none_or(|(bound, is_in)| number > bound || is_in && is_equal(number, bound))
                    && top.is_none_or(|(bound, is_in)| number < bound || is_in && is_equal(number, bound))
            }),
            Condition::Block(base, bits) => value
                .as_str()
                .and_then(|text| text.parse().ok())
                .is_some_and(|address| is_within(address, *base, *bits)),
            Condition::Present => true,
            Condition::Absent => false,
        }
    }

    /// Returns whether the condition holds if no value is present.
    pub(super) fn matches_absence(&self) -> bool {
        *self == Condition::Absent
    }
}

/// The condition as a pattern contains it.
impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Text(text) => write!(formatter, "{}", quoted(text)),
            Condition::Number(number) => formatter.write_str(number),
            Condition::Word(word) => write!(formatter, "{word}"),
            Condition::Form(form) => {
                let (operator, operand) = form.written();
                write!(formatter, "{{\"{operator}\":{operand}}}")
            }
            Condition::AnythingBut(others) => {
                let others: Vec<String> = others.iter().map(ToString::to_string).collect();
                write!(formatter, "{{\"anything-but\":[{}]}}", others.join(","))
            }
            Condition::AnythingButForms(forms) => {
                let written: Vec<(&str, String)> = forms.iter().map(Form::written).collect();
                let operator = written.first().map_or("", |(operator, _)| operator);
                let operands: Vec<&str> = written.iter().map(|(_, operand)| operand.as_str()).collect();
                write!(formatter, "{{\"anything-but\":{{\"{operator}\":[{}]}}}}", operands.join(","))
            }
            Condition::Range(bottom, top) => write!(formatter, "{{\"numeric\":[{}]}}", range(*bottom, *top)),
            Condition::Block(base, bits) => write!(formatter, "{{\"cidr\":\"{base}/{bits}\"}}"),
            Condition::Present => formatter.write_str("{\"exists\":true}"),
            Condition::Absent => formatter.write_str("{\"exists\":false}"),
        }
    }
}

fn quoted(text: &str) -> Value {
    Value::from(text)
}

/// The comparisons of `numeric`.
fn range(bottom: Option<(f64, bool)>, top: Option<(f64, bool)>) -> String {
    if let (Some((bottom, true)), Some((top, true))) = (bottom, top)
        && is_equal(bottom, top)
    {
        return format!("\"=\",{bottom}");
    }
    let comparison = |sign: char, bound: Option<(f64, bool)>| {
        let (bound, is_included) = bound?;
        let equals = if is_included { "=" } else { "" };
        Some(format!("\"{sign}{equals}\",{bound}"))
    };
    let comparisons = [comparison('>', bottom), comparison('<', top)].into_iter().flatten();
    comparisons.collect::<Vec<_>>().join(",")
}

impl Form {
    /// The operator and its operand, as a pattern contains them.
    fn written(&self) -> (&'static str, String) {
        let ignoring_case = |text: &String| format!("{{\"equals-ignore-case\":{}}}", quoted(text));
        match self {
            Form::Prefix(text) => ("prefix", quoted(text).to_string()),
            Form::PrefixIgnoreCase(text) => ("prefix", ignoring_case(text)),
            Form::Suffix(text) => ("suffix", quoted(text).to_string()),
            Form::SuffixIgnoreCase(text) => ("suffix", ignoring_case(text)),
            Form::EqualsIgnoreCase(text) => ("equals-ignore-case", quoted(text).to_string()),
            Form::Wildcard(parts) => {
                let escaped: Vec<String> = parts.iter().map(|part| escaped(part)).collect();
                ("wildcard", quoted(&escaped.join("*")).to_string())
            }
        }
    }

    fn holds(&self, value: &str) -> bool {
        match self {
            Form::Prefix(text) => value.starts_with(text.as_str()),
            Form::Suffix(text) => value.ends_with(text.as_str()),
            Form::PrefixIgnoreCase(text) => value.to_lowercase().starts_with(&text.to_lowercase()),
            Form::SuffixIgnoreCase(text) => value.to_lowercase().ends_with(&text.to_lowercase()),
            Form::EqualsIgnoreCase(text) => value.to_lowercase() == text.to_lowercase(),
            Form::Wildcard(parts) => is_made_of(value, parts),
        }
    }
}

/// A part of a wildcard with a backslash before each asterisk and backslash.
fn escaped(part: &str) -> String {
    part.chars().fold(String::new(), |mut text, letter| {
        if matches!(letter, '*' | '\\') {
            text.push('\\');
        }
        text.push(letter);
        text
    })
}

fn is_same_text(text: &str, value: &str) -> bool {
    let address = |text: &str| text.parse::<IpAddr>().ok();
    text == value || address(text).is_some_and(|known| address(value) == Some(known))
}

/// Compares as numbers if a double represents the pattern's number exactly, otherwise as written (PAT-04).
fn is_same_number(number: &str, value: &Value) -> bool {
    let Value::Number(found) = value else { return false };
    let written = found.to_string();
    if written == number {
        return true;
    }
    match exact(number) {
        Some(number) => found.as_f64().is_some_and(|found| is_equal(found, number)),
        None => false,
    }
}

/// The double for a number, if printing it gives the same digits.
fn exact(number: &str) -> Option<f64> {
    let read: f64 = number.parse().ok().filter(|read: &f64| read.is_finite())?;
    (digits(number) == digits(&format!("{read:e}"))).then_some(read)
}

/// The digits of a number without leading and trailing zeros, and the power of ten of the last digit.
fn digits(number: &str) -> (String, i64) {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{}{fraction}", whole.trim_start_matches('-'));
    let significant = all.trim_end_matches('0');
    let power = exponent.parse::<i64>().unwrap_or(i64::MAX / 2);
    let dropped = all.len() - significant.len();
    let shift = i64::try_from(dropped).or_report("a number of digits fits into an i64").unwrap_or_default()
        - i64::try_from(fraction.len()).or_report("a number of digits fits into an i64").unwrap_or_default();
    match significant.trim_start_matches('0') {
        "" => (String::new(), 0),
        digits => (digits.to_owned(), power.saturating_add(shift)),
    }
}

fn is_equal(left: f64, right: f64) -> bool {
    left.partial_cmp(&right).is_some_and(std::cmp::Ordering::is_eq)
}

/// Returns whether an address has the same leading bits as a base; host bits of the base are ignored.
fn is_within(address: IpAddr, base: IpAddr, bits: u32) -> bool {
    match (address, base) {
        (IpAddr::V4(address), IpAddr::V4(base)) => {
            (u32::from(address) ^ u32::from(base)).checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(base)) => {
            (u128::from(address) ^ u128::from(base)).checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// Returns whether a text consists of the parts in order, with any text between them.
fn is_made_of(value: &str, parts: &[String]) -> bool {
    let [first, middle @ .., last] = parts else { return parts.first().is_some_and(|part| part == value) };
    let Some(rest) = value.strip_prefix(first.as_str()) else { return false };
    let Some(mut rest) = rest.strip_suffix(last.as_str()) else { return false };
    for part in middle {
        let Some(at) = rest.find(part.as_str()) else { return false };
        rest = rest.get(at + part.len()..).or_report("a match is a part of the text").unwrap_or_default();
    }
    true
}

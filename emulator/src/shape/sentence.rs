//! AWS's messages for violations: in the words of AJV for the classic API, of its framework for the V2 API.

use std::fmt::Write as _;

use super::violation::{Rule, Segment, Violation};

/// The prefix of messages about findings (IMP-32).
pub const NOT_A_FINDING: &str = "Finding does not adhere to Amazon Finding Format. ";

/// The message of a classic operation that refuses its input: a prefix for each parameter, then AJV's messages. The
/// ranges of parameters are checked before the schema, so the message names only the first parameter that is out of
/// range.
pub fn classic(violations: &[Violation]) -> String {
    let mut message = String::new();
    if let Some(sentence) = violations.iter().find_map(out_of_range) {
        return sentence;
    }
    let mut open: Option<&str> = None;
    for violation in violations {
        let parameter = parameter(violation);
        if !message.is_empty() {
            message.push_str(", ");
        }
        let under = usize::from(matches!(parameter, Some("Filters" | "Criteria")));
        if open != parameter {
            match parameter {
                Some(name @ ("Filters" | "Criteria")) => _ = write!(message, "Invalid {name} in the input: "),
                Some(name) => _ = write!(message, "Invalid parameter '{name}'. "),
                None => {}
            }
            open = parameter;
        }
        push_ajv(&mut message, violation, under.min(violation.path.len()));
    }
    message
}

/// AJV's messages joined by `, `, with paths relative to the first `skip` segments.
pub fn ajv(violations: &[Violation], skip: usize) -> String {
    let mut message = String::new();
    for violation in violations {
        if !message.is_empty() {
            message.push_str(", ");
        }
        push_ajv(&mut message, violation, skip);
    }
    message
}

/// The message of a V2 operation that refuses its input (O2G-04).
pub fn framework(violations: &[Violation]) -> String {
    let count = violations.len();
    let mut message = format!("{count} validation error{} detected: ", if count == 1 { "" } else { "s" });
    for (position, violation) in violations.iter().enumerate() {
        if position > 0 {
            message.push_str("; ");
        }
        push_framework(&mut message, violation);
    }
    message
}

/// The top-level member that a violation concerns.
fn parameter(violation: &Violation) -> Option<&'static str> {
    match (violation.path.first(), &violation.rule) {
        (Some(Segment::Member(_, name)), _) | (None, Rule::Missing(name)) => Some(name),
        _ => None,
    }
}

/// The message for a parameter whose value or number of items is out of range (ERR-21). AJV validates the content of
/// findings, filters and other structures.
fn out_of_range(violation: &Violation) -> Option<String> {
    let [Segment::Member(_, name)] = violation.path[..] else { return None };
    let sentence = match violation.rule {
        Rule::Below { least, value } => format!("'{value}' is less than minimum value: {least}."),
        Rule::Above { most, value } => format!("'{value}' is greater than maximum value: {most}."),
        Rule::FewerItems { least, size } => format!("Size '{size}' is less than minimum value: {least}."),
        Rule::MoreItems { most, size } => format!("Size '{size}' is greater than maximum value: {most}."),
        _ => return None,
    };
    Some(format!("Invalid parameter '{name}'. {sentence}"))
}

fn push_ajv(message: &mut String, violation: &Violation, skip: usize) {
    // For a missing `Filters` or `Criteria`, AJV reports the root, which is `data`.
    message.push_str("data");
    for segment in violation.path.iter().skip(skip) {
        _ = match segment {
            Segment::Member(_, name) => write!(message, ".{name}"),
            Segment::Item(position) => write!(message, "[{position}]"),
            Segment::Key(key) => write!(message, "['{key}']"),
        };
    }
    message.push(' ');
    _ = match &violation.rule {
        Rule::Missing(name) => write!(message, "should have required property '{name}'"),
        Rule::Type(name) => write!(message, "should be {name}"),
        Rule::Shorter(min) => write!(message, "should NOT be shorter than {min} characters"),
        Rule::Longer(max) => write!(message, "should NOT be longer than {max} characters"),
        Rule::FewerItems { least, .. } => write!(message, "should NOT have fewer than {least} items"),
        Rule::MoreItems { most, .. } => write!(message, "should NOT have more than {most} items"),
        Rule::FewerPairs(min) => write!(message, "should NOT have fewer than {min} properties"),
        Rule::MorePairs(max) => write!(message, "should NOT have more than {max} properties"),
        Rule::Below { least, .. } => write!(message, "should be >= {least}"),
        Rule::Above { most, .. } => write!(message, "should be <= {most}"),
        Rule::Enum(_) => write!(message, "should be equal to one of the allowed values"),
        Rule::Pattern(pattern) => write!(message, "should match pattern \"{}\"", pattern.text()),
        Rule::Format(format) => write!(message, "should match format \"{format}\""),
        Rule::AnyOf => write!(message, "should match some schema in anyOf"),
        Rule::Combination(first, second) => write!(message, "cannot combine {first} with {second}"),
        Rule::Union => write!(message, "should match exactly one schema in oneOf"),
        Rule::Unknown(_) => write!(message, "should NOT have additional properties"),
    };
}

fn push_framework(message: &mut String, violation: &Violation) {
    let mut location = String::new();
    for segment in &violation.path {
        if !location.is_empty() {
            location.push('.');
        }
        match segment {
            Segment::Member(_, name) => push_lower_camel(&mut location, name),
            Segment::Item(position) => _ = write!(location, "{}.member", position + 1),
            Segment::Key(key) => location.push_str(key),
        }
    }
    if let Rule::Missing(name) = &violation.rule {
        if !location.is_empty() {
            location.push('.');
        }
        push_lower_camel(&mut location, name);
        _ = write!(message, "Value null at '{location}' failed to satisfy constraint: Member must not be null");
        return;
    }
    _ = write!(message, "Value at '{location}' failed to satisfy constraint: Member must ");
    _ = match &violation.rule {
        Rule::Missing(_) => Ok(()),
        Rule::Type(name) => write!(message, "be of type {name}"),
        Rule::Shorter(min) | Rule::FewerItems { least: min, .. } | Rule::FewerPairs(min) => {
            write!(message, "have length greater than or equal to {min}")
        }
        Rule::Longer(max) | Rule::MoreItems { most: max, .. } | Rule::MorePairs(max) => {
            write!(message, "have length less than or equal to {max}")
        }
        Rule::Below { least, .. } => write!(message, "have value greater than or equal to {least}"),
        Rule::Above { most, .. } => write!(message, "have value less than or equal to {most}"),
        Rule::Enum(values) => write!(message, "satisfy enum value set: [{}]", values.join(", ")),
        Rule::Pattern(pattern) => write!(message, "satisfy regular expression pattern: {}", pattern.text()),
        Rule::Format(format) => write!(message, "be of format {format}"),
        Rule::AnyOf => write!(message, "satisfy one of the alternatives"),
        Rule::Combination(first, second) => write!(message, "not combine {first} with {second}"),
        Rule::Union => write!(message, "have exactly one of its members set"),
        Rule::Unknown(name) => write!(message, "not have member {name}"),
    };
}

fn push_lower_camel(location: &mut String, name: &str) {
    let mut characters = name.chars();
    location.extend(characters.next().map(|first| first.to_ascii_lowercase()));
    location.extend(characters);
}

//! Random valid findings, with few enough IDs that many occur repeatedly.

use securityhub_fixtures::model::{Flavour, Kind, ShapeId, StringShape, Structure};
use securityhub_fixtures::{Format, Operation};
use serde_json::{Map, Value, json};

use super::bits::Random;
use crate::sample;

/// Number of finding IDs.
const IDS: usize = 60;
/// Texts that occur in findings and filters.
pub(super) const WORDS: [&str; 18] = [
    "a",
    "A",
    "prod",
    "production",
    "S3.1",
    "two words",
    "a/b",
    "10.0.0.5",
    "10.1.2.3/8",
    "2001:db8::1",
    "é",
    "e\u{301}",
    "İstanbul",
    "\u{1F600} b",
    "\u{10FFFF}",
    "\"quoted\\",
    "line\nbreak\u{0}",
    " padded ",
];
pub(super) const TIMES: [&str; 12] = [
    "2026-01-15T08:00:00Z",
    "2026-01-15T08:00:00.000000001Z",
    "2026-01-15T09:00:00+01:00",
    "2026-01-14T20:00:00-1200",
    "2026-01-01T00:00:00.5Z",
    "2025-12-31T23:59:60Z",
    "2024-02-29T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "2026-01-15T08:00:00+18:00",
    "2030-06-01T12:00:00.123Z",
    "2025-06-01T12:00:00Z",
];

/// The input of an account's import, which contains valid findings.
pub(super) fn import(random: &mut Random, account: &str) -> Value {
    let count = match random.below(200) {
        0 => 0,
        1 => 99 + random.below(3),
        2..=40 => 2 + random.below(6),
        _ => 1,
    };
    let findings: Vec<Value> = (0..count).map(|_| finding(random, account)).collect();
    json!({ "Findings": findings })
}

/// A valid finding with some of its optional members.
fn finding(random: &mut Random, account: &str) -> Value {
    let mut finding = sample::finding(account);
    finding["Id"] = json!(format!("fuzz/{}", random.below(IDS)));
    finding["UpdatedAt"] = json!(random.pick(&TIMES));
    finding["Severity"] = json!({ "Label": random.pick(&["LOW", "HIGH", "CRITICAL", "INFORMATIONAL", "MEDIUM"]) });
    finding["Title"] = json!(random.pick(&WORDS));
    finding["Resources"] = Value::Array((0..=random.below(2)).map(|_| resource(random)).collect());
    let rarely = [4, 12, 40][random.below(3)];
    for member in shape().members {
        let is_own = ["Id", "AwsAccountId", "ProductArn", "SchemaVersion", "Severity", "Types"].contains(&member.name);
        if !is_own && random.one_in(rarely) {
            finding[member.name] = value(random, member.shape, 1);
        }
    }
    finding
}

fn resource(random: &mut Random) -> Value {
    json!({
        "Type": random.pick(&["Other", "AwsS3Bucket", "AwsEc2Instance", "a"]),
        "Id": random.pick(&WORDS),
        "Tags": { (random.pick(&["env", "team", "A"])): random.pick(&WORDS) },
    })
}

/// The shape of a finding.
fn shape() -> &'static Structure {
    let Kind::Structure(input) = &Operation::BatchImportFindings.model().input.shape().kind else { panic!("an input") };
    let findings = input.member("Findings").expect("findings are imported").1.shape;
    let Kind::List { member, .. } = &findings.shape().kind else { panic!("several findings are imported") };
    let Kind::Structure(finding) = &member.shape().kind else { panic!("a finding has members") };
    finding
}

/// A valid value of a shape, with fewer members at greater depth.
fn value(random: &mut Random, shape: ShapeId, depth: usize) -> Value {
    match &shape.shape().kind {
        Kind::Structure(Structure { flavour: Flavour::Document, .. }) => json!({ "a": 1 }),
        Kind::Structure(structure) => Value::Object(members(random, structure, depth)),
        Kind::List { member, min, .. } => {
            let count = (*min as usize).max(random.below(3));
            Value::Array((0..count).map(|_| value(random, *member, depth + 1)).collect())
        }
        Kind::Map { key, value: of_value, min, .. } => {
            let count = (*min as usize).max(random.below(3));
            let pair = |_| (text(random, *key), value(random, *of_value, depth + 1));
            (0..count).map(pair).collect()
        }
        Kind::String(string) => json!(string_of(random, string)),
        Kind::Integer { min, max } => json!(number(random).clamp(min.unwrap_or(-9), max.unwrap_or(i64::MAX))),
        #[allow(clippy::cast_precision_loss, reason = "any number is acceptable")]
        Kind::Float { min, max } => {
            json!((number(random) as f64 / 4.0).clamp(min.unwrap_or(f64::MIN), max.unwrap_or(f64::MAX)))
        }
        Kind::Boolean => json!(random.one_in(2)),
        Kind::Timestamp => json!(random.pick(&TIMES)),
    }
}

fn members(random: &mut Random, structure: &Structure, depth: usize) -> Map<String, Value> {
    // Details have members for a hundred types.
    let rarely = depth * (1 + structure.members.len() / 20);
    let mut members = Map::new();
    for member in structure.members {
        if member.required || random.one_in(rarely) {
            members.insert(member.name.to_owned(), value(random, member.shape, depth + 1));
        }
    }
    members
}

fn number(random: &mut Random) -> i64 {
    [-1, 0, 1, 50, 100, 443, 65_535, 1_000_000][random.below(8)]
}

fn text(random: &mut Random, shape: ShapeId) -> String {
    match &shape.shape().kind {
        Kind::String(string) => string_of(random, string),
        other => panic!("a key is a string: {other:?}"),
    }
}

fn string_of(random: &mut Random, string: &StringShape) -> String {
    if !string.values.is_empty() {
        return random.pick(string.values).to_owned();
    }
    match string.format {
        Some(Format::DateTime) => return random.pick(&TIMES).to_owned(),
        Some(Format::Uri) => return sample::string_of(string),
        None => {}
    }
    // Values of maps may be empty (ASF-92).
    if string.min == 0 && random.below(8) == 0 {
        return String::new();
    }
    let word = random.pick(&WORDS);
    let length = u32::try_from(word.chars().count()).unwrap_or(u32::MAX);
    let fits = length >= string.min && string.max.is_none_or(|max| length <= max);
    if fits && string.pattern.is_none_or(|pattern| pattern.matches(word)) {
        word.to_owned()
    } else {
        sample::string_of(string)
    }
}

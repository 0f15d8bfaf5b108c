//! Tests of the fast path, compared with the reader that reports every violation.

use quickcheck::{Arbitrary, Gen};
use securityhub_fixtures::Operation;
use serde_json::{Map, Value, json};

use super::*;
use crate::shape::read;
use crate::testing::check;

fn finding_shape() -> ShapeId {
    ShapeId::named("AwsSecurityFinding").unwrap()
}

/// A finding that uses many shapes, with one or two random faults.
#[derive(Clone, Debug)]
struct Broken(String);

fn whole() -> Value {
    json!({
        "SchemaVersion": "2018-10-08", "Id": "i", "ProductArn": "arn:aws:securityhub:us-east-1::product/a/b",
        "GeneratorId": "g", "AwsAccountId": "111111111111", "Types": ["TTPs/a/b", "Effects"],
        "CreatedAt": "2026-01-10T08:00:00Z", "UpdatedAt": "2026-01-10T08:00:00.123+02:00",
        "Severity": { "Label": "HIGH", "Normalized": 70, "Product": 7.5 }, "Confidence": 0, "Title": "é",
        "Description": "d", "ProductFields": { "a": "b", "c": "", "e": " " }, "Sample": true,
        "Remediation": { "Recommendation": { "Text": "t", "Url": "https://example.com/x" } },
        "UserDefinedFields": { "u": "" }, "Compliance": { "AssociatedStandards": [{ "StandardsId": "s" }] },
        "FindingProviderFields": { "Severity": { "Label": "LOW", "Product": 3, "Normalized": 1 }, "Types": ["a"] },
        "Network": { "SourcePort": 22, "Direction": "IN" },
        "Action": { "AwsApiCallAction": { "RemoteIpDetails": { "GeoLocation": { "Lat": -51.5, "Lon": 0.0 } } } },
        "Resources": [
            { "Type": "AwsS3Bucket", "Id": "x", "Tags": { "k": "v" },
              "Details": { "AwsS3Bucket": { "Name": "n" }, "Other": { "o": "", "p": "q" },
                           "AwsEc2Instance": { "IpV4Addresses": ["10.0.0.1"] } } },
            { "Type": "Other", "Id": "y" },
        ],
        "Vulnerabilities": [{ "Id": "CVE", "Cvss": [{ "BaseScore": 9.8, "Version": "3.1" }] }],
    })
}

const ODD: [&str; 27] = [
    "null",
    "\"\"",
    "\" \"",
    "\"a\\u0041\"",
    "\"\\ud800\"",
    "\"a\nb\"",
    "5",
    "-0",
    "01",
    "1.0",
    "1.",
    "5e1",
    "1e999",
    "123456789012345678901",
    "true",
    "{}",
    "[]",
    "[null]",
    "{\"a\":1}",
    "{\"a\":\"\"}",
    "{\"\":\"a\"}",
    "{\"a\":\"b\",\"a\":\"\"}",
    "\"urn:a\\u0020b\"",
    "\"mailto:a@b\"",
    "[{}]",
    "\"2026-13-01T00:00:00Z\"",
    "{\"Unknown\":\"x\"}",
];

impl Arbitrary for Broken {
    fn arbitrary(random: &mut Gen) -> Self {
        let text = whole().to_string();
        let mut text = mutated(random, &text);
        if random.choose(&[true, false, false]) == Some(&true) {
            text = mutated(random, &text);
        }
        Broken(text)
    }
}

/// The text with one value replaced, lengthened or removed, or with an added space or member.
fn mutated(random: &mut Gen, text: &str) -> String {
    let starts: Vec<usize> = text.match_indices(':').map(|(at, _)| at + 1).collect();
    let at = *random.choose(&starts).unwrap();
    let Some(end) = json::value(text.as_bytes(), at) else { return text.to_owned() };
    let (Some(before), Some(value), Some(after)) = (text.get(..at), text.get(at..end), text.get(end..)) else {
        return text.to_owned();
    };
    match u8::arbitrary(random) % 6 {
        0 => format!("{before}{value},\"Title\":\"again\"{after}"),
        1 => format!("{before}{after}"),
        2 => format!("{before}{value} {after}"),
        3 => {
            let inner = value.trim_matches('"');
            format!("{before}\"{}\"{after}", inner.repeat(usize::arbitrary(random) % 300))
        }
        _ => format!("{before}{}{after}", random.choose(&ODD).unwrap()),
    }
}

/// Rules: IMP-32.
#[test]
fn the_fast_path_accepts_only_faultless_findings() {
    fn agree(Broken(text): Broken) -> bool {
        let Some((scanned, end)) = Scanner::default().structure(finding_shape(), &text, 0) else { return true };
        if end < text.len() {
            return true;
        }
        let Ok(read) = read::document(finding_shape(), &text) else { return false };
        read.violations.is_empty()
            && read.members == members(&scanned)
            && serde_json::from_str(&scanned.text).is_ok_and(|value: Value| value == Value::Object(read.members))
    }
    check(20_000).quickcheck(agree as fn(Broken) -> bool);
}

#[test]
fn the_fast_path_accepts_faultless_findings() {
    assert!(Scanner::default().structure(finding_shape(), &whole().to_string(), 0).is_some());
    let mut seen = 0;
    for entry in glob::glob(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/findings/*.json")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap()).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        let list = file.get("Findings").unwrap_or(&file).clone();
        for finding in list.as_array().cloned().unwrap_or(vec![list]) {
            assert!(Scanner::default().structure(finding_shape(), &finding.to_string(), 0).is_some(), "{finding}");
            seen += 1;
        }
    }
    assert!(seen > 50);
}

/// The members of a finding that was scanned, by name.
fn members(scanned: &Scanned<'_>) -> Map<String, Value> {
    let Kind::Structure(structure) = &finding_shape().shape().kind else { panic!("a finding is a structure") };
    let value = |span: &Span| serde_json::from_str(&scanned.text[span.range.clone()]).expect("a value");
    let name = |span: &Span| structure.members[usize::from(span.position)].name.to_owned();
    scanned.members.iter().map(|span| (name(span), value(span))).collect()
}

fn scan(text: &str) -> Option<Scanned<'_>> {
    Scanner::default().structure(finding_shape(), text, 0).map(|(scanned, _)| scanned)
}

/// Rules: IMP-30.
#[test]
fn whitespace_between_tokens_is_removed() {
    let compact = whole().to_string();
    let expected = scan(&compact).unwrap();
    assert!(matches!(expected.text, Cow::Borrowed(_)));
    let indented = serde_json::to_string_pretty(&whole()).unwrap();
    let late = compact.replace("}]}", "}\t]\r\n}");
    for text in [&indented, &compact.replace("\":", "\" : "), &late] {
        let scanned = scan(text).unwrap();
        assert!(scanned.text == expected.text && scanned.members == expected.members, "{text}");
    }
    assert!(scan(&compact.replacen("70", "7 0", 1)).is_none(), "whitespace inside a number is an error");
}

/// Rules: IMP-32.
#[test]
fn a_span_lists_the_members_of_its_value() {
    let text = whole().to_string();
    let (scanned, _) = Scanner::default().structure(finding_shape(), &text, 0).unwrap();
    let Kind::Structure(finding) = &finding_shape().shape().kind else { panic!("a finding is a structure") };
    let has = |name: &str, shape: ShapeId, inner: &str| {
        let Kind::Structure(structure) = &shape.shape().kind else { panic!("{name} is a structure") };
        let (position, _) = finding.member(name).unwrap();
        let span = scanned.members.iter().find(|span| span.position == position).unwrap();
        span.present >> structure.member(inner).unwrap().0 & 1 == 1
    };
    let severity = finding.member("Severity").unwrap().1.shape;
    assert!(has("Severity", severity, "Normalized") && !has("Severity", severity, "Original"));
    let Kind::List { member: resource, .. } = finding.member("Resources").unwrap().1.shape.shape().kind else {
        panic!("Resources is a list")
    };
    assert!(
        has("Resources", resource, "Id") && !has("Resources", resource, "Tags"),
        "only members that all resources have are present"
    );
}

#[test]
fn incomplete_texts_and_other_shapes_are_left_to_the_slow_path() {
    let input = Operation::BatchImportFindings.model().input;
    for text in ["", "{", "{ }", "[]", "5", "{\"Findings\":[] }"] {
        assert!(Scanner::default().structure(input, text, 0).is_none(), "{text}");
    }
}

//! The quick yes against the reader that tells every fault.

use quickcheck::{Arbitrary, Gen, QuickCheck};
use securityhub_fixtures::Operation;
use serde_json::{Map, Value, json};

use super::*;
use crate::shape::read;

fn finding_shape() -> ShapeId {
    crate::domain::findings::document::shape()
}

/// A finding that reaches many shapes, and where it is broken.
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

/// The text with one value replaced, doubled, taken away, or one byte changed.
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
fn what_is_quickly_found_faultless_is_faultless() {
    fn agree(Broken(text): Broken) -> bool {
        let Some((spans, end)) = structure(finding_shape(), &text, 0) else { return true };
        if end < text.len() {
            return true;
        }
        let Ok(read) = read::document(finding_shape(), &text) else { return false };
        let found = spans.iter().map(|span| {
            (span.member.name.to_owned(), serde_json::from_str(&text[span.range.clone()]).expect("a value"))
        });
        read.violations.is_empty() && read.members == found.collect::<Map<String, Value>>()
    }
    QuickCheck::new().tests(20_000).quickcheck(agree as fn(Broken) -> bool);
}

#[test]
fn a_faultless_finding_is_seen_as_one() {
    assert!(structure(finding_shape(), &whole().to_string(), 0).is_some());
    let mut seen = 0;
    for entry in glob::glob(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/findings/*.json")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap()).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        let list = file.get("Findings").unwrap_or(&file).clone();
        for finding in list.as_array().cloned().unwrap_or(vec![list]) {
            assert!(structure(finding_shape(), &finding.to_string(), 0).is_some(), "{finding}");
            seen += 1;
        }
    }
    assert!(seen > 50);
}

#[test]
fn every_valid_input_is_compacted_to_the_same_value() {
    for text in
        ["{ \"a\" : [ 1 , 2.5e3 , true ,\r\n null ] , \"b c\" : \"d \\\" e\" }", "[ ]", "{\t}", "  7  ", "\"x y\""]
    {
        let compacted = compact(text);
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(compacted.as_ref().trim(), value.to_string().replace("2500.0", "2.5e3"), "{text}");
    }
    assert!(matches!(compact(r#"{"a":"b c"}"#), Cow::Borrowed(_)));
}

/// Rules: ERR-11.
#[test]
fn what_is_no_json_does_not_become_json_without_blanks() {
    for text in ["[1 2]", "{\"a\" 1}", "tr ue", "1 . 5", "\"a", "[1, 2", "- 1", "{\"a\": 1 2}"] {
        let compacted = without_blanks(text);
        assert!(serde_json::from_str::<Value>(&compacted).is_err(), "{text} became {compacted}");
    }
}

#[test]
fn only_whole_texts_of_the_shape_are_taken() {
    let input = Operation::BatchImportFindings.model().input;
    for text in ["", "{", "{ }", "[]", "5", "{\"Findings\":[] }"] {
        assert_eq!(structure(input, text, 0).map(|(_, end)| end), None, "{text}");
    }
}

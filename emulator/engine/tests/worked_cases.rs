//! Four findings, and queries whose results can be derived from the rules by hand.
#![allow(clippy::expect_used, reason = "a test may panic")]

mod common;

use common::{SCHEMA, table_of};
use securityhub_engine::filter::combine::{Comparison, check, combine};
use securityhub_engine::filter::{DateRange, NumberRange, Test, block, matches};
use securityhub_engine::{FieldId, Filter, SortKey, date};
use serde_json::{Value, json};

use Comparison::{Equals, NotEquals, Prefix, PrefixNotEquals};

const NAMES: [char; 4] = ['a', 'b', 'c', 'd'];
const DAY: i128 = 86_400_000_000_000;

fn findings() -> [Value; 4] {
    [
        json!({
            "Title": "S3.1 bucket is public", "AwsAccountId": "111111111111",
            "Severity": {"Label": "HIGH"}, "Confidence": 90, "Compliance": {"Status": "FAILED"},
            "UpdatedAt": "2026-01-10T11:00:00Z", "ProductFields": {"ControlId": "S3.1"},
            "Resources": [
                {"Type": "AwsS3Bucket", "Tags": {"env": "prod", "team": "Red"}},
                {"Type": "AwsIamAccessKey"}
            ],
            "Network": {"SourceIpV4": "10.0.0.5"}
        }),
        json!({
            "Title": "GuardDuty Lambda Protection", "AwsAccountId": "222222222222",
            "Severity": {"Label": "LOW"}, "UpdatedAt": "2026-01-03T12:00:00Z",
            "ProductFields": {"RuleId": "1.3"}, "Note": {"Text": "ok"},
            "Resources": [{"Type": "AwsLambdaFunction", "Tags": {"env": "dev"}}]
        }),
        json!({
            "Title": "IAM.1 policy allows admin", "AwsAccountId": "111111111111",
            "Severity": {"Label": "CRITICAL"}, "Confidence": 50, "Compliance": {"Status": "FAILED"},
            "UpdatedAt": "2026-01-03T14:00:00+02:00",
            "Resources": [{"Type": "AwsIamPolicy"}, {"Type": "AwsIamRole"}],
            "Network": {"SourceIpV4": "10.1.2.3"}
        }),
        json!({
            "Title": "IAM.2 role unused", "AwsAccountId": "111111111111",
            "Severity": {"Label": "MEDIUM"}, "Confidence": 50, "Compliance": {"Status": "PASSED"},
            "UpdatedAt": "2025-12-01T00:00:00Z", "ProductFields": {"ControlId": "1.3"}, "Note": {"Text": "fixed"},
            "Resources": [{"Type": "AwsIamRole", "Tags": {"env": "Prod"}}]
        }),
    ]
}

fn field(name: &str) -> FieldId {
    SCHEMA.field(name).expect(name)
}

fn joined(name: &str, elements: impl IntoIterator<Item = (Comparison, Test)>) -> Filter {
    let (negative, positive): (Vec<_>, Vec<_>) =
        elements.into_iter().partition(|(comparison, _)| comparison.is_negative());
    let tests = |elements: Vec<(Comparison, Test)>| elements.into_iter().map(|(_, test)| test).collect();
    combine(field(name), tests(positive), tests(negative))
}

fn strings(name: &str, elements: &[(Comparison, &str)]) -> Filter {
    joined(name, elements.iter().map(|(comparison, value)| (*comparison, Test::Text(comparison.test(value)))))
}

fn entries(name: &str, elements: &[(&str, Comparison, &str)]) -> Filter {
    let entry = |(key, comparison, value): &(&str, Comparison, &str)| {
        (*comparison, Test::Entry { key: (*key).to_owned(), value: comparison.test(value) })
    };
    joined(name, elements.iter().map(entry))
}

fn numbers(ranges: &[NumberRange]) -> Filter {
    combine(field("Confidence"), ranges.iter().map(|range| Test::Number(*range)).collect(), vec![])
}

fn updated(range: DateRange) -> Filter {
    combine(field("UpdatedAt"), vec![Test::Date(range)], vec![])
}

fn instant(text: &str) -> i128 {
    date::strict(text).expect(text)
}

/// Evaluates the filter on both the documents and a table.
fn check_filter(filter: &Filter, expected: &str) {
    let findings = findings();
    let page = table_of(&findings).select(filter, &[], None, 10, Vec::new());
    let by_table = page.rows.iter().map(|row| NAMES[usize::try_from(row.position.sequence).expect("small")]);
    assert_eq!(by_table.collect::<String>(), expected, "{filter:?}");
    let by_document =
        NAMES.iter().zip(&findings).filter(|(_, finding)| matches(filter, &SCHEMA, finding.to_string().as_bytes()));
    assert_eq!(by_document.map(|(name, _)| name).collect::<String>(), expected, "{filter:?}");
}

/// Rules: FLT-10.
#[test]
fn title_prefix() {
    check_filter(&strings("Title", &[(Prefix, "IAM")]), "cd");
    check_filter(&strings("Title", &[(Prefix, "iam")]), "");
}

/// Rules: FLT-03.
#[test]
fn several_elements_of_one_name() {
    check_filter(&strings("SeverityLabel", &[(Equals, "HIGH"), (Equals, "LOW")]), "ab");
    check_filter(&strings("SeverityLabel", &[(NotEquals, "HIGH"), (NotEquals, "LOW")]), "cd");
}

/// Rules: FLT-17.
#[test]
fn equals_with_not_equals_is_refused() {
    assert!(check(&[Equals, NotEquals]).is_err());
}

/// Rules: FLT-01, FLT-02.
#[test]
fn names_are_joined_by_and() {
    let high = strings("SeverityLabel", &[(Equals, "HIGH")]);
    check_filter(&Filter::All(vec![high, strings("AwsAccountId", &[(Equals, "222222222222")])]), "");
    check_filter(&Filter::everything(), "abcd");
}

/// Rules: FLT-42.
#[test]
fn any_element_of_an_array() {
    check_filter(&strings("ResourceType", &[(Prefix, "AwsIam")]), "acd");
}

/// Rules: FLT-18, FLT-43.
#[test]
fn negatives_exclude_findings_that_positives_match() {
    check_filter(&strings("ResourceType", &[(Prefix, "AwsIam"), (NotEquals, "AwsIamPolicy")]), "ad");
    check_filter(&strings("ResourceType", &[(PrefixNotEquals, "AwsIam")]), "b");
}

/// Rules: FLT-40.
#[test]
fn a_missing_field_matches_no_positive() {
    check_filter(&strings("ComplianceStatus", &[(Equals, "FAILED"), (Equals, "PASSED")]), "acd");
}

/// Rules: FLT-41.
#[test]
fn a_missing_field_matches_every_negative() {
    check_filter(&strings("ComplianceStatus", &[(NotEquals, "PASSED")]), "abc");
    check_filter(&strings("NoteText", &[(NotEquals, "ok")]), "acd");
}

/// Rules: FLT-20.
#[test]
fn number_ranges() {
    let range = NumberRange { gte: Some(50.0), lt: Some(90.0), ..NumberRange::default() };
    check_filter(&numbers(&[range]), "cd");
    let high = NumberRange { gte: Some(90.0), ..NumberRange::default() };
    let low = NumberRange { lte: Some(40.0), ..NumberRange::default() };
    check_filter(&numbers(&[high, low]), "a");
}

/// Rules: FLT-25, FLT-27, FLT-29.
#[test]
fn dates_are_instants() {
    let week_ago = instant("2026-01-10T12:00:00Z") - 7 * DAY;
    check_filter(&updated(DateRange::since(week_ago)), "abc");
    check_filter(&updated(DateRange::before(week_ago)), "d");
    check_filter(&updated(DateRange::between(week_ago, week_ago)), "bc");
}

/// Rules: FLT-31, FLT-32, FLT-33.
#[test]
fn maps() {
    check_filter(&entries("ResourceTags", &[("env", Equals, "prod")]), "a");
    check_filter(&entries("ResourceTags", &[("env", Equals, "prod"), ("env", Equals, "dev")]), "ab");
    check_filter(&entries("ResourceTags", &[("env", NotEquals, "prod")]), "bcd");
    check_filter(&entries("ProductFields", &[("ControlId", Equals, "1.3"), ("RuleId", Equals, "1.3")]), "bd");
}

/// Rules: FLT-36.
#[test]
fn addresses_in_a_block() {
    let block = block("10.0.0.0/16").expect("a block");
    check_filter(&combine(field("NetworkSourceIpV4"), vec![Test::Ip(block)], vec![]), "a");
}

/// Rules: SRT-05, SRT-06, SRT-07.
#[test]
fn orders() {
    let order = |name, descending| {
        let sort = [SortKey { field: field(name), descending }];
        let page = table_of(&findings()).select(&Filter::everything(), &sort, None, 10, Vec::new());
        page.rows.iter().map(|row| NAMES[usize::try_from(row.position.sequence).expect("small")]).collect::<String>()
    };
    assert_eq!((order("SeverityLabel", false), order("SeverityLabel", true)), ("cabd".into(), "dbac".into()));
    assert_eq!((order("Confidence", false), order("Confidence", true)), ("cdab".into(), "acdb".into()));
    assert_eq!((order("UpdatedAt", false), order("UpdatedAt", true)), ("dbca".into(), "abcd".into()));
    assert_eq!((order("ResourceType", false), order("ResourceType", true)), ("acdb".into(), "abcd".into()));
}

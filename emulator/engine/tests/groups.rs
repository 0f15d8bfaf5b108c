//! Tests of grouping: the table compared with a naive count.
#![allow(clippy::expect_used, reason = "a test may panic")]

mod common;

use std::collections::{BTreeSet, HashMap};

use common::check::check;
use common::finding::{Finding, Findings};
use common::question::Question;
use common::{FIELDS, SCHEMA, below, oracle, table_of};
use quickcheck::{Arbitrary, Gen};
use securityhub_engine::filter::{DateRange, Test};
use securityhub_engine::{Choice, Crossed, Field, FieldId, FieldKind, Filter, Intervals, Part, Scope};
use serde_json::{Value, json};

/// A field by which findings can be grouped.
#[derive(Clone, Debug)]
struct Grouping(Field);

fn groupings() -> impl Iterator<Item = Field> {
    FIELDS.iter().copied().filter(|field| matches!(field.kind, FieldKind::String | FieldKind::Number))
}

impl Arbitrary for Grouping {
    fn arbitrary(random: &mut Gen) -> Self {
        let all: Vec<Field> = groupings().collect();
        Self(all[below(random, all.len())])
    }
}

/// Implemented from the rules: the distinct values of each finding that satisfies the query.
fn naive(findings: &Findings, question: &Question, field: &Field) -> HashMap<String, u64> {
    let mut counts = HashMap::new();
    for finding in findings.documents().filter(|finding| oracle::satisfies(finding, question)) {
        let values = oracle::values_at(finding, field).into_iter();
        let texts: BTreeSet<String> = values.filter_map(|value| text(field.kind, value)).collect();
        for text in texts {
            *counts.entry(text).or_default() += 1;
        }
    }
    counts
}

#[expect(clippy::float_cmp, reason = "numbers are looked up by exactly the value that was written")]
fn text(kind: FieldKind, value: &Value) -> Option<String> {
    if kind == FieldKind::String {
        return value.as_str().map(str::to_owned);
    }
    // The numbers of the generator in decimal notation.
    let huge = format!("1{}", "0".repeat(300));
    let written =
        [(-1.0, "-1"), (0.0, "0"), (7.0, "7"), (50.0, "50"), (50.5, "50.5"), (90.0, "90"), (1e300, huge.as_str())];
    let number = value.as_f64()?;
    let (_, text) = written.iter().find(|(known, _)| *known == number).expect("a number of the generator");
    Some((*text).to_owned())
}

/// Rules: INS-23, INS-24, INS-26.
#[test]
fn groups_equal_a_naive_count() {
    fn agree(findings: Findings, question: Question, Grouping(field): Grouping) -> bool {
        let table = table_of(findings.documents());
        let id = SCHEMA.field(field.name).expect("a field");
        table.groups(&question.filter(), id) == naive(&findings, &question, &field)
    }
    check(1500).quickcheck(agree as fn(Findings, Question, Grouping) -> bool);
}

/// Rules: INS-22.
#[test]
fn the_largest_groups_are_the_first_of_all_groups_in_order() {
    fn agree(findings: Findings, question: Question, Grouping(field): Grouping, limit: u8) -> bool {
        let limit = usize::from(limit % 6) + 1;
        let table = table_of(findings.documents());
        let id = SCHEMA.field(field.name).expect("a field");
        let mut expected: Vec<(String, u64)> = naive(&findings, &question, &field).into_iter().collect();
        expected.sort_by(|(one, of_one), (two, of_two)| of_two.cmp(of_one).then_with(|| one.cmp(two)));
        expected.truncate(limit);
        table.within(Scope::All).largest_groups(&question.filter(), id, limit) == expected
    }
    check(1500).quickcheck(agree as fn(Findings, Question, Grouping, u8) -> bool);
}

/// Rules: DSH-41, SCO-01.
#[test]
fn combinations_equal_a_naive_count() {
    fn first(finding: &Value, field: &Field) -> Option<String> {
        oracle::values_at(finding, field).into_iter().find_map(|value| text(field.kind, value))
    }
    fn agree(findings: Findings, question: Question, one: Grouping, other: Grouping) -> bool {
        let fields = [one.0, other.0];
        if fields.iter().any(|field| field.kind != FieldKind::String) {
            return true;
        }
        let mut expected: HashMap<[String; 2], u64> = HashMap::new();
        for finding in findings.documents().filter(|finding| oracle::satisfies(finding, &question)) {
            if let [Some(one), Some(other)] = fields.each_ref().map(|field| first(finding, field)) {
                *expected.entry([one, other]).or_default() += 1;
            }
        }
        let table = table_of(findings.documents());
        let ids = fields.map(|field| SCHEMA.field(field.name).expect("a field"));
        let counted = table.within(Scope::All).combinations(&question.filter(), ids);
        let crossed = table.within(Scope::All).crossed(&question.filter(), ids[0], [ids[1]]);
        crossed == [by_two(&expected)]
            && counted.len() == expected.len()
            && counted.into_iter().collect::<HashMap<_, _>>() == expected
    }
    check(1500).quickcheck(agree as fn(Findings, Question, Grouping, Grouping) -> bool);
}

/// Counts by two values, as [`Part::crossed`] returns them.
fn by_two(counts: &HashMap<[String; 2], u64>) -> Crossed {
    let mut crossed = Crossed::new();
    for ([one, other], count) in counts {
        crossed.entry(one.clone()).or_default().insert(other.clone(), *count);
    }
    crossed
}

/// Rules: DSH-42.
#[test]
fn counts_over_time_equal_the_counts_of_date_filters() {
    fn agree(findings: Findings, question: Question, Grouping(field): Grouping, start: i32, hours: u8) -> bool {
        if field.kind != FieldKind::String {
            return true;
        }
        let table = table_of(findings.documents());
        let all = table.within(Scope::All);
        let id = |name: &str| SCHEMA.field(name).expect("a field");
        let (date, group, filter) = (id("UpdatedAt"), id(field.name), question.filter());
        let length = u64::from(hours) * 3_600_000_000_000 + 1;
        let (first, last) = all.first_and_last(&filter, date).unwrap_or_default();
        let intervals = Intervals { start: first.saturating_add(i64::from(start)), length, count: 7 };
        let counted = all.over_time(&filter, date, group, intervals);
        let with_date =
            |range: DateRange| all.count(&Filter::All(vec![filter.clone(), Filter::term(date, Test::Date(range))]));
        // Instants that do not fit into 64 bits are ignored.
        let between = |[start, end]: [i64; 2]| with_date(DateRange::between(start.into(), end.into()));
        let is_within = all.first_and_last(&filter, date).is_none_or(|_| {
            let outside = [[i64::MIN, first.saturating_sub(1)], [last.saturating_add(1), i64::MAX]];
            [[first; 2], [last; 2]].map(between).iter().all(|count| *count > 0) && outside.map(between) == [0, 0]
        });
        let expected = |position: usize| {
            let start =
                i128::from(intervals.start) + i128::from(length) * i128::try_from(position).expect("a position");
            let range = DateRange::between(start, start + i128::from(length) - 1);
            let filter = Filter::All(vec![filter.clone(), Filter::term(date, Test::Date(range))]);
            all.combinations(&filter, [group]).into_iter().map(|([value], count)| (value, count)).collect()
        };
        let found = |position: usize| {
            let of_interval = |(value, counts): (&String, &Vec<u64>)| {
                Some((value.clone(), counts[position])).filter(|(_, count)| *count > 0)
            };
            counted.iter().filter_map(of_interval).collect::<HashMap<String, u64>>()
        };
        is_within && (0..7).all(|position| found(position) == expected(position))
    }
    check(1500).quickcheck(agree as fn(Findings, Question, Grouping, i32, u8) -> bool);
}

/// Rules: DSH-42.
#[test]
fn instants_are_in_the_interval_that_a_division_finds() {
    fn agree(start: i64, length: u64, bits: u8, instant: i64, multiple: u8) -> bool {
        let length = length >> (bits % 64);
        let intervals = Intervals { start, length, count: usize::MAX };
        // Also instants around the end of an interval, where a quotient changes.
        let end = start.saturating_add_unsigned(length.saturating_mul(multiple.into()));
        [instant, end, end.saturating_sub(1), i64::MAX].into_iter().all(|instant| {
            let quotient = (i128::from(instant) - i128::from(start)).div_euclid(i128::from(length.max(1)));
            // The offset has to fit into 64 bits.
            let expected =
                instant.checked_sub(start).and(usize::try_from(quotient).ok()).filter(|found| *found < usize::MAX);
            intervals.position(instant) == expected
        })
    }
    check(10_000).quickcheck(agree as fn(i64, u64, u8, i64, u8) -> bool);
}

/// The groups of findings by the first of these fields that has a value, with the number of findings with the value.
fn keyed(findings: &[&Value], fields: &[Field]) -> BTreeSet<(usize, String)> {
    let key = |finding: &&Value| {
        let mut fields = fields.iter().enumerate();
        fields.find_map(|(choice, field)| {
            let value = oracle::values_at(finding, field).into_iter().find_map(|value| text(field.kind, value))?;
            Some((choice, value))
        })
    };
    findings.iter().filter_map(key).collect()
}

/// Rules: DSH-58, DSH-59.
#[test]
fn the_largest_groups_and_their_summaries_equal_a_naive_count() {
    fn agree(findings: Findings, question: Question, one: Grouping, other: Grouping, skip: usize) -> bool {
        let fields = [one.0, other.0];
        if fields.iter().any(|field| field.kind != FieldKind::String) {
            return true;
        }
        let (table, filter) = (table_of(findings.documents()), question.filter());
        let all = table.within(Scope::All);
        let id = |field: &Field| SCHEMA.field(field.name).expect("a field");
        let choice = |field: &Field| Choice { field: id(field), condition: Filter::everything() };
        let choices: Vec<Choice> = fields.iter().map(choice).collect();
        let top = all.top_groups(&filter, &choices, 0, usize::MAX);
        let selected: Vec<&Value> =
            findings.documents().filter(|finding| oracle::satisfies(finding, &question)).collect();
        let found: BTreeSet<(usize, String)> =
            top.groups.iter().map(|group| (group.choice, group.value.clone())).collect();
        let counts = fields.map(|field| naive(&findings, &question, &field));
        let is_counted = top.groups.iter().all(|group| counts[group.choice][&group.value] == group.count);
        let is_ordered = top.groups.is_sorted_by_key(|group| std::cmp::Reverse(group.count));
        let sum = top.groups.iter().map(|group| group.count).sum::<u64>();
        let is_whole = (top.number, top.sum) == (found.len(), sum) && found == keyed(&selected, &fields);
        let (skip, limit) = (skip % 5, 2);
        let part = all.top_groups(&filter, &choices, skip, limit).groups;
        let is_part = part.iter().eq(top.groups.iter().skip(skip).take(limit));
        let groups: Vec<(FieldId, &str)> =
            top.groups.iter().map(|group| (choices[group.choice].field, group.value.as_str())).collect();
        let expected: Vec<u64> = top.groups.iter().map(|group| group.count).collect();
        is_counted
            && is_ordered
            && is_whole
            && is_part
            && all.group_counts(&filter, &groups) == expected
            && summarized(all, &filter, &groups)
    }
    check(1500).quickcheck(agree as fn(Findings, Question, Grouping, Grouping, usize) -> bool);
}

/// Compares summaries with a query for each group.
fn summarized(all: Part<'_>, filter: &Filter, groups: &[(FieldId, &str)]) -> bool {
    let id = |name: &str| SCHEMA.field(name).expect("a field");
    let (fields, time) = ([id("SeverityLabel"), id("ResourceType")], id("UpdatedAt"));
    let summaries = all.summaries(filter, groups, fields, time);
    groups.iter().zip(&summaries).all(|((field, value), summary)| {
        let filter = Filter::All(vec![filter.clone(), Filter::term(*field, Test::equals(*value))]);
        let last = all.first_and_last(&filter, time).map(|(_, last)| last);
        let distinct = fields.iter().zip(&summary.distinct).all(|(field, distinct)| {
            let expected: BTreeSet<String> = all.groups(&filter, *field).into_keys().collect();
            let found: BTreeSet<String> = all.texts(*field, distinct).map(str::to_owned).collect();
            found == expected && distinct.count() == found.len() as u64
        });
        distinct && summary.last == last
    })
}

/// Checks the generator: groups of several findings, and findings in several groups.
#[test]
fn generated_findings_form_groups() {
    let mut random = Gen::from_size_and_seed(100, 3);
    let findings = Findings((0..200).map(|_| Arbitrary::arbitrary(&mut random)).collect());
    let everything = Question::All(Vec::new());
    for field in groupings() {
        let counts = naive(&findings, &everything, &field);
        assert!(counts.values().any(|count| *count > 1), "{}: {counts:?}", field.name);
    }
    let field = FIELDS.iter().find(|field| field.name == "ResourceType").expect("a field");
    let groups = |finding: &Finding| naive(&Findings(vec![finding.clone()]), &everything, field).len();
    assert!(
        findings.0.iter().filter(|finding| groups(finding) > 1).count() > 10,
        "some findings are in several groups"
    );
}

/// Rules: INS-23, INS-26.
#[test]
fn values_count_once_per_document_and_numbers_are_decimal() {
    let documents = [
        json!({ "Resources": [{ "Type": "a" }, { "Type": "a" }, { "Type": "b" }], "Confidence": 90 }),
        json!({ "Resources": [{ "Type": "b" }], "Confidence": 90.0, "Severity": { "Product": 0.5 } }),
        json!({ "Severity": { "Product": 1e21 }, "Confidence": "90" }),
    ];
    let table = table_of(&documents);
    let groups = |name: &str| {
        let mut groups: Vec<_> =
            table.groups(&Filter::everything(), SCHEMA.field(name).expect("a field")).into_iter().collect();
        groups.sort();
        groups
    };
    let counted = |pairs: &[(&str, u64)]| -> Vec<(String, u64)> {
        pairs.iter().map(|(value, count)| ((*value).to_owned(), *count)).collect()
    };
    assert_eq!(groups("ResourceType"), counted(&[("a", 1), ("b", 2)]));
    assert_eq!(groups("Confidence"), counted(&[("90", 2)]));
    assert_eq!(groups("SeverityProduct"), counted(&[("0.5", 1), ("1000000000000000000000", 1)]));
    assert_eq!(groups("UpdatedAt"), counted(&[]));
}

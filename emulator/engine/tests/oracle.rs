//! Tests that all evaluations of a query agree: a naive oracle, evaluation on a document, its explanation, and the
//! columns of a table, whether built late or maintained from the start.
#![allow(clippy::expect_used, reason = "a test may panic")]

mod common;

use std::sync::Arc;

use common::check::check;
use common::finding::{Finding, Findings};
use common::question::{Ask, Question};
use common::{FIELDS, SCHEMA, oracle, put, table_of};
use quickcheck::{Arbitrary, Gen, TestResult};
use securityhub_engine::filter::explain::{Explanation, Reason, explain};
use securityhub_engine::filter::matches;
use securityhub_engine::{Filter, Table};

/// The sequence numbers of all rows found by a table.
fn select(table: &Table, filter: &Filter) -> Vec<u64> {
    let page = table.select(filter, &[], None, usize::MAX, Vec::new());
    assert!(!page.more);
    assert_eq!(page.rows.len(), table.count(filter));
    page.rows.iter().map(|row| row.position.sequence).collect()
}

/// The rows found by the oracle.
fn expected(findings: &Findings, question: &Question) -> Vec<u64> {
    let numbered = (0..).zip(findings.documents());
    numbered.filter(|(_, document)| oracle::satisfies(document, question)).map(|(sequence, _)| sequence).collect()
}

/// A table that contained other documents, had columns for the query, and was then updated.
fn maintained(before: &Findings, findings: &Findings, filter: &Filter) -> Table {
    let mut table = Table::new(Arc::clone(&SCHEMA));
    let others: Vec<_> = before.documents().chain(before.documents()).collect();
    for (sequence, document) in (0..).zip(others) {
        put(&mut table, sequence, sequence, document);
    }
    table.select(filter, &[], None, 1, Vec::new());
    for (sequence, document) in (0..).zip(findings.documents()) {
        assert_eq!(put(&mut table, sequence, sequence, document), sequence);
    }
    for surplus in findings.0.len()..before.0.len() * 2 {
        assert!(table.remove(&common::key(surplus)));
    }
    table
}

/// Rules: FLT-40 to FLT-45.
#[test]
fn oracle_document_and_columns_agree() {
    fn agree(before: Findings, findings: Findings, question: Question) -> bool {
        let expected = expected(&findings, &question);
        let filter = question.filter();
        let walked = (0..)
            .zip(findings.documents())
            .filter(|(_, document)| matches(&filter, &SCHEMA, document.to_string().as_bytes()));
        walked.map(|(sequence, _)| sequence).collect::<Vec<u64>>() == expected
            && select(&table_of(findings.documents()), &filter) == expected
            && select(&maintained(&before, &findings, &filter), &filter) == expected
    }
    check(1000).quickcheck(agree as fn(Findings, Findings, Question) -> bool);
}

/// Returns whether the verdict of every node follows from those below it.
fn follows(explanation: &Explanation) -> bool {
    let holds = match &explanation.reason {
        Reason::All(parts) => parts.iter().all(|part| part.holds),
        Reason::Any(parts) => parts.iter().any(|part| part.holds),
        Reason::Not(part) => !part.holds,
        Reason::Values(values) => values.found.iter().any(|found| found.passes),
    };
    let below = match &explanation.reason {
        Reason::All(parts) | Reason::Any(parts) => parts.iter().all(follows),
        Reason::Not(part) => follows(part),
        Reason::Values(values) => values.field.is_some(),
    };
    explanation.holds == holds && below
}

/// Rules: FLT-40 to FLT-45.
#[test]
fn an_explanation_agrees_with_the_answer() {
    fn agrees(finding: Finding, question: Question) -> bool {
        let filter = question.filter();
        let document = finding.0.to_string().into_bytes();
        let explanation = explain(&filter, &SCHEMA, &document);
        explanation.holds == matches(&filter, &SCHEMA, &document) && follows(&explanation)
    }
    check(2000).quickcheck(agrees as fn(Finding, Question) -> bool);
}

#[test]
fn simplify_never_changes_the_result() {
    fn same(finding: Finding, question: Question) -> bool {
        let filter = question.filter();
        let simple = filter.simplify();
        let document = finding.0.to_string().into_bytes();
        matches(&simple, &SCHEMA, &document) == matches(&filter, &SCHEMA, &document) && simple.simplify() == simple
    }
    check(1500).quickcheck(same as fn(Finding, Question) -> bool);
}

/// Rules: FLT-41.
#[test]
fn a_query_and_its_negation_partition_the_findings() {
    fn halves(findings: Findings, question: Question) -> TestResult {
        if findings.0.is_empty() {
            return TestResult::discard();
        }
        let table = table_of(findings.documents());
        let filter = question.filter();
        let both = table.count(&filter) + table.count(&filter.clone().negated());
        TestResult::from_bool(both == findings.0.len())
    }
    check(300).quickcheck(halves as fn(Findings, Question) -> TestResult);
}

/// Checks the generator: each field is present in some finding and missing in another.
#[test]
fn generated_findings_reach_every_field() {
    assert_eq!(FIELDS.len(), 107);
    let mut random = Gen::from_size_and_seed(100, 7);
    let findings = Findings((0..300).map(|_| Finding::arbitrary(&mut random)).collect());
    let table = table_of(findings.documents());
    for field in FIELDS.iter() {
        let present = Question::Term(*field, Ask::Present);
        let expected = expected(&findings, &present);
        assert!(expected.len() > 3, "{} is met", field.name);
        assert!(expected.len() < 300 || field.path.is_empty(), "{} is missing somewhere", field.name);
        assert_eq!(select(&table, &present.filter()), expected, "{}", field.name);
    }
}

/// Checks the generator: queries that match no or all findings prove little, so enough of them must match some.
#[test]
fn generated_queries_match_some_findings() {
    let mut random = Gen::from_size_and_seed(100, 11);
    let findings = Findings((0..40).map(|_| Finding::arbitrary(&mut random)).collect());
    let counts = (0..400).map(|_| expected(&findings, &Question::arbitrary(&mut random)).len());
    let dividing = counts.filter(|count| (1..40).contains(count)).count();
    assert!(dividing > 120, "{dividing} of 400");
}

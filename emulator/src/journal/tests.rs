//! Tests of the ring of calls: its size, its numbers and its content.

use bytes::Bytes;
use http::{Request, Response};
use securityhub_fixtures::Operation;
use serde_json::json;

use super::verify::Times;
use super::*;
use crate::call_facts::Facts;
use crate::matching::{Match, NamePattern};
use crate::state::TestTag;

/// Records a call of DescribeHub with a response of this length.
fn record(journal: &Journal, length: usize, epoch: Option<u64>) -> Option<u64> {
    let facts = Facts { epoch, ..Facts::new("id".to_owned(), Some(Operation::DescribeHub), Ok(None)) };
    let (parts, ()) = Request::get("/accounts").body(()).unwrap().into_parts();
    let mut response = Response::new(Bytes::from(vec![b'1'; length]));
    let response = Some(&mut response);
    let time = jiff::Timestamp::UNIX_EPOCH;
    journal.record(NewCall { facts: &facts, parts: &parts, body: &Bytes::new(), response, fault: None, time })
}

/// Records a call with a JSON body and a tag.
fn send(journal: &Journal, operation: Operation, body: &serde_json::Value, tag: Option<&str>) {
    let facts = Facts::new("id".to_owned(), Some(operation), Ok(tag.and_then(TestTag::parse)));
    let model = operation.model();
    let (parts, ()) = Request::builder().method(model.method).uri(model.path).body(()).unwrap().into_parts();
    let mut response = Response::new(Bytes::from_static(b"{}"));
    let body = Bytes::from(body.to_string());
    let (response, time) = (Some(&mut response), jiff::Timestamp::UNIX_EPOCH);
    journal.record(NewCall { facts: &facts, parts: &parts, body: &body, response, fault: None, time });
}

fn numbers(journal: &Journal, filter: &Filter) -> Vec<u64> {
    journal.page(filter, 1000, 0).calls.iter().map(|call| call.number).collect()
}

/// Rules: CPL-22, CPL-24.
#[test]
fn the_oldest_calls_are_dropped_when_the_journal_is_full() {
    for length in [10, 20_000] {
        let journal = Journal::new(100_000);
        for number in 1..=1000 {
            assert_eq!(record(&journal, length, None), Some(number));
            assert!(journal.bytes() <= 100_000);
        }
        let stored = numbers(&journal, &Filter::default());
        assert_eq!((stored.last(), stored.len() as u64 + journal.dropped()), (Some(&1000), 1000));
        assert!(stored.len() * (length + 500) > 70_000, "only {} calls are recorded", stored.len());
        assert_eq!(journal.page(&Filter::default(), 10, 0).dropped, journal.dropped());
        let first = stored[0];
        for (after, dropped) in [(0, first - 1), (first - 2, 1), (first, 0), (2000, 0)] {
            let page = journal.page(&Filter { after, ..Filter::default() }, 2, 0);
            assert_eq!(page.dropped, dropped, "{length} {after}");
        }
    }
    let off = Journal::new(0);
    assert_eq!((record(&off, 10, None), off.is_on(), off.last()), (None, false, 0));
    let small = Journal::new(100);
    assert_eq!((record(&small, 10, None), small.bytes(), small.dropped()), (Some(1), 0, 1));
}

/// Rules: CPL-28.
#[test]
fn a_maximum_is_not_confirmed_if_calls_that_may_match_were_dropped() {
    let journal = Journal::new(100_000);
    for _ in 1..=1000 {
        record(&journal, 10, None);
    }
    let other = || Filter { operation: Some(NamePattern::parse("GetFindings")), ..Filter::default() };
    let never = Times { min: 0, max: Some(0) };
    let unverified = journal.verify(&other(), never).unwrap_err();
    assert_eq!((unverified.count, unverified.dropped), (0, journal.dropped()));
    let message = unverified.message();
    let expected = format!("expected no call to GetFindings, found 0, but {} earlier calls were", journal.dropped());
    assert!(message.starts_with(&expected) && message.contains("--journal"), "{message}");
    let too_many = journal.verify(&Filter::default(), Times { min: 0, max: Some(3) }).unwrap_err().message();
    assert!(!too_many.contains("dropped"), "{too_many}");
    assert!(journal.verify(&Filter::default(), Times { min: 3, max: None }).is_ok());
    let first = journal.page(&Filter::default(), 1, 0).calls[0].number;
    assert!(journal.verify(&Filter { after: first, ..other() }, never).is_ok(), "nothing after it was dropped");
}

/// Rules: CPL-21.
#[test]
fn bodies_over_one_mebibyte_are_not_recorded() {
    let journal = Journal::new(10_000_000);
    for length in [call::MAX_BODY, call::MAX_BODY + 1] {
        record(&journal, length, None);
    }
    let calls = journal.page(&Filter::default(), 10, 0).calls;
    let truncated: Vec<_> = calls.iter().map(|call| (call.output.is_null(), call.truncated.clone())).collect();
    assert_eq!(truncated, [(false, vec![]), (true, vec!["Output".to_owned()])]);
}

/// Rules: CPL-26.
#[test]
fn secrets_in_an_encoded_body_are_not_recorded() {
    let journal = Journal::new(1_000_000);
    let operation = Operation::RegisterConnectorV2;
    let facts = Facts::new("id".to_owned(), Some(operation), Ok(None));
    let model = operation.model();
    let request = Request::builder().method(model.method).uri(model.path).header("content-encoding", "gzip");
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, br#"{"AuthCode":"secret","AuthState":"x"}"#).unwrap();
    let body = Bytes::from(encoder.finish().unwrap());
    let time = jiff::Timestamp::UNIX_EPOCH;
    journal.record(NewCall { facts: &facts, parts: &parts, body: &body, response: None, fault: None, time });
    let calls = journal.page(&Filter::default(), 10, 0).calls;
    assert_eq!((&calls[0].input["AuthCode"], &calls[0].input["AuthState"]), (&json!("***"), &json!("***")));
}

/// Rules: CPL-25, CPL-55.
#[test]
fn numbers_are_never_used_again() {
    let journal = Journal::new(1_000_000);
    for _ in 0..5 {
        record(&journal, 10, Some(1));
    }
    assert_eq!(journal.delete(&Filter { after: 3, ..Filter::default() }), 2);
    assert_eq!(numbers(&journal, &Filter::default()), [1, 2, 3]);
    journal.clear(2);
    assert_eq!((numbers(&journal, &Filter::default()), journal.bytes()), (vec![], 0));
    assert_eq!(record(&journal, 10, Some(1)), None, "a call of a replaced world is not recorded");
    assert_eq!((record(&journal, 10, Some(2)), record(&journal, 10, None)), (Some(6), Some(7)));
    journal.continue_after(100);
    assert_eq!((record(&journal, 10, Some(2)), journal.last()), (Some(101), 101));
}

/// Rules: CPL-22.
#[test]
fn last_is_the_number_of_the_last_compared_call() {
    let journal = Journal::new(1_000_000);
    for number in 0..6 {
        let operation = if number % 2 == 0 { Operation::GetFindings } else { Operation::GetInsights };
        send(&journal, operation, &json!({}), None);
    }
    let page = |after, limit, count| {
        let operation = Some(NamePattern::parse("GetFin*"));
        let page = journal.page(&Filter { operation, after, ..Filter::default() }, limit, count);
        (page.calls.iter().map(|call| call.number).collect::<Vec<_>>(), page.last, page.count)
    };
    assert_eq!(page(0, 2, 0), (vec![1, 3], 3, 2));
    assert_eq!(page(3, 2, 0), (vec![5], 6, 1));
    assert_eq!(page(6, 2, 0), (vec![], 6, 0));
    assert_eq!(page(9, 2, 0), (vec![], 9, 0));
    assert_eq!(page(0, 1, 3), (vec![1], 1, 3), "more calls are counted than listed");
}

/// Rules: CPL-28, CPL-29, CPL-30.
#[test]
fn the_nearest_calls_explain_a_failed_verification() {
    let journal = Journal::new(1_000_000);
    let label = |label: &str| json!({ "Filters": { "SeverityLabel": [{ "Value": label, "Comparison": "EQUALS" }] } });
    send(&journal, Operation::GetFindings, &label("LOW"), None);
    send(&journal, Operation::GetFindings, &json!({ "Filters": {} }), None);
    send(&journal, Operation::GetFindings, &label("MEDIUM"), Some("other"));
    send(&journal, Operation::GetInsights, &label("HIGH"), None);
    let filter = |operation: &str, test: Option<&str>| Filter {
        operation: Some(NamePattern::parse(operation)),
        test: test.and_then(TestTag::parse),
        input: Some(Match::parse(&label("HIGH")).unwrap()),
        ..Filter::default()
    };
    let unverified = journal.verify(&filter("GetFindings", None), Times::default()).unwrap_err();
    let nearest: Vec<u64> = unverified.nearest.iter().map(|nearest| nearest.number).collect();
    assert_eq!(nearest, [3, 2, 1], "each has one difference, and the newest comes first");
    insta::assert_snapshot!(unverified.to_string(), @r#"
    expected at least 1 call to GetFindings, found 0
      call 3: GetFindings of - in -, status 200
        Input.Filters.SeverityLabel[0].Value: expected "HIGH", found "MEDIUM"
      call 2: GetFindings of - in -, status 200
        Input.Filters.SeverityLabel: expected [{"Value":"HIGH","Comparison":"EQUALS"}], found nothing
      call 1: GetFindings of - in -, status 200
        Input.Filters.SeverityLabel[0].Value: expected "HIGH", found "LOW"
    "#);
    let nearest = |filter: &Filter| {
        let unverified = journal.verify(filter, Times::default()).unwrap_err();
        let of = |nearest: &verify::Nearest| (nearest.number, nearest.differences[0].path.clone());
        unverified.nearest.iter().map(of).collect::<Vec<_>>()
    };
    let is = |number: u64, path: &str| (number, path.to_owned());
    assert_eq!(nearest(&filter("GetFindings", Some("mine"))), [is(2, "Test"), is(1, "Test")]);
    assert_eq!(nearest(&filter("ListMembers", None))[0], is(4, "Operation"));
    let never = Times { min: 0, max: Some(0) };
    let unverified = journal.verify(&filter("GetInsights", None), never).unwrap_err();
    assert_eq!((unverified.numbers, unverified.nearest), (vec![4], vec![]));
    let verified = journal.verify(&filter("Get*", None), Times { min: 1, max: Some(1) }).unwrap();
    assert_eq!((verified.count, verified.numbers), (1, vec![4]));
}

/// Rules: CPL-20, CPL-22, CPL-24, CPL-25.
#[test]
fn the_journal_agrees_with_a_list_for_random_calls() {
    fn property(steps: Vec<u8>) -> bool {
        let journal = Journal::new(6000);
        // The model stores the recorded calls (the number, and true for GetFindings), the dropped numbers and the last
        // number.
        let (mut stored, mut dropped, mut last): (Vec<(u64, bool)>, Vec<u64>, u64) = (Vec::new(), Vec::new(), 0);
        for step in steps {
            match step % 16 {
                0 => {
                    let operation = Some(NamePattern::parse("GetFindings"));
                    let after = u64::from(step) / 2;
                    let is_deleted = |(number, is_it): &(u64, bool)| *is_it && *number > after;
                    let expected = stored.iter().filter(|call| is_deleted(call)).count();
                    if journal.delete(&Filter { operation, after, ..Filter::default() }) != expected {
                        return false;
                    }
                    stored.retain(|call| !is_deleted(call));
                }
                1 if step > 200 => {
                    journal.clear(0);
                    (stored, dropped) = (Vec::new(), Vec::new());
                }
                _ => {
                    let is_it = step % 2 == 0;
                    let operation = if is_it { Operation::GetFindings } else { Operation::GetInsights };
                    send(&journal, operation, &json!("x".repeat(usize::from(step) * 4)), None);
                    last += 1;
                    stored.push((last, is_it));
                    let count = journal.page(&Filter::default(), 1000, 0).calls.len();
                    dropped.extend(stored.drain(..stored.len() - count).map(|(number, _)| number));
                }
            }
            let expected: Vec<u64> = stored.iter().map(|(number, _)| *number).collect();
            let after = u64::from(step) / 4;
            let page = journal.page(&Filter { after, ..Filter::default() }, 1000, 0);
            let newest = journal.summaries(&Filter::default(), after, 5).into_iter().map(|call| call.number);
            let is_right = numbers(&journal, &Filter::default()) == expected
                && newest.eq(expected.iter().rev().copied().filter(|number| *number < after).take(5))
                && page.dropped == dropped.iter().filter(|number| **number > after).count() as u64
                && journal.bytes() <= 6000
                && (journal.bytes() == 0) == stored.is_empty()
                && journal.last() == last;
            if !is_right {
                return false;
            }
        }
        true
    }
    crate::testing::check(200).quickcheck(property as fn(Vec<u8>) -> bool);
}

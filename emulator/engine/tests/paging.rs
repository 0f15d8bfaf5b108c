//! Tests of sorting and paging, compared with the oracle, also while a table changes between pages.
#![allow(clippy::expect_used, reason = "a test may panic")]

mod common;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use common::check::check;
use common::finding::{Finding, Findings};
use common::question::Question;
use common::{SCHEMA, below, oracle, put, sort_keys};
use quickcheck::{Arbitrary, Gen};
use securityhub_engine::page::merge;
use securityhub_engine::{Filter, Page, Position, Scope, SortKey, Table};
use serde_json::Value;

/// Sort keys over fields of any kind.
#[derive(Clone, Debug)]
struct Sort(Vec<SortKey>);

impl Arbitrary for Sort {
    fn arbitrary(random: &mut Gen) -> Self {
        Self(sort_keys(random))
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let shorter = (0..self.0.len()).map(|length| Self(self.0[..length].to_vec())).collect::<Vec<_>>();
        Box::new(shorter.into_iter())
    }
}

/// A change between two pages.
#[derive(Clone, Debug)]
enum Event {
    Update(usize, Finding),
    Add(Finding),
    Remove(usize),
}

/// Few enough changes for a walk over a few findings.
#[derive(Clone, Debug)]
struct Events(Vec<Event>);

impl Arbitrary for Event {
    fn arbitrary(random: &mut Gen) -> Self {
        match below(random, 4) {
            0 | 1 => Self::Update(below(random, 12), Finding::arbitrary(random)),
            2 => Self::Add(Finding::arbitrary(random)),
            _ => Self::Remove(below(random, 12)),
        }
    }
}

impl Arbitrary for Events {
    fn arbitrary(random: &mut Gen) -> Self {
        Self((0..below(random, 13)).map(|_| Event::arbitrary(random)).collect())
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.0.shrink().map(Self))
    }
}

fn sequences(page: &Page) -> Vec<u64> {
    page.rows.iter().map(|row| row.position.sequence).collect()
}

/// All rows, page by page.
fn walk(limit: usize, mut select: impl FnMut(Option<&Position>) -> Page) -> Vec<u64> {
    let mut seen = Vec::new();
    let mut after: Option<Position> = None;
    loop {
        let page = select(after.as_ref());
        assert!(page.rows.len() == limit || !page.more, "only the last page is short (SRT-12)");
        seen.extend(sequences(&page));
        after = page.rows.last().map(|row| row.position.clone());
        if !page.more {
            return seen;
        }
    }
}

/// Findings distributed over several tables, like Regions, with sequence numbers that do not start at zero.
fn deal(findings: &Findings, tables: usize) -> Vec<Table> {
    let mut dealt: Vec<Table> = (0..tables).map(|_| Table::new(Arc::clone(&SCHEMA))).collect();
    for (sequence, document) in (10..).zip(findings.documents()) {
        let table = usize::try_from(sequence).expect("small") % tables;
        put(&mut dealt[table], sequence, sequence, document);
    }
    dealt
}

/// Rules: SRT-04 to SRT-08.
#[test]
fn rows_are_in_the_order_of_the_oracle() {
    fn ordered(findings: Findings, question: Question, sort: Sort, limit: usize, tables: usize) -> bool {
        let (limit, tables) = (limit % 4 + 1, tables % 3 + 1);
        let numbered = (10..).zip(findings.documents());
        let mut rows: Vec<(u64, &Value)> = numbered.filter(|(_, row)| oracle::satisfies(row, &question)).collect();
        // A stable sort keeps the order of first storing for ties.
        rows.sort_by(|(_, one), (_, two)| oracle::compare(one, two, &sort.0));
        let expected: Vec<u64> = rows.into_iter().map(|(sequence, _)| sequence).collect();
        let (filter, regions) = (question.filter(), deal(&findings, tables));
        let select = |after: Option<&Position>, limit| {
            let pages = regions.iter().map(|table| table.select(&filter, &sort.0, after, limit, Vec::new()));
            merge(&pages.collect::<Vec<_>>(), &sort.0, limit, Vec::new())
        };
        sequences(&select(None, usize::MAX)) == expected && walk(limit, |after| select(after, limit)) == expected
    }
    check(500).quickcheck(ordered as fn(Findings, Question, Sort, usize, usize) -> bool);
}

/// Rules: DSH-57.
#[test]
fn the_position_of_each_row_is_that_of_a_page() {
    fn equal(findings: Findings, question: Question, sort: Sort) -> bool {
        let filter = question.filter();
        let table = &deal(&findings, 1)[0];
        let all = table.within(Scope::All);
        let page = table.select(&filter, &sort.0, None, usize::MAX, Vec::new());
        let expected: Vec<Option<Position>> = page.rows.into_iter().map(|row| Some(row.position)).collect();
        let end = expected.len();
        (0..end).map(|number| all.position_of(&filter, &sort.0, number)).eq(expected)
            && all.position_of(&filter, &sort.0, end).is_none()
    }
    check(500).quickcheck(equal as fn(Findings, Question, Sort) -> bool);
}

/// A table that changes, with an independent record of its findings.
struct Moving {
    table: Table,
    now: HashMap<u64, Value>,
    /// Findings that have existed since the start and have never been changed.
    untouched: HashSet<u64>,
    /// Findings that have existed and matched since the start.
    constant: HashSet<u64>,
    next: u64,
}

impl Moving {
    fn new(findings: &Findings, question: &Question) -> Self {
        let mut table = Table::new(Arc::clone(&SCHEMA));
        let now: HashMap<u64, Value> = (0..).zip(findings.documents().cloned()).collect();
        for (sequence, document) in (0..).zip(findings.documents()) {
            put(&mut table, sequence, sequence, document);
        }
        let matching = now.iter().filter(|(_, document)| oracle::satisfies(document, question));
        let constant: HashSet<u64> = matching.map(|(sequence, _)| *sequence).collect();
        Self { table, untouched: constant.clone(), constant, next: 100, now }
    }

    fn happen(&mut self, event: &Event, question: &Question) {
        match event {
            Event::Add(finding) => {
                put(&mut self.table, self.next, self.next, &finding.0);
                self.now.insert(self.next, finding.0.clone());
                self.next += 1;
            }
            Event::Update(number, finding) => {
                let Some(sequence) = self.pick(*number) else { return };
                assert_eq!(
                    put(&mut self.table, sequence, 9999, &finding.0),
                    sequence,
                    "an update keeps the sequence number"
                );
                self.now.insert(sequence, finding.0.clone());
                self.untouched.remove(&sequence);
                if !oracle::satisfies(&finding.0, question) {
                    self.constant.remove(&sequence);
                }
            }
            Event::Remove(number) => {
                let Some(sequence) = self.pick(*number) else { return };
                assert!(self.table.remove(&common::key(sequence)));
                self.now.remove(&sequence);
                self.untouched.remove(&sequence);
                self.constant.remove(&sequence);
            }
        }
    }

    fn pick(&self, number: usize) -> Option<u64> {
        let mut sequences: Vec<u64> = self.now.keys().copied().collect();
        sequences.sort_unstable();
        sequences.get(number % sequences.len().max(1)).copied()
    }

    fn walk(&mut self, question: &Question, sort: &[SortKey], events: &[Event], limit: usize) -> Vec<u64> {
        let filter: Filter = question.filter();
        let mut events = events.chunks(2);
        let mut first = true;
        let select = |after: Option<&Position>| {
            if !std::mem::take(&mut first) {
                for event in events.next().unwrap_or_default() {
                    self.happen(event, question);
                }
            }
            let page = self.table.select(&filter, sort, after, limit, Vec::new());
            // Each page evaluates the filter when it is created.
            assert!(page.rows.iter().all(|row| oracle::satisfies(&self.now[&row.position.sequence], question)));
            page
        };
        walk(limit, select)
    }
}

fn count(seen: &[u64], sequence: u64) -> usize {
    seen.iter().filter(|other| **other == sequence).count()
}

/// Rules: SRT-18.
#[test]
fn without_sort_keys_each_constant_finding_is_seen_once() {
    fn once(findings: Findings, question: Question, events: Events, limit: usize) -> bool {
        let mut moving = Moving::new(&findings, &question);
        let seen = moving.walk(&question, &[], &events.0, limit % 3 + 1);
        seen.is_sorted_by(|one, two| one < two) && moving.constant.iter().all(|sequence| count(&seen, *sequence) == 1)
    }
    check(400).quickcheck(once as fn(Findings, Question, Events, usize) -> bool);
}

/// Rules: SRT-18.
#[test]
fn with_sort_keys_each_unchanged_finding_is_seen_once() {
    fn once(findings: Findings, question: Question, sort: Sort, events: Events, limit: usize) -> bool {
        let mut moving = Moving::new(&findings, &question);
        let seen = moving.walk(&question, &sort.0, &events.0, limit % 3 + 1);
        moving.untouched.iter().all(|sequence| count(&seen, *sequence) == 1)
    }
    check(400).quickcheck(once as fn(Findings, Question, Sort, Events, usize) -> bool);
}

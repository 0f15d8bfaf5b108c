//! Queries in the terms of the tests, converted to filters of the engine.

use std::collections::HashSet;
use std::ops::Bound;
use std::sync::Arc;

use quickcheck::{Arbitrary, Gen};
use securityhub_engine::filter::combine::Comparison;
use securityhub_engine::filter::{DateRange, Needle, NumberRange, Test, block};
use securityhub_engine::{Field, FieldKind, Filter};

use super::finding::{ADDRESSES, DATES, KEYS, NUMBERS, TEXTS};
use super::{FIELDS, SCHEMA, below, pick};

/// A filter in the form understood by the oracle.
#[derive(Clone, Debug)]
pub(crate) enum Question {
    All(Vec<Question>),
    Any(Vec<Question>),
    Not(Box<Question>),
    Term(Field, Ask),
    In(Field, Vec<&'static str>),
}

/// A test of one value.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Text(Comparison, &'static str),
    /// Eq, Gte, Lte, Gt, Lt.
    Number([Option<f64>; 5]),
    /// Bounds, and whether each is inclusive.
    Date(Option<(i128, bool)>, Option<(i128, bool)>),
    /// One of [`ADDRESSES`] and a prefix length.
    Block(usize, u32),
    Entry(&'static str, Comparison, &'static str),
    Keyword(&'static str),
    Boolean(bool),
    Present,
}

const POSITIVE: [Comparison; 4] =
    [Comparison::Equals, Comparison::Prefix, Comparison::Contains, Comparison::ContainsWord];

impl Question {
    pub(crate) fn filter(&self) -> Filter {
        let id = |field: &Field| SCHEMA.field(field.name).expect("a field");
        match self {
            Self::All(parts) => Filter::All(parts.iter().map(Self::filter).collect()),
            Self::Any(parts) => Filter::Any(parts.iter().map(Self::filter).collect()),
            Self::Not(part) => part.filter().negated(),
            Self::Term(field, ask) => Filter::term(id(field), ask.test()),
            Self::In(field, values) => {
                let values: HashSet<String> = values.iter().map(ToString::to_string).collect();
                Filter::In { field: id(field), values: Arc::new(values) }
            }
        }
    }
}

impl Ask {
    fn test(&self) -> Test {
        match *self {
            Self::Text(comparison, value) => Test::Text(comparison.test(value)),
            Self::Number([eq, gte, lte, gt, lt]) => Test::Number(NumberRange { eq, gte, lte, gt, lt }),
            Self::Date(start, end) => Test::Date(DateRange { start: bound(start), end: bound(end) }),
            Self::Block(address, length) => {
                Test::Ip(block(&format!("{}/{length}", ADDRESSES[address].0)).expect("a block"))
            }
            Self::Entry(key, comparison, value) => Test::Entry { key: key.to_owned(), value: comparison.test(value) },
            Self::Keyword(text) => Test::Keyword(Needle::new(text)),
            Self::Boolean(value) => Test::Boolean(value),
            Self::Present => Test::Present,
        }
    }

    /// A test for values of one kind.
    fn of_kind(random: &mut Gen, kind: FieldKind) -> Self {
        if below(random, 6) == 0 {
            return Self::Present;
        }
        match kind {
            FieldKind::String => Self::Text(pick(random, &POSITIVE), pick(random, &TEXTS)),
            FieldKind::Number => Self::Number(std::array::from_fn(|_| some(random, &NUMBERS))),
            FieldKind::Date => {
                let dates: Vec<i128> = DATES.iter().filter_map(|(_, instant)| *instant).collect();
                let mut bound = || some(random, &dates).map(|date| (date, bool::arbitrary(random)));
                Self::Date(bound(), bound())
            }
            FieldKind::Ip => {
                let valid = below(random, 6);
                let bits = if ADDRESSES[valid].0.contains(':') { 128 } else { 32 };
                Self::Block(valid, pick(random, &[0, 8, 16, bits - 1, bits]))
            }
            FieldKind::Map => Self::Entry(pick(random, &KEYS), pick(random, &POSITIVE), pick(random, &TEXTS)),
            FieldKind::Keyword => Self::Keyword(pick(random, &TEXTS)),
            FieldKind::Boolean => Self::Boolean(bool::arbitrary(random)),
        }
    }
}

fn bound(bound: Option<(i128, bool)>) -> Bound<i128> {
    match bound {
        None => Bound::Unbounded,
        Some((instant, true)) => Bound::Included(instant),
        Some((instant, false)) => Bound::Excluded(instant),
    }
}

fn some<T: Clone>(random: &mut Gen, choices: &[T]) -> Option<T> {
    (below(random, 3) == 0).then(|| pick(random, choices))
}

impl Arbitrary for Question {
    fn arbitrary(random: &mut Gen) -> Self {
        question(random, 3)
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        match self {
            Self::All(parts) => Box::new(parts.clone().into_iter().chain(parts.shrink().map(Self::All))),
            Self::Any(parts) => Box::new(parts.clone().into_iter().chain(parts.shrink().map(Self::Any))),
            Self::Not(part) => {
                let part = part.as_ref().clone();
                let inner = part.shrink().map(|part| Self::Not(Box::new(part)));
                Box::new(std::iter::once(part).chain(inner))
            }
            Self::Term(..) | Self::In(..) => quickcheck::empty_shrinker(),
        }
    }
}

fn question(random: &mut Gen, depth: usize) -> Question {
    let parts = |random: &mut Gen| (0..below(random, 5)).map(|_| question(random, depth - 1)).collect();
    match below(random, if depth == 0 { 4 } else { 10 }) {
        0 => Question::In(string_field(random), (0..below(random, 4)).map(|_| pick(random, &TEXTS)).collect()),
        1..=3 => {
            let field = pick(random, &FIELDS);
            // Sometimes a test of another kind than the field.
            let kind = if below(random, 12) == 0 { pick(random, &FIELDS).kind } else { field.kind };
            Question::Term(field, Ask::of_kind(random, kind))
        }
        4..=6 => Question::All(parts(random)),
        7 | 8 => Question::Any(parts(random)),
        _ => Question::Not(Box::new(question(random, depth - 1))),
    }
}

/// Few fields, so that several parts of a query often use the same one.
fn string_field(random: &mut Gen) -> Field {
    let few = ["Title", "Type", "ResourceType", "Confidence", "ResourceTags", "Keyword"];
    let name = pick(random, &few);
    *FIELDS.iter().find(|field| field.name == name).expect("a field")
}

//! What a document breaks, as a value with its place and its numbers.

use std::cmp::Ordering;
use std::sync::Arc;

use securityhub_fixtures::Pattern;

/// One breach of a constraint, at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// From the root to the value in question.
    pub path: Vec<Segment>,
    /// What it breaks.
    pub rule: Rule,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A member of a structure, with its position in the model.
    Member(u16, &'static str),
    /// An item of a list.
    Item(usize),
    /// A key of a map.
    Key(Arc<str>),
}

/// The constraints that a value can break.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// A required member is missing.
    Missing(&'static str),
    /// The value is of another JSON type than this one.
    Type(&'static str),
    /// A string has fewer code points.
    Shorter(u32),
    /// A string has more code points.
    Longer(u32),
    /// A list of `size` items needs `least`.
    FewerItems {
        /// Items that there must be.
        least: u32,
        /// Items that there are.
        size: usize,
    },
    /// A list of `size` items may have `most`.
    MoreItems {
        /// Items that there may be.
        most: u32,
        /// Items that there are.
        size: usize,
    },
    /// A map has fewer pairs.
    FewerPairs(u32),
    /// A map has more pairs.
    MorePairs(u32),
    /// A number is below the least value.
    Below {
        /// The least value.
        least: Bound,
        /// The number.
        value: Bound,
    },
    /// A number is above the greatest value.
    Above {
        /// The greatest value.
        most: Bound,
        /// The number.
        value: Bound,
    },
    /// A string is none of these values.
    Enum(&'static [&'static str]),
    /// A string does not match.
    Pattern(Pattern),
    /// A string is not of this format, such as `date-time` or `ipv4`.
    Format(&'static str),
    /// None of the alternatives that the rules before this one name is there.
    AnyOf,
    /// Two comparisons of one filter that do not go together (FLT-17).
    Combination(&'static str, &'static str),
    /// Not exactly one member of a union is present.
    Union,
    /// The structure has no such member (answers and filters; other inputs ignore what they do not know, ASF-06).
    Unknown(String),
}

/// A bound of a number, written as the model writes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// Of an integer.
    Integer(i64),
    /// Of a floating-point number.
    Float(f64),
}

impl std::fmt::Display for Bound {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Bound::Integer(value) => write!(formatter, "{value}"),
            Bound::Float(value) => write!(formatter, "{value}"),
        }
    }
}

/// Puts violations into the order in which a schema finds them: what a structure itself lacks first, then
/// its members in the model's order, however the document orders them.
pub(crate) fn sort(violations: &mut [Violation]) {
    violations.sort_by(|left, right| {
        let steps = left.path.iter().zip(&right.path);
        steps
            .map(|(left, right)| order(left, right))
            .find(|ordering| *ordering != Ordering::Equal)
            .unwrap_or_else(|| left.path.len().cmp(&right.path.len()))
    });
}

fn order(left: &Segment, right: &Segment) -> Ordering {
    match (left, right) {
        (Segment::Member(left, _), Segment::Member(right, _)) => left.cmp(right),
        (Segment::Item(left), Segment::Item(right)) => left.cmp(right),
        (Segment::Key(left), Segment::Key(right)) => left.cmp(right),
        _ => Ordering::Equal,
    }
}

//! Violations of the service model as values.

use std::cmp::Ordering;
use std::sync::Arc;

use securityhub_fixtures::Pattern;

/// A violation of a constraint at a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// The path from the root to the value.
    pub path: Vec<Segment>,
    /// The violated constraint.
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

/// The constraints that a value can violate.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// A required member is missing.
    Missing(&'static str),
    /// The value does not have this JSON type.
    Type(&'static str),
    /// A string has fewer code points than this.
    Shorter(u32),
    /// A string has more code points than this.
    Longer(u32),
    /// A list of `size` items has fewer than `least`.
    FewerItems {
        /// Minimum number of items.
        least: u32,
        /// Actual number of items.
        size: usize,
    },
    /// A list of `size` items has more than `most`.
    MoreItems {
        /// Maximum number of items.
        most: u32,
        /// Actual number of items.
        size: usize,
    },
    /// A map has fewer pairs than this.
    FewerPairs(u32),
    /// A map has more pairs than this.
    MorePairs(u32),
    /// A number is below the minimum.
    Below {
        /// The minimum.
        least: Bound,
        /// The number.
        value: Bound,
    },
    /// A number is above the maximum.
    Above {
        /// The maximum.
        most: Bound,
        /// The number.
        value: Bound,
    },
    /// A string is not one of these values.
    Enum(&'static [&'static str]),
    /// A string does not match the pattern.
    Pattern(Pattern),
    /// A string does not have this format, such as `date-time` or `ipv4`.
    Format(&'static str),
    /// None of the alternatives named by the preceding violations is present.
    AnyOf,
    /// Two comparisons of one filter that exclude each other (FLT-17).
    Combination(&'static str, &'static str),
    /// A union does not have exactly one member.
    Union,
    /// The structure has no such member (responses and filters only; other inputs ignore unknown members, ASF-06).
    Unknown(String),
}

/// A bound of a number, spelled as in the model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// The bound of an integer.
    Integer(i64),
    /// The bound of a floating-point number.
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

/// Sorts violations into schema order: missing members of a structure first, then its members in the order of the
/// model, regardless of their order in the document.
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
